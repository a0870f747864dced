"""Light and sound as histories of mock pins: what was on, in order."""

import logging
import time

import pytest

from edge.door import Feedback
from edge.health import Health
from edge.panel import LOOP, PATTERNS, STATES, Panel
from edge.pins import OPENERS
from edge.pins.mock import MockPins, open_pins
from edge.settings import PanelSettings
from tests.waiting import until

PINS = PanelSettings(pins="mock")


@pytest.fixture
def traced() -> list:
    return []


@pytest.fixture
def taken(monkeypatch) -> list[MockPins]:
    """The pins that panels took, each time anew."""
    pins: list[MockPins] = []

    def take(settings):
        pins.append(open_pins(settings))
        return pins[-1]

    monkeypatch.setitem(OPENERS, "mock", take)
    return pins


@pytest.fixture
def panel(traced, taken):
    made = Panel(PINS, time.monotonic_ns, traced.append)
    assert made.open()
    yield made
    made.close()


@pytest.fixture
def playing(panel):
    panel.health = Health(time.monotonic_ns)
    panel.start(panel.health)
    return panel


def lit(taken) -> str:
    """What is on, by the pins taken last."""
    return " ".join(name for name, on in taken[-1].levels._asdict().items() if on)


@pytest.mark.parametrize(
    ("feedback", "on"),
    [
        (Feedback.RECORDED, "green buzzer"),
        (Feedback.RECORDED_OFFLINE, "green buzzer"),
        (Feedback.RECORDED_LATE, "green amber buzzer"),
        (Feedback.CLOCK_NOT_SET, "green buzzer"),
        (Feedback.TWO_CARDS, "amber buzzer"),
        (Feedback.ALREADY_RECORDED, "amber buzzer"),
        (Feedback.UNKNOWN, "red buzzer"),
        (Feedback.BLOCKED, "red buzzer"),
        (Feedback.NOT_RECORDED, "red buzzer"),
        (Feedback.BADGE_READ, "amber buzzer"),
        (Feedback.STUCK_CARD, "amber buzzer"),
        (Feedback.FIELD_CHOSEN, "amber buzzer"),
        (Feedback.BAD_READ, "red"),
        (Feedback.READER_LOST, "red"),
        (Feedback.NO_JOURNAL, "red"),
        (Feedback.READY, ""),
    ],
)
def test_the_light_is_on_when_show_returns(panel, taken, feedback, on):
    panel.show(feedback)
    assert lit(taken) == on


@pytest.mark.parametrize(
    ("feedback", "light", "beeps"),
    [
        (Feedback.RECORDED, "green", 1),
        (Feedback.RECORDED_OFFLINE, "green", 2),
        (Feedback.UNKNOWN, "red", 3),
        (Feedback.ALREADY_RECORDED, "amber", 2),
        (Feedback.NOT_RECORDED, "red", 1),
    ],
)
def test_an_answer_is_one_light_and_its_beeps_then_dark(playing, taken, feedback, light, beeps):
    playing.show(feedback)
    until(lambda: lit(taken) == "")
    assert taken[0].changes(light) == [True, False]
    assert taken[0].changes("buzzer") == [True, False] * beeps


def test_green_lasts_200_ms():
    assert sum(step.ms for step in PATTERNS[Feedback.RECORDED] if step.on.green) == 200


def test_no_answer_is_told_by_colour_alone():
    silent = {feedback for feedback, steps in PATTERNS.items() if not any(step.on.buzzer for step in steps)}
    assert silent == STATES | {Feedback.BAD_READ}
    assert set(PATTERNS) == set(Feedback)


def test_green_only_where_a_tap_is_recorded():
    green = {feedback for feedback, steps in PATTERNS.items() if any(step.on.green for step in steps)}
    assert green == {f for f in Feedback if f.recorded} - {Feedback.TWO_CARDS}


def test_the_trace_is_told_with_the_light_before_show_returns(panel, traced):
    panel.show(Feedback.RECORDED, badge="em:008EB2F9", journal="00ff", seq=7)
    assert traced == [
        {
            "feedback": "recorded",
            "green": True,
            "amber": False,
            "red": False,
            "recorded": True,
            "badge": "em:008EB2F9",
            "journal": "00ff",
            "seq": 7,
        }
    ]
    panel.show(Feedback.NOT_RECORDED)
    assert (traced[1]["green"], traced[1]["red"], traced[1]["recorded"]) == (False, True, False)


def test_a_beep_never_delays_the_next_tap(playing, taken, traced):
    playing.show(Feedback.NOT_RECORDED)  # a second of beeping
    began_ns = time.monotonic_ns()
    playing.show(Feedback.RECORDED)
    assert time.monotonic_ns() - began_ns < 100_000_000
    assert lit(taken).startswith("green")
    assert [entry["feedback"] for entry in traced] == ["not_recorded", "recorded"]


def test_a_lost_reader_blinks_red_until_it_is_back(playing, taken):
    playing.show(Feedback.READER_LOST)
    until(lambda: taken[0].changes("red") == [True, False, True])
    playing.show(Feedback.READY)
    assert lit(taken) == ""


def test_an_answer_goes_over_a_state_and_the_state_comes_back(playing, taken):
    playing.show(Feedback.RECORDED)
    playing.show(Feedback.READER_LOST)
    assert lit(taken).startswith("green"), "a state cuts no answer short"
    until(lambda: lit(taken) == "red")
    assert taken[0].changes("green") == [True, False]


