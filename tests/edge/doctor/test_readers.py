"""Checks of ports and cards, on pseudo terminals."""

import threading

import pytest

from edge.doctor.cards import recognised
from tests.edge.doctor.conftest import Player

RDM6300 = bytes.fromhex("0236313030384542324639413403")
GWIOT = bytes.fromhex("020A022E00B6D7B5F203")
RANDOM = bytes.fromhex("02090108A1B2C3D003")


def test_a_door_without_readers_has_nothing_to_check(door):
    for code in ("path", "console", "uart", "opens", "silence", "frames"):
        assert door.told(code) == "left_out: No reader is set."


def test_a_sound_reader_passes(door):
    door.reader()
    for code in ("path", "console", "uart", "opens"):
        assert door.told(code).startswith("pass: "), code


def test_a_reader_that_is_not_there_or_changes_its_name(door):
    door.declare("rdm6300", "/dev/diemdanh-reader")
    assert door.told("path") == "fail: Reader r1 is not at /dev/diemdanh-reader."
    assert door.told("opens").startswith("fail: Reader r1 does not open: No such file")
    assert door.told("silence") == "fail: Reader r1 is lost: No such file or directory."
    for code in ("console", "uart"):
        assert door.told(code) == "left_out: There is no /dev/diemdanh-reader: see check 2."
    door.readers.clear()
    door.reader(path="/dev/ttyUSB0")
    assert door.told("path") == "warn: /dev/ttyUSB0 changes its name when it is plugged in again."


def test_our_account_must_be_in_the_ports_group(door):
    import grp

    door.reader()
    group = grp.getgrgid((door.root / "dev/diemdanh-reader").stat().st_gid).gr_name
    door.write("/etc/passwd", "diemdanh:x:900:900::/:/usr/sbin/nologin\n")
    door.write("/etc/group", f"other:x:5:diemdanh\n{group}:x:20:pi\n")
    assert door.told("path") == f"fail: Account diemdanh is not in group {group}."
    door.write("/etc/group", f"{group}:x:20:pi,diemdanh\n")
    assert door.told("path").startswith("pass")


def test_the_kernels_console_and_a_login_prompt_are_found_on_the_port(door):
    door.write("/dev/ttyAMA0", "")
    door.declare("rdm6300", "/dev/ttyAMA0")
    door.write("/boot/firmware/cmdline.txt", "console=serial0,115200 console=tty1")
    assert door.told("console") == "fail: The kernel's console is on this port (console=serial0,115200)."
    door.write("/boot/firmware/cmdline.txt", "console=tty1")
    assert door.told("console").startswith("pass")
    door.program("systemctl", 'case "$2" in serial-getty@ttyAMA0.service) echo active;; *) exit 3;; esac')
    assert door.told("console") == "fail: serial-getty is on the reader's port."


def test_another_program_on_the_port_is_named(door):
    door.reader()
    target = (door.root / "dev/diemdanh-reader").resolve()
    fd = door.root / "proc/123/fd"
    fd.mkdir(parents=True)
    (fd / "3").symlink_to(target)
    door.write("/proc/123/comm", "ModemManager\n")
    assert door.told("console") == "fail: ModemManager is on the reader's port."


@pytest.mark.parametrize(
    ("model", "tty", "told"),
    [
        ("Raspberry Pi 5 Model B", "ttyAMA10", "fail: On a Pi 5 serial0 is the debug connector"),
        ("Raspberry Pi 5 Model B", "ttyAMA0", "pass: ttyAMA0 is right"),
        ("Raspberry Pi 3 Model B Plus", "ttyS0", "warn: The reader is on the mini UART"),
        ("Raspberry Pi 3 Model B Plus", "ttyAMA0", "pass: "),
    ],
)
def test_the_uart_is_the_clean_one_of_this_model(door, model, tty, told):
    door.write("/proc/device-tree/model", model)
    door.write(f"/dev/{tty}", "")
    (door.root / "dev/serial0").symlink_to(door.root / "dev" / tty)
    door.declare("rdm6300", "/dev/serial0")
    assert door.told("uart").startswith(told)


def test_a_running_station_holds_the_ports(door):
    door.reader()
    door.answers = []
    door.program("systemctl", "echo active")
    assert door.told("opens") == "warn: The station runs and holds the reader's port."
    for code in ("silence", "frames"):
        assert door.told(code).startswith("left_out: The station holds the readers")


def test_checks_that_need_a_hand_are_left_out_unless_asked(door):
    door.reader()
    door.reader("pn532_hsu", "/dev/pn532")
    for code in ("frames", "same_card", "random_card"):
        assert door.told(code) == "left_out: Needs a person: add --ask."


def test_a_silent_reader_passes_and_a_noisy_one_is_told(door, hurried):
    master = door.reader()
    assert door.told("silence") == "pass: Reader r1 is silent without a card."
    with Player(master, b"\xff\x00\xa5"):
        assert door.told("silence") == "warn: Reader r1 is noisy without a card."
    with Player(master, RDM6300):
        assert door.told("silence") == "warn: Reader r1 reads cards while there is none."


