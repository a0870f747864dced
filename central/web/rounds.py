"""What the pages of roll calls and inspections show, worked out from a round: words, signs and order; no HTML."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import groupby

from central.inspection import View
from central.moments import moment
from central.observed import Conflict, Disagreement, Fact, Finding, Kept, Reason, Saying, Tally, Word, prefilled, ratio
from central.rollcall import Kind, Planned
from central.store.orders import Answered
from central.store.rollcalls import Looked, Round
from central.store.roster import Roster
from central.web.board import LABELS, SIGNS
from central.web.texts import catalogue, long_date
from central.workdays import is_valid

REASONS = {
    Reason.NONE: "no reason known",
    Reason.LEAVE: "leave",
    Reason.FIELD: "in the field",
    Reason.TRIP: "business trip",
    Reason.ERRAND: "on the office's business",
    Reason.REPORTED: "had told the head",
    Reason.OFF: "not working hours",
}
FINDINGS = {
    Finding.ALCOHOL: "alcohol",
    Finding.DRESS: "dress",
    Finding.BADGE: "no name badge",
    Finding.LEFT_POST: "left the post",
    Finding.PRIVATE: "private matters",
    Finding.OTHER: "something else",
}
KEPT = {
    Kept.AHEAD: ("○", "still ahead"),
    Kept.DUE: ("!", "now"),
    Kept.OPEN: ("…", "begun, not finished"),
    Kept.DONE: ("✓", "done"),
    Kept.LATE: ("✓", "called late"),
    Kept.MISSED: ("✕", "missed"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A person in the walk. known: what doors and plans say. seen: "1", "0", "" = nobody has looked. conflict: both
    sides of a disagreement in a sentence, "" without one. history: every word about the person, in order."""

    staff: str
    name: str
    position: str
    state: str
    sign: str
    known: str
    seen: str
    reason: str
    findings: frozenset[str]
    evidence: str
    conflict: str
    history: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Room:
    """A room and its people, in the order of the walk."""

    code: str
    name: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Door:
    """A door that was told to send what it has. tone: as the slots of the devices' pages."""

    code: str
    tone: str
    text: str


def rooms_of(view: View, language: str) -> tuple[Room, ...]:
    """The rooms in the order of the walk."""
    found = {one.staff: one for one in view.conflicts}
    spoken: dict[str, list[Word]] = {}
    for word in view.words:
        spoken.setdefault(word.saying.staff, []).append(word)
    rows = [
        (person, _row(view, person, found.get(person.staff), spoken.get(person.staff, []), language))
        for person in view.people
    ]
    return tuple(
        Room(code, mine[0][0].room_name or code, tuple(row for _, row in mine))
        for code, mine in ((code, list(group)) for code, group in groupby(rows, key=lambda pair: pair[0].room))
    )


def _row(view: View, person: Looked, conflict: Conflict | None, spoken: list[Word], language: str) -> Row:
    say, word = catalogue(language).gettext, view.last.get(person.staff)
    by_taps = view.round.kind == Kind.ROLL_CALL
    shown = word.saying if word is not None else prefilled(person.staff, person.state, by_taps=by_taps)
    fact = view.facts.get(person.staff, Fact(person.state))
    return Row(
        person.staff,
        person.name,
        person.position,
        person.state.value,
        SIGNS[fact.state],
        known_text(fact, language),
        "" if shown is None else str(int(shown.seen)),
        "" if shown is None else shown.reason.value,
        frozenset() if shown is None else frozenset(one.value for one in shown.findings),
        "" if shown is None else shown.evidence,
        "" if conflict is None else conflict_text(conflict, language),
        tuple(word_text(one, view.round, say) for one in spoken),
    )


def known_text(fact: Fact, language: str) -> str:
    """`có mặt · 07:21 · D-X01`: presence at the moment of the look, without any reason of an absence."""
    tap = "" if fact.tap_ms is None else f"{moment(fact.tap_ms):%H:%M}"
    return " · ".join(part for part in (catalogue(language).gettext(LABELS[fact.state]), tap, fact.door) if part)


def conflict_text(conflict: Conflict, language: str) -> str:
    """`quẹt thẻ 07:21, không thấy lúc 07:45`."""
    say = catalogue(language).gettext
    looked = f"{moment(conflict.word.said_ms):%H:%M}"
    if conflict.kind is Disagreement.TAPPED_NOT_SEEN:
        tap = "" if conflict.fact.tap_ms is None else f"{moment(conflict.fact.tap_ms):%H:%M}"
        return say("tapped %s, not seen at %s") % (tap, looked)
    if conflict.kind is Disagreement.SEEN_NO_TAP:
        return say("seen at %s, but there is no tap") % looked
    return say("seen at %s, though by plan: %s") % (looked, say(LABELS[conflict.fact.state]))


def word_text(word: Word, one: Round, say: Callable[[str], str]) -> str:
    """One word in the history: when, by whom, what; when it arrived later than it was said, that too."""
    at = f"{moment(word.said_ms):%H:%M:%S}"
    parts = [f"{at} {word.by}: {saying_text(word.saying, say)}"]
    if word.at_ms - word.said_ms >= 60_000:
        parts.append(say("arrived %s") % f"{moment(word.at_ms):%H:%M:%S}")
    if one.ended_ms is not None and word.at_ms > one.ended_ms:
        parts.append(say("after the end"))
    return ", ".join(parts)


