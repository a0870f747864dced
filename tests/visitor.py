"""Somebody with a browser's manners: keeps cookies, follows no redirect, sends the forms that a page has."""

import http.cookiejar
import re
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from typing import Any

import pyotp


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


@dataclass(frozen=True)
class Answered:
    """What came back. to: where a redirect leads."""

    status: int
    text: str
    to: str = ""


@dataclass
class Visitor:
    """url: of the pages, without a path."""

    url: str
    jar: http.cookiejar.CookieJar = field(default_factory=http.cookiejar.CookieJar)

    def get(self, path: str, fields: dict[str, str] | None = None, **headers: str) -> Answered:
        """Ask for a page, or send `fields` to it."""
        opener = urllib.request.build_opener(_Stay, urllib.request.HTTPCookieProcessor(self.jar))
        body = None if fields is None else urllib.parse.urlencode(fields).encode()
        request = urllib.request.Request(self.url + path, body, headers)  # noqa: S310 - our own server
        try:
            with opener.open(request, timeout=60) as found:
                return Answered(found.status, found.read().decode())
        except urllib.error.HTTPError as refused:
            with refused:
                return Answered(refused.code, refused.read().decode(), refused.headers.get("Location", ""))

    def send(self, page: str, path: str, **fields: str) -> Answered:
        """Send a form with the token that `page` gave."""
        token = re.search(r'name="form_token" value="([0-9a-f]+)"', self.get(page).text)
        assert token, f"{page} has no form"
        return self.get(path, {"form_token": token[1], **fields})

    def log_in(self, name: str, password: str, secret: str) -> "Visitor":
        code = pyotp.TOTP(secret).now() if secret else ""
        assert self.send("/login", "/login", name=name, password=password, code=code).status == 303
        return self
