"""Every byte of the journal's files lost or changed: it starts, keeps, offers and counts as it should."""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from edge.journal.records import Record, scan
from edge.journal.spans import size
from edge.wire.ack import Ack
from edge.wire.events import Lost, Parent, decode_event

DEVICE = "door-0001"
SEGMENT_BYTES = 1400
REOPEN_EVERY = 29


@dataclass
class Original:
    """A folder with three journals, and what it holds."""

    folder: Path
    lines: dict[tuple[str, int], bytes] = field(default_factory=dict)
    unacked: dict[tuple[str, int], bytes] = field(default_factory=dict)
    places: dict[tuple[str, int], tuple[str, int, int]] = field(default_factory=dict)
    """File, first and after-last byte of each event's line."""


@pytest.fixture
def quick() -> Iterator[Path]:
    """A folder where a sync costs nothing: thousands of restarts are made here."""
    memory = Path("/dev/shm")  # noqa: S108 - only as a parent for a private folder
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


@pytest.fixture
def original(quick: Path, make_bench) -> Original:
    bench = make_bench(quick / "original", segment_bytes=SEGMENT_BYTES)
    made = Original(bench.folder)
    for number, taps in enumerate((1, 3, 1)):
        journal = bench.open(boot=f"boot-{number}")
        bench.tap(journal, *range(taps))
        if number == 1:
            journal.apply(Ack(journal.journal, 1, ((3, 3),)))
        journal.close()
    for path in sorted(bench.folder.glob("*.seg")):
        content = path.read_bytes()
        for record in scan(content, content.index(b"\n") + 1, DEVICE, None):
            assert isinstance(record, Record) and not record.mended
            key = record.journal, record.seq
            made.lines[key] = record.line
            made.places[key] = path.name, record.end - 1 - len(record.line), record.end - 1
            if key not in ((journal_name(made, 1), 1), (journal_name(made, 1), 3)):
                made.unacked[key] = record.line
    assert len(made.lines) == 8 and len(made.unacked) == 6
    assert len(list(bench.folder.glob("*.seg"))) >= 2
    return made


def journal_name(made: Original, at: int) -> str | None:
    names = list(dict.fromkeys(journal for journal, _ in made.lines))
    return names[at] if at < len(names) else None


def losses(offered: dict[tuple[str, int], bytes]) -> set[tuple[str, int]]:
    said = [decode_event(line).body for line in offered.values() if b'"kind":"lost"' in line]
    spans = [body for body in said if isinstance(body, Lost)]
    return {(body.journal, seq) for body in spans for seq in range(body.first, body.last + 1)}


def check(make_bench, original: Original, damaged: Path, may_miss: set[tuple[str, int]], note: str, again: bool) -> int:
    """Open a damaged copy; returns how many un-acknowledged events are missing."""
    bench = make_bench(damaged, segment_bytes=SEGMENT_BYTES)
    bench.sync = lambda fd: None
    bench.name = iter(["00000000000000aa", "00000000000000bb"]).__next__
    journal = bench.open()
    offered = bench.offered(journal)
    old = {key: line for key, line in offered.items() if key[0] != journal.journal}
    assert all(original.lines.get(key) == line for key, line in old.items()), f"{note}: a wrong line is offered"
    missing = set(original.unacked) - set(old)
    said = losses(offered)
    assert missing <= may_miss, f"{note}: intact events are not offered: {sorted(missing - may_miss)}"
    assert missing <= said, f"{note}: not accounted for: {sorted(missing - said)}"
    assert not said & set(old), f"{note}: said to be lost and offered: {sorted(said & set(old))}"
    assert said <= set(original.lines), f"{note}: never was: {sorted(said - set(original.lines))}"
    assert journal.damage.lost_events == len(said)
    assert not missing or not journal.damage.healthy
    (line,) = bench.tap(journal, 77)
    assert journal.read(journal.journal, journal.head, journal.head).lines == (line,)
    if again:
        bench.crash(journal)
        journal = bench.open()
        assert journal.damage.lost_events == 0, f"{note}: said twice"
        after = bench.offered(journal)
        assert {
            **offered,
            ("00000000000000aa", max(s for j, s in after if j.endswith("aa"))): line,
        }.items() <= after.items()
    bench.crash(journal)
    return len(missing)


