"""Who is here now: today's facts of a person -> one word, a unit at a time. Pure.

**In or out.** Taps within 60 s are one. Each lies in the arriving or the leaving half of the session it is nearest to:
the halves meet at the middle of the session, neighbouring sessions at the middle of the gap between them.

- A tap in the arriving half: in. (A second tap there changes nothing: somebody made sure that it was read.)
- A tap in the leaving half before the end: out, if the person was in; else in (a first tap so late is an arrival, and
  who left on an errand comes back).
- A tap between two sessions on the leaving side: out; the next one before the later session: in (lunch).
- A tap after the last session's end: out.

**What is said** rests on what is known. A tap is known as soon as it is stored: `in`. `late` needs everything before
that tap delivered, and an open door between the start and the tap; until then it is `in` with provisional minutes.
`missing` needs every door waited for to be current (delivered within 3 minutes; for a terminal see `patience.py`), what
they delivered to reach to within 3 minutes of the grace's end, and an open door around the start; else the person stays
`expected`, or is `unknown`, with the reason. A plan of the current session wins over taps: who taps and goes to
the field is in the field; `tapped` shows the contradiction. Who pressed "field duty" on going out without a plan is in
the field too, `unplanned`, until the next tap or the end of the day's last session, and not `late` by that way.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from central.rules.day import Day, Outing, Plan, PlanKind, Session, Span, Tap
from central.rules.doors import ARRIVAL
from central.rules.doubt import CERTAIN_UNDER
from central.rules.outings import Away, stretches, undecided
from central.rules.pairing import UNSET_CLOSE, Group, fold
from central.rules.pending import first_is_known
from central.rules.plans import plan_for, standing
from central.rules.punctuality import flexed, late_by

CURRENT_WITHIN = timedelta(minutes=3)
"""Data of a station that are older than this say nothing about now."""
SURE_WITHIN = timedelta(minutes=3)
"""A tap whose time is less sure than this says nothing about now either."""


class State(StrEnum):
    """Presence, in the order in which a board shows people: what needs a look first."""

    MISSING = "missing"
    LATE = "late"
    UNKNOWN = "unknown"
    EXPECTED = "expected"
    OUT = "out"
    IN = "in"
    FIELD = "field"
    LEAVE = "leave"
    OFF = "off"


class Why(StrEnum):
    """Why nothing is known."""

    OLD = "old_data"
    """A door waited for has not delivered for too long."""
    DOWN = "doors_down"
    """All doors of the office could not record when the person was due."""
    CLOCK = "clock"
    """There is a tap that may be of now, but nobody knows its time well enough."""


@dataclass(frozen=True, slots=True)
class Presence:
    """Where a person is. since and device: of the tap that says so, None where none does. late_min: minutes after the
    start of the current session, whether or not that is asserted yet (`state`). data_until: up to when every door
    waited for has delivered; None when there is nothing to wait for. tapped: there are taps beside a plan. unplanned:
    in the field by the button, and no plan says so."""

    state: State
    since: datetime | None = None
    device: str | None = None
    late_min: int = 0
    why: Why | None = None
    data_until: datetime | None = None
    tapped: bool = False
    unplanned: bool = False


OFF_PLANS = {PlanKind.HOLIDAY: State.OFF, PlanKind.FIELD_DUTY: State.FIELD}
"""What a plan is on the board; every other plan is `leave`: its kind is nobody's business there."""


def presence_of(
    day: Day, now: datetime, *, too_old: bool | None = None, sure_within: timedelta = SURE_WITHIN
) -> Presence:
    """Where the person of `day` is at `now`. `day.coverage` says what is known about the doors. too_old: whether one
    waited for says nothing about now; None = all are stations, by what they delivered. sure_within: what is less sure
    says nothing either."""
    until = day.coverage.delivered_until
    sure = [t for t in day.taps if t.uncertainty <= sure_within]
    groups = [g for g in fold(sure, day.policy.dedup) if g.first.date() == day.work_date and g.first <= now]
    session = current_session(day.sessions, now) if day.employed else None
    if session is None:
        return Presence(State.OFF, data_until=until, tapped=bool(groups))
    plan = plan_for(session, standing(day, {_nearest(day.sessions, g.first).name for g in groups}))
    if plan is not None:
        return Presence(_planned(plan), data_until=until, tapped=bool(groups))
    ways = undecided(stretches(groups, day.decided))
    place = _place(day.sessions, groups, {t: t.outing for way in ways for t in way.taps})
    if place.inside and place.group is not None:
        return _inside(day, session, place, place.group, ways)
    if place.in_field and place.group is not None and not _over(day, session, now):
        went = place.group
        return Presence(State.FIELD, went.first, went.taps[-1].device, data_until=until, unplanned=True)
    if too_old is None:
        too_old = until is not None and now - until > CURRENT_WITHIN
    return _outside(day, session, place, _Moment(now, too_old, sure_within))


