"""Lines of other makers' attendance terminals (ZKTeco, Ronald Jack) as punches. Pure. Source: readers.md section 6.

The two kinds of line have different column orders, and taking one for the other makes every punch a check-out:

    attlog.dat (USB stick)   PIN, time, DEVICE id, status, verify, work code    exactly six, PIN padded to the right
    ADMS push (HTTP)         PIN, time, status, verify, work code, ...          two and more

So each parser refuses what has the other's shape. Times are local to the terminal and have no zone, except where a line
carries its offset or the firmware sends seconds since 1970 (UTC). A PIN is text: it may have letters, and its leading
zeros are part of it. Biometric tables are not read at all.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

LOCAL = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")
MOST_LINE_BYTES = 4096
MOST_PIN = 24
_TIME = re.compile(r"(\d{4})-(\d{2})-(\d{2})[ T](\d{2}):(\d{2}):(\d{2})")
_EPOCH = re.compile(r"\d{9,10}")
_PIN = re.compile(r"[0-9A-Za-z._-]{1,24}")
_NUMBER = re.compile(r"[+-]?\d{1,9}")
_NAMED = re.compile(r"([A-Za-z_]+)=([^\t]*)")
_PERCENT = re.compile(rb"%([0-9A-Fa-f]{2})")
_ATTLOG_COLUMNS = 6
_OFFSET_COLUMN = 10
_MOST_OFFSET_S = 14 * 3600


@dataclass(frozen=True, slots=True)
class TerminalPunch:
    """One punch of a terminal.

    at: its time, as the terminal's clock showed it. zoned: the line itself says in which zone; without, Vietnam's is
    taken. device: the terminal's number (attlog.dat alone). status and verify as sent; what people press means
    nothing for lateness.
    """

    pin: str
    at: datetime
    status: int = 0
    verify: int = 0
    workcode: str = "0"
    device: str | None = None
    zoned: bool = False


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is no punch. number counts from 1; problem says what is wrong with it."""

    number: int
    problem: str


@dataclass(frozen=True, slots=True)
class Lines:
    """What a file or a request held, in its order."""

    punches: tuple[TerminalPunch, ...]
    bad: tuple[BadLine, ...]


class _Refused(ValueError):
    """Why a line is no punch."""


def read_attlog(data: bytes) -> Lines:
    """The punches of an `attlog.dat`; bad lines are told one by one, a binary file as a single one."""
    if b"\x00" in data:
        return Lines((), (BadLine(1, "the file is binary, not an attlog.dat; export it again from the terminal"),))
    return _read(data, _attlog)


def read_adms(data: bytes) -> Lines:
    """The punches in the body of an ADMS `table=ATTLOG` request, in any dialect of it."""
    if b"\x00" in data:
        return Lines((), (BadLine(1, "the body is binary, not a list of punches"),))
    if data.startswith(b"data="):
        data = _form_decoded(data[5:])
    return _read(data, _adms)


def _form_decoded(data: bytes) -> bytes:
    """The body of a form field: `+` is a blank, `%0A` a byte."""
    return _PERCENT.sub(lambda found: bytes([int(found[1], 16)]), data.replace(b"+", b" "))


def _read(data: bytes, parse: Callable[[str], TerminalPunch]) -> Lines:
    punches, bad = [], []
    for number, raw in enumerate(data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n"), 1):
        if not raw.strip(b" \t\x1a"):
            continue
        try:
            if len(raw) > MOST_LINE_BYTES:
                raise _Refused(f"the line has more than {MOST_LINE_BYTES} bytes")
            punches.append(parse(raw.decode("utf-8", "replace")))
        except _Refused as refused:
            bad.append(BadLine(number, str(refused)))
    return Lines(tuple(punches), tuple(bad))


def _attlog(line: str) -> TerminalPunch:
    cells = line.split("\t")
    if len(cells) != _ATTLOG_COLUMNS:
        raise _Refused(
            f"has {len(cells)} columns, attlog.dat has six (PIN, time, device, status, verify, work code); "
            "a list pushed by a terminal has another order and is not taken for one"
        )
    pin, at, device, status, verify, workcode = (cell.strip() for cell in cells)
    return TerminalPunch(
        _pin(pin),
        _moment(at, LOCAL),
        _number(status, "status"),
        _number(verify, "verify"),
        workcode or "0",
        _device(device),
    )


def _adms(line: str) -> TerminalPunch:
    if ("\t" not in line and "=" in line) or re.match(r"\s*PIN=", line, re.IGNORECASE):
        return _named(line)
    cells = line.split("\t")
    if len(cells) < 2:
        raise _Refused("has one column; PIN and time are needed, with a tab between them")
    if len(cells) == _ATTLOG_COLUMNS and cells[0].startswith(" "):
        raise _Refused(
            "has the six columns and the padded PIN of attlog.dat, whose order is another; import it as a file"
        )
    pin, at, status, verify, workcode, *rest = [cell.strip() for cell in cells] + [""] * (_OFFSET_COLUMN + 1)
    return _pushed(pin, at, status, verify, workcode, rest[_OFFSET_COLUMN - 5])


def _named(line: str) -> TerminalPunch:
    """The dialect of `PIN=5<tab>DateTime=2026-03-02 06:58:12<tab>Status=0 ...`, in either case, or joined by `&`."""
    said = {name.lower(): value.strip() for name, value in _NAMED.findall(line.replace("&", "\t"))}
    return _pushed(
        _first(said, "pin", "userid"),
        _first(said, "datetime", "time", "checktime"),
        _first(said, "status"),
        _first(said, "verify", "verified", "verifytype"),
        _first(said, "workcode"),
        _first(said, "utcoffset", "utcoffset_s"),
    )


def _pushed(pin: str, at: str, status: str, verify: str, workcode: str, offset: str) -> TerminalPunch:
    zone = _zone(offset)
    if _EPOCH.fullmatch(at):
        moment, zone = datetime.fromtimestamp(int(at), UTC).astimezone(LOCAL), LOCAL
    else:
        moment = _moment(at, zone or LOCAL)
    numbers = _number(status or "0", "status"), _number(verify or "0", "verify")
    return TerminalPunch(_pin(pin), moment, *numbers, workcode or "0", zoned=zone is not None)


def _first(said: Mapping[str, str], *names: str) -> str:
    return next((said[name] for name in names if name in said), "")


def _pin(text: str) -> str:
    if not text:
        raise _Refused("has no PIN")
    if not _PIN.fullmatch(text):
        raise _Refused(f"PIN is not 1 to {MOST_PIN} letters and digits")
    return text


def _device(text: str) -> str:
    if not _NUMBER.fullmatch(text):
        raise _Refused("third column is no device number; is this a pushed list?")
    return text


def _moment(text: str, zone: timezone) -> datetime:
    found = _TIME.fullmatch(text)
    if found is None:
        raise _Refused(f"time {text[:40]!r} is not YYYY-MM-DD HH:MM:SS")
    try:
        year, month, day, hour, minute, second = (int(part) for part in found.groups())
        return datetime(year, month, day, hour, minute, second, tzinfo=zone)
    except ValueError as error:
        raise _Refused(f"time {text[:40]!r} does not exist") from error


def _number(text: str, what: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise _Refused(f"{what} {text[:20]!r} is no whole number")
    return int(text)


def _zone(text: str) -> timezone | None:
    """Seconds east of UTC as newer firmware sends them; nothing believable is None, for the column is often empty."""
    if not _NUMBER.fullmatch(text) or not 0 < abs(int(text)) <= _MOST_OFFSET_S:
        return None
    return timezone(timedelta(seconds=int(text)))
