"""The station: how soon it starts, what it weighs, how soon a tap is green, what its journal costs."""

import os
import select
import time
from collections.abc import Callable

from deploy.broker import start_broker
from edge.journal import Journal
from edge.journal.records import encode_record
from edge.simulate import Fleet, Member, rdm6300_frame
from edge.wire.chain import chain_start, link
from edge.wire.events import Clock, Punch, Stamp
from tests.bench.doors import badge_name
from tests.bench.ground import BenchError, folder, resident_mb, wait
from tests.bench.rows import Row, at_least, at_most, median, percentile, told

CONFIRM_S = 0.065
"""An RDM6300 repeats its frame so soon."""
APART_S = 0.6
"""Between two people at one door; within 0.5 s their cards would count as held there together."""


def start(*, quick: bool) -> list[Row]:
    """(d) From exec to READY=1, and the memory it then uses, with a panel."""
    times, sizes = [], []
    with folder("start") as place, start_broker(place / "broker") as broker:
        with Fleet(place / "fleet", broker.host, broker.port) as fleet:
            member = fleet.add("door")
            text = member.config.read_text("utf-8").replace('pins = "none"', 'pins = "mock"')
            member.config.write_text(text, "utf-8")
            for number in range(2 if quick else 7):
                began = time.monotonic()
                fleet.start("door")
                _until_ready(fleet, member)
                times.append(time.monotonic() - began)
                _tapped(fleet, badge_name(number + 1))  # everything that a tap needs is in memory then
                assert member.process is not None
                sizes.append(resident_mb(member.process.pid))
                fleet.stop("door")
    return [
        at_most("start_ready", median(times), "s", 0.6, "importing modules"),
        at_most("start_rss", median(sizes), "MB", 40, "the interpreter, OpenSSL twice (ssl, cryptography), our code"),
    ]


def _tapped(fleet: Fleet, badge: str) -> None:
    before = len(fleet.greens("door"))
    fleet.tap("door", badge)
    wait(lambda: len(fleet.greens("door")) > before, "a green answer", 20)


def _until_ready(fleet: Fleet, member: Member) -> None:
    end = time.monotonic() + 30
    while not member.ready:
        if time.monotonic() > end or not fleet.alive(member.code):
            raise BenchError(f"the station did not start:\n{(member.folder / 'station.log').read_text('utf-8')}")
        if select.select([member.notify], [], [], 1.0)[0]:
            member.ready = member.notify.recv(256) == b"READY=1"


def tap(*, quick: bool) -> list[Row]:
    """(e) From the last byte of the confirming frame to the green light, while the uplink sends each punch."""
    doors, taps = (1, 5) if quick else (4, 80)
    waits: list[float] = []
    with folder("tap") as place, start_broker(place / "broker") as broker:
        with Fleet(place / "fleet", broker.host, broker.port) as fleet:
            members = [fleet.add(f"door-{number}") for number in range(doors)]
            for member in members:
                fleet.start(member.code)
            for member in members:
                fleet.wait_ready(member.code)
            time.sleep(1.0)  # the ports are opened and the links stand; nothing is judged by it
            written = _hold_cards(members, taps)
            wait(lambda: all(len(fleet.greens(m.code)) >= taps for m in members), "green answers", 20)
            for member in members:
                for entry in fleet.greens(member.code):
                    waits.append((int(str(entry["shown_ns"])) - written[str(entry["badge"])]) / 1e6)
    if len(waits) != doors * taps:
        raise BenchError(f"{doors * taps} taps, {len(waits)} green answers")
    why = "append and fsync, thread switches, pty"
    return [
        told("tap_p50", percentile(waits, 0.5), "ms", f"{len(waits)} taps at {doors} doors"),
        at_most("tap_p99", percentile(waits, 0.99), "ms", 20, why),
        told("tap_worst", max(waits), "ms", why),
    ]


def _hold_cards(members: list[Member], taps: int) -> dict[str, int]:
    """Each card's two frames, doors taking turns; badge -> monotonic ns right after the second was written."""
    written: dict[str, int] = {}
    begin = time.monotonic() + 0.1
    apart = APART_S / len(members)
    for number in range(taps * len(members)):
        member, badge = members[number % len(members)], badge_name(0x00A00000 + number)
        frame, at = rdm6300_frame(badge), begin + number * apart
        for due in (at, at + CONFIRM_S):
            time.sleep(max(0.0, due - time.monotonic()))
            os.write(member.reader.master, frame)
        written[badge] = time.monotonic_ns()
    return written


def journal(*, quick: bool) -> list[Row]:
    """(f) Appends of the journal, each durable, against writing the same bytes to a file with room for them."""
    block, rounds = (50, 2) if quick else (1000, 7)
    mine, bare = [], []
    with folder("journal") as place:
        # One segment holds it all, as the file does: making segments ready is the keeper's work, not a tap's.
        room = 512 * block * (rounds + 2)
        (place / "journal").mkdir()
        kept = Journal.open(
            place / "journal",
            "bench-000000",
            "boot",
            "1",
            _stamp(0),
            lambda: os.urandom(8).hex(),
            segment_bytes=room,
            ring_events=10_000_000,
        )
        kept.save()
        records = _records(block)
        file = os.open(place / "bare", os.O_RDWR | os.O_CREAT)
        os.write(file, bytes(room))
        os.fsync(file)
        offset = 0
        for _ in range(rounds):
            mine.append(_rate(block, lambda n: _append(kept, n)))

            def write(number: int) -> None:
                nonlocal offset
                os.pwrite(file, records[number], offset)
                os.fdatasync(file)
                offset += len(records[number])

            bare.append(_rate(block, write))
        os.close(file)
        kept.close()
    why = "fdatasync of the disk; the rest is encoding and hashing a line"
    return [
        told("journal_append", median(mine), "events/s", why),
        told("journal_bare", median(bare), "writes/s", "pwrite + fdatasync of the same bytes, zero-filled file"),
        at_least("journal_share", median(mine) / median(bare), "of bare writes", 0.5, why),
    ]


def _stamp(number: int) -> Stamp:
    return Stamp(number, 1_773_619_200_000 + number, Clock.NTP, 5)


def _append(kept: Journal, number: int) -> None:
    kept.append(_punch(number), _stamp(number))


def _punch(number: int) -> Punch:
    return Punch(badge_name(number), "door", ("known",))


def _records(count: int) -> list[bytes]:
    """The bytes that the journal writes for such events."""
    from edge.wire.events import Event, encode_event

    found, before = [], chain_start("bench-000000", "0" * 16)
    for number in range(count):
        line = encode_event(Event(number + 2, _stamp(number), _punch(number)))
        found.append(encode_record("bench-000000", "0" * 16, before, line))
        before = link(before, line)
    return found


def _rate(block: int, one: Callable[[int], None]) -> float:
    began = time.monotonic()
    for number in range(block):
        one(number)
    return block / (time.monotonic() - began)
