"""The common bytes, read quickly: a batch's header and a punch, exactly as this version's stations write them. Pure.

`edge.wire` is the definition; this says the same at a fifth of the cost about the lines that make up nearly everything
that comes, and None about any other line: then the definition is asked. A test holds the two side by side over changed
and damaged lines.
"""

import re
from binascii import unhexlify
from functools import lru_cache
from typing import NamedTuple

from edge.wire.batch import MAX_ACCEPTED_BYTES, Batch, decode_batch

_NUMBER = rb"(0|[1-9][0-9]{0,14})"
_WORD = rb"[ !#-\[\]-~]"  # printable ASCII that JSON writes as it is
_PUNCH = re.compile(
    rb'\{"seq":' + _NUMBER + rb',"kind":"punch","uptime_ms":' + _NUMBER + rb',"utc_ms":' + _NUMBER + rb',"clock":"'
    rb'(ntp|rtc|none)"(?:,"sync_age_s":' + _NUMBER + rb')?,"badge":"(' + _WORD + rb'{1,64})","reader":"'
    + _WORD + rb'{1,32}","remarks":\[(?:"' + _WORD + rb'{1,64}"(?:,"' + _WORD + rb'{1,64}"){0,7})?\],"level":"'
    + _WORD + rb'{1,16}"(?:,"evidence":"' + _WORD + rb'{1,64}")?,"cfg":' + _NUMBER + rb"\}"
).fullmatch  # fmt: skip
_HEADER = re.compile(
    rb'\{"v":1,"device":"([a-z0-9-]{4,40})","journal":"([0-9a-f]{16})","boot":"(' + _WORD + rb'{1,64})","first":'
    rb'([1-9][0-9]{0,14}),"count":([1-9][0-9]{0,2}),"before":"([0-9a-f]{64})","sent_ms":(null|0|[1-9][0-9]{0,14})\}'
).fullmatch


class QuickPunch(NamedTuple):
    """What intake needs of a punch."""

    seq: int
    uptime_ms: int
    utc_ms: int
    clock: str
    sync_age_s: int | None
    badge: str


def read_punch(line: bytes) -> QuickPunch | None:
    """A punch line as a station writes it, None for anything else, readable or not."""
    found = _PUNCH(line)
    if found is None:
        return None
    seq, uptime, utc, clock, age, badge, _ = found.groups()
    number = int(seq)
    if number == 0:
        return None
    return QuickPunch(
        number, int(uptime), int(utc), clock.decode(), None if age is None else int(age), badge.decode()
    )  # fmt: skip


def read_batch(payload: bytes) -> Batch:
    """A batch, as `edge.wire.batch.decode_batch` reads it; raises WireError as that does."""
    header, *lines = payload.split(b"\n") if len(payload) <= MAX_ACCEPTED_BYTES else (b"",)
    found = _HEADER(header)
    if found is None:
        return decode_batch(payload)
    device, journal, boot, first, count, before, sent = found.groups()
    if len(lines) != int(count):
        return decode_batch(payload)  # with a seal, from another version, or wrong
    sent_ms = None if sent == b"null" else int(sent)
    return Batch(*_names(device, journal, boot), int(first), unhexlify(before), sent_ms, tuple(lines))


class _Names(NamedTuple):
    device: str
    journal: str
    boot: str


@lru_cache(16_384)
def _names(device: bytes, journal: bytes, boot: bytes) -> _Names:
    """As text: a station says the same in every batch."""
    return _Names(device.decode(), journal.decode(), boot.decode())
