"""What the lights said and what central has: what is lost, doubled, or used twice. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """An event's name at this door (wire R2)."""

    journal: str
    seq: int


@dataclass(frozen=True, slots=True)
class Light:
    """A tap that the panel showed as recorded. boot: in which life. at_ms: true utc at which it was seen.

    feedback: the answer's name (`edge.phrases.Feedback`), such as `recorded` or, amber, `two_cards`.
    """

    key: Key
    badge: str
    boot: int
    green: bool
    at_ms: int
    feedback: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """lost: shown, not stored. other: stored under that name with another badge. doubled: badges stored twice.

    reused: names that were shown for two different taps. dark: stored though nobody saw the light, because the power
    went between the two.
    """

    lost: tuple[Light, ...]
    other: tuple[Key, ...]
    reused: tuple[Key, ...]
    doubled: tuple[str, ...]
    dark: int

    @property
    def sound(self) -> bool:
        """No light was a lie and no tap counts twice."""
        return not (self.lost or self.other or self.reused or self.doubled)


def lights(entries: Iterable[tuple[int, Mapping[str, object]]], boot: int) -> list[Light]:
    """The answers among the panel's lines, each with its utc in ms, that told a person "recorded"."""
    return [
        Light(
            Key(str(e["journal"]), int(str(e["seq"]))),
            str(e["badge"]),
            boot,
            bool(e.get("green")),
            at_ms,
            str(e["feedback"]),
        )
        for at_ms, e in entries
        if e.get("recorded") and "seq" in e
    ]


def judge(shown: Iterable[Light], stored: Mapping[Key, str]) -> Judgement:
    """Every badge is tapped once, so that whatever is there twice is a fault."""
    all_shown = list(shown)
    taps = {(light.key, light.badge) for light in all_shown}
    names = Counter(key for key, _ in taps)
    seen = {light.key for light in all_shown}
    return Judgement(
        tuple(light for light in all_shown if light.key not in stored),
        tuple(sorted({light.key for light in all_shown if stored.get(light.key, light.badge) != light.badge})),
        tuple(sorted(key for key, count in names.items() if count > 1)),
        tuple(sorted(badge for badge, count in Counter(stored.values()).items() if count > 1)),
        sum(key not in seen for key in stored),
    )
