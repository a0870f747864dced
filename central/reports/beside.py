"""What stands beside the punches of a staff-day: entries, duty slots, roll calls, the signed month, office policies."""

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace

import sqlalchemy as sa

from central.explaining.facts import (
    Conflict,
    ConflictKind,
    DutyTold,
    EntryTold,
    Lock,
    OutingState,
    OutingTold,
    OvertimeTold,
    PolicyTold,
    ReasonTold,
    StoredVerdict,
)
from central.ledger.duties import duty_rows, gather_duty
from central.ledger.gathering import Known
from central.moments import midnight_ms, moment
from central.outings import doors_of, is_question
from central.rules.day import Cause, DayVerdict, Flag, Outcome, Policy, SessionVerdict
from central.rules.outings import away
from central.rules.overtime import overtime
from central.sheets import Line, month_of
from central.store import details, months
from central.store import outings as store_outings
from central.store import roster as rosters
from central.store.details import EntryDetail, SeenInRoom
from central.store.duty import DutyRow
from central.store.outings import DecisionRow
from central.store.roster import Roster

NOT_SEEN = frozenset({"absent"})
IN_THE_ROOM = frozenset({"present", "late"})
"""Words of a roll call's sheet."""


def entries(db: sa.Connection, known: Known, verdict: DayVerdict) -> tuple[EntryTold, ...]:
    """Every manual entry of the day, those that count for nothing too."""
    found = details.entry_details(db, known.person.code, known.day.work_date)
    people = {code for e in found for code in (e.entered_by, e.approved_by, e.withdrawn_by)}
    names = details.names_of(db, people)
    sessions = {m.ref: m.session for m in known.day.manual}
    used = {s.manual.ref for s in verdict.sessions if s.manual is not None}
    return tuple(_entry(e, known.day.work_date, sessions.get(e.ref, e.session), names, e.ref in used) for e in found)


def _entry(entry: EntryDetail, on: dt.date, session: str, names: Mapping[str, str], decides: bool) -> EntryTold:
    return EntryTold(
        session,
        _at(on, entry.came_s),
        _at(on, entry.went_s),
        entry.reason,
        names.get(entry.entered_by, entry.entered_by),
        names.get(entry.approved_by, entry.approved_by),
        entry.document,
        decides,
        names.get(entry.withdrawn_by, entry.withdrawn_by),
    )


def _at(on: dt.date, seconds: int | None) -> dt.datetime | None:
    return None if seconds is None else moment(midnight_ms(on)) + dt.timedelta(seconds=seconds)


def duties(db: sa.Connection, roster: Roster, known: Known, now_ms: int) -> tuple[DutyTold, ...]:
    """The day's duty slots, judged now."""
    key = (known.person.code, known.day.work_date)
    found = gather_duty(db, roster, [key], {key: known}, now_ms).get(key, [])
    rows = duty_rows(found, "", now_ms)
    people = {code for d in found for code in (d.row.staff, d.row.stand_in, d.row.swapped_with) if code}
    names = details.names_of(db, people)
    midnight = moment(midnight_ms(known.day.work_date))
    return tuple(
        DutyTold(
            row.kind,
            midnight + dt.timedelta(minutes=row.start_min),
            midnight + dt.timedelta(minutes=row.end_min),
            row.outcome,
            names.get(row.by, row.by),
            row.late_min,
            names.get(duty.row.stand_in or "", duty.row.stand_in or ""),
            names.get(duty.row.swapped_with or "", duty.row.swapped_with or ""),
            duty.row.doc_no,
            _outings(row),
        )
        for duty, row in zip(found, rows, strict=True)
    )


def _outings(row: DutyRow) -> tuple[ReasonTold, ...]:
    """The ways to the field that the slot's verdict names."""
    why = json.loads(row.why)
    withheld = Flag.LATE if why["in"] is not None else Outcome.ABSENT
    return tuple(
        ReasonTold(Cause.OUTING, _moment(r["from_ms"]), _moment(r["to_ms"]), withheld)
        for r in why["reasons"]
        if r["cause"] == Cause.OUTING
    )


def _moment(ms: int | None) -> dt.datetime | None:
    return None if ms is None else moment(ms)


