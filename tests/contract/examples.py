"""One value of every message of wire version 1, with a fixed key. The golden bytes are made from these."""

from collections.abc import Callable

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.wire import events as ev
from edge.wire.ack import Ack, Refused, Resend, decode_ack, encode_ack
from edge.wire.batch import Batch, decode_batch, encode_batch
from edge.wire.chain import chain_start, links
from edge.wire.command import Command, Result, decode_command, decode_result, encode_command, encode_result
from edge.wire.config import Boundary, Config, RosterEntry, decode_config, encode_config
from edge.wire.events import Clock, Event, Stamp, decode_event, encode_event
from edge.wire.notes import Seal, decode_seal
from edge.wire.status import (
    Heartbeat,
    OpenJournal,
    ReaderState,
    Status,
    decode_heartbeat,
    decode_status,
    encode_heartbeat,
    encode_status,
)

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
DEVICE, JOURNAL, PARENT = "d00112233445566aa", "0123456789abcdef", "fedcba9876543210"
BOOT = "5f3c8a2e-0000-4000-8000-000000000001"
T0 = 1_541_979_600_000  # 2018-11-12 06:40 in Vietnam


def sign(line: bytes) -> bytes:
    return KEY.sign(line)


def verify(signature: bytes, line: bytes) -> bool:
    try:
        KEY.public_key().verify(signature, line)
    except InvalidSignature:
        return False
    return True


def stamp(second: int, clock: Clock = Clock.NTP) -> Stamp:
    if clock is Clock.NONE:
        return Stamp(second * 1000, None, clock)
    return Stamp(second * 1000, T0 + second * 1000, clock, 64)


BODIES: dict[str, ev.Body] = {
    "start": ev.Start(BOOT, "0.1.0", ev.Parent(PARENT, 41, bytes(range(32)))),
    "start_first": ev.Start(BOOT, "0.1.0", None),
    "punch": ev.Punch("em:008EB2F9", "door", ("known",), cfg=T0),
    "punch_field_out": ev.Punch("em:0BADCA4D", "door", ("unknown", "field_out"), "uid", "61", T0),
    "read": ev.Read("nfca:04DADFBE4F5EEA", "desk", "enrol"),
    "lost": ev.Lost(PARENT, 7, 9, bytes(32), None),
    "clock": ev.ClockSet(None, T0, "ntp"),
    "fault": ev.Fault("reader_lost", "door"),
    "ok": ev.Ok("reader_lost", "door", 12_000),
    "stop": ev.Stop("ordered"),
    "button": ev.Button("field_duty"),
    "ticket": ev.Ticket("ho-tich", 12),
    "call": ev.Call("ho-tich", 12, "3"),
    "rating": ev.Rating("2018-1", 2, "3", 12),
    "rollcall": ev.RollCall("em:008EB2F9", "em:0BADCA4D", "X01.R1", "present"),
    "unknown_kind": ev.Raw("door_opened", {"by": "hand", "angle": 90}),
}
EVENTS = {name: Event(number, stamp(number), body) for number, (name, body) in enumerate(BODIES.items(), 1)}
EVENTS["punch_without_time"] = Event(17, stamp(17, Clock.NONE), ev.Punch("em:008EB2F9", "door", ("known",)))

LINES = tuple(encode_event(Event(n, stamp(n), BODIES[name])) for n, name in ((1, "start_first"), (2, "punch")))
BEFORE = chain_start(DEVICE, JOURNAL)
SEAL = Seal(DEVICE, JOURNAL, 2, links(BEFORE, LINES)[-1], T0 + 2000)
BATCH = Batch(DEVICE, JOURNAL, BOOT, 1, BEFORE, T0 + 3000, LINES)
SEALED_BATCH = Batch(DEVICE, JOURNAL, BOOT, 1, BEFORE, T0 + 3000, LINES, SEAL.encode(sign))
ACK = Ack(JOURNAL, 2, ((5, 7), (9, 9)), (Refused(8, 8, "unreadable"),), Resend(PARENT, 3, 41), T0 + 4000, pause_ms=500)
JOURNALS = (OpenJournal(PARENT, 1, 41, 40), OpenJournal(JOURNAL, 1, 2, 0))
READERS = (ReaderState("door", "ok", (("bad_checksum", 3), ("ghost", 1))),)
BIRTH = Status(DEVICE, JOURNAL, 1, True, BOOT, stamp(3), JOURNALS, 0, "0.1.0", T0, READERS)
WILL = Status(DEVICE, JOURNAL, 1, False, BOOT, stamp(3), JOURNALS, 0, "0.1.0", T0, READERS)
HEARTBEAT = Heartbeat(
    DEVICE, JOURNAL, 1, BOOT, stamp(60), JOURNALS, 2, "0.1.0", T0, READERS, 55, 10**9, 48, False, ("refused:revoked",)
)
CONFIG = Config(
    DEVICE,
    T0,
    "Xã Khê Dũng",
    "Cổng chính",
    (
        RosterEntry(
            "em:008EB2F9",
            "Lê Thị Ánh",
            "active",
            (
                Boundary("AM", T0 - 2_400_000, T0 + 3_000_000, T0 + 3_300_000, None),
                Boundary("PM", T0 + 21_900_001, T0 + 24_600_000, None, "field_duty"),
            ),
        ),
        RosterEntry("em:0BADCA4D", "Trần Văn Hùng", "blocked"),
    ),
    (("ready", "MỜI QUẸT THẺ"),),
    (("repeat_guard_ms", 5000),),
)
COMMAND = Command(DEVICE, "c-17", T0 + 60_000, "reader_mode", (("reader", "door"), ("mode", "enrol")))
RESULT = Result(DEVICE, "c-17", "done", "đã chuyển chế độ")


def messages() -> dict[str, bytes]:
    """The bytes of every example, by name."""
    found = {f"event_{name}": encode_event(event) for name, event in EVENTS.items()}
    return found | {
        "up": encode_batch(BATCH),
        "up_sealed": encode_batch(SEALED_BATCH),
        "seal": SEAL.encode(sign),
        "ack": encode_ack(ACK),
        "ack_plain": encode_ack(Ack(JOURNAL, 0)),
        "st_birth": encode_status(BIRTH, sign),
        "st_will": encode_status(WILL, sign),
        "hb": encode_heartbeat(HEARTBEAT, SEAL.encode(sign), sign),
        "cfg": encode_config(CONFIG, sign),
        "cmd": encode_command(COMMAND, sign),
        "res": encode_result(RESULT),
    }


def trusting(signature: bytes, line: bytes) -> bool:
    """Takes every signature: what is behind one must be read safely too."""
    return True


READERS: dict[str, Callable[[bytes], object]] = {
    "event": decode_event,
    "up": decode_batch,
    "seal": lambda payload: decode_seal(payload, trusting),
    "ack": decode_ack,
    "st": lambda payload: decode_status(payload, trusting),
    "hb": lambda payload: decode_heartbeat(payload, trusting),
    "cfg": lambda payload: decode_config(payload, trusting),
    "cmd": lambda payload: decode_command(payload, trusting),
    "res": decode_result,
}
"""The reader of each message by the first word of its name, signatures taken on trust."""
