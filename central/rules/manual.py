"""Approved manual entries (chấm thủ công): they stand for the taps of a session; the taps stay and are shown."""

from dataclasses import dataclass
from datetime import datetime

from central.rules.day import Day, ManualEntry, Session, Tap
from central.rules.pairing import Pairing, full_second


@dataclass(frozen=True, slots=True)
class Ends:
    """A session's IN and OUT and where each comes from. `whole`: both from the entry, so that no door matters."""

    time_in: datetime | None
    time_out: datetime | None
    in_tap: Tap | None
    out_tap: Tap | None
    entry: ManualEntry | None = None
    whole: bool = False


def entry_for(session: Session, day: Day) -> ManualEntry | None:
    """The session's entry; of several, the last by reference, so that their order never matters."""
    entries = [m for m in day.manual if m.session == session.name]
    return max(entries, key=lambda m: (m.ref, m.document, str(m.time_in), str(m.time_out)), default=None)


def ends_of(pairing: Pairing, entry: ManualEntry | None) -> Ends:
    """IN and OUT of the session: the entry's, and the taps' where it leaves one open."""
    came, went = pairing.came, pairing.went
    time_in, in_tap = (None, None) if came is None else (came.first, came.taps[0])
    time_out, out_tap = (None, None) if went is None else (went.last, went.taps[-1])
    if entry is None:
        return Ends(time_in, time_out, in_tap, out_tap)
    if entry.time_in is not None:
        time_in, in_tap = full_second(entry.time_in), None
    if entry.time_out is not None:
        time_out, out_tap = full_second(entry.time_out), None
    whole = entry.time_in is not None and entry.time_out is not None
    return Ends(time_in, time_out, in_tap, out_tap, entry, whole)
