"""What offices chose: policies of judging by unit and date, and what the symbols of their timesheets mean."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from central.rules.day import Policy
from central.rules.policy import policy_from
from central.rules.symbols import Symbol, Symbols
from central.tables import LeaveSymbol, OfficePolicy
from central.workdays import is_valid

POLICY: sa.Table = OfficePolicy.__table__  # type: ignore[attr-defined]
SYMBOL: sa.Table = LeaveSymbol.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """One policy of a unit during a period, as text."""

    unit: str
    valid_from: dt.date | None
    valid_to: dt.date | None
    name: str
    value: str
    doc_no: str


@dataclass(frozen=True, slots=True)
class Policies:
    """The policies of all units; a unit's own row for a name replaces its parent's, as long as it is valid."""

    rows: tuple[PolicyRow, ...] = ()
    _known: dict[tuple[tuple[str, ...], dt.date], Policy] = field(default_factory=dict, compare=False)

    def on(self, path: Sequence[str], on: dt.date) -> Policy:
        """The policy of a unit, given by itself and those above it, nearest first. Raises what `policy_from` does."""
        key = (tuple(path) if self.rows else (), on if self.rows else dt.date.min)
        if key not in self._known:
            self._known[key] = policy_from({row.name: row.value for row in self.rows_on(*key)})
        return self._known[key]

    def rows_on(self, path: Sequence[str], on: dt.date) -> list[PolicyRow]:
        """The rows that make the policy, one a name, each of the nearest unit that has one."""
        found: dict[str, PolicyRow] = {}
        for unit in path:
            for row in sorted((r for r in self.rows if r.unit == unit and is_valid(r, on)), key=_order):
                found.setdefault(row.name, row)
        return sorted(found.values(), key=_order)


def _order(row: PolicyRow) -> tuple[str, str, str]:
    return row.name, row.value, row.doc_no


def load_policies(db: sa.Connection) -> Policies:
    """All policies over time."""
    columns = [POLICY.c[name] for name in PolicyRow.__slots__]
    return Policies(tuple(PolicyRow(*row) for row in db.execute(sa.select(*columns).order_by(POLICY.c.id))))


def load_symbols(db: sa.Connection) -> Symbols:
    """The signs that offices described, beside the usual ones."""
    return Symbols(Symbol(*row) for row in db.execute(sa.select(*(SYMBOL.c[name] for name in Symbol.__slots__))))
