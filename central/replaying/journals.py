"""A recording -> the messages that stations would have sent, made by the wire's own encoders. Pure.

Each boot of a device is one journal. What it holds, in which order, and its name follow from the recording alone, so
that a second replay sends the same bytes under the same identities. It has no `start`: a file says by doors.csv when
doors were down, and nothing follows from the time between two of its boots.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from central.recorded import boot_name
from central.replaying.recording import Delivery, Recording, Sync
from edge.wire.batch import Batch, encode_batch
from edge.wire.chain import chain_start, links
from edge.wire.events import Body, Clock, ClockSet, Event, Punch, Stamp, encode_event
from edge.wire.topics import Channel, topic

READER = "recorded"
NTP = "ntp"
JOURNAL_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Sent:
    """A message, and when central received it (UTC ms)."""

    topic: str
    payload: bytes
    received_ms: int


@dataclass(slots=True)
class Written:
    """A journal of the recording. device: its id. hashes: the chain, from before the first line on."""

    device: str
    name: str
    boot: str
    lines: list[bytes] = field(default_factory=list)
    hashes: list[bytes] = field(default_factory=list)

    @property
    def key(self) -> tuple[str, str]:
        """(device, journal)."""
        return (self.device, self.name)

    @property
    def head(self) -> int:
        """Its last seq."""
        return len(self.lines)

    def message(self, seq: int, received_ms: int) -> Sent:
        """One event on its way."""
        line = (self.lines[seq - 1],)
        batch = Batch(self.device, self.name, self.boot, seq, self.hashes[seq - 1], None, line)
        return Sent(topic(self.device, Channel.UP), encode_batch(batch), received_ms)


@dataclass(frozen=True, slots=True)
class Fleet:
    """The journals of a recording, and its messages in the order of the file."""

    journals: tuple[Written, ...]
    messages: tuple[Sent, ...]


Boot = tuple[str, str]
"""(device code, boot)."""
_Entry = tuple[int, int, str, Stamp, Body]
"""(uptime, 0 = sync or the device's seq, event id or "") in front: the order within a journal."""


def write_journals(recording: Recording, ids: Mapping[str, str]) -> Fleet:
    """What the stations would have journalled and sent; ids: device code -> device id."""
    entries: dict[Boot, list[_Entry]] = defaultdict(list)
    for sync in recording.syncs:
        entries[sync.device, sync.boot].append(_sync_entry(sync))
    seen: set[str] = set()
    for delivery in recording.deliveries:
        if delivery.event not in seen:
            seen.add(delivery.event)
            entries[delivery.device, delivery.boot].append(_punch_entry(delivery))
    journals: dict[Boot, Written] = {}
    seqs: dict[tuple[Boot, str], int] = {}
    for boot, found in entries.items():
        journals[boot], numbers = _written(ids[boot[0]], recording.first, boot[1], found)
        seqs |= {(boot, event): seq for event, seq in numbers.items()}
    return Fleet(tuple(journals.values()), tuple(_messages(recording, journals, seqs)))


def _sync_entry(sync: Sync) -> _Entry:
    stamp = Stamp(sync.uptime_ms, sync.synced_ms, Clock.NTP, 0)
    return (sync.uptime_ms, 0, "", stamp, ClockSet(None, sync.synced_ms, NTP))


def _punch_entry(delivery: Delivery) -> _Entry:
    age_s = 0 if delivery.synced else None
    stamp = Stamp(delivery.uptime_ms, delivery.stamp_ms, Clock.NTP if delivery.synced else Clock.NONE, age_s)
    return (delivery.uptime_ms, delivery.seq, delivery.event, stamp, Punch(delivery.badge, READER))


def _written(device: str, first: dt.date, boot: str, entries: list[_Entry]) -> tuple[Written, dict[str, int]]:
    """The journal, and the seq of each event id ("" = the sync point) in it."""
    name = boot_name(first, boot)
    journal = Written(device, sha256(f"{device}/{name}".encode()).hexdigest()[:JOURNAL_DIGITS], name)
    numbers = {}
    for seq, (_, _, event, stamp, body) in enumerate(sorted(entries, key=lambda e: e[:3]), 1):
        numbers[event] = seq
        journal.lines.append(encode_event(Event(seq, stamp, body)))
    start = chain_start(device, journal.name)
    journal.hashes = [start, *links(start, journal.lines)]
    return journal, numbers


def _messages(
    recording: Recording, journals: Mapping[Boot, Written], seqs: Mapping[tuple[Boot, str], int]
) -> Iterator[Sent]:
    """Sync points first: a file of its own tells of them, and when it does makes no difference."""
    for sync in recording.syncs:
        boot = (sync.device, sync.boot)
        yield journals[boot].message(seqs[boot, ""], sync.synced_ms)
    for delivery in recording.deliveries:
        boot = (delivery.device, delivery.boot)
        yield journals[boot].message(seqs[boot, delivery.event], delivery.received_ms)
