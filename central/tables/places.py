"""Places: sites, where units sit, where people work, hamlets. A site is no unit, and a workplace no home unit."""

import datetime as dt

from sqlmodel import Field, SQLModel

from central.tables.columns import source


class Site(SQLModel, table=True):
    """A building (trụ sở)."""

    code: str = Field(primary_key=True, max_length=40)
    name: str = Field(max_length=200)
    address: str = Field(default="", max_length=200)
    former_name: str = Field(default="", max_length=200)


class UnitSite(SQLModel, table=True):
    """A unit sits at a site during a period."""

    __tablename__ = "unit_site"
    id: int | None = Field(default=None, primary_key=True)
    unit: str = Field(index=True, max_length=40)
    site: str = Field(foreign_key="site.code", max_length=40)
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    source: str = source()  # type: ignore[assignment]


class WorkAssignment(SQLModel, table=True):
    """A person works at another unit (a counter) during a period: its hours and doors count, while the sheet of the
    home unit still lists the person."""

    __tablename__ = "work_assignment"
    id: int | None = Field(default=None, primary_key=True)
    staff: str = Field(foreign_key="staff.code", index=True, max_length=40)
    unit: str = Field(index=True, max_length=40)
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    doc_no: str = Field(default="", max_length=80)
    source: str = source()  # type: ignore[assignment]


class Hamlet(SQLModel, table=True):
    """A place of field duty (khối, xóm, bản) of a commune; not a unit."""

    code: str = Field(primary_key=True, max_length=40)
    commune: str = Field(index=True, max_length=40)
    type: str = Field(default="", max_length=40)
    name: str = Field(max_length=120)
