"""`diemdanh-edge heads`: what this station can witness of central's audit log (`diemdanh-central verify --heads`)."""

import os
import sys
from pathlib import Path

from edge.enrolment import read_enrolment
from edge.identity import decode_key, open_identity, verifier
from edge.settings import Settings, load_settings
from edge.wire.notes import Verify
from edge.witness import FILE, Witness


def run(config: Path) -> int:
    """Print a line a head: the station's id, the head, its signature. 1 where a kept line is not central's."""
    settings = load_settings(config, os.environ)
    data = settings.station.data
    device = open_identity(data, settings.station.device).device
    witness = Witness(data, _central(settings, device))
    strange = 0
    for number, line in enumerate(witness.lines(), 1):
        sys.stdout.write(f"{device} {line}\n")
        if not witness.holds(line):
            strange += 1
            sys.stderr.write(f"diemdanh-edge: {data / FILE}:{number}: not signed by the central that is pinned here\n")
    return 1 if strange else 0


def _central(settings: Settings, device: str) -> Verify:
    """Central's key: as settings pin it, else as it came with the enrolment."""
    known = read_enrolment(settings.station.data, device)
    if settings.central.public_key is None and known is not None:
        return verifier(decode_key(known.central_key))
    return verifier(settings.central.public_key)
