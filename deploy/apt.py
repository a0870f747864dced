"""Debian packages: may we install, and do it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence

from deploy.say import DeployError, say

LOCK_WAIT_S = 300  # unattended upgrades hold dpkg's lock for minutes after a boot


def root_prefix(*, is_root: bool, sudo: str | None, sudo_asks_nothing: bool, can_ask: bool) -> list[str] | None:
    """The words before a command that needs root, or None when this process may not become root.

    `can_ask`: a person sits at a terminal and could type the password.
    """
    if is_root:
        return []
    if sudo is None:
        return None
    if sudo_asks_nothing:
        return [sudo, "-n"]
    return [sudo] if can_ask else None


def _prefix_here(*, ask: bool = True) -> list[str] | None:
    sudo = shutil.which("sudo")
    asks_nothing = sudo is not None and subprocess.run([sudo, "-n", "true"], capture_output=True).returncode == 0
    can_ask = ask and sys.stdin is not None and sys.stdin.isatty() and "CI" not in os.environ
    return root_prefix(is_root=os.geteuid() == 0, sudo=sudo, sudo_asks_nothing=asks_nothing, can_ask=can_ask)


def by_hand(packages: Sequence[str]) -> str:
    """The command that a person with root can type."""
    return f"sudo apt-get update && sudo apt-get install {' '.join(packages)}"


def may_install(*, ask: bool = True) -> bool:
    """True when apt-get is here and this process is root or may use sudo; ask: after asking for a password, too."""
    return shutil.which("apt-get") is not None and _prefix_here(ask=ask) is not None


def install(packages: Sequence[str]) -> None:
    """Install Debian packages, lists refreshed first. Raises DeployError with apt's last lines."""
    prefix = _prefix_here()
    if shutil.which("apt-get") is None or prefix is None:
        raise DeployError(f"Debian packages are missing and may not be installed from here: {by_hand(packages)}")
    apt = [
        *prefix,
        "env",
        "DEBIAN_FRONTEND=noninteractive",
        "apt-get",
        "-q",
        "-o",
        f"DPkg::Lock::Timeout={LOCK_WAIT_S}",
    ]
    say(f"  apt: refreshing the package lists, then installing {' '.join(packages)}")
    # One broken third-party list fails the whole update; whether the packages can be had is for install to tell.
    subprocess.run([*apt, "update"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=None)
    done = subprocess.run(
        [*apt, "install", "-y", "--no-install-recommends", *packages],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    if done.returncode != 0:
        tail = "\n".join(done.stdout.splitlines()[-15:])
        raise DeployError(f"apt-get could not install {' '.join(packages)}:\n{tail}\nBy hand: {by_hand(packages)}")
