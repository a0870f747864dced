"""`/login`, `/logout`, `/account`, `/tv/...`, `/privacy`: in, out, a new password, a screen on a wall, what is kept."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment

from central import logins, passwords
from central.clock import Clock
from central.errors import CentralError
from central.permits import Action, Reach, reach_of
from central.presence import State
from central.privacy import in_force
from central.store import Store
from central.web.board import LABELS
from central.web.gate import Grant, cookie_name, form, granted, proven, set_cookie
from central.web.live import Live
from central.web.texts import catalogue, chosen

AT_ONCE = 2
"""Passwords that are checked at the same time: each takes 64 MiB and a core."""
WAITING = 40
"""Attempts that may wait for that; who comes then is asked to come again."""
FORM_COOKIE = "diemdanh-form"
SIGN_ON_PROBLEMS = {
    "away": "The provider of single sign-on does not answer: log in with your password, and tell your administrator.",
    "refused": "Single sign-on did not let you in: please begin again from this page.",
    "unknown": "Single sign-on knows you, this office does not: ask your administrator for a user of that name.",
    "factor": "Your role needs a second factor: log in with password and code, or use one at the provider.",
}
"""What the login page says (`central.oidc.Problem`)."""
KEPT = {
    "views": "Who looked at whose records: %(months)d months.",
    "quarantine": "Messages of devices that could not be taken: %(months)d months.",
    "departed": "Names of people who have left: %(months)d months after their last day.",
}
"""What the privacy page says of each rule (`central.privacy`)."""
MANY = "Many people log in at this moment: please try again in some seconds."


class BusyError(CentralError, RuntimeError):
    """As many people log in at this moment as can be let in one after the other."""


class Checking:
    """Slow checks of passwords in threads of their own, so that pages never wait for them."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(AT_ONCE, "login")
        self._waiting = 0

    async def run(self, work: Callable[..., str], *values: Any) -> str:
        """The result of `work`. Raises BusyError when too many wait already."""
        if self._waiting >= AT_ONCE + WAITING:
            raise BusyError(f"{self._waiting} passwords wait to be checked; ask to come again")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work, *values)
        finally:
            self._waiting -= 1


def inside(path: str) -> str:
    """A path of this server to go to next; the board for whatever could lead elsewhere."""
    fine = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if fine else "/"


def router(
    store: Store, real: Clock, live: Live, templates: Environment, *, logins_on: bool, sign_on: str = ""
) -> APIRouter:
    """The routes of whoever logs in. Without logins only what explains the collection of data. sign_on: what the button
    of single sign-on says, "" = there is none."""
    routes, pages = APIRouter(include_in_schema=False), _Pages(store, real, live, templates, sign_on)
    routes.add_api_route("/privacy", pages.privacy, methods=["GET"], response_class=HTMLResponse)
    if logins_on:
        routes.add_api_route("/login", pages.show_login, methods=["GET"], response_class=HTMLResponse)
        routes.add_api_route("/login", pages.login, methods=["POST"], response_class=HTMLResponse)
        routes.add_api_route("/logout", pages.logout, methods=["POST"], response_class=HTMLResponse)
        routes.add_api_route("/account", pages.account, methods=["GET"], response_class=HTMLResponse)
        routes.add_api_route("/account", pages.change_password, methods=["POST"], response_class=HTMLResponse)
        routes.add_api_route("/tv/{token}", pages.wall, methods=["GET"], response_class=HTMLResponse)
    return routes


Lang = Annotated[str | None, Query(max_length=8)]


def _is_own(row: dict[str, Any], grant: Grant) -> bool:
    return grant.bearer is not None and bool(grant.bearer.staff) and row["staff"] == grant.bearer.staff


