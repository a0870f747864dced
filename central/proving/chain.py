"""One journal walked from its first event to its last: chain, columns, seals, gaps (wire.md, "Readable, chained").

Only hashes that follow from the bytes are believed; whatever stands in a column has to be what the line says.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from central.intaking.reading import own_uncertainty_ms, read_row
from central.proving.findings import Finding, What
from central.recorded import is_recorded
from central.store.events import EventRow
from central.store.proof import HoleRow, JournalRow
from edge.wire import WireError
from edge.wire.chain import chain_start, link, links
from edge.wire.events import Lost, Start, decode_event

_SAID = ("kind", "badge")
_STAMPED = ("uptime_ms", "utc_ms", "clock", "sync_age_s")
_TIMED = ("time_ms", "uncertainty_ms", "method")
_OWN = "own"
_LOOKED_INTO = frozenset({"start", "lost"})
_BEGINS = b'{"seq":%d,"kind":"punch","uptime_ms":%d,"utc_ms":%d,"clock":"ntp","sync_age_s":%d,"badge":"%b","reader":"'
"""How nearly every line begins, and so all that the columns repeat: a station writes each name once."""
Span = tuple[int, int]
Whole = Callable[[int, int], list[EventRow]]


class _Unsure(dict[int, int]):
    """How unsure an own stamp is, by the age of its last sync (s): each worked out once."""

    def __missing__(self, age_s: int) -> int:
        self[age_s] = found = own_uncertainty_ms(age_s)
        return found


class Walk:
    """A journal on the way. seals: verified hash by seq; whole: asked for all columns of seqs [first, last]. Feed it
    every page, then `finish`.

    start: what its first line says; lost: what its lines say of holes, with the seq of the line; end: its last seq;
    sealed: the last seq under a seal that holds.
    """

    def __init__(
        self,
        row: JournalRow,
        holes: Sequence[HoleRow],
        seals: dict[int, bytes],
        whole: Whole,
    ) -> None:
        self.row = row
        self.start: Start | None = None
        self.lost: list[tuple[int, Lost]] = []
        self.findings: list[Finding] = []
        self.events = 0
        self.sealed = 0
        self._holes = holes
        self._whole = whole
        self._seals = seals
        self._recorded = is_recorded(row.boot)
        self._before: bytes | None = chain_start(row.device, row.journal)
        self._next = 1
        self._gaps: list[Span] = []
        self._breaks: list[int] = []
        self._unsure = _Unsure()

    @property
    def end(self) -> int:
        """The last stored seq."""
        return self._next - 1

    def find(self, what: What, first: int, last: int, text: str) -> None:
        """Note what does not hold."""
        self.findings.append(Finding(what, self.row.device, self.row.journal, first, last, text))

    def feed(self, rows: Sequence[Any]) -> None:
        """The next stored events (columns of `proof.Slim`), ascending, at least one."""
        stored = [row[2] for row in rows]
        whole = rows[0][0] == self._next and rows[-1][0] - rows[0][0] + 1 == len(rows) and self._before is not None
        if whole and links(self._before or b"", [row[1] for row in rows]) == stored:
            self._before, self._next = stored[-1], rows[-1][0] + 1
        else:
            for row in rows:
                self._step(row)
        self._look_at_seals(rows)
        self._look_at_columns(rows)
        self.events += len(rows)

    def _step(self, row: Any) -> None:
        seq, line, stored = row[0], row[1], row[2]
        if seq < 1:
            self.find(What.INSERTED, seq, seq, "a journal begins with seq 1")
            return
        if seq > self._next:
            self._gaps.append((self._next, seq - 1))
            self._before = next((hole.after_hash for hole in self._holes if hole.last == seq - 1), None)
        if self._before is not None and link(self._before, line) != stored:
            self._breaks.append(seq)
        self._before, self._next = stored, seq + 1

    def _look_at_seals(self, rows: Sequence[Any]) -> None:
        due = {seq for seq in self._seals if rows[0][0] <= seq <= rows[-1][0]}
        for row in rows if due else ():
            seq, stored = row[0], row[2]
            if seq not in due:
                continue
            if stored == self._seals[seq]:
                self.sealed = seq
            else:
                text = "the chain does not lead to what the station sealed: one of these lines is not what it wrote"
                self.find(What.ALTERED, self.sealed + 1, seq, text)

    def _look_at_columns(self, rows: Sequence[Any]) -> None:
        unsure = self._unsure
        strange = {
            seq
            for seq, line, _, uptime, utc, age, badge, doubt, plain in rows
            if not plain
            or unsure[age] != doubt
            or not line.startswith(_BEGINS % (seq, uptime, utc, age, badge.encode()))
        }
        if strange:
            for row in self._whole(min(strange), max(strange)):
                if row.seq in strange:
                    self._compare(row)

    def _compare(self, row: EventRow) -> None:
        if not isinstance(row.line, bytes):
            self.find(What.ALTERED, row.seq, row.seq, "the line is not stored as bytes")
            return
        try:
            said = read_row(row.line, row.hash, row.received_ms)
        except WireError as error:
            self.find(What.ALTERED, row.seq, row.seq, f"the line cannot be read ({error})")
            return
        if said.seq != row.seq:
            self.find(What.MOVED, row.seq, row.seq, f"the line here is that of seq {said.seq}")
        names = [*_SAID, *_STAMPED]
        if said.method is not None and not self._recorded:
            names += _TIMED
        if other := [name for name in names if getattr(said, name) != getattr(row, name)]:
            what = What.ALTERED if set(other) & set(_SAID) else What.RETIMED
            told = ", ".join(f"{name} is {getattr(row, name)!r}" for name in other if name != "badge")
            told = ", ".join(filter(None, [told, "another badge" * ("badge" in other)]))
            self.find(what, row.seq, row.seq, f"the columns are not what the line says ({told})")
        if row.method == _OWN and said.method is None:
            self.find(What.RETIMED, row.seq, row.seq, "the line has no time of its own, the row says it has")
        if said.kind in _LOOKED_INTO:
            self._look_into(row.line)

    def _look_into(self, line: bytes) -> None:
        event = decode_event(line)
        if isinstance(event.body, Start) and event.seq == 1:
            self.start = event.body
        elif isinstance(event.body, Lost):
            self.lost.append((event.seq, event.body))

    def finish(self) -> int:
        """Judge gaps and breaks by what central had said it stored; returns how many seqs are still to come."""
        missing = [span for gap in self._gaps for span in uncovered(gap, self._holes)]
        claimed = max(self.row.watermark, self.row.sealed_seq)
        tail = max(claimed, self.row.top_seq)
        if tail > self.end:
            missing += uncovered((self.end + 1, tail), self._holes)
        sealed_to = max(self._seals, default=0)
        to_come = max(0, max(sealed_to, self.row.named_seq or 0) - max(self.end, tail))
        gap_from = min((first for first, _ in missing), default=None)
        for first, last in missing:
            if first <= claimed or first > self.end:
                self.find(What.REMOVED, first, last, "central had stored it, and it is not there")
            else:
                to_come += last - first + 1
        if self.end > self.row.top_seq:
            self.find(What.INSERTED, self.row.top_seq + 1, self.end, "central had stored nothing so far on")
        for seq in self._breaks:
            open_yet = (gap_from is not None and gap_from < seq) or self.row.forked_from is not None
            if seq <= claimed or not open_yet:
                self.find(What.ALTERED, seq, seq, "the line, or the hash beside it, is not what was stored")
        return to_come


def uncovered(gap: Span, holes: Iterable[HoleRow]) -> list[Span]:
    """The parts of a gap that no hole holds, ascending."""
    found, first = [], gap[0]
    for hole in holes:
        if hole.first > gap[1] or hole.last < first:
            continue
        if hole.first > first:
            found.append((first, hole.first - 1))
        first = max(first, hole.last + 1)
    return [*found, (first, gap[1])] if first <= gap[1] else found
