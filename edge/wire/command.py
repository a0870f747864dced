"""A command to a device (`cmd`, a signed note) and its result (`res`, a plain line). No remote shell. Pure."""

from dataclasses import dataclass

from edge.wire import text as t
from edge.wire.notes import Sign, Verify, decode_note, encode_note
from edge.wire.text import WireError, encode_line

OPERATIONS = frozenset({"send_all", "identify", "panel_test", "reader_mode", "restart", "doctor"})
"""send_all: everything un-acknowledged at once. identify: flash the panel. reader_mode: arguments reader, mode
(`punch`, `info`, `enrol`, `test`) and seconds. restart: an ordered stop, the unit starts it again."""
MODES = frozenset({"punch", "info", "enrol", "test"})


@dataclass(frozen=True, slots=True)
class Command:
    """Idempotent by id: a device answers a repeated id with its first result. expires_ms: central's utc."""

    device: str
    id: str
    expires_ms: int
    operation: str
    arguments: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """code: `done`, `expired`, `unknown_operation`, `bad_arguments` or `failed`; detail: one sentence for a person."""

    device: str
    id: str
    code: str
    detail: str = ""


def encode_command(command: Command, sign: Sign) -> bytes:
    """The payload of `cmd`."""
    fields = {
        "device": command.device,
        "id": command.id,
        "expires_ms": command.expires_ms,
        "operation": command.operation,
        "arguments": dict(command.arguments),
    }
    return encode_note("cmd", fields, sign)


def decode_command(payload: bytes, verify: Verify) -> Command:
    """Read `cmd`; raises SignatureError or WireError. An unknown operation is read: the device answers it."""
    fields = decode_note(payload, "cmd", verify)
    arguments = t.optional(t.child, fields, "arguments") or {}
    return Command(
        t.device_id(fields),
        t.text(fields, "id", 64),
        t.integer(fields, "expires_ms"),
        t.text(fields, "operation", 32),
        tuple((name, t.text(arguments, name, 128)) for name in t.names(arguments)),
    )


def encode_result(result: Result) -> bytes:
    """The payload of `res`."""
    return encode_line({"v": 1, "device": result.device, "id": result.id, "code": result.code, "detail": result.detail})


def decode_result(payload: bytes) -> Result:
    """Read `res`; raises WireError."""
    fields = t.decode_line(payload)
    if fields.get("v") != 1:
        raise WireError("res of another version than 1")
    return Result(
        t.device_id(fields),
        t.text(fields, "id", 64),
        t.text(fields, "code", 32),
        t.text(fields, "detail", 500, empty=True),
    )