def copies(original: Original, quick: Path, name: str) -> Iterator[Path]:
    """The folder as it was, again and again at one place."""
    target = quick / name
    target.mkdir()
    contents = {path.name: path.read_bytes() for path in original.folder.iterdir()}
    while True:
        for entry in os.scandir(target):
            os.unlink(entry.path)  # noqa: PTH108 - made thousands of times
        for file, content in contents.items():
            fd = os.open(f"{target}/{file}", os.O_WRONLY | os.O_CREAT, 0o600)
            os.write(fd, content)
            os.close(fd)
        yield target


def files(original: Original) -> list[Path]:
    return sorted(path for path in original.folder.iterdir() if path.name != "lock")


def test_a_file_cut_at_any_byte_loses_only_what_was_cut_off(original, quick, make_bench):
    fresh = copies(original, quick, "cut")
    missing = 0
    for path in files(original):
        content = path.read_bytes()
        for cut in range(len(content.rstrip(b"\0")) + 2):
            folder = next(fresh)
            (folder / path.name).write_bytes(content[:cut])
            gone = {key for key, (name, _, end) in original.places.items() if name == path.name and end > cut}
            missing += check(make_bench, original, folder, gone, f"{path.name} cut at {cut}", cut % REOPEN_EVERY == 0)
    assert missing > 0


@pytest.mark.parametrize("pattern", ["lowest bit", "other"])
def test_a_changed_byte_anywhere_loses_at_most_the_event_whose_line_it_is_in(original, quick, make_bench, pattern):
    fresh = copies(original, quick, "flip")
    missing = 0
    for path in files(original):
        content = path.read_bytes()
        end = len(content.rstrip(b"\0"))
        for at in [*range(end), *range(end, len(content), 23)]:
            changed = bytearray(content)
            others = (content[at] ^ 0x80, content[at] ^ 0x20, 0, 0x0A, 0xFF)
            changed[at] = content[at] ^ 1 if pattern == "lowest bit" else others[at % len(others)]
            folder = next(fresh)
            (folder / path.name).write_bytes(changed)
            hit = {
                key for key, (name, start, end) in original.places.items() if name == path.name and start <= at < end
            }
            missing += check(make_bench, original, folder, hit, f"{path.name} byte {at}", at % REOPEN_EVERY == 0)
    assert missing > 0


def test_a_missing_segment_is_said_lost_event_by_event(original, quick, make_bench):
    fresh = copies(original, quick, "missing")
    for path in sorted(original.folder.glob("*.seg")):
        gone = {key for key, (name, _, _) in original.places.items() if name == path.name}
        for emptied in (False, True):
            folder = next(fresh)
            (folder / path.name).unlink()
            if emptied:
                (folder / path.name).touch()
            assert check(make_bench, original, folder, gone, f"{path.name} gone", True) == len(
                gone & set(original.unacked)
            )


def test_all_segments_gone_is_said_too(original, quick, make_bench):
    folder = next(copies(original, quick, "none"))
    for path in folder.glob("*.seg"):
        path.unlink()
    assert check(make_bench, original, folder, set(original.lines), "none left", True) == len(original.unacked)


def test_a_wiped_sector_anywhere_loses_only_the_events_it_touches(original, quick, make_bench):
    fresh = copies(original, quick, "sector")
    for path in sorted(original.folder.glob("*.seg")):
        content = path.read_bytes()
        for filler in (b"\0", b"\xff"):
            for at in range(0, len(content), 64):
                hit = {
                    key
                    for key, (name, start, end) in original.places.items()
                    if name == path.name and start - 163 < at + 512 and end >= at
                }
                folder = next(fresh)
                (folder / path.name).write_bytes(
                    content[:at] + filler * len(content[at : at + 512]) + content[at + 512 :]
                )
                check(make_bench, original, folder, hit, f"{path.name} sector at {at}", at % REOPEN_EVERY == 0)


