"""What a staff-day's verdict rests on, as typed values. Pure.

Instants are aware local datetimes, dates are work dates. Texts are names and document numbers as the office wrote
them; nothing here is a sentence.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from central.explaining.remedies import Remedy
from central.rules.day import Cause, DayStatus, DayVerdict, Flag, Outcome, Span
from central.rules.nights import WorkedOn


class Use(StrEnum):
    """What a punch was taken for."""

    IN = "in"
    OUT = "out"
    BOTH = "both"
    """One group of taps that is IN at its first and OUT at its last."""
    WITHIN = "within"
    """Belongs to a session and is neither its IN nor its OUT."""
    BESIDE_PLAN = "beside_plan"
    """Tapped in a session that a plan covers: shown, never counted."""
    BESIDE_ENTRY = "beside_entry"
    """Tapped in a session whose times an approved entry supplies."""
    OUTSIDE = "outside"
    """In no session's window."""
    SET_ASIDE = "set_aside"
    """Its time cannot be: it lies after its receipt."""


@dataclass(frozen=True, slots=True)
class PunchTold:
    """One punch. door: its code; place: where it hangs; elsewhere: the name of another unit whose door it is, "" none.

    method: `central.timing.Method` as a word, "" when nobody worked it out. uncertainty: the true time lies within
    `at` ± this.
    """

    ref: str
    at: datetime
    door: str
    place: str = ""
    elsewhere: str = ""
    method: str = ""
    uncertainty: timedelta = timedelta()
    received: datetime | None = None
    forked: bool = False
    use: Use = Use.OUTSIDE
    session: str = ""


@dataclass(frozen=True, slots=True)
class HoursTold:
    """A session's hours and where they come from. inherited: the row stands at a unit above the workplace."""

    session: str
    start: datetime
    end: datetime
    grace_late: timedelta
    grace_early: timedelta
    unit_name: str
    inherited: bool
    valid_from: date | None
    valid_to: date | None
    document: str


@dataclass(frozen=True, slots=True)
class CalendarTold:
    """A holiday, a swapped day off or a make-up day that holds for the person's unit."""

    kind: str
    unit_name: str
    session: str | None
    document: str
    for_date: date | None = None


@dataclass(frozen=True, slots=True)
class PolicyTold:
    """A policy of the office that is not the usual one; name and value as in `central.rules.policy`."""

    name: str
    value: str
    unit_name: str
    valid_from: date | None = None
    valid_to: date | None = None
    document: str = ""


@dataclass(frozen=True, slots=True)
class PlanTold:
    """A plan of the date, whether it decided or not. session: None = the whole day. Never why somebody is on leave."""

    kind: Outcome
    session: str | None
    symbol: str = ""
    document: str = ""
    first: date | None = None
    last: date | None = None
    place: str = ""
    purpose: str = ""
    confirmed_by: str = ""


@dataclass(frozen=True, slots=True)
class EntryTold:
    """A manual entry. approved_by: "" = not approved, so that it counts for nothing; so does one that is withdrawn.
    decides: it is the one used."""

    session: str
    time_in: datetime | None
    time_out: datetime | None
    reason: str = ""
    entered_by: str = ""
    approved_by: str = ""
    document: str = ""
    decides: bool = False
    withdrawn_by: str = ""


@dataclass(frozen=True, slots=True)
class DoorDown:
    """A door could not record from `start` up to `end`; reason as in central/coverage, document of a decision."""

    door: str
    start: datetime
    end: datetime
    reason: str
    document: str = ""


@dataclass(frozen=True, slots=True)
class DoorBehind:
    """A door that is waited for: it has delivered up to `delivered`; None: never."""

    door: str
    place: str
    delivered: datetime | None


