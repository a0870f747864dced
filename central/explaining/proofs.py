"""What a verdict rests on, in sentences: hours, calendar, plans, entries, punches, doors, conflicts. Pure."""

from datetime import date, timedelta

from central.explaining import choices, sessions, voice
from central.explaining.facts import (
    CalendarTold,
    Conflict,
    ConflictKind,
    DoorBehind,
    DutyTold,
    EntryTold,
    Explanation,
    HoursTold,
    OutingState,
    OutingTold,
    OvertimeTold,
    PlanTold,
    PolicyTold,
    PunchTold,
    Use,
)
from central.explaining.voice import Say

SURE_UNDER = timedelta(seconds=1)

CALENDAR = {
    "holiday": "{date} is a public holiday for {unit}{session}{document}.",
    "swapped_off": "{date} is given off for {unit}{session}{document}; it is worked on another day.",
    "make_up": "{date} is worked in exchange for {for_date}, by the hours of that weekday, for {unit}{document}.",
}
METHODS = {
    "own": "time from the door's own clock, which was set from the network",
    "sync_point": "time worked out from the moment at which the door's clock was set later in the same run",
    "rtc": "time from the door's battery clock",
    "shifted": "the door's clock was never set; time worked out from when its taps were received that day",
    "interval": "the door's clock was never set; the time is only known within bounds",
}
USES = {
    Use.IN: "arrival of {session}",
    Use.OUT: "departure of {session}",
    Use.BOTH: "arrival and departure of {session}",
    Use.WITHIN: "within {session}, neither arrival nor departure",
    Use.BESIDE_PLAN: "tapped in {session} although a plan covers it; not counted",
    Use.BESIDE_ENTRY: "tapped in {session}, where an approved entry gives the times",
    Use.OUTSIDE: "outside the hours of every session; listed, not counted",
    Use.SET_ASIDE: "not counted: its time lies after its receipt",
}
CONFLICTS = {
    ConflictKind.TAPPED_ON_PLAN: "There are taps in {session} although a plan covers it. Both are shown; the plan "
    "decides.",
    ConflictKind.ENTRY_OVER_TAPS: "An approved entry and the taps of {session} say different times. Both are shown; "
    "the entry decides.",
    ConflictKind.SEVERAL_PLANS: "Several plans cover {session}; the strongest decides: day off, leave, trip, study, "
    "field duty, in this order.",
    ConflictKind.SEVERAL_ENTRIES: "There are several approved entries for {session}; the last one decides.",
    ConflictKind.SEEN_ABSENT: "The roll call at {time} by {by} did not see this person, although there is a tap.",
    ConflictKind.SEEN_PRESENT: "The roll call at {time} by {by} saw this person, although no tap says so.",
}
OUTINGS = {
    OutingState.OPEN: "“Field duty” pressed at {doors}, {span}: not planned, and nobody has decided about it",
    OutingState.APPROVED: "“Field duty” pressed at {doors}, {span}: approved as field duty by {who} at {time}",
    OutingState.REFUSED: "“Field duty” pressed at {doors}, {span}: not approved, by {who} at {time}; the taps alone "
    "count",
}
DUTIES = {
    "kept": "Duty {kind}, {start} to {end}: kept by {by}.",
    "late": "Duty {kind}, {start} to {end}: {by} came {length} late; a duty has no grace.",
    "no_show": "Duty {kind}, {start} to {end}: nobody tapped between one hour before its start and its end.",
    "stood_in": "Duty {kind}, {start} to {end}: {by} stood in.",
    "pending": "Duty {kind}, {start} to {end}: not decided yet.",
    "needs_checking": "Duty {kind}, {start} to {end}: needs checking; nothing is held against anybody.",
}
DUTY_KINDS = {
    "early_reception_am": "early reception (morning)",
    "early_reception_pm": "early reception (afternoon)",
    "sunday_duty": "Sunday duty",
    "night_duty": "night duty",
    "reception": "citizen reception",
}


