"""Why one person's work date is judged as it is: the facts gathered now, judged now, beside what is stored.

`explain` is the function behind the command `why` and the pages; `central.explaining.lines_of` makes its sentences.
"""

import datetime as dt
from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from central.coverage import Interval, down_of
from central.explaining.facts import (
    CalendarTold,
    Conflict,
    ConflictKind,
    DoorBehind,
    DoorDown,
    EntryTold,
    Explanation,
    HoursTold,
    PlanTold,
    PunchTold,
    ReasonTold,
    Record,
    SessionTold,
    StoredVerdict,
    Use,
    use_of,
)
from central.explaining.remedies import remedies
from central.ledger.gathering import Known, gather_many
from central.moments import midnight_ms, moment
from central.reports import beside
from central.rules import evaluate
from central.rules.day import (
    Cause,
    DayStatus,
    DayVerdict,
    Flag,
    LateBase,
    Outcome,
    Plan,
    PlanKind,
    Reason,
    Resolution,
    SessionVerdict,
)
from central.rules.nights import worked_on
from central.store import coverage, details, verdicts
from central.store import roster as rosters
from central.store.details import PlanDetail
from central.store.roster import Roster
from central.unknown import unknown_staff
from central.workdays import Workday

ONE = dt.timedelta(days=1)


def explain(db: sa.Connection, staff: str, on: dt.date, now_ms: int, roster: Roster | None = None) -> Explanation:
    """Everything there is to tell about the date. Raises UnknownStaffError.

    roster: the one already in memory, if any; it is read otherwise.
    """
    roster = rosters.load_roster(db) if roster is None else roster
    known = gather_many(db, roster, [(staff, on)], now_ms).get((staff, on))
    if known is None:
        raise unknown_staff(staff, rosters.every_code(db))
    return _Teller(db, roster, known, now_ms).told()


