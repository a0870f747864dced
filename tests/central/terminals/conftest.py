"""The office of these tests."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from central.roster.imports import import_office
from central.store import open_store
from central.terminals.pins import give_pins, given_pin
from central.terminals.registering import add_terminal
from tests.central.terminals.office import FILES, Clock, Office, at


@pytest.fixture
def office(new_database: Callable[[str], str], tmp_path: Path) -> Iterator[Office]:
    store = open_store(new_database("terminals"))
    store.upgrade()
    folder = tmp_path / "office"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / f"{name}.csv").write_text(text, "utf-8")
    clock = Clock(at("06:00"))
    import_office(store, clock, folder)
    add_terminal(store, "T-X", "AEX1", "X", at("06:00", -30))
    give_pins(store, "T-X", (given_pin("1", "an"), given_pin("2", "binh")), clock.ms)
    yield Office(store, clock, tmp_path)
    store.close()
