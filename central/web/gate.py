"""Who sent a request, and whether it is let through: the one place that applies `permits` to the routes."""

import hmac
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import NoReturn
from urllib.parse import parse_qs, quote

from fastapi import HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool

from central import logins, passwords
from central.clock import Clock
from central.logins import Visit
from central.moments import local_date
from central.permits import WATCHED, Action, Bearer, Reach, Role, reach_of
from central.store import Store, users
from central.store.roster import units_below
from central.web.navigation import Looking, looking
from central.web.needs import NEEDS, OF_PEOPLE, OF_UNITS

MOST_FORM = 16_384
MOST_OF_A_UNIT = 2_097_152
"""The form of a whole unit, 3,000 people in it: only of whoever is logged in and may send it."""
RECHECK_S = 10.0
READING = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Grant:
    """What a request may see. bearer: None = nobody is logged in. units: None = all. own: only the bearer's record.
    person: the bearer is a user, with a password of their own."""

    bearer: Bearer | None
    units: frozenset[str] | None = frozenset()
    own: bool = False
    cookie: str = ""
    must_change: bool = False
    person: bool = False

    def sees(self, unit: str, staff: str) -> bool:
        """Whether a person's record is within what was granted."""
        if self.own:
            return self.bearer is not None and bool(staff) and staff == self.bearer.staff
        return self.units is None or unit in self.units

    def asked(self, unit: str | None) -> str | None:
        """The unit to answer about: the one asked for, else the bearer's own. Raises HTTPException for another's."""
        if self.units is None or self.own:
            return unit
        if unit is not None and unit not in self.units:
            raise HTTPException(403, f"unit {unit!r} is not among those that you may see")
        return unit or (self.bearer.unit if self.bearer else "")


OPEN = Grant(Bearer("", Role.ADMINISTRATOR), units=None)
"""Whoever asks while logins are switched off."""


def granted(request: Request) -> Grant:
    """What the gate granted to this request."""
    found: Grant = request.state.grant
    return found


def cookie_name(request: Request) -> str:
    """The session's cookie; with TLS its name binds it to this host and to TLS."""
    return "__Host-diemdanh" if request.url.scheme == "https" else "diemdanh"


def set_cookie(request: Request, response: Response, name: str, value: str) -> None:
    """A cookie that no script reads and no other site sends along."""
    response.set_cookie(name, value, path="/", httponly=True, samesite="lax", secure=request.url.scheme == "https")


async def form(request: Request, most: int = MOST_FORM, fields_most: int = 20) -> dict[str, str]:
    """The fields of a posted form, the first of each name. Raises HTTPException when it is too large."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > most:
            raise HTTPException(413, "this form is too large")
    try:
        fields = parse_qs(bytes(body).decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=fields_most)
    except ValueError as error:
        raise HTTPException(413, "this form has too many fields") from error
    return {name: values[0] for name, values in fields.items()}


def proven(cookie: str, fields: dict[str, str]) -> bool:
    """Whether a form came from a page that was shown to the browser with this cookie."""
    said = fields.get("form_token", "").encode()
    return bool(cookie) and hmac.compare_digest(passwords.form_token(cookie).encode(), said)


class Gate:
    """Lets requests through, or refuses them. clock: the office's, for its tree of today; real: the machine's."""

    def __init__(self, store: Store, clock: Clock, real: Clock, *, logins_on: bool) -> None:
        self._store, self._clock, self._real, self._on = store, clock, real, logins_on

    async def __call__(self, request: Request) -> None:
        """Refuse (401, 403, or on to the login page), or leave the grant in the request's state."""
        request.state.grant = OPEN
        if self._on:
            action = NEEDS.get(f"{request.method.replace('HEAD', 'GET')} {request.scope['route'].path}")
            try:
                request.state.grant = await run_in_threadpool(self._decide, request, action)
            except HTTPException:
                # Whoever is refused one page is shown the way to those that they may see.
                looking.set(Looking(getattr(request.state, "bearer", None), request.url.path))
                raise
            if action is not Action.SIGN_IN and request.method not in READING:
                await self._prove(request, action)
        grant = granted(request)
        looking.set(Looking(None if grant.must_change else grant.bearer, request.url.path))

    async def _prove(self, request: Request, action: Action | None) -> None:
        grant = granted(request)
        large = action in OF_UNITS
        request.state.form = await form(request, *((MOST_OF_A_UNIT, 40_000) if large else ()))
        if grant.cookie and not proven(grant.cookie, request.state.form):
            raise HTTPException(403, "this form did not come from a page shown to you; load the page again")

    def _decide(self, request: Request, action: Action | None) -> Grant:
        cookie = request.cookies.get(cookie_name(request), "")
        visit = self._visit(request, cookie)
        if action is Action.SIGN_IN:
            return Grant(visit.bearer if visit else None, cookie=cookie)
        if visit is None:
            _send_to_login(request)
        request.state.bearer = None if visit.must_change else visit.bearer
        reach = Reach.NOWHERE if action is None else reach_of(visit.bearer, action)
        if action is None or reach is Reach.NOWHERE:
            if request.url.path == "/":
                raise HTTPException(303, "there is no board for this role", {"Location": "/account"})
            raise HTTPException(403, f"role {visit.bearer.role.value} may not see this")
        if visit.must_change and action is not Action.OWN_ACCOUNT:
            raise HTTPException(303, "choose a new password first", {"Location": "/account"})
        if visit.bearer.role in WATCHED and action in OF_PEOPLE:
            self._keep_view(request, visit.bearer)
        units = self._below(visit.bearer.unit) if reach is Reach.UNIT else None
        held = cookie if visit.by_cookie else ""
        return Grant(visit.bearer, units, reach is Reach.OWN, held, visit.must_change, visit.person)

    def _visit(self, request: Request, cookie: str, *, asks: bool = True) -> Visit | None:
        now_ms = self._real.now_ms()
        kind, _, key = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() == "bearer":
            return logins.visit_by_token(self._store, now_ms, key)
        return logins.visit_by_cookie(self._store, now_ms, cookie, asks=asks) if cookie else None

    def _below(self, unit: str) -> frozenset[str]:
        with self._store.read() as db:
            return units_below(db, unit, local_date(self._clock.now_ms()))

    def _keep_view(self, request: Request, bearer: Bearer) -> None:
        unit = request.query_params.get("unit", "")
        with self._store.write() as db:
            users.add_view(db, self._real.now_ms(), bearer.name, bearer.role.value, request.scope["route"].path, unit)

    async def while_let_in(self, request: Request, stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """A stream that ends soon after whoever reads it is logged out, disabled or revoked."""
        checked_s = self._real.mono_s()
        async for piece in stream:
            if self._on and self._real.mono_s() - checked_s >= RECHECK_S:
                cookie = request.cookies.get(cookie_name(request), "")
                if await run_in_threadpool(self._visit, request, cookie, asks=False) is None:
                    return
                checked_s = self._real.mono_s()
            yield piece


def _send_to_login(request: Request) -> NoReturn:
    path = request.url.path
    if path.startswith("/api/") or path.endswith(("/stream", "/metrics")):
        raise HTTPException(401, "log in, or send a token", {"WWW-Authenticate": "Bearer"})
    raise HTTPException(303, "log in first", {"Location": f"/login?next={quote(path)}"})
