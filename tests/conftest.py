"""What holds for every test, and the databases that tests ask for."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from central.store import open_store
from tests import postgres as servers

# The properties say what is right, not how fast this machine is today.
settings.register_profile("diemdanh", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("diemdanh")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Long runs only when they are asked for (`-m soak`)."""
    if config.getoption("markexpr"):
        return
    long_ones = [item for item in items if item.get_closest_marker("soak")]
    if long_ones:
        config.hook.pytest_deselected(items=long_ones)
        items[:] = [item for item in items if item not in long_ones]


@pytest.fixture(scope="session")
def postgres() -> Iterator[servers.Cluster]:
    """A PostgreSQL server that forgets everything in a power cut, for what is not about durability."""
    _need_postgres()
    with servers.started() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def durable_postgres() -> Iterator[servers.Cluster]:
    """A PostgreSQL server as in real life: what it committed is on the disk."""
    _need_postgres()
    with servers.started(durable=True) as cluster:
        yield cluster


def _need_postgres() -> None:
    if absent := servers.missing():
        missing = f"PostgreSQL is not here ({', '.join(absent)}): apt-get install postgresql"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """Which database a test uses: whatever takes it runs on both."""
    return str(request.param)


@pytest.fixture
def postgres_databases(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """The URLs of the databases that a test made on the server, by name; gone afterwards."""
    made: dict[str, str] = {}
    yield made
    for url in made.values():
        request.getfixturevalue("postgres").drop(url)


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """An SQLite database with central's tables, migrated once: migrating takes longer than most tests do."""
    file = tmp_path_factory.mktemp("migrated") / "central.db"
    store = open_store(f"sqlite:///{file}")
    store.upgrade()
    store.close()
    return file.read_bytes()


@pytest.fixture
def new_database(
    database: str, postgres_databases: dict[str, str], request: pytest.FixtureRequest, tmp_path: Path
) -> Callable[[str], str]:
    """Makes a database by name, migrated or not yet, and returns its URL: a file, or one of the server's own."""

    def make(name: str) -> str:
        if database == "sqlite":
            file = tmp_path / f"{name}.db"
            if not file.exists():
                file.write_bytes(request.getfixturevalue("migrated_file"))
            return f"sqlite:///{file}"
        if name not in postgres_databases:
            postgres_databases[name] = request.getfixturevalue("postgres").database()
        return postgres_databases[name]

    return make


@pytest.fixture
def copy_database(
    database: str, postgres_databases: dict[str, str], request: pytest.FixtureRequest, tmp_path: Path
) -> Callable[[str, str], str]:
    """Copies a database, to which nobody is connected, under another name; returns the copy's URL."""

    def copy(name: str, other: str) -> str:
        if database == "postgresql":
            postgres_databases[other] = request.getfixturevalue("postgres").copy(postgres_databases[name])
            return postgres_databases[other]
        files = (tmp_path / f"{name}.db", tmp_path / f"{other}.db")
        with closing(sqlite3.connect(files[0])) as now, closing(sqlite3.connect(files[1])) as then:
            now.backup(then)
        return f"sqlite:///{files[1]}"

    return copy
