"""Recorded boots: their names, and the times of their events by the rules of the office format. Pure.

What a file records is taken at its word (central/README.md, "The office format"): a synced stamp is true, a sync point
makes the whole of its boot exact, and a clock that never was set is off by the smallest (receipt - stamp) of each date,
in full seconds. So nothing recorded is uncertain, and nothing is set aside.
"""

from collections.abc import Iterable, Sequence
from datetime import date

from central.timing import DAY_MS, LOCAL_MS, Method, Stamped, SyncPoint, Timed

PREFIX = "recorded/"
SECOND_MS = 1_000


def boot_name(first: date, boot: str) -> str:
    """The name of a boot of the recording that begins on `first`: files number their boots 1, 2, 3 each time anew."""
    return f"{PREFIX}{first.isoformat()}/{boot}"


def is_recorded(boot: str) -> bool:
    """Whether a boot comes from a file."""
    return boot.startswith(PREFIX)


def recorded_times(events: Iterable[Stamped], points: Iterable[SyncPoint]) -> dict[str, Timed]:
    """The exact time of every event of one recorded boot, by `ref`. Each event stands in it once."""
    boot = list(events)
    true = {e.ref: Timed(e.ref, e.utc_ms, 0, Method.OWN) for e in boot if e.clock == "ntp" and e.utc_ms is not None}
    others = [e for e in boot if e.ref not in true]
    known = sorted(set(points), key=lambda p: (p.uptime_ms, p.utc_ms))
    known = known or [SyncPoint(e.uptime_ms, true[e.ref].best_ms) for e in boot if e.ref in true]
    return true | (_from_points(others, known) if known else _by_date(others))


def _from_points(events: Sequence[Stamped], points: Sequence[SyncPoint]) -> dict[str, Timed]:
    found = {}
    for event in events:
        point = min(points, key=lambda p: (abs(event.uptime_ms - p.uptime_ms), p.uptime_ms, p.utc_ms))
        best_ms = point.utc_ms + event.uptime_ms - point.uptime_ms
        found[event.ref] = Timed(event.ref, best_ms, 0, Method.SYNC_POINT)
    return found


def _by_date(events: Sequence[Stamped]) -> dict[str, Timed]:
    """Each local date of the stamps has its own error, rounded down to full seconds."""
    least: dict[int, int] = {}
    for event in events:
        delay_ms = event.received_ms - _stamp(event)
        on = (_stamp(event) + LOCAL_MS) // DAY_MS
        least[on] = min(delay_ms, least.get(on, delay_ms))
    found = {}
    for event in events:
        error_ms = least[(_stamp(event) + LOCAL_MS) // DAY_MS] // SECOND_MS * SECOND_MS
        found[event.ref] = Timed(event.ref, _stamp(event) + error_ms, 0, Method.SHIFTED)
    return found


def _stamp(event: Stamped) -> int:
    """A file stamps every event; without a stamp its uptime serves, as of 1970."""
    return event.uptime_ms if event.utc_ms is None else event.utc_ms
