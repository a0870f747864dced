"""Events back from the disk, each verified again: the disk may have changed since the folder was opened."""

from edge.journal.folder import Folder
from edge.journal.index import Run, Track
from edge.journal.records import HEAD_BYTES, MAX_RECORD_BYTES, Record, read_record
from edge.wire.batch import MAX_BYTES, MAX_EVENTS
from edge.wire.chain import chain_start

_CHUNK_BYTES = MAX_BYTES + MAX_EVENTS * (HEAD_BYTES + 1) + MAX_RECORD_BYTES
"""Never less than the records of one full batch."""


def read_run(folder: Folder, journal: str, run: Run, first: int, count: int) -> list[Record]:
    """At most `count` events of a run from `first`, fewer when one no longer verifies or a batch is full."""
    try:
        offset = _place(folder, journal, run, first)
        with folder.segment(run.segment).open("rb") as file:
            file.seek(offset)
            content = file.read(_CHUNK_BYTES)
    except OSError:  # dropped from the ring meanwhile, or a sector that cannot be read any more
        return []
    records: list[Record] = []
    at = 0
    for seq in range(first, min(run.last, first + count - 1) + 1):
        record = read_record(content, at, folder.device)
        if record is None or (record.journal, record.seq) != (journal, seq):
            break
        records.append(record)
        at = record.end
    return records


def _place(folder: Folder, journal: str, run: Run, seq: int) -> int:
    """Where the record of `seq` begins; in a segment that has not been read it is looked for."""
    if run.offsets is not None:
        return run.offsets[seq - run.first]
    content, mark = folder.read(run.segment), f'{{"seq":{seq},"kind":'.encode()
    at = content.find(mark)
    while at >= 0 and content[at - HEAD_BYTES + 16 : at - HEAD_BYTES + 32] != journal.encode():
        at = content.find(mark, at + 1)
    return max(at - HEAD_BYTES, 0)


def fetch(folder: Folder, track: Track, seq: int) -> Record | None:
    """One event, None when it is not here or no longer verifies."""
    run = track.find(seq)
    return None if run is None else next(iter(read_run(folder, track.journal, run, seq, 1)), None)


def around(folder: Folder, track: Track, first: int, last: int) -> tuple[bytes | None, bytes | None]:
    """The chain hashes before and after seqs [first, last], each None when it is not known any more."""
    left, right = fetch(folder, track, first - 1), fetch(folder, track, last + 1)
    before = chain_start(folder.device, track.journal) if first == 1 else left.after if left else None
    named = track.named.hash if track.named is not None and track.named.seq == last else None
    return before, right.before if right else named
