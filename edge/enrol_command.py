"""`diemdanh-edge enrol`: ask central to let this station in, show six digits, wait for a person to compare them."""

import os
import threading
from collections.abc import Callable
from pathlib import Path

from edge.clock import open_clock
from edge.enrolment import EnrolmentError, Way, claim_of, enrol_until_in, read_claim
from edge.identity import open_identity
from edge.keeper import read_floor
from edge.settings import load_settings

PAUSE_S = 2.0


def run(config: Path, text: str, say: Callable[[str], None]) -> int:
    """Enrol by the claim `text`, "" = by that of the file. Raises EnrolmentError, OSError."""
    settings = load_settings(config, os.environ)
    data = settings.station.data
    identity = open_identity(data, settings.station.device)
    claim = claim_of(text, "claim") if text else read_claim(settings.enrolment.claim)
    if claim is None:
        raise EnrolmentError(
            f"no claim: {settings.enrolment.claim} is not there; `diemdanh-central enrol open DOOR` shows one"
        )
    way = Way(settings, identity, open_clock(settings.clock, read_floor(data)))
    say(f"station {identity.device} asks {claim.host}:{claim.port}")
    enrolled = enrol_until_in(way, claim, say, lambda: threading.Event().wait(PAUSE_S))
    say(f"enrolled; it speaks to {enrolled.broker_host}:{enrolled.broker_port} from now on")
    return 0
