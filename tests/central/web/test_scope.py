"""What of whose people each route shows to each role: one table. A route without a line fails.

A letter a role, in the order of `Role`, the last one for nobody:
`a` everybody's; `e` everything that there is, whosever; `s` a stream of everybody's; `u` those of the own unit, and
another one is refused; `o` the own record alone; `p` a page without people; `-` refused; `l` sent to log in (401 for
what machines ask). Of a form: `f` taken from a page that was shown.
"""

import csv
import re
from functools import cache

import pytest

from central.permits import Role
from central.web.needs import NEEDS
from tests.central.web.served import FORBIDDEN, OFFICE, OTHER, UNIT, Browser, Site, asked, routes

WHO: tuple[Role | None, ...] = (*Role, None)
"""viewer staff clerk head inspector technician auditor administrator nobody"""
TABLE = """
GET /                          u - u u u - a a l
GET /account                   p p p p p p p p l
GET /api/openapi.json          p p p p p p p p l
GET /api/v1/devices            - - - - - p p p l
GET /api/v1/presence           u o u u u - a a l
GET /api/v1/stream             - - - - - - s s l
GET /api/v1/verdicts           - o u u u - a a l
GET /board/stream              - - - - - - s s l
GET /audit                     - - - - - - e e l
GET /audit/csv                 - - - - - - e e l
GET /devices                   - - - - - p p p l
GET /devices/new               - - - - - p - p l
GET /devices/slot              - - - - - p p p l
GET /devices/{code}            - - - - - p p p l
GET /health                    - - - - - p p p l
GET /healthz                   p p p p p p p p p
GET /iclock/cdata              p p p p p p p p p
GET /iclock/getrequest         p p p p p p p p p
GET /iclock/ping               p p p p p p p p p
GET /login                     p p p p p p p p p
GET /login/oidc                p p p p p p p p p
GET /login/oidc/back           p p p p p p p p p
GET /metrics                   - - - - - p p p l
GET /privacy                   p p p p p p p p p
GET /tv/{token}                p p p p p p p p p
POST /account                  f f f f f f f f l
POST /devices/new              - - - - - f - f l
POST /devices/{code}/command   - - - - - f - f l
POST /devices/{code}/confirm   - - - - - f - f l
POST /devices/{code}/move      - - - - - f - f l
POST /devices/{code}/refuse    - - - - - f - f l
POST /devices/{code}/revoke    - - - - - f - f l
POST /iclock/cdata             p p p p p p p p p
POST /iclock/devicecmd         p p p p p p p p p
POST /iclock/registry          p p p p p p p p p
POST /login                    p p p p p p p p p
POST /logout                   f f f f f f f f l
"""
LINES = {" ".join(line.split()[:2]): line.split()[2:] for line in TABLE.strip().splitlines()}
QUESTIONS = {"/api/v1/verdicts": "from=2018-11-12&to=2018-11-12"}
WITHOUT_UNIT = frozenset({"/"})
"""Routes that nobody can ask for a unit: they show what one may see."""
OWN_WAY = frozenset({"GET /tv/{token}", "GET /login/oidc", "GET /login/oidc/back", "POST /login", "POST /logout"})
"""Open to everybody (`test_gate.py` tells how they answer), or ending the session that asks."""
ASKED = sorted(route for route in LINES if route not in OWN_WAY and "/iclock/" not in route)
"""Terminals know nothing of logins; what they may send is told in `tests/central/terminals`."""


def test_every_route_stands_in_the_table_and_no_other() -> None:
    assert sorted(LINES) == routes() == sorted(NEEDS)
    assert {len(letters) for letters in LINES.values()} == {len(WHO)}


@pytest.mark.parametrize("route", [route for route in ASKED if route.startswith("GET")])
@pytest.mark.parametrize("role", WHO, ids=lambda role: role.value if role else "nobody")
def test_a_page_shows_whom_the_table_says(site: Site, route: str, role: Role | None) -> None:
    letter, path = LINES[route][WHO.index(role)], route.split()[1]
    browser = site.browser(role) if role else Browser(site.url)
    question = QUESTIONS.get(path, "")
    status, headers, text = browser.ask(f"{asked(path)}?{question}")
    if letter == "-":
        assert status == FORBIDDEN or (path == "/" and headers["Location"] == "/account")
    elif letter == "l":
        assert status == 401 or (status == 303 and headers["Location"].startswith("/login?next="))
    elif letter == "s":
        assert status == 200 and "event-stream" in headers["Content-Type"]
        return
    else:
        assert status == 200
    if letter == "e":
        return
    assert units_in(text) == {"a": {UNIT, OTHER}, "u": {UNIT}}.get(letter, set())
    if letter == "o":
        assert set(re.findall(r"CB\d{4}", text)) == {site.staff}
    if letter in "uo":
        another = browser.ask(f"{asked(path)}?{question}&unit={OTHER}")
        assert units_in(another[2]) <= {UNIT}
        assert another[0] == FORBIDDEN or letter == "o" or path in WITHOUT_UNIT


@pytest.mark.parametrize("route", [route for route in ASKED if route.startswith("POST")])
@pytest.mark.parametrize("role", WHO, ids=lambda role: role.value if role else "nobody")
def test_a_form_is_taken_from_whom_the_table_says(site: Site, route: str, role: Role | None) -> None:
    """Sent empty: whoever may send it is told what is missing, and nothing is changed."""
    letter, path = LINES[route][WHO.index(role)], asked(route.split()[1])
    if role is None:
        status, headers, _ = Browser(site.url).ask(path, {})
        assert letter == "l" and status == 303 and headers["Location"].startswith("/login?next=")
        return
    status, _, text = site.browser(role).post("/account", path)
    assert (status == FORBIDDEN) is (letter == "-"), text
    assert status < 500


def units_in(text: str) -> set[str]:
    """Which of the two units have somebody whose name or code stands in a text."""
    return {unit for unit in (UNIT, OTHER) if any(word in text for word in words_of(unit))}


@cache
def words_of(unit: str) -> frozenset[str]:
    """Codes of a unit's people, and full names that nobody has in another unit."""
    homes: dict[str, set[str]] = {}
    with (OFFICE / "staff.csv").open(encoding="utf-8") as lines:
        for person in csv.DictReader(lines):
            for word in (person["code"], person["full_name"]):
                homes.setdefault(word, set()).add(person["unit"])
    return frozenset(word for word, units in homes.items() if units == {unit})
