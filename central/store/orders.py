"""Commands that people gave to devices, as they stand among the decisions about doors, and what came back."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from central.store.decisions import DECISION, RESULT

COMMAND = "command"
"""The word of a decision whose detail is a command: `{"id": ..., "op": ..., "arg": {...}}`."""


@dataclass(frozen=True, slots=True)
class Order:
    """A command to a device. id: by which the device does it once; by: who gave it; at_ms: when, UTC ms."""

    device: str
    id: str
    operation: str
    arguments: Mapping[str, str]
    by: str
    at_ms: int

    @property
    def detail(self) -> str:
        """As it is kept."""
        told = {"id": self.id, "op": self.operation, "arg": dict(self.arguments)}
        return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Answered:
    """A command with its answer; code None = there is none yet. code: as the device said it (`wire.command.Result`)."""

    order: Order
    code: str | None
    detail: str
    received_ms: int | None


def give(db: sa.Connection, order: Order) -> None:
    """Keep a command; the collector sends it."""
    row = {"device": order.device, "what": COMMAND, "detail": order.detail, "doc_no": ""}
    db.execute(sa.insert(DECISION).values(**row, by=order.by[:80], at_ms=order.at_ms))


def waiting(db: sa.Connection, since_ms: int) -> list[Order]:
    """Commands given after since_ms that have no answer yet, oldest first."""
    d, query = DECISION.c, _given().where(DECISION.c.what == COMMAND, DECISION.c.at_ms > since_ms)
    found = [_order(row) for row in db.execute(query.order_by(d.id))]
    if not found:
        return []
    r = RESULT.c
    there = sa.select(r.device, r.command).where(r.command.in_([one.id for one in found]))
    answered = {(row.device, row.command) for row in db.execute(there)}
    return [one for one in found if (one.device, one.id) not in answered]


def given(db: sa.Connection, device: str, most: int, operation: str | None = None) -> list[Answered]:
    """The newest commands to a device with their answers, newest first; operation: of this kind alone."""
    d, r = DECISION.c, RESULT.c
    query = _given().where(d.device == device, d.what == COMMAND)
    if operation is not None:
        query = query.where(d.detail.contains(f'"op":"{operation}"', autoescape=True))
    orders = [_order(row) for row in db.execute(query.order_by(d.id.desc()).limit(most))]
    columns = (r.command, r.code, r.detail, r.received_ms)
    mine = sa.select(*columns).where(r.device == device, r.command.in_([one.id for one in orders]))
    answers = {row.command: row for row in db.execute(mine)}
    found = []
    for one in orders:
        row = answers.get(one.id)
        found.append(Answered(one, row.code, row.detail, row.received_ms) if row else Answered(one, None, "", None))
    return found


def _given() -> sa.Select[tuple[str, str, str, int]]:
    d = DECISION.c
    return sa.select(d.device, d.detail, d.by, d.at_ms)


def _order(row: sa.Row[tuple[str, str, str, int]]) -> Order:
    said = json.loads(row.detail)
    return Order(row.device, said["id"], said["op"], said["arg"], row.by, row.at_ms)
