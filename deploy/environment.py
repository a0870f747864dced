"""The project's own `.venv`: made once, from the hashed lock, by whatever this machine has; repaired when half-made.

The stamp inside `.venv` is written last and removed first, so a `.venv` without a fitting stamp is never trusted: it is
made anew from nothing. That is simpler than repairing in place, and an interrupted install can leave packages that
look whole and are not.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from deploy import apt
from deploy.say import DeployError, say

PIP_WITH_PYTHON_OPTION = (22, 3)  # `pip --python` came with 22.3 (pip's changelog)
SET_UP_VERSION = "1"  # raise it when the steps below change, so that every .venv is made anew


class Route(Enum):
    """How `.venv` gets made and filled, in the order in which they are preferred."""

    VENV = "python3 -m venv, with its own pip"
    UV = "uv"
    SYSTEM_PIP = "python3 -m venv --without-pip, filled by the system's pip"
    APT = "python3-venv from apt, then python3 -m venv"


@dataclass(frozen=True, slots=True)
class Found:
    """What this machine offers for making `.venv`. `uv` is its path or None."""

    ensurepip: bool
    uv: str | None
    system_pip: bool
    apt: bool


@dataclass(frozen=True, slots=True)
class Place:
    """Where things are in a checkout of the project.

    `held` is the descriptor of the set-up lock, None outside of set-up. What set-up starts inherits it: when set-up is
    killed and its pip lives on, the lock is still held, and the next start waits instead of making the same `.venv`.
    """

    root: Path
    held: int | None = None

    @property
    def venv(self) -> Path:
        return self.root / ".venv"

    @property
    def python(self) -> Path:
        return self.venv / "bin" / "python"

    @property
    def stamp(self) -> Path:
        return self.venv / "diemdanh-stamp"

    @property
    def lock(self) -> Path:
        return self.root / "requirements.lock"

    @property
    def log(self) -> Path:
        return self.root / ".run" / "setup.log"


def choose_route(found: Found) -> Route | None:
    """The first way that this machine allows; None when there is none at all."""
    if found.ensurepip:
        return Route.VENV
    if found.uv is not None:
        return Route.UV
    if found.system_pip:
        return Route.SYSTEM_PIP
    return Route.APT if found.apt else None


def pip_knows_python_option(version_line: str) -> bool:
    """Whether the pip that printed `version_line` (`pip 23.0.1 from ...`) has `--python`."""
    words = version_line.split()
    if len(words) < 2 or words[0] != "pip":
        return False
    numbers = [int(part) for part in words[1].split(".")[:2] if part.isdigit()]
    return tuple(numbers) >= PIP_WITH_PYTHON_OPTION


def fingerprint(place: Place) -> str:
    """Changes whenever `.venv` must be made anew, the Python apart.

    Of pyproject.toml only the tables that decide what gets installed count, so that a changed lint rule costs nothing.
    The folder counts because a `.venv` holds absolute paths and does not survive being moved.
    """
    project = tomllib.loads((place.root / "pyproject.toml").read_text(encoding="utf-8"))
    installed = {table: project.get(table) for table in ("project", "build-system")}
    parts = [
        SET_UP_VERSION,
        str(place.root),
        place.lock.read_text(encoding="utf-8"),
        json.dumps(installed, sort_keys=True),
    ]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _version_of(python: Path) -> str | None:
    """The full version of a Python, None when it does not start (its base was upgraded or removed)."""
    try:
        answer = subprocess.run([python, "-c", "import sys; print(sys.version)"], capture_output=True, text=True)
    except OSError:
        return None
    return answer.stdout.strip() if answer.returncode == 0 else None


def is_ready(place: Place) -> bool:
    """True when `.venv` was made to its end, from these inputs, with a Python that still starts and is the same."""
    try:
        stamped = json.loads(place.stamp.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return False
    if not isinstance(stamped, dict) or stamped.get("inputs") != fingerprint(place):
        return False
    version = _version_of(place.python)
    return version is not None and stamped.get("python") == version


def write_stamp(place: Place) -> None:
    """Declare `.venv` complete, all of it on disk first: a power cut must not leave a stamp on a torn tree."""
    text = json.dumps({"inputs": fingerprint(place), "python": _version_of(place.python)})
    os.sync()
    half = place.stamp.with_suffix(".new")
    with half.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    half.replace(place.stamp)


def look_around(python: str, environ: Mapping[str, str] = os.environ) -> Found:
    """Ask this machine what it has. Debian keeps ensurepip in python3-venv: the venv module alone proves nothing."""
    ensurepip = subprocess.run([python, "-c", "import ensurepip, venv"], capture_output=True).returncode == 0
    pip = subprocess.run([python, "-m", "pip", "--version"], capture_output=True, text=True)
    return Found(
        ensurepip=ensurepip,
        uv=shutil.which("uv", path=environ.get("PATH")),
        system_pip=pip.returncode == 0 and pip_knows_python_option(pip.stdout),
        apt=apt.may_install(),
    )


def base_python() -> str:
    """The Python to make `.venv` from: never one inside a venv, which may be the very `.venv` being replaced."""
    return getattr(sys, "_base_executable", None) or sys.executable


def locked_names(lock: str) -> list[str]:
    """The names of the packages in a lock, in order."""
    return [line.split("==")[0] for line in lock.splitlines() if "==" in line and line[0] not in "# \t"]


def _clean_environ() -> dict[str, str]:
    """The environment for pip and uv: settings that would send packages elsewhere than into `.venv` are dropped."""
    unwanted = {
        "PIP_USER",
        "PIP_TARGET",
        "PIP_PREFIX",
        "PIP_ROOT",
        "PIP_REQUIRE_VIRTUALENV",
        "PYTHONPATH",
        "PYTHONHOME",
    }
    kept = {key: text for key, text in os.environ.items() if key not in unwanted}
    return kept | {"PIP_USER": "0", "PIP_NO_INPUT": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def _stream(place: Place, words: Sequence[str | Path], counted: tuple[str, ...] = (), total: int = 0) -> None:
    """Run a set-up command, its output into the log; lines that start with one of `counted` show how far it is.

    Raises DeployError with the output's last lines.
    """
    tail: list[str] = []
    count = 0
    with (
        place.log.open("a", encoding="utf-8") as log,
        subprocess.Popen(
            [str(word) for word in words],
            cwd=place.root,
            env=_clean_environ(),
            pass_fds=() if place.held is None else (place.held,),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as child,
    ):
        assert child.stdout is not None  # noqa: S101 - PIPE above
        for line in child.stdout:
            log.write(line)
            tail = [*tail[-19:], line.rstrip()]
            if line.startswith(counted):
                count += 1
                if count % 10 == 0:
                    say(f"      {count} of {total}")
    if child.returncode != 0:
        shown = "\n".join(f"    {line}" for line in tail)
        raise DeployError(
            f"This step failed: {' '.join(str(word) for word in words[:6])} ...\n{shown}\nAll of it: {place.log}"
        )


def _pip(place: Place, python: str, route: Route) -> list[str | Path]:
    if route is Route.SYSTEM_PIP:
        return [python, "-m", "pip", "--python", place.python]
    return [place.python, "-m", "pip"]


def _fill(place: Place, install: Sequence[str | Path], check: Sequence[str | Path]) -> None:
    """Install the lock, then the project itself, without asking a registry for anything that the lock does not name."""
    total = len(locked_names(place.lock.read_text(encoding="utf-8")))
    say(f"[3/4] Installing {total} packages from requirements.lock (every file checked against its hash)")
    _stream(
        place,
        [*install, "--require-hashes", "--no-deps", "--only-binary", ":all:", "-r", place.lock],
        counted=("Collecting ", "Processing "),
        total=total,
    )
    say("[4/4] Installing the project itself and checking that everything fits together")
    # The build back end comes from the lock: build isolation would fetch one without a hash.
    _stream(place, [*install, "--no-deps", "--no-build-isolation", "--no-index", "-e", place.root])
    _stream(place, check)


def make(place: Place, python: str, found: Found) -> None:
    """Make and fill `.venv`, which must not exist, in the best way that `found` allows. Raises DeployError."""
    route = choose_route(found)
    if route is None:
        raise DeployError(
            "Cannot make .venv: Python has no ensurepip, and neither uv, nor a pip of 22.3 or newer, nor the right to "
            f"use apt was found. One of these helps: {apt.by_hand(['python3-venv'])}; or install uv."
        )
    say(f"[2/4] Making .venv ({route.value})")
    if route is Route.UV:
        uv = str(found.uv)
        _stream(place, [uv, "venv", "--python", python, place.venv])
        aim: list[str | Path] = ["--python", place.python]
        _fill(place, [uv, "pip", "install", *aim], [uv, "pip", "check", *aim])
        return
    if route is Route.APT:
        apt.install([venv_package(sys.version_info[:2])])
    bare = ["--without-pip"] if route is Route.SYSTEM_PIP else []
    _stream(place, [python, "-m", "venv", *bare, place.venv])
    pip = _pip(place, python, route)
    _fill(place, [*pip, "install"], [*pip, "check"])


def venv_package(version: tuple[int, ...]) -> str:
    """Debian's package with ensurepip for this very Python; `python3-venv` would serve only the default one."""
    return f"python{version[0]}.{version[1]}-venv"


def _remove(path: Path) -> None:
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.exists():
        shutil.rmtree(path)


@contextmanager
def _locked(place: Place) -> Iterator[Place]:
    """Hold the set-up lock; a second start waits instead of making the same `.venv` at the same time."""
    place.log.parent.mkdir(exist_ok=True)
    descriptor = os.open(place.log.parent / "setup.lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Waiting for another run that is making .venv")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield Place(place.root, descriptor)
    finally:
        os.close(descriptor)


def prepare(root: Path) -> Place:
    """Make sure that `.venv` is there and fits; seconds when it already does. Raises DeployError.

    Interrupted at any point, even by a power cut, the next call starts from nothing again.
    """
    with _locked(Place(root)) as place:
        if is_ready(place):
            return Place(root)
        started = time.monotonic()
        python = base_python()
        say("Setting up .venv; this takes a minute once, later starts take seconds.")
        say(f"[1/4] Python {sys.version.split()[0]} at {python}")
        place.log.write_text("", encoding="utf-8")
        _remove(place.stamp)
        _remove(place.venv)
        make(place, python, look_around(python))
        write_stamp(place)
        say(f"Ready after {time.monotonic() - started:.0f} s.")
    return Place(root)
