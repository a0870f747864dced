"""Commands from central (`cmd`): a fixed list, each done at most once, each answered (`res`). No remote shell.

An id is noted on disk before its operation begins, so that a `restart` that arrives twice restarts once. What takes
long is done in a thread of its own, one after the other, and answered when it has ended: taps and sending never wait.
"""

import json
import logging
import threading
from collections import deque
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
    """The commands of one station. operations: what it can do, by the words of `OPERATIONS`; slow: those of them that
    take long; done: called, in whatever thread, when one of these has ended."""

    def __init__(
        self,
        folder: Path,
        device: str,
        operations: Mapping[str, Operation],
        slow: frozenset[str] = frozenset(),
        done: Callable[[], None] = lambda: None,
    ) -> None:
        self._path = folder / FILE
        self._device = device
        self._operations, self._slow, self._tell = operations, slow, done
        self._results: dict[str, tuple[str, str]] = {}
        self._noting, self._one = threading.Lock(), threading.Lock()
        self._running: set[str] = set()
        self._ended: deque[Result] = deque()

    def load(self) -> None:
        """Take the results of former commands; a damaged file forgets them, which expiry makes harmless."""
        try:
            kept = json.loads(self._path.read_bytes())
            self._results = {str(id_): (str(code), str(detail)) for id_, (code, detail) in kept.items()}
        except FileNotFoundError:
            return
        except (OSError, ValueError, AttributeError, TypeError, RecursionError) as error:
            log.warning("%s: %s; results of former commands are forgotten", self._path, error)

    def answer(self, command: Command, earliest_ms: int) -> Result | None:
        """Do `command` unless it was done before or has expired. earliest_ms: utc is at least this. None: it is under
        way, and `ended` gives its result."""
        if command.id in self._running:
            return None
        known = self._results.get(command.id)
        if known is not None:
            return Result(self._device, command.id, *known)
        if command.device != self._device or command.expires_ms < earliest_ms:
            return Result(self._device, command.id, "expired", "came after its time")
        if command.operation not in OPERATIONS:
            return Result(self._device, command.id, "unknown_operation", f"this version has no {command.operation}")
        self._note(command.id, "failed", "was begun and not finished")
        if command.operation in self._slow and command.operation in self._operations:
            self._running.add(command.id)
            threading.Thread(
                target=self._end, args=(command,), name=f"command-{command.operation}", daemon=True
            ).start()
            return None
        return self._done(command)

    def ended(self) -> list[Result]:
        """Results of slow commands that came to their end since the last call."""
        return [self._ended.popleft() for _ in range(len(self._ended))]

    def _end(self, command: Command) -> None:
        try:
            with self._one:
                self._ended.append(self._done(command))
        finally:
            self._running.discard(command.id)
        self._tell()

    def _done(self, command: Command) -> Result:
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
        with self._noting:
            self._results[id_] = (code, detail)
            for old in list(self._results)[:-REMEMBERED]:
                del self._results[old]
            replace_file(self._path, json.dumps(self._results, ensure_ascii=False).encode())
