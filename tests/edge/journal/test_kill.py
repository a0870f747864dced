"""A real process killed at random moments: what it had reported as durable is there, and no seq is used twice."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from edge.wire.chain import chain_start, links

KILLS = 60
CHILD = """
import secrets, sys
from pathlib import Path
from edge.journal import Journal
from edge.wire.ack import Ack
from edge.wire.events import Clock, Punch, Stamp
stamp = Stamp(1, None, Clock.NONE)
journal = Journal.open(
    Path(sys.argv[1]), "door-0001", "b", "0", stamp, lambda: secrets.token_hex(8), segment_bytes=6000
)
print("open", journal.journal, flush=True)
for number in range(10**9):
    written = journal.append(Punch(f"em:{number:08X}", "r"), stamp)
    print(written.journal, written.seq, written.hash.hex(), flush=True)
    if number % 25 == 24:
        journal.apply(Ack(written.journal, 3))
        journal.save()
"""


def run_and_kill(folder: Path, after_s: float, lines: int) -> list[str]:
    """What the child said before it was killed, `after_s` after its line number `lines`."""
    command = [sys.executable, "-c", CHILD, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None and child.stderr is not None
        said = [child.stdout.readline() for _ in range(lines)]
        time.sleep(after_s)  # the moment of the kill, not a wait for anything
        child.send_signal(signal.SIGKILL)
        said += child.stdout.readlines()
        assert child.wait() == -signal.SIGKILL, child.stderr.read()
    return [line for line in said if line.endswith("\n")]


def test_sixty_kills_lose_nothing_that_was_reported_and_reuse_no_seq(bench):
    chance = random.Random(20261122)  # noqa: S311 - a repeatable choice of moments
    reported: dict[tuple[str, int], str] = {}
    names: list[str] = []
    for _ in range(KILLS):
        for line in run_and_kill(bench.folder, chance.uniform(0, 0.04), chance.choice((0, 1, 1, 2, 5, 30))):
            first, *rest = line.split()
            if first == "open":
                names.append(rest[0])
                continue
            key = first, int(rest[0])
            assert key not in reported, "a seq was used twice"
            reported[key] = rest[1]
    journal = bench.open()
    assert journal.damage.lost_events == 0 and journal.damage.mended_records == 0
    assert len(set(names)) == len(names) and len(reported) > KILLS
    found: dict[tuple[str, int], str] = {}
    for name in names:
        after, seq = chain_start("door-0001", name), 1
        while True:
            try:
                slice_ = journal.read(name, seq, seq + 99)
            except LookupError:
                break
            assert slice_.before == after
            hashes = links(after, slice_.lines)
            found |= {(name, seq + at): hash_.hex() for at, hash_ in enumerate(hashes)}
            after, seq = hashes[-1], slice_.last + 1
    assert reported.items() <= found.items(), "nothing reported is missing or other than it was"
