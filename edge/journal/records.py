"""How an event lies on the disk, and how it is found again after damage. Pure.

One record is one line of text:

    @ CRC32 LENG JOURNAL---------- HASH BEFORE (64) HASH AFTER (64) {"seq":1,"kind":"start",...}

CRC32 covers device, journal and event line; LENG is the event line's length in bytes, decimal; the hashes are the
chain of `edge.wire.chain` before and after the line. Each thing is said twice (the length by the newline, the hash
before by the neighbour, the line by hash and CRC), so that one flipped byte outside the event line loses nothing, and
one inside it loses that event alone. Nothing is ever taken for an event whose bytes do not verify.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from zlib import crc32

from edge.wire.chain import chain_start, link
from edge.wire.text import MAX_LINE_BYTES

HEAD_BYTES = 163
MAX_RECORD_BYTES = HEAD_BYTES + MAX_LINE_BYTES + 1

_HEAD = re.compile(rb"@ ([0-9a-f]{8}) ([0-9]{4}) ([0-9a-f]{16}) ([0-9a-f]{64}) ([0-9a-f]{64}) ")
_SEQ = re.compile(rb'\{"seq":([1-9][0-9]{0,15}),"kind":"([^"\\]{1,32})"')
# Where a record may begin after damage: at its marker, or at any line long enough to be one with a damaged marker.
_CANDIDATE = re.compile(rb"@ [0-9a-f]{8} [0-9]{4} [0-9a-f]{16} |(?<=\n)(?=[^\n\0]{163})")
_HEX = b"0123456789abcdef"
_JOURNAL = re.compile(rb"[0-9a-f]{16}")
_HASH = re.compile(rb"[0-9a-f]{64}")
_STRANGE_BYTES = 8
"""A head with more bytes than this that no head can hold is not looked into."""


@dataclass(frozen=True, slots=True)
class Record:
    """A verified event: [offset, end) of its segment. mended: some byte outside the event line was wrong."""

    offset: int
    journal: str
    seq: int
    kind: str
    before: bytes
    after: bytes
    line: bytes
    mended: bool = False

    @property
    def end(self) -> int:
        """The offset after its newline."""
        return self.offset + HEAD_BYTES + len(self.line) + 1


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes [offset, end) in which no event verifies."""

    offset: int
    end: int


def encode_record(device: str, journal: str, before: bytes, line: bytes) -> bytes:
    """The record of `line`, its newline included."""
    after = link(before, line)
    head = f"@ {_crc(device, journal, line):08x} {len(line):04d} {journal} {before.hex()} {after.hex()} "
    return head.encode() + line + b"\n"


def _crc(device: str, journal: str, line: bytes) -> int:
    return crc32(line, crc32(f"{device}/{journal}/".encode()))


def read_record(content: bytes, offset: int, device: str) -> Record | None:
    """The record at `offset` when every byte of it is right, else None."""
    head = _HEAD.match(content, offset)
    if head is None:
        return None
    start = offset + HEAD_BYTES
    end = start + int(head[2])
    line = content[start:end]
    named = _SEQ.match(line)
    journal = head[3].decode()
    if named is None or content[end : end + 1] != b"\n" or int(head[1], 16) != _crc(device, journal, line):
        return None
    before, after = bytes.fromhex(head[4].decode()), bytes.fromhex(head[5].decode())
    if link(before, line) != after:
        return None
    return Record(offset, journal, int(named[1]), named[2].decode(errors="replace"), before, after, line)


def scan(content: bytes, offset: int, device: str, previous: Record | None) -> Iterator[Record | Damage]:
    """Everything from `offset` to the last byte that is not zero, in order.

    previous: the record before, in this segment or the one before it, None when there is none.
    """
    end = len(content.rstrip(b"\0"))
    bad: int | None = None
    while offset < end:
        record = read_record(content, offset, device) or _mend(content, offset, device, previous)
        if record is None:
            bad = offset if bad is None else bad
            found = _CANDIDATE.search(content, offset + 1, end)
            offset = found.start() if found else end
            continue
        if bad is not None:
            yield Damage(bad, offset)
            bad = None
        yield record
        previous, offset = record, record.end
    if bad is not None:
        yield Damage(bad, end)


def whole_looking(content: bytes, damage: Damage) -> list[str]:
    """The journals of events that the damage has taken although they had been durable, one entry an event.

    A power cut leaves one record of which some sectors are missing: it ends early or has zeros inside. Whatever is
    whole in length and form was durable and has been damaged since.
    """
    *lines, rest = content[damage.offset : damage.end].split(b"\n")
    length = rest[11:15]
    unterminated = length.isdigit() and len(rest) >= HEAD_BYTES + int(length)
    pieces = [*lines, rest] if unterminated else lines
    return [piece[16:32].decode() for piece in pieces if _looks_whole(piece)]


def _looks_whole(piece: bytes) -> bool:
    head = piece[:HEAD_BYTES]
    return piece.count(0) <= _STRANGE_BYTES and _plausible(head) and _JOURNAL.fullmatch(head[16:32]) is not None


@dataclass(frozen=True, slots=True)
class _Head:
    """The fields of a head by position; None for one that cannot be read."""

    crc: bytes
    length: int | None
    journal: str | None
    before: bytes | None
    after: bytes | None


