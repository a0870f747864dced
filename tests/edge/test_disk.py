"""A disk without room under a whole station: the display never says that a tap is recorded which is not, and the door
goes on by itself when there is room again.

Without room in two ways: a limit on the size of files, which every user can set; and, where this user may mount, a
tmpfs of 4 MB that is filled to the brim.
"""

import os
import resource
import subprocess
import time
import tty
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from edge.journal import Journal
from edge.simulate import Fleet, FleetError, rdm6300_frame
from edge.wire.events import Ok, Punch
from tests.edge.standing import Standing, numbered, pair
from tests.waiting import until

NOT_RECORDED = "Chưa ghi được"


def may_mount(folder: Path) -> bool:
    return (
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder], capture_output=True).returncode == 0
    )


@dataclass
class Door:
    """One station with a display that the test reads; `choke` takes its disk's room away, `relieve` gives it back."""

    fleet: Fleet
    master: int
    choke: Callable[[], None]
    relieve: Callable[[], None]
    said: list[str] = field(default_factory=list)
    taps: int = 0
    rest: str = ""

    def tap(self) -> str:
        """Hold a new card to the reader; what the display says to it."""
        self.taps += 1
        before = len(self.answers())
        self.fleet["S01"].reader.send(rdm6300_frame(f"em:{self.taps:08X}") * 2)
        until(lambda: len(self.answers()) > before)
        return self.answers()[-1]

    def answers(self) -> list[str]:
        """The pages that answered a tap; each page ends with a line."""
        self.rest += self._read()
        pages = self.rest.split("\f")
        self.rest = "" if self.rest.endswith("\n") else pages.pop()
        self.said += [page for page in pages if page.startswith(("Đã ghi", NOT_RECORDED))]
        return self.said

    def _read(self) -> str:
        try:
            return os.read(self.master, 65536).decode()
        except BlockingIOError:
            return ""


def limited(fleet: Fleet, soft: int) -> None:
    process = fleet["S01"].process
    assert process is not None
    hard = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)[1]
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (hard if soft < 0 else soft, hard))


@pytest.fixture(params=["limit", "tmpfs"])
def door(request, tmp_path, broker, peer) -> Iterator[Door]:
    data = tmp_path / "fleet" / "S01" / "data"
    data.mkdir(parents=True)
    mounted = request.param == "tmpfs" and may_mount(data)
    stuffing = data / "stuffing"
    master, slave = os.openpty()
    tty.setraw(slave)
    os.set_blocking(master, False)
    with Fleet(tmp_path / "fleet", broker.host, broker.port, peer.identity.public_key, keepalive_s=3) as fleet:
        member = fleet.add("S01")
        peer.keys[member.device] = member.identity
        settings = f'[journal]\nsegment_bytes = 16384\n[display]\nkind = "text"\nport = "{os.ttyname(slave)}"\n'
        member.config.write_text(member.config.read_text("utf-8") + settings, "utf-8")
        fleet.start("S01")
        fleet.wait_ready("S01")

        def stuff() -> None:
            with stuffing.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
                while True:
                    file.write(bytes(4096))

        if mounted:
            yield Door(fleet, master, stuff, stuffing.unlink)
        else:
            yield Door(fleet, master, lambda: limited(fleet, 0), lambda: limited(fleet, -1))
    os.close(master)
    os.close(slave)
    if mounted:
        subprocess.run(["umount", data], check=True)


def test_a_full_disk_is_never_told_as_recorded_and_recovers_without_a_human(door, peer):
    device = door.fleet["S01"].device
    recorded = [NOT_RECORDED not in door.tap()]
    door.choke()
    for _ in range(200):
        recorded.append(NOT_RECORDED not in door.tap())
        if not recorded[-1]:
            break
    assert not recorded[-1], "the room that was prepared is used up at last"
    door.relieve()
    until(lambda: NOT_RECORDED not in door.tap())
    expected = sum(NOT_RECORDED not in answer for answer in door.answers())

    def stored() -> list[object]:
        return [event.body for event in peer.events(device) if isinstance(event.body, Punch | Ok)]

    until(lambda: sum(isinstance(body, Punch) for body in stored()) >= expected)
    until(lambda: any(isinstance(body, Ok) for body in stored()))
    punches = [body.badge for body in stored() if isinstance(body, Punch)]
    assert len(punches) == len(set(punches)) == expected, "what was told as recorded is stored, once, and nothing else"
    assert [body.code for body in stored() if isinstance(body, Ok)] == ["disk_full"]


