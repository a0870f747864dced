"""The only reader of time at the edge: utc, boot id, uptime, and how far utc can be trusted.

Uptime counts from boot and never jumps (CLOCK_BOOTTIME: it also runs while the machine sleeps); utc may be unknown,
wrong or set at any moment. Central works out the true time from both, so the station only says what it sees and when
its clock was set. A scaled clock (demonstrations) lets utc and uptime run faster; timers of readers, door, keepalive
and resending run in real time by `mono_ns`.
"""

import struct
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from edge.settings import ClockSettings
from edge.wire.events import Clock as Quality
from edge.wire.events import ClockSet, Stamp

BUILD_UTC_MS = 1_795_305_600_000
"""2026-11-22T00:00Z: no event was made before this program was."""
FLOOR_SLACK_MS = 600_000
"""How far a battery clock may lag behind a time that is known to have passed before it is taken for unset."""
STEP_MS = 200
"""A difference between utc and uptime of this much since the last look is a step: NTP slews at most 0.5 ms a second."""
MAX_FLOOR_AHEAD_MS = 20 * 365 * 86_400_000
"""Acknowledgements are not signed: none may move the floor beyond this after the build date."""

_TIMEX, _TIMEX_ROOM = "@Illlli", 512
"""`struct timex` of adjtimex(2) up to `status`: modes, offset, freq, maxerror, esterror, status; with room to spare."""
_TIME_ERROR = 5
_STA_UNSYNC = 0x40
_SYNCHRONIZED = Path("/run/systemd/timesync/synchronized")


@dataclass(frozen=True, slots=True)
class Trust:
    """How far the system's utc can be trusted, and the age of its last sync in seconds (None = not known)."""

    quality: Quality
    sync_age_s: int | None = None


class Clock(Protocol):
    """What every other file knows of time."""

    @property
    def boot(self) -> str:
        """The id of this boot: uptimes of one boot can be compared."""

    def stamp(self) -> Stamp:
        """Now: uptime, utc (None when unknown) and its quality."""

    def mono_ns(self) -> int:
        """Real monotonic nanoseconds, for timers; never stamped on an event."""

    def real_s(self, seconds: float) -> float:
        """How long `seconds` of this clock last in real seconds."""

    def step(self, now: Stamp | None = None) -> ClockSet | None:
        """Whether the clock was set between the last call and `now` (None = this moment); None = it was not."""

    def earliest_ms(self) -> int:
        """Utc is at least this, even where it is not known."""

    def certain_ms(self) -> int:
        """A utc that has certainly passed, however wrong a battery clock is: the time by which certificates expire."""

    def passed(self, utc_ms: int) -> None:
        """Central said `utc_ms`: that moment has passed, an unsynchronised clock behind it is wrong."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the figures come from: real utc and uptime in ns, monotonic ns, trust, the id of the boot."""

    utc_ns: Callable[[], int]
    uptime_ns: Callable[[], int]
    mono_ns: Callable[[], int]
    trust: Callable[[], Trust]
    boot: str


