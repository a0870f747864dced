"""The audit log proved: every row leads to the next, none is missing between them, what central signed of it holds, and
the facts are what it says last."""

import sqlalchemy as sa

from central.proving.facts import Odd, Told, compare
from central.proving.findings import Finding, Tally, What
from central.proving.heads import Against, Said
from central.store import audit
from central.store.audit import Entry

TABLE = "audit"


def prove_log(db: sa.Connection, said: list[Said], tally: Tally) -> None:
    """Walk the log; the first row that does not hold is added to the tally, and each later one that breaks it again.
    said: heads by rows."""
    seq, before = 0, audit.BEGIN
    against, told = Against(said), Told()
    while rows := audit.entries(db, seq):
        for row in rows:
            if row.seq != seq + 1:
                _find(tally, What.REMOVED, seq + 1, row.seq - 1, "rows are missing between their neighbours")
            elif row.prev_hash != before:
                _find(tally, What.MOVED, row.seq, row.seq, "it does not follow the row before it")
            if not sound(row) or audit.chained(row) != row.hash:
                _find(tally, What.ALTERED, row.seq, row.seq, f"{row.what}: the row is not what was written")
            seq, before = row.seq, row.hash
            against.take(row.seq, row.hash)
            if sound(row):
                told.take(row)
        tally.audited += len(rows)
    against.finish(seq, tally)
    tally.unheaded = max(0, seq - against.held_to)
    _prove_facts(db, told, tally, headed=bool(said))


def sound(row: Entry) -> bool:
    """Whether every column holds what it is for: SQLite keeps whatever somebody puts into it."""
    texts = (row.who, row.action, row.what, row.before or "", row.after or "", row.why, row.origin)
    return type(row.utc_ms) is int and type(row.prev_hash) is bytes and all(type(text) is str for text in texts)


def _prove_facts(db: sa.Connection, told: Told, tally: Tally, *, headed: bool) -> None:
    """headed: the log has told every fact, since it does before its first head."""
    for odd in compare(db, told.words):
        if odd.word is None and not headed:
            tally.untold += 1
        else:
            tally.findings.append(_odd(odd))
    tally.facts = len(told.words)


def _odd(odd: Odd) -> Finding:
    table, key = odd.place
    name = " ".join(str(part) for part in key)
    seq = odd.word.seq if odd.word else 0
    said = f"the log's row {seq}" if odd.word else "the log"
    if odd.fact is None:
        return Finding(What.REMOVED, "", table, seq, seq, f"{name}: {said} is its last word, and the row is not there")
    if not odd.columns:
        what = "took it away" if odd.word else "never told it"
        return Finding(What.INSERTED, "", table, seq, seq, f"{name}: {said} {what}, and the row is there")
    columns = ", ".join(odd.columns)
    return Finding(What.ALTERED, "", table, seq, seq, f"{name}: {columns} differ from {said}, its last word")


def _find(tally: Tally, what: What, first: int, last: int, text: str) -> None:
    tally.findings.append(Finding(what, "", TABLE, first, last, text))
