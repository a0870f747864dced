"""The words the rules are written in: what is known about one person's work date, and what is said about it.

Every instant is an aware datetime; use `LOCAL` (Asia/Ho_Chi_Minh) for all of them, which is also the fastest. Rules
compare in full seconds. Nothing here reads a clock, a disk or a setting.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from enum import StrEnum

LOCAL = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")
"""Viet Nam has had no daylight saving time since 1975: a fixed offset needs no time zone files."""

ZERO = timedelta(0)


class Outcome(StrEnum):
    """What became of a session."""

    PRESENT = "present"
    INCOMPLETE = "incomplete"
    ABSENT = "absent"
    PENDING = "pending"
    LEAVE = "leave"
    TRIP = "trip"
    STUDY = "study"
    FIELD_DUTY = "field_duty"
    HOLIDAY = "holiday"


class Flag(StrEnum):
    """What is remarked on a session; the order of definition is the order in which flags are shown."""

    LATE = "late"
    EARLY_LEAVE = "early_leave"
    MISSING_IN = "missing_in"
    MISSING_OUT = "missing_out"
    NEEDS_CHECKING = "needs_checking"


class DayStatus(StrEnum):
    """The sessions of a work date folded to one word."""

    PRESENT = "present"
    HALF_DAY = "half_day"
    ABSENT = "absent"
    INCOMPLETE = "incomplete"
    PENDING = "pending"
    ON_LEAVE = "on_leave"
    HALF_LEAVE_PRESENT = "half_leave_present"
    HALF_LEAVE_ABSENT = "half_leave_absent"
    FIELD_DUTY = "field_duty"
    HOLIDAY = "holiday"
    DAY_OFF = "day_off"
    NOT_EMPLOYED = "not_employed"


class PlanKind(StrEnum):
    """Why a person is not due at the door; the order of definition is the precedence, strongest first."""

    HOLIDAY = "holiday"
    LEAVE = "leave"
    TRIP = "trip"
    STUDY = "study"
    FIELD_DUTY = "field_duty"


class Basis(StrEnum):
    """What a session's verdict rests on."""

    PLAN = "plan"
    MANUAL = "manual"
    PUNCHES = "punches"


class Cause(StrEnum):
    """Why something is not asserted: the first two make a session pending, the others need checking."""

    NOT_OVER = "not_over"
    """The session's close lies at or after now: `start` to `end` is now to close."""
    UNDELIVERED = "undelivered"
    """A door waited for has not delivered past `end`; delivered up to `start`."""
    DOORS_DOWN = "doors_down"
    """All office doors were down at once from `start` to `end`, inside the span that the assertion rests on."""
    CLOCK = "clock"
    """The answer changes within the uncertainty of the taps' times; `start` to `end` is where they may lie."""
    FORK = "fork"
    """The device's journal contradicts itself: its taps count in the person's favour."""
    SET_ASIDE = "set_aside"
    """A tap's repaired time lies after its receipt; it is not counted."""
    OUTING = "outing"
    """"Field duty" was pressed without a plan: in the field from `start` to `end` (None: as far as the date goes)."""


class Outing(StrEnum):
    """What the person said at the door with the field duty button, as wire.md's remarks `field_out` and `field_in`."""

    NONE = ""
    OUT = "out"
    IN = "in"


class HolidayPunch(StrEnum):
    """What taps on a holiday do."""

    IGNORE = "ignore"
    COUNT = "count"
    EXTRA = "extra"
    """The day stays a holiday, and the time from the first to the last tap is proposed as overtime."""


class TapPairing(StrEnum):
    """Which taps of a session are IN and OUT (PAIRING)."""

    FIRST_LAST = "first_last"
    ALTERNATING = "alternating"
    """In, out, in, out ...: what lies between an OUT and the next IN is not worked; an odd number asks for the OUT."""


class NightDate(StrEnum):
    """To which date the time worked in a shift across midnight belongs (NIGHT_DATE); its verdict is its start's."""

    START = "start"
    MIDNIGHT = "midnight"
    """To each date what was worked on it."""


class Resolution(StrEnum):
    """How exactly taps are compared with a boundary (GRACE_RESOLUTION)."""

    SECOND = "second"
    MINUTE = "minute"
    """A tap is cut to its minute first: 07:05:59 is 07:05."""


class LateBase(StrEnum):
    """From where the minutes of lateness count, once somebody is late (LATE_BASE); early leaves likewise."""

    SCHEDULE = "schedule"
    GRACE = "grace"
    """From the end of grace: six minutes late with five minutes' grace is one."""


