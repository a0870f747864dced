"""Slots as the pages show them: how far each station is that is being let in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from central.moments import DAY_MS, moment
from central.trust.enrolling import Progress
from central.web.device_words import SLOT, UNDERWAY
from central.web.texts import catalogue


@dataclass(frozen=True, slots=True)
class SlotCard:
    """One slot. tone: waits, asks, live or ended. digits: to be compared now, "" = nothing is. known: its door has a
    page of its own. since, expires: local times."""

    door: str
    state: str
    tone: str
    sign: str
    label: str
    digits: str
    known: bool
    since: str
    expires: str


_SIGNS = {"waits": "…", "asks": "!", "live": "✓", "ended": "–"}


def slot_cards(
    found: Iterable[Progress], live: Mapping[str, bool], real_ms: int, language: str
) -> tuple[SlotCard, ...]:
    """The newest slot of each door: those underway, and what came of those of the last day; a station that spoke and
    is silent now is the fleet's matter. live: door -> whether its
    station speaks now; a door that is not in it is not registered."""
    newest = {one.door: one for one in found}
    cards = [
        _card(one, live, language)
        for one in newest.values()
        if one.state in UNDERWAY or (_recent(one, real_ms) and not (one.state == "speaking" and not live.get(one.door)))
    ]
    return tuple(sorted(cards, key=lambda card: (_ORDER.index(card.tone), card.door)))


def _recent(one: Progress, real_ms: int) -> bool:
    return real_ms - one.opened_ms < DAY_MS or 0 <= real_ms - one.expires_ms < DAY_MS


_ORDER = ("asks", "waits", "live", "ended")


def _card(one: Progress, live: Mapping[str, bool], language: str) -> SlotCard:
    state = one.state
    tone = _tone(state)
    return SlotCard(
        one.door,
        state,
        tone,
        _SIGNS[tone],
        catalogue(language).gettext(SLOT.get(state, state)),
        one.digits if state == "asks" else "",
        one.door in live,
        f"{moment(one.opened_ms):%H:%M %d/%m/%Y}",
        f"{moment(one.expires_ms):%H:%M %d/%m/%Y}",
    )


def _tone(state: str) -> str:
    if state == "asks":
        return "asks"
    if state == "speaking":
        return "live"
    return "waits" if state in UNDERWAY else "ended"
