"""The doctor as a command from central: what disturbs nobody, in one line that fits into a result."""

import pytest

from edge.checkup import MOST_CHARS, QUIET, checkup, told
from edge.clock import open_clock
from edge.doctor import CHECKS, Examined, examine
from edge.doctor.findings import Said, failed, passed, warned
from edge.settings import ClockSettings, parse_settings
from edge.wire.command import Result, decode_result, encode_result


def line(door, language="en"):
    return told(examine(door.machine(), QUIET), language)


def test_what_passed_is_numbers_and_what_failed_says_what_to_do(door):
    door.reader()
    assert line(door) == "pass 1 2 3 4 15 16 17 18 19 | left_out 14"
    door.program("vcgencmd", "echo throttled=0x1")
    (door.root / "sys/class/rtc/rtc0/since_epoch").unlink()
    assert line(door).split(" | ") == [
        "pass 1 2 3 4 16 17 19",
        "left_out 14",
        "fail 18 power: The voltage is low right now. -> Take a 5 V 3 A supply and a short, thick cable.",
        "warn 15 battery_clock: There is no battery clock (RTC). -> Fit a DS3231; without it the time after a power "
        "cut is known only with the network.",
    ]
    assert "Điện áp đang thấp. -> Thay nguồn" in line(door, "vi")


@pytest.mark.parametrize("chars", [1, 30, 80, 400])
def test_however_much_fails_the_line_fits_and_names_every_check(chars):
    said = Said("ă|\n" * chars, "a" * chars)
    whole = [Examined(check, failed(said, said) if check.number in QUIET else passed("", "")) for check in CHECKS]
    text = told([one for one in whole if one.check.number in QUIET], "vi")
    assert len(text) <= MOST_CHARS and text.count("fail ") == len(QUIET) == len(text.split(" | "))
    assert decode_result(encode_result(Result("door-0001", "c1", "done", text))).detail == text


def test_room_is_given_to_the_next_steps_of_what_is_worst():
    def one(number, finding):
        return Examined(next(check for check in CHECKS if check.number == number), finding)

    said = Said("ă" * 75, "a" * 75)
    text = told([one(number, warned(said, said)) for number in (1, 15, 16)] + [one(18, failed(said, said))], "en")
    assert [" -> " in part for part in text.split(" | ")] == [True, False, False, False]
    assert text.startswith("fail 18 power") and len(text) <= MOST_CHARS


def test_a_language_that_there_is_not_is_refused():
    settings = parse_settings('[station]\ndata = "/nowhere"', "test", {})
    with pytest.raises(ValueError, match="'fr' is none of vi, en"):
        checkup(settings, open_clock(ClockSettings(quality="none")), "fr")
