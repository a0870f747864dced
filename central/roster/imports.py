"""The office folder into the database: all of it or nothing.

The folder speaks for the units and people that it names: what an import said about them before and the folder says no
more is taken back, file by file; a file that is not there says nothing. Everything else stays as it is.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from central.clock import Clock
from central.errors import ImportRefusedError
from central.ledger.cases import count_everybody
from central.roster import rows
from central.roster.calendar_rows import sync_calendar
from central.roster.checks import check
from central.roster.office import Office, read_office
from central.roster.problems import listed
from central.roster.reading import need_folder
from central.roster.touched import Before
from central.store import Store, fleet, imports, marks, personal, retention, seen
from central.store.imports import Change, Row, Speaker
from central.tables import (
    Assignment,
    Badge,
    Device,
    DutySlot,
    FieldDuty,
    Hamlet,
    Leave,
    LeaveSymbol,
    ManualEntry,
    OfficePolicy,
    ScheduleRow,
    Site,
    Staff,
    Unit,
    UnitSite,
    UnitSuccession,
    WorkAssignment,
)

Progress = Callable[[str, int, int], None]
"""Told (what is done, how much of it, of how much)."""


@dataclass(frozen=True, slots=True)
class Imported:
    """How many rows are new and how many are no more, by kind of fact; a changed row is both. marked: how many
    staff-days are judged again. notes: what was read and changes nothing."""

    changed: dict[str, int]
    withdrawn: dict[str, int] = field(default_factory=dict)
    marked: int = 0
    notes: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """All of them together; 0 = the folder said nothing new."""
        return sum(self.changed.values()) + sum(self.withdrawn.values())


def import_office(
    store: Store, clock: Clock, folder: Path, *, keep: bool = False, progress: Progress = lambda *_: None
) -> Imported:
    """Read, check and store an office folder in one transaction.

    keep: what is stored stays, also where the folder does not say it any more. Raises ImportRefusedError, and stores
    nothing, when anything in the folder is wrong; its message lists each line.
    """
    office = _read(folder)
    with store.write() as db:
        before = Before(db)
        changes: dict[str, Change] = {}
        steps = _Sync(db, office, clock.now_ms(), keep).steps()
        for number, (name, step) in enumerate(steps):
            progress("storing", number, len(steps))
            changes[name] = step()
        progress("storing", len(steps), len(steps))
        touched: Collection[Any] = ()
        if any(change.rows for change in changes.values()):
            fleet.bump(db, "roster")
            touched = before.touched(changes)
            marks.mark_days(db, touched, clock.now_ms())
            _count_again(db, changes, clock.now_ms())
    return Imported(
        {name: len(change.added) for name, change in changes.items()},
        {name: len(change.gone) for name, change in changes.items() if change.gone},
        len(touched),
        tuple(office.notes),
    )


def _count_again(db: sa.Connection, changes: Mapping[str, Change], now_ms: int) -> None:
    """Limits hold for categories of staff and for units with all below them: whom they hold for may have changed,
    though no verdict does."""
    if any(changes[name].rows for name in ("staff", "units") if name in changes):
        count_everybody(db, now_ms)


def _read(folder: Path) -> Office:
    need_folder(folder, "units.csv")
    office = read_office(folder)
    check(office)
    if office.problems:
        raise ImportRefusedError("\n".join([f"nothing was imported from {folder}:", *listed(office.problems)]))
    return office


class _Sync:
    """One folder's facts into their tables, each kind in its turn: what others refer to comes first."""

    def __init__(self, db: sa.Connection, office: Office, now_ms: int, keep: bool) -> None:
        self._db, self._office, self._now_ms, self._keep = db, office, now_ms, keep
        self._units = {line["code"] for line in office.of("units")}
        self._staff = {line["code"] for line in office.of("staff")}
        self._nameless = retention.nameless(db) & self._staff

    def steps(self) -> list[tuple[str, Callable[[], Change]]]:
        """What to do, by kind of fact; of each file that is there."""
        office, now_ms = self._office, self._now_ms
        every: list[tuple[str, str, Callable[[], Change]]] = [
            ("units", "units", lambda: self._of_units(Unit, rows.units(office), "code")),
            ("succession", "succession", lambda: self._of_units(UnitSuccession, self._plain("succession"), "to_unit")),
            ("hamlets", "hamlets", lambda: imports.replace(self._db, Hamlet, rows.hamlets(office), now_ms)),
            ("staff", "staff", lambda: self._people()),
            ("assignments", "staff", lambda: self._of_staff(Assignment, rows.assignments(office))),
            ("work", "work", lambda: self._of_staff(WorkAssignment, self._plain("work"))),
            ("badges", "staff", self._badges),
            ("devices", "devices", self._devices),
            ("sites", "sites", self._sites),
            ("schedules", "schedules", lambda: self._of_units(ScheduleRow, rows.schedules(office))),
            ("policies", "policies", lambda: self._of_units(OfficePolicy, self._plain("policies"))),
            ("symbols", "symbols", lambda: self._of_units(LeaveSymbol, self._plain("symbols"))),
            ("calendar", "calendar", self._calendar),
            ("leave", "leave", lambda: self._of_staff(Leave, rows.leave(office))),
            ("field", "field", lambda: self._of_staff(FieldDuty, rows.field_duty(office))),
            ("duty", "duty", lambda: self._of_staff(DutySlot, rows.duty(office))),
            ("manual", "manual", self._manual),
            ("rollcalls", "rollcalls", lambda: self._seen(seen.ROLL_CALLS, "rollcalls")),
            ("inspection", "inspection", lambda: self._seen(seen.INSPECTIONS, "inspection")),
        ]
        return [(name, step) for name, file, step in every if file in self._office.lines]

    def _people(self) -> Change:
        """Who was made nameless stays so, whatever the folder calls them."""
        for line in self._office.of("staff"):
            if line["code"] in self._nameless and line["full_name"] != personal.pseudonym(line["code"]):
                self._office.notes.append(f"staff.csv:{line.number}: {line['code']} was made nameless and stays so")
        return imports.replace(self._db, Staff, self._spoken(Staff, rows.staff(self._office)), self._now_ms)

    def _spoken(self, model: Any, wanted: Iterable[Row]) -> Iterator[Row]:
        """Rows without what names somebody who was made nameless."""
        for row in wanted:
            hidden = row.get("staff", row.get("code")) in self._nameless
            yield personal.without_words(model.__tablename__, row) if hidden else row

    def _plain(self, name: str) -> Iterable[Row]:
        return rows.renamed(self._office.of(name))

    def _of_units(self, model: Any, wanted: Iterable[Row], column: str = "unit") -> Change:
        # Symbols without a unit are everybody's: whoever imports speaks for them.
        return imports.sync(self._db, model, wanted, Speaker(column, {*self._units, ""}, self._now_ms, self._keep))

    def _of_staff(
        self, model: Any, wanted: Iterable[Row], apart: Collection[str] = (), but: Collection[str] = ()
    ) -> Change:
        speaker = Speaker("staff", self._staff - set(but), self._now_ms, self._keep)
        return imports.sync(self._db, model, self._spoken(model, wanted), speaker, apart)

    def _badges(self) -> Change:
        """Without badges.csv, a person of whom a history is stored keeps it."""
        if "badges" in self._office.lines:
            return self._of_staff(Badge, rows.badges(self._office))
        known = imports.with_history(self._db)
        wanted = (row for row in rows.badges(self._office) if row["staff"] not in known)
        return self._of_staff(Badge, wanted, but=known)

    def _devices(self) -> Change:
        """New doors wait for their station; where a known one stands is not for an import to say."""
        known = {device.code: device.unit for device in fleet.devices(self._db)}
        for line in self._office.of("devices"):
            if line["code"] in known and known[line["code"]] != line["unit"]:
                self._office.notes.append(
                    f"devices.csv:{line.number}: {line['code']} stands at {known[line['code']] or 'no unit'} in the "
                    f"database and stays there; `device move` moves it"
                )
        return imports.replace(self._db, Device, rows.new_devices(self._office, known, self._now_ms), self._now_ms)

    def _sites(self) -> Change:
        buildings = imports.replace(self._db, Site, rows.sites(self._office).values(), self._now_ms)
        used = self._of_units(UnitSite, rows.unit_sites(self._office))
        return Change(buildings.added + used.added, buildings.gone + used.gone)

    def _calendar(self) -> Change:
        return sync_calendar(self._db, self._office, self._units, self._now_ms, keep=self._keep)

    def _manual(self) -> Change:
        return self._of_staff(ManualEntry, rows.manual(self._office, self._now_ms), apart=("entered_ms", "approved_ms"))

    def _seen(self, sheet: seen.Sheet, name: str) -> Change:
        wanted = rows.observations(self._office, name)
        return seen.sync(self._db, sheet, wanted, self._staff, self._now_ms, keep=self._keep)
