"""What is known about a door, from plain facts: one line a case. Instants are minutes of a morning, `7:10`."""

import pytest

from central.coverage import (
    ALWAYS_MS,
    FOREVER_MS,
    Closure,
    DoorFacts,
    Fault,
    Hole,
    JournalFacts,
    Mended,
    coverage_of,
    delivered_by_all,
    delivered_until,
    down_of,
    down_together,
)
from central.moments import local_date, midnight_ms, moment, ms_of

MIDNIGHT = 1_541_955_600_000  # 2018-11-12 local


def at(time: str) -> int:
    if time == "always":
        return ALWAYS_MS
    if time == "ever":
        return FOREVER_MS
    hours, minutes = time.split(":")
    return MIDNIGHT + (int(hours) * 60 + int(minutes)) * 60_000


def shown(ms: int) -> str:
    if ms in (ALWAYS_MS, FOREVER_MS):
        return "always" if ms == ALWAYS_MS else "ever"
    return f"{(ms - MIDNIGHT) // 3_600_000}:{(ms - MIDNIGHT) // 60_000 % 60:02d}"


def run(name: str, started: str | None, alive_until: str, **kwargs: object) -> JournalFacts:
    return JournalFacts(name, None if started is None else at(started), at(alive_until), **kwargs)  # type: ignore[arg-type]


def down(*journals: JournalFacts, closures: tuple[Closure, ...] = ()) -> list[str]:
    return [f"{shown(i.from_ms)}-{shown(i.to_ms)} {i.reason}" for i in down_of(DoorFacts(journals, closures))]


def test_a_door_that_runs_was_never_down() -> None:
    assert down(run("a", "6:00", "7:10")) == []
    assert down() == []


def test_without_power_from_the_last_sign_of_life_to_the_next_start() -> None:
    assert down(run("a", "6:00", "7:10"), run("b", "7:40", "9:00")) == ["7:10-7:40 no_power"]


def test_an_ordered_stop_is_told_apart_from_a_power_cut() -> None:
    assert down(run("a", "6:00", "7:10", stopped=True), run("b", "7:40", "9:00")) == ["7:10-7:40 stopped"]


def test_before_the_start_of_its_very_first_run_the_door_was_not_there() -> None:
    assert down(run("a", "6:00", "7:10", first=True)) == ["always-6:00 not_there"]
    # a second run without a parent, after its card was made anew, does not undo the first
    anew = [run("a", "6:00", "7:10", first=True), run("b", "7:40", "9:00", first=True)]
    assert down(*anew) == ["always-6:00 not_there", "7:10-7:40 no_power"]
    # a run whose start is not stored may have come before it
    assert down(run("a", "6:00", "7:10", first=True), run("z", None, "5:00")) == []


def test_a_copied_card_leaves_nothing_between_and_a_rolled_back_one_only_its_own_gaps() -> None:
    assert down(run("a", "6:00", "9:00"), run("b", "7:00", "8:00")) == []
    # the inner one ends first: nothing was dark before the outer one's end, which is also the one that tells why
    inner = [run("a", "6:00", "9:00", stopped=True), run("b", "7:00", "8:00"), run("c", "9:30", "10:00")]
    assert down(*inner) == ["9:00-9:30 stopped"]
    together = [run("a", "6:00", "9:00", stopped=True), run("b", "7:00", "9:00"), run("c", "9:30", "10:00")]
    assert down(*together) == ["9:00-9:30 stopped"]
    rolled = [run("a", "6:00", "7:00"), run("b", "7:10", "8:00"), run("c", "8:30", "9:00")]
    assert down(*reversed(rolled)) == ["7:00-7:10 no_power", "8:00-8:30 no_power"]


def test_a_fault_lasts_until_it_is_mended() -> None:
    fault, mended = Fault("reader_lost", "main", at("7:00")), Mended("reader_lost", "main", at("7:00"), at("8:00"))
    assert down(run("a", "6:00", "9:00", faults=(fault,), mended=(mended,))) == ["7:00-8:00 reader_lost"] * 2
    other = Mended("reader_lost", "back", at("7:30"), at("7:45"))
    assert down(run("a", "6:00", "9:00", faults=(fault,), mended=(other,))) == [
        "7:00-ever reader_lost",
        "7:30-7:45 reader_lost",
    ]


