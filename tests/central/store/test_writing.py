"""Who writes when, on SQLite: threads take turns, processes look often, and nobody fails in the middle."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from central.store import Store, engine, open_store
from tests.waiting import until


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    found = open_store(f"sqlite:///{tmp_path / 'facts.db'}")
    with found.write() as db:
        db.exec_driver_sql("CREATE TABLE fact (who TEXT)")
    yield found
    found.close()


def file_of(store: Store) -> str:
    return str(store.engine.url.database)


def facts(store: Store) -> list[str]:
    with store.read() as db:
        return [str(who) for who in db.exec_driver_sql("SELECT who FROM fact").scalars()]


def test_threads_write_in_the_order_in_which_they_came(store: Store) -> None:
    begun = [threading.Event() for _ in range(5)]

    def write(number: int) -> None:
        begun[number].set()
        with store.write() as db:
            db.exec_driver_sql("INSERT INTO fact VALUES (?)", (str(number),))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(5)]
    with store.write():
        for number, thread in enumerate(threads):
            thread.start()
            until(lambda number=number: store.waiting == number + 1)
    for thread in threads:
        thread.join(30)
    assert facts(store) == ["0", "1", "2", "3", "4"]


def test_a_writer_goes_on_soon_after_another_process_has_ended_its_transaction(store: Store) -> None:
    """Whatever it waited before: SQLite's own waiting looks again after 100 ms at last."""
    waited: list[float] = []
    with closing(sqlite3.connect(file_of(store), isolation_level=None)) as other:
        for _ in range(5):
            other.execute("BEGIN IMMEDIATE")
            entered: list[float] = []

            def write(entered: list[float] = entered) -> None:
                with store.write():
                    entered.append(time.monotonic())

            thread = threading.Thread(target=write)
            thread.start()
            time.sleep(0.25)  # so long that SQLite itself would look every 100 ms only
            ended = time.monotonic()
            other.execute("COMMIT")
            thread.join(30)
            waited.append(entered[0] - ended)
    assert min(waited) < 0.02


def test_a_lock_that_is_never_given_back_is_an_error_of_the_database(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_MS", 50)
    with closing(sqlite3.connect(file_of(store), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(sa.exc.OperationalError, match="locked"), store.write():
            raise AssertionError("nobody may write now")
        other.execute("COMMIT")
    with store.write() as db:
        db.exec_driver_sql("INSERT INTO fact VALUES ('after')")
    assert facts(store) == ["after"]