def test_a_slow_disk_makes_the_light_late_and_nobody_else(tmp_path, broker, peer, monkeypatch):
    """Each flush takes 0.4 s. Green comes after it, in the order of the taps, and a punch bears the time of its tap."""
    flushed_ns: list[int] = []

    def slow(handle: int) -> None:
        time.sleep(0.4)
        os.fdatasync(handle)
        flushed_ns.append(time.monotonic_ns())

    monkeypatch.setitem(Journal.open.__func__.__kwdefaults__, "sync", slow)
    with Fleet(tmp_path / "fleet", broker.host, broker.port, peer.identity.public_key, keepalive_s=3) as fleet:
        standing = Standing(fleet, peer, monkeypatch)
        standing.open()
        flushed_ns.clear()
        tapped_ns = []
        for number in range(1, 6):
            tapped_ns.append(time.monotonic_ns())
            standing.door.send(pair(numbered(number)))
            time.sleep(0.1)
        until(lambda: len(standing.greens()) == 5)
        assert [entry["badge"] for entry in standing.greens()] == [numbered(n) for n in range(1, 6)]
        for entry, at_ns in zip(standing.greens(), flushed_ns, strict=False):
            assert int(str(entry["shown_ns"])) >= at_ns, "not before its flush returned"
        until(lambda: len(standing.stored()) == 5)
        uptimes = {event.body.badge: event.stamp.uptime_ms for event in standing.stored()}
        stamped_ms = uptimes[numbered(5)] - uptimes[numbered(1)]
        from_tap_ms = abs(stamped_ms - (tapped_ns[-1] - tapped_ns[0]) / 1e6)
        from_flush_ms = abs(stamped_ms - (flushed_ns[4] - flushed_ns[0]) / 1e6)
        assert from_tap_ms < from_flush_ms
        standing.close()
        standing.window.unplug()


def test_a_station_whose_disk_came_back_read_only_shows_no_green_and_goes_on_when_it_is_writable(
    tmp_path, broker, peer
):
    """A start ends at once and names the folder (the unit tries again each second); the next one has everything."""
    data = tmp_path / "fleet" / "S01" / "data"
    data.mkdir(parents=True)
    mounted = may_mount(data)

    def writable(yes: bool) -> None:
        if mounted:
            subprocess.run(["mount", "-o", f"remount,{'rw' if yes else 'ro'}", data], check=True)
        else:
            (data / "journal").chmod(0o700 if yes else 0o500)

    with Fleet(tmp_path / "fleet", broker.host, broker.port, peer.identity.public_key, keepalive_s=3) as fleet:
        member = fleet.add("S01")
        peer.keys[member.device] = member.identity
        fleet.start("S01")
        fleet.wait_ready("S01")
        member.reader.send(rdm6300_frame("em:00000001") * 2)
        until(lambda: fleet.greens("S01"))
        fleet.kill("S01")
        writable(False)
        fleet.start("S01")
        with pytest.raises(FleetError, match="cannot be used"):
            fleet.wait_ready("S01")
        assert not fleet.alive("S01")
        member.reader.send(rdm6300_frame("em:00000002") * 2)
        writable(True)
        fleet.start("S01")
        fleet.wait_ready("S01")
        member.reader.send(rdm6300_frame("em:00000003") * 2)
        until(lambda: len(peer.events(member.device, "punch")) == 2)
        assert [entry["badge"] for entry in fleet.greens("S01")] == ["em:00000001", "em:00000003"]
    if mounted:
        subprocess.run(["umount", data], check=True)
