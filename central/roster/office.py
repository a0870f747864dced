"""The office format: which files it has, with which columns, and what each value is. Described in central/README.md."""

from pathlib import Path

from central.roster import values as v
from central.roster.reading import Columns, Line, Office, Problem, read_files
from central.roster.values import BadValue, Instant, Reader, badge_number

__all__ = [
    "FILES",
    "MAY_HAVE",
    "NEEDED",
    "BadValue",
    "Instant",
    "Line",
    "Office",
    "Problem",
    "Reader",
    "badge_number",
    "read_files",
    "read_office",
]

PERIOD: dict[str, Reader] = {"valid_from": v.day, "valid_to": v.day}

FILES: dict[str, dict[str, Reader]] = {
    "units": {"code": v.needed, "parent": v.word, "type": v.word, "name_vi": v.needed_of(v.TEXT_CHARS), **PERIOD},
    "succession": {"from_unit": v.needed, "to_unit": v.needed, "date": v.needed_day},
    "hamlets": {"code": v.needed, "commune": v.needed, "type": v.word, "name_vi": v.needed_of(120)},
    "staff": {
        "code": v.needed,
        "full_name": v.needed_of(120),
        "unit": v.needed,
        "position": v.text_of(120),
        "rank": v.whole,
        "badge_uid": v.maybe(v.badge_number),
        "type": v.word,
        "room": v.word,
        "joined": v.day,
        "left": v.day,
    },
    "work": {"staff": v.needed, "unit": v.needed, **PERIOD, "doc_no": v.text_of(80)},
    "badges": {
        "badge_uid": v.badge_number,
        "staff": v.needed,
        "valid_from": v.instant,
        "valid_to": v.instant,
        "state": v.one_of("active", "lost", "blocked"),
    },
    "devices": {"code": v.needed, "unit": v.needed, "location": v.text},
    "sites": {"code": v.needed, "name_vi": v.needed_of(v.TEXT_CHARS), "address": v.text, "unit": v.needed, **PERIOD},
    "schedules": {
        "unit": v.needed,
        **PERIOD,
        "weekdays": v.weekdays,
        "session": v.needed_of(16),
        "start": v.minutes,
        "end": v.minutes,
        "grace_late_min": v.whole,
        "grace_early_min": v.whole,
        "doc_no": v.text_of(80),
    },
    "policies": {"unit": v.needed, **PERIOD, "name": v.needed, "value": v.needed_of(80), "doc_no": v.text_of(80)},
    "symbols": {
        "unit": v.word,
        "symbol": v.needed_of(8),
        "kind": v.one_of("leave", "trip", "study"),
        "name_vi": v.needed_of(80),
        "name_en": v.text_of(80),
        "counts_as_worked": v.yes_or_no,
        "public_label": v.word,
    },
    "calendar": {
        "date": v.needed_day,
        "kind": v.one_of("holiday", "swapped_off", "make_up"),
        "unit": v.needed,
        "doc_no": v.text_of(80),
        "for_date": v.day,
    },
    "leave": {
        "staff": v.needed,
        "from": v.needed_day,
        "to": v.needed_day,
        "half": v.half,
        "symbol": v.needed_of(8),
        "reason": v.text,
    },
    "field": {
        "staff": v.needed,
        "date": v.needed_day,
        "sessions": v.halves,
        "place": v.text_of(80),
        "purpose": v.text,
        "confirmed_by": v.word,
    },
    "duty": {
        "staff": v.needed,
        "date": v.needed_day,
        "start": v.minutes,
        "end": v.minutes,
        "kind": v.needed,
        "swapped_with": v.maybe(v.word),
        "stand_in": v.maybe(v.word),
        "note": v.text,
    },
    "manual": {
        "staff": v.needed,
        "date": v.needed_day,
        "session": v.session,
        "in": v.maybe(v.seconds),
        "out": v.maybe(v.seconds),
        "reason": v.text,
        "entered_by": v.needed,
        "approved_by": v.maybe(v.word),
    },
    "rollcalls": {
        "date": v.needed_day,
        "time": v.minutes,
        "room": v.needed,
        "staff": v.needed,
        "status": v.needed_of(24),
        "by": v.word,
    },
    "inspection": {
        "date": v.needed_day,
        "time": v.minutes,
        "unit": v.needed,
        "staff": v.needed,
        "status": v.needed_of(24),
        "finding": v.text,
    },
    "tickets": {
        "date": v.needed_day,
        "no": v.needed,
        "service": v.text,
        "taken": v.minutes,
        "wait_min": v.whole,
        "officer": v.word,
        "rating": v.word,
    },
    "rating_choices": {"code": v.needed, "label_vi": v.needed_of(v.TEXT_CHARS), "weight": v.text},
}
"""File (without .csv) -> the columns that it must have."""

MAY_HAVE: dict[str, Columns] = {
    "staff": {"given": v.text_of(60)},
    "sites": {"former_name": v.text},
    "schedules": {"window_before_min": v.maybe(v.whole), "window_after_min": v.maybe(v.whole)},
    "calendar": {"session": v.maybe(v.session), "name": v.maybe(v.text_of(120))},
    "duty": {"deputy": v.maybe(v.word), "credit": v.maybe(v.word), "doc_no": v.text_of(80)},
    "manual": {"evidence": v.text, "doc_no": v.text_of(80)},
    "inspection": {"decision_no": v.text_of(80)},
}
"""Columns that a file may have besides."""

NEEDED = ("units", "staff", "devices", "schedules")
UNUSED = ("tickets", "rating_choices")
"""Read, and so far without a use."""


def read_office(folder: Path) -> Office:
    """Read every known file of `folder`; whatever is wrong stands in `.problems` and nothing is raised for it."""
    office = read_files(folder, FILES, NEEDED, "an import", MAY_HAVE)
    for name in UNUSED:
        if office.of(name):
            office.notes.append(f"{name}.csv was read and left: nothing uses its {len(office.of(name))} lines yet")
    return office
