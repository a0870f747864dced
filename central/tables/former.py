"""Facts that hold no more: what was said, until when it was believed."""

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from central.tables.columns import ms


class FormerFact(SQLModel, table=True):
    """A row that an import took back or replaced. noun: its table. said: the row as JSON. by: who took it back. Rows
    are only added."""

    __tablename__ = "former_fact"
    id: int | None = Field(default=None, primary_key=True)
    noun: str = Field(index=True, max_length=40)
    said: str = Field(sa_type=sa.Text)
    by: str = Field(max_length=80)
    withdrawn_ms: int = ms()  # type: ignore[assignment]
