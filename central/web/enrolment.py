"""The address at which stations ask to be let in: HTTPS by the office's own authority, apart from the pages.

`GET /enrol/ca`: the authority's certificate, which a station compares with its claim. `POST /enrol/begin` and `/renew`:
see `trust.enrolling`. Nothing here shows anything of anybody. Who comes with ten claims that never were has to wait.
"""

import json
import logging
import socket
import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from starlette.concurrency import run_in_threadpool

from central.clock import Clock
from central.errors import CentralError
from central.store import Store
from central.store.audit import Deed, acting
from central.store.trust import CertificateRow
from central.trust.authority import Authority, RequestError, read_request
from central.trust.authority import Request as Wanted
from central.trust.enrolling import Begun, NotLetInError, Refusal, begin, renew

log = logging.getLogger(__name__)

MOST_BYTES = 16_384
GUESSES, GUESSES_S = 10, 600.0
MOST_ADDRESSES = 10_000
START_S = 20.0
STATUS = {
    Refusal.UNKNOWN: 404,
    Refusal.EXPIRED: 410,
    Refusal.USED: 409,
    Refusal.ENDED: 410,
    Refusal.REVOKED: 403,
    Refusal.STRANGER: 403,
}


@dataclass(frozen=True, slots=True)
class Office:
    """What a station that is let in is told. central_key: base64url."""

    authority: Authority
    broker_host: str
    broker_port: int
    central_key: str


class Guesses:
    """How often each address came with a claim that never was."""

    def __init__(self, mono_s: Callable[[], float]) -> None:
        self._mono_s = mono_s
        self._lock = threading.Lock()
        self._wrong: OrderedDict[str, deque[float]] = OrderedDict()

    def wait_s(self, address: str) -> int:
        """How long this address has to wait, 0 = not at all."""
        with self._lock:
            times = self._wrong.get(address)
            while times and times[0] <= self._mono_s() - GUESSES_S:
                times.popleft()
            if not times or len(times) < GUESSES:
                return 0
            return int(times[0] + GUESSES_S - self._mono_s()) + 1

    def wrong(self, address: str) -> None:
        """It came with another one."""
        with self._lock:
            self._wrong.setdefault(address, deque(maxlen=GUESSES)).append(self._mono_s())
            self._wrong.move_to_end(address)
            while len(self._wrong) > MOST_ADDRESSES:
                self._wrong.popitem(last=False)


def build_enrolment(store: Store, clock: Clock, office: Office) -> FastAPI:
    """The application. clock: real time."""
    asking = _Asking(store, clock, office)
    router = APIRouter(prefix="/enrol")
    router.add_api_route("/ca", asking.authority, methods=["GET"], response_model=None)
    router.add_api_route("/begin", asking.begin, methods=["POST"], response_model=None)
    router.add_api_route("/renew", asking.renew, methods=["POST"], response_model=None)
    app = FastAPI(title="Điểm Danh", docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(router)
    return app


class _Asking:
    """What stations may ask."""

    def __init__(self, store: Store, clock: Clock, office: Office) -> None:
        self._store, self._clock, self._office = store, clock, office
        self._guesses = Guesses(clock.mono_s)

    async def authority(self) -> Response:
        return PlainTextResponse(self._office.authority.pem)

    def _begun(self, secret: bytes, wanted: Wanted, address: str) -> Begun:
        with acting(Deed(wanted.device, "enrol begin", "", address)):
            return begin(self._store, secret, wanted, self._clock.now_ms())

    async def begin(self, request: Request) -> Response:
        address = request.client.host if request.client else ""
        if wait_s := self._guesses.wait_s(address):
            said = f"too many claims that never were from {address}; wait {wait_s} s"
            return JSONResponse({"error": "too_many", "say": said}, 429, {"Retry-After": str(wait_s)})
        try:
            fields = await _fields(request)
            secret, wanted = _secret(fields), read_request(str(fields.get("request")))
            begun = await run_in_threadpool(self._begun, secret, wanted, address)
        except CentralError as error:
            if isinstance(error, NotLetInError) and error.refusal is Refusal.UNKNOWN:
                self._guesses.wrong(address)
                log.warning("%s asks with a claim that never was", address)
            return _refused(error)
        if begun.certificate is None:
            return JSONResponse({"state": "waiting", "door": begun.door}, 202)
        return _let_in(begun.certificate, self._office)

    async def renew(self, request: Request) -> Response:
        authority, now_ms = self._office.authority, self._clock.now_ms()
        try:
            wanted = read_request(str((await _fields(request)).get("request")))
            made = await run_in_threadpool(lambda: renew(self._store, authority, wanted, now_ms))
        except CentralError as error:
            return _refused(error)
        return _let_in(made, self._office)


async def _fields(request: Request) -> dict[str, Any]:
    """The JSON object that was sent. Raises RequestError."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            raise RequestError("the request is too long")
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise RequestError("the request is no JSON") from error
    if not isinstance(found, dict):
        raise RequestError("the request is no JSON object")
    return found


def _secret(fields: dict[str, Any]) -> bytes:
    try:
        return bytes.fromhex(str(fields.get("claim")))
    except ValueError as error:
        raise RequestError("the request holds no claim") from error


def _refused(error: CentralError) -> JSONResponse:
    if isinstance(error, NotLetInError):
        return JSONResponse({"error": error.refusal.value, "say": str(error)}, STATUS[error.refusal])
    return JSONResponse({"error": "unreadable", "say": str(error)}, 400)


def _let_in(row: CertificateRow, office: Office) -> JSONResponse:
    return JSONResponse(
        {
            "certificate": row.pem,
            "issued_ms": row.issued_ms,
            "expires_ms": row.expires_ms,
            "broker_host": office.broker_host,
            "broker_port": office.broker_port,
            "central_key": office.central_key,
        }
    )


class EnrolmentServer:
    """The server in a thread of its own. certificate, key: files (PEM) of the broker, whose names it shares."""

    def __init__(self, app: FastAPI, host: str, port: int, certificate: Path, key: Path) -> None:
        self._place = (host, port)
        self._certificate, self._key = certificate, key
        self._app = app
        self._server: uvicorn.Server | None = None
        self._thread = threading.Thread(target=self._serve, name="enrolment")

    def start(self) -> None:
        """Listen, and return once stations are answered. Raises OSError that says what is missing."""
        host, port = self._place
        try:
            config = uvicorn.Config(
                self._app, log_level="warning", access_log=False, ssl_certfile=self._certificate,
                ssl_keyfile=self._key, timeout_graceful_shutdown=5,
            )  # fmt: skip
            config.load()
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            self._socket = socket.create_server((host, port), family=family, backlog=128)
        except OSError as error:
            raise OSError(f"enrolment on {host}:{port} with {self._certificate}, {self._key}: {error}") from error
        self._server = uvicorn.Server(config)
        self._thread.start()
        waited = threading.Event()
        for _ in range(int(START_S / 0.05)):
            if self._server.started or not self._thread.is_alive():
                break
            waited.wait(0.05)
        if not self._server.started:
            raise OSError("the enrolment address did not start; see the log above")
        log.info("enrolment on https://%s:%d/", host, self._socket.getsockname()[1])

    def _serve(self) -> None:
        if self._server is not None:
            self._server.run(sockets=[self._socket])

    def stop(self) -> None:
        """End it."""
        if self._server is not None:
            self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(15)
