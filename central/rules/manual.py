"""Approved manual entries (chấm thủ công): they stand for the taps of a session; the taps stay and are shown."""

from dataclasses import dataclass
from datetime import datetime

from central.rules.day import Day, ManualEntry, Session, Tap
from central.rules.pairing import Pairing, full_second


@dataclass(frozen=True, slots=True)
class Ends:
    """A session's IN and OUT and where each comes from. `whole`: both from the entry, so that no door matters.

    `assumed_in`, `assumed_out`: neither a tap nor an entry, but the hours, where the office asks for two taps a day.
    """

    time_in: datetime | None
    time_out: datetime | None
    in_tap: Tap | None
    out_tap: Tap | None
    entry: ManualEntry | None = None
    whole: bool = False
    assumed_in: bool = False
    assumed_out: bool = False


def entry_for(session: Session, day: Day) -> ManualEntry | None:
    """The session's entry; of several, the last by reference, so that their order never matters."""
    entries = [m for m in day.manual if m.session == session.name]
    return max(entries, key=lambda m: (m.ref, m.document, str(m.time_in), str(m.time_out)), default=None)


def ends_of(pairing: Pairing, entry: ManualEntry | None) -> Ends:
    """IN and OUT of the session: the entry's, and the taps' where it leaves one open."""
    came, went = pairing.came, pairing.went
    time_in, in_tap = (None, None) if came is None else (came.first, next(iter(came.taps), None))
    time_out, out_tap = (None, None) if went is None else (went.last, next(reversed(went.taps), None))
    assumed_in, assumed_out = came is not None and not came.taps, went is not None and not went.taps
    if entry is None:
        return Ends(time_in, time_out, in_tap, out_tap, assumed_in=assumed_in, assumed_out=assumed_out)
    if entry.time_in is not None:
        time_in, in_tap, assumed_in = full_second(entry.time_in), None, False
    if entry.time_out is not None:
        time_out, out_tap, assumed_out = full_second(entry.time_out), None, False
    whole = entry.time_in is not None and entry.time_out is not None
    return Ends(time_in, time_out, in_tap, out_tap, entry, whole, assumed_in, assumed_out)
