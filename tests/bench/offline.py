"""A door without a network, with a display: how soon it answers, what it costs at rest and at five taps a second, and
how much it writes to its card."""

import os
import secrets
import tempfile
import threading
import time
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.broker import free_port
from edge.simulate import Fleet, Member, rdm6300_frame
from tests.bench.doors import badge_name
from tests.bench.ground import BenchError, cpu_s, folder, resident_mb, wait
from tests.bench.rows import Row, at_most, percentile, told
from tests.bench.station import CONFIRM_S

END = b"\x04"
RATE = 5
"""Taps a second: more than people can do at one reader."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What a process has used: CPU seconds, and bytes it has had written to the disk."""

    cpu_s: float
    written: int


def offline(*, quick: bool) -> list[Row]:
    """At rest, then under taps, with the network down all the time."""
    rest_s, taps = (2, 10) if quick else (20, 300)
    with folder("offline") as place, Fleet(place / "fleet", "127.0.0.1", free_port()) as fleet:
        member = fleet.add("door")
        with _display(member), _witness(member):
            fleet.start("door")
            fleet.wait_ready("door")
            _hold_cards(member, 1, 0x00B00000)
            wait(lambda: fleet.greens("door"), "a green answer", 20)
            before = _spent(member)
            time.sleep(rest_s)
            rested = _spent(member)
            resting_mb = resident_mb(_pid(member))
            held = _hold_cards(member, taps, 0x00B10000)
            wait(lambda: len(fleet.greens("door")) > taps, "green answers", 20)
            after = _spent(member)
            waits = [
                (int(str(entry["shown_ns"])) - held[str(entry["badge"])]) / 1e6
                for entry in fleet.greens("door")
                if entry["badge"] in held
            ]
            busy_mb = resident_mb(_pid(member))
    return [
        told("offline_tap_p50", percentile(waits, 0.5), "ms", f"{len(waits)} taps, {RATE} a second, display on a pty"),
        at_most("offline_tap_p99", percentile(waits, 0.99), "ms", 20, "append and fsync, thread switches, pty"),
        told("offline_rest_cpu", 100 * (rested.cpu_s - before.cpu_s) / rest_s, "% of a core", "turns of the loops"),
        told("offline_rest_rss", resting_mb, "MB", "no pins, a display"),
        told(
            "offline_busy_cpu", 100 * (after.cpu_s - rested.cpu_s) * RATE / taps, "% of a core", f"{RATE} taps a second"
        ),
        told("offline_busy_rss", busy_mb, "MB"),
        told(
            "offline_rest_written",
            (rested.written - before.written) / rest_s * 3.6,
            "kB/hour",
            "nothing is saved at rest",
        ),
        told(
            "offline_written_1000",
            (after.written - rested.written) / taps,
            "kB/1,000 punches",
            "a page a punch, segments ahead",
        ),
    ]


def _hold_cards(member: Member, taps: int, first: int) -> dict[str, int]:
    """Two frames of each card; badge -> monotonic ns right after the second was written."""
    held: dict[str, int] = {}
    begin = time.monotonic() + 0.1
    for number in range(taps):
        badge = badge_name(first + number)
        for due in (begin + number / RATE, begin + number / RATE + CONFIRM_S):
            time.sleep(max(0.0, due - time.monotonic()))
            os.write(member.reader.master, rdm6300_frame(badge))
        held[badge] = time.monotonic_ns()
    return held


def _pid(member: Member) -> int:
    if member.process is None or member.process.poll() is not None:
        raise BenchError("the station has ended")
    return member.process.pid


def _spent(member: Member) -> Spent:
    pid = _pid(member)
    lines = dict(line.split(": ") for line in Path(f"/proc/{pid}/io").read_text("ascii").splitlines())
    return Spent(cpu_s(pid), int(lines["write_bytes"]))


@contextmanager
def _display(member: Member) -> Iterator[None]:
    """A display of lines on a pseudo terminal, whose words nobody keeps."""
    master, slave = os.openpty()
    tty.setraw(slave)
    words = f'[display]\nkind = "text"\nport = "{os.ttyname(slave)}"\n'
    member.config.write_text(member.config.read_text("utf-8") + words, "utf-8")
    eyes = threading.Thread(target=_read_all, args=(master,))
    eyes.start()
    try:
        yield
    finally:
        os.write(slave, END)
        eyes.join()
        os.close(slave)
        os.close(master)


def _read_all(master: int) -> None:
    while not os.read(master, 65536).endswith(END):
        continue


@contextmanager
def _witness(member: Member) -> Iterator[None]:
    """The panel's trace in memory: it is the witness's writing and not the door's."""
    with tempfile.TemporaryDirectory(dir="/dev/shm", prefix=secrets.token_hex(3)) as memory:
        kept = Path(memory) / "trace"
        kept.touch()
        member.trace.symlink_to(kept)
        yield
