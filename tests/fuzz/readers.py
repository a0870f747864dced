"""Card readers: hostile bytes through a driver and the door's acceptance, and how many false badges chance makes.

A badge out of nonsense is a fault only beyond what the frame's own check lets through, so frames that are right but for
a drawn check are counted against that probability, and uniform noise, which cannot make a frame at all, must make none.
"""

import math
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hypothesis import strategies as st

from edge.readers import DRIVERS, PROFILED, EventKind, Reader, ReaderEvent
from edge.readers.acceptance import Acceptance, Policy, TapKind
from edge.readers.keyboard import key_bytes
from edge.readers.pn532 import Pn532
from edge.readers.profile import FORMS, Order, Profile, Tech
from tests.edge.readers.test_every_driver import SAMPLES
from tests.fuzz.inputs import damaged
from tests.fuzz.target import Target

APART_NS = 1_000_000_000
"""Between two frames of chance: each has every opportunity to be taken for a badge of its own."""


def _em_ascii(draw: random.Random) -> bytes:
    return b"\x02" + f"{draw.getrandbits(48):012X}".encode() + b"\x03"


def _em_raw(draw: random.Random) -> bytes:
    return b"\x02" + f"{draw.getrandbits(40):010X}".encode() + bytes([draw.randrange(4, 256)]) + b"\x03"


def _gwiot(draw: random.Random) -> bytes:
    return bytes([2, 10, 2, 0x2E]) + draw.randbytes(5) + b"\x03"


def _pn532(draw: random.Random) -> bytes:
    body = bytes.fromhex("D54B010100040804") + bytes([draw.randrange(1, 8)]) + draw.randbytes(3)
    return b"\x00\x00\xff" + bytes([len(body), -len(body) & 255]) + body + bytes([draw.randrange(256), 0])


def _bits(count: int) -> Callable[[random.Random], bytes]:
    return lambda draw: f"{draw.getrandbits(count):0{count}b}\n".encode()


def _keys(draw: random.Random) -> bytes:
    return key_bytes((f"KEY_{key}", 1) for key in [*f"{draw.randrange(10**10):010d}", "ENTER"])


@dataclass(frozen=True, slots=True)
class Chance:
    """frame: one that is right but for what is drawn; probability: that its check lets it through."""

    frame: Callable[[random.Random], bytes]
    probability: float


CHANCES: Mapping[str, Chance] = {
    "rdm6300": Chance(_em_ascii, 1 / 256),
    "id12la": Chance(_em_ascii, 1 / 256),
    "em4100_raw": Chance(_em_raw, 1 / 256),  # the check is drawn from 252 of the 256
    "gwiot7941e": Chance(_gwiot, 1 / 256),
    "pn532_hsu": Chance(_pn532, 1 / 256),
    "wiegand26": Chance(_bits(26), 1 / 4),
    "wiegand34": Chance(_bits(34), 1 / 4),
    "hid_evdev": Chance(_keys, 2**32 / 10**10),
}


@dataclass(frozen=True, slots=True)
class FalseBadges:
    """frames drawn, badges out of them, how many chance allows on average, and how many the door accepted.

    bytes: of uniform noise, badges and accepted out of it.
    """

    frames: int
    badges: int
    expected: float
    accepted: int
    noise_bytes: int
    noise_badges: int
    noise_accepted: int

    def check(self, continuous: bool) -> None:
        """Within six standard deviations of chance; noise makes nothing; the door takes no single frame of a reader
        that repeats."""
        spread = 6 * math.sqrt(max(self.expected, 1.0))
        assert abs(self.badges - self.expected) <= spread, self
        assert self.noise_badges == self.noise_accepted == 0, self
        assert self.accepted <= (0 if continuous else self.badges), self


def false_badges(name: str, frames: int, noise_bytes: int, seed: int) -> FalseBadges:
    """Frames of chance, then noise, each through a driver and an acceptance of its own."""
    draw = random.Random(seed)  # noqa: S311 - hostile bytes, no secrets
    chance = CHANCES[name]
    badges, accepted = _pass(name, [chance.frame(draw) for _ in range(frames)])
    noise = [draw.randbytes(min(512, noise_bytes - at)) for at in range(0, noise_bytes, 512)]
    noise_badges, noise_accepted = _pass(name, noise)
    return FalseBadges(frames, badges, frames * chance.probability, accepted, noise_bytes, noise_badges, noise_accepted)


def _pass(name: str, chunks: list[bytes]) -> tuple[int, int]:
    reader, acceptance = made(name), Acceptance(Policy())
    badges = accepted = 0
    for number, chunk in enumerate(chunks, 1):
        events = reader.feed(chunk, number * APART_NS)
        badges += sum(event.kind is EventKind.READ for event in events)
        accepted += _accepted(acceptance, events, reader.continuous)
    return badges, accepted


def _accepted(acceptance: Acceptance, events: list[ReaderEvent], continuous: bool) -> int:
    taps = [tap for event in events for tap in acceptance.offer(event, continuous=continuous)]
    return sum(tap.kind is TapKind.ACCEPTED for tap in taps)


def made(name: str, profile: Profile | None = None) -> Reader:
    """The driver; a polled one as if it had asked."""
    if name == Pn532.name:
        return Pn532("front", recorded=True)
    return PROFILED[name]("front", profile) if profile is not None and name in PROFILED else DRIVERS[name]("front")


PROFILES = st.builds(Profile, st.sampled_from(list(Tech)), st.sampled_from(sorted(FORMS)), st.sampled_from(list(Order)))


def _target(name: str) -> Target:
    samples = [*SAMPLES[name].frames, SAMPLES[name].endless or b"\x00\x1e\x01"]
    chunks = st.lists(st.tuples(st.binary(max_size=300) | damaged(samples), st.integers(0, 400)), max_size=8)
    recorded = Policy()

    def attempt(given: tuple[Profile | None, tuple[tuple[bytes, int], ...]]) -> None:
        profile, stream = given
        reader, acceptance, now_ms = made(name, profile), Acceptance(recorded), 0
        for content, later_ms in stream:
            now_ms += later_ms
            _accepted(acceptance, reader.feed(content, now_ms * 1_000_000), reader.continuous)
            _accepted(acceptance, reader.tick(now_ms * 1_000_000), reader.continuous)
            assert all(isinstance(request, bytes) for request in reader.requests())
        _accepted(acceptance, reader.tick((now_ms + 60_000) * 1_000_000), reader.continuous)

    return Target(st.tuples(st.none() | PROFILES, chunks.map(tuple)), attempt)


TARGETS: dict[str, Callable[[], Target]] = {
    name: (lambda name=name: _target(name))  # type: ignore[misc]
    for name in DRIVERS
}
