"""The web process: routes by page and interface, headers, and the server with its ordered end."""

import asyncio
import contextlib
import logging
import secrets
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import uvicorn
from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles

from central.clock import Clock, SystemClock
from central.errors import CentralError
from central.health import Liveness
from central.networks import Networks
from central.oidc import Provider
from central.settings import Settings, WebSettings
from central.store import Store
from central.web import api, iclock, metrics
from central.web.gate import Gate
from central.web.jobs import Jobs
from central.web.live import Live
from central.web.pages import (
    account,
    audit,
    board,
    commands,
    devices,
    inspections,
    privacy,
    reports,
    rollcalls,
    sign_on,
    timesheets,
)
from central.web.pages import health as health_page
from central.web.refusing import answer_people
from central.web.templating import environment

log = logging.getLogger(__name__)

HERE = Path(__file__).parent
START_S = 20.0
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
"""Nothing on a page comes from another host, and nothing is written into it."""


class PagesError(CentralError, OSError):
    """The pages cannot be served; the message says why."""


def build_app(
    store: Store,
    clock: Clock,
    health: Liveness,
    *,
    terminals: Networks | None = None,
    logins: bool = False,
    real: Clock | None = None,
    settings: Settings | None = None,
) -> FastAPI:
    """The application. Reads nothing before it is started. terminals: from where those of other makers may push; None =
    from nowhere. logins: whoever looks has to log in. real: the clock of sessions and one-time codes, None = the
    machine's. settings: by which stations are let in, None = nowhere."""
    templates = environment()
    gate = Gate(store, clock, real or SystemClock(), logins_on=logins)
    url = store.engine.url.render_as_string(hide_password=False)
    jobs = Jobs(url, settings or Settings(), clock)
    live = Live(store, clock, health, templates, secrets.token_hex(6))

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        looking = threading.Thread(target=live.run, args=(loop,), name="board")
        looking.start()
        try:
            yield
        finally:
            live.stop()
            for feed in live.feeds.values():
                await feed.close()
            await asyncio.to_thread(looking.join, 10)
            await asyncio.to_thread(jobs.close)

    app = FastAPI(
        title="Điểm Danh",
        version="1",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        dependencies=[Depends(gate)],
    )
    app.state.live = live
    app.middleware("http")(_with_headers)
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    app.include_router(board.router(live, templates, gate))
    provider = Provider(settings.oidc, real or SystemClock()) if logins and settings and settings.oidc.issuer else None
    sign_on_name = provider.name if provider else ""
    app.include_router(
        account.router(store, real or SystemClock(), live, templates, logins_on=logins, sign_on=sign_on_name)
    )
    app.include_router(sign_on.router(store, real or SystemClock(), provider))
    app.include_router(devices.router(store, clock, real or SystemClock(), settings or Settings(), templates))
    app.include_router(
        health_page.router(store, clock, real or SystemClock(), health, settings or Settings(), templates)
    )
    app.include_router(commands.router(store, clock))
    app.include_router(privacy.router(store, clock))
    app.include_router(audit.router(store, templates))
    app.include_router(reports.router(store, clock, templates))
    app.include_router(timesheets.router(store, clock, jobs, templates))
    app.include_router(rollcalls.router(store, clock, templates))
    app.include_router(inspections.router(store, clock, templates))
    app.include_router(api.router(store, clock, health, live, gate))
    app.include_router(metrics.router(store, clock, health, live))
    if terminals is not None:
        app.include_router(iclock.router(store, clock, health, terminals))

    answer_people(app, templates)

    @app.get("/api/openapi.json", include_in_schema=False)
    async def described() -> JSONResponse:
        return JSONResponse(app.openapi())

    return app


async def _with_headers(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
    response = await answer(request)
    response.headers.setdefault("Content-Security-Policy", CONTENT_POLICY)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("X-Frame-Options", "DENY")
    response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    response.headers.setdefault("Referrer-Policy", "no-referrer")
    if request.url.scheme == "https":
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if not request.url.path.startswith("/static/"):
        response.headers.setdefault("Cache-Control", "no-store")
    return response


class Pages:
    """The server in a thread of its own."""

    def __init__(
        self, settings: WebSettings, store: Store, clock: Clock, health: Liveness, whole: Settings | None = None
    ) -> None:
        self._settings = settings
        config = uvicorn.Config(
            build_app(
                store,
                clock,
                health,
                terminals=settings.terminal_networks if settings.terminals else None,
                logins=settings.logins,
                settings=whole,
            ),
            host=settings.host,
            port=settings.port,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=5,
        )
        self._server = uvicorn.Server(config)
        self._socket: socket.socket | None = None
        self._thread = threading.Thread(target=self._serve, name="web")

    def start(self) -> None:
        """Listen, and return once pages are served. Raises PagesError."""
        if not self._settings.logins and self._settings.host not in LOOPBACK:
            raise PagesError(f"pages without logins on {self._settings.host}: only on 127.0.0.1; set web.logins = true")
        try:
            family = socket.AF_INET6 if ":" in self._settings.host else socket.AF_INET
            self._socket = socket.create_server((self._settings.host, self._settings.port), family=family, backlog=512)
        except OSError as error:
            place = f"{self._settings.host}:{self._settings.port}"
            raise PagesError(f"pages on {place}: {error.strerror}; set web.host and web.port") from error
        self._thread.start()
        waited = threading.Event()
        for _ in range(int(START_S / 0.05)):
            if self._server.started or not self._thread.is_alive():
                break
            waited.wait(0.05)
        if not self._server.started:
            raise PagesError("the pages did not start; see the log above")
        log.info("pages on http://%s:%d/", self._settings.host, self._socket.getsockname()[1])

    def _serve(self) -> None:
        self._server.run(sockets=[self._socket] if self._socket else None)

    def stop(self) -> None:
        """End all streams and the server."""
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(15)
