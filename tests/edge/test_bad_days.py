"""Bad days at a door, under whole stations: loose plugs, mad readers, cards that lie, crowds, buttons, power cuts.

The question is always the same: is every tap that got a green light stored, once, and is nothing stored that nobody
tapped?
"""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from edge.hearing import Hearing
from edge.ports import port
from edge.readers import DRIVERS
from edge.simulate import CardReader, Fleet, rdm6300_frame
from edge.wire.events import Button, Fault, Punch
from tests.edge.door_bench import BADGE, Bench
from tests.edge.standing import Standing, numbered, pair, two_readers
from tests.waiting import until

REPLUGS = 100
HOUR_MS, FRAME_MS = 3_600_000, 65
GHOSTS = 1_000
MOST_GROWTH_KB = 12_000


@pytest.fixture
def fleet(tmp_path: Path, broker: Any, peer: Any) -> Iterator[Fleet]:
    with Fleet(tmp_path / "fleet", broker.host, broker.port, peer.identity.public_key, None, 1, 3) as made:
        yield made


@pytest.fixture
def standing(fleet: Fleet, peer: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Standing]:
    made = Standing(fleet, peer, monkeypatch)
    made.open()
    yield made
    made.close()
    made.window.unplug()


def held(reader: CardReader, badge: str, seen: Callable[[], object]) -> None:
    """Somebody holds the card there until they see an answer."""

    def again() -> object:
        reader.send(rdm6300_frame(badge))
        return seen()

    until(again, what=f"an answer to {badge}", every_s=0.03)


def badges(events: Any) -> list[str]:
    return [event.body.badge for event in events]


def test_a_reader_pulled_out_a_hundred_times_under_taps_loses_and_invents_nothing(standing, monkeypatch):
    """The plug is pulled in the middle of a frame. Only the port's waits are shortened."""
    monkeypatch.setattr(port, "FIRST_WAIT_S", 0.01)
    monkeypatch.setattr(port, "MOST_WAIT_S", 0.01)
    standing.close()
    standing.open()
    expected = [numbered(number) for number in range(1, REPLUGS + 1)]
    for number, badge in enumerate(expected):
        held(standing.door, badge, lambda: len(standing.greens()) > number)  # noqa: B023 - used at once
        standing.door.send(rdm6300_frame(badge)[: number % 14])
        standing.door.unplug()
        standing.door.plug()
    held(standing.door, BADGE, lambda: len(standing.greens()) > REPLUGS)
    assert [entry["badge"] for entry in standing.greens()] == [*expected, BADGE]
    until(lambda: sorted(badges(standing.stored())) == sorted([*expected, BADGE]), what="every tap at central")
    until(lambda: len(standing.stored("ok")) == REPLUGS, what="the end of every loss")
    assert {event.body.which for event in standing.stored("fault")} == {"door"}
    assert len(standing.stored("fault")) == REPLUGS


def test_a_reader_pulled_out_and_put_back_around_power_cuts_loses_and_invents_nothing(fleet, peer):
    """The plug is out while the station starts, or is pulled in the moment of the cut; the taps go on at the window."""
    member, window = two_readers(fleet, peer, "S01")
    fleet.start("S01")
    fleet.wait_ready("S01")
    expected = []
    for number in range(1, 9):
        expected.append(numbered(number))
        held(member.reader, expected[-1], lambda: len(fleet.greens("S01")) >= len(expected))
        member.reader.send(rdm6300_frame(expected[-1])[:number])
        for act in (fleet.unplug, fleet.kill) if number % 2 else (fleet.kill, fleet.unplug):
            act("S01")
        fleet.start("S01")
        fleet.wait_ready("S01")
        expected.append(numbered(100 + number))
        held(window, expected[-1], lambda: len(fleet.greens("S01")) >= len(expected))
        fleet.plug("S01")
    held(member.reader, BADGE, lambda: len(fleet.greens("S01")) > len(expected))
    until(lambda: len(peer.events(member.device, "punch")) > len(expected), what="every tap at central")
    assert sorted(badges(peer.events(member.device, "punch"))) == sorted([*expected, BADGE])
    assert [entry["badge"] for entry in fleet.greens("S01")] == [*expected, BADGE]
    window.unplug()


