"""The parts of the power rig that need no machine: its disks lose what they must, its judge sees what is wrong."""

import socket
import struct
import time
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from central.coverage import Interval, State
from tests.flow.site import JournalRow
from tests.rig.__main__ import verdict
from tests.rig.aftermath import Aftermath, not_stored, unexplained
from tests.rig.disk import BLOCK, SECTOR, Disk, serve
from tests.rig.guest import Line
from tests.rig.judging import Key, Light, judge, lights
from tests.rig.series import Options, Record, lives

OLD, NEW = b"o" * SECTOR, b"n" * SECTOR
J = "0123456789abcdef"


class Clock:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make(tmp_path: Path, clock: Clock):
    opened = []

    def disk(survive: float = 0.0, lie_s: float | None = None) -> Disk:
        path = tmp_path / "disk"
        path.write_bytes(OLD * 64)
        file = path.open("r+b", buffering=0)
        opened.append(file)
        return Disk(file.fileno(), Random(1), lie_s, survive, clock)  # noqa: S311

    yield disk
    for file in opened:
        file.close()


def on_disk(disk: Disk) -> bytes:
    """What is there without the cache."""
    return Disk(disk.file, Random(1)).read(0, disk.size)  # noqa: S311


def test_what_was_not_flushed_is_gone_after_the_cut(make):
    disk = make()
    disk.write(0, NEW)
    assert disk.read(0, SECTOR) == NEW
    assert disk.cut().unflushed == 1
    assert on_disk(disk) == OLD * 64


def test_what_was_flushed_or_written_through_is_there_after_the_cut(make):
    disk = make()
    disk.write(0, NEW)
    disk.flush()
    disk.write(SECTOR, NEW, through=True)
    assert disk.cut().unflushed == 0
    assert on_disk(disk) == NEW * 2 + OLD * 62


def test_blocks_survive_by_chance_and_whole(make):
    disk = make(survive=0.5)
    disk.write(0, NEW * 64)
    cut = disk.cut()
    assert (cut.unflushed, 0 < cut.survived < 8) == (8, True)
    blocks = [on_disk(disk)[at : at + BLOCK] for at in range(0, 64 * SECTOR, BLOCK)]
    assert sum(block == NEW * 8 for block in blocks) == cut.survived
    assert set(blocks) == {NEW * 8, OLD * 8}


def test_a_lying_disk_keeps_a_flushed_write_back_until_it_is_old_enough(make, clock):
    disk = make(lie_s=3.0)
    disk.write(0, NEW, through=True)
    clock.now_s += 2.9
    disk.write(SECTOR, NEW)
    disk.flush()
    assert on_disk(disk) == OLD * 64
    clock.now_s += 0.2
    disk.flush()
    assert on_disk(disk) == NEW + OLD * 63
    assert disk.cut().unflushed == 1


def test_a_client_reads_writes_and_flushes(make):
    disk = make()
    ours, theirs = socket.socketpair()
    asked = b"".join(
        struct.pack(">IHHQQI", 0x25609513, 0, command, number, SECTOR, length)
        for number, (command, length) in enumerate([(1, SECTOR), (3, 0), (0, SECTOR), (9, 0), (2, 0)])
    )
    asked = asked[:28] + NEW + asked[28:]
    with ours, theirs:
        ours.sendall(struct.pack(">I", 1) + b"IHAVEOPT" + struct.pack(">II", 3, 0))
        ours.sendall(b"IHAVEOPT" + struct.pack(">II", 1, 0) + asked)
        serve(disk, theirs)
        theirs.shutdown(socket.SHUT_WR)
        said = b"".join(iter(lambda: ours.recv(65536), b""))
    answers = said[18 + 20 + 10 :]
    assert [struct.unpack(">IIQ", answers[at : at + 16])[1:] for at in (0, 16, 32)] == [(0, 0), (0, 1), (0, 2)]
    assert answers[48 : 48 + SECTOR] == NEW
    assert struct.unpack(">IIQ", answers[48 + SECTOR :])[1:] == (22, 3)
    assert on_disk(disk)[SECTOR : 2 * SECTOR] == NEW


def light(seq: int, badge: str, boot: int = 0, at_ms: int = 0) -> Light:
    return Light(Key(J, seq), badge, boot, True, at_ms, "recorded")


def test_only_answers_that_told_a_person_recorded_are_lights():
    entries = [
        (5, {"feedback": "recorded", "recorded": True, "green": True, "journal": J, "seq": 2, "badge": "em:00000001"}),
        (6, {"recorded": False, "journal": J, "seq": 3, "badge": "em:00000002"}),
    ]
    assert lights(entries, 4) == [light(2, "em:00000001", 4, 5)]


