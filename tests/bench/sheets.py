"""What a timesheet of 5,000 people and 31 days costs: read, written as xlsx and PDF, and a part of it as a page."""

import datetime as dt
import random
import subprocess
import sys
import time
import urllib.request
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from central.clock import SystemClock
from central.health import Liveness
from central.reports.timesheet.gathering import Asked, gather
from central.reports.timesheet.making import Wanted, make
from central.reports.timesheet.wording import texts_of
from central.roster.imports import import_office
from central.settings import WebSettings
from central.store import Store, open_store, verdicts
from central.store.verdicts import DayRow, SessionRow
from central.web.app import Pages
from central.web.texts import catalogue
from deploy.broker import free_port
from tests.bench.ground import ROOT, BenchError, folder, office
from tests.bench.history import doors_of
from tests.bench.ledger import peak_mb
from tests.bench.rows import Row, at_most, percentile, told

MONTH, DAYS = "2018-10", 31
XLSX_S, PDF_S, MEMORY_MB, PAGE_MS = 3.0, 20.0, 300.0, 200.0
SIGNS = ("+",) * 20 + ("P", "CS", "V", "H", "Ô")
OUTCOMES = {"+": "present", "V": "absent", "CS": "field_duty", "H": "study"}
AT_ONCE = 200


def timesheet(*, quick: bool) -> list[Row]:
    """The whole sheet in a process of its own for each format, and pages of parts of it, one after the other."""
    staff, fewer, asked = (60, 45, 5) if quick else (5_000, 3_000, 100)
    with folder("timesheet") as place:
        url = f"sqlite:///{place / 'sheets.db'}"
        _judged(url, place / "all", staff).close()
        with closing(_judged(f"sqlite:///{place / 'fewer.db'}", place / "fewer", fewer)) as store:
            pages = _pages(store, asked, -(-fewer // 40))
        xlsx, pdf = _written(url, "xlsx", place), _written(url, "pdf", place)
    limit = "Python, a cell at a time"
    return [
        at_most("timesheet_xlsx", xlsx.write_s, "s", XLSX_S, limit),
        at_most("timesheet_pdf", pdf.write_s, "s", PDF_S, limit),
        at_most("timesheet_memory", max(xlsx.megabytes, pdf.megabytes), "MB", MEMORY_MB, "the rows of the sheet"),
        told("timesheet_gather", xlsx.gather_s, "s", f"{staff * DAYS * 2} half-days read and laid out"),
        at_most("timesheet_page", percentile(pages, 0.95), "ms", PAGE_MS, f"p95 of {asked} parts, {fewer} people"),
        told("timesheet_page_median", percentile(pages, 0.5), "ms"),
    ]


class _Written(NamedTuple):
    gather_s: float
    write_s: float
    megabytes: float


def _judged(url: str, place: Path, staff: int) -> Store:
    """An office with a verdict for each of its people on each day of the month, all of them working days."""
    store, chance = open_store(url), random.Random(1)  # noqa: S311 - signs, not secrets
    store.upgrade()
    doors = doors_of(staff)
    import_office(store, SystemClock(), office(place, doors, staff))
    first = dt.date.fromisoformat(f"{MONTH}-01")
    for begin in range(0, staff, AT_ONCE):
        rows = [
            _day(f"CB{n:06d}", f"X{n % doors:05d}", first + dt.timedelta(days=day), chance)
            for n in range(begin, min(begin + AT_ONCE, staff))
            for day in range(DAYS)
        ]
        with store.write() as db:
            verdicts.write(db, rows, new={(row.staff, row.date) for row in rows})
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
        db.exec_driver_sql("ANALYZE")
    return store


def _day(staff: str, unit: str, on: dt.date, chance: random.Random) -> DayRow:
    sessions = tuple(
        SessionRow(name, place, OUTCOMES.get(sign, "leave"), "", sign, None, None, 0, 0, 240)
        for place, (name, sign) in enumerate(zip(("AM", "PM"), chance.choices(SIGNS, k=2), strict=True))
    )
    return DayRow(staff, on, "present", unit, None, 0, "{}", sessions)


def _pages(store: Store, asked: int, parts: int) -> list[float]:
    """Milliseconds that each page took, asked for one after the other on loopback."""
    port, clock, found = free_port(), SystemClock(), []
    pages = Pages(WebSettings(port=port), store, clock, Liveness(clock))
    pages.start()
    try:
        for number in range(asked + 1):
            query = f"month={MONTH}&unit=H&part={number % parts + 1}"
            began = time.perf_counter()
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/reports/month?{query}", timeout=60) as answer:
                answer.read()
            found.append((time.perf_counter() - began) * 1000)
    finally:
        pages.stop()
    return found[1:]


def _written(url: str, form: str, place: Path) -> _Written:
    command = [sys.executable, "-m", "tests.bench.sheets", url, form, str(place)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise BenchError(f"a timesheet as {form}: {done.stderr.strip().splitlines()[-1]}")
    return _Written(*(float(word) for word in done.stdout.split()))


def write_one(url: str, form: str, place: Path) -> str:
    """Gather and write one sheet; what `_Written` says."""
    began = time.perf_counter()
    with closing(open_store(url)) as store, store.read() as db:
        sheet = gather(db, Asked(MONTH, "H"), SystemClock().now_ms())
    gathered = time.perf_counter()
    texts = texts_of(sheet, "vi", catalogue("vi").gettext)
    make(sheet, texts, Wanted(form, "A3", place / f"sheet.{form}"), str, lambda done, of: None)
    return f"{gathered - began} {time.perf_counter() - gathered} {peak_mb()}"


if __name__ == "__main__":
    sys.stdout.write(write_one(sys.argv[1], sys.argv[2], Path(sys.argv[3])))
