"""`/inspections`: opened unannounced, walked room by room, signed; the minutes as a page and as they were printed."""

import datetime as dt
import json

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment

from central.clock import Clock
from central.errors import CentralError
from central.inspection import sign, stored
from central.minutes import Signers
from central.moments import local_date
from central.permits import Action
from central.rollcall import Kind, Opening, RollCallError, open_round
from central.store import Store, rollcalls
from central.store import roster as rosters
from central.store.audit import acting
from central.web.gate import granted
from central.web.round_pages import Lang, Needed, RoundPages, Word
from central.web.rounds import past_of, units_offered
from central.web.texts import catalogue, chosen

BACK_DAYS = 366
NOT_OPENED = "Name the team and the number of the decision that sent it, and choose a unit where people work today."
NOT_SIGNED = "Minutes are signed by three: write the name of each."


def router(store: Store, clock: Clock, templates: Environment) -> APIRouter:
    """The routes of inspections."""
    routes = APIRouter(include_in_schema=False)
    pages = _Pages(store, clock, templates, Needed(Kind.INSPECTION, "/inspections", Action.INSPECT))

    @routes.get("/inspections/{inspection}", response_class=HTMLResponse)
    def one(request: Request, inspection: int, lang: Lang = None, done: Word = "") -> Response:
        return pages.one(request, inspection, lang, done)

    @routes.post("/inspections/{inspection}/say", response_class=HTMLResponse)
    def say(request: Request, inspection: int, lang: Lang = None) -> Response:
        return pages.say(request, inspection, lang)

    def add(path: str, work: object, method: str = "GET") -> None:
        routes.add_api_route(path, work, methods=[method], response_class=HTMLResponse)  # type: ignore[arg-type]

    add("/inspections", pages.all)
    add("/inspections/open", pages.open, "POST")
    add("/inspections/{inspection}/sign", pages.sign, "POST")
    add("/inspections/{inspection}/minutes", pages.minutes)
    add("/inspections/{inspection}/minutes.pdf", pages.printed)
    return routes


class _Pages(RoundPages):
    def all(self, request: Request, lang: Lang = None) -> Response:
        return self._all(request, chosen(lang), {}, "", 200)

    def _all(self, request: Request, language: str, said: dict[str, str], problem: str, status: int) -> Response:
        grant, today = granted(request), local_date(self._clock.now_ms())
        with self._store.read() as db:
            roster = rosters.load_roster(db)
            first = today - dt.timedelta(days=BACK_DAYS)
            past = rollcalls.rounds(db, Kind.INSPECTION, first, today, grant.units)
        fields = {"unit": grant.bearer.unit if grant.bearer else "", "team": "", "decision": "", "issuer": ""}
        return self._page(
            request,
            "inspections.html",
            language,
            status,
            today=self._today(language),
            past=past_of(past, roster, language),
            units=units_offered(roster, grant.units, today),
            said=fields | {"letterhead": "state"} | said,
            problem=problem and catalogue(language).gettext(problem),
        )

    def open(self, request: Request, lang: Lang = None) -> Response:
        said, language = self._form(request), chosen(lang)
        opening = Opening(
            Kind.INSPECTION,
            self._unit(request, said.get("unit", "")),
            said.get("key", "")[:64],
            said.get("team", "")[:300],
            said.get("decision", "")[:80],
            "party" if said.get("letterhead") == "party" else "state",
            said.get("issuer", "")[:120],
        )
        deed = self._deed(request, "inspection open", opening.decision_no)
        try:
            with acting(deed):
                number = open_round(self._store, self._clock, opening, deed.who)
        except CentralError:
            return self._all(request, language, said, NOT_OPENED, 400)
        return RedirectResponse(f"/inspections/{number}?lang={language}", 303)

    def sign(self, request: Request, inspection: int, lang: Lang = None) -> Response:
        said, language = self._form(request), chosen(lang)
        one = self._round(request, inspection)
        names = {name: said.get(name, "")[:80] for name in ("team", "unit", "clerk")}
        signers = Signers(**names, remarks=said.get("remarks", "")[:1_000])
        deed = self._deed(request, "inspection sign", one.decision_no)
        try:
            with acting(deed):
                sign(self._store, self._clock, inspection, signers, deed.who)
        except RollCallError:
            more = {"signers": {**names, "remarks": signers.remarks}}
            return self._one(request, inspection, language, "", NOT_SIGNED, 400, **more)
        return RedirectResponse(f"/inspections/{inspection}?lang={language}&done=signed", 303)

    def minutes(self, request: Request, inspection: int, lang: Lang = None) -> Response:
        text, _ = self._stored(request, inspection)
        return self._page(request, "minutes.html", chosen(lang), told=json.loads(text), number=inspection)

    def printed(self, request: Request, inspection: int) -> Response:
        _, pdf = self._stored(request, inspection)
        named = {"Content-Disposition": f'inline; filename="bien-ban-{inspection}.pdf"'}
        return Response(pdf, media_type="application/pdf", headers=named)

    def _stored(self, request: Request, inspection: int) -> tuple[str, bytes]:
        self._round(request, inspection)
        try:
            with self._store.read() as db:
                return stored(db, inspection)
        except RollCallError as error:
            raise HTTPException(404, str(error)) from error
