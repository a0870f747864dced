"""Lines of other makers' terminals, one line a case. `|` stands for a tab."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.terminals import read_adms, read_attlog


def told(lines) -> list[str]:
    return [
        f"{p.pin} {p.at:%Y-%m-%d %H:%M:%S%z} {p.status} {p.verify}" + (f" dev {p.device}" if p.device else "")
        for p in lines.punches
    ]


def attlog(text: str):
    return read_attlog(text.replace("|", "\t").encode())


def adms(text: str):
    return read_adms(text.replace("|", "\t").encode())


def test_a_file_from_a_stick_has_the_device_in_its_third_column():
    lines = attlog("    1|2015-06-22 17:33:15|1|0|0|0\n   2b|2015-06-23 11:47:37|104|1|15|3\r\n")
    assert told(lines) == ["1 2015-06-22 17:33:15+0700 0 0 dev 1", "2b 2015-06-23 11:47:37+0700 1 15 dev 104"]
    assert lines.bad == ()
    assert lines.punches[1].workcode == "3"


def test_a_pushed_list_has_the_status_in_its_third_column():
    assert told(adms("123|2024-01-01 08:00:00|0|1|0\n456|2024-01-01 17:00:00|1|1")) == [
        "123 2024-01-01 08:00:00+0700 0 1",
        "456 2024-01-01 17:00:00+0700 1 1",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("999|2024-01-01 08:00:00", "999 2024-01-01 08:00:00+0700 0 0"),
        ("007|2024-01-01 08:00:00|0|4|0|0|0", "007 2024-01-01 08:00:00+0700 0 4"),
        ("101|2026-03-02 06:58:12|0|15|0|0|0||36.4|36.4|+25200|", "101 2026-03-02 06:58:12+0700 0 15"),
        ("101|2026-03-02 06:58:12|0|15|0|0|0||||28800|", "101 2026-03-02 06:58:12+0800 0 15"),
        ("101|2026-03-02 06:58:12|0|15|0|0|0||||99999999|", "101 2026-03-02 06:58:12+0700 0 15"),
        ("5|1772409492|0|1", "5 2026-03-02 06:58:12+0700 0 1"),
        ("PIN=5|DateTime=2026-03-02 06:58:12|Status=1|Verify=4", "5 2026-03-02 06:58:12+0700 1 4"),
        ("pin=5&datetime=2026-03-02 06:58:12&verified=1", "5 2026-03-02 06:58:12+0700 0 1"),
        ("data=5%092026-03-02+06:58:12%090%091%0A", "5 2026-03-02 06:58:12+0700 0 1"),
    ],
)
def test_the_dialects_of_a_push(text, expected):
    assert told(adms(text)) == [expected]
    assert adms(text).bad == ()


def test_a_line_that_says_its_zone_is_known_to():
    zoned = adms("1|2026-03-02 06:58:12|0|15|0|0|0||||25200\n2|2026-03-02 06:58:12\n3|1772409492")
    assert [p.zoned for p in zoned.punches] == [True, False, True]


@pytest.mark.parametrize(
    ("read", "text", "problem"),
    [
        (attlog, "1|2015-06-22 17:33:15|0|1|0", "has 5 columns, attlog.dat has six"),
        (attlog, "1|2015-06-22 17:33:15|0|1|0|0|0|", "has 8 columns"),
        (adms, "    1|2015-06-22 17:33:15|1|0|0|0", "padded PIN of attlog.dat"),
        (attlog, "1|2015-02-30 17:33:15|1|0|0|0", "does not exist"),
        (attlog, "1|22/06/2015 17:33|1|0|0|0", "is not YYYY-MM-DD"),
        (attlog, "|2015-06-22 17:33:15|1|0|0|0", "has no PIN"),
        (attlog, "a b|2015-06-22 17:33:15|1|0|0|0", "letters and digits"),
        (attlog, "1|2015-06-22 17:33:15|x|0|0|0", "no device number"),
        (attlog, "1|2015-06-22 17:33:15|1|in|0|0", "status 'in' is no whole number"),
        (adms, "5", "has one column"),
        (adms, "|2024-01-01 09:00:00|1|1", "has no PIN"),
        (adms, "5|2024-13-01 09:00:00|1|1", "does not exist"),
        (adms, "DateTime=2024-01-01 09:00:00", "has no PIN"),
        (adms, "1|" + "x" * 5000, "more than 4096 bytes"),
    ],
)
def test_what_is_no_punch_is_said_with_its_line_and_the_others_are_kept(read, text, problem):
    good = "7|2020-02-24 12:47:31|1|0|0|0" if read is attlog else "7|2020-02-24 12:47:31|0|1"
    lines = read(f"{good}\n\n{text}\n{good}\n")
    assert [p.pin for p in lines.punches] == ["7", "7"]
    [bad] = lines.bad
    assert bad.number == 3
    assert problem in bad.problem


@pytest.mark.parametrize("read", [read_attlog, read_adms])
def test_a_binary_file_is_one_problem(read):
    assert read(b"A\x001\x0000036\n\n\n").punches == ()
    assert len(read(b"A\x001\x0000036\n\n\n").bad) == 1
    assert read(b"") == read(b"\r\n \x1a")


@given(st.binary(max_size=400))
def test_random_bytes_never_raise(data):
    for read in (read_attlog, read_adms):
        lines = read(data)
        assert len(lines.punches) + len(lines.bad) <= data.count(b"\n") + data.count(b"\r") + data.count(b"%") + 1
