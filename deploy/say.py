"""What a person at the terminal sees of set-up and checks, and the one error they can get."""

import sys


class DeployError(RuntimeError):
    """Set-up cannot go on. The message says what, which, and what to do; no traceback is shown."""


def say(text: str) -> None:
    """Print a line at once, on stderr: stdout belongs to the command (`demo --check` prints one JSON object there)."""
    print(text, file=sys.stderr, flush=True)
