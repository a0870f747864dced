"""The journal: what a door has seen, durable before it is shown, kept until central has it."""

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from edge.errors import JournalError
from edge.journal.folder import Folder, Pen
from edge.journal.index import Index
from edge.journal.reading import around, fetch, read_run
from edge.journal.records import Record, encode_record
from edge.journal.recovery import Recovery, RecoveryReport, recover
from edge.journal.refusals import remedy
from edge.journal.spans import Spans, minus, union, within
from edge.journal.state import Contents, Kept, encode_state
from edge.wire.ack import Ack
from edge.wire.batch import MAX_EVENTS, fitting
from edge.wire.chain import chain_start, link
from edge.wire.events import Body, Event, Lost, Stamp, Start, decode_event, encode_event
from edge.wire.status import OpenJournal


@dataclass(frozen=True, slots=True)
class Written:
    """An event that is on the disk: its line as journalled and the chain hash after it."""

    journal: str
    seq: int
    line: bytes
    hash: bytes


@dataclass(frozen=True, slots=True)
class Slice:
    """Consecutive events [first, last] of one journal as journalled, and the chain hash before the first.

    boot: the boot in which they were written, `unknown` when damage has taken that.
    """

    journal: str
    boot: str
    first: int
    before: bytes
    lines: tuple[bytes, ...]

    @property
    def last(self) -> int:
        """The last seq in it."""
        return self.first + len(self.lines) - 1


@dataclass(frozen=True, slots=True)
class Tip:
    """The current journal's end, all three of one moment: what a seal signs."""

    journal: str
    seq: int
    hash: bytes