def test_a_segment_copied_under_another_number_changes_nothing(original, quick, make_bench):
    fresh = copies(original, quick, "copied")
    for path in sorted(original.folder.glob("*.seg")):
        for name in ("00000000.seg", "00000099.seg"):
            folder = next(fresh)
            shutil.copy(folder / path.name, folder / name)
            check(make_bench, original, folder, set(), f"{path.name} copied to {name}", True)
            folder = next(fresh)
            (folder / path.name).rename(folder / name)
            check(make_bench, original, folder, set(), f"{path.name} renamed to {name}", True)


def test_a_segment_of_another_device_is_counted_and_left_alone(original, quick, make_bench):
    folder = next(copies(original, quick, "own"))
    other = make_bench(quick / "other", segment_bytes=SEGMENT_BYTES)
    journal = other.open(device="door-0002")
    other.tap(journal, 1)
    other.close()
    stranger = folder / "00000050.seg"
    stranger.write_bytes((other.folder / "00000001.seg").read_bytes())
    content = stranger.read_bytes()
    check(make_bench, original, folder, set(), "foreign", True)
    assert stranger.read_bytes() == content
    bench = make_bench(folder, segment_bytes=SEGMENT_BYTES)
    assert bench.open().damage.foreign_segments == 1


def test_a_foreign_segment_with_a_damaged_header_offers_nothing_either(original, quick, make_bench):
    folder = next(copies(original, quick, "own"))
    other = make_bench(quick / "other", segment_bytes=SEGMENT_BYTES)
    journal = other.open(device="door-0002")
    other.tap(journal, 1)
    other.close()
    content = bytearray((other.folder / "00000001.seg").read_bytes())
    content[3] ^= 1
    (folder / "00000050.seg").write_bytes(content)
    bench = make_bench(folder, segment_bytes=SEGMENT_BYTES)
    opened = bench.open()
    assert all(
        journal != "" and original.lines.get((journal, seq), line) == line
        for (journal, seq), line in bench.offered(opened).items()
    )
    assert not {key[0] for key in bench.offered(opened)} - {key[0] for key in original.lines} - {opened.journal}
    assert opened.damage.damaged_headers == 1


def test_an_acknowledgement_beyond_what_the_disk_still_has_is_counted_and_cut(original, quick, make_bench):
    folder = next(copies(original, quick, "beyond"))
    bench = make_bench(folder, segment_bytes=SEGMENT_BYTES)
    journal = bench.open()
    bench.tap(journal, 1, 2, 3)
    name = journal.journal
    journal.apply(Ack(name, 4))
    journal.close()
    last = max(folder.glob("*.seg"))
    content = last.read_bytes()
    last.write_bytes(content[: content.rindex(b"@ ")].ljust(len(content), b"\0"))
    again = bench.open()
    assert again.damage.ack_beyond_head == 1 and again.damage.lost_events == 0
    assert again.pending(name) == ()


def test_an_unfinished_write_at_the_end_is_taken_back_silently(bench):
    journal = bench.open()
    bench.tap(journal, 1)
    bench.crash(journal)
    segment, state = bench.folder / "00000001.seg", bench.folder / "acks"
    content, saved = segment.read_bytes(), state.read_bytes()
    end = len(content.rstrip(b"\0"))
    start = content.rindex(b"@ ", 0, end)
    for kept in (1, 14, 100, 200, end - start - 2):
        torn = content[:end] + content[start : start + kept]
        segment.write_bytes(torn.ljust(len(content), b"\0"))
        state.write_bytes(saved)
        again = bench.open()
        assert (again.damage.torn_bytes, again.damage.lost_events) == (kept, 0)
        assert again.damage.damaged_bytes == kept
        bench.crash(again)
        repeated = bench.open()
        assert repeated.damage.healthy
        bench.crash(repeated)


