"""`/`: the live board, and the stream that keeps it current."""

from fastapi import APIRouter, Header, Query
from fastapi.responses import HTMLResponse, StreamingResponse
from jinja2 import Environment

from central.web.live import Live
from central.web.texts import catalogue, chosen

EVENTS = "text/event-stream"


def router(live: Live, templates: Environment) -> APIRouter:
    """The board's routes."""
    found = APIRouter(include_in_schema=False)

    @found.get("/", response_class=HTMLResponse)
    async def board(lang: str | None = Query(None, max_length=8)) -> HTMLResponse:
        language = chosen(lang)
        feed = live.feeds[f"board-{language}"]
        page = templates.get_template("board.html")
        return HTMLResponse(
            page.render(
                language=language,
                board=live.picture.boards[language],
                last_id=feed.last_id,
                _=catalogue(language).gettext,
            )
        )

    @found.get("/board/stream")
    async def stream(
        lang: str | None = Query(None, max_length=8),
        last: str | None = Query(None, max_length=64),
        last_event_id: str | None = Header(None, max_length=64),
    ) -> StreamingResponse:
        feed = live.feeds[f"board-{chosen(lang)}"]
        return StreamingResponse(feed.stream(last_event_id or last), media_type=EVENTS)

    return found
