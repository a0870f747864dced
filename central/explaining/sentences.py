"""An explanation as lines, in the order in which a member of staff asks: what, why, what otherwise, on what. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from central.explaining import proofs, sessions, stored, voice
from central.explaining.facts import Explanation, Lock, Record
from central.explaining.voice import Say
from central.rules.day import Cause, DayStatus, Outcome


class Section(StrEnum):
    """Which part of the account a line belongs to; in the order in which they are told."""

    TITLE = "title"
    VERDICT = "verdict"
    OTHERWISE = "otherwise"
    DUTY = "duty"
    OVERTIME = "overtime"
    HOURS = "hours"
    PLANS = "plans"
    PUNCHES = "punches"
    DOORS = "doors"
    CONFLICTS = "conflicts"
    RECORD = "record"


HEADINGS = {
    Section.VERDICT: "What is said, and why",
    Section.OTHERWISE: "What would have to be different",
    Section.DUTY: "Duty",
    Section.OVERTIME: "Overtime",
    Section.HOURS: "Hours that held",
    Section.PLANS: "Plans and entries",
    Section.PUNCHES: "Taps",
    Section.DOORS: "Doors",
    Section.CONFLICTS: "What does not agree",
    Section.RECORD: "On record",
}
STATUSES = {
    DayStatus.PRESENT: "The day: present.",
    DayStatus.HALF_DAY: "The day: half a day.",
    DayStatus.ABSENT: "The day: absent.",
    DayStatus.INCOMPLETE: "The day: incomplete; a tap is missing or something needs checking.",
    DayStatus.PENDING: "The day: not decided yet.",
    DayStatus.ON_LEAVE: "The day: on leave, on a trip or studying.",
    DayStatus.HALF_LEAVE_PRESENT: "The day: planned away for one session, nobody is missing in the other.",
    DayStatus.HALF_LEAVE_ABSENT: "The day: planned away for one session, absent in the other.",
    DayStatus.FIELD_DUTY: "The day: field duty.",
    DayStatus.HOLIDAY: "The day: public holiday or day given off.",
    DayStatus.DAY_OFF: "The day: a weekly day off; there are no hours on this date.",
    DayStatus.NOT_EMPLOYED: "The day: not employed on this date.",
}
NOT_ANNOUNCED = "The day: nothing is judged, for no hours are known."
OPEN_CAUSES = frozenset({Cause.NOT_OVER, Cause.UNDELIVERED})


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence of the account, and the part that it belongs to."""

    section: Section
    text: str


def phrases() -> list[str]:
    """Everything that these tables may say, for whoever checks that it is translated."""
    return [*HEADINGS.values(), *STATUSES.values(), NOT_ANNOUNCED]


def lines_of(told: Explanation, say: Say) -> tuple[Line, ...]:
    """The whole account, part after part; a part without anything to say is left out."""
    parts = {
        Section.TITLE: _title,
        Section.VERDICT: _verdict,
        Section.OTHERWISE: _otherwise,
        Section.DUTY: _duties,
        Section.OVERTIME: _overtime,
        Section.HOURS: _hours,
        Section.PLANS: _plans,
        Section.PUNCHES: _punches,
        Section.DOORS: proofs.doors,
        Section.CONFLICTS: _conflicts,
        Section.RECORD: _record,
    }
    return tuple(Line(section, text) for section, part in parts.items() for text in part(told, say))


def _title(told: Explanation, say: Say) -> Iterator[str]:
    yield say("{name} ({staff}), {weekday}, {date}").format(
        name=told.name, staff=told.staff, weekday=voice.weekday(told.on, say), date=voice.day(told.on)
    )
    if told.unit_name and told.unit_name != told.workplace_name:
        yield say("{unit}; works at {workplace}, whose hours count.").format(
            unit=told.unit_name, workplace=told.workplace_name
        )
    elif told.unit_name:
        yield told.unit_name