def saying_text(saying: Saying, say: Callable[[str], str]) -> str:
    """What was said of a person, in words."""
    seen = say("seen") if saying.seen else f"{say('not seen')} ({say(REASONS[saying.reason])})"
    return ", ".join([seen, *(say(FINDINGS[one]) for one in saying.findings), *filter(None, [saying.evidence])])


def counts_of(counts: Tally, language: str, *, inspection: bool) -> list[tuple[str, str, str]]:
    """Word, number and tone of each count; of an inspection both ratios too."""
    say = catalogue(language).gettext
    found = [
        (say("on the list"), str(counts.roster), ""),
        (say("seen"), str(counts.present), "in"),
        (say("on leave"), str(counts.leave), "leave"),
        (say("in the field"), str(counts.field), "field"),
        (say("absent with a reason"), str(counts.excused), "out"),
        (say("absent without a reason"), str(counts.unexcused), "missing"),
        (say("of them with a tap"), str(counts.with_tap), "missing"),
        (say("of them without a tap"), str(counts.without_tap), "missing"),
        (say("not looked at"), str(counts.not_looked), "unknown"),
    ]
    if inspection:
        found.append((say("absent of the list"), ratio(counts.unexcused, counts.roster, language), "missing"))
        found.append((say("absent of those expected"), ratio(counts.unexcused, counts.expected, language), "missing"))
    return found


def conflicts_of(view: View, language: str) -> list[tuple[str, str]]:
    """Name and sentence of each disagreement."""
    names = {person.staff: person.name for person in view.people}
    return [(names[one.staff], conflict_text(one, language)) for one in view.conflicts]


def doors_of(asked: list[Answered], roster: Roster, language: str) -> list[Door]:
    """Which doors have answered that they sent what they had."""
    say = catalogue(language).gettext
    found = []
    for one in asked:
        device = one.order.device
        code = roster.doors[device].code if device in roster.doors else device
        if one.received_ms is None:
            found.append(Door(code, "unknown", say("asked, no answer yet")))
            continue
        good = one.code == "done"
        text = (say("answered %s") if good else say("refused %s")) % f"{moment(one.received_ms):%H:%M:%S}"
        found.append(Door(code, "in" if good else "missing", text))
    return found


@dataclass(frozen=True, slots=True)
class Past:
    """A round in a list. state: its word."""

    number: int
    date: str
    time: str
    unit: str
    by: str
    state: str
    note: str = ""


def past_of(rounds: list[Round], roster: Roster, language: str) -> list[Past]:
    """Rounds as a list shows them."""
    say = catalogue(language).gettext
    done = {Kind.ROLL_CALL: say("finished"), Kind.INSPECTION: say("signed")}
    return [
        Past(
            one.id,
            long_date(one.date, language),
            f"{moment(one.at_ms):%H:%M}",
            roster.unit_name(one.unit, one.date),
            one.opened_by,
            say("open") if one.ended_ms is None else done[Kind(one.kind)],
            one.decision_no,
        )
        for one in rounds
    ]


@dataclass(frozen=True, slots=True)
class SetLine:
    """A set time in a list, and what became of it; number: of its roll call, None without one."""

    date: str
    time: str
    unit: str
    kept: str
    sign: str
    label: str
    doc_no: str
    number: int | None


def set_lines(found: list[Planned], roster: Roster, language: str) -> list[SetLine]:
    """Set times as a list shows them."""
    say = catalogue(language).gettext
    return [
        SetLine(
            long_date(one.date, language),
            f"{one.set.at_min // 60:02}:{one.set.at_min % 60:02}",
            roster.unit_name(one.unit, one.date),
            one.set.kept.value,
            KEPT[one.set.kept][0],
            say(KEPT[one.set.kept][1]),
            one.doc_no,
            one.set.number,
        )
        for one in found
    ]


def sayings_in(fields: Mapping[str, str]) -> list[Saying]:
    """What a form says of people: `s-CODE` (1 seen, 0 not), `r-CODE`, `f-CODE-FINDING`, `e-CODE`. What is no word of
    ours is passed over."""
    found = []
    for name, value in fields.items():
        staff = name[2:]
        if not name.startswith("s-") or value not in ("0", "1"):
            continue
        reason, seen = fields.get(f"r-{staff}", ""), value == "1"
        known = reason if reason in REASONS_BY_WORD and not seen else ""
        findings = tuple(one for one in Finding if fields.get(f"f-{staff}-{one.value}"))
        found.append(Saying(staff, seen, Reason(known), findings, fields.get(f"e-{staff}", "").strip()))
    return found


REASONS_BY_WORD = frozenset(reason.value for reason in Reason)


def choices(language: str) -> dict[str, list[tuple[str, str]]]:
    """The words that a form offers: values and labels."""
    say = catalogue(language).gettext
    reasons = [(one.value, say(text)) for one, text in REASONS.items()]
    return {"reasons": reasons, "findings": [(one.value, say(text)) for one, text in FINDINGS.items()]}


def units_offered(roster: Roster, units: frozenset[str] | None, on: dt.date) -> list[tuple[str, str]]:
    """Codes and names of the units of the date within `units` (None = all)."""
    names = {code: roster.unit_name(code, on) for code in roster.units if units is None or code in units}
    return sorted((code, name) for code, name in names.items() if any(is_valid(u, on) for u in roster.units[code]))
