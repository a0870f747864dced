"""Checks of the computer itself: model, pins, battery clock, time, watchdog, power, disk."""

import os
import shutil
from pathlib import Path

from edge.doctor.findings import Finding, Said, failed, left_out, passed, warned
from edge.doctor.machine import Machine
from edge.ports.gpio_line import wires_from
from edge.reading import PortKind

SUITES = ("bookworm", "trixie")
UNDER_VOLTAGE, THROTTLED = 1 << 0, 1 << 2
SINCE_BOOT = 16
"""get_throttled says the same bits, so far above, for "at some time since the boot"."""
UART_PINS, I2C_PINS = {14, 15}, {2, 3}
DRIFT_S = 2
FIRST_YEAR_S = 1_700_000_000
SLOW_MS = 200
LEAST_FREE = 0.1
FSYNCS = 20


def model(machine: Machine) -> Finding:
    """1: which computer, which system, where its boot settings are."""
    release = machine.read("/etc/os-release") or ""
    words = dict(line.partition("=")[::2] for line in release.splitlines())
    suite, name = words.get("VERSION_CODENAME", "").strip('"'), words.get("PRETTY_NAME", "?").strip('"')
    config = machine.boot_file("config.txt")
    facts = {"model": machine.model(), "os": name, "kernel": machine.read("/proc/sys/kernel/osrelease") or "?"}
    if suite not in SUITES:
        return failed(
            Said(f"Hệ điều hành {name} chưa được hỗ trợ.", f"{name} is not supported."),
            Said("Cài Raspberry Pi OS bookworm hoặc trixie.", "Install Raspberry Pi OS bookworm or trixie."),
            **facts,
        )
    if not machine.model() or config is None:
        return warned(
            Said(f"Máy này không phải Raspberry Pi ({name}).", f"This is no Raspberry Pi ({name})."),
            Said("Chỉ dùng để thử; đèn và còi cần chân GPIO.", "Good for trying; lights and buzzer need GPIO pins."),
            **facts,
        )
    return passed(f"{machine.model()}, {name}.", f"{machine.model()}, {name}.", config=str(config), **facts)


def pins(machine: Machine) -> Finding:
    """14: the pins of the panel belong to it alone, and are real."""
    panel = machine.settings.panel
    if panel.pins == "none" and not machine.readers(PortKind.PINS):
        return left_out("Cửa này không có đèn, còi.", "This door has no lights and no buzzer.")
    clash = _clash(machine)
    if clash:
        listed = ", ".join(map(str, clash))
        return failed(
            Said(
                f"Chân GPIO {listed} bị dùng hai lần hoặc thuộc UART, I2C.",
                f"GPIO {listed} is used twice, or by UART or I2C.",
            ),
            Said(
                "Đổi [panel] hoặc port của đầu đọc trong station.toml và dây nối.",
                "Change [panel] or the reader's port in station.toml and the wires.",
            ),
        )
    if panel.pins not in ("gpio", "none"):
        return warned(
            Said(
                f"Đèn dùng pins = {panel.pins!r}: không phải chân thật.",
                f"The panel uses pins = {panel.pins!r}, which are not real.",
            ),
            Said('Ghi pins = "gpio".', 'Write pins = "gpio".'),
        )
    if not sorted(machine.at("/dev").glob("gpiochip*")):
        return failed(
            Said("Không thấy /dev/gpiochip.", "There is no /dev/gpiochip."),
            Said("Kiểm tra đây có phải Raspberry Pi không.", "See whether this is a Raspberry Pi."),
        )
    return passed("Chân GPIO đúng.", "The pins are right.")


def _clash(machine: Machine) -> list[int]:
    """The pins that two want: lights, Wiegand wires, a UART with a reader on it, I2C."""
    panel = machine.settings.panel
    used = [panel.green, panel.amber, panel.red, panel.buzzer] if panel.pins != "none" else []
    used += [panel.field_button] if panel.field_button else []
    for reader in machine.readers(PortKind.PINS):
        wires = wires_from(reader.port)
        used += [wires.d0, wires.d1] if wires is not None else []
    uart = any(machine.target(reader).startswith(("ttyAMA", "ttyS")) for reader in machine.readers(PortKind.SERIAL))
    taken = I2C_PINS | (UART_PINS if uart else set())
    return sorted({pin for pin in used if used.count(pin) > 1} | (set(used) & taken))


