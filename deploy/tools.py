"""Programs that the tests need and pip cannot bring, and the Debian packages that hold them."""

import os
import shutil
from collections.abc import Iterable, Sequence
from ctypes.util import find_library
from dataclasses import dataclass
from pathlib import Path

from deploy import apt
from deploy.say import DeployError, say

# Debian keeps servers here, off the PATH of ordinary users.
SBIN = ("/usr/local/sbin", "/usr/sbin", "/sbin")
# PostgreSQL's server programs, a folder for each of its versions.
POSTGRESQL = Path("/usr/lib/postgresql")


@dataclass(frozen=True, slots=True)
class Tool:
    """A program, or a shared library (`libatomic`), its Debian packages, and what cannot run without it."""

    program: str
    packages: tuple[str, ...]
    needed_for: str

    def found(self, path: str) -> bool:
        """Whether it is on `path`, or a library that programs find."""
        if self.program.startswith("lib"):
            return find_library(self.program.removeprefix("lib")) is not None
        return shutil.which(self.program, path=path) is not None


BROKER = (
    Tool("mosquitto", ("mosquitto",), "every test against a real Mosquitto"),
    Tool("mosquitto_sub", ("mosquitto-clients",), "the comparison with a plain subscriber"),
)
DATABASE = (Tool("initdb", ("postgresql",), "every test against a real PostgreSQL"),)
FOR_DEMO = (Tool("mosquitto", ("mosquitto",), "the demo with certificates; without, its broker is a plain one"),)
FOR_TESTS = (
    *BROKER,
    *DATABASE,
    Tool("chromium", ("chromium", "fonts-dejavu-core"), "the tests of pages in a browser"),
    Tool("libatomic", ("libatomic1",), "the driver of the browser"),
    Tool("systemd-analyze", ("systemd",), "the check of the units in systemd/"),
)


def search_path(path: str | None = None) -> str:
    """PATH with the servers' folders at its end, of PostgreSQL's the newest version's first."""
    folders = (os.environ.get("PATH", os.defpath) if path is None else path).split(os.pathsep)
    return os.pathsep.join([*folders, *(folder for folder in (*SBIN, *_postgresql()) if folder not in folders)])


def _postgresql() -> list[str]:
    versions = [folder for folder in POSTGRESQL.glob("*/bin") if folder.parent.name.isdigit()]
    return [str(folder) for folder in sorted(versions, key=lambda f: int(f.parent.name), reverse=True)]


def missing(tools: Iterable[Tool], path: str | None = None) -> list[Tool]:
    """The tools that are not to be found on PATH or among the servers."""
    places = search_path(path)
    return [tool for tool in tools if not tool.found(places)]


def provide(tools: Sequence[Tool], *, ask: bool = True) -> list[Tool]:
    """Install by apt what is missing, when that is allowed; returns what is still missing, having said what that costs.

    ask: a person at the terminal may be asked for the password of sudo.

    Debian starts a mosquitto service and a PostgreSQL cluster on loopback when it installs the packages. Nothing here
    uses them: every test starts its own broker and its own database server.
    """
    absent = missing(tools)
    if absent and apt.may_install(ask=ask):
        try:
            apt.install([package for tool in absent for package in tool.packages])
        except DeployError as error:
            say(str(error))
        absent = missing(tools)
    for tool in absent:
        say(f"MISSING {tool.program}: cannot run {tool.needed_for}. {apt.by_hand(tool.packages)}")
    return absent
