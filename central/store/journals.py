"""Journal rows: locked in one order, changed in memory under the lock, written back."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from operator import attrgetter, itemgetter
from typing import Any

import sqlalchemy as sa

from central.store.marks import upsert
from central.tables import Journal
from edge.wire.chain import chain_start

TABLE: sa.Table = Journal.__table__  # type: ignore[attr-defined]
Key = tuple[str, str]
"""(device, journal)."""


AHEAD_MOST = 1_000_000
"""How far beyond what is stored a journal can reach: five times the events that a station keeps. A door that is used
once a second would have to be cut off for eleven days."""


@dataclass(slots=True)
class JournalState:
    """A journal's row while it is locked. The columns are explained in `tables.Journal`."""

    id: int
    device: str
    journal: str
    boot: str
    watermark: int
    watermark_hash: bytes | None
    known_head: int
    sealed_seq: int
    parent_journal: str | None
    parent_seq: int | None
    parent_hash: bytes | None
    started: bool
    named_seq: int | None
    proven_uptime_ms: int | None
    proven_utc_ms: int | None
    top_seq: int
    forked_from: int | None
    doubt_from: int | None
    waiting_seal_seq: int | None
    synced: bool
    first_time_ms: int | None
    last_time_ms: int | None
    findings: str
    read: tuple[Any, ...] = field(default=(), init=False)
    """The columns as they were read, so that only what changed is written."""

    @property
    def key(self) -> Key:
        """(device, journal)."""
        return (self.device, self.journal)

    def plausible(self, seq: int) -> bool:
        """Whether the journal can reach to `seq`, as far as it is stored; where not, people are shown `absurd_seq`."""
        if seq <= max(self.top_seq, self.watermark) + AHEAD_MOST:
            return True
        self.find("absurd_seq")
        return False

    def know(self, seq: int) -> None:
        """A message names `seq`: it exists, so that it is asked for until it is stored; an absurd one is not."""
        if seq > self.known_head and self.plausible(seq):
            self.known_head = seq

    def find(self, word: str) -> None:
        """Note a finding that people are shown."""
        if word not in self.findings.split():
            self.findings = f"{self.findings} {word}".strip()

    def take_back(self, word: str) -> None:
        """A finding turned out to be another one."""
        self.findings = " ".join(found for found in self.findings.split() if found != word)


NAMES = tuple(f.name for f in fields(JournalState) if f.name != "read")
CHANGING = NAMES[3:]
ADVANCING = ("watermark", "watermark_hash", "known_head", "top_seq", "last_time_ms")
"""What changes with every batch; no index knows these columns."""
RESTING = tuple(name for name in CHANGING if name not in ADVANCING)
_COLUMNS = [TABLE.c[name] for name in NAMES]


def lock_journals(db: sa.Connection, keys: Iterable[Key], now_ms: int) -> dict[Key, JournalState]:
    """The rows of `keys`, made where there are none, locked until the transaction ends, in sorted order.

    SQLite has one writer, so its transaction is the lock; PostgreSQL locks the rows.
    """
    wanted = sorted(set(keys))
    found = _select(db, wanted)
    if missing := [key for key in wanted if key not in found]:
        rows = [_new(device, journal, now_ms) for device, journal in missing]
        db.execute(upsert(db, TABLE).on_conflict_do_nothing(index_elements=["device", "journal"]), rows)
        found |= _select(db, missing)
    return found


def _new(device: str, journal: str, now_ms: int) -> dict[str, Any]:
    return {
        "device": device,
        "journal": journal,
        "boot": "",
        "watermark": 0,
        "watermark_hash": chain_start(device, journal),
        "known_head": 0,
        "sealed_seq": 0,
        "started": False,
        "first_seen_ms": now_ms,
        "top_seq": 0,
        "synced": False,
        "findings": "",
    }


# One text whatever the number of keys, so that the driver prepares it once.
_SELECT_SQLITE = (
    f"SELECT {', '.join(f'journal.{name}' for name in NAMES)} FROM json_each(?) AS wanted CROSS JOIN journal "  # noqa: S608
    "ON journal.device = json_extract(wanted.value, '$[0]') AND journal.journal = json_extract(wanted.value, '$[1]')"
)


