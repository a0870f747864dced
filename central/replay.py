"""A recorded week through the same intake as live punches: read, check, store, account for every door, judge.

All or nothing as far as the files are concerned: nothing is stored while a line of them is wrong. A second replay of
the same files changes nothing; one that was interrupted is finished by the next.
"""

import datetime as dt
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from central.clock import Clock
from central.errors import ImportRefusedError
from central.intaking.collector import Collector
from central.intaking.reading import Message
from central.intaking.registry import Registry
from central.ledger import Ledger, gather_many
from central.moments import midnight_ms
from central.replaying.journals import Fleet, Sent, Written, write_journals
from central.replaying.recording import Down, Recording, read_recording
from central.store import Store, fleet, imports, journals, marks
from central.store import roster as rosters
from central.tables import DoorClosure

GROUP = 500
"""Messages stored in one transaction."""
ONE = dt.timedelta(days=1)
WEEK = 7

Progress = Callable[[str, int, int], None]
"""Called with (`storing` or `judging`, how many are done, of how many)."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay did. deliveries: lines of punches.csv; events: of these and of clock_syncs.csv, each counted once;
    stored: events that were new; doors: new stretches in which a door was down; days: verdicts that were written."""

    deliveries: int
    events: int
    stored: int
    doors: int
    days: int
    first: dt.date
    last: dt.date


class After:
    """A clock that is past the recording, whatever the real one says."""

    def __init__(self, clock: Clock, end_ms: int) -> None:
        self._clock, self._end_ms = clock, end_ms

    def now_ms(self) -> int:
        return max(self._clock.now_ms(), self._end_ms)

    def mono_s(self) -> float:
        return self._clock.mono_s()


def replay(
    store: Store,
    clock: Clock,
    folder: Path,
    shuffle: int | None = None,
    progress: Progress = lambda phase, done, total: None,
) -> Replayed:
    """Replay the recording in a folder, in the order of the file or (shuffle) in a random one that the seed names.

    Every device that is known counts as having delivered up to the end of the recording's last day. Raises
    ImportRefusedError, and stores nothing, when a line is wrong or the recording contradicts what was replayed before.
    """
    with store.read() as db:
        devices = {row.code: row.id for row in fleet.devices(db)}
    recording = read_recording(folder, devices)
    after = After(clock, midnight_ms(recording.last + ONE) + 1)
    made = write_journals(recording, devices)
    _refuse_contradiction(store, made, folder)
    stored = _feed(store, after, made, shuffle, progress)
    doors = _account(store, recording, devices, after.now_ms())
    days = _judge(store, after, progress)
    return Replayed(
        len(recording.deliveries),
        sum(journal.head for journal in made.journals),
        stored,
        doors,
        days,
        recording.first,
        recording.last,
    )


def _refuse_contradiction(store: Store, made: Fleet, folder: Path) -> None:
    """Another recording under the same names would be taken for a copied card: every one of its days needs checking."""
    with store.read() as db:
        known = journals.heads(db, {journal.device for journal in made.journals})
    for journal in made.journals:
        if (head := known.get(journal.key)) is not None and not _continues(journal, head):
            raise ImportRefusedError(
                f"nothing was replayed from {folder}: boot {journal.boot} of {journal.device} was replayed before with "
                "other punches; put back the files as they were, or replay into another database"
            )


def _continues(journal: Written, head: journals.Head) -> bool:
    return head.watermark <= journal.head and head.hash == journal.hashes[head.watermark]


def _feed(store: Store, clock: Clock, made: Fleet, shuffle: int | None, progress: Progress) -> int:
    """Through intake, group by group; returns how many events were new."""
    messages = list(made.messages)
    if shuffle is not None:
        random.Random(shuffle).shuffle(messages)  # noqa: S311 - an order, not a secret
    collector = Collector(store, clock, registry=Registry(stationless=True))
    for at in range(0, len(messages), GROUP):
        progress("storing", at, len(messages))
        collector.process([_message(sent) for sent in messages[at : at + GROUP]])
    progress("storing", len(messages), len(messages))
    return collector.health.stored


def _message(sent: Sent) -> Message:
    return Message(sent.topic, sent.payload, sent.received_ms)


def _account(store: Store, recording: Recording, devices: dict[str, str], now_ms: int) -> int:
    """In one transaction: when doors were down, that all have delivered, and the days that this opens.

    Returns how many stretches were new. What is there already opens nothing.
    """
    closures = [_closure(devices[down.device], down) for down in recording.downs]
    end_ms = midnight_ms(recording.last + ONE)
    with store.write() as db:
        doors = imports.add_missing(db, DoorClosure, closures)
        behind = fleet.deliver(db, devices.values(), end_ms)
        if doors or behind:
            marks.mark_days(db, list(_days(db, recording, now_ms)), now_ms)
            marks.mark_doors(db, {device: midnight_ms(recording.first) for device in devices.values()})
    return doors


def _closure(device: str, down: Down) -> dict[str, object]:
    ends = {"down_from_ms": down.from_ms, "down_to_ms": down.to_ms}
    return {"device": device, **ends, "reason": down.reason, "doc_no": ""}


def _days(db: sa.Connection, recording: Recording, now_ms: int) -> Iterator[tuple[str, dt.date]]:
    """Everybody employed on the recording's dates. Of the other dates of its weeks only holidays: nothing recorded
    speaks of them, and nobody is to be absent because a recording begins on a Wednesday."""
    roster = rosters.load_roster(db)
    first = recording.first - recording.first.weekday() * ONE
    last = recording.last + (WEEK - 1 - recording.last.weekday()) * ONE
    for on in (first + n * ONE for n in range((last - first).days + 1)):
        keys = [(staff, on) for staff in rosters.employed_on(db, on)]
        if recording.first <= on <= recording.last:
            yield from keys
        else:
            known = gather_many(db, roster, keys, now_ms)
            yield from (key for key, day in known.items() if day.workday is not None and day.workday.holidays)


def _judge(store: Store, clock: Clock, progress: Progress) -> int:
    """Rounds of the ledger until nothing is left; returns how many verdicts there are to show for it."""
    ledger = Ledger(store, clock)
    total = _days_left(store)
    progress("judging", 0, total)
    while ledger.step():
        left = _days_left(store)
        total = max(total, left)
        progress("judging", total - left, total)
    return total


def _days_left(store: Store) -> int:
    with store.read() as db:
        return marks.days_left(db)