def battery_clock(machine: Machine) -> Finding:
    """15: a clock that goes on without power, and agrees with the network's time."""
    since = machine.read("/sys/class/rtc/rtc0/since_epoch")
    if since is None or not since.isdecimal():
        return warned(
            Said("Không có đồng hồ pin (RTC).", "There is no battery clock (RTC)."),
            Said(
                "Lắp DS3231; nếu không, sau khi mất điện phải chờ có mạng mới biết giờ.",
                "Fit a DS3231; without it the time after a power cut is known only with the network.",
            ),
        )
    driver = machine.read("/proc/driver/rtc") or ""
    drift = abs(int(since) - machine.utc_ms() // 1000)
    if int(since) < FIRST_YEAR_S:
        return failed(
            Said("Đồng hồ pin sai nhiều năm: hết pin.", "The battery clock is years off: its battery is empty."),
            Said(
                "Thay pin CR2032, có mạng rồi chạy: hwclock --systohc.",
                "Change the CR2032; with the network up: hwclock --systohc.",
            ),
        )
    if "batt_status" in driver and "okay" not in driver:
        return warned(
            Said("Pin đồng hồ yếu.", "The clock's battery is weak."), Said("Thay pin CR2032.", "Change the CR2032.")
        )
    if drift > DRIFT_S:
        return warned(
            Said(f"Đồng hồ pin lệch {drift} giây.", f"The battery clock is {drift} s off."),
            Said("Có mạng rồi chạy: hwclock --systohc.", "With the network up: hwclock --systohc."),
            drift_s=drift,
        )
    return passed("Đồng hồ pin chạy đúng.", "The battery clock runs.")


def time_zone(machine: Machine) -> Finding:
    """16: the zone, and whether the network gives the time."""
    zone = str(machine.at("/etc/localtime").readlink()) if machine.at("/etc/localtime").is_symlink() else ""
    if not zone.endswith(("Asia/Ho_Chi_Minh", "Asia/Saigon", "Asia/Bangkok")):
        return warned(
            Said(
                f"Múi giờ là {zone or 'không rõ'}, không phải Việt Nam.",
                f"The zone is {zone or 'unknown'}, not Vietnam's.",
            ),
            Said("Chạy: timedatectl set-timezone Asia/Ho_Chi_Minh.", "Run: timedatectl set-timezone Asia/Ho_Chi_Minh."),
        )
    if machine.run("timedatectl", "show", "-p", "NTPSynchronized", "--value") != "yes":
        return warned(
            Said("Giờ chưa lấy được từ mạng.", "The time does not come from the network yet."),
            Said(
                "Nối mạng, chờ vài phút; lượt quẹt vẫn được ghi.",
                "Connect the network, wait some minutes; taps are recorded all the same.",
            ),
        )
    return passed("Múi giờ Việt Nam, giờ lấy từ mạng.", "Vietnam's zone, time from the network.")


def watchdog(machine: Machine) -> Finding:
    """17: a system that hangs is started anew by the hardware. Read only."""
    armed = machine.run("systemctl", "show", "-p", "RuntimeWatchdogUSec", "--value") or "0"
    if not machine.at("/dev/watchdog").exists() or armed in ("0", "infinity", "off"):
        return warned(
            Said("Bộ canh phần cứng (watchdog) chưa bật.", "The hardware watchdog is not armed."),
            Said("Chạy lại install.sh rồi khởi động lại máy.", "Run install.sh again and restart."),
            armed=armed,
        )
    return passed(f"Watchdog đã bật ({armed}).", f"The watchdog is armed ({armed}).", armed=armed)


def power(machine: Machine) -> Finding:
    """18: under-voltage now or since the boot."""
    said = machine.run("vcgencmd", "get_throttled")
    try:
        flags = int((said or "").partition("=")[2], 16)
    except ValueError:
        return left_out("Máy này không cho biết điện áp.", "This computer does not tell its voltage.")
    if flags & (UNDER_VOLTAGE | THROTTLED):
        return failed(
            Said("Điện áp đang thấp.", "The voltage is low right now."),
            Said("Thay nguồn 5 V 3 A và dây ngắn, to.", "Take a 5 V 3 A supply and a short, thick cable."),
            flags=flags,
        )
    if flags >> SINCE_BOOT & (UNDER_VOLTAGE | THROTTLED):
        return warned(
            Said("Điện áp đã có lúc thấp từ khi bật máy.", "The voltage was low at some time since the boot."),
            Said("Thay nguồn 5 V 3 A.", "Take a 5 V 3 A supply."),
            flags=flags,
        )
    return passed("Điện áp đủ.", "The voltage is right.", flags=flags)


def disk(machine: Machine) -> Finding:
    """19: the journal's disk is there, is written to, keeps what it promises, and has room; the card has no errors, and
    after a power cut it is mended without a person."""
    folder = machine.at(machine.settings.station.data)
    if _partition_missing(machine):
        return failed(
            Said(
                f"Phân vùng của nhật ký chưa gắn vào {folder}: không lượt quẹt nào được ghi.",
                f"The journal's partition is not mounted at {folder}: no tap is recorded.",
            ),
            Said(
                "Cắm lại thẻ, USB; xem systemctl status var-lib-diemdanh.mount; hỏng thì thay, chạy lại install.sh.",
                "Plug it in again; see systemctl status var-lib-diemdanh.mount; replace a broken one, run install.sh.",
            ),
        )
    if not folder.exists():
        return warned(
            Said(
                f"Chưa có thư mục {folder}: trạm chưa chạy lần nào.",
                f"There is no {folder}: the station has never run.",
            ),
            Said("Chạy: systemctl start diemdanh-edge.", "Run: systemctl start diemdanh-edge."),
        )
    try:
        slowest_ms = _slowest_fsync_ms(machine, folder)
        usage = shutil.disk_usage(folder)
    except OSError as error:
        return failed(
            Said(
                f"Không ghi được vào {folder}: {error.strerror}.", f"{folder} cannot be written to: {error.strerror}."
            ),
            Said(
                "Thẻ nhớ đầy, hỏng hoặc chỉ đọc: xem df -h, dmesg; nếu chỉ đọc thì khởi động lại.",
                "The card is full, broken or read-only: see df -h, dmesg; restart a read-only one.",
            ),
        )
    free = usage.free / usage.total
    facts = {
        "fsync_ms": round(slowest_ms, 1),
        "free_percent": round(free * 100),
        "overlay": _over_overlay(machine, folder),
    }
    errors = sum(int(f.read_text("ascii")) for f in machine.at("/sys/fs/ext4").glob("*/errors_count"))
    if facts["overlay"]:
        return failed(
            Said(
                "Nhật ký nằm trên lớp phủ (overlay): mất điện là mất hết.",
                "The journal lies in an overlay: it is gone with the power.",
            ),
            Said(
                "Cho nhật ký phân vùng riêng: install.sh --journal-device.",
                "Give the journal its own partition: install.sh --journal-device.",
            ),
            **facts,
        )
    if errors:
        return failed(
            Said(f"Thẻ nhớ có {errors} lỗi hệ thống tệp.", f"The card has {errors} file system errors."),
            Said("Thay thẻ nhớ (loại công nghiệp, pSLC).", "Change the card (an industrial one, pSLC)."),
            errors=errors,
            **facts,
        )
    if free < LEAST_FREE or slowest_ms > SLOW_MS:
        return warned(
            Said(
                f"Thẻ nhớ gần đầy hoặc chậm (ghi {slowest_ms:.0f} ms, còn {free:.0%}).",
                f"The card is nearly full or slow ({slowest_ms:.0f} ms a write, {free:.0%} free).",
            ),
            Said("Dọn bớt, hoặc thay thẻ nhớ.", "Make room, or change the card."),
            **facts,
        )
    if not _repairs(machine):
        return warned(
            Said(
                "Sau khi mất điện, thẻ nhớ hỏng nhẹ phải chờ người đến sửa.",
                "After a power cut a damaged card would wait for a person.",
            ),
            Said(
                "Chạy lại install.sh rồi khởi động lại (fsck.repair=yes trong cmdline.txt).",
                "Run install.sh again and restart (fsck.repair=yes in cmdline.txt).",
            ),
            **facts,
        )
    return passed(
        f"Ghi được, {slowest_ms:.0f} ms, còn trống {free:.0%}.",
        f"It writes in {slowest_ms:.0f} ms, {free:.0%} free.",
        **facts,
    )


def _partition_missing(machine: Machine) -> bool:
    """Whether the folder is to be a file system of its own (fstab) and is none now."""
    data = str(machine.settings.station.data)
    wanted = [words for line in (machine.read("/etc/fstab") or "").splitlines() if (words := line.split())]
    mounted = [line.split() for line in (machine.read("/proc/mounts") or "").splitlines()]
    return any(w[1:2] == [data] and not w[0].startswith("#") for w in wanted) and all(m[1:2] != [data] for m in mounted)


def _repairs(machine: Machine) -> bool:
    """Whether a check of a disk at the start may mend all it finds; a computer without cmdline.txt is not asked."""
    line = machine.boot_file("cmdline.txt")
    return line is None or "fsck.repair=yes" in line.read_text("utf-8", "replace").split()


def _slowest_fsync_ms(machine: Machine, folder: Path) -> float:
    """The longest of some writes of the size of a punch, each made durable."""
    trial, slowest_ns = folder / ".doctor", 0
    fd = os.open(trial, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        for _ in range(FSYNCS):
            began_ns = machine.mono_ns()
            os.write(fd, b"." * 300)
            os.fdatasync(fd)
            slowest_ns = max(slowest_ns, machine.mono_ns() - began_ns)
    finally:
        os.close(fd)
        trial.unlink()
    return slowest_ns / 1e6


def _over_overlay(machine: Machine, folder: Path) -> bool:
    """Whether the nearest mount above the folder is an overlay."""
    mounts = [line.split() for line in (machine.read("/proc/mounts") or "").splitlines()]
    inside = str(machine.settings.station.data)
    above = [m for m in mounts if len(m) > 2 and (inside + "/").startswith(m[1].rstrip("/") + "/")]
    return bool(above) and max(above, key=lambda m: len(m[1]))[2] == "overlay"
