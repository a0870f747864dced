"""One life of the door: QEMU from switching on to the cut, its reader's and its panel's lines, its network's plug."""

import contextlib
import fcntl
import json
import os
import random
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import termios
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.rig.disk import Cut, Disk, DiskServer

MEMORY_MIB = 384
MONITOR_S = 60.0
EMERGENCY = b"emergency mode"
"""What systemd writes on the console when it has given up and waits for a person."""
WORDS = (
    "console=ttyS0 root=/dev/nvme0n1 rootfstype=ext4 rw quiet loglevel=4 panic=-1 mitigations=off nokaslr audit=0 "
    "net.ifnames=0 systemd.show_status=0 fsck.repair=yes"
)
EARLY = "1970-01-01T00:00:00"


class GuestError(RuntimeError):
    """The virtual machine did not do as it was told; the message says what."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A line that the panel's witness wrote, and when it arrived (monotonic seconds)."""

    at_s: float
    entry: Mapping[str, object]


class Line:
    """The host's end of a serial port: QEMU connects to it; whole lines that came are kept with their time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.lines: list[tuple[float, bytes]] = []
        self._line: socket.socket | None = None

    def start(self) -> None:
        """Listen."""
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self._path))
        self._listener.listen(1)
        self._thread = threading.Thread(target=self._run, name=self._path.name, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        pending = b""
        with contextlib.suppress(OSError):  # closed by `close`, or QEMU was killed
            self._line, _ = self._listener.accept()
            while part := self._line.recv(65536):
                *whole, pending = (pending + part).split(b"\n")
                self.lines += [(time.monotonic(), text) for text in whole]

    def send(self, content: bytes) -> None:
        """To the guest; dropped while QEMU is not there, and while it has not taken what was sent before.

        A UART that nobody reads keeps nothing; QEMU's would keep it all, and give it to the station at once.
        """
        if self._line is not None:
            with contextlib.suppress(OSError):
                if not waiting(self._line):
                    self._line.sendall(content)

    def close(self) -> None:
        """After QEMU was killed: what it had sent before is still read."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        self._listener.close()
        if self._line is not None:
            self._line.close()


def waiting(line: socket.socket) -> int:
    """Bytes that were sent into a socket of this machine and that nobody has read yet. Raises OSError."""
    count: int = struct.unpack("i", fcntl.ioctl(line, termios.TIOCOUTQ, bytes(4)))[0]
    return count


@dataclass(frozen=True, slots=True, kw_only=True)
class Power:
    """How a life is begun. early: its clock starts in 1970. environment: of every unit in it.

    lie_s: see `Disk`. survive: likewise.
    """

    image: Path
    state: Path
    draw: random.Random
    environment: Mapping[str, str]
    early: bool
    accel: str
    cpu: str
    lie_s: float | None
    survive: float


class Guest:
    """The door between switching on (`start`) and the cut (`cut`)."""

    def __init__(self, power: Power) -> None:
        self._power = power

    def start(self) -> None:
        """Switch on; returns at once. Raises OSError without QEMU."""
        self._folder = Path(tempfile.mkdtemp(prefix="diemdanh-rig-"))
        self.reader, self._panel = Line(self._folder / "reader"), Line(self._folder / "panel")
        self.reader.start()
        self._panel.start()
        self._file = os.open(self._power.state / "data.img", os.O_RDWR)
        self.disk = Disk(self._file, self._power.draw, self._power.lie_s, self._power.survive)
        self._server = DiskServer(self.disk, self._folder / "disk")
        self._server.start()
        (self._power.state / "console.log").write_bytes(b"")  # of this life
        self.started_s = time.monotonic()
        with (self._power.state / "qemu.log").open("ab") as log:
            self._qemu = subprocess.Popen(self._command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def _command(self) -> list[str]:
        power = self._power
        words = [WORDS, *(f"systemd.setenv={name}={value}" for name, value in power.environment.items())]
        command = (
            f"qemu-system-x86_64 -machine q35 -cpu {power.cpu} -accel {power.accel} -smp 1 -m {MEMORY_MIB}".split()
        )
        command += "-nodefaults -no-user-config -display none -no-reboot".split()
        command += ["-kernel", str(power.image / "vmlinux"), "-append", " ".join(words)]
        command += ["-qmp", f"unix:{self._folder}/qmp,server=on,wait=off"]
        command += ["-drive", f"file={power.image}/root.ext4,format=raw,snapshot=on,if=none,id=root"]
        command += ["-device", "nvme,id=system,serial=root", "-device", "nvme-ns,drive=root,bus=system,nsid=1"]
        command += ["-drive", f"file.driver=nbd,file.server.type=unix,file.server.path={self._folder}/disk,"
                    "format=raw,if=none,id=data"]  # fmt: skip
        command += ["-device", "virtio-blk-pci,drive=data,write-cache=on", "-device", "virtio-rng-pci"]
        command += ["-netdev", "user,id=net,ipv6=off", "-device", "virtio-net-pci,id=plug,netdev=net,romfile="]
        command += ["-chardev", f"file,id=console,path={power.state}/console.log"]
        command += ["-device", "isa-serial,chardev=console,index=0"]
        for number, name in ((1, "reader"), (2, "panel")):
            command += ["-chardev", f"socket,id={name},path={self._folder}/{name},server=off"]
            command += ["-device", f"isa-serial,chardev={name},index={number}"]
        if power.early:
            command += ["-rtc", f"base={EARLY},clock=vm"]
        return command

    @property
    def alive(self) -> bool:
        """Whether QEMU still runs."""
        return self._qemu.poll() is None

    @property
    def given_up(self) -> bool:
        """Whether its system waits for a person: it will never record anything again."""
        return EMERGENCY in (self._power.state / "console.log").read_bytes()

    def network(self, up: bool) -> None:
        """Plug the network in or pull it out. Raises GuestError."""
        with self._monitor() as line:
            line.settimeout(MONITOR_S)
            with line.makefile("rwb") as talk:
                talk.readline()
                for said in ({"execute": "qmp_capabilities"}, _plug(up)):
                    talk.write(json.dumps(said).encode() + b"\n")
                    talk.flush()
                    answer = json.loads(talk.readline())
                    if "return" not in answer:
                        raise GuestError(f"QEMU refused {said}: {answer}")

    def _monitor(self) -> socket.socket:
        """QEMU's own line for orders, once it listens. Raises GuestError."""
        deadline_s = time.monotonic() + MONITOR_S
        while self.alive and time.monotonic() < deadline_s:
            line = socket.socket(socket.AF_UNIX)
            with contextlib.suppress(OSError):
                line.connect(str(self._folder / "qmp"))
                return line
            line.close()
            time.sleep(0.05)
        raise GuestError(f"QEMU did not come up; see {self._power.state}/qemu.log")

    def seen(self) -> list[Seen]:
        """Everything that the panel showed until now, as far as its witness could tell."""
        found = []
        for at_s, text in list(self._panel.lines):
            with contextlib.suppress(ValueError):  # a line that the cut tore
                entry = json.loads(text)
                if isinstance(entry, dict):
                    found.append(Seen(at_s, entry))
        return found

    def cut(self) -> Cut:
        """The power is gone: QEMU is killed, and with it everything its guest and its disk had in memory."""
        self._qemu.send_signal(signal.SIGKILL)
        self._qemu.wait()
        self.reader.close()
        self._panel.close()
        try:
            return self._server.cut()
        finally:
            os.close(self._file)
            shutil.rmtree(self._folder, ignore_errors=True)


def _plug(up: bool) -> dict[str, object]:
    return {"execute": "set_link", "arguments": {"name": "plug", "up": up}}