def test_a_card_is_read_and_its_number_is_never_told_whole(door, hurried):
    master = door.reader()
    door.answers = []
    with Player(master, RDM6300):
        finding = door.found("frames")
    assert finding.status == "pass"
    assert finding.facts["badge"] == "em:****B2F9"
    assert 40 <= finding.facts["period_ms"] <= 120
    assert door.asked == ["Hold a card at reader r1, then press Enter"]
    assert "008EB2F9" not in repr(finding)


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (b"", "fail: Reader r1 sends nothing."),
        (GWIOT, "fail: This reader is a gwiot7941e."),
        (b"\xff\x80\x00\xfe\xe0", "fail: The baud rate is wrong, or the wire is noisy."),
        (b"hello, world ", "fail: Reader r1 sends what is no card."),
    ],
)
def test_why_no_card_is_read(door, hurried, sent, told):
    master = door.reader()
    door.answers = []
    if not sent:
        assert door.told("frames") == told
        return
    with Player(master, sent):
        assert door.told("frames") == told


def test_bad_frames_among_good_ones_are_told(door, hurried):
    master = door.reader()
    door.answers = []
    with Player(master, RDM6300 + RDM6300[:-2] + b"0\x03"):
        assert door.told("frames").startswith("warn: Reader r1: ")


def test_swapped_wires_are_told(door, hurried):
    master = door.reader("wiegand26")
    door.answers = []
    with Player(master, b"00111000101001101000001101\n"):
        assert door.told("wiegand") == "fail: Wires D0 and D1 are swapped."


def test_the_drivers_that_read_some_bytes_are_recognised():
    assert recognised(RDM6300) == ["rdm6300"]
    assert recognised(GWIOT) == ["gwiot7941e"]
    assert recognised(bytes.fromhex("0000FF00FF000000FF0CF4D54B010100040804DE3A5B7CDF00")) == ["pn532_hsu"]
    assert recognised(b"11000111010110010111110010\n") == ["wiegand26"]
    assert recognised(b"hello") == []


def test_one_card_at_two_readers_is_the_same_badge(door, hurried):
    first, second = door.reader(), door.reader("wiegand26", "/dev/other")
    door.answers = []
    with Player(first, RDM6300), Player(second, b"11000111010110010111110010\n"):
        assert door.told("same_card") == "pass: All readers tell the same badge."
    with Player(first, RDM6300), Player(second, b"10111101100010001110101110\n"):
        assert door.told("same_card") == "fail: The readers tell different badges."
    with Player(first, RDM6300):
        assert door.told("same_card") == "fail: Reader r2 does not read the card."


def test_a_card_that_changes_its_number_is_refused(door, hurried):
    master = door.reader("gwiot7941e")
    door.answers = []
    with Player(master, RANDOM):
        assert door.told("random_card") == "pass: A card that changes its number is refused."
    with Player(master, bytes.fromhex("020901DE3A5B7CCB03")):
        assert door.told("random_card").startswith("warn: This card has a number of its own")
    assert door.told("random_card") == "warn: No card was seen."


def test_a_pn532_that_is_silent_is_told(door, hurried):
    door.reader("pn532_hsu")
    assert door.told("pn532") == "fail: The PN532 does not answer."


def test_a_reader_that_was_unplugged_comes_back_under_its_path(door, hurried):
    door.write("/dev/ttyUSB0", "")
    link = door.root / "dev/diemdanh-reader"
    link.symlink_to(door.root / "dev/ttyUSB0")
    door.declare("rdm6300", "/dev/diemdanh-reader")
    door.answers = []
    assert door.told("replug") == "pass: Reader r1 is back under its name."
    machine = door.machine()

    def pulled(vi: str, en: str) -> bool:
        link.unlink()
        threading.Timer(0.2, lambda: link.symlink_to(door.root / "dev/ttyUSB0")).start()
        return True

    from dataclasses import replace

    from edge.doctor.cards import replug

    assert replug(replace(machine, ask=pulled)).status == "pass"
    assert replug(replace(machine, ask=lambda vi, en: link.unlink() or True)).status == "fail"


KEYBOARD = "/dev/input/by-id/usb-reader-event-kbd"


def test_every_reader_of_a_door_is_told_and_the_worst_decides(door):
    door.reader()
    door.declare("hid_evdev", KEYBOARD)
    finding = door.found("path")
    assert finding.status == "fail"
    assert finding.sentence.en == (
        f"r1 pass: Reader r1 is at /dev/diemdanh-reader; r2 fail: Reader r2 is not at {KEYBOARD}"
    )
    assert "/dev/input/by-id" in finding.next_step.en
    assert finding.facts.keys() == {"r1.group"}


def test_readers_on_pins_and_keyboards_have_no_serial_port_to_check(door):
    door.declare("wiegand26", "gpio:5,6")
    door.write(KEYBOARD, "")
    door.declare("hid_evdev", KEYBOARD)
    assert door.told("path").startswith("pass: r1 pass: Reader r1 is at gpio:5,6; r2 pass: Reader r2")
    for code in ("console", "uart"):
        assert door.told(code) == "left_out: No reader is on a serial port."


def test_a_file_that_is_no_keyboard_and_pins_that_are_not_there_do_not_open(door):
    door.write(KEYBOARD, "")
    door.declare("hid_evdev", KEYBOARD)
    assert "is no input device" in door.told("opens")
    door.readers.clear()
    door.declare("wiegand26", "/dev/null-chip:5,6")
    assert door.told("opens").startswith("fail: Reader r1 does not open")


def test_an_input_device_by_its_number_changes_its_name(door):
    door.write("/dev/input/event3", "")
    door.declare("hid_evdev", "/dev/input/event3")
    assert door.told("path") == "warn: /dev/input/event3 changes its name when it is plugged in again."
