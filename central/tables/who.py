"""Who: units, their succession, staff, what they are and where they work, badges."""

import datetime as dt

from sqlmodel import Field, SQLModel

from central.tables.columns import ms, source


class Unit(SQLModel, table=True):
    """A node in the tree of units, as it was during a period. Type is a label, never logic."""

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(index=True, max_length=40)
    parent: str | None = Field(default=None, max_length=40)
    type: str = Field(max_length=40)
    name: str = Field(max_length=200)
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    source: str = source()  # type: ignore[assignment]


class UnitSuccession(SQLModel, table=True):
    """Which unit took over from which, from `date` on."""

    __tablename__ = "unit_succession"
    from_unit: str = Field(primary_key=True, max_length=40)
    to_unit: str = Field(primary_key=True, max_length=40)
    date: dt.date = Field(primary_key=True)


class Staff(SQLModel, table=True):
    """A person. joined / left: first and last day of employment. name_sort, name_search: see names.py; given: the given
    name where it is not the last word of full_name (compound ones, peoples whose family name comes last)."""

    code: str = Field(primary_key=True, max_length=40)
    full_name: str = Field(max_length=120)
    name_sort: str = Field(max_length=400)
    name_search: str = Field(max_length=200)
    category: str = Field(default="", max_length=40)
    given: str | None = Field(default=None, max_length=60)
    joined: dt.date | None = None
    left: dt.date | None = None


class Assignment(SQLModel, table=True):
    """Home unit, position and rank (0 = head) of a person during a period. workplace: unit whose doors and hours count
    instead of the home unit's, None for the home unit itself."""

    id: int | None = Field(default=None, primary_key=True)
    staff: str = Field(foreign_key="staff.code", index=True, max_length=40)
    unit: str = Field(index=True, max_length=40)
    workplace: str | None = Field(default=None, max_length=40)
    position: str = Field(default="", max_length=120)
    rank: int = 99
    room: str | None = Field(default=None, max_length=40)
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    source: str = source()  # type: ignore[assignment]


class Badge(SQLModel, table=True):
    """Who holds a badge from when to when (instants, both included; None = no limit), and in which state it is.

    number: canonical (`em:008EB2F9`). state: active, lost or blocked.
    """

    id: int | None = Field(default=None, primary_key=True)
    number: str = Field(index=True, max_length=64)
    staff: str = Field(foreign_key="staff.code", index=True, max_length=40)
    valid_from_ms: int | None = ms(default=None)  # type: ignore[assignment]
    valid_to_ms: int | None = ms(default=None)  # type: ignore[assignment]
    state: str = Field(default="active", max_length=16)
    source: str = source()  # type: ignore[assignment]
