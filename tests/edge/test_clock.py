"""What the station knows of time, and how it says that it knows nothing."""

from pathlib import Path

from edge.clock import BUILD_UTC_MS, FLOOR_SLACK_MS, Sources, StationClock, Trust, _age_s, _set_from_rtc, open_clock
from edge.settings import ClockSettings
from edge.wire.events import Clock as Quality
from edge.wire.events import ClockSet

NOON = BUILD_UTC_MS + 12 * 3_600_000


class Machine:
    """A machine whose clock and battery are in the test's hand."""

    def __init__(self, utc_ms: int = NOON, quality: Quality = Quality.NTP) -> None:
        self.utc_ms = utc_ms
        self.uptime_ms = 5_000
        self.trust = Trust(quality)

    def pass_ms(self, ms: int) -> None:
        self.utc_ms += ms
        self.uptime_ms += ms

    def sources(self) -> Sources:
        return Sources(
            lambda: self.utc_ms * 1_000_000,
            lambda: self.uptime_ms * 1_000_000,
            lambda: self.uptime_ms * 1_000_000,
            lambda: self.trust,
            "boot-1",
        )


def clock(machine: Machine, floor_ms: int = BUILD_UTC_MS, **settings: object) -> StationClock:
    return StationClock(machine.sources(), ClockSettings(**settings), floor_ms)


def test_a_synchronised_clock_says_its_utc_and_the_age_of_its_sync():
    machine = Machine()
    machine.trust = Trust(Quality.NTP, 17)
    stamp = clock(machine).stamp()
    assert (stamp.uptime_ms, stamp.utc_ms, stamp.clock, stamp.sync_age_s) == (5_000, NOON, Quality.NTP, 17)


def test_a_clock_that_was_never_set_has_no_utc_but_an_uptime():
    stamp = clock(Machine(utc_ms=3, quality=Quality.NONE)).stamp()
    assert (stamp.uptime_ms, stamp.utc_ms, stamp.clock) == (5_000, None, Quality.NONE)


def test_a_battery_clock_behind_a_time_that_has_passed_was_never_set():
    machine = Machine(quality=Quality.RTC)
    here = clock(machine)
    assert here.stamp().utc_ms == NOON
    here.passed(NOON + FLOOR_SLACK_MS)
    assert here.stamp().utc_ms == NOON
    here.passed(NOON + FLOOR_SLACK_MS + 1)
    assert here.stamp().utc_ms is None
    assert clock(Machine(utc_ms=0, quality=Quality.RTC)).stamp().clock is Quality.NONE


def test_a_synchronised_clock_is_believed_against_a_forged_acknowledgement():
    machine = Machine()
    here = clock(machine, floor_ms=NOON + 10**9)
    here.passed(NOON + 10**10)
    assert here.stamp().utc_ms == NOON
    assert here.floor_ms == NOON


def test_no_acknowledgement_moves_the_floor_into_another_age():
    here = clock(Machine(quality=Quality.RTC))
    here.passed(10**15)
    assert here.floor_ms == BUILD_UTC_MS


def test_time_that_passes_is_no_step():
    machine = Machine()
    here = clock(machine)
    assert here.step() is None
    for _ in range(100):
        machine.pass_ms(1_000)
        machine.utc_ms += 1
        assert here.step() is None


def test_a_step_names_the_time_before_and_after():
    machine = Machine()
    here = clock(machine)
    here.step()
    machine.pass_ms(1_000)
    machine.utc_ms -= 3_600_000
    assert here.step() == ClockSet(NOON + 1_000, NOON + 1_000 - 3_600_000, "ntp")
    assert here.step() is None


def test_a_clock_set_by_hand_says_so():
    machine = Machine(quality=Quality.RTC)
    here = clock(machine)
    here.step()
    machine.utc_ms += 60_000
    assert here.step() == ClockSet(NOON, NOON + 60_000, "hand")


def test_the_first_utc_of_a_boot_is_a_step_from_nothing():
    machine = Machine(utc_ms=100, quality=Quality.NONE)
    here = clock(machine)
    assert here.step() is None
    machine.pass_ms(10_000)
    assert here.step() is None
    machine.utc_ms, machine.trust = NOON, Trust(Quality.NTP)
    assert here.step() == ClockSet(None, NOON, "ntp")


def test_a_battery_clock_that_ntp_confirms_is_a_sync_point():
    machine = Machine(quality=Quality.RTC)
    here = clock(machine)
    here.step()
    machine.pass_ms(1_000)
    machine.trust = Trust(Quality.NTP)
    assert here.step() == ClockSet(NOON + 1_000, NOON + 1_000, "ntp")


def test_a_battery_clock_that_appears_late_is_a_step_from_nothing():
    machine = Machine(quality=Quality.NONE)
    here = clock(machine)
    here.step()
    machine.trust = Trust(Quality.RTC)
    assert here.step() == ClockSet(None, NOON, "rtc")


def test_a_scaled_clock_runs_utc_and_uptime_faster_but_not_the_timers():
    machine = Machine()
    here = clock(machine, source="scaled", scale=60.0, epoch_ms=NOON + 7, started_real_ms=NOON, quality="ntp")
    before, mono = here.stamp(), here.mono_ns()
    machine.pass_ms(1_000)
    after = here.stamp()
    assert before.utc_ms == NOON + 7
    assert (after.utc_ms, after.uptime_ms) == (NOON + 7 + 60_000, before.uptime_ms + 60_000)
    assert here.mono_ns() - mono == 1_000_000_000
    assert here.real_s(60) == 1.0
    assert here.step() is None
    machine.pass_ms(1_000)
    assert here.step() is None


def test_a_scaled_clock_can_slow_down_to_the_worlds_pace():
    machine = Machine()
    here = clock(machine, source="scaled", scale=60.0, epoch_ms=NOON, started_real_ms=NOON, fast_ms=120_000)
    machine.pass_ms(2_000)
    before = here.stamp()
    machine.pass_ms(5_000)
    after = here.stamp()
    assert before.utc_ms == NOON + 120_000
    assert (after.utc_ms, after.uptime_ms - before.uptime_ms) == (NOON + 125_000, 5_000)
    assert here.real_s(60) == 60.0
    assert here.step() is None


def test_quality_and_offset_can_be_bent_for_tests():
    here = clock(Machine(quality=Quality.NONE), quality="rtc", offset_ms=-5_000)
    assert here.stamp().utc_ms == NOON - 5_000
    assert here.stamp().clock is Quality.RTC


def test_this_machine_has_a_boot_and_an_uptime_that_grows():
    here = open_clock(ClockSettings())
    first, second = here.stamp(), here.stamp()
    assert len(here.boot) == 36
    assert 0 < first.uptime_ms <= second.uptime_ms
    assert first.clock in Quality


def test_the_kernel_says_whether_a_battery_clock_set_the_time(tmp_path: Path):
    flag = tmp_path / "hctosys"
    flag.write_text("0\n")
    assert not _set_from_rtc([flag])
    flag.write_text("1\n")
    assert _set_from_rtc([flag])
    assert not _set_from_rtc([tmp_path / "none"])
    assert _age_s(tmp_path / "none") is None
    assert _age_s(flag) == 0
