"""What a door shows whose station cannot keep anything: red, blinking fast, and the words "not recorded".

A disk that came back read-only or full lets no journal open, and the station ends; the unit starts it again.
Without this the door would be dark, as a door without power is, and people would tap and walk on.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from edge.door import state
from edge.health import Health
from edge.panel import Panel
from edge.phrases import Feedback
from edge.roster import View
from edge.settings import Settings

SHOWN_S = 4.0
"""So long before the next attempt: a start takes half a second, in which the door is dark."""

log = logging.getLogger(__name__)


@contextmanager
def told_at_the_door(
    settings: Settings, mono_ns: Callable[[], int], stop: threading.Event, shown_s: float = SHOWN_S
) -> Iterator[None]:
    """Around whatever makes the station's folder ready; the OSError that comes out of it is shown, and goes on.

    stop: ends the showing early. mono_ns: real monotonic nanoseconds. A folder that another station has is no news for
    the door: that one owns the lights.
    """
    try:
        yield
    except OSError as error:
        if not isinstance(error.__cause__, BlockingIOError):
            log.error("this door records nothing (%s); shown for %g s, then the station ends", error, shown_s)
            _show(settings, mono_ns, stop, shown_s)
        raise


def _show(settings: Settings, mono_ns: Callable[[], int], stop: threading.Event, shown_s: float) -> None:
    health = Health(mono_ns)
    panel = Panel(settings.panel, mono_ns)
    panel.open()
    panel.show(Feedback.NO_JOURNAL)
    panel.start(health)
    screen = None
    if settings.display.kind != "none":
        from edge.displays import DISPLAYS
        from edge.screen import Screen

        words = state(Feedback.NO_JOURNAL, View()).words
        screen = Screen(DISPLAYS[settings.display.kind](settings.display), lambda: words, mono_ns)
        screen.start(health)
    stop.wait(shown_s)
    panel.close()
    if screen is not None:
        screen.close()
