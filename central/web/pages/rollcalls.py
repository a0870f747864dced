"""`/roll-calls`: set times and what became of them, the roll calls there were, and the walk from room to room."""

import datetime as dt

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment

from central.clock import Clock
from central.errors import CentralError
from central.moments import local_date
from central.observed import Kept
from central.permits import Action
from central.rollcall import Kind, Opening, decide_times, open_round, planned, times_on
from central.store import Store, rollcalls
from central.store import roster as rosters
from central.store.audit import acting
from central.store.rollcalls import TimeRow
from central.web.gate import granted
from central.web.round_pages import DONE, Lang, Needed, RoundPages, Word
from central.web.rounds import past_of, set_lines, units_offered
from central.web.texts import catalogue, chosen

BACK_DAYS = 7
NO_UNIT = "Choose a unit where people work today."
NO_TIMES = "Write times such as 07:45 13:45, the date from which they hold, and the number of the document."


def router(store: Store, clock: Clock, templates: Environment) -> APIRouter:
    """The routes of roll calls."""
    routes = APIRouter(include_in_schema=False)
    pages = _Pages(store, clock, templates, Needed(Kind.ROLL_CALL, "/roll-calls", Action.CALL_ROLL))

    @routes.get("/roll-calls/{roll_call}", response_class=HTMLResponse)
    def one(request: Request, roll_call: int, lang: Lang = None, done: Word = "") -> Response:
        return pages.one(request, roll_call, lang, done)

    @routes.post("/roll-calls/{roll_call}/say", response_class=HTMLResponse)
    def say(request: Request, roll_call: int, lang: Lang = None) -> Response:
        return pages.say(request, roll_call, lang)

    routes.add_api_route("/roll-calls", pages.all, methods=["GET"], response_class=HTMLResponse)
    routes.add_api_route("/roll-calls/open", pages.open, methods=["POST"], response_class=HTMLResponse)
    routes.add_api_route("/roll-calls/times", pages.times, methods=["POST"], response_class=HTMLResponse)
    return routes


class _Pages(RoundPages):
    def all(self, request: Request, lang: Lang = None, done: Word = "") -> Response:
        language = chosen(lang)
        return self._all(request, language, catalogue(language).gettext(DONE[done]) if done in DONE else "", "", 200)

    def _all(self, request: Request, language: str, done: str, problem: str, status: int) -> Response:
        grant, now_ms = granted(request), self._clock.now_ms()
        today = local_date(now_ms)
        first = today - dt.timedelta(days=BACK_DAYS)
        with self._store.read() as db:
            roster = rosters.load_roster(db)
            found = planned(db, first, today, now_ms, grant.units)
            past = rollcalls.rounds(db, Kind.ROLL_CALL, first, today, grant.units)
            rows = rollcalls.times_rows(db, grant.units)
        missed = [one for one in found if one.set.kept is Kept.MISSED]
        held = [times_on(rows, unit, today) for unit in sorted({row.unit for row in rows})]
        return self._page(
            request,
            "roll_calls.html",
            language,
            status,
            today=self._today(language),
            todays=set_lines([one for one in found if one.date == today], roster, language),
            missed=set_lines(missed, roster, language),
            past=past_of(past, roster, language),
            units=units_offered(roster, grant.units, today),
            own=grant.bearer.unit if grant.bearer else "",
            times=[(row, roster.unit_name(row.unit, today)) for row in held if row is not None],
            date=today.isoformat(),
            done=done,
            problem=problem and catalogue(language).gettext(problem),
        )

    def open(self, request: Request, lang: Lang = None) -> Response:
        said, language = self._form(request), chosen(lang)
        opening = Opening(Kind.ROLL_CALL, self._unit(request, said.get("unit", "")), said.get("key", "")[:64])
        deed = self._deed(request, "rollcall open")
        try:
            with acting(deed):
                number = open_round(self._store, self._clock, opening, deed.who)
        except CentralError:
            return self._all(request, language, "", NO_UNIT, 400)
        return RedirectResponse(f"/roll-calls/{number}?lang={language}", 303)

    def times(self, request: Request, lang: Lang = None) -> Response:
        said, language = self._form(request), chosen(lang)
        unit, doc = self._unit(request, said.get("unit", "")), said.get("doc", "")[:80]
        deed = self._deed(request, "rollcall time", doc)
        try:
            on = dt.date.fromisoformat(said.get("from", ""))
            with acting(deed):
                row = TimeRow(0, unit, on, said.get("times", "")[:40], doc, deed.who, 0)
                decide_times(self._store, self._clock, row)
        except (CentralError, ValueError):
            return self._all(request, language, "", NO_TIMES, 400)
        return RedirectResponse(f"/roll-calls?lang={language}&done=time", 303)
