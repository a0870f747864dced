"""A served office for tests of its pages: a user of every role in one unit, browsers that keep cookies, all routes."""

import http.cookiejar
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyotp
from fastapi.routing import APIRoute

from central.clock import ScaledClock
from central.health import Liveness
from central.networks import ANYWHERE
from central.permits import Role
from central.store import Store, open_store
from central.web.app import build_app

OFFICE = Path(__file__).parents[3] / "deploy" / "office"
CLOCK = ScaledClock(1_541_984_400_000, 0, 1e-12)  # Monday 12 November 2018, 08:00 in Vietnam
PASSWORD = "năm con mèo ngủ trưa"  # noqa: S105
UNIT, OTHER = "X01", "X02"
FORBIDDEN = 403


class Stay(urllib.request.HTTPRedirectHandler):
    """Follows nothing: where an answer leads is looked at."""

    def redirect_request(self, *_: Any) -> None:
        return None


@dataclass
class Browser:
    """Keeps cookies, follows no redirect."""

    url: str
    jar: http.cookiejar.CookieJar = field(default_factory=http.cookiejar.CookieJar)

    def ask(self, path: str, fields: dict[str, str] | None = None, **headers: str) -> tuple[int, Any, str]:
        opener = urllib.request.build_opener(Stay, urllib.request.HTTPCookieProcessor(self.jar))
        body = None if fields is None else urllib.parse.urlencode(fields).encode()
        request = urllib.request.Request(self.url + path, body, headers)  # noqa: S310 - our own server
        try:
            with opener.open(request, timeout=30) as found:
                streams = "event-stream" in found.headers["Content-Type"]
                return found.status, found.headers, "" if streams else found.read().decode("utf-8", "replace")
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, refused.headers, refused.read().decode()

    def read(self, path: str, until: bytes) -> bytes:
        """What a stream says up to and with these words."""
        opener, got = urllib.request.build_opener(Stay, urllib.request.HTTPCookieProcessor(self.jar)), b""
        with opener.open(self.url + path, timeout=30) as found:
            while until not in got:
                got += found.readline()
        return got

    def post(self, page: str, path: str, **fields: str) -> tuple[int, Any, str]:
        """Send the form of a page, with what the page gave it."""
        token = re.search(r'name="form_token" value="([0-9a-f]+)"', self.ask(page)[2])
        assert token
        return self.ask(path, {"form_token": token[1], **fields})

    def log_in(self, name: str, secret: str = "") -> tuple[int, Any, str]:
        code = pyotp.TOTP(secret).now() if secret else ""
        return self.post("/login", "/login", name=name, password=PASSWORD, code=code)


@dataclass
class Site:
    """A served office with a user of every role in one unit."""

    url: str
    store: Store
    secrets: dict[Role, str]
    staff: str
    keys: dict[Role, Browser] = field(default_factory=dict)

    def browser(self, role: Role) -> Browser:
        if role not in self.keys:
            browser = Browser(self.url)
            assert browser.log_in(role.value, self.secrets[role])[0] == 303
            self.keys[role] = browser
        return self.keys[role]


def routes() -> list[str]:
    """Every route of the application, as `needs` names it."""
    with closing(open_store("sqlite://")) as store:
        app = build_app(store, CLOCK, Liveness(CLOCK), terminals=ANYWHERE, logins=True)
        found = [r for r in flat(app.routes) if isinstance(r, APIRoute)]
        strangers = [r for r in flat(app.routes) if not isinstance(r, APIRoute) and getattr(r, "path", "") != "/static"]
    assert not strangers, "what is no APIRoute passes no gate"
    return sorted(f"{method} {route.path}" for route in found for method in route.methods)


def flat(found: Any) -> Iterator[Any]:
    for route in found:
        included = getattr(route, "original_router", None)
        if included is None:
            yield route
        else:
            yield from flat(included.routes)


SOME = {"{code}": "D-X01", "{number}": "gone", "{roll_call}": "1", "{inspection}": "2"}
"""What stands for a part of an address."""


def asked(path: str) -> str:
    """An address of a route, with something that is there for each of its parts."""
    for part, value in SOME.items():
        path = path.replace(part, value)
    return path
