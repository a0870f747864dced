"""Every text that stands around the grid of a timesheet, in the reader's language: on paper, page and file. Pure.

The forms' own words stand in English here; the Vietnamese of the official forms is in the catalogue.
"""

from collections.abc import Callable
from dataclasses import dataclass

from central.reports.timesheet.cells import days_text
from central.reports.timesheet.forms import SIGNATURES
from central.reports.timesheet.layout import Timesheet

Say = Callable[[str], str]
_WEEKDAYS = {"vi": ("T2", "T3", "T4", "T5", "T6", "T7", "CN"), "en": ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")}
STILL_OPEN = {
    "pending": "%d half-days of %d people are not decided yet",
    "needs_checking": "%d half-days of %d people need checking",
    "not judged": "%d days of %d people have no verdict",
    "to be judged again": "%d days of %d people have newer facts and are about to be judged again",
    "set aside": "%d days of %d people could not be judged; ask the technician",
}


@dataclass(frozen=True, slots=True)
class SignedBy:
    """A place for a signature: whose, and what is to be written there."""

    title: str
    note: str


@dataclass(frozen=True, slots=True)
class Texts:
    """left, right: the lines at the upper corners; state: signed or a draft, in a line; open: what a draft waits for;
    legend: the signs used; changes, documents, proof: further notes; headings: number, name, position, days, totals;
    comma: between whole and half days."""

    title: str
    period: str
    left: tuple[str, ...]
    right: tuple[str, ...]
    state: str
    open: tuple[str, ...]
    legend: str
    changes: tuple[str, ...]
    documents: str
    proof: str
    signatures: tuple[SignedBy, ...]
    number: str
    name: str
    position: str
    days: str
    columns: tuple[str, ...]
    weekdays: tuple[str, ...]
    sums: str
    nobody: str
    comma: str

    def totals(self, values: tuple[int, ...]) -> tuple[str, ...]:
        """Half-days as days: `20,5`."""
        return tuple(days_text(value, self.comma) for value in values)

    def notes(self) -> tuple[str, ...]:
        """Everything below the grid but the proof, a paragraph each."""
        return (*self.open, self.legend, *self.changes, *([self.documents] if self.documents else []))


def texts_of(sheet: Timesheet, language: str, say: Say) -> Texts:
    """The texts of a sheet in a language."""
    comma = "," if language == "vi" else "."
    year, month = sheet.month.split("-")
    weekdays = _WEEKDAYS[language]
    return Texts(
        title=say("Timesheet").upper(),
        period=say("Month %(month)s of %(year)s") % {"month": month, "year": year},
        left=_left(sheet, say),
        right=(
            say("Form No. %s") % sheet.form.number,
            say("(issued with %s)") % sheet.form.authority,
            say("No.: ……………"),
        ),
        state=_state(sheet, say),
        open=tuple(say(STILL_OPEN[one.what]) % (one.count, one.people) for one in sheet.open),
        legend=say("Signs: %s") % "; ".join(f"{line.sign} {line.says(language)}" for line in sheet.grid.legend)
        + ". "
        + say("½ before a sign: half a day; P/+: morning and afternoon."),
        changes=_changes(sheet, say),
        documents=say("By: %s") % ", ".join(sheet.documents) if sheet.documents else "",
        proof=_proof(sheet, say),
        signatures=tuple(SignedBy(say(title), say("(signature, full name)")) for title in SIGNATURES),
        number=say("No."),
        name=say("Full name"),
        position=say(sheet.form.position),
        days=say("Days of the month"),
        columns=tuple(say(column.title) for column in sheet.grid.columns),
        weekdays=tuple(weekdays[day.on.weekday()] for day in sheet.grid.days),
        sums=say("Sum"),
        nobody=say("Nobody belonged to this unit in this month."),
        comma=comma,
    )


def _left(sheet: Timesheet, say: Say) -> tuple[str, ...]:
    office, section = (sheet.office, sheet.unit_name) if sheet.office else (sheet.unit_name, "")
    values = (office, section, "")
    return tuple(f"{say(head)}: {value}".rstrip() for head, value in zip(sheet.form.heads, values, strict=False))


def _state(sheet: Timesheet, say: Say) -> str:
    signed = sheet.signed
    if signed is None:
        text = say("Draft, not signed")
        if sheet.parts_signed:
            text += "; " + say("signed already: %s") % ", ".join(sheet.parts_signed)
        return text
    text = say("Signed by %(by)s, %(doc)s, %(at)s") % {"by": signed.by, "doc": signed.doc_no, "at": signed.at}
    return text if signed.unit == sheet.unit else text + "; " + say("as part of the sheet of %s") % signed.unit


def _changes(sheet: Timesheet, say: Say) -> tuple[str, ...]:
    if not sheet.changes:
        return ()
    lines = (
        f"{one.name} ({one.staff}), {one.on:%d/%m/%Y} {one.session}: {one.before or '–'} → {one.after or '–'}"
        for one in sheet.changes
    )
    return (say("Proposed here for months signed before: %s") % "; ".join(lines),)


def _proof(sheet: Timesheet, say: Say) -> str:
    told = [say("printed %s") % sheet.printed]
    if sheet.audit_head:
        told.insert(0, say("Head of the audit log: %s") % sheet.audit_head)
    if sheet.signed is not None:
        told.insert(0, f"SHA-256 {sheet.signed.digest}")
    return "; ".join(told)
