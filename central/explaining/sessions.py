"""One session in sentences: what is said, on what rule, and what would have to be different. Pure."""

from datetime import date, datetime, timedelta

from central.explaining import voice
from central.explaining.facts import DoorDown, PunchTold, ReasonTold, SessionTold
from central.explaining.remedies import Remedy, RemedyKind
from central.explaining.voice import Say
from central.rules.day import Cause, Flag, Outcome

OUTCOMES = {
    Outcome.PRESENT: "{session}: present.",
    Outcome.INCOMPLETE: "{session}: only part of it is known.",
    Outcome.ABSENT: "{session}: absent. This person's badge was not tapped, and every door waited for has delivered.",
    Outcome.PENDING: "{session}: not decided yet.",
    Outcome.LEAVE: "{session}: {plan}. Nobody is expected at the door.",
    Outcome.TRIP: "{session}: {plan}. Nobody is expected at the door.",
    Outcome.STUDY: "{session}: {plan}. Nobody is expected at the door.",
    Outcome.FIELD_DUTY: "{session}: {plan}. Nobody is expected at the door.",
    Outcome.HOLIDAY: "{session}: {plan}. Nobody is expected at the door.",
}
ARRIVAL, DEPARTURE = "the arrival", "the departure"
ON_TIME = "{session}: present, on time and to the end."

FLAGS = {
    Flag.LATE: "Late by {length}: arrived at {in}; work starts at {start}. With {grace} minutes of grace an "
    "arrival counts as late only after {limit}; the minutes count from {base}.",
    Flag.EARLY_LEAVE: "Left {length} early: departed at {out}; work ends at {end}. With {grace_early} minutes "
    "of grace a departure counts as early only before {leave}; the minutes count to {base_end}.",
    Flag.MISSING_IN: "The tap on arrival is missing; there is only the departure at {out}. That is a question to the "
    "person, not a fault.",
    Flag.MISSING_OUT: "The tap on departure is missing; there is only the arrival at {in}. That is a question to the "
    "person, not a fault.",
    Flag.NEEDS_CHECKING: "It needs checking: nothing that is in doubt is held against this person.",
}

CAUSES = {
    Cause.NOT_OVER: "The session stays open until {end}; it is {start} now.",
    Cause.UNDELIVERED: "Not everything has arrived yet: {doors}. Until data up to {end} is here, {withheld} is not "
    "said.",
    Cause.DOORS_DOWN: "From {start} to {end} no door of the office could record ({doors}); a tap then could not be "
    "seen, so {withheld} is not said.",
    Cause.CLOCK: "The door's clock was not sure: the taps lie somewhere between {start} and {end}, and the answer "
    "changes within that, so {withheld} is not said.",
    Cause.FORK: "The journal of {doors} exists in two versions; its taps count in this person's favour until "
    "somebody decides which one holds.",
    Cause.SET_ASIDE: "A tap at {doors} carries a time that cannot be (later than its receipt); it may have been any "
    "tap of this day, so {withheld} is not said.",
    Cause.OUTING: "“Field duty” was pressed at {doors}, and no plan says so: in the field {span}. Until somebody has "
    "decided about it, {withheld} is not said.",
}

DOWN = {
    "no_power": "without power",
    "power_cut": "without power",
    "stopped": "switched off",
    "not_there": "not installed yet",
    "lost": "its records were lost",
    "no_door": "there was no door",
    "lost_reader": "the reader was lost",
    "reader_lost": "the reader was lost",
    "full_disk": "the disk was full",
    "disk_full": "the disk was full",
}

REMEDIES = {
    RemedyKind.COME_BY: "With a first tap at {until} or before, {session} is not late.",
    RemedyKind.STAY_UNTIL: "With a last tap at {since} or after, nobody left {session} early.",
    RemedyKind.TAP_IN: "One more tap between {since} and {until} is the arrival that is missing in {session}.",
    RemedyKind.TAP_OUT: "One more tap between {since} and {until} is the departure that is missing in {session}.",
    RemedyKind.TAP_TWICE: "With an arrival at {until} or before and a departure at {since} or after, {session} is "
    "present without remarks.",
    RemedyKind.TIME_PASSES: "Once it is later than {since}, {session} closes.",
    RemedyKind.DOORS_DELIVER: "When {doors} has delivered past {since}, {session} becomes final.",
    RemedyKind.ENTRY: "An approved manual entry with both times settles {session}; the taps stay as they are.",
    RemedyKind.CLOCK_SET: "If the door learns the right time before it restarts, its taps get exact times and "
    "{session} is judged again.",
    RemedyKind.OUTING_DECIDED: "When somebody approves the way to the field, {session} is field duty; when somebody "
    "refuses it, the taps alone count.",
    RemedyKind.FORK_DECIDED: "When the two versions of the journal are decided with a document, {session} is judged "
    "again.",
}
NOTHING_YET = "Nothing is held against anybody so far."


def sentences() -> list[str]:
    """Everything that these tables may say, for whoever checks that it is translated."""
    tables = (OUTCOMES, FLAGS, CAUSES, DOWN, REMEDIES)
    return [text for table in tables for text in table.values()] + [ON_TIME, ARRIVAL, DEPARTURE]


def verdict(told: SessionTold, on: date, say: Say) -> list[str]:
    """What is said of the session: its outcome, each flag with its rule, and each reason for a doubt."""
    clean = told.outcome is Outcome.PRESENT and not told.flags
    plan = "" if told.plan is None else voice.plan(told.plan, say)
    name = voice.capital(voice.session(told.session, say))
    lines = [say(ON_TIME if clean else OUTCOMES[told.outcome]).format(session=name, plan=plan)]
    lines += _times(told, on, say) + _worked(told, on, say) + _assumed(told, say)
    lines += [_flag(flag, told, on, say) for flag in told.flags]
    return lines


