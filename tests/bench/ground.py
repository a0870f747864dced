"""What the measurements stand on: a folder on a real disk, a broker, a central with its roster, and CPU times."""

import csv
import os
import resource
import secrets
import shutil
import subprocess
import sys
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from central.clock import SystemClock
from central.roster.imports import import_office
from central.store import Store, fleet, open_store
from deploy.broker import Broker
from tests.bench.doors import badge_name, device_name

ROOT = Path(__file__).resolve().parents[2]
PLACE = ROOT / ".run" / "bench"
"""Beside the project: a temporary folder in memory would make every fsync free."""
START_S = 120.0
_TICKS = os.sysconf("SC_CLK_TCK")


class BenchError(RuntimeError):
    """A measurement could not be made; the message says why."""


@contextmanager
def folder(name: str) -> Iterator[Path]:
    """An empty folder on the disk of the project, gone afterwards."""
    path = PLACE / f"{name}-{secrets.token_hex(3)}"
    path.mkdir(parents=True)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def many_files() -> None:
    """Let this process and its children open thousands of sockets."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < 10_000:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 20_000) if hard > 0 else 20_000, hard))


def cpu_s(pid: int) -> float:
    """CPU seconds that a process has used, all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def tree_cpu_s(pid: int) -> float:
    """CPU seconds that a process and its children have used, those that have ended (and were waited for) included."""
    used = 0.0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text("ascii", "replace").rpartition(")")[2].split()
        except OSError:
            continue  # it has ended meanwhile
        if int(path.parent.name) == pid:
            used += sum(map(int, fields[11:15]))
        elif int(fields[1]) == pid:
            used += sum(map(int, fields[11:13]))
    return used / _TICKS


def resident_mb(pid: int) -> float:
    """Resident memory of a process in MB (10^6 bytes)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise BenchError(f"process {pid} is gone")


@dataclass(slots=True)
class Share:
    """CPU used since it was made, as a share of one core."""

    pids: dict[str, int]

    def __post_init__(self) -> None:
        self._began = time.monotonic()
        self._before = {name: cpu_s(pid) for name, pid in self.pids.items()}

    _began: float = 0.0
    _before: dict[str, float] = None  # type: ignore[assignment]

    def of(self, name: str) -> float:
        """The share of the process called `name`, 1 = a whole core."""
        return (cpu_s(self.pids[name]) - self._before[name]) / (time.monotonic() - self._began)

    def __str__(self) -> str:
        return ", ".join(f"{name} {self.of(name):.0%}" for name in self.pids)


def wait(done: Callable[[], bool], what: str, seconds: float = START_S) -> None:
    """Wait for a condition. Raises BenchError."""
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            raise BenchError(f"{what}: not within {seconds:.0f} s")
        time.sleep(0.02)


def office(folder: Path, doors: int, staff: int, weekdays: str = "1-7") -> Path:
    """An office folder: a unit for each door, `staff` people spread over them, hours, a badge for each person."""
    folder.mkdir()
    units = [("H", "", "district", "Huyện"), *((f"X{n:05d}", "H", "commune", f"Xã {n}") for n in range(doors))]
    hours = [("AM", "07:30", "12:00"), ("PM", "13:30", "17:00")]
    files: dict[str, tuple[str, list[list[object]]]] = {
        "units": ("code,parent,type,name_vi,valid_from,valid_to", [[*unit, "", ""] for unit in units]),
        "staff": (
            "code,full_name,unit,position,rank,badge_uid,type,room,joined,left",
            [
                [f"CB{n:06d}", f"Nguyễn Văn {n}", f"X{n % doors:05d}", "", 9, badge_name(n), "cadre", "", "", ""]
                for n in range(staff)
            ],
        ),
        "devices": ("code,unit,location", [[f"D-{n:05d}", f"X{n:05d}", "Cổng"] for n in range(doors)]),
        "schedules": (
            "unit,valid_from,valid_to,weekdays,session,start,end,grace_late_min,grace_early_min,doc_no",
            [["H", "", "", weekdays, *session, 5, 0, "01/TB"] for session in hours],
        ),
    }
    for name, (header, rows) in files.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            file.write(header + "\n")
            csv.writer(file).writerows(rows)
    return folder


def prepare_store(place: Path, doors: int, staff: int) -> Store:
    """A database with the roster imported and `doors` stations registered."""
    store, clock = open_store(f"sqlite:///{place}/central.db"), SystemClock()
    store.upgrade()
    import_office(store, clock, office(place / "office", doors, staff))
    register_doors(store, doors)
    return store


def register_doors(store: Store, doors: int) -> None:
    """Give the imported doors their stations."""
    now_ms = SystemClock().now_ms()
    with store.write() as db:
        # Registered at once: the command's way, one by one, is not what is measured here.
        found = {row.code: row.id for row in fleet.devices(db)}
        values = [
            {"old": found[f"D-{n:05d}"], "new": device_name(n), "public": _public_key(), "now": now_ms}
            for n in range(doors)
        ]
        query = sa.update(fleet.DEVICE).where(fleet.DEVICE.c.id == sa.bindparam("old"))
        query = query.values(id=sa.bindparam("new"), key=sa.bindparam("public"), registered_ms=sa.bindparam("now"))
        db.execute(query, values)
        fleet.bump(db, "devices")


def _public_key() -> str:
    return urlsafe_b64encode(secrets.token_bytes(32)).rstrip(b"=").decode()


def count(store: Store, table: str) -> int:
    """Rows of a table."""
    with store.read() as db:
        return int(db.execute(sa.select(sa.func.count()).select_from(sa.table(table))).scalar_one())


@dataclass(frozen=True, slots=True)
class Central:
    """A running collector and its database."""

    process: subprocess.Popen[bytes]
    store: Store

    @property
    def pid(self) -> int:
        """Of the collector."""
        return self.process.pid


@contextmanager
def collecting(place: Path, broker: Broker, doors: int, staff: int) -> Iterator[Central]:
    """`diemdanh-central collect` on a database of its own, taking messages, its configurations published."""
    store = prepare_store(place, doors, staff)
    log = place / "central.log"
    settings = {
        "DIEMDANH_DB": f"sqlite:///{place}/central.db",
        "DIEMDANH_BROKER_HOST": broker.host,
        "DIEMDANH_BROKER_PORT": str(broker.port),
        "DIEMDANH_KEY_FILE": str(place / "key.pem"),
    }
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **settings}
    with log.open("wb") as output:
        process = subprocess.Popen([sys.executable, "-m", "central", "collect"], stderr=output, env=environment)
    try:
        wait(lambda: process.poll() is not None or b"taking messages" in log.read_bytes(), "the collector's start")
        if process.poll() is not None:
            raise BenchError(f"the collector ended: {log.read_text('utf-8', 'replace')[-2000:]}")
        wait(lambda: count(store, "published_config") == doors, "publishing the doors' configurations", 300)
        yield Central(process, store)
    finally:
        process.terminate()
        process.wait(60)
        store.close()
