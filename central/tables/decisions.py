"""What people decided about doors, by document, and what doors answered to commands. Rows are added, never changed."""

from sqlmodel import Field, SQLModel

from central.tables.columns import ms


class DoorDecision(SQLModel, table=True):
    """One documented decision. what: fork (which version of events counts), lost (seqs that will not come), closed and
    reopened (an interval of a door), replaced (a station's key or id). detail: the rest of it, in words. by: who
    decided, "" where nobody said."""

    __tablename__ = "door_decision"
    id: int | None = Field(default=None, primary_key=True)
    device: str = Field(index=True, max_length=40)
    what: str = Field(max_length=16)
    detail: str = Field(max_length=200)
    doc_no: str = Field(max_length=80)
    by: str = Field(default="", max_length=80)
    at_ms: int = ms()  # type: ignore[assignment]


class CommandResult(SQLModel, table=True):
    """What a device answered to a command (wire: `res`); the first answer to an id stays."""

    __tablename__ = "command_result"
    device: str = Field(primary_key=True, max_length=40)
    command: str = Field(primary_key=True, max_length=64)
    code: str = Field(max_length=32)
    detail: str = Field(default="", max_length=500)
    received_ms: int = ms()  # type: ignore[assignment]
