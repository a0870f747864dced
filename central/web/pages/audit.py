"""`/audit`: who changed which fact, when, why and from where; searched, page by page, and as a file."""

import csv
import datetime as dt
import io
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment

from central.commands.verify import LIMITS
from central.errors import UnknownTableError
from central.heads import short_form
from central.moments import DAY_MS, midnight_ms, moment
from central.store import Store, audit, heads
from central.store.log import MOST_READ, Look, Wanted, latest
from central.web.audit_lines import lines_of
from central.web.audit_words import NO_DATE, NO_TABLE, TABLES
from central.web.gate import granted
from central.web.texts import catalogue, chosen, long_date

ROWS = 50
MOST_ROWS = 20_000
"""In one file: whoever needs more asks for shorter times, or the command `audit`."""
COLUMNS = ("seq", "at", "who", "action", "what", "before", "after", "why", "origin", "hash")
CANNOT = " ".join(LIMITS.split())
"""What `verify` cannot prove, in the words of the command."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""With these a spreadsheet begins to compute."""

Word = Annotated[str, Query(max_length=120)]
Lang = Annotated[str | None, Query(max_length=8)]
Before = Annotated[int | None, Query(ge=1, le=2**53)]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the form says, as it was typed."""

    words: str = ""
    who: str = ""
    table: str = ""
    record: str = ""
    first: str = ""
    last: str = ""

    def wanted(self) -> Wanted:
        """Raises ValueError for dates that are none, or in the wrong order."""
        first, last = (dt.date.fromisoformat(text) if text else None for text in (self.first, self.last))
        if first and last and first > last:
            raise ValueError("the first date lies after the last")
        return Wanted(
            midnight_ms(first) if first else None,
            midnight_ms(last) + DAY_MS if last else None,
            f"{self.table} {self.record}".strip() if self.table else None,
            self.who,
            self.words if self.table else f"{self.words} {self.record}".strip(),
        )

    def address(self, language: str, **more: object) -> str:
        """As the part of an address behind the question mark."""
        said = {"q": self.words, "who": self.who, "table": self.table, "record": self.record}
        said |= {"from": self.first, "to": self.last}
        return urlencode({"lang": language, **{name: text for name, text in said.items() if text}, **more})


def asked_for(
    q: Word = "",
    who: Word = "",
    table: Word = "",
    record: Word = "",
    first: Annotated[str, Query(alias="from", max_length=10)] = "",
    last: Annotated[str, Query(alias="to", max_length=10)] = "",
) -> Asked:
    """The form in an address; no database takes a zero byte."""
    return Asked(*(text.replace("\0", "").strip() for text in (q, who, table, record, first, last)))


Form = Annotated[Asked, Depends(asked_for)]


def router(store: Store, templates: Environment) -> APIRouter:
    """The log's routes."""
    routes, pages = APIRouter(include_in_schema=False), _Pages(store, templates)
    routes.add_api_route("/audit", pages.show, methods=["GET"], response_class=HTMLResponse)
    routes.add_api_route("/audit/csv", pages.download, methods=["GET"])
    return routes


class _Pages:
    def __init__(self, store: Store, templates: Environment) -> None:
        self._store, self._templates = store, templates

    def show(self, request: Request, asked: Form, before: Before = None, lang: Lang = None) -> Response:
        language = chosen(lang)
        say, bearer = catalogue(language).gettext, granted(request).bearer
        found, problem = self._look(asked, before, ROWS)
        tables = sorted(((name, say(TABLES.get(name, name))) for name in audit.AUDITED), key=lambda one: one[1])
        text = self._templates.get_template("audit.html").render(
            language=language,
            _=say,
            account=bearer.name if bearer else "",
            asked=asked,
            tables=tables,
            lines=lines_of(found.rows, language),
            older="" if found.older is None else asked.address(language, before=found.older),
            newest=asked.address(language) if before else "",
            file=asked.address(language),
            read_to=found.last,
            cannot=say(CANNOT),
            problem=problem and say(problem),
            **self._head(language),
        )
        return HTMLResponse(text, 400 if problem else 200)

    def _head(self, language: str) -> dict[str, object]:
        """The last head that central signed, and how many rows came after it."""
        with self._store.read() as db:
            head, end = next(iter(heads.newest(db, 1)), None), audit.end(db).seq
        return {
            "end": end,
            "head": head and short_form(head),
            "head_day": head and long_date(head.date, language),
            "head_at": head and f"{moment(head.utc_ms):%H:%M %d/%m/%Y}",
            "unheaded": end - (head.rows if head else 0),
        }

    def _look(self, asked: Asked, before: int | None, limit: int, most: int = MOST_READ) -> tuple[Look, str]:
        """What was found, and what was wrong with the question ("" = nothing)."""
        try:
            with self._store.read() as db:
                return latest(db, asked.wanted(), before, limit, most), ""
        except UnknownTableError:
            return Look([], None, None), NO_TABLE
        except ValueError:
            return Look([], None, None), NO_DATE

    def download(self, asked: Form, lang: Lang = None) -> Response:
        found, problem = self._look(asked, None, MOST_ROWS, 10 * MOST_ROWS)
        if problem:
            return Response(catalogue(chosen(lang)).gettext(problem), 400, media_type="text/plain; charset=utf-8")
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(COLUMNS)
        for one in found.rows:
            cells = (one.seq, moment(one.utc_ms).isoformat(), *one[2:9], bytes(one.hash).hex())
            writer.writerow([_harmless(cell) for cell in cells])
        # With this mark at its head spreadsheets read it as UTF-8.
        return Response(
            ("\ufeff" + out.getvalue()).encode(),
            media_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="audit.csv"'},
        )


def _harmless(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
