"""`/reports`: the day list, lateness and absence, field duty, duty and reception; each as a page and as CSV.

They follow what the facts say now; only the timesheet (`timesheets.py`) shows what was signed.
"""

import io
from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Any, TypeAlias

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment

from central.clock import Clock
from central.permits import Action
from central.reports import day_list, duty_slots, field_days
from central.reports import lateness as lateness_report
from central.reports.citing import cite
from central.reports.formats import spreadsheet
from central.store import Store
from central.web import report_asked
from central.web.charts import heat_of, trend_of
from central.web.report_reader import Lang, Reader, ReportPages
from central.web.texts import long_date

From: TypeAlias = Annotated[str, Query(alias="from")]
To: TypeAlias = Annotated[str, Query(alias="to")]


def router(store: Store, clock: Clock, templates: Environment) -> APIRouter:
    """The routes of all reports but the timesheet."""
    routes, pages = APIRouter(include_in_schema=False), _Pages(store, clock, templates)
    for path, work in (
        ("/reports", pages.index),
        ("/reports/day", pages.day),
        ("/reports/lateness", pages.lateness),
        ("/reports/field", pages.field),
        ("/reports/duty", pages.duty),
    ):
        routes.add_api_route(path, work, methods=["GET"], response_class=HTMLResponse)
    return routes


class _Pages(ReportPages):
    def index(self, request: Request, lang: Lang = None) -> Response:
        return self.answer(request, lang, "", lambda reader: self.page(reader, "reports.html", "/reports"))

    def day(self, request: Request, date: str = "", unit: str = "", format: str = "", lang: Lang = None) -> Response:
        def answer(reader: Reader) -> Response:
            on = report_asked.date(date, reader.today)
            self.check(reader, on, on)
            reasons = self.may(reader.grant, Action.SEE_REASONS)
            with self._store.read() as db:
                lines = day_list.day_lines(db, on, reader.unit, reader.staff, reasons=reasons)
                cited = cite(db, on, on, reader.unit)
            if format == "csv":
                return _csv(f"ngay-{on}", day_list.DayLine._fields, lines)
            values: dict[str, Any] = {"on": on, "lines": lines, "title": long_date(on, reader.language), "cited": cited}
            return self.page(reader, "reports_day.html", "/reports/day", **values)

        return self.answer(request, lang, unit, answer)

    def lateness(
        self,
        request: Request,
        first: From = "",
        last: To = "",
        unit: str = "",
        format: str = "",
        lang: Lang = None,
    ) -> Response:
        def answer(reader: Reader) -> Response:
            period = report_asked.period(first, last, reader.today)
            self.check(reader, period.first, period.last)
            with self._store.read() as db:
                found = lateness_report.lateness(db, period.first, period.last, reader.unit, reader.staff)
                cited = cite(db, period.first, period.last, reader.unit)
            if format == "csv":
                rows = ((*one[:3], *one.counts) for one in found.people)
                return _csv(f"di-muon-{period.first}-{period.last}", lateness_report.COLUMNS, rows)
            words, late, absent = (reader.say(text) for text in ("late or absent", "late", "absent"))
            values: dict[str, Any] = {
                "period": period,
                "found": found,
                "cited": cited,
                "heat": heat_of(found.dates, reader.language, words),
                "trend": trend_of(found.dates, reader.language, late, absent),
            }
            return self.page(reader, "reports_lateness.html", "/reports/lateness", **values)

        return self.answer(request, lang, unit, answer)

    def field(
        self,
        request: Request,
        first: From = "",
        last: To = "",
        unit: str = "",
        format: str = "",
        lang: Lang = None,
    ) -> Response:
        def answer(reader: Reader) -> Response:
            return self._listed(
                reader, (first, last), format, field_days.field_lines, field_days.FieldLine._fields, "field"
            )

        return self.answer(request, lang, unit, answer)

    def duty(
        self,
        request: Request,
        first: From = "",
        last: To = "",
        unit: str = "",
        format: str = "",
        lang: Lang = None,
    ) -> Response:
        def answer(reader: Reader) -> Response:
            return self._listed(
                reader, (first, last), format, duty_slots.slot_lines, duty_slots.SlotLine._fields, "duty"
            )

        return self.answer(request, lang, unit, answer)

    def _listed(
        self,
        reader: Reader,
        said: tuple[str, str],
        form: str,
        rows: Callable[..., Sequence[Any]],
        columns: Sequence[str],
        name: str,
    ) -> Response:
        """A list of a period, as a page or as CSV."""
        period = report_asked.period(*said, reader.today)
        self.check(reader, period.first, period.last)
        with self._store.read() as db:
            lines = rows(db, period.first, period.last, reader.unit, reader.staff)
            cited = cite(db, period.first, period.last, reader.unit)
        if form == "csv":
            return _csv(f"{name}-{period.first}-{period.last}", columns, lines)
        return self.page(reader, f"reports_{name}.html", f"/reports/{name}", period=period, lines=lines, cited=cited)


def _csv(name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Response:
    out = io.StringIO(newline="")
    spreadsheet(columns, rows, out)
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response(out.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)
