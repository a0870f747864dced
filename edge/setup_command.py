"""`diemdanh-edge setup`: the setup page of a station that is not enrolled, until it is."""

import os
from collections.abc import Callable
from pathlib import Path

from edge.clock import open_clock
from edge.enrolment import EnrolmentError, Way
from edge.identity import open_identity
from edge.keeper import read_floor
from edge.settings import PORT_OF_SETUP, load_settings
from edge.setup_page import Desk, SetupServer


def run(config: Path, say: Callable[[str], None]) -> int:
    """Serve the page until the station is let in or the time is over; the exit code. Raises EnrolmentError, OSError."""
    settings = load_settings(config, os.environ)
    data = settings.station.data
    identity, clock = open_identity(data, settings.station.device), open_clock(settings.clock, read_floor(data))
    way = Way(settings, identity, clock)
    if way.load() is not None:
        raise EnrolmentError("this station is enrolled already; remove enrolment.json of its folder to begin anew")

    def readers() -> dict[str, str]:
        return {one.id: "ok" if Path(one.port).exists() else "lost" for one in settings.readers}

    began_ns, most_s = clock.mono_ns(), settings.setup.minutes * 60
    desk = Desk(way, identity.device, lambda: clock.stamp().clock.value, readers)
    server = SetupServer(
        desk, settings.setup.host, settings.setup.port or PORT_OF_SETUP,
        lambda: most_s - (clock.mono_ns() - began_ns) / 1e9,
    )  # fmt: skip
    server.start()
    say(f"station {identity.device}: open http://ADDRESS:{server.port}/ in a browser in the same network")
    try:
        server.wait()
    finally:
        server.stop()
    if not desk.enrolled:
        raise EnrolmentError("nobody let this station in in time; begin again")
    say("enrolled")
    return 0
