"""Requests that nobody means: as every role and as nobody, no server error, and nobody's people beyond the scope."""

import re
import urllib.parse
from contextlib import closing
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.schemas import OpenApiSchema

from central.health import Liveness
from central.networks import ANYWHERE
from central.permits import Role
from central.store import open_store
from central.web.app import build_app
from tests.central.web.served import CLOCK, OTHER, UNIT, Browser, Site, asked
from tests.central.web.test_scope import ASKED, LINES, SIGHT, WHO, units_in

SEEN = {"a": {UNIT, OTHER}, "e": {UNIT, OTHER}, "u": {UNIT}, "o": set[str](), "p": set[str]()}
STREAMS = frozenset({"GET /api/v1/stream", "GET /board/stream"})
"""They never end by themselves; what they need is asserted in `test_scope.py`."""
FEW = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much, HealthCheck.too_slow],
)


def interface() -> OpenApiSchema:
    """What `/api/openapi.json` describes, without the streams."""
    with closing(open_store("sqlite://")) as store:
        described = build_app(store, CLOCK, Liveness(CLOCK), terminals=ANYWHERE, logins=True).openapi()
    return schemathesis.openapi.from_dict(described).exclude(path_regex="stream$")


OPERATIONS = [found.ok() for found in interface().get_all_operations()]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
@FEW
@given(data=st.data())
def test_whatever_the_interface_is_asked(site: Site, operation: APIOperation, data: st.DataObject) -> None:
    """What the description allows, and what it does not, is asked as everybody."""
    mode = data.draw(st.sampled_from(GenerationMode))
    case = data.draw(operation.as_strategy(generation_mode=mode))
    for role in WHO:
        answer = case.call(base_url=site.url, headers=cookies(site, role), allow_redirects=False, timeout=30)
        assert answer.status_code < 500, (role, answer.text)
        letter = LINES[operation.label][WHO.index(role)]
        assert units_in(answer.text) <= SEEN.get(letter, set()), role


def cookies(site: Site, role: Role | None) -> dict[str, str]:
    if role is None:
        return {}
    return {"Cookie": "; ".join(f"{cookie.name}={cookie.value}" for cookie in site.browser(role).jar)}


ABSURD = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        ["", "\0", "'", "<script>", "../..", "-1", "9" * 30, "1e999", "2018-02-30", "0000-00-00", "X02", "é"]
    ),
)
NAMES = st.sampled_from(
    ["unit", "from", "to", "lang", "tv", "seconds", "code", "on", "next", "why", "digits", "unit[]"]
)


PAGES = [route for route in ASKED if route not in STREAMS and "/api/" not in route]


@pytest.mark.parametrize("route", PAGES)
@FEW
@given(fields=st.dictionaries(NAMES, ABSURD, max_size=4), part=ABSURD.filter(bool), data=st.data())
def test_whatever_a_page_or_a_form_is_sent(
    site: Site, route: str, fields: dict[str, str], part: str, data: st.DataObject
) -> None:
    method, path = route.split()
    role = data.draw(st.sampled_from(WHO))
    word = urllib.parse.quote(part, safe="")
    place = asked(path) if data.draw(st.booleans()) else re.sub(r"\{\w+\}", lambda _: word, path)
    status, text = sent(site, method, place, role, fields)
    letter = LINES[route][WHO.index(role)]
    assert status < 500, text
    assert units_in(text) <= (SIGHT[role] if letter in "rf" else SEEN.get(letter, set()))


def sent(site: Site, method: str, place: str, role: Role | None, fields: dict[str, str]) -> tuple[int, str]:
    """The answer to a question or to a form, the form with the proof of a page that was shown."""
    browser = site.browser(role) if role else Browser(site.url)
    found: tuple[int, Any, str]
    if method == "GET":
        found = browser.ask(f"{place}?{urllib.parse.urlencode(fields)}")
    elif role is None:
        found = browser.ask(place, fields)
    else:
        found = browser.post("/account", place, **fields)
    return found[0], found[2]
