"""MQTT packets in what was read from a broker: what was published, taken many at a time. Pure.

paho takes one packet a call, at a third of what storing a punch costs. This takes every whole PUBLISH packet of QoS 0
and 1 at the front of what was read; any other packet is left where it is, for paho.
"""

from typing import NamedTuple

PUBLISH = 0x30
RETAIN, QOS_1 = 0x01, 0x02
_KIND_AND_QOS_2 = 0xF4


class Published(NamedTuple):
    """A message as the broker passed it on. retained: it was stored at the broker, and may be old."""

    topic: str
    payload: bytes
    retained: bool


class Cut(NamedTuple):
    """What stood at the front: the messages, a PUBACK for each of QoS 1, and how many bytes they took."""

    messages: list[Published]
    pubacks: bytes
    taken: int


def remaining_length(length: int) -> bytes:
    """The length of an MQTT packet after its first byte, as the packet says it (MQTT 3.1.1, 2.2.3)."""
    found = bytearray()
    while length > 127:
        found.append(length & 127 | 128)
        length >>= 7
    found.append(length)
    return bytes(found)


class Span(NamedTuple):
    """Where a packet's body begins, after its length, and where it ends, whether or not it is all there."""

    body: int
    end: int


def packet_span(ahead: bytes | bytearray, start: int) -> Span | None:
    """The packet at `start`; None where not enough of it is there to tell.

    Raises ValueError for a length that MQTT does not know: the connection cannot be read any further.
    """
    length, shift = 0, 0
    for at in range(start + 1, min(start + 5, len(ahead))):
        length |= (ahead[at] & 127) << shift
        if ahead[at] < 128:
            return Span(at + 1, at + 1 + length)
        shift += 7
    if shift == 28:
        raise ValueError("a packet of the broker has a length of more than four bytes")
    return None


def cut_published(ahead: bytes) -> Cut:
    """What was published, at the front of `ahead`, up to the first packet that is another one, incomplete or wrong
    (MQTT 3.1.1, 3.3). Raises ValueError as `packet_span`."""
    messages: list[Published] = []
    pubacks: list[bytes] = []
    at, size = 0, len(ahead)
    while at < size and ahead[at] & _KIND_AND_QOS_2 == PUBLISH:
        span = packet_span(ahead, at)
        if span is None or span.end > size or span.end < span.body + 2:
            break
        body, end = span
        named = body + 2 + (ahead[body] << 8 | ahead[body + 1])
        content = named + 2 if ahead[at] & QOS_1 else named
        if content > end:
            break
        if content > named:
            pubacks.append(b"\x40\x02" + ahead[named:content])
        topic = ahead[body + 2 : named].decode("utf-8", "replace")
        messages.append(Published(topic, ahead[content:end], bool(ahead[at] & RETAIN)))
        at = end
    return Cut(messages, b"".join(pubacks), at)
