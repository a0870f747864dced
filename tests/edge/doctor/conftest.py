"""A door's computer below a folder: its files, its programs as scripts, its readers on pseudo terminals."""

import os
import pty
import stat
import threading
import time
from pathlib import Path

import pytest

from edge.doctor import CHECKS, Machine
from edge.doctor.findings import Finding
from edge.doctor.machine import run
from edge.settings import parse_settings

PI4 = "Raspberry Pi 4 Model B Rev 1.4"
RELEASE = 'PRETTY_NAME="Raspbian GNU/Linux 12 (bookworm)"\nVERSION_CODENAME=bookworm\n'
NOW_S = 1_750_000_000


class Door:
    """The computer of one door, as a technician would find it when all is well; tests break it."""

    def __init__(self, root: Path, programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root, self.programs = root, programs
        self.readers: list[str] = []
        self.panel = 'pins = "none"'
        self.broker = 'host = "127.0.0.1"'
        self.answers: list[bool] | None = None
        self.asked: list[str] = []
        self.masters: list[int] = []
        programs.mkdir()
        monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
        self.write("/proc/device-tree/model", PI4 + "\0")
        self.write("/etc/os-release", RELEASE)
        self.write("/proc/sys/kernel/osrelease", "6.6.20+rpt-rpi-v8")
        self.write("/boot/firmware/config.txt", "")
        self.write("/boot/firmware/cmdline.txt", "console=tty1 root=/dev/mmcblk0p2 fsck.repair=yes")
        self.write("/proc/mounts", "/dev/root / ext4 rw 0 0\n")
        (root / "var/lib/diemdanh").mkdir(parents=True)
        self.write("/dev/gpiochip0", "")
        self.write("/dev/watchdog", "")
        self.write("/sys/class/rtc/rtc0/since_epoch", str(NOW_S))
        (root / "etc/localtime").symlink_to("/usr/share/zoneinfo/Asia/Ho_Chi_Minh")
        self.program("timedatectl", "echo yes")
        self.program("vcgencmd", "echo throttled=0x0")
        self.program("systemctl", 'case "$1" in show) echo 14s;; *) echo inactive; exit 3;; esac')

    def write(self, path: str, text: str) -> Path:
        file = self.root / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def program(self, name: str, script: str) -> None:
        file = self.programs / name
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(file.stat().st_mode | stat.S_IXUSR)

    def reader(self, driver: str = "rdm6300", path: str = "/dev/diemdanh-reader", lines: str = "") -> int:
        """A reader on a pseudo terminal; returns its other end."""
        master, slave = pty.openpty()
        link = self.root / path.lstrip("/")
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(os.ttyname(slave))
        os.close(slave)
        self.masters.append(master)
        self.declare(driver, path, lines)
        return master

    def declare(self, driver: str, path: str, lines: str = "") -> None:
        number = len(self.readers) + 1
        self.readers.append(f'[[reader]]\nid = "r{number}"\ndriver = "{driver}"\nport = "{path}"\n{lines}')

    def machine(self) -> Machine:
        text = f'[station]\ndata = "/var/lib/diemdanh"\n[broker]\n{self.broker}\n[panel]\n{self.panel}\n'
        settings = parse_settings(text + "\n".join(self.readers), "station.toml", {})
        ask = None if self.answers is None else self._ask
        return Machine(settings, ask, time.monotonic_ns, lambda: NOW_S * 1000, time.sleep, self.root, run)

    def _ask(self, vi: str, en: str) -> bool:
        assert vi != en
        self.asked.append(en)
        return self.answers.pop(0) if self.answers else True

    def found(self, code: str) -> Finding:
        [check] = [check for check in CHECKS if check.code == code]
        return check.run(self.machine())

    def told(self, code: str) -> str:
        finding = self.found(code)
        for said in (finding.sentence, finding.next_step):
            assert bool(said.vi) == bool(said.en)
        return f"{finding.status}: {finding.sentence.en}"

    def close(self) -> None:
        for master in self.masters:
            os.close(master)


class Player:
    """Sends bytes into a reader's port for as long as the check listens."""

    def __init__(self, master: int, frame: bytes, every_s: float = 0.05) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._play, args=(master, frame, every_s))

    def _play(self, master: int, frame: bytes, every_s: float) -> None:
        while not self._stop.wait(every_s):
            os.write(master, frame)

    def __enter__(self) -> "Player":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()


@pytest.fixture
def door(tmp_path, monkeypatch):
    made = Door(tmp_path / "root", tmp_path / "programs", monkeypatch)
    yield made
    made.close()


@pytest.fixture
def hurried(monkeypatch):
    """Checks that listen do so for half a second."""
    for name in ("SILENT_S", "CARD_S", "FIRMWARE_S", "REPLUG_S"):
        monkeypatch.setattr(f"edge.doctor.cards.{name}", 0.5)
