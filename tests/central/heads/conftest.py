"""An office whose facts change day by day, and central's key."""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel

from central.heads import close_days
from central.keys import CentralKey, load_key
from central.moments import midnight_ms
from central.store import Store, heads, open_store
from central.store.audit import Deed, acting
from central.store.heads import HeadRow

MONDAY = dt.date(2026, 3, 16)
DAY = dt.timedelta(days=1)
HOUR_MS = 3_600_000


@dataclass(slots=True)
class HandClock:
    """A clock that a test moves."""

    ms: int = midnight_ms(MONDAY) + 9 * HOUR_MS

    def now_ms(self) -> int:
        return self.ms

    def go_to(self, on: dt.date, hour: int = 9) -> None:
        self.ms = midnight_ms(on) + hour * HOUR_MS


def table(name: str) -> sa.Table:
    return SQLModel.metadata.tables[name]


@dataclass(slots=True)
class Office:
    """A database, central's clock over it, and whoever changes facts."""

    url: str
    store: Store
    clock: HandClock
    key: CentralKey

    def close(self) -> list[HeadRow]:
        return close_days(self.store, self.clock, self.key.sign)

    def heads(self) -> list[HeadRow]:
        with self.store.read() as db:
            return heads.heads(db)

    def unit(self, code: str) -> None:
        """One more fact, whose number the database gives."""
        row = {"code": code, "type": "commune", "name": f"Xã {code}"}
        self.do(lambda db: db.execute(sa.insert(table("unit")).values(row)))

    def sites(self, *codes: str) -> None:
        """Facts whose keys are given, in one statement."""
        rows = [{"code": code, "name": f"Trụ sở {code}", "address": "Buôn Ma Thuột"} for code in codes]
        self.do(lambda db: db.execute(sa.insert(table("site")), rows))

    def do(self, work: Callable[[sa.Connection], object]) -> None:
        with acting(Deed("An", "unit add", "1/GP", "an@office")), self.store.write() as db:
            work(db)

    def behind(self, sql: str, **values: object) -> None:
        """Somebody who owns the database, triggers and all."""
        with self.store.write() as db:
            db.execute(sa.text(sql), values)

    def unguard(self) -> None:
        """Switch its triggers off."""
        with self.store.write() as db:
            if self.store.sqlite:
                for (name,) in db.execute(sa.text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
                    db.execute(sa.text(f"DROP TRIGGER {name}"))
            else:
                for name in ("audit", "audit_head", "door_decision"):
                    db.execute(sa.text(f"ALTER TABLE {name} DISABLE TRIGGER USER"))


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def make_office(clock, tmp_path) -> Iterator[Callable[[str], Office]]:
    """Open a database by its URL."""
    opened: list[Store] = []

    def make(url: str) -> Office:
        store = open_store(url, clock=clock)
        opened.append(store)
        store.upgrade()
        return Office(url, store, clock, load_key(tmp_path / "key.pem"))

    yield make
    for store in opened:
        store.close()


@pytest.fixture
def office(make_office, new_database) -> Office:
    return make_office(new_database("office"))