def test_a_whole_record_damaged_at_the_very_end_is_said_lost_even_without_the_state_file(bench):
    journal = bench.open()
    bench.tap(journal, 1)
    bench.crash(journal)
    (bench.folder / "acks").unlink()
    segment = bench.folder / "00000001.seg"
    content = bytearray(segment.read_bytes())
    content[len(content.rstrip(b"\0")) - 20] ^= 1
    segment.write_bytes(content)
    again = bench.open()
    assert again.damage.lost_events == 1 and again.damage.torn_bytes == 0
    assert losses(bench.offered(again)) == {(journal.journal, 2)}
    kept = bytes(content).rstrip(b"\0")
    assert segment.read_bytes()[: len(kept)] == kept, "the damaged bytes stay for whoever wants to look"


def test_a_record_that_rots_after_the_start_is_not_sent(bench):
    journal = bench.open()
    bench.tap(journal, 1, 2, 3)
    segment = bench.folder / "00000001.seg"
    content = bytearray(segment.read_bytes())
    content[content.index(b"em:00000002")] ^= 1
    segment.write_bytes(content)
    assert journal.read(journal.journal, 1, 4).last == 2
    with pytest.raises(LookupError):
        journal.read(journal.journal, 3, 4)
    assert journal.read(journal.journal, 4, 4).first == 4
    assert size(journal.reopen(journal.journal, 1, 4)) == 1, "asked again, it is known to be gone"


def test_garbage_of_every_kind_in_a_segment_does_not_stop_the_start(original, quick, make_bench):
    fresh = copies(original, quick, "garbage")
    for garbage in (b"\n" * 30_000, b"@ " * 20_000, b"0" * 40_000, bytes(range(256)) * 100, (b"0" * 170 + b"\n") * 200):
        folder = next(fresh)
        (folder / "00000090.seg").write_bytes(garbage)
        bench = make_bench(folder, segment_bytes=SEGMENT_BYTES)
        offered = bench.offered(bench.open())
        assert original.unacked.items() <= offered.items()
        bench.close()


def test_a_sector_that_cannot_be_read_costs_the_events_in_it_and_no_more(bench, monkeypatch):
    journal = bench.open()
    bench.tap(journal, *range(60))
    bench.crash(journal)
    real = os.pread

    def bad_sector(fd: int, size: int, offset: int) -> bytes:
        if offset <= 8192 < offset + size:
            raise OSError(errno.EIO, "Input/output error")
        return real(fd, size, offset)

    monkeypatch.setattr(os, "pread", bad_sector)
    again = bench.open()
    assert 10 <= again.damage.lost_events <= 14
    offered = bench.offered(again)
    assert len({key for key in offered if key[0] == journal.journal}) == 61 - again.damage.lost_events


def test_a_journal_rolled_back_on_disk_says_what_it_knows_to_be_gone(bench):
    journal = bench.open()
    bench.tap(journal, 1)
    old = (bench.folder / "00000001.seg").read_bytes()
    bench.tap(journal, 2, 3)
    journal.close()
    (bench.folder / "00000001.seg").write_bytes(old)
    again = bench.open()
    assert losses(bench.offered(again)) == {(journal.journal, 3), (journal.journal, 4)}


def test_two_copies_of_one_folder_name_the_same_parent(make_bench, tmp_path):
    first = make_bench(tmp_path / "card")
    parent = first.open()
    parent.close()
    shutil.copytree(tmp_path / "card", tmp_path / "copy")
    starts = []
    for name, folder in (("00000000000000aa", "card"), ("00000000000000bb", "copy")):
        bench = make_bench(tmp_path / folder)
        bench.name = lambda name=name: name
        journal = bench.open()
        starts.append(decode_event(journal.read(name, 1, 1).lines[0]).body.parent)
    assert starts[0] == starts[1] == Parent(parent.journal, 1, parent.hash)
