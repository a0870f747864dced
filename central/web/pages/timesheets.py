"""`/reports/month`: the timesheet of a unit's month, part by part on the page, and whole as a file.

Files are made by processes of their own (`jobs.py`); one that takes longer than a moment has a page that says how far
it is, and loads itself again.
"""

import asyncio
import datetime as dt
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse
from jinja2 import Environment

from central.clock import Clock
from central.reports.timesheet.forms import FORMS
from central.reports.timesheet.gathering import Asked, PartError, gather
from central.reports.timesheet.making import PAPERS, SPREAD
from central.reports.timesheet.whose import Memory
from central.reports.timesheet.wording import texts_of
from central.sheets import span_of
from central.store import Store
from central.store import roster as rosters
from central.web import report_asked, report_words
from central.web.gate import Grant
from central.web.jobs import BusyError, Job, Jobs, Order, State
from central.web.report_asked import WrongQuestionError
from central.web.report_reader import Lang, Reader, ReportPages

PATIENCE_S, LOOK_S = 2.5, 0.1
"""How long a file is waited for before a page says how far it is."""
STYLED_ALONE = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""A file that is opened in the browser may use the style that is in it, and nothing else."""


def router(store: Store, clock: Clock, jobs: Jobs, templates: Environment) -> APIRouter:
    """The timesheet's routes."""
    routes, pages = APIRouter(include_in_schema=False), _Pages(store, clock, jobs, templates)
    for path, work in (
        ("/reports/month", pages.month),
        ("/reports/month/file", pages.file),
        ("/reports/files/{number}", pages.progress),
        ("/reports/files/{number}/fetch", pages.fetch),
    ):
        routes.add_api_route(path, work, methods=["GET"], response_class=HTMLResponse)
    return routes


class _Pages(ReportPages):
    def __init__(self, store: Store, clock: Clock, jobs: Jobs, templates: Environment) -> None:
        super().__init__(store, clock, templates)
        self._jobs, self._memory = jobs, Memory()

    def month(
        self, request: Request, month: str = "", unit: str = "", layout: str = "", part: str = "", lang: Lang = None
    ) -> Response:
        def answer(reader: Reader) -> Response:
            asked = self._sheet_asked(reader, month, layout, report_asked.part(part))
            try:
                with self._store.read() as db:
                    sheet = gather(db, asked, self._clock.now_ms(), memory=self._memory)
            except PartError as error:
                raise WrongQuestionError(report_words.WRONG_PART, part, 404) from error
            texts = texts_of(sheet, reader.language, reader.say)
            values: dict[str, Any] = {"sheet": sheet, "texts": texts, "forms": FORMS, "asked": asked, "papers": PAPERS}
            return self.page(reader, "reports_month.html", "/reports/month", said_unit=asked.unit, **values)

        return self.answer(request, lang, unit, answer)

    async def file(
        self,
        request: Request,
        month: str = "",
        unit: str = "",
        layout: str = "",
        format: str = "",
        paper: str = "",
        lang: Lang = None,
    ) -> Response:
        def ask(reader: Reader) -> Response:
            form = report_asked.form(format)
            asked = self._sheet_asked(reader, month, layout, 0)
            order = Order(
                asked.month, asked.unit, asked.layout, form, report_asked.paper(paper), reader.language, asked.staff
            )
            try:
                job = self._jobs.ask(self._owner(reader.grant), order)
            except BusyError as error:
                raise WrongQuestionError(report_words.BUSY, "", 503) from error
            made.append(job)
            return RedirectResponse(f"/reports/files/{job.number}?lang={reader.language}", 303)

        made: list[Job] = []
        answer = await run_in_threadpool(self.answer, request, lang, unit, ask)
        for job in made:
            await _patiently(job)
            if job.state is State.READY:
                return RedirectResponse(f"/reports/files/{job.number}/fetch", 303)
        return answer

    def progress(self, request: Request, number: str, lang: Lang = None) -> Response:
        def answer(reader: Reader) -> Response:
            job = self._job(reader.grant, number)
            return self.page(reader, "reports_file.html", "", job=job, back=_back(job.order))

        return self.answer(request, lang, "", answer)

    def fetch(self, request: Request, number: str, lang: Lang = None) -> Response:
        def answer(reader: Reader) -> Response:
            job = self._job(reader.grant, number)
            if job.state is not State.READY:
                return RedirectResponse(f"/reports/files/{number}?lang={reader.language}", 303)
            headers = {"Content-Security-Policy": STYLED_ALONE}
            return FileResponse(job.path, media_type=SPREAD[job.order.form], filename=job.order.name, headers=headers)

        return self.answer(request, lang, "", answer)

    def _job(self, grant: Grant, number: str) -> Job:
        job = self._jobs.find(self._owner(grant), number)
        if job is None:
            raise WrongQuestionError(report_words.GONE, "", 404)
        return job

    @staticmethod
    def _owner(grant: Grant) -> str:
        return grant.bearer.name if grant.bearer else ""

    def _sheet_asked(self, reader: Reader, month: str, layout: str, part: int) -> Asked:
        found = report_asked.month(month, reader.today)
        span = span_of(found)
        unit = reader.unit or self._usual_unit(reader, span.last)
        self.check(reader, span.first, span.last, unit)
        return Asked(found, unit, report_asked.layout(layout), reader.staff or "", part)

    def _usual_unit(self, reader: Reader, on: dt.date) -> str:
        """One's own unit; for whoever sees the whole office its top."""
        with self._store.read() as db:
            if reader.staff is not None:
                roster = rosters.load_roster(db)
                post = roster.post_on(rosters.posts_of(db, [reader.staff]).get(reader.staff, ()), on)
                if post is not None and post.unit:
                    return post.unit
            branches = rosters.load_branches(db)
        tops = [b for b in branches if not b.parent and (b.valid_from or on) <= on]
        if not tops:
            raise WrongQuestionError(report_words.NO_UNITS, "", 404)
        return max(tops, key=lambda b: (b.valid_to is None or b.valid_to >= on, b.valid_from or dt.date.min)).code


async def _patiently(job: Job) -> None:
    """Wait a moment for a file that may be ready at once."""
    for _ in range(int(PATIENCE_S / LOOK_S)):
        if job.ended:
            return
        await asyncio.sleep(LOOK_S)


def _back(order: Order) -> str:
    return "/reports/month?" + urlencode(
        {"month": order.month, "unit": order.unit, "layout": order.layout, "lang": order.language}
    )
