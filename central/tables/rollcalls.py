"""What people see when they walk the rooms here: roll calls and inspections. Rows are added, never changed.

Facts of their own: nothing here edits a punch or a plan, and no verdict reads them. What an office recorded elsewhere
and imported stands in `seen`.
"""

import datetime as dt

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from central.tables.columns import ms


class RollCallTime(SQLModel, table=True):
    """From a date on a unit calls the roll at these times of a working day (`07:45 13:45`; "" = no more), by a
    document. Of a date the latest beginning holds, and of several the one decided last."""

    __tablename__ = "roll_call_time"
    id: int | None = Field(default=None, primary_key=True)
    unit: str = Field(index=True, max_length=40)
    valid_from: dt.date
    times: str = Field(max_length=40)
    doc_no: str = Field(max_length=80)
    decided_by: str = Field(max_length=80)
    decided_ms: int = ms()  # type: ignore[assignment]


class SeenRound(SQLModel, table=True):
    """One round. kind: roll_call or inspection; of a unit and all below it. at_ms: when it was opened. open_key: what
    opened it; a second opening with the same key is the same round. team, decision_no, letterhead (state, party) and
    issuer: of an inspection."""

    __tablename__ = "seen_round"
    id: int | None = Field(default=None, primary_key=True)
    kind: str = Field(max_length=12)
    unit: str = Field(index=True, max_length=40)
    date: dt.date = Field(index=True)
    at_ms: int = ms()  # type: ignore[assignment]
    opened_by: str = Field(max_length=80)
    open_key: str = Field(unique=True, max_length=64)
    team: str = Field(default="", max_length=300)
    decision_no: str = Field(default="", max_length=80)
    letterhead: str = Field(default="", max_length=8)
    issuer: str = Field(default="", max_length=120)


class SeenPerson(SQLModel, table=True):
    """Somebody who is looked for, frozen at the opening. place: order in the walk. due: no plan said that they are
    elsewhere. state, since_ms, door, age_s: presence at that moment, by which tap at which door, and how old the
    data of the doors were (None: nothing was known of them)."""

    __tablename__ = "seen_person"
    round_id: int = Field(primary_key=True, foreign_key="seen_round.id")
    staff: str = Field(primary_key=True, foreign_key="staff.code", max_length=40)
    place: int
    name: str = Field(max_length=120)
    position: str = Field(default="", max_length=120)
    room: str = Field(default="", max_length=40)
    room_name: str = Field(default="", max_length=120)
    due: bool
    state: str = Field(max_length=12)
    since_ms: int | None = ms(default=None)  # type: ignore[assignment]
    door: str = Field(default="", max_length=40)
    age_s: int | None = None


class SeenWord(SQLModel, table=True):
    """One observation of one person; a changed mind is a later row. reason, findings (with blanks between them): words
    of `central.observed`. said_ms: when it was said, at_ms: when it arrived here. key: of the sender's own making; the
    same key says the same again."""

    __tablename__ = "seen_word"
    id: int | None = Field(default=None, primary_key=True)
    round_id: int = Field(foreign_key="seen_round.id", index=True)
    staff: str = Field(foreign_key="staff.code", index=True, max_length=40)
    seen: bool
    reason: str = Field(default="", max_length=16)
    findings: str = Field(default="", max_length=120)
    evidence: str = Field(default="", max_length=400)
    said_ms: int = ms()  # type: ignore[assignment]
    at_ms: int = ms()  # type: ignore[assignment]
    by: str = Field(max_length=80)
    key: str = Field(max_length=64)
    __table_args__ = (sa.UniqueConstraint("round_id", "staff", "key", name="seen_word_once"),)


class SeenEnd(SQLModel, table=True):
    """A round is finished, an inspection signed. minutes: the canonical minutes (JSON), "" of a roll call; sha256: of
    the printed ones, hex."""

    __tablename__ = "seen_end"
    round_id: int = Field(primary_key=True, foreign_key="seen_round.id")
    at_ms: int = ms()  # type: ignore[assignment]
    by: str = Field(max_length=80)
    minutes: str = Field(default="", sa_type=sa.Text)
    sha256: str = Field(default="", max_length=64)


class SeenMinutes(SQLModel, table=True):
    """The minutes as they were printed when they were signed."""

    __tablename__ = "seen_minutes"
    round_id: int = Field(primary_key=True, foreign_key="seen_round.id")
    pdf: bytes
