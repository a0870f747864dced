"""How long a kind of door may be silent until what is known of it says nothing about now. Pure.

**A station** says each minute up to when it has delivered everything: three minutes allow for two words that were lost.

**A terminal of another maker** says nothing of the kind. It contacts central every few seconds to every few minutes, as
its maker and its settings will have it. What it has delivered follows from its punches and its contacts: up to its
newest punch less the doubt of a clock that nobody sets, or up to ten minutes ago once it has been quiet for ten minutes
(wire.md). So while all is well its data may be as old as that doubt (311 s), a pause (the punch waited for the next
contact), the ten quiet minutes, and a pause more (until the contact that ends them): 27 minutes. A tap's time is in
that doubt, or in that of one pause. That a terminal is gone is seen much sooner: when it makes no contact for a pause.
"""

from dataclasses import dataclass
from datetime import timedelta

from central.presence import CURRENT_WITHIN, SURE_WITHIN
from central.timing import DRIFT_PPM, RTC_UNSYNCED_AGE_S

QUIET_MS = 600_000
"""How long a terminal must have polled without uploading until nothing older can be on its way (wire.md, Coverage)."""
PAUSE_MS = 360_000
"""Between contacts further apart than this a terminal was not connected: five minutes, the slowest that is usual, and
one to spare. It lies well below QUIET_MS, so that ten quiet minutes are never a single pause."""
DOUBT_MS = RTC_UNSYNCED_AGE_S * DRIFT_PPM // 1000
_PAUSE = timedelta(milliseconds=PAUSE_MS)


@dataclass(frozen=True, slots=True)
class Patience:
    """heard: since its newest word; delivered: since what it has delivered; sure: the doubt of a tap's time. Beyond
    these nothing is said about now."""

    heard: timedelta
    delivered: timedelta
    sure: timedelta


STATION = Patience(CURRENT_WITHIN, CURRENT_WITHIN, SURE_WITHIN)
TERMINAL = Patience(_PAUSE, timedelta(milliseconds=DOUBT_MS + QUIET_MS) + 2 * _PAUSE, _PAUSE)


def patience_with(*, terminal: bool) -> Patience:
    """The patience with a kind of door."""
    return TERMINAL if terminal else STATION


def too_old(heard_ms: int | None, delivered_ms: int | None, now_ms: int, *, terminal: bool) -> bool:
    """Whether a door says nothing about now. heard_ms: receipt of its newest word; both None for never. A station's
    words are counted by what they deliver."""
    patience = patience_with(terminal=terminal)
    if delivered_ms is None or (now_ms - delivered_ms) * _MS > patience.delivered:
        return True
    return terminal and (heard_ms is None or (now_ms - heard_ms) * _MS > patience.heard)


_MS = timedelta(milliseconds=1)
