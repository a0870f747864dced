"""What proof costs: a link of the chain for each event, two signatures a minute for each door (heartbeat and seal).

There is no switch that turns it off, so it is measured beside the collector: CPU of these very functions, at the rates
of the stream that the collector has just taken.
"""

import time
from base64 import urlsafe_b64encode
from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from central.keys import verifier
from edge.wire.chain import link
from edge.wire.notes import Seal, decode_seal
from tests.bench.doors import JOURNAL, device_name

LINE = b'{"seq":12,"kind":"punch","uptime":86400000,"utc":1542000000000,"clock":"ntp","badge":"em:008EB2F9"}'
NOTES_A_MINUTE = 2
"""A heartbeat is a signed note, and carries a seal, which is another (wire.md)."""


def proof_share(collector_cpu: float, events_a_s: float, doors: int) -> float:
    """How much of a collector's CPU checking takes. collector_cpu: what it used for the events alone, in cores."""
    chain = events_a_s * _cpu_s(lambda: link(bytes(32), LINE), 20_000)
    key = Ed25519PrivateKey.generate()
    verify = verifier(urlsafe_b64encode(key.public_key().public_bytes_raw()).decode().rstrip("="))
    note = Seal(device_name(1), JOURNAL, 12, bytes(32), 1_542_000_000_000).encode(key.sign)
    notes = doors * NOTES_A_MINUTE / 60 * _cpu_s(lambda: decode_seal(note, verify), 2_000)
    return (chain + notes) / (collector_cpu + notes)


def _cpu_s(work: Callable[[], object], times: int) -> float:
    """CPU seconds of one call."""
    began = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - began) / times
