"""What of whose people each route shows to each role: one table. A route without a line fails.

A letter a role, in the order of `Role`, the last one for nobody:
`a` everybody's; `e` everything that there is, whosever; `s` a stream of everybody's; `u` those of the own unit, and
another one is refused; `o` the own record alone; `r` a report of whom the role may see; `n` nothing, as there is
nothing at this address; `p` a page without people; `-` refused; `l` sent to log in (401 for
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
GET /board/stream              s - s s s - s s l
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
GET /inspections               - - - - p - p p l
GET /inspections/{inspection}  - - - - r - r r l
GET /inspections/{inspection}/minutes - - - - r - r r l
GET /inspections/{inspection}/minutes.pdf - - - - p - p p l
GET /login                     p p p p p p p p p
GET /login/oidc                p p p p p p p p p
GET /login/oidc/back           p p p p p p p p p
GET /metrics                   - - - - - p p p l
GET /privacy                   p p p p p p p p p
GET /privacy/export            - o - - - - e e l
GET /reports                   - p p p p - p p l
GET /reports/day               - r r r r - r r l
GET /reports/duty              - r r r r - r r l
GET /reports/field             - r r r r - r r l
GET /reports/files/{number}    - n n n - - n n l
GET /reports/files/{number}/fetch - n n n - - n n l
GET /reports/lateness          - r r r r - r r l
GET /reports/month             - r r r - - r r l
GET /reports/month/file        - n n n - - n n l
GET /roll-calls                - - p p p - p p l
GET /roll-calls/{roll_call}    - - r r r - r r l
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
POST /inspections/open         - - - - f - - f l
POST /inspections/{inspection}/say  - - - - f - - f l
POST /inspections/{inspection}/sign - - - - f - - f l
POST /login                    p p p p p p p p p
POST /roll-calls/open          - - f f - - - f l
POST /roll-calls/times         - - f f - - - f l
POST /roll-calls/{roll_call}/say - - f f - - - f l
POST /logout                   f f f f f f f f l
"""
LINES = {" ".join(line.split()[:2]): line.split()[2:] for line in TABLE.strip().splitlines()}
SIGHT: dict[Role | None, set[str]] = {
    **{role: {UNIT} for role in Role},
    None: set(),
    Role.STAFF: set(),
    Role.TECHNICIAN: set(),
    Role.AUDITOR: {UNIT, OTHER},
    Role.ADMINISTRATOR: {UNIT, OTHER},
}
"""Of which of the two units somebody may see people; the staff member's own record is in neither."""
QUESTIONS = {"/privacy/export": "staff=CB0001", "/api/v1/verdicts": "from=2018-11-12&to=2018-11-12"}
WITHOUT_UNIT = frozenset(
    {"/", "/roll-calls/{roll_call}", "/inspections/{inspection}", "/inspections/{inspection}/minutes"}
)
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
    question = f"{asked(path)}?{QUESTIONS.get(path, '')}"
    status, headers, text = browser.ask(question)
    if letter in "-l":
        assert is_refused(letter, path, status, headers["Location"] or "") and not units_in(text)
    elif letter == "s":
        assert status == 200 and "event-stream" in headers["Content-Type"]
    elif letter == "n":
        assert status in (400, 404) and not units_in(text)
    else:
        assert status == 200
        assert shows(site, letter, role, text)
        another = browser.ask(f"{question}&unit={OTHER}")
        if letter in "ur" and SIGHT[role] == {UNIT} and path not in WITHOUT_UNIT:
            assert another[0] == FORBIDDEN
        assert letter == "e" or units_in(another[2]) <= SIGHT[role]


def is_refused(letter: str, path: str, status: int, to: str) -> bool:
    """Whether somebody is sent away as the letter says."""
    if letter == "l":
        return status == 401 or (status == 303 and to.startswith("/login?next="))
    return status == FORBIDDEN or (path == "/" and to == "/account")


def shows(site: Site, letter: str, role: Role | None, text: str) -> bool:
    """Whether the people of a page are those of the letter."""
    found = units_in(text)
    if letter == "o":
        return set(re.findall(r"CB\d{4}", text)) == {site.staff}
    if letter in "er":
        return letter == "e" or found <= SIGHT[role]
    return found == {"a": {UNIT, OTHER}, "u": {UNIT}}.get(letter, set())


@pytest.mark.parametrize("route", [route for route in ASKED if route.startswith("POST")])
@pytest.mark.parametrize("role", WHO, ids=lambda role: role.value if role else "nobody")
def test_a_form_is_taken_from_whom_the_table_says(site: Site, route: str, role: Role | None) -> None:
    """Sent with nothing but a unit: whoever may send it is told what is missing, and nothing is changed."""
    letter, path = LINES[route][WHO.index(role)], asked(route.split()[1])
    if role is None:
        status, headers, _ = Browser(site.url).ask(path, {})
        assert letter == "l" and status == 303 and headers["Location"].startswith("/login?next=")
        return
    status, _, text = site.browser(role).post("/account", path, unit=UNIT)
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
