"""The function behind `diemdanh-edge decode`: recorded bytes through the same drivers and acceptance as at the door.

The format of the file is that of the recorded reader cases: `vectors`, each with an id, a protocol and what arrives
(`bytes_hex`, `chunks_hex`, Wiegand `bits`, `keys` with the reader's `profile`, or a `timeline` with its acceptance
`policy`). Lists of other makers' terminals are read as well (`attlog_dat`, `adms_attlog`).
"""

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from edge.badges import em_card, forms
from edge.errors import EdgeError
from edge.readers import DRIVERS, PROFILED, BadInput, EventKind, Reader, ReaderEvent
from edge.readers.acceptance import Acceptance, Policy, TapKind
from edge.readers.keyboard import key_bytes
from edge.readers.pn532 import Pn532
from edge.readers.profile import profile_from
from edge.terminals import Lines, TerminalPunch, read_adms, read_attlog

UNSUPPORTED = "unsupported_protocol"
BAD_VECTOR = "bad_vector"
_MS = 1_000_000
_END_NS = 10_000_000_000
"""Silence after the last byte, longer than any driver waits: the end of the input is the end of the stream."""

Vector = Mapping[str, Any]
Answer = dict[str, Any]


class DecodeError(EdgeError, ValueError):
    """The input cannot be read at all; the message says what is wrong with it."""


def decode_file(path: Path) -> list[Answer]:
    """One answer for each vector in the file, in its order. Raises DecodeError.

    A vector of a protocol that no driver reads has the error `unsupported_protocol`, a malformed one `bad_vector`.
    """
    try:
        vectors = json.loads(path.read_text(encoding="utf-8"))["vectors"]
        return [{"id": vector["id"], **_answer(vector)} for vector in vectors]
    except OSError as error:
        raise DecodeError(f"{path}: cannot be read ({error.strerror}); name a file of recorded reads") from error
    except (ValueError, KeyError, TypeError) as error:
        raise DecodeError(f'{path}: is no JSON object with a list "vectors" of objects that have an "id"') from error


def decode_frame(reader: str, hex_digits: str) -> Answer:
    """What one `reader` makes of the bytes written in `hex_digits` (blanks allowed). Raises DecodeError."""
    if reader not in DRIVERS:
        raise DecodeError(f"reader {reader!r} is not known; there are {', '.join(DRIVERS)}")
    try:
        data = bytes.fromhex(hex_digits)
    except ValueError as error:
        raise DecodeError("the bytes must be pairs of hex digits, such as 02363130...03") from error
    return _stream(_recorder(reader, {}), [data])


def _answer(vector: Vector) -> Answer:
    protocol = vector.get("protocol")
    if protocol in DRIVERS:
        decode: Callable[[Vector], Answer] = _recorded
    elif protocol in _OTHERS:
        decode = _OTHERS[protocol]
    else:
        return {"reads": [], "errors": [UNSUPPORTED]}
    try:
        return decode(vector)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        return {"reads": [], "errors": [BAD_VECTOR]}


def _recorded(vector: Vector) -> Answer:
    return _stream(_recorder(vector["protocol"], vector.get("profile", {})), _chunks(vector))


def _recorder(name: str, profile: Mapping[str, str]) -> Reader:
    """The driver as it reads a recording: a polled reader has been asked already."""
    if name == Pn532.name:
        return Pn532(name, recorded=True)
    if name in PROFILED and profile:
        return PROFILED[name](name, profile_from(profile))
    return DRIVERS[name](name)


def _chunks(vector: Vector) -> list[bytes]:
    """What arrives, as one or several reads."""
    if "keys" in vector:
        return [key_bytes((key, 1) if isinstance(key, str) else (str(key[0]), int(key[1])) for key in vector["keys"])]
    if "bits" in vector:
        return [vector["bits"].encode("ascii")]
    chunks = vector["chunks_hex"] if "chunks_hex" in vector else [vector["bytes_hex"]]
    return [bytes.fromhex(chunk) for chunk in chunks]


def _stream(reader: Reader, chunks: list[bytes]) -> Answer:
    events = [event for chunk in chunks for event in reader.feed(chunk, 0)] + reader.tick(_END_NS)
    answer = _told(events)
    read = [event for event in events if event.kind is EventKind.READ]
    return answer | ({"forms": dict(read[-1].forms)} if read else {})


