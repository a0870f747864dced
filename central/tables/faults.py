"""Days, boots and doors that could not be worked on."""

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from central.tables.columns import MS, ms


class UnjudgedFact(SQLModel, table=True):
    """Something whose judging raised: set aside, so that everything else goes on.

    kind and name: `day` (staff, date as YYYY-MM-DD), `boot` (device, boot) or `door` (device, empty). version: that of
    its mark when it failed; with any other version it is tried again, -1 = at once. error: the exception's last line.
    """

    __tablename__ = "unjudged_fact"
    kind: str = Field(primary_key=True, max_length=8)
    name: str = Field(primary_key=True, max_length=40)
    detail: str = Field(primary_key=True, max_length=64)
    version: int = Field(sa_type=MS)
    error: str = Field(sa_type=sa.Text)
    since_ms: int = ms()  # type: ignore[assignment]
    last_ms: int = ms()  # type: ignore[assignment]
    attempts: int = 1