def test_one_of_two_readers_is_lost_while_the_other_takes_taps_under_a_red_blink(standing):
    held(standing.door, numbered(1), standing.greens)
    until(lambda: not standing.lit(), what="a dark panel")
    assert standing.lights("red") == []
    standing.door.unplug()
    until(lambda: standing.lit() == "red", what="the red light")
    held(standing.window, numbered(2), lambda: len(standing.greens()) == 2)
    blinks = len(standing.lights("red"))
    until(lambda: len(standing.lights("red")) > blinks and standing.lit() == "red", what="red again after the answer")
    assert standing.lights("green") == [True, False] * 2
    standing.door.plug()
    until(lambda: standing.stored("ok"), what="the reader's return")
    until(lambda: not standing.lit(), what="a dark panel")
    blinks = len(standing.lights("red"))
    held(standing.door, numbered(3), lambda: len(standing.greens()) == 3)
    until(lambda: len(standing.stored()) == 3)
    assert len(standing.lights("red")) == blinks
    assert [(entry["badge"], entry["reader"]) for entry in standing.greens()] == [
        (numbered(1), "door"), (numbered(2), "window"), (numbered(3), "door"),
    ]  # fmt: skip
    assert {(e.body.badge, e.body.reader) for e in standing.stored()} == {
        (numbered(1), "door"), (numbered(2), "window"), (numbered(3), "door"),
    }  # fmt: skip
    lost, back = standing.stored("fault")[0].body, standing.stored("ok")[0].body
    assert lost == Fault("reader_lost", "door")
    assert (back.code, back.which) == ("reader_lost", "door")


def test_the_button_then_a_badge_is_field_duty_and_a_restart_between_them_forgets_the_button(standing):
    def press() -> None:
        pressed = standing.shown().count("field_chosen")
        standing.press()
        until(lambda: standing.shown().count("field_chosen") > pressed, what="the answer to the button")

    press()
    until(lambda: not standing.lit(), what="a dark panel")
    assert (standing.lights("amber"), standing.lights("green")) == ([True, False], [])
    held(standing.door, numbered(1), standing.greens)
    until(lambda: not standing.lit(), what="a dark panel")
    assert (standing.lights("amber"), standing.lights("green")) == ([True, False], [True, False])
    press()
    standing.close()
    standing.open()
    held(standing.door, numbered(2), lambda: len(standing.greens()) == 2)
    until(lambda: len(standing.stored()) == 2)
    assert [event.body for event in standing.stored("button")] == [Button("field_duty")] * 2
    remarks = {event.body.badge: event.body.remarks for event in standing.stored()}
    assert "field_out" in remarks[numbered(1)]
    assert not {"field_out", "field_in"} & set(remarks[numbered(2)])


def test_ten_badges_a_second_are_all_recorded(standing):
    expected = [numbered(number) for number in range(1, 31)]
    held(standing.window, BADGE, standing.greens)
    for badge in expected:
        standing.door.send(pair(badge))
        time.sleep(0.1)
    until(lambda: set(expected) <= set(badges(standing.stored())), what="every badge at central")
    assert sorted(badges(standing.stored())) == sorted([*expected, BADGE])
    assert sorted(str(entry["badge"]) for entry in standing.greens()) == sorted([*expected, BADGE])


@contextmanager
def all_the_time(work: Callable[[int], None], every_s: float) -> Iterator[None]:
    """`work` is done again and again, with a count, as long as the block lasts."""
    over = threading.Event()

    def play() -> None:
        count = 0
        while not over.wait(every_s):
            work(count)
            count += 1

    thread = threading.Thread(target=play, name="reader")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def cut(fleet: Fleet, code: str = "S01") -> None:
    """A power cut and the start after it."""
    fleet.kill(code)
    fleet.start(code)
    fleet.wait_ready(code)


def test_a_crowd_that_taps_through_a_power_cut_loses_no_green_light(fleet, peer):
    member, window = two_readers(fleet, peer, "S01")
    fleet.start("S01")
    fleet.wait_ready("S01")
    with all_the_time(lambda count: member.reader.send(pair(numbered(count + 1))), 0.1):
        until(lambda: len(fleet.greens("S01")) > 5)
        cut(fleet)
        before = len(fleet.greens("S01"))
        until(lambda: len(fleet.greens("S01")) > before + 5)
    until(lambda: {e["badge"] for e in fleet.greens("S01")} <= set(badges(peer.events(member.device, "punch"))))
    stored = Counter(badges(peer.events(member.device, "punch")))
    assert max(stored.values()) == 1, "no tap is there twice"
    unseen = set(stored) - {entry["badge"] for entry in fleet.greens("S01")}
    assert len(unseen) <= 1, "the cut falls into one tap"
    window.unplug()


