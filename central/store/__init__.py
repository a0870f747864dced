"""The only SQL: engine and transactions here, named queries by noun beside it.

Every query is a function that takes a connection first, so that facts and the days they make stale are written in one
transaction by whoever opened it: `with store.write() as db: imports.replace(db, ...); marks.mark_days(db, ...)`.
"""

from central.store.engine import Store, open_store

__all__ = ["Store", "open_store"]