def phrases() -> list[str]:
    """Everything that these tables may say, for whoever checks that it is translated."""
    tables = (CALENDAR, METHODS, USES, CONFLICTS, OUTINGS, DUTIES, DUTY_KINDS)
    return [STAYED, ON_HOLIDAY, *(text for table in tables for text in table.values())]


def hours(told: HoursTold, on: date, say: Say) -> str:
    """A session's hours, the version that they are of, whose they are, and the document that set them."""
    text = say("{session}: {start} to {end}, grace {late} minutes on arrival and {early} on departure; hours of {unit}")
    if told.inherited:
        text = say(
            "{session}: {start} to {end}, grace {late} minutes on arrival and {early} on departure; hours of {unit}, "
            "further up the tree"
        )
    filled = text.format(
        session=voice.capital(voice.session(told.session, say)),
        start=voice.minute(told.start, on, say),
        end=voice.minute(told.end, on, say),
        late=voice.minutes(told.grace_late),
        early=voice.minutes(told.grace_early),
        unit=told.unit_name,
    )
    return filled + _valid(told.valid_from, told.valid_to, say) + voice.document(told.document, say) + "."


def _valid(first: date | None, last: date | None, say: Say) -> str:
    if first is not None and last is not None:
        return say(", in force from {first} to {last}").format(first=voice.day(first), last=voice.day(last))
    if first is not None:
        return say(", in force from {first}").format(first=voice.day(first))
    if last is not None:
        return say(", in force until {last}").format(last=voice.day(last))
    return say(", without limit of time")


def policy(told: PolicyTold, say: Say) -> str:
    """A choice of the office that is not the usual one."""
    text = say("Policy of {unit}: {choice}").format(unit=told.unit_name, choice=choices.choice(told, say))
    return text + _valid(told.valid_from, told.valid_to, say) + voice.document(told.document, say) + "."


def calendar(told: CalendarTold, on: date, say: Say) -> str:
    session = "" if told.session is None else say(", {session} only").format(session=voice.session(told.session, say))
    return say(CALENDAR[told.kind]).format(
        date=voice.day(on),
        unit=told.unit_name,
        session=session,
        document=voice.document(told.document, say),
        for_date="" if told.for_date is None else voice.day(told.for_date),
    )


def plan(told: PlanTold, say: Say) -> str:
    """A plan; why somebody is on leave is nobody's business here."""
    text = voice.capital(voice.plan(told, say))
    text += say(", whole days") if told.session is None else ", " + voice.session(told.session, say)
    if told.first is not None and told.last is not None and told.first != told.last:
        text += say(", from {first} to {last}").format(first=voice.day(told.first), last=voice.day(told.last))
    if told.place:
        text += say(", at {place}").format(place=told.place)
    if told.purpose:
        text += say(", purpose: {purpose}").format(purpose=told.purpose)
    if told.confirmed_by:
        text += say(", confirmed by {who}").format(who=told.confirmed_by)
    return text + voice.document(told.document, say) + "."


def entry(told: EntryTold, on: date, say: Say) -> str:
    """A manual entry, who made it, why, and who approved it; an unapproved one says that it counts for nothing."""
    text = say("Manual entry for {session}: arrival {in}, departure {out}").format(
        session=voice.session(told.session, say),
        **{
            "in": say("as tapped") if told.time_in is None else voice.clock(told.time_in, on, say),
            "out": say("as tapped") if told.time_out is None else voice.clock(told.time_out, on, say),
        },
    )
    if told.reason:
        text += say("; reason: {reason}").format(reason=told.reason)
    if told.entered_by:
        text += say("; entered by {who}").format(who=told.entered_by)
    if told.approved_by:
        text += say("; approved by {who}").format(who=told.approved_by)
    else:
        text += say("; not approved, so that it counts for nothing")
    if told.withdrawn_by:
        text += say("; withdrawn by {who}, so that it counts for nothing").format(who=told.withdrawn_by)
    return text + voice.document(told.document, say) + "."


