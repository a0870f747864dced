"""Commands from central (`cmd`): a fixed list, each done at most once, each answered (`res`). No remote shell.

An id is noted on disk before its operation begins, so that a `restart` that arrives twice restarts once.
"""

import json
import logging
from collections.abc import Callable, Mapping
from pathlib import Path

from edge.files import replace_file
from edge.wire.command import OPERATIONS, Command, Result

FILE = "commands.json"
REMEMBERED = 64
"""Results kept for commands that come again; an id older than these has expired long ago."""

log = logging.getLogger(__name__)

Operation = Callable[[Mapping[str, str]], str]
"""Does it and returns one sentence for a person; raises ValueError for arguments that it cannot use."""


class Commands:
    """The commands of one station. operations: what it can do, by the words of `OPERATIONS`."""

    def __init__(self, folder: Path, device: str, operations: Mapping[str, Operation]) -> None:
        self._path = folder / FILE
        self._device = device
        self._operations = operations
        self._results: dict[str, tuple[str, str]] = {}

    def load(self) -> None:
        """Take the results of former commands; a damaged file forgets them, which expiry makes harmless."""
        try:
            kept = json.loads(self._path.read_bytes())
            self._results = {str(id_): (str(code), str(detail)) for id_, (code, detail) in kept.items()}
        except FileNotFoundError:
            return
        except (OSError, ValueError, AttributeError, TypeError, RecursionError) as error:
            log.warning("%s: %s; results of former commands are forgotten", self._path, error)

    def answer(self, command: Command, earliest_ms: int) -> Result:
        """Do `command` unless it was done before or has expired. earliest_ms: utc is at least this."""
        known = self._results.get(command.id)
        if known is not None:
            return Result(self._device, command.id, *known)
        if command.device != self._device or command.expires_ms < earliest_ms:
            return Result(self._device, command.id, "expired", "came after its time")
        if command.operation not in OPERATIONS:
            return Result(self._device, command.id, "unknown_operation", f"this version has no {command.operation}")
        self._note(command.id, "failed", "was begun and not finished")
        code, detail = self._do(command)
        self._note(command.id, code, detail)
        return Result(self._device, command.id, code, detail)

    def _do(self, command: Command) -> tuple[str, str]:
        operation = self._operations.get(command.operation)
        if operation is None:
            return "failed", f"{command.operation} cannot be done at this station yet"
        try:
            return "done", operation(dict(command.arguments))
        except ValueError as error:
            return "bad_arguments", str(error)[:500]

    def _note(self, id_: str, code: str, detail: str) -> None:
        self._results[id_] = (code, detail)
        for old in list(self._results)[:-REMEMBERED]:
            del self._results[old]
        replace_file(self._path, json.dumps(self._results, ensure_ascii=False).encode())
