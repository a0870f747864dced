"""What a station finds on its card: the journal's segments, its state of acknowledgements, the clock's floor."""

import shutil
import tempfile
from collections.abc import Callable
from itertools import count
from pathlib import Path
from zlib import crc32

from hypothesis import strategies as st

from edge.errors import JournalError
from edge.journal import Journal
from edge.journal.records import scan
from edge.journal.state import Contents, Kept, decode_state, encode_state
from edge.keeper import read_floor
from edge.wire.ack import decode_ack
from edge.wire.events import Clock, Punch, Stamp
from edge.wire.text import WireError
from tests.contract import examples
from tests.fuzz.inputs import damaged, lines_of
from tests.fuzz.target import Target

DEVICE = examples.DEVICE
SEGMENT_BYTES = 16_384
_names = count(1)


def _stamp(second: int) -> Stamp:
    return Stamp(second * 1000, 1_795_400_000_000 + second * 1000, Clock.NTP, 3)


def _opened(folder: Path) -> Journal:
    return Journal.open(
        folder, DEVICE, "boot-1", "0.1", _stamp(0), lambda: f"{next(_names):016x}",
        segment_bytes=SEGMENT_BYTES, ring_events=50, sync=lambda fd: None,
    )  # fmt: skip


def _written(folder: Path) -> None:
    """Two journals, some of it acknowledged."""
    for _ in range(2):
        journal = _opened(folder)
        for number in range(1, 31):
            journal.append(Punch(f"em:{number:08X}", "door", ("known",)), _stamp(number))
        journal.save()
        journal.close()


def _journal() -> Target:
    """A folder with damage in any of its files is opened, read, appended to and acknowledged."""
    holder = tempfile.TemporaryDirectory()
    whole, spoilt = Path(holder.name) / "whole", Path(holder.name) / "spoilt"
    whole.mkdir()
    _written(whole)
    files = sorted(path for path in whole.iterdir() if path.is_file() and path.stat().st_size)
    contents = {path.name: path.read_bytes() for path in files}

    def attempt(given: tuple[str, bytes]) -> None:
        name, content = given
        shutil.rmtree(spoilt, ignore_errors=True)
        shutil.copytree(whole, spoilt)
        (spoilt / name).write_bytes(content)
        try:
            journal = _opened(spoilt)
        except JournalError as error:
            assert str(error)
            return
        try:
            _use(journal)
        finally:
            journal.close()

    one = st.sampled_from(sorted(contents)).flatmap(
        lambda name: st.tuples(st.just(name), damaged([contents[name]]) | damaged(list(contents.values())))
    )
    return Target(one, attempt, holder.cleanup)


def _use(journal: Journal) -> None:
    """What was unacknowledged is offered and readable; a new tap has a name of its own."""
    for opened in journal.open_journals():
        for first, last in journal.pending(opened.journal):
            while first <= last:
                try:
                    part = journal.read(opened.journal, first, last)
                except LookupError:
                    journal.reopen(opened.journal, first, last)
                    break
                first = part.first + len(part.lines)
    before = journal.tip().seq
    written = journal.append(Punch("em:0BADCA4D", "door", ("unknown",)), _stamp(99))
    assert written.seq == before + 1


def _door_ack() -> Target:
    """An acknowledgement at the door: it never passes the head, and what is asked for again is answered."""
    holder = tempfile.TemporaryDirectory()
    folder = Path(holder.name) / "journal"
    folder.mkdir()
    _written(folder)
    journal = _opened(folder)
    samples = [p for name, p in examples.messages().items() if name.startswith("ack")]
    named = [p.replace(examples.JOURNAL.encode(), journal.journal.encode()) for p in samples]

    def attempt(payload: bytes) -> None:
        try:
            ack = decode_ack(payload)
        except WireError as error:
            assert str(error)
            return
        journal.apply(ack)
        if ack.resend is not None:
            journal.reopen(ack.resend.journal, ack.resend.first, ack.resend.last)
        assert all(one.acked <= one.head for one in journal.open_journals())
        assert all(last <= journal.head for _, last in journal.pending(journal.journal))

    def close() -> None:
        journal.close()
        holder.cleanup()

    return Target(lines_of([*samples, *named]), attempt, close)


def _records() -> Target:
    holder = tempfile.TemporaryDirectory()
    _written(Path(holder.name))
    contents = [p.read_bytes().rstrip(b"\0") for p in Path(holder.name).iterdir() if p.stat().st_size]
    holder.cleanup()
    return Target(
        st.binary(max_size=600) | damaged([content[:3000] for content in contents if content]),
        lambda content: [None for _ in scan(content, 0, DEVICE, None)] and None,
    )


def _state() -> Target:
    kept = [Kept(examples.JOURNAL, "boot", 9, ((1, 4), (6, 6)), ((5, 5),), examples.PARENT)]
    whole = encode_state(DEVICE, kept, [Contents(3, 900, ((examples.PARENT, 1, 41),))])

    def checked(payload: bytes) -> bytes:
        """Each line with a checksum that is right: what is behind it must be read safely too."""
        rows = [line[9:] for line in payload.split(b"\n") if line]
        return b"".join(b"%08x " % crc32(row) + row + b"\n" for row in rows)

    def attempt(content: bytes) -> None:
        decode_state(content)
        decode_state(checked(content))

    bodies = [b"000000000" + line[9:] for line in whole.split(b"\n") if line]
    return Target(lines_of([whole, *bodies], jsonish=False), attempt)


def _floor() -> Target:
    holder = tempfile.TemporaryDirectory()

    def attempt(content: bytes) -> None:
        (Path(holder.name) / "clock.json").write_bytes(content)
        assert read_floor(Path(holder.name)) > 0

    return Target(lines_of([b'{"utc_ms": 1795400000000}']), attempt, holder.cleanup)


TARGETS: dict[str, Callable[[], Target]] = {
    "journal": _journal,
    "journal_records": _records,
    "journal_state": _state,
    "door_ack": _door_ack,
    "clock_floor": _floor,
}