def _told(events: list[ReaderEvent]) -> Answer:
    return {
        "reads": [event.badge for event in events if event.kind is EventKind.READ],
        "errors": [event.error.value for event in events if event.error is not None],
    }


def _printed(vector: Vector) -> Answer:
    card = em_card(bytes.fromhex(vector["bytes_hex"]))
    return {"reads": [card.badge], "errors": [], "forms": forms(card.badge, card.version)}


def _timeline(vector: Vector) -> Answer:
    """Frames of a reader that repeats, at their times, through the acceptance of the door."""
    reader = DRIVERS["rdm6300"]("rdm6300")
    acceptance = Acceptance(_policy(vector.get("policy", {})))
    events: list[ReaderEvent] = []
    taps = []
    for frame in vector["timeline"]:
        told = reader.feed(bytes.fromhex(frame["hex"]), frame["t_ms"] * _MS)
        events += told
        for event in told:
            taps += acceptance.offer(event, continuous=reader.continuous)
    events += reader.tick(events[-1].mono_ns + _END_NS if events else _END_NS)
    accepted = [[tap.mono_ns // _MS, tap.badge] for tap in taps if tap.kind is TapKind.ACCEPTED]
    return _told(events) | {"accepted": accepted}


def _policy(said: Mapping[str, int]) -> Policy:
    """The policy of the vector; what this version does not know is ignored."""
    known = {field.name for field in fields(Policy)}
    return Policy(**{name: int(value) for name, value in said.items() if name in known})


def _attlog(vector: Vector) -> Answer:
    def told(punch: TerminalPunch) -> Answer:
        return {
            "pin": punch.pin,
            "local_time": _shown(punch),
            "device_id": punch.device,
            "status": punch.status,
            "verify": punch.verify,
            "workcode": punch.workcode,
        }

    return _listed(read_attlog(b"".join(_chunks(vector))), told)


def _adms(vector: Vector) -> Answer:
    def told(punch: TerminalPunch) -> Answer:
        answer = {"pin": punch.pin, "time": _shown(punch), "status": punch.status, "verify": punch.verify}
        offset = punch.at.utcoffset()
        if punch.zoned and offset is not None:
            answer["utc_offset_s"] = round(offset.total_seconds())
        return answer

    return _listed(read_adms(b"".join(_chunks(vector))), told)


def _listed(lines: Lines, told: Callable[[TerminalPunch], Answer]) -> Answer:
    return {
        "reads": [],
        "errors": [BadInput.BAD_LINE.value for _ in lines.bad],
        "records": [told(punch) for punch in lines.punches],
    }


def _shown(punch: TerminalPunch) -> str:
    return f"{punch.at:%Y-%m-%d %H:%M:%S}"


_OTHERS: dict[str, Callable[[Vector], Answer]] = {
    "forms": _printed,
    "timeline": _timeline,
    "attlog_dat": _attlog,
    "adms_attlog": _adms,
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `diemdanh-edge decode`."""
    parser.description = "What card readers' bytes mean: a file of recorded reads, or one frame with --reader."
    parser.add_argument("input", metavar="FILE|HEX", help="file of recorded reads; with --reader, bytes in hex")
    parser.add_argument("--reader", choices=sorted(DRIVERS), help="decode the bytes as this reader would")


def run(arguments: argparse.Namespace) -> int:
    """Print the answer as JSON. Returns the exit code, 1 for one frame in which no badge is; raises DecodeError.

    A file may hold frames that are bad on purpose: it is answered, whatever is in it, with 0.
    """
    if arguments.reader is None:
        _say(decode_file(Path(arguments.input)))
        return 0
    answer = decode_frame(arguments.reader, arguments.input)
    _say(answer)
    if not answer["reads"]:
        why = ", ".join(answer["errors"]) or "too few bytes for a frame"
        sys.stderr.write(f"diemdanh-edge: {arguments.reader} reads no badge in these bytes ({why})\n")
    return 0 if answer["reads"] else 1


def _say(answer: object) -> None:
    sys.stdout.write(json.dumps(answer, ensure_ascii=False, indent=1) + "\n")
