"""Who asks for a report, about whom, and how they are answered: what all pages of reports share."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Query, Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment

from central.clock import Clock
from central.errors import UnknownUnitError
from central.moments import local_date
from central.permits import Action, Reach, reach_of
from central.store import Store
from central.store import roster as rosters
from central.unknown import check_unit
from central.web import report_words
from central.web.gate import Grant, granted
from central.web.ratios import ratio
from central.web.report_asked import WrongQuestionError
from central.web.texts import catalogue, chosen

Lang = Annotated[str | None, Query()]
SHOWN = 500
"""Lines of a list on a page; the CSV has all."""
PLACES = (
    ("/reports/month", "Timesheet"),
    ("/reports/day", "Day list"),
    ("/reports/lateness", "Lateness and absence"),
    ("/reports/field", "Field duty"),
    ("/reports/duty", "Duty and reception"),
)


@dataclass(frozen=True, slots=True)
class Reader:
    """Who asks, in which language, and about whom. unit: None = all that there are; staff: None = everybody there."""

    request: Request
    language: str
    grant: Grant
    today: dt.date
    unit: str | None
    staff: str | None

    def say(self, text: str) -> str:
        """A text in the reader's language."""
        return catalogue(self.language).gettext(text)

    def query(self, **changed: object) -> str:
        """The address's parameters with some changed, those without a value left out."""
        said = dict(self.request.query_params) | {"lang": self.language} | changed
        return urlencode({name: value for name, value in said.items() if value})


class ReportPages:
    """Answers questions about reports; each page of them is a method of a class below this one."""

    def __init__(self, store: Store, clock: Clock, templates: Environment) -> None:
        self._store, self._clock, self._templates = store, clock, templates

    def answer(self, request: Request, lang: str | None, unit: str, work: Callable[[Reader], Response]) -> Response:
        """What `work` says to the reader; a wrong question is answered by a page that says what to write instead."""
        grant, language = granted(request), chosen(lang)
        today = local_date(self._clock.now_ms())
        staff = grant.bearer.staff if grant.own and grant.bearer else None
        reader = Reader(request, language, grant, today, grant.asked(unit or None), staff)
        try:
            if grant.own and not staff:
                raise WrongQuestionError(report_words.NO_RECORD, "", 403)
            return work(reader)
        except WrongQuestionError as error:
            text = reader.say(error.text)
            text = text % error.value if "%s" in text else text
            return self.page(reader, "reports_wrong.html", "", error.status, problem=text)

    def check(self, reader: Reader, first: dt.date, last: dt.date, unit: str | None = None) -> None:
        """Raises WrongQuestionError where there is no such unit on any of the dates."""
        asked = unit or reader.unit
        if asked is None:
            return
        try:
            with self._store.read() as db:
                check_unit(rosters.load_units(db), asked, first, last)
        except UnknownUnitError as error:
            raise WrongQuestionError(report_words.NO_UNIT, asked, 404) from error

    @staticmethod
    def may(grant: Grant, action: Action) -> bool:
        """Whether the reader may do this at all."""
        return grant.bearer is not None and reach_of(grant.bearer, action) > Reach.NOWHERE

    def page(self, reader: Reader, name: str, place: str, status: int = 200, **values: Any) -> HTMLResponse:
        """A page of the reports, with their menu and the questions that it answers."""
        hidden = set() if self.may(reader.grant, Action.SEE_REASONS) else {"/reports/month"}
        values = {
            "account": reader.grant.bearer.name if reader.grant.bearer else "",
            "language": reader.language,
            "_": reader.say,
            "place": place,
            "places": [one for one in PLACES if one[0] not in hidden],
            "units": [] if reader.grant.own else self._units(reader),
            "said_unit": reader.unit or "",
            "own": reader.grant.own,
            "query": reader.query,
            "words": report_words,
            "shown": SHOWN,
            "ratio": lambda part, whole: ratio(part, whole, reader.language),
        } | values
        return HTMLResponse(self._templates.get_template(name).render(**values), status)

    def _units(self, reader: Reader) -> list[tuple[str, str]]:
        """Codes and names of the units that may be asked about."""
        with self._store.read() as db:
            names = rosters.load_units(db)
        seen = reader.grant.units
        return [(code, names[code][-1].name) for code in sorted(names) if seen is None or code in seen]