def outing(told: OutingTold, on: date, say: Say) -> str:
    """A way to the field by the button, and who decided what about it, when and why."""
    text = say(OUTINGS[told.state]).format(
        doors=voice.listed(told.doors, say),
        span=sessions.span(told.start, told.end, on, say),
        who=told.by,
        time="" if told.at is None else f"{told.at:%H:%M:%S %d/%m/%Y}",
    )
    if told.sessions:
        named = voice.listed((voice.session(name, say) for name in told.sessions), say)
        text += say(", for {sessions}").format(sessions=named)
    if told.reason:
        text += say("; reason: {reason}").format(reason=told.reason)
    if told.withdrawn_by:
        text += say("; withdrawn by {who}, so that it counts for nothing").format(who=told.withdrawn_by)
    return text + voice.document(told.document, say) + "."


def punch(told: PunchTold, on: date, say: Say) -> str:
    """A punch: when, at which door, what it was taken for, and how its time is known."""
    use = say(USES[told.use]).format(session=voice.session(told.session, say) if told.session else "")
    door = voice.place(told.door, told.place)
    text = f"{voice.clock(told.at, on, say)}  {door}: {use}"
    if told.elsewhere:
        text += say("; a door of {unit}").format(unit=told.elsewhere)
    text += "; " + _time(told, say)
    if told.forked:
        text += say("; the journal exists in two versions")
    if told.received is not None and told.received - told.at > timedelta(minutes=5):
        text += say("; received at {time}").format(time=voice.clock(told.received, on, say))
    return text + "."


def _time(told: PunchTold, say: Say) -> str:
    """How the time is known, in words, and within what."""
    method = say(METHODS[told.method]) if told.method in METHODS else say("time as the door gave it")
    if told.uncertainty < SURE_UNDER:
        return say("{method}, sure to the second").format(method=method)
    return say("{method}, sure to within {length}").format(method=method, length=voice.length(told.uncertainty, say))


def waiting(told: DoorBehind, on: date, say: Say) -> str:
    return voice.capital(voice.behind(told, on, say)) + "."


def conflict(told: Conflict, on: date, say: Say) -> str:
    return say(CONFLICTS[told.kind]).format(
        session=voice.session(told.session, say) if told.session else "",
        time="" if told.at is None else voice.clock(told.at, on, say),
        by=told.by,
    )


def duty(told: DutyTold, on: date, say: Say) -> str:
    text = say(DUTIES[told.outcome]).format(
        kind=say(DUTY_KINDS[told.kind]) if told.kind in DUTY_KINDS else told.kind,
        start=voice.minute(told.start, on, say),
        end=voice.minute(told.end, on, say),
        by=told.by,
        length=voice.whole_minutes(told.late_min, say),
    )
    if told.stand_in:
        text += " " + say("Stand-in: {who}.").format(who=told.stand_in)
    if told.swapped_with:
        text += " " + say("Taken over from {who}.").format(who=told.swapped_with)
    if told.document:
        text += " " + say("Document {number}.").format(number=told.document)
    for way in told.outings:
        away = say("“Field duty” was pressed at a door: in the field {span}, so {withheld} is not said.")
        span, withheld = sessions.span(way.start, way.end, on, say), voice.withheld(way.withheld, say)
        text += " " + away.format(span=span, withheld=withheld)
    return text


STAYED = "Stayed {length} after the end at {end}, until {until}: proposed as overtime, which a person approves or not."
ON_HOLIDAY = (
    "{length} on a public holiday, from {end} to {until}: proposed as overtime, which a person approves or not."
)


def overtime(told: OvertimeTold, on: date, say: Say) -> str:
    text = say(ON_HOLIDAY if told.on_holiday else STAYED)
    return text.format(
        length=voice.whole_minutes(told.minutes, say),
        end=voice.minute(told.end, on, say),
        until=voice.clock(told.until, on, say),
    )


def doors(told: Explanation, say: Say) -> list[str]:
    """The doors of the office, those down on the date, and up to when each has delivered."""
    lines = []
    if told.office_doors:
        lines.append(say("Doors of the office: {doors}.").format(doors=voice.listed(told.office_doors, say)))
    lines += [voice.capital(sessions.down(d, told.on, say)) + "." for d in told.down]
    return lines + [waiting(d, told.on, say) for d in told.waiting]
