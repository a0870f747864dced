"""What the pages of roll calls and of inspections share: who asks, which round, what a form says."""

import secrets
from dataclasses import dataclass
from typing import Annotated

from fastapi import HTTPException, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment

from central import passwords
from central.clock import Clock
from central.inspection import view_of
from central.moments import local_date, moment
from central.permits import Action, Reach, reach_of
from central.rollcall import Kind, Outcome, OverError, RollCallError, Said, asked_of_doors, existing, say
from central.store import Store
from central.store import roster as rosters
from central.store.audit import Deed, acting
from central.store.rollcalls import Round
from central.web.gate import granted
from central.web.rounds import choices, conflicts_of, counts_of, doors_of, rooms_of, sayings_in
from central.web.texts import catalogue, chosen, long_date

Lang = Annotated[str | None, Query(max_length=8)]
Word = Annotated[str, Query(max_length=16)]
NO_LOGINS = "Whoever walks the rooms has to be known: switch logins on (web.logins) to call a roll here."
STALE = "Somebody else ticked after this page was loaded. All words are kept; look at the list again, then finish."
SIGNED = "These minutes are signed: what was seen since belongs into another inspection."
DONE = {
    "kept": "Kept.",
    "finished": "Finished.",
    "walked": "Everybody on the list has a word. The minutes can be signed.",
    "signed": "Signed. The minutes stay as they are.",
    "time": "The set times are kept, with their document.",
}
TOLD = {"stale": STALE, "over": SIGNED}
MOST_AGO_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Needed:
    """A kind of page: what it shows, the address it stands at, and what whoever changes something needs."""

    kind: Kind
    path: str
    change: Action


class RoundPages:
    """The parts of both kinds of pages."""

    def __init__(self, store: Store, clock: Clock, templates: Environment, needed: Needed) -> None:
        self._store, self._clock, self._templates, self._needed = store, clock, templates, needed

    def _page(self, request: Request, name: str, language: str, status: int = 200, **values: object) -> HTMLResponse:
        bearer, say = granted(request).bearer, catalogue(language).gettext
        known = bearer is not None and bool(bearer.name)
        values |= {
            "account": bearer.name if bearer else "",
            "may_change": self._may_change(request),
            "form_token": passwords.form_token(granted(request).cookie),
            "key": secrets.token_hex(12),
            "hint": "" if known else say(NO_LOGINS),
        }
        return HTMLResponse(self._templates.get_template(name).render(language=language, _=say, **values), status)

    def _may_change(self, request: Request) -> bool:
        bearer = granted(request).bearer
        return bearer is not None and bool(bearer.name) and reach_of(bearer, self._needed.change) > Reach.NOWHERE

    def _form(self, request: Request) -> dict[str, str]:
        if not self._may_change(request):
            raise HTTPException(403, "changes need logins (web.logins): it has to be known who makes them")
        return {name: value.strip() for name, value in request.state.form.items()}

    @staticmethod
    def _deed(request: Request, action: str, why: str = "") -> Deed:
        bearer = granted(request).bearer
        address = request.client.host if request.client else ""
        return Deed(bearer.name if bearer else "", action, why, f"web {address}")

    def _unit(self, request: Request, unit: str) -> str:
        """The unit, where it is within what was granted."""
        units = granted(request).units
        if units is not None and unit not in units:
            raise HTTPException(403, f"unit {unit!r} is not among those that you may see")
        return unit

    def _round(self, request: Request, number: int) -> Round:
        with self._store.read() as db:
            try:
                one = existing(db, number)
            except RollCallError as error:
                raise HTTPException(404, str(error)) from error
        if one.kind != self._needed.kind:
            raise HTTPException(404, f"{number} is a round of another kind")
        self._unit(request, one.unit)
        return one

    def one(self, request: Request, number: int, lang: Lang = None, done: Word = "") -> Response:
        return self._one(request, number, chosen(lang), done, "", 200)

    def _one(
        self, request: Request, number: int, language: str, done: str, problem: str, status: int, **more: object
    ) -> Response:
        self._round(request, number)
        say, now_ms = catalogue(language).gettext, self._clock.now_ms()
        with self._store.read() as db:
            view, roster = view_of(db, number, now_ms), rosters.load_roster(db)
            doors = doors_of(asked_of_doors(db, view.round, roster), roster, language)
        problem = problem or TOLD.get(done, "")
        inspection = self._needed.kind is Kind.INSPECTION
        values: dict[str, object] = {
            "view": view,
            "unit": roster.unit_name(view.round.unit, view.round.date),
            "date": long_date(view.round.date, language),
            "time": f"{moment(view.round.at_ms):%H:%M}",
            "ended": "" if view.round.ended_ms is None else f"{moment(view.round.ended_ms):%H:%M}",
            "rooms": rooms_of(view, language),
            "counts": counts_of(view.counts, language, inspection=inspection),
            "conflicts": conflicts_of(view, language),
            "doors": doors,
            "shown": max((word.number for word in view.words), default=0),
            "path": f"{self._needed.path}/{number}",
            "inspection": inspection,
            "done": say(DONE[done]) if done in DONE else "",
            "problem": problem and say(problem),
            "open": view.round.ended_ms is None,
            "signers": {"team": "", "unit": "", "clerk": "", "remarks": ""},
            **choices(language),
        }
        return self._page(request, "round.html", language, status, **(values | more))

    def say(self, request: Request, number: int, lang: Lang = None) -> Response:
        """What a page says of people: all of them at once, or one that was kept while there was no network."""
        fields, language = self._form(request), chosen(lang)
        self._round(request, number)
        ago = fields.get("ago_ms", "")
        late = min(int(ago), MOST_AGO_MS) if ago.isdecimal() and len(ago) < 15 else None
        shown = fields.get("shown", "")
        said = Said(
            sayings_in(fields),
            fields.get("key", "")[:64],
            int(shown) if shown.isdecimal() and len(shown) < 15 else 0,
            late,
            fields.get("finish", "") == "1",
        )
        deed = self._deed(request, f"{self._needed.kind.value} say")
        try:
            with acting(deed):
                outcome = say(self._store, self._clock, number, said, deed.who)
        except OverError:
            return (
                Response(status_code=409) if late is not None else self._one(request, number, language, "", SIGNED, 409)
            )
        if late is not None:
            return Response(status_code=204)
        done = self._word(outcome)
        return RedirectResponse(f"{self._needed.path}/{number}?lang={language}&done={done}", 303)

    def _word(self, outcome: Outcome) -> str:
        walked = self._needed.kind is Kind.INSPECTION and outcome is Outcome.FINISHED
        return "walked" if walked else outcome.value

    def _today(self, language: str) -> str:
        return long_date(local_date(self._clock.now_ms()), language)