class ConflictKind(StrEnum):
    """Facts that disagree; both are shown, none is overwritten."""

    TAPPED_ON_PLAN = "tapped_on_plan"
    ENTRY_OVER_TAPS = "entry_over_taps"
    SEVERAL_PLANS = "several_plans"
    SEVERAL_ENTRIES = "several_entries"
    SEEN_ABSENT = "seen_absent"
    """Tapped in, yet a roll call did not see the person."""
    SEEN_PRESENT = "seen_present"
    """A roll call saw the person; the doors did not."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """A disagreement in a session; at: the moment of an observation; by: who observed."""

    kind: ConflictKind
    session: str
    at: datetime | None = None
    by: str = ""


@dataclass(frozen=True, slots=True)
class ReasonTold:
    """Why something is pending or needs checking, with the doors it speaks of.

    punches: refs of `PunchTold`. withheld: what would otherwise have been said.
    """

    cause: Cause
    start: datetime | None
    end: datetime | None
    withheld: Flag | Outcome | None = None
    punches: tuple[str, ...] = ()
    behind: tuple[DoorBehind, ...] = ()
    down: tuple[DoorDown, ...] = ()


@dataclass(frozen=True, slots=True)
class SessionTold:
    """One session's verdict and what it rests on. start, end and the graces are those that were applied.

    from_grace: minutes count from the end of grace (an office's choice). by_minute: taps are compared cut to their
    minute. assumed_in, assumed_out: nobody tapped there, for the office asks for two taps a day. worked: by date, where
    the office divides a night shift at midnight, else empty. away: out and in again between arrival and departure.
    """

    session: str
    start: datetime
    end: datetime
    outcome: Outcome
    flags: tuple[Flag, ...] = ()
    symbol: str = ""
    time_in: datetime | None = None
    time_out: datetime | None = None
    late_min: int = 0
    early_min: int = 0
    grace_late: timedelta = timedelta()
    grace_early: timedelta = timedelta()
    plan: PlanTold | None = None
    entry: EntryTold | None = None
    reasons: tuple[ReasonTold, ...] = ()
    remedies: tuple[Remedy, ...] = ()
    from_grace: bool = False
    by_minute: bool = False
    assumed_in: bool = False
    assumed_out: bool = False
    worked: tuple[WorkedOn, ...] = ()
    away: tuple[Span, ...] = ()


class OutingState(StrEnum):
    """What became of a way to the field that a button told of and nobody had planned."""

    OPEN = "open"
    APPROVED = "approved"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class OutingTold:
    """A way to the field by the button, and what was decided about it, if anything was. start, end: None = as far as
    the date goes; doors: codes of those where it was pressed; sessions: those approved; withdrawn_by: "" = in force."""

    start: datetime | None
    end: datetime | None
    doors: tuple[str, ...]
    state: OutingState = OutingState.OPEN
    sessions: tuple[str, ...] = ()
    by: str = ""
    at: datetime | None = None
    reason: str = ""
    document: str = ""
    withdrawn_by: str = ""


@dataclass(frozen=True, slots=True)
class DutyTold:
    """A duty slot, judged beside the sessions. by: who came; late_min counts from the slot's start, without grace.
    outings: ways to the field by the button that may explain what is not said."""

    kind: str
    start: datetime
    end: datetime
    outcome: str
    by: str = ""
    late_min: int = 0
    stand_in: str = ""
    swapped_with: str = ""
    document: str = ""
    outings: tuple[ReasonTold, ...] = ()


@dataclass(frozen=True, slots=True)
class OvertimeTold:
    """Work beyond the hours, proposed and never approved by itself: whole minutes from `end`, that of the last session,
    to `until`; on a holiday from the first tap."""

    minutes: int
    end: datetime
    until: datetime
    on_holiday: bool = False


@dataclass(frozen=True, slots=True)
class StoredVerdict:
    """What is on record of one session: the words that are compared with the verdict of this moment."""

    session: str
    outcome: Outcome
    flags: tuple[Flag, ...]
    late_min: int
    early_min: int


@dataclass(frozen=True, slots=True)
class Record:
    """What stands in the database. marked: it is to be judged again, so a difference is expected and short."""

    judged_at: datetime
    status: DayStatus
    sessions: tuple[StoredVerdict, ...]
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Lock:
    """The month is signed: later facts become adjustments, the sheet stays as it was."""

    signed_at: datetime
    signed_by: str
    document: str = ""
    unit_name: str = ""
    signed: tuple[StoredVerdict, ...] = ()
    """The signed lines of the date."""
    adjusted_in: tuple[str, ...] = ()
    """The months in whose sheets a change is proposed."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything to tell about one person's work date.

    unit_name, workplace_name: "" while the person has no unit. joined, left: first and last day of employment.
    waiting: doors whose delivery is waited for. record: None while nothing is stored. differs: the record does not say
    what follows from the facts now. untimed: a punch still waits for its time to be worked out. announced: hours of
    some weekday were announced for the workplace on the date; without any, nothing can be judged. overtime: None =
    nothing is proposed. outings: ways to the field by the button that no plan covers, each decision in a line.
    """

    staff: str
    name: str
    on: date
    asked_at: datetime
    status: DayStatus
    unit_name: str = ""
    workplace_name: str = ""
    joined: date | None = None
    left: date | None = None
    hours: tuple[HoursTold, ...] = ()
    calendar: tuple[CalendarTold, ...] = ()
    plans: tuple[PlanTold, ...] = ()
    entries: tuple[EntryTold, ...] = ()
    punches: tuple[PunchTold, ...] = ()
    sessions: tuple[SessionTold, ...] = ()
    duties: tuple[DutyTold, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    waiting: tuple[DoorBehind, ...] = ()
    down: tuple[DoorDown, ...] = ()
    record: Record | None = None
    lock: Lock | None = None
    untimed: bool = False
    policies: tuple[PolicyTold, ...] = ()
    office_doors: tuple[str, ...] = field(default=())
    announced: bool = True
    overtime: OvertimeTold | None = None
    outings: tuple[OutingTold, ...] = ()

    @property
    def differs(self) -> bool:
        """Whether what is stored is not what follows from the facts at this moment."""
        if self.record is None:
            return False
        now = tuple(StoredVerdict(s.session, s.outcome, s.flags, s.late_min, s.early_min) for s in self.sessions)
        return self.record.status is not self.status or self.record.sessions != now


def use_of(ref: str, verdict: DayVerdict) -> tuple[Use, str]:
    """What the punch `ref` was taken for, and in which session ("" for none)."""
    for s in verdict.sessions:
        came = s.in_tap is not None and s.in_tap.ref == ref
        went = s.out_tap is not None and s.out_tap.ref == ref
        if came or went:
            return Use.BOTH if came and went else Use.IN if came else Use.OUT, s.session.name
    for s in verdict.sessions:
        if any(t.ref == ref for t in s.taps):
            use = Use.BESIDE_PLAN if s.plan is not None else Use.WITHIN if s.manual is None else Use.BESIDE_ENTRY
            return use, s.session.name
    if any(t.ref == ref for t in verdict.outside):
        return Use.OUTSIDE, ""
    return Use.SET_ASIDE, ""
