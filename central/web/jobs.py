"""Files that take a while: each is made by a process of its own at low priority, so that no page waits for it.

The process is the command line itself (`timesheet`), so that a page and a command never give two different files.
"""

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from central.clock import Clock
from central.errors import CentralError
from central.settings import Settings

AT_ONCE = 2
MOST_WAITING = 12
"""Unfinished ones, of everybody; one more is refused."""
KEPT_S = 900.0
"""How long a file can be fetched."""
MOST_KEPT = 40


class State(StrEnum):
    """What has become of a file that was asked for."""

    WAITING = "waiting"
    WORKING = "working"
    READY = "ready"
    FAILED = "failed"


class BusyError(CentralError):
    """Too many files are being made already."""


@dataclass(frozen=True, slots=True)
class Order:
    """A timesheet as a file: the options of the command `timesheet`."""

    month: str
    unit: str
    layout: str
    form: str
    paper: str
    language: str
    staff: str = ""

    @property
    def name(self) -> str:
        """What the file is called."""
        whose = "".join(c if c.isalnum() or c in ".-_" else "-" for c in self.staff or self.unit)
        return f"bang-cham-cong-{self.month}-{whose}-{self.layout}.{self.form}"

    def words(self, out: Path) -> list[str]:
        """The command line."""
        options = {
            "month": self.month, "unit": self.unit, "layout": self.layout, "format": self.form, "paper": self.paper,
            "lang": self.language, "staff": self.staff, "out": str(out), "progress": "lines",
        }  # fmt: skip
        return ["timesheet", *(f"--{name}={value}" for name, value in options.items())]


@dataclass(slots=True)
class Job:
    """A file that somebody asked for. asked_s: by the clock's monotonic seconds; problem: why it failed."""

    number: str
    owner: str
    order: Order
    asked_s: float
    state: State = State.WAITING
    percent: int = 0
    problem: str = ""
    path: Path = field(default_factory=Path)

    @property
    def ended(self) -> bool:
        """Whether there is nothing more to wait for."""
        return self.state in (State.READY, State.FAILED)


class Jobs:
    """The files of a web process. They go with it, or after a quarter of an hour."""

    def __init__(self, url: str, settings: Settings, clock: Clock) -> None:
        self._environment = _environment(url, settings)
        self._clock, self._lock = clock, threading.Lock()
        self._jobs: dict[str, Job] = {}
        self._running: dict[str, subprocess.Popen[str]] = {}
        self._workers: ThreadPoolExecutor | None = None
        self._folder: Path | None = None

    def ask(self, owner: str, order: Order) -> Job:
        """The file that this person asked for just now, else a new one. Raises BusyError."""
        with self._lock:
            self._forget()
            for job in self._jobs.values():
                if (job.owner, job.order) == (owner, order) and not job.ended:
                    return job
            if sum(not job.ended for job in self._jobs.values()) >= MOST_WAITING:
                raise BusyError(f"{MOST_WAITING} reports are being made already; try again in a minute")
            self._folder = self._folder or Path(tempfile.mkdtemp(prefix="diemdanh-reports-"))
            self._workers = self._workers or ThreadPoolExecutor(AT_ONCE, thread_name_prefix="reports")
            job = Job(secrets.token_urlsafe(12), owner, order, self._clock.mono_s())
            job.path = self._folder / f"{job.number}.{order.form}"
            self._jobs[job.number] = job
            self._workers.submit(self._make, job)
        return job

    def find(self, owner: str, number: str) -> Job | None:
        """This person's file; None where there is none, or no more."""
        with self._lock:
            self._forget()
            job = self._jobs.get(number)
        return job if job is not None and job.owner == owner else None

    def close(self) -> None:
        """End what is being made, and remove what was made."""
        with self._lock:
            for process in self._running.values():
                process.terminate()
            workers, folder = self._workers, self._folder
            self._jobs.clear()
        if workers is not None:
            workers.shutdown(wait=True, cancel_futures=True)
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)

    def _forget(self) -> None:
        ended = [job for job in self._jobs.values() if job.ended]
        now_s = self._clock.mono_s()
        for place, job in enumerate(reversed(ended)):
            if place >= MOST_KEPT or now_s - job.asked_s > KEPT_S:
                job.path.unlink(missing_ok=True)
                del self._jobs[job.number]

    def _make(self, job: Job) -> None:
        try:
            process = self._started(job)
        except OSError as error:
            job.problem, job.state = f"a process cannot be started: {error.strerror}", State.FAILED
            return
        if process is None:
            return
        with process:
            said = [self._heard(job, line.strip()) for line in process.stderr or ()]
        code = process.returncode
        with self._lock:
            del self._running[job.number]
            job.problem = "" if code == 0 else next((text for text in reversed(said) if text), f"exit code {code}")
            job.state = State.READY if code == 0 else State.FAILED

    def _started(self, job: Job) -> "subprocess.Popen[str] | None":
        """The process that makes the file; None where everything ends."""
        command = [sys.executable, "-m", "central", *job.order.words(job.path)]
        if nice := shutil.which("nice"):
            command = [nice, "-n", "10", *command]
        with self._lock:
            if job.number not in self._jobs:
                return None
            process = subprocess.Popen(  # noqa: S603 - our own program, each option in one word
                command, env=self._environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE, text=True, encoding="utf-8", errors="replace",
            )  # fmt: skip
            self._running[job.number], job.state = process, State.WORKING
        return process

    @staticmethod
    def _heard(job: Job, line: str) -> str:
        """Note a percentage; anything else is what went wrong."""
        if line.isdigit():
            job.percent = min(int(line), 100)
            return ""
        return line


def _environment(url: str, settings: Settings) -> dict[str, str]:
    """Where the command finds this database, and this process's time."""
    clock = settings.clock
    told = {
        "DIEMDANH_DATABASE_URL": url, "DIEMDANH_CLOCK_SCALE": clock.scale, "DIEMDANH_CLOCK_EPOCH_MS": clock.epoch_ms,
        "DIEMDANH_CLOCK_STARTED_REAL_MS": clock.started_real_ms, "DIEMDANH_CLOCK_FAST_MS": clock.fast_ms,
    }  # fmt: skip
    kept = {name: value for name, value in os.environ.items() if name != "DIEMDANH_DB"}
    return kept | {name: str(value) for name, value in told.items()}
