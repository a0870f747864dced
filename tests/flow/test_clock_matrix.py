"""Whatever a door's clock is and whenever it is set: what central makes of a tap is right, or honestly uncertain."""

from itertools import count

import pytest

from central.ledger.boots import TRUSTED
from central.timing import Stamped, SyncPoint, Timed, repair
from edge.clock import BUILD_UTC_MS, Trust
from edge.readers import EventKind, ReaderEvent
from edge.wire.events import Clock as Quality
from edge.wire.events import ClockSet, Event, Punch, decode_event
from tests.edge.door_bench import MS, Bench

MINUTE_MS = 60_000
JUMPS = {"minutes": 7 * MINUTE_MS, "hours": 5 * 60 * MINUTE_MS, "years": 3 * 365 * 1440 * MINUTE_MS}
"""Seven minutes: more than a battery clock may have drifted since nobody knows when (20 ppm of half a year: five)."""
JUMPS |= {"backwards": -2 * 1440 * MINUTE_MS}
ONLINE_MS, EXACT_MS = 400, 1_000
"""How long an event takes to central; how far a sync point and twenty ppm of an hour may be off."""


class Door(Bench):
    """A door whose clock is wrong by `error_ms`."""

    def __init__(self, folder, quality: Quality, error_ms: int) -> None:
        self.badges = count(1)
        self.base_ms = BUILD_UTC_MS + 900 * 1440 * MINUTE_MS
        super().__init__(folder, self.base_ms + error_ms, Trust(quality))

    def is_set(self, quality: Quality, error_ms: int) -> None:
        self.trust = Trust(quality)
        self.utc_ms = self.base_ms + error_ms

    def taps(self, between=lambda: None) -> int:
        """A card held to the reader; `between` its two frames something may happen. When it truly was."""
        badge = f"em:{next(self.badges):08X}"
        self.door.put(ReaderEvent(EventKind.READ, "door", self.ns, badge))
        self.wait(65)
        between()
        self.door.put(ReaderEvent(EventKind.READ, "door", self.ns, badge))
        truly_ms = self.true_ms()
        self.wait(0)
        return truly_ms

    def true_ms(self) -> int:
        return self.base_ms + self.ns // MS

    def concluded(self) -> list[Timed]:
        """What central makes of the punches, each received a moment after it was made."""
        journal = self.journal
        events = [decode_event(line) for line in journal.read(journal.journal, 1, journal.head).lines]
        points = [
            SyncPoint(event.stamp.uptime_ms, event.body.after_ms)
            for event in events
            if isinstance(event.body, ClockSet) and event.body.source in TRUSTED
        ]
        times = repair([self.stamped(event) for event in events], points)
        return [times[str(event.seq)] for event in events if isinstance(event.body, Punch)]

    def stamped(self, event: Event) -> Stamped:
        stamp = event.stamp
        received_ms = self.base_ms + stamp.uptime_ms + ONLINE_MS
        return Stamped(str(event.seq), stamp.uptime_ms, stamp.utc_ms, stamp.clock.value, stamp.sync_age_s, received_ms)


@pytest.mark.parametrize("jump_ms", JUMPS.values(), ids=JUMPS)
@pytest.mark.parametrize("when", ["before", "during", "after", "never"])
@pytest.mark.parametrize("quality", Quality)
def test_central_is_right_or_says_how_unsure_it_is(tmp_path, quality, when, jump_ms):
    """A clock that is unset or set from a battery is wrong by the jump until NTP sets it; one that NTP had set is set
    wrong by hand."""
    was_right = quality is Quality.NTP
    door = Door(tmp_path, quality, 0 if was_right else -jump_ms)

    def step() -> None:
        door.is_set(Quality.RTC if was_right else Quality.NTP, jump_ms if was_right else 0)

    door.wait(10_000)
    if when == "before":
        step()
        door.wait(10_000)
    truths = [door.taps(step if when == "during" else lambda: None)]
    door.wait(120_000)
    if when == "after":
        step()
        door.wait(1_000)
    for _ in range(3):
        truths.append(door.taps())
        door.wait(120_000)
    concluded = door.concluded()
    door.journal.close()
    assert len(concluded) == len(truths)
    for truth_ms, time in zip(truths, concluded, strict=True):
        assert time.set_aside or abs(time.best_ms - truth_ms) <= time.uncertainty_ms + EXACT_MS, time
    if was_right or when != "never":
        worst_ms = max(abs(time.best_ms - truth_ms) for truth_ms, time in zip(truths, concluded, strict=True))
        assert worst_ms <= EXACT_MS, "once its clock was right, every tap of the boot is known to the second"
        assert not any(time.set_aside for time in concluded)