def test_every_light_that_is_stored_once_is_sound():
    judged = judge([light(2, "a"), light(3, "b")], {Key(J, 2): "a", Key(J, 3): "b", Key(J, 4): "c"})
    assert judged.sound
    assert judged.dark == 1


@pytest.mark.parametrize(
    ("shown", "stored", "what"),
    [
        ([light(2, "a")], {}, "lost"),
        ([light(2, "a")], {Key(J, 2): "b"}, "other"),
        ([light(2, "a"), light(2, "b", 1)], {Key(J, 2): "a"}, "reused"),
        ([light(2, "a")], {Key(J, 2): "a", Key(J, 3): "a"}, "doubled"),
    ],
)
def test_the_judge_sees(shown, stored, what):
    judged = judge(shown, stored)
    assert not judged.sound
    assert getattr(judged, what)


def ended(disk: str, shown: list[Light], stored: dict[Key, str], fsync: bool = True, broken: str = "") -> int:
    """What such a series ends with."""
    options = Options(image=Path(), state=Path(), cuts=1, disk=disk, fsync=fsync)
    record = Record(lights=shown, broken=[broken] if broken else [])
    return verdict(options, record, judge(shown, stored), Aftermath(1, 0, 0, {}, 0, ()))


def test_a_lost_light_fails_a_series_unless_the_disk_lies_and_is_what_the_control_must_show():
    there, gone = light(2, "a"), light(3, "b")
    assert ended("volatile", [there], {there.key: "a"}) == 0
    assert ended("volatile", [there, gone], {there.key: "a"}) == 1
    assert ended("lying", [there, gone], {there.key: "a"}) == 0
    assert ended("volatile", [there, gone], {there.key: "a"}, fsync=False) == 0
    assert ended("volatile", [there], {there.key: "a"}, fsync=False) == 1, "the control was not caught"
    assert ended("volatile", [there, replace(gone, green=False)], {there.key: "a"}, fsync=False) == 1


@pytest.mark.parametrize("disk", ["volatile", "lying"])
@pytest.mark.parametrize("fsync", [True, False])
def test_a_door_that_did_not_come_back_fails_every_series(disk, fsync):
    shown = [light(2, "a")]
    assert ended(disk, shown, {}, fsync, "life 9: systemd is in emergency mode") == 1
    assert ended(disk, shown, {shown[0].key: "a"}, fsync, "life 9: systemd is in emergency mode") == 1


def test_a_series_without_a_green_light_proves_nothing():
    assert ended("volatile", [], {}) == 2
    assert ended("volatile", [replace(light(2, "a"), green=False)], {light(2, "a").key: "a"}) == 2


def test_seqs_that_any_message_named_are_missed():
    row = JournalRow("d", J, 3, 5, 3, 3, 7, None, 0, frozenset())
    assert not_stored([row], {J: 3}) == 4
    assert not_stored([row], {}) == 7


def test_a_lost_light_in_a_time_that_is_not_called_down_is_a_problem():
    down = [Interval(100_000, 200_000, State.DOWN, "no_power")]
    assert unexplained([light(2, "a", at_ms=150_000)], down) == []
    assert len(unexplained([light(2, "a", at_ms=250_000)], down)) == 1


def test_a_series_is_drawn_from_its_seed_and_ends_undisturbed(tmp_path: Path):
    options = Options(image=tmp_path, state=tmp_path, cuts=200)
    drawn = list(lives(options))
    assert drawn == list(lives(options))
    assert len(drawn) == 201
    assert (drawn[-1].cut_boot, drawn[-1].network, drawn[-1].early) == (None, "up", False)
    assert {life.network for life in drawn} == {"up", "away", "flapping"}
    assert 20 <= sum(life.cut_boot is not None for life in drawn) <= 60
    assert 20 <= sum(life.early for life in drawn) <= 60
    assert 1 <= sum(life.every_s < 0.7 for life in drawn) <= 30, "crowds are rare: their lights are amber"


def test_a_reader_that_nobody_reads_keeps_only_the_first_card(tmp_path: Path):
    line = Line(tmp_path / "reader")
    line.start()
    guest = socket.socket(socket.AF_UNIX)
    guest.connect(str(tmp_path / "reader"))
    guest.sendall(b"here\n")
    deadline = time.monotonic() + 10
    while not line.lines:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    for card in (b"1", b"2", b"3"):
        line.send(card)
    assert guest.recv(10) == b"1"
    line.send(b"4")
    assert guest.recv(10) == b"4"
    guest.close()
    line.close()
