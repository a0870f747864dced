"""Times of recorded boots, by the rules of the office format: exact, whatever the clock did."""

import datetime as dt

from central.recorded import boot_name, is_recorded, recorded_times
from central.timing import Method, Stamped, SyncPoint

MIDNIGHT_MS = 1_541_955_600_000
"""2018-11-12 00:00 in Vietnam."""
HOUR_MS, DAY_MS = 3_600_000, 86_400_000


def punch(ref, *, stamp=None, uptime=0, received, clock="none"):
    utc_ms = None if stamp is None else MIDNIGHT_MS + stamp
    return Stamped(ref, uptime, utc_ms, clock, None, MIDNIGHT_MS + received)


def times(*events, points=()):
    """ref -> ms after midnight."""
    found = recorded_times(events, points)
    assert all(t.uncertainty_ms == 0 and not t.set_aside for t in found.values())
    return {ref: timed.best_ms - MIDNIGHT_MS for ref, timed in found.items()}


def test_a_synced_stamp_is_true_even_if_it_was_received_before():
    assert times(punch("a", stamp=8 * HOUR_MS, received=HOUR_MS, clock="ntp")) == {"a": 8 * HOUR_MS}


def test_a_sync_point_dates_the_whole_boot_without_any_doubt_about_drift():
    point = SyncPoint(6_000_000, MIDNIGHT_MS + 8 * HOUR_MS)
    early = punch("a", stamp=-5 * DAY_MS, uptime=1_000, received=9 * HOUR_MS)
    late = punch("b", stamp=-5 * DAY_MS, uptime=6_000_000 + 4 * DAY_MS, received=9 * DAY_MS)
    assert times(early, late, points=[point]) == {"a": 8 * HOUR_MS - 5_999_000, "b": 8 * HOUR_MS + 4 * DAY_MS}


def test_without_a_sync_point_a_synced_punch_dates_its_neighbours():
    known = punch("a", stamp=8 * HOUR_MS, uptime=10_000, received=8 * HOUR_MS, clock="ntp")
    other = punch("b", stamp=0, uptime=70_000, received=9 * HOUR_MS)
    assert times(known, other) == {"a": 8 * HOUR_MS, "b": 8 * HOUR_MS + 60_000}


def test_a_clock_that_was_never_set_has_one_error_a_date_in_full_seconds():
    fast = [punch("a", stamp=420_000, received=536), punch("b", stamp=480_000, received=70_000)]
    slow = punch("c", stamp=DAY_MS, received=DAY_MS + 5_999)
    assert times(*fast, slow) == {"a": 0, "b": 60_000, "c": DAY_MS + 5_000}
    found = recorded_times([*fast, slow], [])
    assert {timed.method for timed in found.values()} == {Method.SHIFTED}


def test_the_error_of_a_date_is_the_smallest_whatever_the_order():
    events = [punch(str(n), stamp=n * 1_000, received=n * 1_000 + delay) for n, delay in enumerate((900, 7_000, 2_500))]
    assert times(*events) == times(*reversed(events)) == {"0": 0, "1": 1_000, "2": 2_000}


def test_without_any_stamp_the_uptime_serves():
    bare = [punch("a", uptime=5_000, received=8 * HOUR_MS), punch("b", uptime=9_000, received=9 * HOUR_MS)]
    assert times(*bare) == {"a": 8 * HOUR_MS, "b": 8 * HOUR_MS + 4_000}


def test_boots_of_two_recordings_are_two_boots():
    first, other = (boot_name(dt.date(2018, 11, day), "1") for day in (12, 19))
    assert first != other
    assert is_recorded(first) and not is_recorded("0f2a")
