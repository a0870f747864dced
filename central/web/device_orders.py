"""Commands to a device and their answers as its page shows them; what its doctor found last. Words, no HTML."""

import re
from dataclasses import dataclass
from typing import Any

from central.commanding import VALID_MS
from central.moments import moment
from central.store import orders
from central.store.orders import Answered
from central.web.order_words import ANSWERS, CHECKS, MODES, OPERATIONS, WAITS
from central.web.texts import age, catalogue

SHOWN = 8
LATELY_MS = 60_000
"""So long after a command the page loads itself again, to show its answer."""
PART = re.compile(
    r"(?P<status>pass|left_out|fail|warn) (?P<number>\d{1,3})(?: (?P<code>\w{1,20}))?(?::\s*(?P<said>.*))?"
)
SIGNS = {"pass": "✓", "left_out": "–", "fail": "✕", "warn": "!"}
WORDS = {"pass": "well", "left_out": "left out", "fail": "broken", "warn": "needs a look"}
_ORDER = ("fail", "warn", "left_out", "pass")


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One command. state: waits, done or failed; answer: what came of it, in words; detail: the station's own words."""

    at: str
    by: str
    what: str
    state: str
    sign: str
    answer: str
    detail: str


@dataclass(frozen=True, slots=True)
class CheckLine:
    """One check of the doctor. said: the station's sentence; next: what to do."""

    number: int
    status: str
    sign: str
    word: str
    title: str
    said: str
    next: str


def orders_of(db: Any, device: str, now_ms: int, language: str) -> dict[str, Any]:
    """orders, checkup, checkup_age and awaits (an answer is expected soon), as the template names them."""
    found = orders.given(db, device, SHOWN)
    newest = next((one for one in orders.given(db, device, SHOWN, "doctor") if one.code == "done"), None)
    answered_ms = newest.received_ms if newest else None
    return {
        "orders": [_line(one, now_ms, language) for one in found],
        "checkup": checks_of(newest.detail, language) if newest else [],
        "checkup_age": "" if answered_ms is None else age(max(now_ms - answered_ms, 0) // 1000, language),
        "awaits": any(one.code is None and now_ms - one.order.at_ms < LATELY_MS for one in found),
    }


def _line(one: Answered, now_ms: int, language: str) -> OrderLine:
    say, order = catalogue(language).gettext, one.order
    what = say(OPERATIONS[order.operation]) if order.operation in OPERATIONS else order.operation
    if order.operation == "reader_mode":
        mode = order.arguments.get("mode", "")
        what += (
            f": {order.arguments.get('reader', '')}, {say(MODES.get(mode, mode))}, {order.arguments.get('seconds')} s"
        )
    if one.code is None:
        late = now_ms - order.at_ms > VALID_MS
        state, answer = ("failed", "expired") if late else ("waits", "waits")
    else:
        state, answer = ("done" if one.code == "done" else "failed"), one.code
    # What the doctor found has a place of its own.
    detail = "" if order.operation == "doctor" and one.code == "done" else one.detail
    sign = {"waits": "…", "done": "✓", "failed": "✕"}[state]
    said = say({**ANSWERS, "waits": WAITS}.get(answer, answer))
    return OrderLine(f"{moment(order.at_ms):%H:%M:%S %d/%m/%Y}", order.by, what, state, sign, said, detail)


def checks_of(detail: str, language: str) -> list[CheckLine]:
    """What a station's doctor found (`edge/README.md`, "Commands"), what is bad first; parts that cannot be read are
    left out, for a newer station may say more."""
    found = []
    for part in detail.split(" | "):
        status, _, rest = part.partition(" ")
        if status in ("pass", "left_out"):
            found += [_check(status, number, "", "", language) for number in rest.split() if number.isdecimal()]
        elif match := PART.fullmatch(part):
            found.append(_check(status, match["number"], match["code"] or "", match["said"] or "", language))
    return sorted(found, key=lambda one: (_ORDER.index(one.status), one.number))


def _check(status: str, number: str, code: str, said: str, language: str) -> CheckLine:
    say, known = catalogue(language).gettext, CHECKS.get(int(number[:4]))
    sentence, _, step = said.partition(" -> ")
    title = say(known) if known else code or number
    return CheckLine(int(number[:4]), status, SIGNS[status], say(WORDS[status]), title, sentence, step)
