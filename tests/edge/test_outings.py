"""Whether a press of "field duty" means going or coming."""

from edge.outings import IN, MOST, MOST_MS, OUT, Outings
from edge.wire.events import Clock, Punch, Stamp


def at(ms: int | None) -> Stamp:
    return Stamp(0, ms, Clock.NONE if ms is None else Clock.NTP)


def test_who_went_out_comes_in_next_and_then_goes_out_again():
    outings = Outings()
    assert outings.remark("a", at(0)) == OUT
    outings.note(Punch("a", "door", ("known", OUT)), at(0))
    assert (outings.remark("a", at(1)), outings.remark("b", at(1))) == (IN, OUT)
    outings.note(Punch("a", "door", ("known",)), at(2))
    assert outings.remark("a", at(3)) == IN, "a tap without the button says nothing of field duty"
    outings.note(Punch("a", "door", ("known", IN)), at(3))
    assert outings.remark("a", at(4)) == OUT


def test_without_a_time_or_too_long_ago_or_with_a_clock_set_back_it_is_going_out():
    outings = Outings()
    outings.note(Punch("a", "door", (OUT,)), at(1_000))
    assert [outings.remark("a", at(ms)) for ms in (None, 999, 1_000 + MOST_MS)] == [OUT] * 3
    outings.note(Punch("b", "door", (OUT,)), at(None))
    assert outings.remark("b", at(1)) == OUT


def test_it_remembers_only_so_many():
    outings = Outings()
    for number in range(MOST + 1):
        outings.note(Punch(str(number), "door", (OUT,)), at(0))
    assert (outings.remark("0", at(1)), outings.remark(str(MOST), at(1))) == (OUT, IN)