class _Pages:
    def __init__(self, store: Store, real: Clock, live: Live, templates: Environment, sign_on: str) -> None:
        self._store, self._real, self._live, self._templates = store, real, live, templates
        self._sign_on = sign_on
        self._checking = Checking()

    def _page(self, name: str, language: str, status: int = 200, **values: object) -> HTMLResponse:
        say = catalogue(language).gettext
        return HTMLResponse(self._templates.get_template(name).render(language=language, _=say, **values), status)

    def privacy(self, request: Request, lang: Lang = None) -> Response:
        bearer, language = granted(request).bearer, chosen(lang)
        say, months = catalogue(language).gettext, in_force(self._store)
        kept = [say(KEPT[kind]) % {"months": months[kind]} for kind in KEPT if months[kind] is not None]
        mine = bearer is not None and reach_of(bearer, Action.EXPORT_PERSON) is Reach.OWN
        return self._page("privacy.html", language, kept=kept, export=mine)

    def _login_page(self, request: Request, language: str, to: str, problem: str, status: int) -> Response:
        cookie = request.cookies.get(FORM_COOKIE) or passwords.new_token()
        values = {
            "to": inside(to),
            "problem": problem,
            "form_token": passwords.form_token(cookie),
            "sign_on": self._sign_on,
        }
        answer = self._page("login.html", language, status, **values)
        set_cookie(request, answer, FORM_COOKIE, cookie)
        return answer

    async def show_login(
        self,
        request: Request,
        lang: Lang = None,
        to: Annotated[str, Query(alias="next", max_length=200)] = "/",
        problem: Annotated[str, Query(max_length=16)] = "",
    ) -> Response:
        language = chosen(lang)
        said = SIGN_ON_PROBLEMS.get(problem, "")
        return self._login_page(request, language, to, catalogue(language).gettext(said) if said else "", 200)

    async def login(self, request: Request, lang: Lang = None) -> Response:
        fields, language = await form(request), chosen(lang)
        to, say = inside(fields.get("next", "/")), catalogue(language).gettext
        if not proven(request.cookies.get(FORM_COOKIE, ""), fields):
            return self._login_page(request, language, to, say("This page was too old. Please try again."), 403)
        name, code = fields.get("name", "")[:80].replace("\0", ""), fields.get("code", "")[:16]
        password = fields.get("password", "")
        try:
            cookie = await self._checking.run(logins.sign_in, self._store, self._real.now_ms(), name, password, code)
        except logins.LoginError:
            problem = say("Name, password or code is wrong, or there were too many tries: wait a moment.")
            return self._login_page(request, language, to, problem, 401)
        except BusyError:
            return self._login_page(request, language, to, say(MANY), 503)
        answer = RedirectResponse(to, 303)
        set_cookie(request, answer, cookie_name(request), cookie)
        return answer

    def logout(self, request: Request) -> Response:
        logins.sign_out(self._store, granted(request).cookie)
        answer = RedirectResponse("/login", 303, {"Clear-Site-Data": '"cache"'})
        answer.delete_cookie(cookie_name(request), path="/", secure=request.url.scheme == "https", httponly=True)
        return answer

    def _account_page(self, request: Request, language: str, problem: str, status: int) -> Response:
        grant, say = granted(request), catalogue(language).gettext
        reach = reach_of(grant.bearer, Action.SEE_PRESENCE) if grant.bearer else Reach.NOWHERE
        own = [] if grant.must_change or reach is Reach.NOWHERE else self._live.picture.rows
        return self._page(
            "account.html",
            language,
            status,
            bearer=grant.bearer,
            own=[(row["name"], say(LABELS[State(row["state"])])) for row in own if _is_own(row, grant)],
            must_change=grant.must_change,
            person=grant.person,
            problem=problem,
            form_token=passwords.form_token(grant.cookie),
        )

    async def account(self, request: Request, lang: Lang = None) -> Response:
        return self._account_page(request, chosen(lang), "", 200)

    async def change_password(self, request: Request, lang: Lang = None) -> Response:
        grant, fields, language = granted(request), request.state.form, chosen(lang)
        if not grant.person:
            raise HTTPException(403, "a screen or a key has no password to change")
        say, name = catalogue(language).gettext, grant.bearer.name if grant.bearer else ""
        old, new = fields.get("old", ""), fields.get("new", "")
        if new != fields.get("again", ""):
            return self._account_page(request, language, say("The two new passwords differ."), 400)
        work = logins.change_password
        try:
            cookie = await self._checking.run(work, self._store, self._real.now_ms(), name, old, new)
        except (logins.LoginError, logins.UserError):
            return self._account_page(request, language, say("The old password is wrong."), 400)
        except passwords.PasswordError:
            problem = say("Choose another password: 12 to 128 characters, several words, not the old one.")
            return self._account_page(request, language, problem, 400)
        except BusyError:
            return self._account_page(request, language, say(MANY), 503)
        answer = RedirectResponse("/", 303)
        set_cookie(request, answer, cookie_name(request), cookie)
        return answer

    def wall(self, request: Request, token: str) -> Response:
        cookie = logins.open_wall(self._store, self._real.now_ms(), token)
        if cookie is None:
            raise HTTPException(404, "this link is not in force any more")
        answer = RedirectResponse("/", 303)
        set_cookie(request, answer, cookie_name(request), cookie)
        return answer
