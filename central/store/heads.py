"""What central signed of its audit log, in the order in which it signed."""

import datetime as dt
from typing import Any, NamedTuple

import sqlalchemy as sa

from central.errors import CentralError
from central.store import audit
from central.tables import AuditHead

TABLE: sa.Table = AuditHead.__table__  # type: ignore[attr-defined]


class DamagedHeadError(CentralError, ValueError):
    """A row of `audit_head` holds what central never writes; the message says what to do."""


class HeadRow(NamedTuple):
    """A head as stored; columns as in `tables.AuditHead`."""

    date: dt.date
    utc_ms: int
    rows: int
    hash: bytes
    note: bytes


def add(db: sa.Connection, head: HeadRow) -> None:
    """Store a head."""
    db.execute(sa.insert(TABLE).values(head._asdict()))


def untyped(db: sa.Connection) -> list[HeadRow]:
    """Every head with its columns as the database holds them, whatever somebody made of them: a date may be text, or
    none, and so may all else. None where the database is older than heads are."""
    if not sa.inspect(db).has_table(TABLE.name):
        return []
    columns: list[sa.ColumnClause[Any]] = [sa.column(name) for name in HeadRow._fields]
    query = sa.select(*columns).select_from(sa.table(TABLE.name)).order_by(sa.column("id"))
    return [HeadRow(*row) for row in db.execute(query)]


def heads(db: sa.Connection, since: dt.date | None = None) -> list[HeadRow]:
    """Every head, or those of dates from `since` on; none where the database is older than heads are."""
    if not sa.inspect(db).has_table(TABLE.name):
        return []
    query = _COLUMNS.order_by(TABLE.c.id)
    return _rows(db, query if since is None else query.where(TABLE.c.date >= since))


def newest(db: sa.Connection, limit: int) -> list[HeadRow]:
    """The heads that were signed last, oldest first."""
    return _rows(db, _COLUMNS.order_by(TABLE.c.id.desc()).limit(limit))[::-1]


def up_to(db: sa.Connection, on: dt.date) -> HeadRow | None:
    """The last head of a date, else of the newest date before it; None where there is none."""
    query = _COLUMNS.where(TABLE.c.date <= on).order_by(TABLE.c.date.desc(), TABLE.c.id.desc())
    return next(iter(_rows(db, query.limit(1))), None)


def first_date(db: sa.Connection) -> dt.date | None:
    """The first date that has a head."""
    return db.execute(sa.select(sa.func.min(TABLE.c.date))).scalar()


def first_ms(db: sa.Connection) -> int | None:
    """When the first row of the log was written, UTC ms; None while there is none."""
    found = db.execute(sa.select(audit.TABLE.c.utc_ms).order_by(audit.TABLE.c.seq).limit(1)).scalar()
    return None if found is None else int(found)


_COLUMNS: sa.Select[Any] = sa.select(*(TABLE.c[name] for name in HeadRow._fields))


def _rows(db: sa.Connection, query: sa.Select[Any]) -> list[HeadRow]:
    try:
        return [HeadRow(*row) for row in db.execute(query)]
    except (ValueError, TypeError) as error:
        raise DamagedHeadError(
            f"{TABLE.name}: a date there is none ({error}); `diemdanh-central verify` names the row: put it back from "
            "a backup"
        ) from error
