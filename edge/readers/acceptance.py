"""From frames to taps, once for all drivers: confirmation, presence, repeats, two cards, a card left lying. Pure.

Readers invent cards whose checksum is right (readers.md, section 0), so a frame of a reader that repeats counts only
when the same one comes again at once; what stays alone is a ghost and is only counted. All times are monotonic.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from edge.readers.reader import EventKind, Level, ReaderEvent

MOST_OPEN = 64
"""Badges followed at once over all readers: more than anybody holds to a door, and a bound against nonsense."""
_MS = 1_000_000


@dataclass(frozen=True, slots=True)
class Policy:
    """confirm: equal frames within window_ms that make a read, where the reader repeats (1 elsewhere).

    gap_ms: silence after which the card is gone. repeat_guard_ms: how long a badge makes no second punch.
    two_cards_ms: two badges confirmed on one reader within it were held there together. stuck_ms: a card lying longer
    is reported. Defaults: readers.md, section 5.
    """

    confirm: int = 2
    window_ms: int = 250
    gap_ms: int = 700
    repeat_guard_ms: int = 5000
    two_cards_ms: int = 500
    stuck_ms: int = 60_000


class TapKind(StrEnum):
    """What somebody did at a reader."""

    ACCEPTED = "accepted"  # to be recorded
    REPEATED = "repeated"  # the same badge again within the guard: only answered
    STUCK = "stuck"  # a card lies on the reader; said once
    REMOVED = "removed"  # the card is gone


@dataclass(frozen=True, slots=True)
class Tap:
    """One act with one badge. first_ns: first byte of its first frame; mono_ns: of the frame that decided.

    confirmed: equal frames behind it. evidence: the version byte that came with an EM4100 number, or the partial number
    that was read, None for other cards. two_cards: another badge was confirmed on this reader just before. That one is
    on disk by then and cannot be marked any more: who reads the punches finds it by this one.
    """

    kind: TapKind
    badge: str
    reader_id: str
    first_ns: int
    mono_ns: int
    confirmed: int = 1
    level: Level = Level.UID
    evidence: str | None = None
    two_cards: bool = False


@dataclass(frozen=True, slots=True)
class _Seen:
    """Frames are equal when all of this is: the same number with another version byte is another card."""

    reader_id: str
    badge: str
    evidence: str | None


@dataclass(slots=True)
class _Presence:
    """A card that lies on the reader, since and until (so far)."""

    tap: Tap
    last_ns: int
    stuck: bool = False


class Acceptance:
    """Decides which frames are taps, for all readers of one door.

    last: when each badge was last accepted, by this boot's monotonic clock, so that a restart keeps the guard; lying:
    the badge last accepted on each reader: a card that is there at once when the reader connects was never away.
    """

    def __init__(
        self,
        policy: Policy | None = None,
        last: Mapping[str, int] | None = None,
        lying: Mapping[str, str] | None = None,
    ) -> None:
        self._policy = policy or Policy()
        self._accepted = dict(last or {})
        self._newest: dict[str, str] = dict(lying or {})
        self._returning: dict[str, int] = {}  # reader -> when it connected
        self._confirmed: dict[str, tuple[str, int]] = {}  # reader -> badge and time of its last confirmation
        self._waiting: dict[_Seen, list[int]] = {}
        self._present: dict[_Seen, _Presence] = {}
        self._counts: dict[str, Counter[str]] = {}

    def counts(self, reader_id: str) -> dict[str, int]:
        """Since the start, by code: `ghost`, and every reason why input was no badge."""
        return dict(self._counts.get(reader_id, {}))

    def offer(self, event: ReaderEvent, *, continuous: bool) -> list[Tap]:
        """The taps that `event` completes. continuous: of the reader's driver."""
        taps = self.tick(event.mono_ns)
        if event.kind is EventKind.CONNECTED and continuous:
            self._returning[event.reader_id] = event.mono_ns
        if event.error is not None:
            self._count(event.reader_id, event.error)
        if event.kind is EventKind.READ and event.badge is not None:
            taps.extend(self._seen(event, event.badge, self._policy.confirm if continuous else 1))
        return taps

    def tick(self, mono_ns: int) -> list[Tap]:
        """Let time pass: cards that are gone, frames that stayed alone.

        Only when every event from before `mono_ns` has been offered: a frame still waiting in a queue would otherwise
        come too late to confirm the one before it.
        """
        gone_ns, alone_ns = self._policy.gap_ms * _MS, self._policy.window_ms * _MS
        for seen in [s for s, times in self._waiting.items() if mono_ns - times[-1] > alone_ns]:
            self._ghosts(seen)
        gone = [s for s, presence in self._present.items() if mono_ns - presence.last_ns >= gone_ns]
        return [self._removed(self._present.pop(seen), mono_ns) for seen in gone]

    def forget(self, badge: str) -> None:
        """`badge` was accepted but could not be recorded: its next presentation is a first one."""
        self._accepted.pop(badge, None)
        for reader_id in [r for r, newest in self._newest.items() if newest == badge]:
            del self._newest[reader_id]

    def _seen(self, event: ReaderEvent, badge: str, confirm: int) -> list[Tap]:
        version = event.forms.get("version")
        seen = _Seen(event.reader_id, badge, None if version is None else str(version))
        presence = self._present.get(seen)
        if presence is not None:
            return self._still(presence, event.mono_ns)
        window_ns = self._policy.window_ms * _MS
        waited = self._waiting.pop(seen, [])
        times = [t for t in waited if event.mono_ns - t <= window_ns]
        self._count(event.reader_id, "ghost", len(waited) - len(times))
        times.append(event.mono_ns)
        if len(times) < confirm:
            self._wait(seen, times)
            return []
        return [self._confirm(seen, times, event.level)]

    def _still(self, presence: _Presence, mono_ns: int) -> list[Tap]:
        """The card still lies there; say once when it is too long."""
        presence.last_ns = mono_ns
        tap = presence.tap
        if presence.stuck or mono_ns - tap.mono_ns < self._policy.stuck_ms * _MS:
            return []
        presence.stuck = True
        return [_again(tap, TapKind.STUCK, mono_ns)]

    def _confirm(self, seen: _Seen, times: list[int], level: Level) -> Tap:
        now_ns = times[-1]
        repeated = self._is_repeat(seen, now_ns)
        tap = Tap(
            TapKind.REPEATED if repeated else TapKind.ACCEPTED,
            seen.badge,
            seen.reader_id,
            times[0],
            now_ns,
            len(times),
            level,
            seen.evidence,
            self._beside_another(seen, now_ns),
        )
        self._confirmed[seen.reader_id] = (seen.badge, now_ns)
        _keep(self._present, seen, _Presence(tap, now_ns))
        if not repeated:
            self._accept(seen, now_ns)
        return tap

    def _accept(self, seen: _Seen, now_ns: int) -> None:
        guard_ns = self._policy.repeat_guard_ms * _MS
        self._accepted = {badge: t for badge, t in self._accepted.items() if now_ns - t < guard_ns}
        self._accepted[seen.badge] = now_ns
        self._newest[seen.reader_id] = seen.badge

    def _is_repeat(self, seen: _Seen, now_ns: int) -> bool:
        """Within the guard; or lying there since before the reader came back, however long that was."""
        accepted_ns = self._accepted.get(seen.badge)
        if accepted_ns is not None and now_ns - accepted_ns < self._policy.repeat_guard_ms * _MS:
            return True
        connected_ns = self._returning.get(seen.reader_id)
        if connected_ns is None or now_ns - connected_ns > self._policy.gap_ms * _MS:
            return False
        return self._newest.get(seen.reader_id) == seen.badge

    def _beside_another(self, seen: _Seen, now_ns: int) -> bool:
        badge, confirmed_ns = self._confirmed.get(seen.reader_id, (seen.badge, 0))
        return badge != seen.badge and now_ns - confirmed_ns <= self._policy.two_cards_ms * _MS

    def _removed(self, presence: _Presence, mono_ns: int) -> Tap:
        return _again(presence.tap, TapKind.REMOVED, mono_ns)

    def _wait(self, seen: _Seen, times: list[int]) -> None:
        while len(self._waiting) >= MOST_OPEN:
            self._ghosts(next(iter(self._waiting)))
        self._waiting[seen] = times

    def _ghosts(self, seen: _Seen) -> None:
        self._count(seen.reader_id, "ghost", len(self._waiting.pop(seen)))

    def _count(self, reader_id: str, code: str, times: int = 1) -> None:
        if times:
            self._counts.setdefault(reader_id, Counter())[str(code)] += times


def _again(tap: Tap, kind: TapKind, mono_ns: int) -> Tap:
    return Tap(kind, tap.badge, tap.reader_id, tap.first_ns, mono_ns, tap.confirmed, tap.level, tap.evidence)


def _keep(present: dict[_Seen, _Presence], seen: _Seen, presence: _Presence) -> None:
    """Follow `seen`; of too many cards the one that has been silent longest is dropped."""
    if len(present) >= MOST_OPEN:
        del present[min(present, key=lambda s: present[s].last_ns)]
    present[seen] = presence