class _Teller:
    """One staff-day's facts on their way to becoming an account."""

    def __init__(self, db: sa.Connection, roster: Roster, known: Known, now_ms: int) -> None:
        self._db, self._roster, self._known, self._now_ms = db, roster, known, now_ms
        self._day = known.day
        self._on = known.day.work_date

    def told(self) -> Explanation:
        known, on = self._known, self._on
        verdict = evaluate(self._day)
        self._details = details.plan_details(self._db, [p.ref for p in self._day.plans])
        self._down = self._doors_down()
        plans, entries = tuple(self._plan(p) for p in self._day.plans), beside.entries(self._db, known, verdict)
        return Explanation(
            known.person.code,
            known.person.full_name,
            on,
            moment(self._now_ms),
            verdict.status,
            "" if known.post is None else self._unit(known.post.unit),
            "" if known.post is None else self._unit(known.post.workplace),
            known.person.joined,
            known.person.left,
            hours=() if known.workday is None else self._hours(known.workday),
            calendar=() if known.workday is None else self._calendar(known.workday),
            plans=plans,
            entries=entries,
            punches=self._punches(verdict),
            sessions=tuple(self._session(i, verdict, entries) for i in range(len(verdict.sessions))),
            duties=beside.duties(self._db, self._roster, known, self._now_ms),
            conflicts=(*self._conflicts(verdict), *beside.observed(self._db, known, verdict)),
            waiting=tuple(self._behind(d, at) for d, at in known.delivered.items()),
            down=tuple(d for d in self._down if d.start.date() <= on <= d.end.date()),
            record=self._record(),
            lock=beside.lock(self._db, self._roster, known),
            policies=beside.policies(self._roster, known),
            untimed=known.untimed,
            office_doors=tuple(self._code(d) for d in known.office),
            announced=known.post is not None and self._roster.workdays.announced(known.post.workplace, on),
            overtime=beside.overtime_told(verdict, self._day.policy),
            outings=beside.outings(self._db, self._roster, known),
        )

    # --- who, where, when ---

    def _unit(self, code: str) -> str:
        return self._roster.unit_name(code, self._on)

    def _code(self, device: str) -> str:
        door = self._roster.doors.get(device)
        return device if door is None else door.code

    def _place(self, device: str) -> str:
        door = self._roster.doors.get(device)
        return "" if door is None else door.location

    def _hours(self, workday: Workday) -> tuple[HoursTold, ...]:
        workplace = self._known.post.workplace if self._known.post is not None else ""
        return tuple(
            HoursTold(
                session.name,
                session.start,
                session.end,
                session.grace_late,
                session.grace_early,
                self._unit(row.unit),
                row.unit != workplace,
                row.valid_from,
                row.valid_to,
                row.document,
            )
            for session, row in zip(workday.sessions, workday.rows, strict=True)
        )

    def _calendar(self, workday: Workday) -> tuple[CalendarTold, ...]:
        return tuple(
            CalendarTold(e.kind.value, self._unit(e.unit), e.session, e.document, e.for_date) for e in workday.entries
        )

    # --- plans and entries ---

    def _plan(self, plan: Plan) -> PlanTold:
        detail = self._details.get(plan.ref, PlanDetail(self._on, self._on))
        return PlanTold(
            Outcome(plan.kind.value),
            plan.session,
            plan.symbol,
            plan.document,
            detail.first,
            detail.last,
            detail.place,
            detail.purpose,
            detail.confirmed_by,
        )

    # --- punches ---

    def _punches(self, verdict: DayVerdict) -> tuple[PunchTold, ...]:
        shown = {t.ref for s in verdict.sessions for t in s.taps} | {t.ref for t in verdict.outside}
        shown |= {t.ref for s in verdict.sessions for r in s.reasons for t in r.taps}
        found = [self._punch(ref, verdict) for ref in shown if ref in self._known.punches]
        return tuple(sorted(found, key=lambda p: (p.at, p.ref)))

    def _punch(self, ref: str, verdict: DayVerdict) -> PunchTold:
        punch = self._known.punches[ref]
        use, session = (Use.SET_ASIDE, "") if punch.set_aside else use_of(ref, verdict)
        return PunchTold(
            ref,
            moment(punch.time_ms),
            self._code(punch.device),
            self._place(punch.device),
            self._elsewhere(punch.device),
            punch.method,
            dt.timedelta(milliseconds=punch.uncertainty_ms),
            moment(punch.received_ms),
            punch.forked,
            use,
            session,
        )

    def _elsewhere(self, device: str) -> str:
        """The name of the unit whose door it is, where that is none of the person's own."""
        door = self._roster.doors.get(device)
        unit = None if door is None else door.unit_on(self._on)
        return "" if unit is None or device in self._known.office else self._unit(unit)

    # --- doors ---

    def _doors_down(self) -> tuple[DoorDown, ...]:
        """When the office's doors were down around the date, closed by a decision or by what they said themselves."""
        from_ms, to_ms = midnight_ms(self._on - ONE), midnight_ms(self._on + 2 * ONE)
        facts = coverage.door_facts(self._db, self._known.office, from_ms, to_ms)
        found = []
        for device in self._known.office:
            documents = {(c.from_ms, c.to_ms, c.reason): c.doc_no for c in facts[device].closures}
            for i in down_of(facts[device]):
                if i.from_ms < to_ms and i.to_ms > from_ms:
                    found.append(self._one_down(device, i, documents, from_ms, to_ms))
        return tuple(found)

    def _one_down(
        self, device: str, i: Interval, documents: Mapping[tuple[int, int, str], str], from_ms: int, to_ms: int
    ) -> DoorDown:
        start, end = moment(max(i.from_ms, from_ms)), moment(min(i.to_ms, to_ms))
        document = documents.get((i.from_ms, i.to_ms, i.reason), "")
        return DoorDown(self._code(device), start, end, i.reason, document)

    def _behind(self, device: str, delivered_ms: int | None) -> DoorBehind:
        delivered = None if delivered_ms is None else moment(delivered_ms)
        return DoorBehind(self._code(device), self._place(device), delivered)

    # --- sessions ---

    def _session(self, index: int, verdict: DayVerdict, entries: Iterable[EntryTold]) -> SessionTold:
        said = verdict.sessions[index]
        divided = worked_on(said, self._day.policy)
        return SessionTold(
            said.session.name,
            said.session.start,
            said.session.end,
            said.outcome,
            said.flags,
            said.symbol,
            said.time_in,
            said.time_out,
            said.late_min,
            said.early_min,
            said.session.grace_late,
            said.session.grace_early,
            None if said.plan is None else self._plan(said.plan),
            next((e for e in entries if e.decides and e.session == said.session.name), None),
            tuple(self._reason(r) for r in said.reasons),
            remedies(self._day, verdict, index),
            self._day.policy.late_base is LateBase.GRACE,
            self._day.policy.resolution is Resolution.MINUTE,
            said.assumed_in,
            said.assumed_out,
            divided if len(divided) > 1 else (),
            said.away,
        )

    def _reason(self, reason: Reason) -> ReasonTold:
        behind: tuple[DoorBehind, ...] = ()
        down: tuple[DoorDown, ...] = ()
        if reason.cause is Cause.UNDELIVERED and reason.end is not None:
            until = reason.end
            waiting = (self._behind(d, at) for d, at in self._known.delivered.items())
            behind = tuple(b for b in waiting if b.delivered is None or b.delivered <= until)
        if reason.cause is Cause.DOORS_DOWN and reason.start is not None and reason.end is not None:
            first, last = reason.start, reason.end
            down = tuple(d for d in self._down if d.start < last and d.end > first)
        refs = tuple(t.ref for t in reason.taps)
        return ReasonTold(reason.cause, reason.start, reason.end, reason.withheld, refs, behind, down)

    def _conflicts(self, verdict: DayVerdict) -> Iterable[Conflict]:
        for said in verdict.sessions:
            name = said.session.name
            if said.plan is not None and said.plan.kind is not PlanKind.HOLIDAY and said.taps:
                yield Conflict(ConflictKind.TAPPED_ON_PLAN, name)
            if said.manual is not None and _entry_disagrees(said):
                yield Conflict(ConflictKind.ENTRY_OVER_TAPS, name)
            if len({(p.kind, p.ref) for p in self._day.plans if p.covers(said.session)}) > 1:
                yield Conflict(ConflictKind.SEVERAL_PLANS, name)
            if len({m.ref for m in self._day.manual if m.session == name}) > 1:
                yield Conflict(ConflictKind.SEVERAL_ENTRIES, name)

    # --- on record ---

    def _record(self) -> Record | None:
        row = verdicts.day_row(self._db, self._known.person.code, self._on)
        if row is None:
            return None
        stored = tuple(
            StoredVerdict(
                s.session, Outcome(s.outcome), tuple(Flag(f) for f in s.flags.split()), s.late_min, s.early_min
            )
            for s in row.sessions
        )
        marked = details.is_marked(self._db, row.staff, row.date)
        return Record(moment(row.evaluated_ms), DayStatus(row.status), stored, marked)


def _entry_disagrees(said: SessionVerdict) -> bool:
    """Whether taps of the session lie elsewhere than the entry's times say."""
    entry = said.manual
    if entry is None or not said.taps:
        return False
    first, last = min(t.at for t in said.taps), max(t.at for t in said.taps)
    came = entry.time_in is not None and entry.time_in != first.replace(microsecond=0)
    went = entry.time_out is not None and entry.time_out != last.replace(microsecond=0)
    return came or went
