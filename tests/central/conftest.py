"""What the command lines of central are tried with."""

from pathlib import Path

import pytest


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A database of the test's own, as `--db` names it."""
    return f"sqlite:///{tmp_path / 'office.db'}"
