"""Up to when collectors have taken in what the doors sent: how other processes see that one is dead or behind."""

import sqlalchemy as sa

from central.store.marks import upsert
from central.tables import Counter

COUNTER: sa.Table = Counter.__table__  # type: ignore[attr-defined]
NAME = "collected_ms"


def collected_until(db: sa.Connection, until_ms: int) -> None:
    """A collector has stored whatever it received before until_ms (UTC)."""
    insert = upsert(db, COUNTER).values(name=NAME, value=until_ms)
    later = insert.excluded.value > COUNTER.c.value
    db.execute(insert.on_conflict_do_update(index_elements=["name"], set_={"value": until_ms}, where=later))


def collected_ms(db: sa.Connection) -> int | None:
    """Up to when (UTC ms) any collector has taken in what came; None: none ever worked on this database."""
    found = db.execute(sa.select(COUNTER.c.value).where(COUNTER.c.name == NAME)).scalar()
    return None if found is None else int(found)