def test_bad_reads_blink_once_a_second_and_cut_no_answer_short(traced):
    now_ms = 0
    panel = Panel(PINS, lambda: now_ms * 1_000_000, traced.append)
    panel.open()

    def shown(at_ms: int) -> int:
        nonlocal now_ms
        before, now_ms = len(traced), at_ms
        panel.show(Feedback.BAD_READ)
        for _ in range(2):  # the blink ends before the next one
            now_ms += 100
            panel.play()
        return len(traced) - before

    assert [shown(0), shown(500), shown(999), shown(1000)] == [1, 0, 0, 1]
    panel.show(Feedback.RECORDED)
    now_ms += 5000
    panel.show(Feedback.BAD_READ)
    assert traced[-1]["feedback"] == "recorded"
    panel.close()


def test_without_pins_the_answer_is_traced_all_the_same(traced):
    panel = Panel(PanelSettings(pins="none"), time.monotonic_ns, traced.append)
    assert panel.open()
    panel.show(Feedback.RECORDED)
    assert traced[0]["recorded"]
    panel.close()


@pytest.mark.parametrize("settings", [PanelSettings(pins="mock", green=4, amber=4), PanelSettings(pins="gpio")])
def test_a_panel_that_is_not_there_is_a_warning_and_never_a_stop(settings, traced, caplog):
    panel = Panel(settings, time.monotonic_ns, traced.append)
    with caplog.at_level(logging.WARNING):
        assert not panel.open()
    assert "taps are recorded without light and sound" in caplog.text
    panel.show(Feedback.RECORDED)
    panel.play()
    panel.close()
    assert traced == [], "nothing was shown"


def test_a_panel_that_breaks_later_is_a_warning_too(panel, taken, traced, caplog):
    taken[0].take_away()
    with caplog.at_level(logging.WARNING):
        panel.show(Feedback.RECORDED)
    assert "no panel ([Errno 19] No such device)" in caplog.text
    assert traced == []


def test_a_panel_that_breaks_is_a_fault_until_it_works_again(playing, taken, caplog):
    taken[0].take_away()
    with caplog.at_level(logging.WARNING):
        playing.show(Feedback.RECORDED)
        assert playing.health.faults() == ("no_panel",)
        until(lambda: playing.health.faults() == ())
    assert [pins.closed for pins in taken] == [True, False], "what broke is given back before it is asked for again"
    playing.show(Feedback.RECORDED)
    assert lit(taken) == "green buzzer"
    assert caplog.text.count("no panel") == 1


def test_a_panel_that_is_missing_is_tried_for_ever_and_said_once(taken, monkeypatch, caplog):
    tries = 0
    now_ns = 0

    def missing(settings):
        nonlocal tries
        tries += 1
        if tries < 8:
            raise OSError("no gpiochip")
        return mock(settings)

    mock = OPENERS["mock"]
    monkeypatch.setitem(OPENERS, "mock", missing)
    panel = Panel(PINS, lambda: now_ns)
    health = Health(lambda: now_ns)
    with caplog.at_level(logging.WARNING):
        assert not panel.open()
        panel.start(health)
        assert health.faults() == ("no_panel",)
        while health.faults():
            now_ns += 1_000_000_000
            panel.play()
    assert tries == 8
    assert 60e9 < now_ns < 120e9, "each wait twice as long as the one before, up to half a minute"
    assert caplog.text.count("no panel") == 1
    panel.show(Feedback.RECORDED)
    assert lit(taken) == "green buzzer"
    panel.close()


def test_a_trace_that_fails_does_not_stop_the_door(caplog):
    def full(_: dict) -> None:
        raise OSError("no space left")

    panel = Panel(PanelSettings(pins="none"), time.monotonic_ns, full)
    panel.open()
    with caplog.at_level(logging.WARNING):
        panel.show(Feedback.RECORDED)
    assert "could not be traced: no space left" in caplog.text


def test_the_panels_thread_ticks_and_ends_dark_when_closed(panel, taken):
    health = Health(time.monotonic_ns)
    panel.start(health)
    until(health.begun)
    panel.show(Feedback.READER_LOST)
    began = time.monotonic()
    panel.close()
    assert time.monotonic() - began < 1
    assert health.late() == ()
    assert taken[0].closed
    assert lit(taken) == ""
    panel.close()
    assert LOOP == "panel"


def test_a_press_of_the_button_is_told_once_also_after_the_panel_broke(taken):
    pressed: list[str] = []
    panel = Panel(PanelSettings(pins="mock", field_button=5), time.monotonic_ns, None, pressed.append)
    health = Health(time.monotonic_ns)
    assert panel.open()
    panel.start(health)
    for count in (1, 2):
        taken[-1].press()
        until(lambda count=count: pressed == ["field_duty"] * count)
        taken[-1].take_away()
        until(lambda: health.faults() == ("no_panel",))
        until(lambda count=count: len(taken) == count + 1 and health.faults() == ())
    panel.close()
    assert pressed == ["field_duty"] * 2
    assert health.late() == ()
    assert all(pins.closed for pins in taken)


def test_a_button_wired_to_a_light_is_refused(caplog):
    with caplog.at_level(logging.WARNING):
        assert not Panel(PanelSettings(pins="mock", field_button=17), time.monotonic_ns).open()
    assert "wanted twice" in caplog.text
