"""A small office folder that tests change line by line, and databases to import it into."""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel

from central.clock import ScaledClock
from central.errors import ImportRefusedError
from central.roster.imports import Imported, import_office
from central.roster.office import FILES, MAY_HAVE
from central.store import Store, open_store

CLOCK = ScaledClock(1_541_980_800_000, 0, 1e-9)
SMALL = {
    "units": ["H,,district,Huyện Tân Khê,,", "X,H,commune,Xã Hạ Khê,,", "Y,H,commune,Xã Thượng Khê,,"],
    "staff": [
        "an,Nguyễn Văn An,X,,0,em:00000001,,,,",
        "binh,Lò Thị Bình,X,,1,em:00000002,,,,",
        "chi,Vi Văn Chi,Y,,0,em:00000003,,,,",
    ],
    "devices": ["D-X,X,cổng", "D-Y,Y,cổng"],
    "schedules": ["H,,,1-5,AM,07:30,12:00,5,0,01/TB", "H,,,1-5,PM,13:30,17:00,5,0,01/TB"],
}


@dataclass
class Folder:
    """Files by name, each a list of lines; `write` puts them on the disk."""

    path: Path
    files: dict[str, list[str]]

    def header(self, name: str) -> list[str]:
        return [*FILES[name], *MAY_HAVE.get(name, {})]

    def write(self) -> Path:
        self.path.mkdir(exist_ok=True)
        for name, lines in self.files.items():
            columns = self.header(name)
            rows = [next(csv.reader([line]), []) for line in lines]
            with (self.path / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
                out = csv.writer(file)
                out.writerow(columns)
                out.writerows([*row, *[""] * (len(columns) - len(row))] for row in rows)
        return self.path


@dataclass
class Importer:
    """A database and the folder that goes into it."""

    store: Store
    folder: Folder

    def take(self, **options: Any) -> Imported:
        return import_office(self.store, CLOCK, self.folder.write(), **options)

    def says(self, name: str, *lines: str) -> Imported:
        """Import with these lines as the file `name`."""
        self.folder.files[name] = list(lines)
        return self.take()

    def refuses(self, name: str, *lines: str) -> str:
        """What a refusal says about the folder with these lines added to a file; nothing may be stored."""
        kept = self.folder.files.get(name, [])
        before = self.rows()
        self.folder.files[name] = [*kept, *lines]
        with pytest.raises(ImportRefusedError) as refusal:
            self.take()
        self.folder.files[name] = kept
        assert self.rows() == before
        return str(refusal.value)

    def all(self, query: str) -> list[tuple[Any, ...]]:
        with self.store.read() as db:
            return [tuple(row) for row in db.execute(sa.text(query))]

    def rows(self) -> dict[str, int]:
        """How many rows each table holds."""
        with self.store.read() as db:
            count = sa.select(sa.func.count())
            return {t.name: db.execute(count.select_from(t)).scalar_one() for t in SQLModel.metadata.sorted_tables}

    def judged(self, *days: tuple[str, str]) -> None:
        """Let these staff-days have a verdict, and nothing be marked."""
        with self.store.write() as db:
            db.execute(sa.text("DELETE FROM stale_day"))
            db.execute(sa.text("DELETE FROM day_verdict"))
            for staff, on in days:
                db.execute(
                    sa.text(
                        "INSERT INTO day_verdict (staff, date, status, unit, evaluated_ms, why)"
                        " VALUES (:staff, :on, 'present', 'X', 0, '{}')"
                    ),
                    {"staff": staff, "on": on},
                )

    def stale(self) -> list[tuple[str, str]]:
        return [(staff, str(on)) for staff, on in self.all("SELECT staff, date FROM stale_day ORDER BY staff, date")]


@pytest.fixture
def importer(new_database: Callable[[str], str], tmp_path: Path) -> Iterator[Importer]:
    """An empty database and the small office, on either database."""
    store = open_store(new_database("central"))
    store.upgrade()
    yield Importer(store, Folder(tmp_path / "office", {name: list(lines) for name, lines in SMALL.items()}))
    store.close()
