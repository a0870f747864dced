"""The heads of central's audit log that this device has been told: kept beside what central keeps, so that central
cannot show another log later. `diemdanh-edge heads` prints them for whoever proves the log.

The file holds a line a head, oldest first, as `wire/heads.py` writes it. Nothing that central says later changes or
removes a line; only the oldest ones go, when there are more than MOST.
"""

import logging
from collections.abc import Iterable
from pathlib import Path

from edge.files import replace_file
from edge.wire.heads import decode_head, head_line, head_note
from edge.wire.notes import Verify
from edge.wire.text import WireError

FILE = "heads"
MOST = 800
"""Two years and some, a third of a megabyte at most."""

log = logging.getLogger(__name__)


class Witness:
    """What one device has seen. verify: central's pinned key."""

    def __init__(self, folder: Path, verify: Verify) -> None:
        self._path = folder / FILE
        self._verify = verify

    def keep(self, notes: Iterable[bytes]) -> None:
        """Keep those that are not kept yet and that central signed. Raises OSError when the disk does not take them."""
        fresh = [head_line(note) for note in notes if self._signed(note)]
        if not fresh:
            return
        kept = self.lines()
        added = [line for line in dict.fromkeys(fresh) if line not in kept]
        if added:
            content = "".join(f"{line}\n" for line in [*kept, *added][-MOST:])
            replace_file(self._path, content.encode())

    def lines(self) -> list[str]:
        """What is kept, oldest first, as it stands in the file: whoever proves it checks the signatures."""
        try:
            return self._path.read_text("utf-8", "replace").splitlines()
        except FileNotFoundError:
            return []

    def holds(self, line: str) -> bool:
        """Whether a kept line is a head that central signed."""
        return self._signed(head_note(line))

    def _signed(self, note: bytes) -> bool:
        try:
            decode_head(note, self._verify)
        except WireError as error:
            log.warning("a head of the audit log is no use: %s", error)
            return False
        return True
