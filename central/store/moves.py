"""Where doors hung before: moves to another unit, from a date on, as they stand among the decisions about doors."""

import datetime as dt
import json
from collections import defaultdict
from dataclasses import dataclass

import sqlalchemy as sa

from central.tables import DoorDecision

DECISION: sa.Table = DoorDecision.__table__  # type: ignore[attr-defined]
MOVED = "moved"
"""The word of a decision whose detail is a move: `{"before": ..., "unit": ..., "from": ...}`."""


@dataclass(frozen=True, slots=True)
class Move:
    """From this date on the device belongs to `unit`; until the day before it was `before`'s, None = nobody's."""

    on: dt.date
    before: str | None
    unit: str

    @property
    def detail(self) -> str:
        """As it is kept."""
        return json.dumps({"before": self.before, "unit": self.unit, "from": self.on.isoformat()}, ensure_ascii=False)


def moves(db: sa.Connection) -> dict[str, tuple[Move, ...]]:
    """Device -> its moves, the earliest first."""
    c = DECISION.c
    found: dict[str, list[Move]] = defaultdict(list)
    for device, detail in db.execute(sa.select(c.device, c.detail).where(c.what == MOVED).order_by(c.id)):
        found[device].append(move_of(detail))
    return {device: tuple(sorted(rows, key=lambda row: row.on)) for device, rows in found.items()}


def move_of(detail: str) -> Move:
    """The move that a decision's detail tells."""
    said = json.loads(detail)
    return Move(dt.date.fromisoformat(said["from"]), said["before"], said["unit"])
