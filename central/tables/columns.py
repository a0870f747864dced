"""Column types that every noun shares."""

import sqlalchemy as sa
from sqlmodel import Field

MS = sa.BigInteger
"""UTC milliseconds, or an uptime in milliseconds."""


def ms(**kwargs: object) -> object:
    """A column of UTC milliseconds."""
    return Field(sa_type=MS, **kwargs)  # type: ignore[call-overload]
