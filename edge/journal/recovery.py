"""What is still there when a journal folder is opened, what is not, and what can be mended."""

from collections import Counter
from dataclasses import dataclass, field

from edge.journal.folder import Folder, Header, read_header
from edge.journal.index import UNKNOWN_BOOT, Index, Track
from edge.journal.reading import around
from edge.journal.records import Damage, Record, encode_record, scan, whole_looking
from edge.journal.spans import minus, size, union, within
from edge.journal.state import State, decode_state
from edge.wire.events import Lost, Parent, Start, decode_event

_ALWAYS_READ = 2
"""The newest segments: the repeat guard and the next journal's parent come from them."""


@dataclass(frozen=True, slots=True)
class RecoveryReport:
    """What opening the folder found. All zero for a healthy one.

    lost_events: events that are gone and now said to be lost, `losses` one span each. unclaimed_events: not here and
    not said to be lost, because the damaged state file may have known them as acknowledged; central asks for what it
    lacks. damaged_bytes: those in which no event verifies; torn_bytes: those of them that are an unfinished write at
    the very end, taken back. mended_records: events saved although bytes around them were wrong. ack_beyond_head:
    acknowledged seqs that are no longer on the disk: the storage lost writes.
    """

    events: int = 0
    journals: int = 0
    lost_events: int = 0
    losses: int = 0
    unclaimed_events: int = 0
    torn_bytes: int = 0
    damaged_bytes: int = 0
    mended_records: int = 0
    damaged_headers: int = 0
    empty_segments: int = 0
    foreign_segments: int = 0
    duplicate_events: int = 0
    damaged_state: int = 0
    ack_beyond_head: int = 0

    @property
    def healthy(self) -> bool:
        """Whether there was nothing to report."""
        return self == RecoveryReport(events=self.events, journals=self.journals)


@dataclass(slots=True)
class Tail:
    """The segment to go on writing in: at `end`, over `dirty` bytes that are not zero."""

    number: int
    end: int
    dirty: int


@dataclass(slots=True)
class Recovery:
    """Filled by `recover`."""

    index: Index = field(default_factory=Index)
    counts: dict[str, int] = field(default_factory=dict)
    losses: list[Lost] = field(default_factory=list)
    parent: Parent | None = None
    tail: Tail | None = None
    next_number: int = 1
    ends: dict[int, int] = field(default_factory=dict)
    """Bytes that each segment holds, zeros at its end left out."""
    hidden: dict[str, int] = field(default_factory=dict)
    """Highest seq that damaged bytes must have held, by journal."""

    def count(self, name: str, by: int = 1) -> None:
        """Add to the report."""
        self.counts[name] = self.counts.get(name, 0) + by

    def report(self) -> RecoveryReport:
        """All that was found."""
        journals = sum(bool(track.runs) for track in self.index.tracks.values())
        return RecoveryReport(events=self.index.events(), journals=journals, **self.counts)


def recover(folder: Folder) -> Recovery:
    """Read the segments, mend what verifies, and work out what is missing. Raises OSError.

    A segment that the state file knows as wholly acknowledged is not read: it is verified when it is asked for.
    """
    found = Recovery()
    folder.discard_prepared()
    state = _read_state(folder, found)
    order = _in_order(folder, found)
    previous: Record | None = None
    for number in order:
        if number not in order[-_ALWAYS_READ:] and _is_settled(folder, state, number):
            found.index.add_unread(number, state.segments[number].runs)
            found.ends[number] = state.segments[number].size
        else:
            previous = _read_segment(folder, found, number, previous)
    _apply_state(found, state)
    newest = _newest(found.index)
    if newest is not None:
        found.parent = Parent(newest.journal, newest.top, newest.hash)
    _find_losses(folder, found, state)
    return found


def _read_state(folder: Folder, found: Recovery) -> State:
    content = folder.read_state()
    if content is None:
        return State(None, whole=not folder.numbers())
    state = decode_state(content)
    if state.device not in (None, folder.device):
        state = State(None, whole=False)
    if not state.whole:
        found.count("damaged_state")
    return state


def _is_settled(folder: Folder, state: State, number: int) -> bool:
    contents = state.segments.get(number)
    if contents is None or folder.size(number) != contents.size:
        return False
    acked = {journal: kept.acked for journal, kept in state.journals.items()}
    return all(not minus(((first, last),), acked.get(journal, ())) for journal, first, last in contents.runs)


def _in_order(folder: Folder, found: Recovery) -> list[int]:
    """Our segments as they were written; a file that says it has another number is a copy and comes last."""
    own, copies = [], []
    for number in folder.numbers():
        found.next_number = number + 1
        header = folder.header(number)
        if header is not None and header.device != folder.device:
            found.count("foreign_segments")
        elif header is not None and header.number != number:
            copies.append(number)
        else:
            own.append(number)
    return own + copies