def _read_head(content: bytes, offset: int) -> _Head | None:
    head = content[offset : offset + HEAD_BYTES]
    if not _plausible(head):
        return None
    journal = head[16:32].decode() if _JOURNAL.fullmatch(head[16:32]) else None
    length = int(head[11:15]) if head[11:15].isdigit() else None
    return _Head(head[2:10], length, journal, _hash(head[33:97]), _hash(head[98:162]))


def _hash(text: bytes) -> bytes | None:
    return bytes.fromhex(text.decode()) if _HASH.fullmatch(text) else None


def _plausible(head: bytes) -> bool:
    return len(head) == HEAD_BYTES and len(head.translate(None, _HEX + b" @")) <= _STRANGE_BYTES


def _mend(content: bytes, offset: int, device: str, previous: Record | None) -> Record | None:
    """The record at `offset` although some of its bytes are wrong, if its line verifies all the same."""
    head = _read_head(content, offset)
    if head is None:
        return None
    for end in _line_ends(content, offset + HEAD_BYTES, head.length):
        line = content[offset + HEAD_BYTES : end]
        named = _SEQ.match(line)
        if named is None:
            continue
        claim = Record(offset, "", int(named[1]), named[2].decode(errors="replace"), b"", b"", line, mended=True)
        following = _read_head(content, end + 1)
        raw = content[offset : offset + HEAD_BYTES]
        record = _by_crc(device, head, raw, claim, previous, following) or _by_chain(
            device, head, claim, previous, following
        )
        if record is not None:
            return record
    return None


def _line_ends(content: bytes, start: int, length: int | None) -> list[int]:
    """Where the line from `start` may end, the likeliest first."""
    limit = min(len(content), start + MAX_LINE_BYTES)
    ends = [] if length is None else [start + length]
    for stop in (b"\n", b"\0"):
        found = content.find(stop, start, limit)
        ends += [found, found - 1] if found > 0 else []
    marker = _HEAD.search(content, start, limit + HEAD_BYTES + 1)
    ends += [marker.start() - 1] if marker else []
    ends += [len(content) - 1, len(content)]
    return list(dict.fromkeys(end for end in ends if start < end <= limit))


def _by_crc(
    device: str, head: _Head, raw: bytes, claim: Record, previous: Record | None, following: _Head | None
) -> Record | None:
    """The record whose line the CRC confirms; the hash before comes from a neighbour or is respelled."""
    journals = {j for j in (head.journal, previous and previous.journal, following and following.journal) if j}
    wanted = next((j for j in journals if f"{_crc(device, j, claim.line):08x}".encode() == head.crc), None)
    if wanted is None and claim.seq == 1:
        wanted = _respelled_journal(device, head, raw, claim.line)
    if wanted is None:
        return None
    claim = replace(claim, journal=wanted)
    ends = {h for h in (head.after, following and following.before) if h}
    for before in _befores(device, head, claim, previous):
        after = link(before, claim.line)
        if after in ends or _differing(after.hex().encode(), raw[98:162]) <= 1:
            return _settled(claim, before)
    spelled = _continues(device, claim, previous) or _respelled_before(raw[33:97], claim.line, ends)
    return _settled(claim, spelled) if spelled else None


def _by_chain(
    device: str, head: _Head, claim: Record, previous: Record | None, following: _Head | None
) -> Record | None:
    """The record whose line the chain confirms although its CRC is wrong.

    The chain alone does not say whose it is: the hash before must come from our own events, or the CRC be nearly right.
    """
    ends = {h for h in (head.after, following and following.before) if h}
    journals = {j for j in (head.journal, previous and previous.journal, following and following.journal) if j}
    for journal in journals:
        named = replace(claim, journal=journal)
        for before in _befores(device, head, named, previous):
            after = link(before, claim.line)
            nearly = _differing(head.crc, f"{_crc(device, journal, claim.line):08x}".encode()) <= 1
            if after in ends and (nearly or before == _continues(device, named, previous)):
                return _settled(named, before)
    return None


def _befores(device: str, head: _Head, claim: Record, previous: Record | None) -> list[bytes]:
    return [hash_ for hash_ in (_continues(device, claim, previous), head.before) if hash_]


def _continues(device: str, claim: Record, previous: Record | None) -> bytes | None:
    """The hash before `claim` as far as it is known without asking its own head."""
    if claim.seq == 1:
        return chain_start(device, claim.journal)
    follows = previous is not None and (previous.journal, previous.seq + 1) == (claim.journal, claim.seq)
    return previous.after if previous is not None and follows else None


def _settled(claim: Record, before: bytes) -> Record:
    return replace(claim, before=before, after=link(before, claim.line))


def _respelled_journal(device: str, head: _Head, raw: bytes, line: bytes) -> str | None:
    for text in _respellings(raw[16:32]):
        journal = text.decode()
        if f"{_crc(device, journal, line):08x}".encode() == head.crc and chain_start(device, journal) == head.before:
            return journal
    return None


def _respelled_before(field: bytes, line: bytes, ends: set[bytes]) -> bytes | None:
    for text in _respellings(field):
        before = bytes.fromhex(text.decode())
        if link(before, line) in ends:
            return before
    return None


def _respellings(field: bytes) -> Iterator[bytes]:
    """Every hex text that differs from `field` in at most one place."""
    strange = [at for at, byte in enumerate(field) if byte not in _HEX]
    places = range(len(field)) if not strange else strange if len(strange) == 1 else []
    for at in places:
        for digit in _HEX:
            yield field[:at] + bytes([digit]) + field[at + 1 :]


def _differing(one: bytes, other: bytes) -> int:
    return sum(a != b for a, b in zip(one, other, strict=True))
