"""Which event lies where, and what is acknowledged. Pure; four bytes an event.

A *run* is a stretch of consecutive seqs of one journal that follow each other in one segment.
"""

from array import array
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field

from edge.journal.records import Record
from edge.journal.spans import Spans, minus, prefix, union, within
from edge.wire.events import Parent
from edge.wire.status import OpenJournal

UNKNOWN_BOOT = "unknown"


@dataclass(slots=True)
class Run:
    """Seqs [first, first + count - 1] at `offsets` of a segment; None: not looked into yet, all acknowledged."""

    segment: int
    first: int
    count: int
    offsets: "array[int] | None"

    @property
    def last(self) -> int:
        """Its last seq."""
        return self.first + self.count - 1


@dataclass(slots=True)
class Track:
    """One journal. hash: after its highest seq here; lost: said to be lost; named: what its child says of its end.

    written: the highest seq that was ever here.
    """

    journal: str
    boot: str = UNKNOWN_BOOT
    runs: list[Run] = field(default_factory=list)
    acked: Spans = ()
    hash: bytes = b""
    lost: Spans = ()
    written: int = 0
    named: Parent | None = None
    parent: str | None = None

    @property
    def top(self) -> int:
        """The highest seq that is here, 0 for none."""
        return self.runs[-1].last if self.runs else 0

    @property
    def head(self) -> int:
        """The highest seq that is known to have been written."""
        return max(self.top, self.written, self.named.seq if self.named else 0)

    def held(self) -> Spans:
        """The seqs that are here."""
        return union(tuple((run.first, run.last) for run in self.runs))

    def pending(self) -> Spans:
        """The seqs that are here and not acknowledged."""
        return minus(self.held(), self.acked)

    def find(self, seq: int) -> Run | None:
        """The run that holds `seq`."""
        at = bisect_right(self.runs, seq, key=lambda run: run.first) - 1
        return self.runs[at] if at >= 0 and seq <= self.runs[at].last else None

    def said(self) -> OpenJournal:
        """As the status says it."""
        low = self.runs[0].first if self.runs else self.head + 1
        return OpenJournal(self.journal, low, self.head, min(prefix(self.acked), self.head))


class Index:
    """All journals of a folder, oldest first."""

    def __init__(self) -> None:
        self.tracks: dict[str, Track] = {}

    def track(self, journal: str) -> Track:
        """The journal's track, begun if need be."""
        return self.tracks.setdefault(journal, Track(journal))

    def add(self, segment: int, record: Record) -> bool:
        """Note where an event lies; False for one that is already here."""
        track = self.track(record.journal)
        last = track.runs[-1] if track.runs else None
        follows = last is not None and last.segment == segment and record.seq == last.last + 1
        if follows and last is not None and last.offsets is not None:
            last.offsets.append(record.offset)
            last.count += 1
        elif track.find(record.seq) is not None:
            return False
        else:
            at = bisect_right(track.runs, record.seq, key=lambda run: run.first)
            track.runs.insert(at, Run(segment, record.seq, 1, array("I", [record.offset])))
        if record.seq == track.top:
            track.hash, track.written = record.after, record.seq
        return True

    def add_unread(self, segment: int, runs: Iterable[tuple[str, int, int]]) -> None:
        """Note the (journal, first, last) of a segment that is acknowledged and has not been read."""
        for journal, first, last in runs:
            track = self.track(journal)
            at = bisect_right(track.runs, first, key=lambda run: run.first)
            track.runs.insert(at, Run(segment, first, last - first + 1, None))

    def layout(self, segments: Iterable[int]) -> dict[int, tuple[tuple[str, int, int], ...]]:
        """The (journal, first, last) in each of `segments`."""
        found: dict[int, list[tuple[str, int, int]]] = {segment: [] for segment in segments}
        for track in self.tracks.values():
            for run in track.runs:
                if run.segment in found:
                    found[run.segment].append((track.journal, run.first, run.last))
        return {segment: tuple(runs) for segment, runs in found.items()}

    def discard(self, journal: str, seq: int) -> None:
        """Forget one event, which no longer verifies."""
        track = self.track(journal)
        run = track.find(seq)
        if run is None:
            return
        at, offsets = seq - run.first, run.offsets
        parts = (
            Run(run.segment, run.first, at, None if offsets is None else offsets[:at]),
            Run(run.segment, seq + 1, run.count - at - 1, None if offsets is None else offsets[at + 1 :]),
        )
        place = track.runs.index(run)
        track.runs = track.runs[:place] + [part for part in parts if part.count] + track.runs[place + 1 :]

    def drop(self, segment: int) -> None:
        """Forget the events of a segment."""
        for track in self.tracks.values():
            track.runs = [run for run in track.runs if run.segment != segment]

    def forget_unneeded(self, current: str) -> None:
        """Drop the journals without events, but for the current one and the parents of those that have some."""
        needed = {track.parent for track in self.tracks.values() if track.runs} | {current}
        self.tracks = {name: track for name, track in self.tracks.items() if track.runs or name in needed}

    def events(self) -> int:
        """How many events are here."""
        return sum(run.count for track in self.tracks.values() for run in track.runs)

    def sizes(self) -> dict[int, int]:
        """Events a segment, for segments whose every event is acknowledged."""
        sizes: dict[int, int] = {}
        needed: set[int] = set()
        for track in self.tracks.values():
            pending = track.pending()
            for run in track.runs:
                sizes[run.segment] = sizes.get(run.segment, 0) + run.count
                if within(pending, run.first, run.last):
                    needed.add(run.segment)
        return {segment: size for segment, size in sizes.items() if segment not in needed}