def test_a_card_that_lies_there_through_power_cuts_is_one_punch(fleet, peer):
    """Without the repeat guard, which would hide it."""
    member, window = two_readers(fleet, peer, "S01", "[policy]\nrepeat_guard_ms = 0\n")
    fleet.start("S01")
    fleet.wait_ready("S01")
    with all_the_time(lambda _: member.reader.send(rdm6300_frame(BADGE)), FRAME_MS / 1000):
        until(lambda: fleet.greens("S01"))
        for _ in range(2):
            cut(fleet)
            answers = len(fleet.trace("S01"))
            until(lambda: len(fleet.trace("S01")) > answers, what="an answer to the card")  # noqa: B023 - used at once
    window.send(pair(numbered(1)))
    until(lambda: len(peer.events(member.device, "punch")) == 2)
    assert sorted(badges(peer.events(member.device, "punch"))) == sorted([BADGE, numbered(1)])
    window.unplug()


def resident_kb(fleet: Fleet) -> int:
    process = fleet["S01"].process
    assert process is not None
    return int(Path(f"/proc/{process.pid}/status").read_text().split("VmRSS:")[1].split()[0])


def test_a_reader_that_storms_takes_no_memory_and_keeps_nobody_from_the_other_reader(fleet, peer):
    """A thousand frames a second: cards that are not there, wrong checksums, noise; and a power cut in the middle."""
    chance = random.Random(7)  # noqa: S311
    member, window = two_readers(fleet, peer, "S01")
    fleet.start("S01")
    fleet.wait_ready("S01")
    held(window, numbered(1), lambda: fleet.greens("S01"))
    rest_kb = resident_kb(fleet)

    def storm(_: int) -> None:
        wrong = rdm6300_frame("em:00000001")[:-2] + b"?\x03"
        invented = [rdm6300_frame(f"em:{chance.getrandbits(32):08X}") for _ in range(8)]
        member.reader.send(b"".join([*invented, wrong, chance.randbytes(14)]))

    def ghosts() -> int:
        """What the reader invented since the last start, as far as heartbeats say."""
        said = [r for r in peer.heartbeats[-1].readers if r.reader == "door"] if peer.heartbeats else []
        return dict(said[0].errors).get("ghost", 0) if said else 0

    grown_kb = 0
    with all_the_time(storm, 0.01):
        for half in (range(2, 7), range(7, 12)):
            for number in half:
                held(window, numbered(number), lambda: len(fleet.greens("S01")) >= number)  # noqa: B023 - used at once
            until(lambda: ghosts() > GHOSTS, what="the count of what the reader invented")
            grown_kb = max(grown_kb, resident_kb(fleet) - rest_kb)
            peer.heartbeats.clear()
            cut(fleet)
    held(window, numbered(12), lambda: len(fleet.greens("S01")) == 12)
    expected = [numbered(number) for number in range(1, 13)]
    until(lambda: set(badges(peer.events(member.device, "punch"))) >= set(expected), what="every tap at central")
    punches = [event.body for event in peer.events(member.device, "punch")]
    assert sorted(punch.badge for punch in punches) == expected, "and no other"
    assert {punch.reader for punch in punches} == {"window"}
    assert grown_kb < MOST_GROWTH_KB
    window.unplug()


def test_a_card_that_lies_there_for_an_hour_is_one_punch(tmp_path):
    """Every frame of the hour, through driver, acceptance and journal, in time that the test lets pass."""
    bench = Bench(tmp_path)
    hearing = Hearing("door", DRIVERS["rdm6300"]("door"), bench.door.put)
    frame = rdm6300_frame(BADGE)

    def lie(ms: int) -> None:
        for _ in range(ms // FRAME_MS):
            hearing.received(frame, bench.ns)
            bench.wait(FRAME_MS)

    hearing.connected(bench.ns)
    lie(HOUR_MS)
    assert [feedback.value for feedback in bench.feedbacks()] == ["ready", "recorded", "stuck_card"]
    assert bench.bodies() == [Punch(BADGE, "door", ("unknown",), evidence="01")]
    assert bench.health.counts() == {}
    bench.wait(6_000)
    lie(1_000)
    assert [type(body) for body in bench.bodies()] == [Punch, Punch], "taken away and held there again: a second one"
    bench.journal.close()
