"""The audit log proved: every row leads to the next, and none is missing between them."""

import sqlalchemy as sa

from central.proving.findings import Finding, Tally, What
from central.store import audit

TABLE = "audit"


def prove_log(db: sa.Connection, tally: Tally) -> None:
    """Walk the log; the first row that does not hold is added to the tally, and each later one that breaks it again."""
    seq, before = 0, audit.BEGIN
    while rows := audit.entries(db, seq):
        for row in rows:
            if row.seq != seq + 1:
                _find(tally, What.REMOVED, seq + 1, row.seq - 1, "rows are missing between their neighbours")
            elif row.prev_hash != before:
                _find(tally, What.MOVED, row.seq, row.seq, "it does not follow the row before it")
            if audit.chained(row) != row.hash:
                _find(tally, What.ALTERED, row.seq, row.seq, f"{row.what}: the row is not what was written")
            seq, before = row.seq, row.hash
        tally.audited += len(rows)


def _find(tally: Tally, what: What, first: int, last: int, text: str) -> None:
    tally.findings.append(Finding(what, "", TABLE, first, last, text))
