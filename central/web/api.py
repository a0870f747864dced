"""The JSON interface, version 1, and the health page for machines."""

import datetime as dt
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Header, HTTPException, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from central.clock import Clock
from central.health import Liveness
from central.ledger import doors_now
from central.moments import local_date
from central.presence import DoorNow
from central.store import Store, accounts, months
from central.store.signed import signed_rows
from central.web import asked
from central.web.gate import Gate, granted
from central.web.live import Live

MAX_DAYS = 366


class PresenceRow(BaseModel):
    """Where a person is now. since: local time with offset; device: code of the door of the tap; data_age_s: age of
    what the doors waited for have delivered, null for never. reason: of who is unknown, why (old_data, doors_down,
    clock), else null; doors: codes of the doors because of which nothing can be said. note: not_planned of who is in
    the field by the button of a door and has no plan for it, else null."""

    staff: str
    name: str
    unit: str
    state: str
    since: str | None
    device: str | None
    data_age_s: int | None
    reason: str | None
    doors: list[str]
    note: str | None = None


class VerdictLine(BaseModel):
    """The verdict of one staff-session: as signed where the month is signed, else as the facts say now. adjusted: the
    month is signed, and later facts say otherwise (the change is listed in a later month)."""

    staff: str
    date: dt.date
    session: str
    outcome: str
    flags: str
    symbol: str
    late_min: int
    early_min: int
    adjusted: bool


class DeviceLine(BaseModel):
    """A door. state: current, old_data, never_delivered, down or retired; instants are UTC milliseconds. reason: why it
    is silent or in doubt, empty while all is well (offline, no_heartbeat, no_power, stopped, not_there, lost, no_door,
    closed, reader_lost, disk_full, disk_read_only, not_delivered, clock_not_set, no_station, never_heard, retired);
    since_ms: since when, null where nobody can say. to_come, lost,
    forked: events known and not stored, that cannot come, in two versions; quarantined: messages not taken; findings:
    what its journals show (copied, rolled_back, lost_writes, fork, branched, absurd_seq)."""

    device: str
    code: str
    unit: str | None
    location: str
    state: str
    online: bool
    heard_ms: int | None
    delivered_ms: int | None
    data_age_s: int | None
    reason: str
    since_ms: int | None
    to_come: int
    lost: int
    forked: int
    quarantined: int
    findings: list[str]


class Health(BaseModel):
    """ok = every loop of this process is alive; silent: seconds since the last tick of those that are not.
    collected_ms: up to when (UTC ms) collectors have taken in what the doors sent, null: none ever worked."""

    ok: bool
    silent: dict[str, float]
    failures: dict[str, int]
    collected_ms: int | None


def router(store: Store, clock: Clock, health: Liveness, live: Live, gate: Gate) -> APIRouter:
    """The interface's routes."""
    found = APIRouter()

    @found.get("/healthz")
    async def healthz(response: Response) -> Health:
        silent = health.silent()
        response.status_code = 503 if silent else 200
        return Health(ok=not silent, silent=silent, failures=health.failures(), collected_ms=live.picture.collected_ms)

    @found.get("/api/v1/presence")
    def presence(request: Request, unit: asked.Unit = None) -> list[PresenceRow]:
        grant = granted(request)
        grant.asked(unit)
        rows = [row for row in live.picture.rows if grant.sees(row["unit"], row["staff"])]
        among = None if unit is None else asked.covered(store, unit, local_date(clock.now_ms()))
        return [PresenceRow(**row) for row in rows if among is None or row["unit"] in among]

    @found.get("/api/v1/verdicts")
    def verdict_lines(
        request: Request,
        first: Annotated[dt.date, Query(alias="from")],
        last: Annotated[dt.date, Query(alias="to")],
        unit: asked.Unit = None,
    ) -> list[VerdictLine]:
        if not dt.timedelta() <= last - first <= dt.timedelta(days=MAX_DAYS):
            raise HTTPException(422, f"'to' must not lie before 'from', and at most {MAX_DAYS} days after it")
        grant = granted(request)
        asked.check(store, unit, first, last)
        with store.read() as db:
            adjusted = months.adjusted_sessions(db, first, last)
            rows = signed_rows(db, first, last, grant.asked(unit))
        if grant.own:
            rows = [row for row in rows if grant.sees("", row.staff)]
        return [VerdictLine(**row._asdict(), adjusted=(row.staff, row.date, row.session) in adjusted) for row in rows]

    @found.get("/api/v1/devices")
    def devices() -> list[DeviceLine]:
        with store.read() as db:
            kept = accounts.accounts(db)
            doors = doors_now(db, clock.now_ms())
        return [_device(door, kept.get(door.device, accounts.Account())) for door in doors]

    @found.get("/api/v1/stream", response_class=StreamingResponse)
    async def stream(
        request: Request,
        last: str | None = Query(None, max_length=64),
        last_event_id: str | None = Header(None, max_length=64),
    ) -> StreamingResponse:
        """Events `presence`, each the new row of one person; `reset`: read /api/v1/presence again."""
        return StreamingResponse(
            gate.while_let_in(request, live.feeds["api"].stream(last_event_id or last)), media_type="text/event-stream"
        )

    return found


def _device(door: DoorNow, account: accounts.Account) -> DeviceLine:
    return DeviceLine(**{**asdict(door), "state": door.state.value, **asdict(account)})
