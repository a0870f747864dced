"""Punches as they happen, one a message: how many a second, and how soon they are committed."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from deploy.broker import Broker, start_broker
from tests.bench.doors import Door, Doors, Journalled, Message, device_name, punch, start_event
from tests.bench.ground import BenchError, Central, Share, collecting, count, folder, many_files, wait
from tests.bench.rows import Row, at_least, at_most, median, percentile, told
from tests.bench.sealing import proof_share

STAFF = 10_000


def utc_ms() -> int:
    """Now."""
    return time.time_ns() // 1_000_000


class Fleet:
    """Doors that are connected, have sent their `start`, and remember how much is not acknowledged yet."""

    def __init__(self, broker: Broker, size: int) -> None:
        self.journals = [Journalled(device_name(number)) for number in range(size)]
        self.doors = Doors(broker.host, broker.port)
        self.unacked = 0
        self.doors.on_ack = self._acked
        self._next_badge = 0

    def __enter__(self) -> "Fleet":
        self.doors.connect(journal.device for journal in self.journals)
        return self

    def __exit__(self, *_: object) -> None:
        self.doors.close()

    def _acked(self, door: Door, before: int, watermark: int, mono_s: float) -> None:
        self.unacked -= watermark - before

    def plan(self, number: int, messages: list[Message]) -> None:
        """Let a door send these."""
        self.unacked += messages[-1].last - messages[0].last + 1
        self.doors.plan(number, messages)

    def begin(self, *, acknowledged: bool) -> None:
        """Every door sends its `start`."""
        for number, journal in enumerate(self.journals):
            self.plan(number, [journal.batch(start_event(), utc_ms())])
        if acknowledged:
            self.drain()
        else:
            self.doors.run(lambda: all(not d.waiting and not d.in_flight for d in self.doors.doors), 60)

    def punch(self, due_s: float, ahead_ms: int = 0) -> Message:
        """A punch of the next person; the doors take turns."""
        number = self._next_badge % len(self.journals)
        body = punch(self._next_badge * 7919 % STAFF)
        self._next_badge += 1
        return self.journals[number].batch(body, utc_ms() + ahead_ms, due_s)

    def drain(self, timeout_s: float = 300) -> None:
        """Run until everything is acknowledged."""
        if not self.doors.run(lambda: self.unacked <= 0, timeout_s):
            raise BenchError(f"{self.unacked} events were not acknowledged within {timeout_s:.0f} s")

    def burst(self, punches: int) -> int:
        """Plan that many punches a door, all due at once; returns how many messages that is."""
        made = [self.punch(0.0) for _ in range(punches * len(self.journals))]
        size = len(self.journals)
        for number in range(size):
            self.plan(number, made[number::size])
        return len(made)


@contextmanager
def central_with_doors(place: Path, doors: int, staff: int) -> Iterator[tuple[Central, Broker, Fleet]]:
    """A broker, a collector, and doors whose `start` is stored."""
    with ExitStack() as ground:
        broker = ground.enter_context(start_broker(place / "broker", kind="mosquitto"))
        central = ground.enter_context(collecting(place, broker, doors, staff))
        fleet = ground.enter_context(Fleet(broker, doors))
        fleet.begin(acknowledged=True)
        yield central, broker, fleet


def live(*, quick: bool) -> list[Row]:
    """(a) One punch a message, stored and acknowledged, against the same publisher with mosquitto_sub behind it."""
    many_files()
    doors, punches, rounds = (50, 4, 1) if quick else (1000, 20, 5)
    stored, passed, shares = [], [], ""
    with folder("live") as place, ExitStack() as ground:
        central, broker, fleet = ground.enter_context(central_with_doors(place, doors, STAFF if not quick else 500))
        other = ground.enter_context(start_broker(place / "other", kind="mosquitto"))
        plain = ground.enter_context(Fleet(other, doors))
        plain.begin(acknowledged=False)
        for _ in range(rounds):
            size = fleet.burst(punches)
            share = Share({"collector": central.pid, "mosquitto": broker.pid, "publisher": os.getpid()})
            began = time.monotonic()
            fleet.drain()
            stored.append(size / (time.monotonic() - began))
            shares = str(share)
            passed.append(_through_sub(place, other, plain, punches))
        _all_stored(central, fleet)
    why = f"CPU of one core: {shares}"
    return [
        told("live_stored", median(stored), "punches/s", why),
        told("live_mosquitto_sub", median(passed), "messages/s", "the same publisher, `mosquitto_sub -q 1 -C N`"),
        at_least("live_share", median(stored) / median(passed), "of mosquitto_sub", 0.15, why),
    ]


def _through_sub(place: Path, broker: Broker, fleet: Fleet, punches: int) -> float:
    """Messages a second through the broker to mosquitto_sub."""
    where = ["-h", broker.host, "-p", str(broker.port)]
    subprocess.run(["mosquitto_pub", *where, "-r", "-t", "bench/ready", "-m", "ready"], check=True)
    size = fleet.burst(punches)
    seen = place / "seen"
    topics = ["-t", "dd/1/+/up", "-t", "bench/ready"]
    with seen.open("wb") as output:
        command = ["mosquitto_sub", *where, "-q", "1", *topics, "-C", str(size + 1), "-F", "%l"]
        sub = subprocess.Popen(command, stdout=output)
    wait(lambda: seen.stat().st_size > 0, "mosquitto_sub's subscription")
    began = time.monotonic()
    if not fleet.doors.run(lambda: sub.poll() is not None, 120):
        sub.kill()
        sub.wait()
        raise BenchError("mosquitto_sub did not receive everything within 120 s")
    return size / (time.monotonic() - began)


def _all_stored(central: Central, fleet: Fleet) -> None:
    sent = sum(journal.seq for journal in fleet.journals)
    found = count(central.store, "event")
    if found != sent:
        raise BenchError(f"{sent} events were sent and acknowledged, {found} are stored")


def steady(*, quick: bool) -> list[Row]:
    """(b) A steady stream from many doors: how soon each punch is committed, and what it costs."""
    many_files()
    doors, rate, seconds = (50, 100, 2) if quick else (3300, 2500, 60)
    taken: list[float] = []
    late: list[float] = []
    due: dict[tuple[int, int], float] = {}
    with folder("steady") as place, central_with_doors(place, doors, STAFF if not quick else 500) as ground:
        central, broker, fleet = ground
        begin = time.monotonic() + 1 + seconds * rate / 20_000  # making the messages takes time too
        ahead_s = begin - time.monotonic()
        made = [fleet.punch(begin + n / rate, round((ahead_s + n / rate) * 1000)) for n in range(seconds * rate)]
        for number in range(doors):
            messages = made[number::doors]
            due |= {(number, message.last): message.due_s for message in messages}
            fleet.plan(number, messages)

        def acked(door: Door, before: int, watermark: int, mono_s: float) -> None:
            fleet.unacked -= watermark - before
            taken.extend(mono_s - due[door.number, seq] for seq in range(before + 1, watermark + 1))

        fleet.doors.on_ack = acked
        fleet.doors.on_sent = lambda door, message, mono_s: late.append(mono_s - message.due_s)
        if time.monotonic() > begin:
            raise BenchError("the messages were not made in time")
        fleet.doors.run(lambda: time.monotonic() >= begin, 60)
        share = Share({"collector": central.pid, "mosquitto": broker.pid, "publisher": os.getpid()})
        fleet.doors.run(lambda: time.monotonic() >= begin + seconds, seconds + 10)
        used, shares = share.of("collector"), str(share)
        fleet.doors.run(lambda: fleet.unacked <= 0, seconds)
        end = time.monotonic()
        # What a station would now send again has waited until here at least.
        taken += [end - s for (number, seq), s in due.items() if seq > fleet.doors.doors[number].acked]
        unanswered = max(0, fleet.unacked)
    why = f"waiting for company (at most 20 ms), one fsync a group; CPU of one core: {shares}"
    bound = "from due to the ack's arrival at the door: an upper bound of the commit"
    return [
        at_most("steady_unanswered", unanswered, "punches", 0, f"of {rate}/s from {doors} doors for {seconds} s"),
        told("steady_p50", percentile(taken, 0.5) * 1000, "ms", bound),
        at_most("steady_p99", percentile(taken, 0.99) * 1000, "ms", 150, why),
        told(
            "steady_publisher_late_p99", percentile(late, 0.99) * 1000, "ms", "part of the above: the publisher's own"
        ),
        told("steady_collector_cpu", used, "of a core", "reading, chaining, SQLite, acknowledging"),
        at_most("steady_proof", proof_share(used, rate, doors), "of its CPU", 0.15, "Ed25519 of heartbeats and seals"),
    ]
