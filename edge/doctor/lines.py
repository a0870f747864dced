"""Checks of the readers' ports: the path, the group, who else is on it, the right UART, whether it opens."""

import grp
import os
import re
from collections.abc import Callable

from edge.doctor.findings import Finding, Said, failed, left_out, passed, together, warned
from edge.doctor.machine import Machine
from edge.errors import PortError
from edge.ports import Open, attend
from edge.reading import PortKind, driver_of, line_of
from edge.settings import ReaderSettings

ACCOUNT = "diemdanh"
UNSTABLE = re.compile(r"/dev/tty(USB|ACM)\d+|/dev/input/event\d+")
OWN = {"diemdanh-edge", "python", "python3", "systemd", "systemd-udevd"}
ReaderCheck = Callable[[Machine, ReaderSettings], Finding]
NO_READERS = left_out("Chưa khai báo đầu đọc nào.", "No reader is set.")
NO_SERIAL_READERS = left_out("Không có đầu đọc trên cổng nối tiếp.", "No reader is on a serial port.")


def each(machine: Machine, check: ReaderCheck, *kinds: PortKind) -> Finding:
    """What is found at each reader on a port of these kinds, all when none is named."""
    if not machine.settings.readers:
        return NO_READERS
    found = {reader.id: check(machine, reader) for reader in machine.readers(*kinds)}
    return together(found) if found else NO_SERIAL_READERS


def _where_there(check: ReaderCheck) -> ReaderCheck:
    """The check, left out for a reader whose port is not there: nothing can be known of it."""

    def guarded(machine: Machine, reader: ReaderSettings) -> Finding:
        if not machine.device(reader).exists():
            return left_out(f"Không có cổng {reader.port}: xem mục 2.", f"There is no {reader.port}: see check 2.")
        return check(machine, reader)

    return guarded


def path(machine: Machine) -> Finding:
    """2: a stable path that exists, and our account in its group."""
    return each(machine, _path)


def _path(machine: Machine, reader: ReaderSettings) -> Finding:
    device = machine.device(reader)
    if not device.exists():
        return failed(
            Said(f"Không thấy đầu đọc {reader.id} tại {reader.port}.", f"Reader {reader.id} is not at {reader.port}."),
            Said(
                "Cắm lại; xem ls /dev/serial/by-id /dev/input/by-id; ghi đúng port trong station.toml.",
                "Plug it in; see ls /dev/serial/by-id /dev/input/by-id; write its port into station.toml.",
            ),
        )
    if UNSTABLE.fullmatch(reader.port):
        return warned(
            Said(f"{reader.port} đổi tên khi cắm lại.", f"{reader.port} changes its name when it is plugged in again."),
            Said(
                "Dùng /dev/diemdanh-reader, /dev/serial/by-id/... hoặc /dev/input/by-id/...",
                "Use /dev/diemdanh-reader, /dev/serial/by-id/... or /dev/input/by-id/...",
            ),
        )
    group = _group(device.stat().st_gid)
    if not _may_open(machine, group):
        return failed(
            Said(f"Tài khoản {ACCOUNT} không thuộc nhóm {group}.", f"Account {ACCOUNT} is not in group {group}."),
            Said(f"Chạy: usermod -aG {group} {ACCOUNT}.", f"Run: usermod -aG {group} {ACCOUNT}."),
        )
    return passed(f"Đầu đọc {reader.id} ở {reader.port}.", f"Reader {reader.id} is at {reader.port}.", group=group)


def _group(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)


def _may_open(machine: Machine, group: str) -> bool:
    """Our account is a member of the group; on a computer without the account, whoever runs this may open it."""
    if f"{ACCOUNT}:" not in (machine.read("/etc/passwd") or ""):
        return True
    for line in (machine.read("/etc/group") or "").splitlines():
        name, _, rest = line.partition(":")
        if name == group:
            return ACCOUNT in rest.rpartition(":")[2].split(",")
    return False


def console(machine: Machine) -> Finding:
    """3: neither the kernel's console, nor a login prompt, nor another program is on the port."""
    return each(machine, _where_there(_console), PortKind.SERIAL)


