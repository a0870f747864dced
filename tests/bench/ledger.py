"""What judging costs: a whole month, and one day among more and more stored punches.

By hand: `LEDGER_PUNCHES=10000000` for the longest history, `LEDGER_DB=postgresql` for a PostgreSQL of its own.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from central.clock import SystemClock
from central.ledger import Ledger
from central.moments import DAY_MS, local_date
from central.store import marks, open_store
from tests.bench.ground import ROOT, BenchError, folder, tree_cpu_s
from tests.bench.history import History, make_history
from tests.bench.rows import Row, at_most, median, told
from tests.postgres import Cluster, started

MONTH_S, MONTH_MB = 40.0, 400.0
FLAT = 1.5
MONTH_DAYS = 30
TURNS = 7
REJUDGED = 200


def month(*, quick: bool) -> list[Row]:
    """A month of 5,000 staff, every date of it, Saturdays and Sundays off, judged and stored by its own process."""
    staff, days = (60, 3) if quick else (5_000, MONTH_DAYS)
    with databases() as url, folder("month") as place:
        history = make_history(url(place, "month"), place, staff * 4 * days, staff, "1-5")
        mark_all(history, days)
        history.store.close()
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.ledger", history.url], cwd=ROOT, capture_output=True, text=True
        )
        if done.returncode != 0:
            raise BenchError(f"judging a month: {done.stderr[-2000:]}")
        seconds, megabytes, judged = (float(word) for word in done.stdout.split())
        if judged < staff * days:
            raise BenchError(f"{judged:.0f} of {staff * days} days were judged")
    limit = "one core: reading rows, rules, writing accounts"
    return [
        at_most("month", seconds, "s", MONTH_S, limit),
        at_most("month_memory", megabytes, "MB", MONTH_MB, "a batch of days and the roster"),
        told("month_day", seconds / judged * 1e6, "us a staff-day"),
    ]


def mark_all(history: History, days: int) -> None:
    """Everybody's last `days` dates are stale."""
    dates = [local_date(history.last_ms - n * DAY_MS) for n in range(days)]
    with history.store.write() as db:
        staff = db.execute(sa.text("SELECT code FROM staff")).scalars().all()
        marks.mark_days(db, [(code, on) for code in staff for on in dates], SystemClock().now_ms())


def judge_all(url: str) -> str:
    """Judge what is stale; seconds, MB (10^6 bytes, at most) and verdicts."""
    store = open_store(url)
    began = time.monotonic()
    Ledger(store, SystemClock()).settle()
    spent = time.monotonic() - began
    with store.read() as db:
        judged = db.execute(sa.text("SELECT count(*) FROM day_verdict")).scalar_one()
    store.close()
    return f"{spent} {peak_mb()} {judged}"


def peak_mb() -> float:
    """The most memory that this process ever had resident, in MB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise BenchError("/proc/self/status does not say VmHWM")


def flat(*, quick: bool) -> list[Row]:
    """CPU of a re-judged day with few and with many stored punches, in turns."""
    many = 4_000 if quick else int(os.environ.get("LEDGER_PUNCHES", "1000000"))
    few, staff = (2_000, 60) if quick else (100_000, 1_000)
    with databases() as url, folder("flat") as place:
        (place / "few").mkdir()
        (place / "many").mkdir()
        histories = [
            make_history(url(place, "few"), place / "few", few, staff),
            make_history(url(place, "many"), place / "many", many, staff),
        ]
        spent: list[list[float]] = [[], []]
        for turn in range(1 + (1 if quick else TURNS)):
            for side, history in enumerate(histories):
                spent[side].append(rejudge(history, turn, url.cpu_s))
        for history in histories:
            history.store.close()
    low, high = (median(times[1:]) for times in spent)
    return [
        told("flat_few", low, "ms CPU a day"),
        told("flat_many", high, "ms CPU a day"),
        at_most("flat", high / low, "times", FLAT, f"the index of badge and time; {few} and {many} punches"),
    ]


def rejudge(history: History, turn: int, cpu_s: Callable[[], float]) -> float:
    """CPU milliseconds a day of judging so many people's days of one date again."""
    clock = SystemClock()
    ledger = Ledger(history.store, clock)
    ledger.settle()
    on = local_date(history.last_ms - turn * DAY_MS)
    with history.store.write() as db:
        staff = db.execute(sa.text("SELECT code FROM staff ORDER BY code")).scalars().all()[:REJUDGED]
        marks.mark_days(db, [(code, on) for code in staff], clock.now_ms())
    began = cpu_s()
    ledger.settle()
    return (cpu_s() - began) * 1000 / len(staff)


@dataclass(frozen=True, slots=True)
class Databases:
    """Where databases are made: files, or a server's own."""

    server: Cluster | None

    def __call__(self, place: Path, name: str) -> str:
        """The URL of a new one."""
        return f"sqlite:///{place / name}.db" if self.server is None else self.server.empty_database()

    def cpu_s(self) -> float:
        """CPU seconds that this process and the server have used."""
        return time.process_time() + (0.0 if self.server is None else tree_cpu_s(self.server.pid))


@contextmanager
def databases() -> Iterator[Databases]:
    """Files, or with LEDGER_DB=postgresql a durable server of its own."""
    if os.environ.get("LEDGER_DB") != "postgresql":
        yield Databases(None)
        return
    with started(durable=True) as server:
        yield Databases(server)


if __name__ == "__main__":
    sys.stdout.write(judge_all(sys.argv[1]))