def _verdict(told: Explanation, say: Say) -> Iterator[str]:
    announced = told.announced or told.status is not DayStatus.DAY_OFF
    yield say(STATUSES[told.status] if announced else NOT_ANNOUNCED)
    if told.status is DayStatus.NOT_EMPLOYED:
        yield from _employment(told, say)
        return
    if not told.unit_name:
        yield say("This person has no unit on this date, so that no hours are known; ask for the assignment.")
    elif not announced:
        text = say(
            "No hours were announced for {unit} or a unit above it on {date}. Once the announcement is entered with "
            "its document number and dates (schedules.csv, `import`), the day is judged."
        )
        yield text.format(unit=told.workplace_name, date=voice.day(told.on))
    if told.untimed:
        yield say("The time of a tap is still being worked out; the verdict waits for it.")
    punches = {p.ref: p for p in told.punches}
    for session in told.sessions:
        yield from sessions.verdict(session, told.on, say)
        yield from sessions.reasons(session, told.on, punches, say)


def _employment(told: Explanation, say: Say) -> Iterator[str]:
    if told.joined is not None:
        yield say("First day of employment: {date}.").format(date=voice.day(told.joined))
    if told.left is not None:
        yield say("Last day of employment: {date}.").format(date=voice.day(told.left))


def _otherwise(told: Explanation, say: Say) -> Iterator[str]:
    for session in told.sessions:
        yield from (voice.capital(text) for text in sessions.remedies(session, told.on, say))
    if any(s.flags or s.outcome is Outcome.ABSENT for s in told.sessions):
        yield say("Whoever sees this differently may explain it in writing; an approved correction is judged at once.")


def _duties(told: Explanation, say: Say) -> Iterator[str]:
    return (proofs.duty(d, told.on, say) for d in told.duties)


def _overtime(told: Explanation, say: Say) -> Iterator[str]:
    if told.overtime is not None:
        yield proofs.overtime(told.overtime, told.on, say)


def _hours(told: Explanation, say: Say) -> Iterator[str]:
    yield from (proofs.calendar(c, told.on, say) for c in told.calendar)
    yield from (proofs.hours(h, told.on, say) for h in told.hours)
    yield from (proofs.policy(p, say) for p in told.policies)


def _plans(told: Explanation, say: Say) -> Iterator[str]:
    yield from (proofs.plan(p, say) for p in told.plans)
    yield from (proofs.entry(e, told.on, say) for e in told.entries)
    yield from (proofs.outing(o, told.on, say) for o in told.outings)


def _punches(told: Explanation, say: Say) -> Iterator[str]:
    if told.status is DayStatus.NOT_EMPLOYED:
        return
    yield from (proofs.punch(p, told.on, say) for p in told.punches)
    if not told.punches:
        yield say("No tap of this person on this date has arrived.")


def _conflicts(told: Explanation, say: Say) -> Iterator[str]:
    return (proofs.conflict(c, told.on, say) for c in told.conflicts)


def _record(told: Explanation, say: Say) -> Iterator[str]:
    asked = f"{told.asked_at:%H:%M:%S %d/%m/%Y}"
    yield say("Worked out from the facts as they were at {time}.").format(time=asked)
    if told.record is None:
        yield say("No verdict is stored for this date yet.")
    elif told.differs:
        yield from _stale(told.record, say)
    else:
        yield say("The stored verdict, judged at {time}, says the same.").format(
            time=f"{told.record.judged_at:%H:%M:%S %d/%m/%Y}"
        )
    if told.lock is not None:
        yield from _signed(told.lock, say)


def _signed(lock: Lock, say: Say) -> Iterator[str]:
    """The signed sheet stays as it was; what facts that came later would change is listed elsewhere."""
    text = say("The month is signed by {who} at {time}{document}; later facts become adjustments of the next month.")
    signed_at = f"{lock.signed_at:%H:%M:%S %d/%m/%Y}"
    yield text.format(who=lock.signed_by, time=signed_at, document=voice.document(lock.document, say))
    if lock.signed:
        yield say("The signed sheet says: {lines}.").format(lines=stored.sessions(lock.signed, say))
    for month in lock.adjusted_in:
        yield say("A change of it is proposed in the sheet of {month}.").format(month=month)


def _stale(record: Record, say: Say) -> Iterator[str]:
    text = say("The stored verdict, judged at {time}, says something else: {stored}.")
    shown = stored.sessions(record.sessions, say) or voice.lower(say(STATUSES[record.status])).rstrip(".")
    yield text.format(time=f"{record.judged_at:%H:%M:%S %d/%m/%Y}", stored=shown)
    if record.marked:
        yield say("It is marked to be judged again, which takes moments.")
    else:
        yield say("The facts it rested on have changed since, or a session was still open then.")
