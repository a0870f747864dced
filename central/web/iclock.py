"""`/iclock/...`: where terminals of other makers push their punches. Off unless `web.terminals` is set."""

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from central.clock import Clock
from central.store import Store
from central.terminals.pushing import MOST_BODY, PUNCHES, Terminals


def router(store: Store, clock: Clock) -> APIRouter:
    """The routes of the push protocol."""
    routes = APIRouter(prefix="/iclock", include_in_schema=False)
    terminals = Terminals(store, clock)

    @routes.get("/cdata")
    async def greet(request: Request) -> Response:
        return _text(await run_in_threadpool(terminals.greeted, _serial(request)))

    @routes.post("/cdata")
    async def take(request: Request) -> Response:
        table = request.query_params.get("table", "")
        if table.upper() != PUNCHES:
            # Fingerprints, faces, photos: not read, not even into memory for longer than a piece.
            return _text("OK") if await _read(request, keep=False) is not None else _too_large()
        body = await _read(request, keep=True)
        if body is None:
            return _too_large()
        return _text(await run_in_threadpool(terminals.pushed, _serial(request), PUNCHES, body))

    @routes.get("/getrequest")
    @routes.get("/ping")
    async def ask(request: Request) -> Response:
        return _text(await run_in_threadpool(terminals.asked, _serial(request)))

    @routes.post("/devicecmd")
    @routes.post("/registry")
    async def discard(request: Request) -> Response:
        return _text("OK") if await _read(request, keep=False) is not None else _too_large()

    return routes


async def _read(request: Request, *, keep: bool) -> bytes | None:
    """The body, or nothing of it; None as soon as it is larger than a terminal's can be."""
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


def _too_large() -> Response:
    return Response(f"more than {MOST_BODY} bytes", 413, {"Connection": "close"}, "text/plain")
