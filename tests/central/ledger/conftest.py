"""The office of these tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.central.ledger.office import Office, made


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with made(tmp_path) as found:
        yield found