def current_session(sessions: Sequence[Session], now: datetime) -> Session | None:
    """The session that `now` belongs to: the earlier one up to the middle of the gap; None on a day without any."""
    return _nearest(sessions, now) if sessions else None


def _nearest(sessions: Sequence[Session], now: datetime) -> Session:
    for earlier, later in pairwise(sessions):
        if now <= earlier.end + (later.start - earlier.end) / 2:
            return earlier
    return sessions[-1]


@dataclass(frozen=True, slots=True)
class _Place:
    """Inside or not after the taps so far, by which group of taps, and by which the current session was begun."""

    inside: bool = False
    group: Group | None = None
    arrivals: tuple[Group, ...] = ()
    in_field: bool = False
    by_button: bool = False

    def come(self, group: Group) -> "_Place":
        """In, by this tap; who is in already stays in since before."""
        return _Place(True, self.group if self.inside else group, (*self.arrivals, group))

    def gone(self, group: Group) -> "_Place":
        return _Place(False, group, self.arrivals)

    def to_field(self, group: Group) -> "_Place":
        """Out by the button; whoever was not in yet came with the same tap."""
        return _Place(
            False, group, self.arrivals if self.inside else (*self.arrivals, group), in_field=True, by_button=True
        )

    def from_field(self, group: Group) -> "_Place":
        """In by the button."""
        return replace(self.come(group), by_button=True)


def _place(sessions: Sequence[Session], groups: Iterable[Group], pressed: Mapping[Tap, Outing]) -> _Place:
    """Fold the taps in order of time. pressed: those with the button that nobody has decided about."""
    place = _Place()
    for group in groups:
        said = next((pressed[t] for t in reversed(group.taps) if t in pressed), Outing.NONE)
        if said is not Outing.NONE:
            place = place.from_field(group) if said is Outing.IN else place.to_field(group)
            continue
        session = _nearest(sessions, group.first)
        middle = session.start + (session.end - session.start) / 2
        if group.first <= middle:
            place = place.come(group)
        elif group.first < session.end:
            place = place.gone(group) if place.inside else place.come(group)
        else:
            place = _after(session, session is sessions[-1], place, group)
    return place


def _after(session: Session, last: bool, place: _Place, group: Group) -> _Place:
    """A tap at or after the session's end: out; but who went out, or came back from the field, in this same gap is
    there for the next session."""
    left = (place.by_button or not place.inside) and place.group is not None and place.group.first >= session.end
    return place.come(group) if left and not last else place.gone(group)


def _inside(day: Day, session: Session, place: _Place, group: Group, ways: Iterable[Away]) -> Presence:
    came = _arrival(day.sessions, session, place)
    minutes = None if came is None else _late_by(day, session, came.first)
    late = minutes is not None and came is not None and _late_stands(day, session, came, ways)
    since = group if came is None or group.first > came.first else came
    state = State.LATE if late else State.IN
    return Presence(state, since.first, since.taps[0].device, minutes or 0, None, day.coverage.delivered_until)


def _arrival(sessions: Sequence[Session], session: Session, place: _Place) -> Group | None:
    """The tap with which the person came to the current session; None when in since an earlier one."""
    return next((g for g in place.arrivals if _nearest(sessions, g.first) is session), None)


def _late_stands(day: Day, session: Session, came: Group, ways: Iterable[Away]) -> bool:
    """Nothing earlier can still come, some door was open all the time, the clock leaves no doubt, and the person does
    not come back from the field."""
    if any(way.delays(session.start, came.first) for way in ways):
        return False
    if not first_is_known(came.first, day.coverage) or _touched(day.coverage.down, session.start, came.first):
        return False
    surely = min(t.at - (t.uncertainty if t.uncertainty >= CERTAIN_UNDER else timedelta(0)) for t in came.taps)
    return _late_by(day, session, surely) is not None and not came.taps[0].forked


def _late_by(day: Day, session: Session, time_in: datetime) -> int | None:
    """As the verdict will say it: with the office's choices and flexible hours."""
    return late_by(flexed(session, time_in, day.policy), time_in, day.policy)


@dataclass(frozen=True, slots=True)
class _Moment:
    """The moment of asking, and what the doors are worth then; see `presence_of`."""

    now: datetime
    too_old: bool
    sure_within: timedelta


