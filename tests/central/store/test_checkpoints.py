"""SQLite's log is folded back beside the commits, and stays short; no commit does it where somebody else does."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from central.store import Store, checkpoints, open_store
from central.store.checkpoints import Checkpoints, Folded

PAGE = 4096


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    found = open_store(f"sqlite:///{path}", folded=True)
    with found.write() as db:
        db.exec_driver_sql("CREATE TABLE fact (text BLOB)")
    yield found
    found.close()


def keep(store: Store, pages: int = 1) -> None:
    """Commit something that takes about so many pages."""
    with store.write() as db:
        db.execute(sa.text("INSERT INTO fact VALUES (zeroblob(:size))"), {"size": pages * PAGE})


def log_of(path: Path) -> int:
    """The size of the log in pages; what was folded is written over, not taken off."""
    return Path(f"{path}-wal").stat().st_size // PAGE


def test_what_was_committed_is_in_the_database_file_after_a_fold(store: Store, path: Path) -> None:
    keep(store, 100)
    assert path.stat().st_size < 100 * PAGE
    with closing(Checkpoints(store)) as log:
        done = log.fold()
    assert done.whole
    assert done.folded > 100
    assert path.stat().st_size > 100 * PAGE


def test_the_log_begins_anew_after_each_fold(store: Store, path: Path) -> None:
    with closing(Checkpoints(store)) as log:
        for _ in range(20):
            keep(store, 50)
            log.fold()
    assert log_of(path) < 4 * 50


def test_a_fold_with_nothing_new_touches_nothing(store: Store) -> None:
    keep(store)
    with closing(Checkpoints(store)) as log:
        log.fold()
        assert log.fold() == Folded(0, 0)
        keep(store)
        assert log.fold().pages > 0


def test_no_commit_folds_where_somebody_else_does(store: Store, path: Path) -> None:
    for _ in range(90):
        keep(store, 100)
    assert log_of(path) > 9_000, "SQLite's own threshold is at 8,000 for everybody else"
    assert path.stat().st_size < 100 * PAGE


def test_a_reader_in_the_way_is_waited_for_by_nobody_and_folded_past_later(store: Store, path: Path) -> None:
    keep(store)
    with closing(Checkpoints(store)) as log:
        with store.read() as db:
            db.exec_driver_sql("SELECT count(*) FROM fact").scalar()
            keep(store, 100)
            done = log.fold()
            assert not done.whole
        assert log.fold().whole


def test_a_log_that_is_very_long_begins_anew_even_while_writers_go_on(
    store: Store, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "LONG_PAGES", 150)
    with closing(Checkpoints(store)) as log:
        keep(store, 200)
        assert log.fold().whole
        keep(store, 1)
    assert log_of(path) < 250


def test_only_one_of_several_processes_folds_at_a_time(store: Store) -> None:
    other = open_store(str(store.engine.url), folded=True)
    with closing(Checkpoints(store)) as one, closing(Checkpoints(other)) as two:
        keep(store, 100)
        assert one.fold().folded > 100
        assert two.fold().folded >= 0
        keep(other, 10)
        assert two.fold().folded > 10
    other.close()
