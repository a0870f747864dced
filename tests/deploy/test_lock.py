"""requirements.lock holds everything that pyproject.toml names, with hashes, from nowhere in particular."""

import re
import tomllib
from pathlib import Path

from deploy.environment import locked_names

ROOT = Path(__file__).resolve().parents[2]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def plain(requirement: str) -> str:
    """The bare name of a requirement, as the lock writes it."""
    name = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert name is not None
    return re.sub(r"[-_.]+", "-", name[0]).lower()


def test_every_dependency_and_extra_and_the_build_back_end_are_locked() -> None:
    project = PROJECT["project"]
    extras = [name for extra in project["optional-dependencies"].values() for name in extra]
    wanted = {plain(name) for name in (*project["dependencies"], *extras, *PROJECT["build-system"]["requires"])}
    assert wanted - set(locked_names(LOCK)) == set()


def test_every_locked_package_has_hashes() -> None:
    pins = re.split(r"\n(?=[a-z0-9])", LOCK)
    assert [pin.split()[0] for pin in pins if "==" in pin and "--hash=sha256:" not in pin] == []
    assert len(locked_names(LOCK)) > 40


def test_the_lock_names_no_place_to_fetch_from() -> None:
    assert re.findall(r"https?:|file:|index-url|find-links|trusted-host", LOCK) == []