def outings(db: sa.Connection, roster: Roster, known: Known) -> tuple[OutingTold, ...]:
    """Each way to the field by the button that is an open question, and everything that was decided about any."""
    person, on = known.person.code, known.day.work_date
    ways = away(known.day)
    rows = store_outings.decisions_of(db, [person], on, on) if ways else []
    names = details.names_of(db, {code for row in rows for code in (row.decided_by, row.withdrawn_by or "")})
    told: list[OutingTold] = []
    for way in ways:
        doors = tuple(doors_of(roster, way.taps).values())
        about = {known.punches[tap.ref].identity for tap in way.taps}
        own = [row for row in rows if about & set(row.taps.split())]
        told += [_decided(row, OutingTold(way.start, way.end, doors), names) for row in own]
        if way.decision is None and is_question(known.day, way):
            told.append(OutingTold(way.start, way.end, doors))
    return tuple(told)


def _decided(row: DecisionRow, told: OutingTold, names: Mapping[str, str]) -> OutingTold:
    return replace(
        told,
        state=OutingState.APPROVED if row.approved else OutingState.REFUSED,
        sessions=tuple(row.sessions.split()),
        by=names.get(row.decided_by, row.decided_by),
        at=moment(row.decided_ms),
        reason=row.reason,
        document=row.doc_no,
        withdrawn_by=names.get(row.withdrawn_by or "", row.withdrawn_by or ""),
    )


def overtime_told(verdict: DayVerdict, policy: Policy) -> OvertimeTold | None:
    """What is proposed of staying late, or of work on a holiday; None while nothing is."""
    proposed = overtime(verdict, policy=policy)
    if proposed is None:
        return None
    return OvertimeTold(proposed.minutes, proposed.since, proposed.until, proposed.on_holiday)


def observed(db: sa.Connection, known: Known, verdict: DayVerdict) -> Iterator[Conflict]:
    """Where a roll call saw something else than the doors did. Neither is changed."""
    found = details.roll_calls(db, known.person.code, known.day.work_date)
    names = details.names_of(db, {seen.taken_by for seen in found})
    for seen in found:
        at = moment(midnight_ms(known.day.work_date)) + dt.timedelta(minutes=seen.at_min)
        session = next((s for s in verdict.sessions if s.session.start <= at < s.session.end), None)
        kind = None if session is None else _disagrees(seen, session, at)
        if kind is not None and session is not None:
            yield Conflict(kind, session.session.name, at, names.get(seen.taken_by, seen.taken_by))


def _disagrees(seen: SeenInRoom, session: SessionVerdict, at: dt.datetime) -> ConflictKind | None:
    tapped = session.time_in is not None and session.time_in <= at
    left = session.time_out is not None and session.time_out <= at
    if seen.status in NOT_SEEN and tapped and not left:
        return ConflictKind.SEEN_ABSENT
    unknown = session.outcome in (Outcome.ABSENT, Outcome.INCOMPLETE) or (session.time_in is not None and not tapped)
    return ConflictKind.SEEN_PRESENT if seen.status in IN_THE_ROOM and unknown and not tapped else None


def lock(db: sa.Connection, roster: Roster, known: Known) -> Lock | None:
    """The signed sheet that holds the day; None while no unit above the person's own has signed the month."""
    if known.post is None:
        return None
    on, key = known.day.work_date, (known.person.code, known.day.work_date)
    branches = rosters.load_branches(db)
    for sheet in months.sheets(db, [month_of(on)]):
        if known.post.unit in rosters.below(branches, sheet.unit, on):
            adjusted = months.adjustments_of(db, sheet.id, [key])
            return Lock(
                moment(sheet.signed_ms),
                sheet.signed_by,
                sheet.doc_no,
                roster.unit_name(sheet.unit, on),
                tuple(_signed(line) for line in months.lines_of(db, sheet.id, [key])),
                tuple(sorted({a.listed_in for a in adjusted if a.withdrawn_ms is None})),
            )
    return None


def _signed(line: Line) -> StoredVerdict:
    value = line.value
    flags = tuple(Flag(word) for word in value.flags.split())
    return StoredVerdict(line.session, Outcome(value.outcome), flags, value.late_min, value.early_min)


def policies(roster: Roster, known: Known) -> tuple[PolicyTold, ...]:
    """The policies that the office set for the workplace, each of the nearest unit that has one."""
    if known.post is None:
        return ()
    on = known.day.work_date
    path = roster.workdays.tree.path(known.post.workplace, on)
    return tuple(
        PolicyTold(row.name, row.value, roster.unit_name(row.unit, on), row.valid_from, row.valid_to, row.doc_no)
        for row in roster.policies.rows_on(path, on)
    )
