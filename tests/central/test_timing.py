"""The true time of an event, and how sure it is."""

import random
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from central.timing import (
    DRIFT_PPM,
    PROMPT_MS,
    UNBOUNDED_MS,
    Method,
    Stamped,
    SyncPoint,
    Timed,
    TimingError,
    exactly,
    in_calendar,
    own_time,
    repair,
)

SEVEN = int(datetime(2018, 11, 12, 0, tzinfo=UTC).timestamp() * 1000)  # Monday 07:00 in Viet Nam
S, MIN, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000


def event(true_ms, *, error_ms=0, clock="none", delay_ms=300, booted_ms=SEVEN - HOUR, stamped=True, age_s=None):
    """What a device sends of something at `true_ms`, when its wall clock is `error_ms` fast."""
    utc_ms = true_ms + error_ms if stamped else None
    return Stamped(f"e{true_ms}", true_ms - booted_ms, utc_ms, clock, age_s, true_ms + delay_ms)


def errors(events, times):
    """How far each best time lies from the true one, which the event's own name keeps."""
    return [times[e.ref].best_ms - int(e.ref[1:]) for e in events]


def methods(times):
    return {t.method for t in times.values()}


def test_an_ntp_stamp_is_taken_as_it_is():
    late = event(SEVEN, clock="ntp", delay_ms=3 * DAY, age_s=1_000)
    assert own_time(late) == Timed(late.ref, SEVEN, 20, Method.OWN)
    assert repair([late, event(SEVEN + HOUR, delay_ms=0)])[late.ref] == own_time(late)


def test_the_doubt_grows_with_the_age_of_the_last_sync_up_to_a_year():
    assert own_time(event(SEVEN, clock="ntp", age_s=10**9)).uncertainty_ms == 10**9 * DRIFT_PPM // 1_000
    assert own_time(event(SEVEN, clock="ntp", age_s=10**15)).uncertainty_ms == 365 * DAY


def test_a_stamp_outside_of_the_calendar_is_taken_as_its_end():
    last = int(datetime(2100, 1, 1, tzinfo=UTC).timestamp() * 1000)
    assert [in_calendar(ms) for ms in (-1, 0, 1, last, last + 1, 10**30)] == [0, 0, 1, last, last, last]


def test_another_stamp_is_not_its_own_time():
    assert own_time(event(SEVEN, clock="rtc")) is None
    assert own_time(event(SEVEN)) is None


def test_an_ntp_stamp_without_a_time_is_refused():
    with pytest.raises(TimingError, match="no utc"):
        own_time(event(SEVEN, clock="ntp", stamped=False))


def test_a_sync_point_of_the_boot_repairs_what_came_before_and_after():
    boot = [event(SEVEN + i * HOUR, error_ms=-5 * DAY, delay_ms=DAY) for i in range(4)]
    times = repair(boot, [SyncPoint(2 * HOUR, SEVEN + HOUR)])
    assert errors(boot, times) == [0, 0, 0, 0]
    assert [times[e.ref].uncertainty_ms for e in boot] == [72, 0, 72, 144]
    assert methods(times) == {Method.SYNC_POINT}


def test_an_ntp_stamp_of_the_same_boot_is_a_sync_point():
    lost, found = event(SEVEN, error_ms=-30 * DAY, delay_ms=DAY), event(SEVEN + MIN, clock="ntp")
    times = repair([lost, found])
    assert (times[lost.ref].best_ms, times[lost.ref].method) == (SEVEN, Method.SYNC_POINT)


def test_a_sync_point_is_preferred_to_ntp_stamps_and_the_nearest_to_others():
    lost, found = event(SEVEN, stamped=False), event(SEVEN + MIN, clock="ntp", error_ms=400)
    assert errors([lost], repair([lost, found], [SyncPoint(0, SEVEN - HOUR)])) == [0]
    points = [SyncPoint(0, SEVEN - HOUR + 900), SyncPoint(HOUR - MIN, SEVEN - MIN)]
    assert errors([lost], repair([lost], points)) == [0]


