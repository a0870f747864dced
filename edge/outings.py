"""Who went to field duty by this door and is not back yet: whether a press of the button means going or coming. Pure.

Only the door's remark: central knows the plans and decides.
"""

from collections import OrderedDict

from edge.wire.events import Punch, Stamp

OUT, IN = "field_out", "field_in"
MOST_MS = 16 * 3_600_000
"""Whoever went out longer ago forgot to say so when coming back, or came back by another door."""
MOST = 2_000


class Outings:
    """By badge, the utc at which it went out."""

    def __init__(self) -> None:
        self._out_ms: OrderedDict[str, int] = OrderedDict()

    def note(self, punch: Punch, stamp: Stamp) -> None:
        """A punch was recorded."""
        if IN in punch.remarks:
            self._out_ms.pop(punch.badge, None)
        elif OUT in punch.remarks and stamp.utc_ms is not None:
            self._out_ms[punch.badge] = stamp.utc_ms
            if len(self._out_ms) > MOST:
                self._out_ms.popitem(last=False)

    def remark(self, badge: str, stamp: Stamp) -> str:
        """What the next tap of `badge` after the button is; without a time it is going out."""
        went_ms = self._out_ms.get(badge)
        if went_ms is None or stamp.utc_ms is None or not 0 <= stamp.utc_ms - went_ms < MOST_MS:
            return OUT
        return IN
