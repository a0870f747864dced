"""What a display is."""

from typing import Protocol

from edge.errors import EdgeError
from edge.phrases import Words as Words


class DisplayError(EdgeError, OSError):
    """The display is not there or does not take its words; the door works without it."""


class Display(Protocol):
    """One display. Constructors do nothing; all methods are called from one thread and raise OSError, ImportError."""

    def open(self) -> None:
        """Take the device."""

    def write(self, words: Words) -> None:
        """Show `words` and nothing else."""

    def close(self) -> None:
        """Dark, and the device is free. Safe after a failure."""
