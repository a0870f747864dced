"""By hand: disks that really turn read-only, refuse and stand still under a running station.

    python -m pytest tests/edge/read_only_proof.py -q

Needs root, loop devices and ext4; where these are not there it fails and says so, it is never skipped. It is no part of
the suite because it mounts file systems of its own. What needs no such rights is in `test_disk.py` and `journal/`.

A file system that has a file open for writing cannot be remounted read-only by hand: it turns so by itself after an
error (`errors=remount-ro`, the way of Debian and Raspberry Pi OS), which `trigger_fs_error` of ext4 makes. The kernel
then takes no `remount,rw` any more: it wants the file system checked, and for that nobody may use it. So the computer
has to be restarted, which checks it; a disk that merely refuses for a while is gone on with by itself.
"""

import os
import subprocess
import time
import tty
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from edge.simulate import Fleet, FleetError, rdm6300_frame
from edge.wire.events import Ok, Punch
from tests.edge.test_disk import NOT_RECORDED, Door
from tests.waiting import until

STILL_MS = 6_000


def run(*words: object, check: bool = True) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)
    assert not check or done.returncode == 0, f"{words}: {done.stderr}; this proof needs root, loop devices and ext4"
    return done


@dataclass
class Disk:
    """A file system of its own on a loop device, mounted as Debian mounts a root."""

    device: str
    folder: Path

    def mount(self) -> None:
        run("mount", "-o", "errors=remount-ro", self.device, self.folder)

    def writable(self) -> bool:
        try:
            (self.folder / "probe").write_bytes(b"x")
        except OSError:
            return False
        return True

    def fail(self) -> None:
        """What an I/O error in the card's own tables does."""
        Path(f"/sys/fs/ext4/{Path(self.device).name}/trigger_fs_error").write_text("1", "ascii")
        until(lambda: not self.writable())

    def check_and_mount(self) -> None:
        """What a restart of the computer does."""
        run("umount", self.folder)
        assert run("e2fsck", "-p", self.device, check=False).returncode in (0, 1), "it is mended without questions"
        self.mount()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    image, folder = tmp_path / "image", tmp_path / "fleet" / "S01" / "data"
    folder.mkdir(parents=True)
    image.write_bytes(b"")
    os.truncate(image, 16 * 1024 * 1024)
    run("mkfs.ext4", "-q", "-F", image)
    device = run("losetup", "--find", "--show", image).stdout.strip()
    made = Disk(device, folder)
    try:
        made.mount()
        yield made
    finally:
        run("fsfreeze", "--unfreeze", folder, check=False)
        run("umount", folder, check=False)
        run("losetup", "--detach", device)


@pytest.fixture
def door(disk: Disk, tmp_path: Path, broker, peer) -> Iterator[Door]:
    master, slave = os.openpty()
    tty.setraw(slave)
    os.set_blocking(master, False)
    with Fleet(
        tmp_path / "fleet", broker.host, broker.port, peer.identity.public_key, heartbeat_s=2, keepalive_s=3
    ) as fleet:
        member = fleet.add("S01")
        peer.keys[member.device] = member.identity
        more = f'[journal]\nsegment_bytes = 65536\n[display]\nkind = "text"\nport = "{os.ttyname(slave)}"\n'
        member.config.write_text(member.config.read_text("utf-8") + more, "utf-8")
        assert not member.trace.is_relative_to(disk.folder), "the witness is on another disk"
        fleet.start("S01")
        fleet.wait_ready("S01")
        yield Door(fleet, master, disk.fail, disk.check_and_mount)
    os.close(master)
    os.close(slave)


def told(door: Door) -> set[str]:
    """The badges that were told as recorded: green light, by the panel's own witness."""
    return {str(entry["badge"]) for entry in door.fleet.greens("S01")}


def kept(door: Door, peer) -> list[str]:
    return [e.body.badge for e in peer.events(door.fleet["S01"].device) if isinstance(e.body, Punch)]


def test_a_disk_that_turns_read_only_records_nothing_says_so_and_is_right_after_a_restart(door: Door, disk: Disk, peer):
    fleet = door.fleet
    assert all(NOT_RECORDED not in door.tap() for _ in range(3))
    before = told(door)
    assert len(before) == 3
    disk.fail()
    assert [NOT_RECORDED in door.tap() for _ in range(5)] == [True] * 5
    assert told(door) == before, "not one green light without a record"
    assert fleet.alive("S01"), "it stays, and says at the door and to central what is wrong"
    until(lambda: peer.heartbeats and {"disk_full", "disk_read_only"} <= set(peer.heartbeats[-1].faults))
    refused = run("mount", "-o", "remount,rw", disk.folder, check=False).returncode
    assert refused and not disk.writable(), (
        "the kernel wants it checked first: why somebody has to restart the computer"
    )
    fleet.kill("S01")
    fleet.start("S01")
    with pytest.raises(FleetError, match=r"cannot be used .*restart this computer"):
        fleet.wait_ready("S01")
    disk.check_and_mount()
    fleet.start("S01")
    fleet.wait_ready("S01")
    assert NOT_RECORDED not in door.tap()
    until(lambda: len(kept(door, peer)) == 4)
    assert sorted(kept(door, peer)) == sorted(told(door)), "what was told is stored, once, and nothing else"


def test_a_disk_that_refuses_for_a_while_is_gone_on_with_by_itself(door: Door, disk: Disk, peer):
    device = door.fleet["S01"].device
    journal = disk.folder / "journal"
    assert NOT_RECORDED not in door.tap()
    run("chattr", "+i", *journal.iterdir(), journal)
    assert [NOT_RECORDED in door.tap() for _ in range(3)] == [True] * 3
    assert len(told(door)) == 1
    run("chattr", "-i", journal)
    run("chattr", "-i", *journal.iterdir())
    until(lambda: NOT_RECORDED not in door.tap())
    until(lambda: sorted(kept(door, peer)) == sorted(told(door)))
    oks = [e.body.code for e in peer.events(device) if isinstance(e.body, Ok)]
    assert oks == ["disk_full"], "and central hears for how long nothing could be recorded"


def test_a_disk_that_stands_still_shows_no_green_and_the_punch_bears_the_time_of_its_tap(door: Door, disk: Disk, peer):
    assert NOT_RECORDED not in door.tap()
    run("fsfreeze", "--freeze", disk.folder)
    try:
        door.fleet["S01"].reader.send(rdm6300_frame("em:0000BEEF") * 2)
        tapped_ms = time.monotonic_ns() // 1_000_000
        while time.monotonic_ns() // 1_000_000 < tapped_ms + STILL_MS:
            assert "em:0000BEEF" not in told(door)
            run("sleep", "0.1")
    finally:
        run("fsfreeze", "--unfreeze", disk.folder)
    until(lambda: "em:0000BEEF" in told(door))
    until(lambda: "em:0000BEEF" in kept(door, peer))
    (punch,) = (e for e in peer.events(door.fleet["S01"].device, "punch") if e.body.badge == "em:0000BEEF")
    assert abs(punch.stamp.uptime_ms - tapped_ms) < STILL_MS / 2, "not the time at which the disk took it"
