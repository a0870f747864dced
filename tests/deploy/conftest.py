"""A project of three files, so that the real set-up runs to its end in seconds and asks no registry."""

from pathlib import Path

import pytest

PYPROJECT = """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "tiny"
version = "1"

[tool.pytest.ini_options]
addopts = ["-ra"]

[tool.coverage.run]
branch = true
source = ["edge"]
"""
BACKEND = '''\
"""The smallest build back end: an editable install is a wheel that holds one .pth file."""

import zipfile
from pathlib import Path


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    name = "tiny-1-py3-none-any.whl"
    with zipfile.ZipFile(Path(wheel_directory) / name, "w") as wheel:
        wheel.writestr("tiny.pth", str(Path.cwd()))
        wheel.writestr("tiny-1.dist-info/METADATA", "Metadata-Version: 2.1\\nName: tiny\\nVersion: 1\\n")
        wheel.writestr("tiny-1.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr("tiny-1.dist-info/RECORD", "")
    return name


build_wheel = build_editable
'''


def tiny_project(folder: Path) -> Path:
    """Fill `folder` with a project that `environment.prepare` can set up: nothing locked, its own build back end."""
    (folder / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")
    (folder / "backend.py").write_text(BACKEND, encoding="utf-8")
    (folder / "requirements.lock").write_text("# nothing\n", encoding="utf-8")
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A tiny project, not set up."""
    return tiny_project(tmp_path)


@pytest.fixture(scope="module")
def shared_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny project for one module: setting it up takes seconds."""
    return tiny_project(tmp_path_factory.mktemp("project"))