class StationClock:
    """The clock of a station over `Sources`, as `ClockSettings` bend it. floor_ms: a utc known to have passed."""

    def __init__(self, sources: Sources, settings: ClockSettings, floor_ms: int = BUILD_UTC_MS) -> None:
        self._sources = sources
        self._settings = settings
        self._floor_ms = floor_ms
        self._last: Stamp | None = None

    @property
    def boot(self) -> str:
        """The id of this boot."""
        return self._sources.boot

    @property
    def floor_ms(self) -> int:
        """The latest utc that is known to have passed: kept over restarts, and the lower bound of time for TLS."""
        return self._floor_ms

    def stamp(self) -> Stamp:
        """Now. A clock that is not synchronised and behind the floor was never set: its utc is unknown."""
        trust = self._trust()
        utc_ms = self._utc_ms()
        uptime_ms = self._uptime_ms()
        behind = trust.quality is Quality.RTC and utc_ms < self._floor_ms - FLOOR_SLACK_MS
        if trust.quality is Quality.NONE or behind or utc_ms < 0:
            return Stamp(uptime_ms, None, Quality.NONE)
        return Stamp(uptime_ms, utc_ms, trust.quality, trust.sync_age_s)

    def mono_ns(self) -> int:
        """Real monotonic nanoseconds."""
        return self._sources.mono_ns()

    def real_s(self, seconds: float) -> float:
        """How long `seconds` of this clock last in real seconds."""
        return seconds / self._rate()

    def step(self, now: Stamp | None = None) -> ClockSet | None:
        """Whether the clock was set since the last call. A first utc, or a better source, counts as set.

        now: a stamp taken earlier, by whoever catches up with what happened meanwhile.
        """
        last, now = self._last, now or self.stamp()
        if last is not None and now.uptime_ms < last.uptime_ms:
            return None
        self._last = now
        if last is None or now.utc_ms is None:
            return None
        expected = None if last.utc_ms is None else last.utc_ms + now.uptime_ms - last.uptime_ms
        gained = last.clock is not Quality.NTP and now.clock is Quality.NTP
        if expected is not None and not gained and abs(now.utc_ms - expected) < STEP_MS * self._rate():
            return None
        return ClockSet(expected, now.utc_ms, _setter(last, now))

    def earliest_ms(self) -> int:
        """Utc is at least this: now, or the floor of a clock that knows nothing."""
        utc_ms = self.stamp().utc_ms
        return self._floor_ms if utc_ms is None else utc_ms

    def certain_ms(self) -> int:
        """The synchronised clock, or the floor: a battery clock that is years ahead must not lock a station out."""
        stamp = self.stamp()
        return stamp.utc_ms if stamp.clock is Quality.NTP and stamp.utc_ms is not None else self._floor_ms

    def passed(self, utc_ms: int) -> None:
        """Raise the floor to `utc_ms`; a synchronised clock knows better and sets it to its own time."""
        stamp = self.stamp()
        if stamp.clock is Quality.NTP and stamp.utc_ms is not None:
            self._floor_ms = max(BUILD_UTC_MS, stamp.utc_ms)
        elif utc_ms < BUILD_UTC_MS + MAX_FLOOR_AHEAD_MS:
            self._floor_ms = max(self._floor_ms, utc_ms)

    def _utc_ms(self) -> int:
        set_ = self._settings
        real_ms = self._sources.utc_ns() // 1_000_000
        utc_ms = set_.epoch_ms + self._lived_ms(real_ms) if set_.source == "scaled" else real_ms
        return utc_ms + set_.offset_ms

    def _uptime_ms(self) -> int:
        up_ms = self._sources.uptime_ns() // 1_000_000
        if self._settings.source != "scaled":
            return up_ms
        real_ms = self._sources.utc_ns() // 1_000_000
        return self._lived_ms(real_ms) - self._lived_ms(real_ms - up_ms)

    def _lived_ms(self, real_ms: int) -> int:
        """Milliseconds of the scaled time between its start and a moment of real time; negative before the start."""
        set_ = self._settings
        passed_ms = real_ms - set_.started_real_ms
        fast_ms = min(passed_ms, set_.fast_ms / set_.scale) if set_.fast_ms else passed_ms
        return int(fast_ms * set_.scale + (passed_ms - fast_ms))

    def _rate(self) -> float:
        """How many seconds of this clock pass in a real one, now."""
        set_ = self._settings
        if set_.source != "scaled":
            return 1.0
        over = set_.fast_ms and self._lived_ms(self._sources.utc_ns() // 1_000_000) >= set_.fast_ms
        return 1.0 if over else set_.scale

    def _trust(self) -> Trust:
        said = self._settings.quality
        return self._sources.trust() if said == "auto" else Trust(Quality(said))


def _setter(last: Stamp, now: Stamp) -> str:
    """Who set the clock: NTP, the battery clock (only from nothing), or somebody by hand."""
    if now.clock is Quality.NTP:
        return "ntp"
    return "rtc" if last.utc_ms is None else "hand"


def system_sources(trust: Callable[[], Trust]) -> Sources:
    """The figures of this machine. Raises OSError where /proc has no boot id."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return Sources(time.time_ns, lambda: time.clock_gettime_ns(time.CLOCK_BOOTTIME), time.monotonic_ns, trust, boot)


def open_clock(settings: ClockSettings, floor_ms: int = BUILD_UTC_MS) -> StationClock:
    """The clock of this machine. floor_ms: the last utc saved before this start."""
    said = settings.quality
    trust: Callable[[], Trust] = KernelTrust() if said == "auto" else lambda: Trust(Quality(said))
    return StationClock(system_sources(trust), settings, max(BUILD_UTC_MS, floor_ms))


class KernelTrust:
    """What the kernel says of its clock: disciplined by NTP (adjtimex), set from a battery clock, or neither."""

    def __init__(self) -> None:
        import ctypes  # only for those who ask the kernel

        self._adjtimex = ctypes.CDLL(None).adjtimex
        self._new_buffer = ctypes.create_string_buffer

    def __call__(self) -> Trust:
        """The trust now; asking costs a system call and one stat."""
        timex = self._new_buffer(_TIMEX_ROOM)  # zeros, so modes is 0: only ask
        state = self._adjtimex(timex)
        status = struct.unpack_from(_TIMEX, timex)[-1]
        if state not in (-1, _TIME_ERROR) and not status & _STA_UNSYNC:
            return Trust(Quality.NTP, _age_s(_SYNCHRONIZED))
        return Trust(Quality.RTC if _set_from_rtc(Path("/sys/class/rtc").glob("*/hctosys")) else Quality.NONE)


def _age_s(touched: Path) -> int | None:
    """Seconds since systemd-timesyncd last reached its server; None under another NTP client."""
    try:
        return max(0, int(time.time() - touched.stat().st_mtime))
    except OSError:
        return None


def _set_from_rtc(flags: Iterable[Path]) -> bool:
    """Whether the kernel took the time from a battery clock at boot (`hctosys` of some rtc is 1)."""
    try:
        return any(flag.read_text(encoding="ascii").strip() == "1" for flag in flags)
    except OSError:
        return False