def test_a_fault_that_comes_again_is_mended_each_time() -> None:
    faults = (Fault("reader_lost", "main", at("7:00")), Fault("reader_lost", "main", at("8:00")))
    mended = (
        Mended("reader_lost", "main", at("7:00"), at("7:30")),
        Mended("reader_lost", "main", at("8:00"), at("8:10")),
    )
    assert down(run("a", "6:00", "9:00", faults=faults, mended=mended)) == [
        *["7:00-7:30 reader_lost"] * 2,
        *["8:00-8:10 reader_lost"] * 2,
    ]
    at_once = Mended("reader_lost", "main", at("7:00"), at("7:00"))
    assert down(run("a", "6:00", "9:00", faults=faults[:1], mended=(at_once,))) == []


def test_a_full_disk_is_known_only_from_its_end() -> None:
    mended = Mended("disk_full", "disk", at("7:05"), at("7:50"))
    assert down(run("a", "6:00", "9:00", mended=(mended,))) == ["7:05-7:50 disk_full"]


def test_a_fault_that_nobody_mended_ends_with_its_run_unless_that_is_the_newest() -> None:
    fault = Fault("reader_lost", "main", at("7:00"))
    assert down(run("a", "6:00", "7:30", faults=(fault,))) == ["7:00-ever reader_lost"]
    for older, newer in (("a", "b"), ("b", "a")):  # names say nothing about age
        runs = run(older, "6:00", "7:30", faults=(fault,)), run(newer, "7:30", "9:00")
        assert down(*runs) == ["7:00-7:30 reader_lost"]


@pytest.mark.parametrize(
    ("hole", "expected"),
    [
        (Hole(at("7:00"), at("7:20")), ["7:00-7:20 lost"]),
        (Hole(None, at("7:20")), ["6:00-7:20 lost"]),
        (Hole(at("7:00"), None), ["7:00-9:00 lost"]),
        (Hole(at("9:00"), None), []),
    ],
)
def test_between_the_stored_neighbours_of_lost_events_the_door_counts_as_down(hole: Hole, expected: list[str]) -> None:
    assert down(run("a", "6:00", "9:00", holes=(hole,))) == expected


def test_lost_events_of_a_run_without_a_start_and_a_neighbour_say_nothing_about_a_time() -> None:
    assert down(run("a", None, "9:00", holes=(Hole(None, at("7:20")),))) == []


CLOSED = (Closure(at("7:00"), at("12:00"), "lost_reader", "03/QĐ"),)


def test_a_documented_decision_is_down_as_well() -> None:
    assert down(closures=CLOSED) == ["7:00-12:00 lost_reader"]


@pytest.mark.parametrize(
    ("said", "until"),
    [("6:59", "6:59"), ("7:00", "12:00"), ("9:00", "12:00"), ("12:00", "12:00"), ("13:00", "13:00")],
)
def test_nobody_waits_for_a_door_inside_a_documented_closure(said: str, until: str) -> None:
    assert delivered_until(DoorFacts((), CLOSED, at(said)), at("0:00")) == at(until)


def test_closures_that_follow_each_other_are_passed_together() -> None:
    more = (Closure(at("12:00"), at("14:00"), "x"), *CLOSED)
    assert delivered_until(DoorFacts((), more, at("8:00")), at("0:00")) == at("14:00")


def test_a_door_that_never_delivered_stands_before_everything_that_is_asked() -> None:
    assert delivered_until(DoorFacts(), at("0:00")) == at("0:00")
    assert delivered_until(DoorFacts((), CLOSED), at("0:00")) == at("0:00")
    assert delivered_until(DoorFacts((), CLOSED), at("7:30")) == at("12:00")


def test_all_doors_together_have_delivered_as_far_as_the_last_of_them() -> None:
    doors = [DoorFacts(delivered_ms=at(time)) for time in ("8:00", "7:00", "9:00")]
    assert delivered_by_all(doors, at("0:00")) == at("7:00")
    assert delivered_by_all([*doors, DoorFacts()], at("0:00")) == at("0:00")
    assert delivered_by_all([], at("0:00")) is None


