"""The board's heartbeat: looks at presence once a second, keeps the newest picture, tells browsers what changed.

One thread reads the database and renders each changed piece once, whatever the number of browsers; requests and event
streams are answered from its picture.
"""

import asyncio
import json
import logging
import threading
from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from jinja2 import Environment

from central.clock import Clock
from central.health import Liveness
from central.ledger import presence_now
from central.moments import local_date, moment
from central.presence import Row, UnitPresence
from central.store import Store, accounts, collected, fleet
from central.store import roster as rosters
from central.store.accounts import Account
from central.store.roster import Roster
from central.web.board import BoardPage, board_page
from central.web.feed import Feed, event
from central.web.narrowing import Branch, Wanted, in_order, narrowed
from central.web.texts import LANGUAGES, catalogue

log = logging.getLogger(__name__)

LOOK_S = 1.0


@dataclass(frozen=True, slots=True)
class Picture:
    """Presence at now_ms: the rows for the JSON interface, the board in each language, and up to when collectors have
    taken in what the doors sent; and what a part of the board is made of."""

    now_ms: int
    rows: tuple[dict[str, Any], ...]
    boards: dict[str, BoardPage]
    collected_ms: int | None = None
    units: tuple[UnitPresence, ...] = ()
    kept: Mapping[str, Account] = field(default_factory=dict)
    branches: tuple[Branch, ...] = ()

    def part(self, language: str, wanted: Wanted, seen: Collection[str] | None) -> BoardPage:
        """The board with those who are wanted alone. seen: codes of the units that may be seen, None = all."""
        units = narrowed(self.units, wanted, self.branches, seen)
        return board_page(units, self.now_ms, language, self.kept, self.collected_ms)


def presence_rows(units: tuple[UnitPresence, ...]) -> tuple[dict[str, Any], ...]:
    """The rows of `/api/v1/presence`: staff, name, unit, state, since (ISO, local), device (code), data_age_s, and of
    who is unknown the reason and the doors (codes) because of which nothing can be said; note (`PresenceRow`)."""
    return tuple(_row(row) for unit in units for row in unit.rows)


def _row(row: Row) -> dict[str, Any]:
    presence = row.presence
    return {
        "staff": row.staff,
        "name": row.name,
        "unit": row.unit,
        "state": presence.state.value,
        "since": presence.since.isoformat(timespec="seconds") if presence.since else None,
        "device": row.door,
        "data_age_s": row.data_age_s,
        "reason": None if presence.why is None else presence.why.value,
        "doors": list(row.behind),
        "note": "not_planned" if presence.unplanned else None,
    }


def branches_of(roster: Roster, now_ms: int) -> tuple[Branch, ...]:
    """The tree of today's units."""
    today = local_date(now_ms)
    paths = ((code, roster.workdays.tree.path(code, today)) for code in roster.units)
    return in_order(Branch(code, roster.unit_name(code, today), path) for code, path in paths if path)


class Live:
    """The newest picture and the feeds: `board-vi`, `board-en` (pieces of the page) and `api` (JSON rows)."""

    def __init__(self, store: Store, clock: Clock, health: Liveness, pieces: Environment, epoch: str) -> None:
        self._store, self._clock, self._health = store, clock, health
        self._macros = pieces
        self._roster: Roster | None = None
        self._state: dict[str, int] = {}
        self._stop = threading.Event()
        self._sent: dict[str, dict[str, str]] = {}
        self.feeds = {name: Feed(epoch) for name in (*(f"board-{code}" for code in LANGUAGES), "api")}
        self.picture = Picture(clock.now_ms(), (), {code: board_page((), clock.now_ms(), code) for code in LANGUAGES})

    def look(self) -> list[tuple[str, str, str]]:
        """Take a new picture; returns what changed as (feed, kind of event, content)."""
        now_ms = self._clock.now_ms()
        with self._store.read() as db:
            roster = self._current(db)
            units = presence_now(db, now_ms, roster=roster)
            kept = accounts.accounts(db)
            taken_in_ms = collected.collected_ms(db)
        boards = {code: board_page(units, now_ms, code, kept, taken_in_ms) for code in LANGUAGES}
        rows = presence_rows(units)
        self.picture = Picture(now_ms, rows, boards, taken_in_ms, units, kept, branches_of(roster, now_ms))
        news = [message for code in LANGUAGES for message in self._news(f"board-{code}", self._pieces(code))]
        changed = self._news("api", {row["staff"]: json.dumps(row, ensure_ascii=False) for row in rows})
        return [*news, *((feed, "presence" if kind == "piece" else kind, text) for feed, kind, text in changed)]

    def _current(self, db: Any) -> Roster:
        state = fleet.counters(db)
        if self._roster is None or state != self._state:
            self._roster, self._state = rosters.load_roster(db), state
        return self._roster

    def _pieces(self, language: str) -> dict[str, str]:
        """The parts of the page that change, by name, as HTML."""
        return self._written(self.picture.boards[language], language)

    def _written(self, board: BoardPage, language: str, *, opened: bool = False) -> dict[str, str]:
        say = catalogue(language).gettext
        parts: Any = self._macros.get_template("parts.html").module
        found = {card.code: str(parts.unit(card, say, opened)) for card in board.units}
        return {"": str(parts.summary(board, say)), **found}

    async def stream_part(self, language: str, wanted: Wanted, seen: Collection[str] | None) -> AsyncIterator[bytes]:
        """The pieces of a part of the board, first all of them, then those that change; `reset` when a unit is gone
        from it. seen: as in `Picture.part`. Worked out for each reader, beside the server's event loop."""
        sent: dict[str, str] = {}
        time = ""
        async for _ in self.feeds[f"board-{language}"].stream(None):
            board = await asyncio.to_thread(self.picture.part, language, wanted, seen)
            pieces = await asyncio.to_thread(self._written, board, language, opened=wanted.people)
            news = [event("reset", "")] if set(sent) - set(pieces) else []
            news += [event("piece", text) for name, text in pieces.items() if sent.get(name) != text]
            news += [event("time", board.time)] if board.time != time else []
            sent, time = pieces, board.time
            yield b"".join(news) or b": alive\n\n"

    def _news(self, feed: str, pieces: dict[str, str]) -> list[tuple[str, str, str]]:
        before = self._sent.get(feed)
        self._sent[feed] = pieces
        if before is None:
            return []
        gone = [(feed, "reset", "")] if set(before) - set(pieces) else []
        return gone + [(feed, "piece", text) for name, text in pieces.items() if before.get(name) != text]

    def run(self, loop: asyncio.AbstractEventLoop) -> None:
        """Look once a second until `stop`; what changed is published in the server's event loop."""
        while not self._stop.is_set():
            try:
                self._publish(loop)
            except Exception:
                log.exception("board: a look failed; the next one follows")
                self._health.failed("board")
            self._health.tick("board")
            self._stop.wait(LOOK_S)

    def _publish(self, loop: asyncio.AbstractEventLoop) -> None:
        news = self.look()
        time = f"{moment(self.picture.now_ms):%H:%M}"
        news += [(f"board-{code}", "time", time) for code in LANGUAGES if self._time_moved(code, time)]

        async def tell() -> None:
            for feed, kind, text in news:
                await self.feeds[feed].publish(kind, text)

        if news:
            asyncio.run_coroutine_threadsafe(tell(), loop).result(10)

    def _time_moved(self, language: str, time: str) -> bool:
        shown = self._sent.setdefault(f"time-{language}", {})
        moved = shown.get("") != time
        shown[""] = time
        return moved

    def stop(self) -> None:
        """End `run`."""
        self._stop.set()