def test_an_rtc_is_as_sure_as_its_last_sync_is_recent():
    steady = event(SEVEN, clock="rtc", error_ms=-900, age_s=86_400, delay_ms=DAY)
    unknown = event(SEVEN + MIN, clock="rtc")
    times = repair([steady, unknown])
    assert times[steady.ref] == Timed(steady.ref, SEVEN - 900, 86_400 * DRIFT_PPM // 1000, Method.RTC)
    assert times[unknown.ref].uncertainty_ms == 180 * DAY * DRIFT_PPM // 1_000_000


def test_an_rtc_ahead_of_its_receipts_is_distrusted():
    boot = [event(SEVEN + i * HOUR, clock="rtc", error_ms=HOUR, age_s=60) for i in range(3)]
    times = repair(boot)
    assert methods(times) == {Method.SHIFTED}
    assert errors(boot, times) == [300] * 3


def test_one_receipt_before_its_stamp_discredits_the_rtc_of_the_whole_boot():
    kept = event(SEVEN, clock="rtc", error_ms=HOUR, age_s=60, delay_ms=3 * HOUR)
    sent = [event(SEVEN + i * HOUR, clock="rtc", error_ms=HOUR, age_s=60) for i in (4, 5)]
    times = repair([kept, *sent])
    assert methods(times) == {Method.SHIFTED}
    assert errors([kept, *sent], times) == [300] * 3


def test_an_rtc_behind_live_receipts_is_distrusted_but_a_backlog_proves_nothing():
    live = [event(SEVEN + i * HOUR, clock="rtc", error_ms=-HOUR, age_s=60) for i in range(3)]
    assert methods(repair(live)) == {Method.SHIFTED}
    backlog = [event(SEVEN + i * MIN, clock="rtc", age_s=60, delay_ms=HOUR - i * MIN) for i in range(3)]
    assert methods(repair(backlog)) == {Method.RTC}
    assert errors(backlog, repair(backlog)) == [0, 0, 0]


def test_a_clock_that_never_syncs_is_moved_by_the_quickest_receipt_of_its_day():
    boot = [event(SEVEN + i * 10 * MIN, error_ms=7 * MIN, delay_ms=200 + 97 * (i % 5)) for i in range(12)]
    times = repair(boot)
    assert set(errors(boot, times)) == {200}
    assert methods(times) == {Method.SHIFTED}
    assert all(PROMPT_MS <= t.uncertainty_ms < PROMPT_MS + 1_000 for t in times.values())


def test_what_a_device_kept_while_offline_is_repaired_by_the_live_rest_of_the_day():
    offline = [event(SEVEN + i * MIN, error_ms=7 * MIN, delay_ms=7 * HOUR) for i in range(5)]
    live = [event(SEVEN + 8 * HOUR + i * 10 * MIN, error_ms=7 * MIN) for i in range(5)]
    times = repair([*offline, *live])
    assert set(errors(offline, times)) == {300}


def test_each_day_has_its_own_error():
    first = [event(SEVEN + i * HOUR, error_ms=7 * MIN, delay_ms=100) for i in range(3)]
    second = [event(SEVEN + DAY + i * HOUR, error_ms=7 * MIN, delay_ms=900) for i in range(3)]
    times = repair([*first, *second])
    assert (set(errors(first, times)), set(errors(second, times))) == ({100}, {900})


def test_a_day_with_one_event_is_vouched_for_by_another_day_of_the_boot():
    yesterday = [event(SEVEN + i * HOUR, error_ms=7 * MIN) for i in range(3)]
    today = event(SEVEN + DAY, error_ms=7 * MIN)
    assert repair([*yesterday, today])[today.ref].method is Method.SHIFTED
    assert repair([today])[today.ref].method is Method.INTERVAL


def test_a_backlog_without_any_live_event_has_only_an_interval():
    backlog = [event(SEVEN + i * MIN, error_ms=-DAY, delay_ms=5 * HOUR - i * MIN) for i in range(5)]
    times = repair(backlog, not_before_ms=SEVEN - 2 * HOUR)
    assert methods(times) == {Method.INTERVAL}
    assert all(abs(e) <= times[b.ref].uncertainty_ms for b, e in zip(backlog, errors(backlog, times), strict=True))
    assert all(t.best_ms - t.uncertainty_ms == SEVEN - 2 * HOUR for t in times.values())
    assert {t.uncertainty_ms for t in repair(backlog).values()} == {UNBOUNDED_MS}


def test_an_interval_never_ends_before_it_begins():
    assert repair([event(SEVEN)], not_before_ms=SEVEN + HOUR)[f"e{SEVEN}"].uncertainty_ms == 0


def test_a_clock_without_time_or_stepped_within_the_boot_goes_by_uptime():
    unstamped = [event(SEVEN + i * HOUR, stamped=False) for i in range(3)]
    assert set(errors(unstamped, repair(unstamped))) == {300}
    stepped = [event(SEVEN + i * HOUR, error_ms=-i * 400 * DAY) for i in range(3)]
    assert set(errors(stepped, repair(stepped))) == {300}


def test_no_best_time_of_a_clock_that_never_syncs_lies_after_its_receipt():
    boot = [event(SEVEN + i * MIN, error_ms=3 * DAY, delay_ms=(i * 7919) % 50_000) for i in range(50)]
    times = repair(boot)
    assert all(times[e.ref].best_ms <= e.received_ms for e in boot)


@pytest.mark.parametrize(("ahead_ms", "aside"), [(120_000, False), (120_001, True)])
def test_a_repaired_time_two_minutes_after_its_receipt_is_set_aside(ahead_ms, aside):
    stamped = event(SEVEN, clock="ntp", error_ms=ahead_ms, delay_ms=0)
    assert own_time(stamped).set_aside is aside
    lost = event(SEVEN, stamped=False, delay_ms=0)
    assert repair([lost], [SyncPoint(HOUR, SEVEN + ahead_ms)])[lost.ref].set_aside is aside


def test_a_raw_stamp_of_no_quality_is_never_judged_by_itself():
    far = [event(SEVEN + i * HOUR, error_ms=900 * DAY) for i in range(3)]
    assert not any(t.set_aside for t in repair(far).values())


def test_recorded_clocks_can_be_taken_as_exact():
    times = exactly(repair([event(SEVEN + i * HOUR) for i in range(3)]))
    assert {t.uncertainty_ms for t in times.values()} == {0}


def test_nothing_to_repair_gives_nothing():
    assert repair([]) == {}


@settings(deadline=None, max_examples=150)
@given(
    st.lists(
        st.builds(
            event,
            st.integers(SEVEN, SEVEN + 3 * DAY),
            error_ms=st.sampled_from([0, 7 * MIN, -5 * DAY]),
            clock=st.sampled_from(["none", "rtc"]),
            delay_ms=st.integers(0, DAY),
            stamped=st.booleans(),
        ),
        max_size=12,
        unique_by=lambda e: e.ref,
    ),
    st.lists(st.builds(SyncPoint, st.integers(0, DAY), st.just(SEVEN)), max_size=1),
    st.integers(0, 2**32),
)
def test_order_and_repetition_never_matter(boot, points, seed):
    again = [
        Stamped(e.ref, e.uptime_ms, e.utc_ms, e.clock, e.sync_age_s, e.received_ms + later)
        for e in boot
        for later in (0, 5_000, DAY)
    ]
    random.Random(seed).shuffle(again)  # noqa: S311 - a repeatable order, no secret
    assert repair(again, points * 2) == repair(boot, points)


def hourly(day, delay_ms, **facts):
    return [event(SEVEN + day * DAY + i * HOUR, error_ms=7 * MIN, delay_ms=delay_ms, **facts) for i in range(3)]


def unsure_ms(times, event):
    return times[event.ref].uncertainty_ms


def test_a_live_day_is_as_sure_as_its_prompt_deliveries_agree():
    even = hourly(0, 300)
    assert unsure_ms(repair(even), even[0]) == 2_000 + 2 * 72  # what even a prompt delivery takes, and two hours' drift
    uneven = [*even, event(SEVEN + 90 * MIN, error_ms=7 * MIN, delay_ms=2_300), event(SEVEN + MIN, delay_ms=9 * HOUR)]
    assert unsure_ms(repair(uneven[:4]), even[0]) == PROMPT_MS + 2 * 72 + 2_000 // 4


def test_a_live_day_slower_than_another_of_the_boot_is_less_sure_by_as_much():
    first, second = hourly(0, 300), hourly(1, 4_300)
    times = repair([*first, *second])
    wander_ms = 26 * 72
    assert unsure_ms(times, first[0]) == PROMPT_MS + 2 * 72
    assert unsure_ms(times, second[0]) == PROMPT_MS + 2 * 72 + 4_000 - wander_ms


def test_a_live_day_needs_nobody_to_vouch_for_it():
    first, second = hourly(0, 300), hourly(1, 60_300)
    times = repair([*first, *second])
    assert methods(times) == {Method.SHIFTED}
    assert errors(second, times) == [60_300] * 3
    assert unsure_ms(times, second[0]) == PROMPT_MS + 2 * 72 + 60_000 - 26 * 72


@pytest.mark.parametrize(("slower_ms", "method"), [(6_728, Method.SHIFTED), (6_729, Method.INTERVAL)])
def test_another_day_vouches_only_for_a_delay_like_its_own(slower_ms, method):
    today = event(SEVEN + DAY, error_ms=7 * MIN, delay_ms=300 + slower_ms)
    assert repair([*hourly(0, 300), today])[today.ref].method is method


@pytest.mark.parametrize(("apart_ms", "method"), [(MIN, Method.INTERVAL), (MIN + 1, Method.SHIFTED)])
def test_a_live_link_is_proved_by_events_more_than_a_minute_apart(apart_ms, method):
    boot = [event(SEVEN), event(SEVEN + apart_ms)]
    assert methods(repair(boot)) == {method}


@pytest.mark.parametrize(("spread_ms", "method"), [(5_000, Method.SHIFTED), (5_001, Method.INTERVAL)])
def test_what_is_sent_as_it_happens_arrives_with_delays_within_five_seconds(spread_ms, method):
    boot = [event(SEVEN), event(SEVEN + HOUR, delay_ms=300 + spread_ms)]
    times = repair(boot)
    assert methods(times) == {method}
    if method is Method.SHIFTED:  # both were prompt, so the quickest of two lies within half of their spread
        assert unsure_ms(times, boot[0]) == PROMPT_MS + 2_500 + 72


@pytest.mark.parametrize(("delay_ms", "method"), [(5_002, Method.RTC), (5_003, Method.SHIFTED)])
def test_an_rtc_may_be_slow_by_its_doubt_and_what_a_live_link_takes(delay_ms, method):
    boot = [event(SEVEN + i * HOUR, clock="rtc", age_s=60, delay_ms=delay_ms) for i in range(3)]
    assert methods(repair(boot)) == {method}


@pytest.mark.parametrize("stamped", [True, False])
def test_the_last_millisecond_of_a_day_is_not_of_the_next_one(stamped):
    midnight = SEVEN - 7 * HOUR - (0 if stamped else 100)  # by uptime, a day is that of the quickest receipt
    ends = [event(midnight - 1, delay_ms=100, stamped=stamped), event(midnight, delay_ms=900, stamped=stamped)]
    assert errors(ends, repair(ends)) == [100, 900]


def test_days_of_a_clock_without_time_end_at_midnight_in_viet_nam():
    midnight = SEVEN - 7 * HOUR
    ends = (HOUR // 2, 23 * HOUR + HOUR // 2)
    booted = {"stamped": False, "booted_ms": midnight - HOUR}
    first = [event(midnight + at, delay_ms=100, **booted) for at in ends]
    kept = event(midnight + 9 * HOUR, delay_ms=16 * HOUR, **booted)
    second = [event(midnight + DAY + at, delay_ms=900, **booted) for at in ends]
    times = repair([*first, kept, *second])
    assert errors([*first, kept, *second], times) == [100, 100, 100, 900, 900]


@pytest.mark.parametrize(("slewed_ms", "by_stamp"), [(2_144, True), (2_145, False)])
def test_a_clock_slewed_by_two_seconds_is_still_steady(slewed_ms, by_stamp):
    boot = [event(SEVEN), event(SEVEN + HOUR), event(SEVEN + 2 * HOUR, error_ms=slewed_ms)]
    found = errors(boot, repair(boot))
    assert found == ([300 - slewed_ms, 300 - slewed_ms, 300] if by_stamp else [300, 300, 300])


def test_one_event_kept_offline_does_not_discredit_a_good_rtc():
    boot = [event(SEVEN + i * HOUR, clock="rtc", age_s=60, delay_ms=d) for i, d in enumerate((300, 300, HOUR))]
    assert methods(repair(boot)) == {Method.RTC}


def test_an_rtc_is_distrusted_only_beyond_its_worst_uncertainty():
    ages = (60, 60, None)  # nobody knows the last: it may be five minutes wrong
    boot = [event(SEVEN + i * HOUR, clock="rtc", error_ms=-200 * S, age_s=a) for i, a in enumerate(ages)]
    assert methods(repair(boot)) == {Method.RTC}
    assert methods(repair(boot[:2])) == {Method.SHIFTED}


def test_a_date_years_off_after_a_reboot_is_repaired_within_that_boot_alone():
    before = [event(SEVEN + i * HOUR, error_ms=7 * MIN) for i in range(3)]
    later = [
        event(SEVEN + DAY + i * HOUR, error_ms=-3_000 * DAY, booted_ms=SEVEN + 20 * HOUR, delay_ms=300 + 200 * (i % 2))
        for i in range(4)
    ]
    times = repair(before) | repair(later)
    assert errors([*before, *later], times) == [300] * 7
    assert methods(times) == {Method.SHIFTED}
    assert not any(t.set_aside for t in times.values())
