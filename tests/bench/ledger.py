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
EVALUATORS = 2
"""One a core of the machine that the limit is meant for; with SQLite more would wait for each other's writing."""
TURNS = 7
REJUDGED = 200


def month(*, quick: bool) -> list[Row]:
    """A month of 5,000 staff, every date of it, Saturdays and Sundays off, judged and stored by two evaluators, each a
    process of its own."""
    staff, days = (60, 3) if quick else (5_000, MONTH_DAYS)
    with databases() as url, folder("month") as place:
        history = make_history(url(place, "month"), place, staff * 4 * days, staff, "1-5")
        mark_all(history, days)
        done = judged_by(history.url, EVALUATORS)
        with history.store.read() as db:
            judged = db.execute(sa.text("SELECT count(*) FROM day_verdict")).scalar_one()
        history.store.close()
    if judged < staff * days:
        raise BenchError(f"{judged} of {staff * days} days were judged")
    seconds, cpu_s = max(one.seconds for one in done), sum(one.cpu_s for one in done)
    limit = "CPU of two cores: the rules, then accounts and rows"
    return [
        at_most("month", seconds, "s", MONTH_S, limit),
        at_most(
            "month_memory", sum(one.megabytes for one in done), "MB", MONTH_MB, "two evaluators with their libraries"
        ),
        told("month_cpu", cpu_s, "s CPU of both", "on busy cores the time above is more than half of this"),
        told("month_day", cpu_s / judged * 1e6, "us CPU a staff-day"),
    ]


@dataclass(frozen=True, slots=True)
class Judged:
    """What an evaluator took for its share: seconds from the first to the last round, MB (10^6 bytes) at most."""

    seconds: float
    cpu_s: float
    megabytes: float


def judged_by(url: str, evaluators: int) -> list[Judged]:
    """Let so many evaluators judge at once what is stale. Raises BenchError."""
    command = [sys.executable, "-m", "tests.bench.ledger", url]
    processes = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(evaluators)]
    said = [process.communicate()[0] for process in processes]
    if any(process.returncode for process in processes):
        raise BenchError("judging a month: an evaluator ended with the error above")
    return [Judged(*(float(word) for word in words.split())) for words in said]


def mark_all(history: History, days: int) -> None:
    """Everybody's last `days` dates are stale."""
    dates = [local_date(history.last_ms - n * DAY_MS) for n in range(days)]
    with history.store.write() as db:
        staff = db.execute(sa.text("SELECT code FROM staff")).scalars().all()
        marks.mark_days(db, [(code, on) for code in staff for on in dates], SystemClock().now_ms())


def judge_all(url: str) -> str:
    """Judge what is stale, until nobody has anything left to do; what `Judged` says."""
    store = open_store(url)
    began, busy = time.monotonic(), time.process_time()
    ledger, left = Ledger(store, SystemClock()), True
    while left:
        ledger.settle()
        with store.read() as db:
            left = bool(marks.days_left(db))
    spent, used = time.monotonic() - began, time.process_time() - busy
    store.close()
    return f"{spent} {used} {peak_mb()}"


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
