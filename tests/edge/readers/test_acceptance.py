"""From frames to taps: `A@0 A@65` are frames of badge A at these milliseconds."""

import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.readers import BadInput, EventKind, ReaderEvent
from edge.readers.acceptance import MOST_OPEN, Acceptance, Policy, TapKind

MS = 1_000_000


def badge(letter: str) -> str:
    return f"em:0000000{letter}"


def frame(letter: str, t_ms: int, reader: str = "r", version: str = "61") -> ReaderEvent:
    return ReaderEvent(EventKind.READ, reader, t_ms * MS, badge(letter), forms={"version": version})


def connected(t_ms: int) -> ReaderEvent:
    return ReaderEvent(EventKind.CONNECTED, "r", t_ms * MS)


def offered(acceptance: Acceptance, frames: str, continuous: bool = True) -> list:
    taps = []
    for word in frames.split():
        letter, t_ms = word.split("@")
        taps += acceptance.offer(frame(letter, int(t_ms)), continuous=continuous)
    return taps


def told(taps) -> str:
    shown = [f"{tap.kind} {tap.badge[-1]}@{tap.mono_ns // MS}" for tap in taps if tap.kind is not TapKind.REMOVED]
    return ", ".join(shown)


def taps(frames: str, acceptance: Acceptance | None = None, continuous: bool = True) -> str:
    return told(offered(acceptance or Acceptance(), frames, continuous))


def held(letter: str, first_ms: int, last_ms: int) -> str:
    return " ".join(f"{letter}@{t}" for t in range(first_ms, last_ms + 1, 65))


@pytest.mark.parametrize(
    ("frames", "expected"),
    [
        ("A@0", ""),
        ("A@0 A@65", "accepted A@65"),
        ("A@0 A@250", "accepted A@250"),
        ("A@0 A@251", ""),
        ("A@0 A@251 A@300", "accepted A@300"),
        ("A@0 B@65 A@130", "accepted A@130"),
        ("A@0 B@65", ""),
    ],
)
def test_two_equal_frames_within_250_ms_make_a_tap(frames, expected):
    assert taps(frames) == expected


def test_the_same_number_with_another_version_byte_is_not_the_same_frame():
    acceptance = Acceptance()
    assert acceptance.offer(frame("A", 0, version="61"), continuous=True) == []
    assert acceptance.offer(frame("A", 65, version="62"), continuous=True) == []
    [tap] = acceptance.offer(frame("A", 130, version="62"), continuous=True)
    assert tap.evidence == "62"


def test_frames_of_two_readers_do_not_confirm_each_other():
    acceptance = Acceptance()
    assert acceptance.offer(frame("A", 0, reader="in"), continuous=True) == []
    assert acceptance.offer(frame("A", 65, reader="out"), continuous=True) == []


def test_a_reader_that_sends_once_needs_no_second_frame():
    assert taps("A@0", continuous=False) == "accepted A@0"


def test_a_tap_knows_its_first_and_its_deciding_frame():
    [tap] = offered(Acceptance(), "A@10 A@75")
    assert (tap.first_ns, tap.mono_ns, tap.confirmed, tap.reader_id) == (10 * MS, 75 * MS, 2, "r")


def test_what_stays_alone_is_counted_as_a_ghost_and_never_accepted():
    acceptance = Acceptance()
    assert taps("A@0 B@30 C@400 A@800 A@865", acceptance) == "accepted A@865"
    assert acceptance.counts("r") == {"ghost": 3}


def test_with_three_to_confirm_frames_that_came_too_early_are_ghosts():
    acceptance = Acceptance(Policy(confirm=3))
    assert taps("A@0 A@200 A@300 A@350", acceptance) == "accepted A@350"
    assert acceptance.counts("r") == {"ghost": 1}


def test_errors_are_counted_by_reader_and_code():
    acceptance = Acceptance()
    for error in (BadInput.BAD_CHECKSUM, BadInput.BAD_CHECKSUM, BadInput.NOISE):
        acceptance.offer(ReaderEvent(EventKind.ERROR, "r", 0, error=error), continuous=True)
    assert acceptance.counts("r") == {"bad_checksum": 2, "noise": 1}
    assert acceptance.counts("other") == {}


def test_a_card_that_is_held_is_one_tap():
    assert taps(held("A", 0, 10_000)) == "accepted A@65"


def test_a_card_left_lying_is_reported_once_after_60_s():
    assert taps(held("A", 0, 200_000)) == "accepted A@65, stuck A@60125"


def test_a_card_is_gone_after_700_ms_of_silence():
    acceptance = Acceptance()
    offered(acceptance, "A@0 A@65")
    assert acceptance.tick(764 * MS) == []
    [tap] = acceptance.tick(765 * MS)
    assert (tap.kind, tap.badge) == (TapKind.REMOVED, badge("A"))
    assert acceptance.tick(10_000 * MS) == []