def _outside(day: Day, session: Session, place: _Place, asked: _Moment) -> Presence:
    """Nobody saw the person come to the current session, or the person went."""
    coverage, now = day.coverage, asked.now
    until = coverage.delivered_until
    went = place.group
    left = went is not None and _nearest(day.sessions, went.first) is session
    over = _over(day, session, now)
    if went is not None and (left or over):
        return Presence(State.OUT, went.first, went.taps[-1].device, data_until=until)
    if over:
        return Presence(State.OUT, data_until=until)
    why = _unknown(day, session, asked)
    if why is not None:
        return Presence(State.UNKNOWN, why=why, data_until=until)
    due = session.start + day.policy.flexible + session.grace_late
    if now <= due or (until is not None and until + CURRENT_WITHIN < due):
        return Presence(State.EXPECTED, data_until=until)
    return Presence(State.MISSING, late_min=int((now - session.start) / timedelta(minutes=1)), data_until=until)


def _over(day: Day, session: Session, now: datetime) -> bool:
    """Whether the day's last session is closed, so that nobody is due any more."""
    return session is day.sessions[-1] and now > session.end + (session.window_after or UNSET_CLOSE)


def _unknown(day: Day, session: Session, asked: _Moment) -> Why | None:
    """Why neither `expected` nor `missing` can be said."""
    now = asked.now
    due_from, due_to = session.start + ARRIVAL[0], session.start + ARRIVAL[1]
    if now < due_from:
        return None  # nobody is due yet: nothing is said about anybody
    if asked.too_old:
        return Why.OLD
    if _touched(day.coverage.down, due_from, min(now, due_to)) or any(
        s.start <= now < s.end for s in day.coverage.down
    ):
        return Why.DOWN
    return Why.CLOCK if day.set_aside or any(_may_be_in(t, due_from, asked) for t in day.taps) else None


def _may_be_in(tap: Tap, start: datetime, asked: _Moment) -> bool:
    unsure = tap.uncertainty > asked.sure_within
    return unsure and tap.at - tap.uncertainty <= asked.now and tap.at + tap.uncertainty >= start


def _touched(down: Iterable[Span], start: datetime, end: datetime) -> bool:
    return any(span.start < end and span.end > start for span in down)


def _planned(plan: Plan) -> State:
    return OFF_PLANS.get(plan.kind, State.LEAVE)


@dataclass(frozen=True, slots=True)
class Row:
    """A person on the board. rank: 0 = head of the unit; sort: the stored key of the name; door: code of the door of
    the tap; data_age_s: age of the data of the doors waited for, None without any; behind: codes of the doors that are
    too old, or were down, when the state is unknown."""

    staff: str
    name: str
    sort: str
    unit: str
    rank: int
    position: str
    presence: Presence
    door: str | None = None
    data_age_s: int | None = None
    behind: tuple[str, ...] = ()


class DoorState(StrEnum):
    """What a door is worth now."""

    CURRENT = "current"
    OLD = "old_data"
    NEVER = "never_delivered"
    DOWN = "down"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class DoorNow:
    """A door on the board. data_age_s: age of what it has delivered, None for never; reason: why it is silent or in
    doubt (a word of `central.silence`), "" while all is well; since_ms: since when, None where nobody can say."""

    device: str
    code: str
    unit: str | None
    location: str
    state: DoorState
    online: bool = False
    heard_ms: int | None = None
    delivered_ms: int | None = None
    data_age_s: int | None = None
    reason: str = ""
    since_ms: int | None = None


@dataclass(frozen=True, slots=True)
class UnitPresence:
    """A unit's people, leaders first, and how many are in each state; the doors at which they are expected."""

    unit: str
    name: str
    rows: tuple[Row, ...]
    doors: tuple[DoorNow, ...] = ()

    @property
    def counts(self) -> dict[State, int]:
        """How many are in each state, in the order of the states, none left out."""
        found = dict.fromkeys(State, 0)
        for row in self.rows:
            found[row.presence.state] += 1
        return found

    @property
    def attention(self) -> tuple[Row, ...]:
        """The same people, those missing, late and unknown first."""
        return tuple(sorted(self.rows, key=attention_first))


def leaders_first(row: Row) -> tuple[int, str, str]:
    """Order within a unit: by rank, then by name."""
    return row.rank, row.sort, row.staff


def attention_first(row: Row) -> tuple[int, int, str, str]:
    """Order within a unit: missing, late and unknown people first, each by rank and name."""
    return list(State).index(row.presence.state), *leaders_first(row)
