"""`/health`: how the system itself is, part by part, and what to do; for whoever looks after it."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment

from central.clock import Clock
from central.health import Liveness
from central.moments import moment
from central.settings import Settings
from central.store import Store
from central.web.gate import granted
from central.web.system_health import checks, counts, look
from central.web.texts import catalogue, chosen


def router(
    store: Store, clock: Clock, real: Clock, health: Liveness, settings: Settings, templates: Environment
) -> APIRouter:
    """The page's route. clock: of the facts; real: of certificates and backups."""
    found = APIRouter(include_in_schema=False)

    @found.get("/health", response_class=HTMLResponse)
    def show(request: Request, lang: Annotated[str | None, Query(max_length=8)] = None) -> Response:
        language, bearer, now_ms = chosen(lang), granted(request).bearer, clock.now_ms()
        with store.read() as db:
            seen = look(db, now_ms, real.now_ms(), health, settings.backup.folder)
        parts = checks(seen, language)
        text = templates.get_template("health.html").render(
            language=language,
            _=catalogue(language).gettext,
            account=bearer.name if bearer else "",
            checks=parts,
            counts=counts(parts, language),
            at=f"{moment(now_ms):%H:%M:%S %d/%m/%Y}",
        )
        return HTMLResponse(text)

    return found
