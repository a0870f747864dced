"""Column types that every noun shares."""

import sqlalchemy as sa
from sqlmodel import Field

MS = sa.BigInteger
"""UTC milliseconds, or an uptime in milliseconds."""


def ms(**kwargs: object) -> object:
    """A column of UTC milliseconds."""
    return Field(sa_type=MS, **kwargs)  # type: ignore[call-overload]


def source() -> object:
    """Where a row came from: `import` (the office folder that said it may take it back) or whatever wrote it."""
    return Field(default="import", max_length=16, sa_column_kwargs={"server_default": "import"})
