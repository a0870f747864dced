"""`/`: the live board, and the stream that keeps it current."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Header, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from jinja2 import Environment

from central.web.gate import Gate, granted
from central.web.live import Live
from central.web.narrowing import Wanted, wanted_of
from central.web.scoped import only
from central.web.texts import catalogue, chosen

EVENTS = "text/event-stream"


def _asked(
    q: str = Query("", max_length=200, description="a name or a code, or parts of them, with or without marks"),
    unit: str = Query("", max_length=40, description="code of a unit: it and all below it"),
    state: str = Query("", max_length=20, description="a presence"),
) -> Wanted:
    return wanted_of(q, unit, state)


Asked = Annotated[Wanted, Depends(_asked)]


def _part(wanted: Wanted) -> str:
    """What is looked for, as the further part of an address; "" for the whole board."""
    said = {"q": wanted.text, "unit": wanted.unit, "state": wanted.state}
    return "&" + urlencode({name: word for name, word in said.items() if word}) if wanted.anything else ""


def router(live: Live, templates: Environment, gate: Gate) -> APIRouter:
    """The board's routes."""
    found = APIRouter(include_in_schema=False)

    @found.get("/", response_class=HTMLResponse)
    async def board(
        request: Request,
        wanted: Asked,
        lang: str | None = Query(None, max_length=8),
        tv: bool = Query(False, description="for a screen on a wall: nobody scrolls, so units take turns"),
        seconds: int = Query(15, ge=5, le=120, description="how long a page of units stays on a wall"),
    ) -> Response:
        language, grant = chosen(lang), granted(request)
        if grant.own:
            return RedirectResponse("/account", 303)
        picture, feed = live.picture, live.feeds[f"board-{language}"]
        whole = picture.part(language, wanted, grant.units) if wanted.anything else picture.boards[language]
        page = templates.get_template("board.html")
        return HTMLResponse(
            page.render(
                language=language,
                board=whole if grant.units is None else only(whole, grant.units),
                tv=tv,
                seconds=seconds,
                account=grant.bearer.name if grant.bearer else "",
                last_id=feed.last_id,
                wanted=wanted,
                part=_part(wanted),
                branches=[one for one in picture.branches if grant.units is None or one.code in grant.units],
                _=catalogue(language).gettext,
            )
        )

    @found.get("/board/stream")
    async def stream(
        request: Request,
        wanted: Asked,
        lang: str | None = Query(None, max_length=8),
        last: str | None = Query(None, max_length=64),
        last_event_id: str | None = Header(None, max_length=64),
    ) -> StreamingResponse:
        grant = granted(request)
        if grant.own:
            raise HTTPException(403, "the board shows others than yourself")
        if wanted.anything or grant.units is not None:
            part = live.stream_part(chosen(lang), wanted, grant.units)
            return StreamingResponse(gate.while_let_in(request, part), media_type=EVENTS)
        feed = live.feeds[f"board-{chosen(lang)}"]
        return StreamingResponse(gate.while_let_in(request, feed.stream(last_event_id or last)), media_type=EVENTS)

    return found
