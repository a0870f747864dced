"""A disk that is full, broken or read-only: nothing is said to be recorded that is not, and it goes on afterwards."""

import errno
import os
import resource
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from edge.journal import JournalError
from edge.wire.events import decode_event


def no_room(fd: int) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_sync_that_fails_records_nothing_and_the_next_append_takes_the_same_seq(bench):
    journal = bench.open()
    bench.tap(journal, 1)
    before = journal.tip()
    bench.sync = no_room
    for number in (2, 3):
        with pytest.raises(JournalError, match="nothing is recorded"):
            bench.tap(journal, number)
    assert journal.tip() == before and journal.pending(journal.journal) == ((1, 2),)
    bench.sync = os.fdatasync
    (line,) = bench.tap(journal, 4)
    assert decode_event(line).seq == 3
    bench.crash(journal)
    again = bench.open()
    assert again.damage.healthy
    assert again.read(journal.journal, 3, 9).lines == (line,)


def test_a_longer_record_that_failed_leaves_nothing_behind_a_shorter_one(bench):
    journal = bench.open()
    bench.sync = no_room
    with pytest.raises(JournalError):
        journal.append(bench.punch(1), bench.stamp(10**12))
    bench.sync = os.fdatasync
    bench.tap(journal, 1)
    content = (bench.folder / "00000001.seg").read_bytes().rstrip(b"\0")
    assert content.endswith(b"}\n") and content.count(b"@ ") == 2


def test_a_new_segment_that_finds_no_room_is_a_failed_append_and_works_later(make_bench, monkeypatch):
    bench = make_bench(segment_bytes=1500)
    journal = bench.open()
    real = os.pwrite

    def full(fd: int, content: bytes, offset: int) -> int:
        if len(content) >= 1500:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(fd, content, offset)

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(JournalError):
        bench.tap(journal, *range(9))
    head = journal.head
    with pytest.raises(JournalError, match="no room for the next journal segment"):
        journal.prepare()
    monkeypatch.setattr(os, "pwrite", real)
    bench.tap(journal, *range(9))
    assert journal.head == head + 9
    assert len(bench.offered(journal)) == journal.head


def test_a_failed_change_of_segments_at_any_step_leaves_no_gap(make_bench, monkeypatch):
    for broken in ("rename", "open", "fsync", "pwrite"):
        for after in range(4):
            bench = make_bench(Path(tempfile.mkdtemp(dir=make_bench().folder.parent)), segment_bytes=1500)
            journal = bench.open()
            while journal._pen.room() > 450:
                bench.tap(journal, 1)
            calls = iter(range(100))
            owner = Path if broken == "rename" else os
            real = getattr(owner, broken)

            def fail(*args, real=real, calls=calls, after=after, **kwargs):
                if next(calls) >= after:
                    raise OSError(errno.EIO, "Input/output error")
                return real(*args, **kwargs)

            failed = 0
            with monkeypatch.context() as patch:
                patch.setattr(owner, broken, fail)
                for number in range(3):
                    try:
                        bench.tap(journal, number)
                    except JournalError:
                        failed += 1
            bench.tap(journal, 4, 5)
            kept = bench.offered(journal)
            assert [seq for _, seq in kept] == list(range(1, journal.head + 1)), (broken, after)
            bench.crash(journal)
            again = bench.open()
            assert again.damage.lost_events == 0, (broken, after, failed)
            assert kept.items() <= bench.offered(again).items()
            bench.close()


CHILD = """
import os, sys
from pathlib import Path
from edge.journal import Journal, JournalError
from edge.wire.events import Clock, Punch, Stamp
stamp = Stamp(1, None, Clock.NONE)
names = iter(f"{n:016x}" for n in range(int(sys.argv[2]), 2**32))
try:
    journal = Journal.open(Path(sys.argv[1]), "door-0001", "b", "0", stamp, names.__next__, segment_bytes=65536)
    for number in range(int(sys.argv[3])):
        print(journal.append(Punch(f"em:{number:08X}", "r"), stamp).seq, flush=True)
except JournalError as error:
    print(error, flush=True)
    sys.exit(3)
"""


def run_child(folder: Path, first_name: int, taps: int, **kwargs: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", CHILD, str(folder), str(first_name), str(taps)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, **kwargs)  # type: ignore[call-overload]


def limit_file_size() -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))


def test_the_kernel_refusing_room_is_a_clear_error_and_costs_nothing(bench):
    first = run_child(bench.folder, 1, 3)
    assert first.stdout.split() == ["2", "3", "4"], first.stderr
    (bench.folder / "next").unlink(missing_ok=True)
    refused = run_child(bench.folder, 10, 400, preexec_fn=limit_file_size)
    *recorded, message = refused.stdout.splitlines()
    assert refused.returncode == 3 and "nothing is recorded" in message and "File too large" in message
    journal = bench.open()
    assert len(bench.offered(journal)) == 4 + 1 + len(recorded) + 1
    assert journal.damage.lost_events == 0


@pytest.fixture
def small_disk():
    """A file system of 300 KB of its own, where this machine lets us mount one; else None."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["mount", "-t", "tmpfs", "-o", "size=300k", "none", folder]
        mounted = os.geteuid() == 0 and subprocess.run(command, capture_output=True, check=False).returncode == 0
        yield Path(folder) if mounted else None
        if mounted:
            subprocess.run(["umount", folder], check=True)


def test_a_really_full_disk_refuses_and_goes_on_when_there_is_room_again(small_disk, make_bench, monkeypatch):
    if small_disk is None:  # no right to mount: the same through the limit on file sizes is tested above
        return
    ballast = small_disk / "ballast"
    bench = make_bench(small_disk / "journal", segment_bytes=65_536)
    journal = bench.open()
    ballast.write_bytes(bytes(60_000))
    refused = 0
    for number in range(2000):
        try:
            bench.tap(journal, number)
        except JournalError:
            refused += 1
            if refused == 5:
                break
    assert refused == 5
    head = journal.head
    with pytest.raises(JournalError):
        journal.save()
    ballast.unlink()
    bench.tap(journal, 1, 2, 3)
    assert journal.head == head + 3
    offered = bench.offered(journal)
    assert [seq for _, seq in offered] == list(range(1, head + 4))
    bench.crash(journal)
    again = bench.open()
    assert again.damage.healthy and offered.items() <= bench.offered(again).items()


def test_a_full_disk_at_the_start_still_records_in_the_room_that_is_left(make_bench, monkeypatch):
    bench = make_bench()
    first = bench.open()
    bench.crash(first)
    real = os.open

    def no_new_files(path, flags, *args):
        if flags & os.O_CREAT and str(path).endswith(".tmp"):
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(path, flags, *args)

    monkeypatch.setattr(os, "open", no_new_files)
    again = bench.open()
    bench.tap(again, 1)
    with pytest.raises(JournalError, match="could not be saved"):
        again.save()
    monkeypatch.setattr(os, "open", real)


def test_a_folder_that_may_not_be_written_is_a_clear_error(make_bench):
    with tempfile.TemporaryDirectory() as outer:
        Path(outer).chmod(0o555)
        rights = os.geteuid()
        if rights == 0:
            os.seteuid(65534)  # root may write anywhere
        try:
            with pytest.raises(JournalError, match=r"cannot be used .* not mounted read-only"):
                make_bench(Path(outer) / "journal").open()
        finally:
            os.seteuid(rights)
            Path(outer).chmod(0o700)
