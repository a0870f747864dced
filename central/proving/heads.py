"""Heads of the audit log, from the database and from the doors: who signed them, and what they say of the log."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from central.errors import CentralError
from central.proving.findings import Finding, Tally, What
from central.store.audit import BEGIN
from central.store.heads import HeadRow
from edge.wire import WireError
from edge.wire.heads import Head, decode_head, head_note
from edge.wire.notes import Verify

TABLE = "audit_head"


class HeadsError(CentralError, ValueError):
    """What was given as heads cannot be read; the message says which line."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A head as somebody kept it. by: a station's id, or `central`; place: where it stands, in words."""

    by: str
    place: str
    number: int
    note: bytes


@dataclass(frozen=True, slots=True)
class Said:
    """What a head says, and who kept it."""

    head: Head
    kept: Kept


def read_heads(files: Iterable[Path]) -> list[Kept]:
    """Heads from files: a line each, as `diemdanh-edge heads` prints them; `#` begins a remark. Raises HeadsError."""
    found = []
    for file in files:
        for number, line in enumerate(_text(file).splitlines(), 1):
            if not line.strip() or line.startswith("#"):
                continue
            by, _, rest = line.strip().partition(" ")
            if len(rest.split()) != 2:
                raise HeadsError(
                    f"{file}:{number}: no head; write what `diemdanh-edge heads` prints: id, head and signature"
                )
            found.append(Kept(by, str(file), number, head_note(" ".join(rest.split()))))
    return found


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise HeadsError(
            f"{file}: cannot be read ({error}); --heads names a text file, what `diemdanh-edge heads` printed"
        ) from error


def stored(rows: Iterable[HeadRow], tally: Tally) -> list[Kept]:
    """Heads of the database, untyped; columns that are not what the note says are added to the tally."""
    found = []
    for number, row in enumerate(rows, 1):
        note: object = row.note
        kept = Kept("central", TABLE, number, note if type(note) is bytes else b"")
        found.append(kept)
        try:
            head = decode_head(kept.note, _anybody)
        except WireError:
            continue  # told where the signatures are checked
        if (str(row.date), *row[1:4]) != (head.date.isoformat(), head.utc_ms, head.rows, head.hash):
            _find(tally, What.ALTERED, kept, "the columns are not what the note says")
    return found


def _anybody(signature: bytes, line: bytes) -> bool:
    return True


def checked(found: Iterable[Kept], verify: Verify | None, tally: Tally) -> list[Said]:
    """What those say that central signed, by rows; the others are added to the tally. verify: None = there is no key,
    and every head is taken as it is, and counted."""
    said = []
    for kept in found:
        tally.heads += 1
        tally.unsigned += verify is None
        try:
            said.append(Said(decode_head(kept.note, verify or _anybody), kept))
        except WireError as error:
            _find(tally, What.HEAD, kept, f"kept by {kept.by}: {error}")
    return sorted(said, key=lambda one: (one.head.rows, one.head.utc_ms))


class Against:
    """The log on the way, beside the heads. Feed it each row's number and hash, then `finish`."""

    def __init__(self, said: list[Said]) -> None:
        self._waiting = said[::-1]
        self._held: list[int] = []
        self.broken: list[tuple[Said, str]] = []
        self.take(0, BEGIN)

    def take(self, seq: int, hash_: bytes) -> None:
        """Row `seq` of the log has this hash."""
        while self._waiting and self._waiting[-1].head.rows <= seq:
            said = self._waiting.pop()
            if said.head.rows < seq:
                self.broken.append((said, f"row {said.head.rows} is missing"))
            elif said.head.hash != hash_:
                self.broken.append((said, f"the log's row {seq} has another hash: it was written anew"))
            else:
                self._held.append(said.head.rows)

    @property
    def held_to(self) -> int:
        """The last row that a head holds."""
        return max(self._held, default=0)

    def finish(self, last: int, tally: Tally) -> None:
        """The log ends with row `last`. What does not hold is told once for each keeper: the first day that differs."""
        while self._waiting:
            said = self._waiting.pop()
            self.broken.append((said, f"the log ends with row {last}: an end was removed, or an old copy put back"))
        for said, text in self._first_of_each():
            head = said.head
            by = f"{said.kept.by} ({said.kept.place}, line {said.kept.number})"
            held_to = max((rows for rows in self._held if rows < head.rows), default=0)
            held = f"; up to row {held_to} the log is what was signed"
            days = f"first day that differs: {head.date}, {head.rows} rows signed, kept by {by}; {text}{held}"
            what = What.REMOVED if head.rows > last else What.ALTERED
            tally.findings.append(Finding(what, "", "audit", min(held_to + 1, head.rows), head.rows, days))

    def _first_of_each(self) -> list[tuple[Said, str]]:
        """The earliest day of each keeper."""
        firsts: dict[str, tuple[Said, str]] = {}
        for said, text in sorted(self.broken, key=_day):
            firsts.setdefault(said.kept.by, (said, text))
        return list(firsts.values())


def _day(one: tuple[Said, str]) -> tuple[dt.date, int]:
    return one[0].head.date, one[0].head.rows


def _find(tally: Tally, what: What, kept: Kept, text: str) -> None:
    tally.findings.append(Finding(what, "", kept.place, kept.number, kept.number, text))