class Rounding(StrEnum):
    """How seconds become whole minutes (MINUTE_ROUNDING)."""

    FLOOR = "floor"
    CEIL = "ceil"
    NEAREST = "nearest"


class Worked(StrEnum):
    """Which time counts as worked (WORKED_CLIP, THRESHOLD_BASE)."""

    CLIPPED = "clipped"
    """The part inside the scheduled session."""
    RAW = "raw"
    """From IN to OUT."""


class SinglePunch(StrEnum):
    """Which end a lone tap is (SINGLE_PUNCH_SIDE)."""

    NEARER = "nearer"
    IN = "in"


class WindowSplit(StrEnum):
    """Where neighbouring windows that meet are split (WINDOW_SPLIT)."""

    MIDDLE = "middle"
    LATER = "later"
    """The later session owns everything after the earlier one's end that its own window reaches."""


class LunchTaps(StrEnum):
    """What two or more taps between two sessions are (LUNCH_TAPS)."""

    PAIR = "pair"
    """The OUT of the earlier and the IN of the later, even on one side of the middle."""
    WINDOW = "window"
    """Each belongs to the window in which it lies."""


class LeaveTaps(StrEnum):
    """Who wins where leave and taps contradict each other (LEAVE_OVERRIDES); the conflict is shown either way."""

    LEAVE = "leave"
    TAPS = "taps"
    """A session with an IN and an OUT is judged by its taps although it is covered by leave."""


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` up to `end`."""

    start: datetime
    end: datetime

    def overlap(self, other: "Span") -> "Span | None":
        """The stretch common to both; None when it is not longer than nothing."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Span(start, end) if start < end else None


@dataclass(frozen=True, slots=True)
class Session:
    """A span of the shift in which the person is due at the office (buổi); it may end on the next date.

    `window_before` and `window_after` say how far before the start and after the end a tap still belongs to it; None
    sets no limit: the whole date, up to the middle of the gap to a neighbouring session.
    """

    name: str  # "AM", "PM", ... unique within the date
    start: datetime
    end: datetime
    grace_late: timedelta = ZERO
    grace_early: timedelta = ZERO
    window_before: timedelta | None = None
    window_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Tap:
    """One punch of the person, whatever badge and device, at its best known time.

    `uncertainty`: the true time lies within `at` ± this; less than a second is no uncertainty, for rules compare in
    full seconds. `forked`: an open fork of its journal; it counts in the person's favour and the day needs checking.
    `outing`: the person pressed "field duty" before it.
    `ref` names the stored event, so that a verdict can explain itself; the same event given twice is one tap.
    """

    at: datetime
    ref: str = ""
    device: str = ""
    uncertainty: timedelta = ZERO
    forked: bool = False
    outing: Outing = Outing.NONE


@dataclass(frozen=True, slots=True)
class Plan:
    """A session (or, without one, the whole date) on which the person is not due at the door."""

    kind: PlanKind
    session: str | None = None  # the session's name; None covers the whole date
    symbol: str = ""  # the timesheet's sign; "" takes the usual one of the kind
    document: str = ""
    ref: str = ""

    def covers(self, session: Session) -> bool:
        return self.session is None or self.session == session.name


@dataclass(frozen=True, slots=True)
class ManualEntry:
    """An approved entry that stands for a session's taps; an end left None is taken from the taps."""

    session: str
    time_in: datetime | None
    time_out: datetime | None
    document: str = ""
    ref: str = ""


@dataclass(frozen=True, slots=True)
class OutingDecision:
    """What a person decided about an outing by the button; `taps` are the refs of taps that tell of it. Approved, its
    sessions have a plan of their own; either way the doors alone say the rest."""

    taps: frozenset[str]
    approved: bool
    ref: str = ""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What is known about the doors at the moment of judging.

    `now`: the moment of asking; None when the day is long over. `delivered_until`: up to when every door waited for has
    delivered; None when everything is. A door that never delivered is said by an instant before the work date.
    `down`: when all the person's office doors were down at once (see `central.rules.doors.all_down`).
    """

    now: datetime | None = None
    delivered_until: datetime | None = None
    down: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """Choices of the office, each with the usual default; 0 switches a threshold, the folding of taps and flexible
    hours off. Their names in files, and the names of the recorded cases: `central.rules.policy`.

    required_taps: 4 = every session in and out; 2 = first in, last out of the day, lunch is assumed and said so.
    flexible: how much earlier or later a session may be begun when it is left as much earlier or later.
    rounding_table: for each of the 60 minutes past a full hour, as how many it counts; empty = `rounding` alone.
    """

    dedup: timedelta = timedelta(seconds=60)
    half_day_under: timedelta = ZERO
    absent_under: timedelta = ZERO
    threshold_base: Worked = Worked.RAW
    worked: Worked = Worked.CLIPPED
    holiday_punch: HolidayPunch = HolidayPunch.IGNORE
    leave_taps: LeaveTaps = LeaveTaps.LEAVE
    resolution: Resolution = Resolution.SECOND
    late_base: LateBase = LateBase.SCHEDULE
    rounding: Rounding = Rounding.FLOOR
    rounding_table: tuple[int, ...] = ()
    pairing: TapPairing = TapPairing.FIRST_LAST
    night_date: NightDate = NightDate.START
    single_punch: SinglePunch = SinglePunch.NEARER
    window_split: WindowSplit = WindowSplit.MIDDLE
    lunch_taps: LunchTaps = LunchTaps.PAIR
    required_taps: int = 4
    flexible: timedelta = ZERO


@dataclass(frozen=True, slots=True)
class Day:
    """All facts about one person and one work date.

    `sessions` in order of time; none on a day off. `taps` in any order, repeated or not, from the start of the date
    before up to the end of the date after (those outside this date's windows are left alone, but a group of taps may
    begin before midnight). `set_aside`: taps that are not counted and whose own or receipt's date is this one.
    `rostered`: on the duty roster, which makes it a workday. `previous` and `following`: the last session of the date
    before and the first of the date after, needed only where windows may reach across midnight. `decided`: outings by
    the button that nobody has to ask about any more.
    """

    work_date: date
    sessions: tuple[Session, ...]
    taps: tuple[Tap, ...] = ()
    plans: tuple[Plan, ...] = ()
    manual: tuple[ManualEntry, ...] = ()
    coverage: Coverage = field(default_factory=Coverage)
    employed: bool = True
    rostered: bool = False
    set_aside: tuple[Tap, ...] = ()
    policy: Policy = field(default_factory=Policy)
    previous: Session | None = None
    following: Session | None = None
    decided: tuple[OutingDecision, ...] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is pending or needs checking. `withheld`: the assertion that would otherwise have been made."""

    cause: Cause
    start: datetime | None = None
    end: datetime | None = None
    withheld: Flag | Outcome | None = None
    taps: tuple[Tap, ...] = ()


@dataclass(frozen=True, slots=True)
class SessionVerdict:
    """What is said about one session, and what it rests on.

    Minutes are whole and never negative: late from the scheduled start, early to the scheduled end, worked inside the
    scheduled session. `taps` are all that belong to the session, counted or not (also beside a plan: a conflict to be
    shown); `in_tap` and `out_tap` those that gave `time_in` and `time_out`, None when a manual entry did. `assumed_in`,
    `assumed_out`: nobody tapped there, the office asks for two taps a day (required_taps) and the hours are taken.
    `away`: from an OUT to the next IN, where taps alternate: not worked.
    """

    session: Session
    outcome: Outcome
    flags: tuple[Flag, ...] = ()
    time_in: datetime | None = None
    time_out: datetime | None = None
    late_min: int = 0
    early_min: int = 0
    worked_min: int = 0
    symbol: str = ""
    basis: Basis = Basis.PUNCHES
    in_tap: Tap | None = None
    out_tap: Tap | None = None
    taps: tuple[Tap, ...] = ()
    plan: Plan | None = None
    manual: ManualEntry | None = None
    reasons: tuple[Reason, ...] = ()
    assumed_in: bool = False
    assumed_out: bool = False
    away: tuple[Span, ...] = ()

    @property
    def conflict(self) -> bool:
        """A plan says that the person was not due at the door, and there are taps: shown, never resolved."""
        return self.plan is not None and bool(self.taps)


@dataclass(frozen=True, slots=True)
class DayVerdict:
    """What is said about the date. `outside`: taps of the date that lie in no window: listed, never counted."""

    work_date: date
    status: DayStatus
    sessions: tuple[SessionVerdict, ...] = ()
    outside: tuple[Tap, ...] = ()

    @property
    def recheck(self) -> datetime | None:
        """The instant that both now and the delivered-until must pass before this can change by itself.

        None: only a new fact can change it. A session closes strictly after its instant; a lateness is said at it.
        """
        waiting = (Cause.NOT_OVER, Cause.UNDELIVERED)
        ends = (r.end for s in self.sessions for r in s.reasons if r.cause in waiting and r.end is not None)
        return min(ends, default=None)

    @property
    def needs_checking(self) -> bool:
        return any(Flag.NEEDS_CHECKING in s.flags for s in self.sessions)