def _select(db: sa.Connection, keys: Sequence[Key]) -> dict[Key, JournalState]:
    if not keys:
        return {}
    if db.dialect.name == "sqlite":
        found = db.exec_driver_sql(_SELECT_SQLITE, (json.dumps(keys),)).all()
        return _states(found)
    query = sa.select(*_COLUMNS).where(sa.tuple_(TABLE.c.device, TABLE.c.journal).in_(keys))
    return _states(db.execute(query.order_by(TABLE.c.device, TABLE.c.journal).with_for_update()).all())


def _states(rows: Iterable[Any]) -> dict[Key, JournalState]:
    found = {}
    for row in rows:
        state = found[(row[1], row[2])] = JournalState(*row)
        state.read = tuple(row)
    return found


_UPDATE = (
    sa.update(TABLE)
    .where(TABLE.c.id == sa.bindparam("row_id"))
    .values({name: sa.bindparam(f"new_{name}") for name in CHANGING})
)
_resting, _advancing = attrgetter(*RESTING), attrgetter(*ADVANCING, "id")
_resting_read = itemgetter(*(NAMES.index(name) for name in RESTING))
_values = attrgetter(*CHANGING, "id")
_all = attrgetter(*NAMES)


def _update_sqlite(names: Sequence[str]) -> str:
    return f"UPDATE journal SET {', '.join(f'{name} = ?' for name in names)} WHERE id = ?"  # noqa: S608


_UPDATE_SQLITE, _ADVANCE_SQLITE = _update_sqlite(CHANGING), _update_sqlite(ADVANCING)


def save_journals(db: sa.Connection, journals: Sequence[JournalState]) -> None:
    """Write rows back, those that changed."""
    changed = [j for j in journals if _all(j) != j.read]
    if not changed:
        return
    if db.dialect.name != "sqlite":
        db.execute(_UPDATE, [{f"new_{n}": getattr(j, n) for n in CHANGING} | {"row_id": j.id} for j in changed])
        return
    # Where only a batch was added, no index is touched, and a third of the columns are written.
    moved = [j for j in changed if _resting(j) == _resting_read(j.read)]
    rest = [j for j in changed if _resting(j) != _resting_read(j.read)]
    if moved:
        db.exec_driver_sql(_ADVANCE_SQLITE, [_advancing(j) for j in moved])
    if rest:
        db.exec_driver_sql(_UPDATE_SQLITE, [_values(j) for j in rest])


def unfinished(db: sa.Connection, devices: Iterable[str]) -> list[Key]:
    """Journals of `devices` that are not stored, or not sealed, as far as they are known to go."""
    c = TABLE.c
    behind = sa.or_(c.watermark < c.known_head, c.sealed_seq < c.named_seq)
    query = sa.select(c.device, c.journal).where(c.device.in_(set(devices)), behind)
    return [(row[0], row[1]) for row in db.execute(query)]


@dataclass(frozen=True, slots=True)
class Head:
    """How far a journal is stored without a gap, and the chain hash there (None after a loss)."""

    watermark: int
    hash: bytes | None


def heads(db: sa.Connection, devices: Iterable[str]) -> dict[Key, Head]:
    """The watermarks of all journals of `devices`."""
    c = TABLE.c
    query = sa.select(c.device, c.journal, c.watermark, c.watermark_hash).where(c.device.in_(set(devices)))
    return {(row[0], row[1]): Head(row[2], row[3]) for row in db.execute(query)}


def is_ancestor(db: sa.Connection, device: str, older: str, younger: str) -> bool:
    """Whether the starts that are stored lead from journal `younger` back to `older`."""
    c = TABLE.c
    line = sa.select(c.parent_journal).where(c.device == device, c.journal == younger).cte("line", recursive=True)
    step = sa.select(c.parent_journal).where(c.device == device, c.journal == line.c.parent_journal)
    # UNION, not UNION ALL: a line that bites its own tail ends.
    line = line.union(step)
    query = sa.select(sa.literal(1)).select_from(line).where(line.c.parent_journal == older)
    return db.execute(query.limit(1)).first() is not None


@dataclass(frozen=True, slots=True)
class Child:
    """A journal that names a parent, and where it says that the parent ended."""

    journal: str
    parent_seq: int
    parent_hash: bytes
    sealed_seq: int


def children(db: sa.Connection, device: str, parent: str) -> list[Child]:
    """The journals of `device` whose stored `start` names `parent`, by name."""
    c = TABLE.c
    query = sa.select(c.journal, c.parent_seq, c.parent_hash, c.sealed_seq).where(
        c.device == device, c.parent_journal == parent
    )
    return [Child(*row) for row in db.execute(query.order_by(c.journal))]
