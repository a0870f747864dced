"""The office of these tests."""

from collections.abc import Callable, Iterator

import pytest

from tests.central.ledger.office import Office, made


@pytest.fixture
def office(new_database: Callable[[str], str]) -> Iterator[Office]:
    with made(new_database("office")) as found:
        yield found
