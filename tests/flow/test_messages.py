"""Messages as a broken or hostile network brings them: twice, in any order, cut, changed, too long, and nonsense."""

import json
import random
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from edge.wire.ack import Ack, encode_ack
from edge.wire.batch import MAX_ACCEPTED_BYTES
from tests.flow.site import Site
from tests.flow.wiretap import Said, Wiretap
from tests.waiting import until

BAD = 10_000
OVERSIZED = 10
MEMORY_KIB = 300 * 1024


def cut(draw: random.Random, payload: bytes) -> bytes:
    """The beginning of a message, too short to be one."""
    return payload[: draw.randrange(len(payload) - 1)]


def nonsense(draw: random.Random, real: list[Said], number: int) -> Said:
    """A message that nobody can read, unlike every other."""
    topic, payload = draw.choice(real)
    tail = b" %d" % number
    made = {
        "noise": lambda: (topic, draw.randbytes(draw.randrange(1, 400)) + tail),
        "cut": lambda: (topic, cut(draw, payload) + b"\n" + tail),
        "nested": lambda: (topic, b'{"v":1,"x":' + b"[" * draw.randrange(1, 3000) + tail),
        "numbers": lambda: (topic, b'{"v":1,"device":"%d","journal":1e999,"first":-1,"count":NaN}\n' % number),
        "surrogates": lambda: (topic, b'{"v":1,"device":"\\ud800","journal":"\\u0000","first":%d}\n' % number),
        "zeros": lambda: (topic, b"\0" * draw.randrange(1, 300) + tail),
        "not text": lambda: (topic, b"\xff\xfe\xc0\xaf" * draw.randrange(1, 50) + tail),
        "another door": lambda: (f"dd/1/d{number:016x}/up", payload + tail),
        "another version": lambda: (topic, b'{"v":%d}\n' % (number + 2)),
        "a word unsigned": lambda: (topic.replace("/up", "/hb"), b'{"v":1,"n":%d}\n%s' % (number, b"A" * 86)),
        "a will unsigned": lambda: (topic.replace("/up", "/st"), b'{"v":1,"n":%d}\n%s' % (number, b"B" * 86)),
        "no such channel": lambda: (topic.replace("/up", "/res"), draw.randbytes(50) + tail),
    }
    return made[draw.choice(sorted(made))]()


def bad_messages(real: list[Said]) -> Iterator[Said]:
    """BAD of them: half of them one and the same, a few too long for anybody."""
    draw = random.Random(7)  # noqa: S311
    same = (real[0][0], b"always the same")
    for number in range(BAD // 2):
        yield same
        yield nonsense(draw, real, number) if number >= OVERSIZED else (real[0][0], bytes([number + 1]) * 200_000)


def resident_kib(pid: int) -> int:
    """Memory of a process."""
    status = Path(f"/proc/{pid}/status").read_text("ascii", "replace")
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])


def test_after_ten_thousand_bad_messages_a_good_one_is_stored(site: Site) -> None:
    device = site.door("D-1").device
    site.collect()
    with Wiretap(site.broker) as wire:
        site.power("D-1")
        for _ in range(3):
            site.tap("D-1")
        site.settled()
        real = wire.heard("up")
        assert wire.say(bad_messages(real)) == BAD
        site.tap("D-1")
        site.settled()
    topic, times = f"dd/1/{device}/up", BAD // 2
    digest = sha256(topic.encode() + b"\0unreadable\0" + b"always the same").digest()
    seen = site.query("SELECT times FROM quarantine WHERE digest = ?", digest)[0][0]
    assert seen >= times * 0.99  # a broker may acknowledge a message and drop it
    assert site.count("quarantine") <= times + 1
    assert site.query("SELECT max(length(payload)) FROM quarantine")[0][0] <= MAX_ACCEPTED_BYTES
    assert resident_kib(site.pid()) < MEMORY_KIB


def test_messages_twice_and_in_any_order_store_the_same(site: Site) -> None:
    """The station is switched off: what it said is said again by somebody else: shuffled, many times, and cut."""
    site.door("D-1")
    draw = random.Random(8)  # noqa: S311
    with Wiretap(site.broker) as wire:
        for _ in range(3):
            site.power("D-1")
            for _ in range(15):
                site.tap("D-1")
            punches = list(site.greens().values())
            until(lambda punches=punches: all(one in said(wire) for one in punches), what="everything sent")
            site.fleet.kill("D-1")
        real = wire.heard("up") + wire.heard("st") + wire.heard("hb")
        site.collect()
        again = [(topic, payload) for topic, payload in real for _ in range(4)]
        again += [(topic, cut(draw, payload)) for topic, payload in real]
        draw.shuffle(again)
        wire.say(again)
        until(lambda: set(site.greens()) <= set(site.punches()), what="everything stored")
        site.power("D-1")
        wire.say(again)
        site.settled()


def said(wire: Wiretap) -> str:
    """All batches so far as one text."""
    return "".join(payload.decode("utf-8", "replace") for _, payload in wire.heard("up"))


def test_a_forged_acknowledgement_only_delays_what_it_speaks_of(site: Site) -> None:
    device = site.door("D-1").device
    site.power("D-1")
    for _ in range(5):
        site.tap("D-1")
    journal = next(iter(site.greens())).journal
    with Wiretap(site.broker) as wire:
        forged = encode_ack(Ack(journal, 1_000_000, (), (), None, 4_000_000_000_000, 0))
        wire.say([(f"dd/1/{device}/ack", forged)])
        until(lambda: any(believes(payload, journal) for _, payload in wire.heard("hb")), what="belief in it")
        site.collect()
        site.settled()


def believes(heartbeat: bytes, journal: str) -> bool:
    """Whether a station takes everything of a journal for acknowledged."""
    listed = json.loads(heartbeat.partition(b"\n")[0])["journals"]
    return all(one["acked"] >= one["head"] for one in listed if one["journal"] == journal)


def test_changed_bytes_are_found_by_the_next_seal_and_asked_for_again(site: Site) -> None:
    """Somebody between door and central changes a punch before central has the true one."""
    site.door("D-1")
    with Wiretap(site.broker) as wire:
        site.power("D-1")
        for _ in range(5):
            site.tap("D-1")
        badge = next(iter(site.greens().values()))
        until(lambda: badge in said(wire), what="a batch")
        topic, true = next(one for one in wire.heard("up") if badge.encode() in one[1])
        site.fleet.kill("D-1")
        site.collect()
        wire.say([(topic, true.replace(badge.encode(), b"em:DEADBEEF"))])
        until(lambda: "em:DEADBEEF" in site.punches().values(), what="the changed punch")
        site.power("D-1")
        site.settled(findings=frozenset({"fork"}))
    assert "em:DEADBEEF" not in site.punches().values()
    assert site.count("forked_event") == 0
