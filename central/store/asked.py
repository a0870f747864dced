"""What stations are asked to do: kept until the collector has sent it; their answers stand in `command_result`."""

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from central.store.decisions import RESULT
from central.tables import DeviceCommand

COMMAND: sa.Table = DeviceCommand.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Asked:
    """A command to a station, columns as in `tables.DeviceCommand`. answered_ms, code: None, "" without an answer."""

    id: str
    device: str
    operation: str
    asked_ms: int
    expires_ms: int
    sent_ms: int | None
    answered_ms: int | None = None
    code: str = ""


_COLUMNS = [COMMAND.c[name] for name in Asked.__slots__[:6]]


def ask(
    db: sa.Connection,
    commands: Iterable[tuple[str, str]],
    operation: str,
    round_id: int | None,
    by: str,
    now_ms: int,
    end_ms: int,
) -> None:
    """Have stations told something. commands: (id, device) each; end_ms: when it is no longer wanted."""
    rows = [
        {
            "id": number,
            "device": device,
            "operation": operation,
            "round_id": round_id,
            "asked_by": by,
            "asked_ms": now_ms,
            "expires_ms": end_ms,
        }
        for number, device in commands
    ]
    if rows:
        db.execute(sa.insert(COMMAND), rows)


def unsent(db: sa.Connection, now_ms: int) -> list[Asked]:
    """What still has to be sent and has not expired."""
    query = sa.select(*_COLUMNS).where(COMMAND.c.sent_ms.is_(None), COMMAND.c.expires_ms > now_ms)
    return [Asked(*row) for row in db.execute(query.order_by(COMMAND.c.asked_ms, COMMAND.c.id))]


def sent(db: sa.Connection, number: str, now_ms: int) -> None:
    """A command has gone out."""
    db.execute(sa.update(COMMAND).where(COMMAND.c.id == number).values(sent_ms=now_ms))


def asked_for(db: sa.Connection, round_id: int) -> list[Asked]:
    """What a round asked of stations, with their answers."""
    joined = COMMAND.outerjoin(RESULT, (RESULT.c.device == COMMAND.c.device) & (RESULT.c.command == COMMAND.c.id))
    query = sa.select(*_COLUMNS, RESULT.c.received_ms, RESULT.c.code).select_from(joined)
    rows = db.execute(query.where(COMMAND.c.round_id == round_id).order_by(COMMAND.c.device))
    return [Asked(*row[:7], row.code or "") for row in rows]