def reasons(told: SessionTold, on: date, punches: dict[str, PunchTold], say: Say) -> list[str]:
    """Why something is still open, or not said."""
    return list(dict.fromkeys(_reason(r, on, punches, say) for r in told.reasons))


def remedies(told: SessionTold, on: date, say: Say) -> list[str]:
    """What would have to be different; nothing where nothing is held against the person."""
    behind = dict.fromkeys(voice.place(d.door, d.place) for r in told.reasons for d in r.behind)
    doors = voice.listed(behind, say) if behind else ""
    return [_remedy(r, told, on, doors, say) for r in told.remedies]


def _times(told: SessionTold, on: date, say: Say) -> list[str]:
    """The arrival and the departure, where both are known or the session still runs."""
    arrived = "" if told.time_in is None else voice.clock(told.time_in, on, say)
    departed = "" if told.time_out is None else voice.clock(told.time_out, on, say)
    if arrived and departed:
        return [say("Arrived at {in}, departed at {out}.").format(**{"in": arrived, "out": departed})]
    if arrived and told.outcome is Outcome.PENDING:
        return [say("Arrived at {in}.").format(**{"in": arrived})]
    return []


def _worked(told: SessionTold, on: date, say: Say) -> list[str]:
    """Where somebody was out in between, and to which date the time of a night shift belongs."""
    lines = []
    if told.away:
        gaps = [span(gap.start, gap.end, on, say) for gap in told.away]
        lines.append(say("Out in between, and not counted as worked: {gaps}.").format(gaps=voice.listed(gaps, say)))
    if told.worked:
        parts = [f"{voice.whole_minutes(part.minutes, say)} ({voice.day(part.date)})" for part in told.worked]
        lines.append(say("Worked, divided at midnight: {parts}.").format(parts=voice.listed(parts, say)))
    return lines


def _assumed(told: SessionTold, say: Say) -> list[str]:
    """What was taken from the hours because the office asks for two taps a day."""
    taken = [say(text) for text, held in ((ARRIVAL, told.assumed_in), (DEPARTURE, told.assumed_out)) if held]
    text = say("Not tapped, and taken from the hours, for this office asks for two taps a day: {what}.")
    return [text.format(what=voice.listed(taken, say))] if taken else []


def _flag(flag: Flag, told: SessionTold, on: date, say: Say) -> str:
    limit, leave = told.start + told.grace_late, told.end - told.grace_early
    places = {
        "in": "–" if told.time_in is None else voice.clock(told.time_in, on, say),
        "out": "–" if told.time_out is None else voice.clock(told.time_out, on, say),
        "start": voice.minute(told.start, on, say),
        "end": voice.minute(told.end, on, say),
        "limit": voice.clock(limit + timedelta(seconds=59 if told.by_minute else 0), on, say),
        "base": voice.minute(limit if told.from_grace else told.start, on, say),
        "base_end": voice.minute(leave if told.from_grace else told.end, on, say),
        "leave": voice.clock(leave, on, say),
        "grace": voice.minutes(told.grace_late),
        "grace_early": voice.minutes(told.grace_early),
        "length": voice.whole_minutes(told.late_min if flag is Flag.LATE else told.early_min, say),
    }
    return say(FLAGS[flag]).format(**places)


def _reason(reason: ReasonTold, on: date, punches: dict[str, PunchTold], say: Say) -> str:
    named = [punches[ref].door for ref in reason.punches if ref in punches]
    if reason.cause is Cause.UNDELIVERED:
        doors = voice.listed((voice.behind(d, on, say) for d in reason.behind), say) if reason.behind else ""
    elif reason.cause is Cause.DOORS_DOWN:
        doors = "; ".join(down(d, on, say) for d in reason.down) or say(DOWN["no_door"])
    else:
        doors = voice.listed(dict.fromkeys(named), say) if named else ""
    return say(CAUSES[reason.cause]).format(
        doors=doors or say("a door"),
        start="" if reason.start is None else voice.clock(reason.start, on, say),
        end="" if reason.end is None else voice.clock(reason.end, on, say),
        span=span(reason.start, reason.end, on, say),
        withheld=voice.withheld(reason.withheld, say),
    )


def span(first: datetime | None, last: datetime | None, on: date, say: Say) -> str:
    """From when to when; an end that nobody tapped is the date's own."""
    start = "" if first is None else voice.clock(first, on, say)
    end = "" if last is None else voice.clock(last, on, say)
    if start and end:
        return say("from {start} to {end}").format(start=start, end=end)
    if start:
        return say("from {start} on").format(start=start)
    return say("until {end}").format(end=end)


def down(told: DoorDown, on: date, say: Say) -> str:
    """`D-X07 without power from 07:12:00 to 07:41:30, document 03/QĐ`."""
    why = say(DOWN[told.reason]) if told.reason in DOWN else told.reason
    text = say("{door}: {why} from {start} to {end}{document}")
    return text.format(
        door=told.door,
        why=why,
        start=voice.clock(told.start, on, say),
        end=voice.clock(told.end, on, say),
        document=voice.document(told.document, say),
    )


def _remedy(remedy: Remedy, told: SessionTold, on: date, doors: str, say: Say) -> str:
    return say(REMEDIES[remedy.kind]).format(
        session=voice.session(told.session, say),
        since="" if remedy.since is None else voice.clock(remedy.since, on, say),
        until="" if remedy.until is None else voice.clock(remedy.until, on, say),
        doors=doors or say("every door waited for"),
    )