def _read_segment(folder: Folder, found: Recovery, number: int, previous: Record | None) -> Record | None:
    content = folder.read(number)
    header = read_header(content)
    found.ends[number] = len(content.rstrip(b"\0"))
    _note_header(found, header, found.ends[number])
    end = header.size if header else 0
    pieces: list[tuple[int, bytes]] = []
    damage: Damage | None = None
    for item in scan(content, end, folder.device, previous):
        if isinstance(item, Damage):
            damage = item
            _count_hidden(found, content, item)
            continue
        damage, previous, end = None, item, item.end
        _keep(folder, found, number, item, pieces)
    if pieces:
        folder.repair(number, pieces)
        found.ends[number] = max(found.ends[number], end)
    own = header is not None and header.number == number
    _settle_end(found, number, damage, end, own and not (damage and whole_looking(content, damage)))
    return previous


def _note_header(found: Recovery, header: Header | None, end: int) -> None:
    if header is None:
        found.count("damaged_headers" if end else "empty_segments")
        return
    track = found.index.track(header.journal)
    if track.boot == UNKNOWN_BOOT:
        track.boot = header.boot


def _count_hidden(found: Recovery, content: bytes, damage: Damage) -> None:
    """Note the events that lay in damaged bytes: no neighbour shows their number when they were a journal's last."""
    found.count("damaged_bytes", damage.end - damage.offset)
    taken = Counter(whole_looking(content, damage))
    for journal, events in taken.items():
        known = found.index.tracks.get(journal)
        found.hidden[journal] = (known.top if known else 0) + events


def _keep(folder: Folder, found: Recovery, number: int, record: Record, pieces: list[tuple[int, bytes]]) -> None:
    if not found.index.add(number, record):
        found.count("duplicate_events")
        return
    if record.mended:
        found.count("mended_records")
        pieces.append((record.offset, encode_record(folder.device, record.journal, record.before, record.line)))
    if record.kind in ("start", "lost"):
        _note(found, record)


def _note(found: Recovery, record: Record) -> None:
    """What an event says of other journals, or of its own."""
    body = decode_event(record.line).body
    if isinstance(body, Start):
        track = found.index.track(record.journal)
        track.boot = body.boot
        if body.parent is not None:
            track.parent = body.parent.journal
            parent = found.index.track(body.parent.journal)
            if parent.named is None or parent.named.seq < body.parent.seq:
                parent.named = body.parent
    elif isinstance(body, Lost):
        track = found.index.track(body.journal)
        track.lost = union(track.lost, ((body.first, body.last),))


def _settle_end(found: Recovery, number: int, damage: Damage | None, end: int, usable: bool) -> None:
    """Decide whether writing can go on after the last event of this segment, as long as no later one takes over."""
    found.counts.pop("torn_bytes", None)
    found.tail = Tail(number, end, found.ends[number] - end) if usable else None
    if damage is not None and usable:
        found.count("torn_bytes", damage.end - damage.offset)


def _apply_state(found: Recovery, state: State) -> None:
    for kept in state.journals.values():
        track = found.index.track(kept.journal)
        track.acked = kept.acked
        track.lost = union(track.lost, kept.lost)
        track.parent = track.parent or kept.parent
        if track.boot == UNKNOWN_BOOT:
            track.boot = kept.boot
        beyond = minus(kept.acked, ((1, track.head),))
        if beyond:
            found.count("ack_beyond_head", size(beyond))


def _newest(index: Index) -> Track | None:
    """The journal that is nobody's parent; of several the one written last."""
    parents = {track.parent for track in index.tracks.values()}
    held = [track for track in index.tracks.values() if track.runs]
    return next((track for track in reversed(held) if track.journal not in parents), None)


def _find_losses(folder: Folder, found: Recovery, state: State) -> None:
    numbers = folder.numbers()
    passed_over = bool(numbers) and numbers[-1] - numbers[0] + 1 != len(numbers)
    for journal in found.hidden:
        found.index.track(journal)
    for track in list(found.index.tracks.values()):
        kept = state.journals.get(track.journal)
        expected = max(track.head, found.hidden.get(track.journal, 0), kept.head if kept else 0)
        gone = minus(((1, expected),), track.held(), track.acked, track.lost)
        if not state.whole and kept is None:
            # Without the state file nobody knows what the ring let go: the beginning of a journal, or, where an older
            # segment had to stay, one from the middle. It counts as acknowledged, as only such events are let go;
            # central sees that in the next heartbeat, asks for what it misses, and is then told that it is lost.
            last_unsure = track.runs[0].first - 1 if track.runs and not passed_over else expected
            unsure = within(gone, 1, last_unsure)
            gone = minus(gone, unsure)
            track.acked = union(track.acked, unsure)
            if unsure:
                found.count("unclaimed_events", size(unsure))
        for first, last in gone:
            before, after = around(folder, track, first, last)
            found.losses.append(Lost(track.journal, first, last, before, after))
            found.count("losses")
            found.count("lost_events", last - first + 1)
        track.acked = within(track.acked, 1, track.head)
