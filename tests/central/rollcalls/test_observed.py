"""What was seen beside what doors and plans say: one line a case, and no order of arrival changes the last word."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.minutes import FINDINGS, REASONS, Header, Line, Signers, minutes_text
from central.observed import (
    Called,
    Disagreement,
    Fact,
    Finding,
    Kept,
    Reason,
    Saying,
    Tally,
    Word,
    conflict_of,
    conflicts,
    last_words,
    prefilled,
    ratio,
    set_times,
    standing,
    tally,
)
from central.presence import State

NONE = Reason.NONE


def word(seen: bool, said_ms: int = 5, number: int = 1, staff: str = "A", reason: Reason = NONE) -> Word:
    return Word(number, Saying(staff, seen, reason), said_ms, said_ms, "An", f"key{number}")


@pytest.mark.parametrize(
    ("state", "seen", "kind"),
    [
        (State.IN, False, Disagreement.TAPPED_NOT_SEEN),
        (State.LATE, False, Disagreement.TAPPED_NOT_SEEN),
        (State.MISSING, True, Disagreement.SEEN_NO_TAP),
        (State.EXPECTED, True, Disagreement.SEEN_NO_TAP),
        (State.OUT, True, Disagreement.SEEN_NO_TAP),
        (State.LEAVE, True, Disagreement.SEEN_THOUGH_AWAY),
        (State.FIELD, True, Disagreement.SEEN_THOUGH_AWAY),
        (State.UNKNOWN, True, None),
        (State.UNKNOWN, False, None),
        (State.IN, True, None),
        (State.MISSING, False, None),
        (State.LEAVE, False, None),
        (State.OFF, True, None),
    ],
)
def test_a_disagreement_has_a_name_and_what_nobody_knows_is_none(state: State, seen: bool, kind: Disagreement | None):
    found = conflict_of(word(seen), Fact(state, 3))
    assert (None if found is None else found.kind) == kind


def test_conflicts_are_those_of_people_of_whom_something_is_known():
    words = {"A": word(False), "B": word(False, staff="B"), "C": word(True, staff="C")}
    found = conflicts(words, {"A": Fact(State.IN, 3), "C": Fact(State.IN, 3)})
    assert [one.staff for one in found] == ["A"]


@pytest.mark.parametrize(
    ("state", "seen", "reason"),
    [
        (State.IN, True, NONE),
        (State.LATE, True, NONE),
        (State.MISSING, False, NONE),
        (State.EXPECTED, False, NONE),
        (State.LEAVE, False, Reason.LEAVE),
        (State.FIELD, False, Reason.FIELD),
        (State.OFF, False, Reason.OFF),
    ],
)
def test_a_list_is_filled_in_from_taps_and_plans(state: State, seen: bool, reason: Reason):
    assert prefilled("A", state) == Saying("A", seen, reason)


def test_nothing_is_filled_in_of_who_is_unknown_and_an_inspection_goes_by_plans_alone():
    assert prefilled("A", State.UNKNOWN) is None
    assert prefilled("A", State.IN, by_taps=False) is None
    assert prefilled("A", State.LEAVE, by_taps=False) == Saying("A", False, Reason.LEAVE)


@given(st.lists(st.tuples(st.sampled_from("AB"), st.booleans()), max_size=8), st.randoms())
def test_the_last_word_is_the_same_in_whatever_order_words_arrive(said, chance):
    words = [word(seen, said_ms=n, number=n, staff=staff) for n, (staff, seen) in enumerate(said)]
    mixed = [*words, *words]
    chance.shuffle(mixed)
    assert last_words(mixed) == {one.saying.staff: one for one in words}


def test_of_words_said_at_once_the_one_that_arrived_last_holds():
    assert last_words([word(True, 5, 2), word(False, 5, 1)])["A"].saying.seen
    assert standing({"A": State.IN, "B": State.IN}, [word(False)]) == {"A": Saying("A", False), "B": Saying("B", True)}


def test_the_counts_of_a_round():
    states = {
        "A": State.IN, "B": State.LEAVE, "C": State.FIELD, "D": State.OFF, "E": State.IN, "F": State.MISSING,
        "G": State.IN, "H": State.UNKNOWN, "I": State.LEAVE, "J": State.LEAVE, "K": State.MISSING,
    }  # fmt: skip
    words = {
        "A": word(True), "B": word(False, reason=Reason.LEAVE), "E": word(False), "F": word(False),
        "G": word(False, reason=Reason.ERRAND), "I": word(True), "K": word(False),
    }  # fmt: skip
    facts = {"E": Fact(State.IN, 7), "F": Fact(State.MISSING)}
    found = tally(states, words, facts)
    assert found == Tally(11, 2, 2, 1, 1, 1, 1, 2, 1)
    assert (found.expected, found.unexcused) == (7, 3)


@pytest.mark.parametrize(
    ("part", "whole", "language", "text"),
    [(7, 21, "vi", "7/21 (33,3%)"), (7, 19, "en", "7/19 (36.8%)"), (0, 0, "vi", "0/0"), (3, 3, "vi", "3/3 (100,0%)")],
)
def test_ratios_are_fractions(part: int, whole: int, language: str, text: str):
    assert ratio(part, whole, language) == text


SET = 7 * 60 + 45


@pytest.mark.parametrize(
    ("now", "called", "kept"),
    [
        (SET - 31, None, Kept.AHEAD),
        (SET - 30, None, Kept.DUE),
        (SET + 15, None, Kept.DUE),
        (SET + 16, None, Kept.MISSED),
        (2_000, None, Kept.MISSED),
        (SET, Called(1, SET - 30, False), Kept.OPEN),
        (SET, Called(1, SET, True), Kept.DONE),
        (SET + 60, Called(1, SET + 16, True), Kept.LATE),
        (SET + 60, Called(1, SET - 31, True), Kept.MISSED),
    ],
)
def test_a_set_time_is_kept_or_missed(now: int, called: Called | None, kept: Kept):
    (found,) = set_times([SET], [] if called is None else [called], now)
    assert found.kept is kept


def test_a_roll_call_belongs_to_the_set_time_before_it():
    found = set_times([SET, 13 * 60 + 45], [Called(2, 13 * 60 + 20, True), Called(1, SET, True)], 2_000)
    assert [(one.kept, one.number) for one in found] == [(Kept.DONE, 1), (Kept.DONE, 2)]


def test_every_reason_and_finding_has_its_word_in_the_minutes():
    assert set(REASONS) == set(Reason) and set(FINDINGS) == set(Finding)


def test_minutes_say_who_was_not_looked_at_and_write_months_as_the_decree_does():
    header = Header("party", "ĐẢNG BỘ HUYỆN", "ĐẢNG ỦY", "Xã X", "Xã X", "đoàn", "QĐ 1", 0, 36 * 86_400_000)
    seen = Word(1, Saying("A", True, NONE, (Finding.DRESS,), "áo phông"), 0, 0, "An", "k")
    lines = [
        Line("A", "", "", seen, Fact(State.IN, 0, "D-1"), False),
        Line("B", "", "", None, Fact(State.MISSING), False),
        Line("C", "", "", word(False, reason=Reason.TRIP), Fact(State.MISSING), False),
    ]
    told = json.loads(minutes_text(header, lines, Tally(3, 1, 0, 0, 1, 1, 0, 0, 1), Signers("a", "b", "c")))
    assert told["place_date"] == "Xã X, ngày 06 tháng 02 năm 1970"
    assert [one["seen"] for one in told["people"]] == ["có mặt", "chưa kiểm tra", "vắng: đi công tác"]
    assert told["people"][0]["notes"] == "trang phục không đúng quy định; áo phông"
    assert ["Chưa kiểm tra", "1"] in told["counts"] and ["Không phải giờ làm việc", "1"] in told["counts"]
    later = Header("state", "", "UBND", "Xã X", "Xã X", "đoàn", "QĐ 1", 0, 300 * 86_400_000)
    assert "tháng 10 năm" in minutes_text(later, [], Tally(0, 0, 0, 0, 0, 0, 0, 0, 0), Signers("a", "b", "c"))
