"""`/login/oidc`, `/login/oidc/back`: to the office's identity provider, and back with its word."""

import json
import logging
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import RedirectResponse

from central import logins
from central.clock import Clock
from central.oidc import BACK, OidcError, Pending, Problem, Provider
from central.store import Store
from central.web.gate import cookie_name, set_cookie
from central.web.pages.account import inside

PENDING_COOKIE = "diemdanh-oidc"
log = logging.getLogger(__name__)


def router(store: Store, real: Clock, provider: Provider | None) -> APIRouter:
    """The routes of single sign-on; without a provider there is nothing at them."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/login/oidc")
    def leave(request: Request, to: Annotated[str, Query(alias="next", max_length=200)] = "/") -> Response:
        try:
            leaving = _there(provider).leave()
        except OidcError as error:
            return _not_in(error)
        answer = RedirectResponse(leaving.url, 303)
        set_cookie(request, answer, PENDING_COOKIE, _kept(leaving.pending, inside(to)))
        return answer

    @routes.get(BACK)
    def back(request: Request) -> Response:
        here = _there(provider)
        try:
            pending, to = _read(request.cookies.get(PENDING_COOKIE, ""))
            person = here.back(pending, request.url.query)
            cookie = logins.sign_in_trusted(store, real.now_ms(), person.name, second_factor=person.second_factor)
        except OidcError as error:
            return _not_in(error)
        except logins.SecondFactorError as error:
            return _not_in(OidcError(Problem.FACTOR, str(error)))
        except logins.LoginError as error:
            return _not_in(OidcError(Problem.UNKNOWN, str(error)))
        answer = RedirectResponse(to, 303)
        set_cookie(request, answer, cookie_name(request), cookie)
        answer.delete_cookie(PENDING_COOKIE)
        return answer

    return routes


def _there(provider: Provider | None) -> Provider:
    if provider is None:
        raise HTTPException(404, "there is no single sign-on here; see the settings in [oidc]")
    return provider


def _not_in(error: OidcError) -> Response:
    """Back to the login page, which says why and what to do. One attempt, one cookie: a second try begins anew."""
    log.warning("%s", error)
    answer = RedirectResponse(f"/login?problem={error.problem.value}", 303)
    answer.delete_cookie(PENDING_COOKIE)
    return answer


def _kept(pending: Pending, to: str) -> str:
    return urlsafe_b64encode(json.dumps({**asdict(pending), "to": to}).encode()).decode()


def _read(cookie: str) -> tuple[Pending, str]:
    """What a browser kept. Raises OidcError: it kept nothing, or something else."""
    try:
        kept = json.loads(urlsafe_b64decode(cookie))
        state, nonce, verifier, to = (str(kept[name]) for name in ("state", "nonce", "verifier", "to"))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise OidcError(Problem.REFUSED, "this browser did not begin an attempt, or ended it") from error
    return Pending(state, nonce, verifier), inside(to)
