"""Programs that the tests need and pip cannot bring, and the Debian packages that hold them."""

import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from deploy import apt
from deploy.say import DeployError, say

# Debian keeps servers here, off the PATH of ordinary users.
SBIN = ("/usr/local/sbin", "/usr/sbin", "/sbin")


@dataclass(frozen=True, slots=True)
class Tool:
    """A program, its Debian packages, and what cannot run without it."""

    program: str
    packages: tuple[str, ...]
    needed_for: str


BROKER = (
    Tool("mosquitto", ("mosquitto",), "every test against a real Mosquitto"),
    Tool("mosquitto_sub", ("mosquitto-clients",), "the comparison with a plain subscriber"),
)
FOR_TESTS = (
    *BROKER,
    Tool("chromium", ("chromium", "fonts-dejavu-core"), "the tests of pages in a browser"),
    Tool("systemd-analyze", ("systemd",), "the check of the units in systemd/"),
)


def search_path(path: str | None = None) -> str:
    """PATH with the servers' folders at its end."""
    folders = (os.environ.get("PATH", os.defpath) if path is None else path).split(os.pathsep)
    return os.pathsep.join([*folders, *(folder for folder in SBIN if folder not in folders)])


def missing(tools: Iterable[Tool], path: str | None = None) -> list[Tool]:
    """The tools that are not to be found on PATH or among the servers."""
    return [tool for tool in tools if shutil.which(tool.program, path=search_path(path)) is None]


def provide(tools: Sequence[Tool]) -> list[Tool]:
    """Install by apt what is missing, when that is allowed; returns what is still missing, having said what that costs.

    Debian starts a mosquitto service on loopback when it installs the package. Nothing here uses it: every test starts
    its own broker on a free port.
    """
    absent = missing(tools)
    if absent and apt.may_install():
        try:
            apt.install([package for tool in absent for package in tool.packages])
        except DeployError as error:
            say(str(error))
        absent = missing(tools)
    for tool in absent:
        say(f"MISSING {tool.program}: cannot run {tool.needed_for}. {apt.by_hand(tool.packages)}")
    return absent