class Journal:
    """One device's events. One thread appends; any thread may read, acknowledge and save.

    journal, head and hash name the current journal, its last seq and the chain hash after it; `damage` is what
    opening found.
    """

    def __init__(self, folder: Folder, found: Recovery, journal: str, boot: str, ring_events: int, device: str) -> None:
        """Use `Journal.open`."""
        self.journal, self.head, self.hash = journal, 0, chain_start(device, journal)
        self.damage: RecoveryReport = found.report()
        self._folder, self._device, self._boot, self._ring_events = folder, device, boot, ring_events
        self._index: Index = found.index
        self._index.track(journal).boot = boot
        self._index.track(journal).hash = self.hash
        self._next_number = found.next_number
        self._sizes: dict[int, int] = {}  # of the segments that are full
        self._pen: Pen | None = None
        self._writing = threading.Lock()  # one append at a time
        self._saving = threading.RLock()  # one save at a time; an append does not wait for it
        self._lock = threading.Lock()  # the index and the tip; never held while the disk is waited for
        self._closed = False

    @classmethod
    def open(
        cls,
        folder: Path,
        device: str,
        boot: str,
        version: str,
        stamp: Stamp,
        new_id: Callable[[], str],
        *,
        segment_bytes: int = 262_144,
        ring_events: int = 200_000,
        sync: Callable[[int], None] = os.fdatasync,
    ) -> "Journal":
        """Recover what is in `folder`, begin a new journal with its `start`, and say what is lost.

        new_id: 64 random bits as 16 lower-case hex digits. sync: makes a file durable before it returns. Raises
        JournalError when the folder is in use, cannot be written or has no room.
        """
        files = Folder(folder, device, segment_bytes, sync)
        try:
            files.lock()
            return cls._begin(files, boot, version, stamp, new_id, ring_events)
        except JournalError:
            files.unlock()
            raise
        except OSError as error:
            files.unlock()
            raise JournalError(
                f"journal folder {folder} cannot be used ({error}): "
                + remedy(
                    error, "check that it exists, belongs to the station's user, is not mounted read-only and has room"
                )
            ) from error
        except BaseException:
            files.unlock()
            raise

    @classmethod
    def _begin(
        cls, files: Folder, boot: str, version: str, stamp: Stamp, new_id: Callable[[], str], ring_events: int
    ) -> "Journal":
        found = recover(files)
        name = new_id()
        while name in found.index.tracks:
            name = new_id()
        journal = cls(files, found, name, boot, ring_events, files.device)
        try:
            journal._resume(found)
            if found.parent is not None:
                journal._index.track(name).parent = found.parent.journal
                journal._index.track(found.parent.journal).named = found.parent
            journal.append(Start(boot, version, found.parent), stamp)
            for loss in found.losses:
                journal.append(loss, stamp)
            journal._tidy(found)
        except BaseException:
            journal._let_go()
            raise
        return journal

    def _resume(self, found: Recovery) -> None:
        tail = found.tail
        if tail is not None:
            self._pen = self._folder.pen(tail.number, tail.end, tail.dirty)

    def _tidy(self, found: Recovery) -> None:
        """After every loss has been said: give back what holds nothing, and remember the state."""
        resumed = found.tail.number if found.tail else 0
        for number, end in found.ends.items():
            if number == resumed:
                continue
            if end == 0:
                self._folder.remove(number)
            else:
                self._folder.trim(number, end)
                self._sizes[number] = end
        with suppress(JournalError):  # costs duplicates at worst; the station saves again soon, and hears of it then
            self.save()

    def append(self, body: Body, stamp: Stamp) -> Written:
        """Journal one event; it is durable on return.

        Raises JournalError when it is not: then nothing counts as written and the next append takes the same seq.
        Raises WireError for a body that the wire cannot carry.
        """
        with self._writing:
            if self._closed:
                raise JournalError("the journal is closed: open it again before appending")
            seq = self.head + 1
            line = encode_event(Event(seq, stamp, body))
            try:
                pen, offset = self._write(encode_record(self._device, self.journal, self.hash, line))
            except OSError as error:
                raise JournalError(
                    f"event {seq} of journal {self.journal} could not be written ({error}): nothing is recorded; "
                    + remedy(error, f"make room on or replace the disk of {self._folder.path}")
                ) from error
            before, after = self.hash, link(self.hash, line)
            record = Record(offset, self.journal, seq, "", before, after, line)
            with self._lock:
                self._index.add(pen.number, record)
                self.head, self.hash = seq, after
                if isinstance(body, Lost) and body.journal in self._index.tracks:
                    said = self._index.track(body.journal)
                    said.lost = union(said.lost, ((body.first, body.last),))
            return Written(self.journal, seq, line, after)

    def _write(self, record: bytes) -> tuple[Pen, int]:
        pen = self._pen
        if pen is None or pen.room() < len(record):
            pen = self._roll(len(record))
        return pen, pen.write(record)

    def _roll(self, room: int) -> Pen:
        """Go on in a new segment that holds at least `room` bytes."""
        pen = self._folder.begin(self._next_number, self.journal, self._boot, room)
        old, self._pen, self._next_number = self._pen, pen, self._next_number + 1
        if old is not None:
            old.close()
            self._folder.trim(old.number, old.end)
            self._sizes[old.number] = old.end
        return pen

    def prepare(self) -> None:
        """Make the next segment ready, so that no tap has to wait for it or meets a full disk first.

        `save` does this too. Raises JournalError when there is no room.
        """
        pen = self._pen
        if self._closed or (pen is not None and pen.room() > pen.size // 2):
            return
        try:
            self._folder.prepare()
        except OSError as error:
            raise JournalError(
                f"no room for the next journal segment in {self._folder.path} ({error}): free some space"
            ) from error

    def tip(self) -> Tip:
        """Journal, head and hash of one moment."""
        with self._lock:
            return Tip(self.journal, self.head, self.hash)

    def open_journals(self) -> tuple[OpenJournal, ...]:
        """Every journal with un-acknowledged events, oldest first, and the current one last."""
        with self._lock:
            tracks = [t for t in self._index.tracks.values() if t.journal != self.journal and t.pending()]
            return tuple(track.said() for track in [*tracks, self._index.track(self.journal)])

    def pending(self, journal: str) -> Spans:
        """The (first, last) spans that are here and not acknowledged; none for an unknown journal."""
        with self._lock:
            track = self._index.tracks.get(journal)
            return track.pending() if track else ()

    def read(self, journal: str, first: int, last: int) -> Slice:
        """Events from `first`, at most to `last`, to a hole, or to what one batch holds.

        Raises LookupError when `first` is not here, or no longer verifies (it is then no longer offered).
        """
        records: list[Record] = []
        while first <= last and len(records) < MAX_EVENTS:
            with self._lock:
                track = self._index.tracks.get(journal)
                run = track.find(first) if track else None
                boot = track.boot if track else ""
            if run is None:
                break
            some = read_run(self._folder, journal, run, first, min(last - first + 1, MAX_EVENTS - len(records)))
            records += some
            if not some:
                with self._lock:
                    self._index.discard(journal, first)
                break
            first += len(some)
        if not records:
            raise LookupError(f"event {first} of journal {journal} is not here (any more)")
        records = records[: fitting([record.line for record in records])]
        return Slice(journal, boot, records[0].seq, records[0].before, tuple(record.line for record in records))

    def apply(self, ack: Ack) -> None:
        """Take an acknowledgement: it only ever raises what is acknowledged, and never beyond the head."""
        with self._lock:
            track = self._index.tracks.get(ack.journal)
            if track is not None:
                said = within(((1, ack.watermark), *ack.ranges), 1, track.head)
                track.acked = union(track.acked, said)

    def reopen(self, journal: str, first: int, last: int) -> Spans:
        """Un-acknowledge [first, last] because central asks for it again; returns the spans that are not here.

        Of the current journal nothing beyond the head is meant: it may still come to be.
        """
        with self._lock:
            track = self._index.tracks.get(journal)
            if track is None:
                return ((first, last),)
            if journal == self.journal:
                last = min(last, self.head)
            asked: Spans = ((first, last),) if first <= last else ()
            track.acked = minus(track.acked, asked)
            return minus(asked, track.held())

    def around(self, journal: str, first: int, last: int) -> tuple[bytes | None, bytes | None]:
        """The chain hashes before and after [first, last], for `lost`; each None when it is not known any more."""
        with self._lock:
            track = self._index.tracks.get(journal)
        if track is not None:
            return around(self._folder, track, first, last)
        return (chain_start(self._device, journal) if first == 1 else None), None

    def recent(self, count: int) -> tuple[Event, ...]:
        """The newest `count` events over all journals, the oldest of them first."""
        found: list[Event] = []
        with self._lock:
            tracks = list(reversed(self._index.tracks.values()))
            spans = [(track, span) for track in tracks for span in reversed(track.held())]
        for track, (first, last) in spans:
            for seq in range(last, max(first, last - (count - len(found)) + 1) - 1, -1):
                record = fetch(self._folder, track, seq)
                found += [decode_event(record.line)] if record else []
            if len(found) >= count:
                break
        return tuple(reversed(found[:count]))

    def oldest_unacked_stamp(self) -> Stamp | None:
        """When the oldest un-acknowledged event was, None when everything is acknowledged."""
        with self._lock:
            waiting = [(track, track.pending()) for track in self._index.tracks.values()]
        for track, spans in waiting:
            record = fetch(self._folder, track, spans[0][0]) if spans else None
            if record is not None:
                return decode_event(record.line).stamp
        return None

    def save(self) -> None:
        """Remember the acknowledgements, drop what the ring has no room for, make the next segment ready.

        Raises JournalError when the disk refuses; only duplicates can come of that.
        """
        with self._saving:
            if self._closed:
                return
            try:
                self._write_state()
                if self._shrink():
                    self._write_state()
            except OSError as error:
                raise JournalError(
                    f"the acknowledgement state in {self._folder.path} could not be saved ({error}): make room"
                ) from error
            self.prepare()

    def _write_state(self) -> None:
        with self._lock:
            self._index.forget_unneeded(self.journal)
            tracks = self._index.tracks.values()
            kept = [Kept(t.journal, t.boot, t.head, t.acked, t.lost, t.parent) for t in tracks]
            layout = self._index.layout(number for number in self._index.sizes() if number in self._sizes)
        settled = [Contents(number, self._sizes[number], runs) for number, runs in layout.items()]
        self._folder.write_state(encode_state(self._device, kept, settled))

    def _shrink(self) -> bool:
        """Drop the oldest wholly acknowledged segments while there are more events than the ring is for."""
        with self._lock:
            excess = self._index.events() - self._ring_events
            current = self._pen.number if self._pen else 0
            sizes = self._index.sizes() if excess > 0 else {}
        dropped = False
        for number in sorted(sizes):
            if excess <= 0 or number == current:
                break
            with self._lock:
                self._index.drop(number)
            self._folder.remove(number)
            self._sizes.pop(number, None)
            excess -= sizes[number]
            dropped = True
        return dropped

    def close(self) -> None:
        """Save, let go of the files and of the folder. Closing twice does nothing."""
        with self._saving:
            if self._closed:
                return
            try:
                self.save()
            finally:
                with self._writing:
                    self._closed = True
                    self._let_go()

    def _let_go(self) -> None:
        if self._pen is not None:
            self._pen.close()
        self._folder.unlock()