@pytest.mark.parametrize(
    ("frames", "expected"),
    [
        ("A@0 A@65 A@2000 A@2065", "accepted A@65, repeated A@2065"),
        ("A@0 A@65 A@5000 A@5064", "accepted A@65, repeated A@5064"),
        ("A@0 A@65 A@5000 A@5065", "accepted A@65, accepted A@5065"),
        ("A@0 A@65 A@3000 A@3065 A@5100 A@5165", "accepted A@65, repeated A@3065, accepted A@5165"),
        ("A@0 A@65 B@2000 B@2065", "accepted A@65, accepted B@2065"),
    ],
)
def test_the_guard_holds_the_same_badge_for_5_s_and_never_another(frames, expected):
    assert taps(frames) == expected


def test_the_guard_of_one_badge_holds_at_every_reader_of_the_door():
    acceptance = Acceptance()
    acceptance.offer(frame("A", 0, reader="in"), continuous=False)
    assert told(acceptance.offer(frame("A", 2000, reader="out"), continuous=False)) == "repeated A@2000"


def test_the_guard_survives_a_restart():
    assert taps("A@3000 A@3065", Acceptance(last={badge("A"): 65 * MS})) == "repeated A@3065"
    assert taps("A@8000 A@8065", Acceptance(last={badge("A"): 65 * MS})) == "accepted A@8065"


def restarted(at_ms: int) -> Acceptance:
    acceptance = Acceptance(last={badge("A"): 0}, lying={"r": badge("A")})
    acceptance.offer(connected(at_ms), continuous=True)
    return acceptance


def test_a_card_lying_there_while_the_station_restarts_is_no_new_tap():
    assert taps(held("A", 900_010, 902_000), restarted(900_000)) == "repeated A@900075"


def test_after_a_restart_the_last_person_may_come_again():
    assert taps("A@901000 A@901065", restarted(900_000)) == "accepted A@901065"
    assert taps("B@900010 B@900075", restarted(900_000)) == "accepted B@900075"


def test_a_card_lying_there_while_the_reader_is_unplugged_is_no_new_tap():
    acceptance = Acceptance()
    assert taps("A@0 A@65", acceptance) == "accepted A@65"
    acceptance.offer(connected(20_000), continuous=True)
    assert taps("A@20100 A@20165", acceptance) == "repeated A@20165"


def test_what_could_not_be_recorded_may_be_tapped_again_at_once():
    acceptance = Acceptance()
    assert taps("A@0 A@65 B@100 B@165", acceptance) == "accepted A@65, accepted B@165"
    acceptance.forget(badge("A"))
    assert taps("A@1000 A@1065 B@1500 B@1565", acceptance) == "accepted A@1065, repeated B@1565"
    acceptance.forget(badge("A"))
    acceptance.offer(connected(9000), continuous=True)
    assert taps("A@9010 A@9075", acceptance) == "accepted A@9075"


@pytest.mark.parametrize(
    ("frames", "together"),
    [
        ("A@0 B@65 A@130 B@195", [False, True]),
        ("A@0 A@65 B@500 B@565", [False, True]),
        ("A@0 A@65 B@501 B@566", [False, False]),
        ("A@0 A@65 B@100 B@165 C@300 C@365", [False, True, True]),
    ],
)
def test_two_badges_confirmed_within_500_ms_were_held_together(frames, together):
    assert [tap.two_cards for tap in offered(Acceptance(), frames) if tap.kind is TapKind.ACCEPTED] == together


def test_two_people_at_two_readers_were_not_held_together():
    acceptance = Acceptance()
    [first] = acceptance.offer(frame("A", 0, reader="in"), continuous=False)
    [second] = acceptance.offer(frame("B", 100, reader="out"), continuous=False)
    assert not first.two_cards
    assert not second.two_cards


def test_an_unplugged_reader_says_nothing():
    assert Acceptance().offer(ReaderEvent(EventKind.LOST, "r", 0), continuous=True) == []


def test_a_flood_of_different_badges_is_bounded():
    acceptance = Acceptance()
    for number in range(5000):
        event = ReaderEvent(EventKind.READ, "r", 0, f"em:{number:08X}")
        assert acceptance.offer(event, continuous=True) == []
        assert acceptance.offer(event, continuous=True)
        acceptance.offer(ReaderEvent(EventKind.READ, "r", 0, f"em:1{number:07X}"), continuous=True)
    assert acceptance.counts("r") == {"ghost": 5000 - MOST_OPEN}
    assert len(pickle.dumps((acceptance._waiting, acceptance._present))) < 20_000


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("ABC"), st.integers(1, 2000)), max_size=60))
def test_no_tap_without_two_equal_frames_and_no_two_punches_within_the_guard(steps):
    acceptance, now_ms, heard, accepted = Acceptance(), 0, [], {}
    for letter, wait_ms in steps:
        now_ms += wait_ms
        heard.append((letter, now_ms))
        for tap in acceptance.offer(frame(letter, now_ms), continuous=True):
            if tap.kind is not TapKind.ACCEPTED:
                continue
            last = tap.badge[-1]
            assert len([t for name, t in heard if name == last and now_ms - t <= 250]) >= 2
            assert now_ms - accepted.get(last, -10_000) >= 5000
            accepted[last] = now_ms
