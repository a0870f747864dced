"""`/`: the live board, and the stream that keeps it current."""

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from jinja2 import Environment

from central.web.gate import Gate, granted
from central.web.live import Live
from central.web.scoped import only
from central.web.texts import catalogue, chosen

EVENTS = "text/event-stream"


def router(live: Live, templates: Environment, gate: Gate) -> APIRouter:
    """The board's routes."""
    found = APIRouter(include_in_schema=False)

    @found.get("/", response_class=HTMLResponse)
    async def board(
        request: Request,
        lang: str | None = Query(None, max_length=8),
        tv: bool = Query(False, description="for a screen on a wall: nobody scrolls, so units take turns"),
        seconds: int = Query(15, ge=5, le=120, description="how long a page of units stays on a wall"),
    ) -> Response:
        language, grant = chosen(lang), granted(request)
        if grant.own:
            return RedirectResponse("/account", 303)
        whole = live.picture.boards[language]
        feed = live.feeds[f"board-{language}"]
        page = templates.get_template("board.html")
        return HTMLResponse(
            page.render(
                language=language,
                board=whole if grant.units is None else only(whole, grant.units),
                live=grant.units is None,
                tv=tv,
                seconds=seconds,
                account=grant.bearer.name if grant.bearer else "",
                last_id=feed.last_id,
                _=catalogue(language).gettext,
            )
        )

    @found.get("/board/stream")
    async def stream(
        request: Request,
        lang: str | None = Query(None, max_length=8),
        last: str | None = Query(None, max_length=64),
        last_event_id: str | None = Header(None, max_length=64),
    ) -> StreamingResponse:
        feed = live.feeds[f"board-{chosen(lang)}"]
        return StreamingResponse(gate.while_let_in(request, feed.stream(last_event_id or last)), media_type=EVENTS)

    return found
