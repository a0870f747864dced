"""Checks of the computer itself: a broken thing, and what the doctor says of it."""

import pytest

from tests.edge.doctor.conftest import NOW_S


@pytest.mark.parametrize("code", ["model", "battery_clock", "time", "watchdog", "power", "disk"])
def test_a_sound_computer_passes(door, code):
    assert door.told(code).startswith("pass: ")


def test_the_model_and_system_are_told(door):
    assert door.told("model") == "pass: Raspberry Pi 4 Model B Rev 1.4, Raspbian GNU/Linux 12 (bookworm)."
    assert door.found("model").facts["config"].endswith("/boot/firmware/config.txt")
    door.write("/etc/os-release", 'PRETTY_NAME="Raspbian 11"\nVERSION_CODENAME=bullseye\n')
    assert door.told("model") == "fail: Raspbian 11 is not supported."


def test_another_computer_is_good_for_trying(door):
    (door.root / "proc/device-tree/model").unlink()
    assert door.told("model").startswith("warn: This is no Raspberry Pi")


@pytest.mark.parametrize(
    ("panel", "told"),
    [
        ('pins = "none"', "left_out: This door has no lights"),
        ('pins = "gpio"', "pass: The pins are right"),
        ('pins = "mock"', "warn: The panel uses pins = 'mock', which"),
        ('pins = "gpio"\ngreen = 27', "fail: GPIO 27 is used twice"),
        ('pins = "gpio"\nred = 3', "fail: GPIO 3 is used twice, or by UART or I2C"),
        ('pins = "gpio"\nred = 14', "pass: "),
    ],
)
def test_the_pins_of_the_panel_are_its_own(door, panel, told):
    door.panel = panel
    assert door.told("pins").startswith(told)


def test_pins_of_the_uart_are_taken_by_a_reader_on_it(door):
    door.write("/dev/ttyAMA0", "")
    door.declare("rdm6300", "/dev/ttyAMA0")
    door.panel = 'pins = "gpio"\nred = 15'
    assert door.told("pins").startswith("fail: GPIO 15")


@pytest.mark.parametrize(
    ("port", "told"),
    [
        ("gpio:5,6", "pass: The pins are right"),
        ("gpio:5,27", "fail: GPIO 27 is used twice"),
        ("gpio:2,6", "fail: GPIO 2 is used twice, or by UART or I2C"),
    ],
)
def test_wiegand_wires_share_no_pin_with_the_panel_or_i2c(door, port, told):
    door.panel = 'pins = "gpio"'
    door.declare("wiegand26", port)
    assert door.told("pins").startswith(told)


def test_a_door_without_lights_still_has_the_pins_of_its_wires_checked(door):
    door.declare("wiegand26", "gpio:5,6")
    door.declare("wiegand34", "gpio:6,7")
    assert door.told("pins").startswith("fail: GPIO 6 is used twice")


def test_without_gpio_there_are_no_lights(door):
    (door.root / "dev/gpiochip0").unlink()
    door.panel = 'pins = "gpio"'
    assert door.told("pins") == "fail: There is no /dev/gpiochip."


@pytest.mark.parametrize(
    ("since", "driver", "told"),
    [
        (None, "", "warn: There is no battery clock"),
        ("86400", "", "fail: The battery clock is years off"),
        (str(NOW_S - 3), "", "warn: The battery clock is 3 s off."),
        (str(NOW_S + 1), "", "pass: "),
        (str(NOW_S), "batt_status\t: dead", "warn: The clock's battery is weak"),
        (str(NOW_S), "batt_status\t: okay", "pass: "),
    ],
)
def test_the_battery_clock_is_there_and_right(door, since, driver, told):
    file = door.root / "sys/class/rtc/rtc0/since_epoch"
    file.unlink()
    if since is not None:
        door.write("/sys/class/rtc/rtc0/since_epoch", since)
    door.write("/proc/driver/rtc", driver)
    assert door.told("battery_clock").startswith(told)


def test_time_is_vietnams_and_comes_from_the_network(door):
    door.program("timedatectl", "echo no")
    assert door.told("time").startswith("warn: The time does not come from the network yet")
    (door.root / "etc/localtime").unlink()
    assert door.told("time") == "warn: The zone is unknown, not Vietnam's."


def test_the_watchdog_is_armed(door):
    door.program("systemctl", "echo 0")
    assert door.told("watchdog") == "warn: The hardware watchdog is not armed."


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("throttled=0x50005", "fail: The voltage is low right now."),
        ("throttled=0x50000", "warn: The voltage was low"),
        ("what?", "left_out: "),
    ],
)
def test_low_voltage_is_found_now_and_since_the_boot(door, said, told):
    door.program("vcgencmd", f"echo {said}")
    assert door.told("power").startswith(told)
    (door.programs / "vcgencmd").unlink()
    assert door.told("power").startswith("left_out")


def test_a_journal_in_an_overlay_would_be_gone_with_the_power(door):
    door.write("/proc/mounts", "overlayroot / overlay rw 0 0\n/dev/sda1 /var ext4 rw 0 0\n")
    assert door.told("disk").startswith("pass")
    door.write("/proc/mounts", "overlayroot / overlay rw 0 0\n/dev/sda1 /var/lib/other ext4 rw 0 0\n")
    assert door.told("disk").startswith("fail: The journal lies in an overlay")


def test_a_journal_partition_that_is_not_mounted_is_told(door):
    door.write("/etc/fstab", "/dev/mmcblk0p2 / ext4 defaults 0 1\n#/dev/sda1 /var/lib/diemdanh ext4 nofail 0 2\n")
    assert door.told("disk").startswith("pass")
    door.write("/etc/fstab", "/dev/mmcblk0p2 / ext4 defaults 0 1\n/dev/sda1 /var/lib/diemdanh ext4 nofail 0 2\n")
    assert door.told("disk").startswith("fail: The journal's partition is not mounted")
    door.write("/proc/mounts", "/dev/root / ext4 rw 0 0\n/dev/sda1 /var/lib/diemdanh ext4 rw 0 0\n")
    assert door.told("disk").startswith("pass")


def test_a_card_that_would_wait_for_a_person_after_a_cut_is_told(door):
    door.write("/boot/firmware/cmdline.txt", "console=tty1 fsck.repair=preen")
    assert door.told("disk") == "warn: After a power cut a damaged card would wait for a person."
    (door.root / "boot/firmware/cmdline.txt").unlink()
    assert door.told("disk").startswith("pass"), "no Raspberry Pi: its boot loader is not ours"


def test_errors_of_the_card_are_told(door):
    door.write("/sys/fs/ext4/mmcblk0p2/errors_count", "7")
    assert door.told("disk") == "fail: The card has 7 file system errors."


def test_a_disk_that_cannot_be_written_to_is_told_and_nothing_is_left_behind(door):
    door.found("disk")
    folder = door.root / "var/lib/diemdanh"
    assert list(folder.iterdir()) == []
    folder.rmdir()
    assert door.told("disk").startswith("warn: There is no ")
    folder.write_text("a file in the way")
    assert door.told("disk").startswith("fail: ")
    assert folder.is_file()
