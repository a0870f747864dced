"""`/iclock/...`: where terminals of other makers push their punches. Off unless `web.terminals` is set.

What comes from outside `web.terminal_networks` is refused unread, and counted.
"""

from collections import Counter

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from starlette.concurrency import run_in_threadpool

from central.clock import Clock
from central.health import Liveness
from central.networks import Networks
from central.store import Store
from central.terminals.pushing import MOST_BODY, PUNCHES, Terminals

REFUSED = "refused_network"
TOO_LARGE = "too_large"


def router(store: Store, clock: Clock, health: Liveness, networks: Networks) -> APIRouter:
    """The routes of the push protocol, for whoever comes from these networks."""
    terminals = Terminals(store, clock)
    gate = _Gate(networks)
    health.count_with("terminals", lambda: dict(gate.counts))
    routes = APIRouter(prefix="/iclock", include_in_schema=False, dependencies=[Depends(gate.admit)])

    @routes.get("/cdata")
    async def greet(request: Request) -> Response:
        return _text(await run_in_threadpool(terminals.greeted, _serial(request)))

    @routes.post("/cdata")
    async def take(request: Request) -> Response:
        table = request.query_params.get("table", "")
        if table.upper() != PUNCHES:
            # Fingerprints, faces, photos: not read, not even into memory for longer than a piece.
            return await gate.dropped(request)
        body = await _read(request, keep=True)
        if body is None:
            return gate.too_large()
        return _text(await run_in_threadpool(terminals.pushed, _serial(request), PUNCHES, body))

    @routes.get("/getrequest")
    @routes.get("/ping")
    async def ask(request: Request) -> Response:
        return _text(await run_in_threadpool(terminals.asked, _serial(request)))

    @routes.post("/devicecmd")
    @routes.post("/registry")
    async def discard(request: Request) -> Response:
        return await gate.dropped(request)

    return routes


class _Gate:
    """Who may come in, with how much, and how many were sent away."""

    def __init__(self, networks: Networks) -> None:
        self._networks = networks
        self.counts = Counter({REFUSED: 0, TOO_LARGE: 0})

    async def admit(self, request: Request) -> None:
        """Raises HTTPException for whoever comes from elsewhere."""
        if not self._networks.allow(request.client.host if request.client else ""):
            self.counts[REFUSED] += 1
            raise HTTPException(403, "not from here", {"Connection": "close"})

    async def dropped(self, request: Request) -> Response:
        """The answer to a body that nobody reads."""
        return _text("OK") if await _read(request, keep=False) is not None else self.too_large()

    def too_large(self) -> Response:
        self.counts[TOO_LARGE] += 1
        return Response(f"more than {MOST_BODY} bytes", 413, {"Connection": "close"}, "text/plain")


async def _read(request: Request, *, keep: bool) -> bytes | None:
    """The body, or nothing of it; None as soon as it is said to be, or is, larger than a terminal's can be."""
    said = request.headers.get("content-length", "0")
    if not said.isdecimal() or int(said) > MOST_BODY:
        return None
    length, parts = 0, []
    async for part in request.stream():
        length += len(part)
        if length > MOST_BODY:
            return None
        if keep:
            parts.append(part)
    return b"".join(parts)


def _serial(request: Request) -> str:
    return request.query_params.get("SN", "")


def _text(said: str) -> Response:
    return Response(said, media_type="text/plain")