def together(*doors: DoorFacts) -> list[str]:
    spans = down_together(doors, at("6:00"), at("10:00"))
    return [f"{shown(ms_of(s.start))}-{shown(ms_of(s.end))}" for s in spans]


def test_one_open_door_is_enough() -> None:
    dark = DoorFacts((run("a", "6:00", "7:10"), run("b", "7:40", "9:00")))
    later = DoorFacts((run("a", "6:00", "7:30"), run("b", "8:00", "9:00")))
    assert together(dark) == ["7:10-7:40"]
    assert together(dark, later) == ["7:30-7:40"]
    assert together(dark, DoorFacts()) == []


def test_what_was_dark_outside_of_what_is_asked_is_left_out() -> None:
    early = Mended("disk_full", "disk", at("5:00"), at("5:30"))
    until_then = Mended("disk_full", "disk", at("5:40"), at("6:00"))
    from_then = Mended("disk_full", "disk", at("10:00"), at("10:20"))
    late = Mended("disk_full", "disk", at("10:30"), at("11:00"))
    door = DoorFacts(
        (run("a", "4:00", "12:00", mended=(early, until_then, from_then, late)),), delivered_ms=at("12:00")
    )
    assert together(door) == []
    assert covered(door) == ["6:00-10:00 recorded"]


def test_an_office_without_any_door_records_nothing() -> None:
    assert together() == ["6:00-10:00"]


def covered(door: DoorFacts) -> list[str]:
    found = coverage_of(door, at("6:00"), at("10:00"))
    return [f"{shown(i.from_ms)}-{shown(i.to_ms)} {i.state}" for i in found]


def test_a_stretch_is_recorded_then_down_then_undelivered_without_gaps() -> None:
    runs = (run("a", "6:00", "7:10"), run("b", "7:40", "9:00"))
    assert covered(DoorFacts(runs, delivered_ms=at("9:00"))) == [
        "6:00-7:10 recorded",
        "7:10-7:40 down",
        "7:40-9:00 recorded",
        "9:00-10:00 undelivered",
    ]
    assert covered(DoorFacts()) == ["6:00-10:00 undelivered"]
    assert covered(DoorFacts(delivered_ms=at("11:00"))) == ["6:00-10:00 recorded"]


def test_overlapping_reasons_are_one_stretch_after_the_other() -> None:
    fault = Fault("reader_lost", "main", at("7:00"))
    inner = Mended("disk_full", "disk", at("7:10"), at("7:20"))
    runs = (run("a", "6:00", "7:30", faults=(fault,), mended=(inner,)), run("b", "8:00", "9:00"))
    assert covered(DoorFacts(runs, delivered_ms=at("10:00"))) == [
        "6:00-7:00 recorded",
        "7:00-7:30 down",
        "7:30-8:00 down",
        "8:00-10:00 recorded",
    ]


def test_reasons_that_end_together_leave_no_empty_stretch() -> None:
    faults = (Fault("reader_lost", "main", at("7:00")), Fault("no_panel", "panel", at("7:10")))
    runs = (run("a", "6:00", "7:30", faults=faults), run("b", "7:30", "9:00"))
    assert covered(DoorFacts(runs, delivered_ms=at("10:00"))) == [
        "6:00-7:00 recorded",
        "7:00-7:30 down",
        "7:30-10:00 recorded",
    ]


def test_a_span_speaks_local_time() -> None:
    interval = down_of(DoorFacts((run("a", "6:00", "7:10"), run("b", "7:40", "9:00"))))[0]
    assert interval.span.start.isoformat() == "2018-11-12T07:10:00+07:00"


@pytest.mark.parametrize("ms", [0, MIDNIGHT, MIDNIGHT - 1, MIDNIGHT + 86_399_999, -1])
def test_moments_and_milliseconds_are_the_same_thing(ms: int) -> None:
    assert ms_of(moment(ms)) == ms
    assert local_date(ms) == moment(ms).date()
    assert midnight_ms(local_date(ms)) <= ms < midnight_ms(local_date(ms)) + 86_400_000
