"""Choices of an office: policies of judging, and the symbols of its timesheet."""

import datetime as dt

from sqlmodel import Field, SQLModel

from central.tables.columns import source


class OfficePolicy(SQLModel, table=True):
    """One policy of a unit during a period, as text. It holds for all units below; of several rows of one name that of
    the nearest unit counts. Names and values are those of `central.rules.policy`."""

    __tablename__ = "office_policy"
    id: int | None = Field(default=None, primary_key=True)
    unit: str = Field(index=True, max_length=40)
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    name: str = Field(max_length=40)
    value: str = Field(max_length=80)
    doc_no: str = Field(default="", max_length=80)
    source: str = source()  # type: ignore[assignment]


class LeaveSymbol(SQLModel, table=True):
    """A symbol of the timesheet. unit: whose ("" = everybody's), for it and all below it; the nearest counts, and at
    last the usual meanings (`rules.symbols.USUAL`).

    kind: leave, trip or study for symbols of plans, else the outcome that prints it. public_label: the only word that
    a public board may show, for a reason of leave may be a matter of health.
    """

    __tablename__ = "leave_symbol"
    unit: str = Field(primary_key=True, max_length=40)
    symbol: str = Field(primary_key=True, max_length=8)
    kind: str = Field(max_length=16)
    name_vi: str = Field(max_length=80)
    name_en: str = Field(default="", max_length=80)
    counts_as_worked: bool = False
    public_label: str = Field(default="", max_length=40)
    source: str = source()  # type: ignore[assignment]