def _console(machine: Machine, reader: ReaderSettings) -> Finding:
    tty = machine.target(reader)
    line = machine.boot_file("cmdline.txt")
    words = line.read_text("utf-8", "replace").split() if line else []
    names = {tty, "serial0"} if tty.startswith(("ttyAMA", "ttyS")) else {tty}
    consoles = [word for word in words if word.partition("=")[0] == "console" and word[8:].partition(",")[0] in names]
    if consoles:
        return failed(
            Said(
                f"Nhân hệ điều hành dùng cổng này làm màn hình ({consoles[0]}).",
                f"The kernel's console is on this port ({consoles[0]}).",
            ),
            Said(
                "Chạy: install.sh --reader-port uart, rồi khởi động lại.",
                "Run: install.sh --reader-port uart, then restart.",
            ),
        )
    others = sorted(set(machine.holders(machine.at(reader.port))) - OWN)
    if others or machine.run("systemctl", "is-active", f"serial-getty@{tty}.service") == "active":
        name = others[0] if others else "serial-getty"
        return failed(
            Said(f"Chương trình {name} đang chiếm cổng đầu đọc.", f"{name} is on the reader's port."),
            Said(
                f"Chạy: systemctl mask --now serial-getty@{tty}.service.",
                f"Run: systemctl mask --now serial-getty@{tty}.service.",
            ),
        )
    return passed("Không có chương trình khác trên cổng đầu đọc.", "Nothing else is on the reader's port.")


def uart(machine: Machine) -> Finding:
    """4: the UART that is clean on this model."""
    return each(machine, _where_there(_uart), PortKind.SERIAL)


def _uart(machine: Machine, reader: ReaderSettings) -> Finding:
    tty, model = machine.target(reader), machine.model()
    if "Pi 5" in model and tty == "ttyAMA10":
        return failed(
            Said(
                "Trên Pi 5, serial0 là cổng gỡ lỗi, không phải chân 8, 10.",
                "On a Pi 5 serial0 is the debug connector, not pins 8 and 10.",
            ),
            Said(
                'Ghi port = "/dev/ttyAMA0"; chạy install.sh --reader-port uart.',
                'Write port = "/dev/ttyAMA0"; run install.sh --reader-port uart.',
            ),
        )
    if tty == "ttyS0" and model:
        return warned(
            Said(
                "Đầu đọc ở cổng UART phụ (ttyS0): tốc độ phụ thuộc xung nhịp.",
                "The reader is on the mini UART (ttyS0), whose speed follows the core clock.",
            ),
            Said(
                "Chạy install.sh --reader-port uart (tắt Bluetooth).",
                "Run install.sh --reader-port uart (Bluetooth goes off).",
            ),
        )
    return passed(
        f"Cổng {tty or reader.port} phù hợp với máy này.", f"{tty or reader.port} is right for this computer."
    )


def opens(machine: Machine) -> Finding:
    """5: the port opens, for us alone."""
    return each(machine, _opens)


def _opens(machine: Machine, reader: ReaderSettings) -> Finding:
    if machine.station_runs():
        return warned(
            Said("Trạm đang chạy và giữ cổng đầu đọc.", "The station runs and holds the reader's port."),
            Said(
                "Muốn kiểm tra đầu đọc: systemctl stop diemdanh-edge, chạy lại.",
                "To check readers: systemctl stop diemdanh-edge, and run this again.",
            ),
        )
    try:
        attend(reader.port, open_of(machine, reader), 0, machine.mono_ns, lambda data, at: ())
    except PortError as error:
        return failed(
            Said(
                f"Không mở được đầu đọc {reader.id}: {short(error)}.",
                f"Reader {reader.id} does not open: {short(error)}.",
            ),
            Said("Xem mục 2 và 3; rút ra cắm lại.", "See checks 2 and 3; unplug it and plug it in again."),
        )
    return passed(f"Mở được đầu đọc {reader.id}.", f"Reader {reader.id} opens.")


def open_of(machine: Machine, reader: ReaderSettings) -> Open:
    """What opens the reader's port. Raises SettingsError for a port that such a reader cannot have."""
    return line_of(machine.located(reader), driver_of(reader), machine.mono_ns)


def short(error: PortError) -> str:
    """What the system says of a port, without its number and the path once more."""
    return (
        os.strerror(error.__cause__.errno)
        if isinstance(error.__cause__, OSError) and error.__cause__.errno
        else str(error)
    )
