"""Why a door says nothing, or cannot be trusted: one reason, the one to mend first. Pure.

In this order: it is no door any more; it is known to record nothing; no station stands behind it; its connection ended
(the broker's will) or its heartbeats stopped; it says itself that it cannot record; it lives and has not delivered
everything; it does not know the time.
"""

import json
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Protocol

from central.coverage import LOST, NO_DOOR, NO_POWER, NOT_THERE, STOPPED
from central.presence import CURRENT_WITHIN, DoorState

_MS = timedelta(milliseconds=1)


class Silence(StrEnum):
    """Why a door is silent."""

    RETIRED = "retired"
    NO_POWER = NO_POWER
    STOPPED = STOPPED
    NOT_THERE = NOT_THERE
    LOST = LOST
    NO_DOOR = NO_DOOR
    CLOSED = "closed"
    """A person said that it was down, with a document."""
    NO_STATION = "no_station"
    """It is in the office's list, and no station is registered for it."""
    NEVER_HEARD = "never_heard"
    OFFLINE = "offline"
    """The broker said that its connection ended: the network or the power is gone."""
    NO_HEARTBEAT = "no_heartbeat"
    """It should speak each minute and does not, though no end of its connection was heard of."""
    READER_LOST = "reader_lost"
    NOT_RECORDING = "disk_full"
    """Its journal has no room, so that it records nothing."""
    READ_ONLY = "disk_read_only"
    """It records nothing until somebody restarts its computer: its disk takes no write before it has been checked."""
    NOT_DELIVERED = "not_delivered"
    """It is connected, and something that it recorded is still to come."""
    CLOCK = "clock_not_set"


class Heard(Protocol):
    """The newest word of a station. online: no will of this connection came; heard_ms: receipt of its newest message;
    clock: as it said; report: the JSON of its newest heartbeat."""

    @property
    def online(self) -> bool: ...
    @property
    def heard_ms(self) -> int: ...
    @property
    def clock(self) -> str: ...
    @property
    def report(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Silent:
    """The reason, and since when (UTC ms), None where nobody can say."""

    why: Silence
    since_ms: int | None = None


_DOWN = {"reader_lost": Silence.READER_LOST, "disk_full": Silence.NOT_RECORDING}
_CODES = frozenset(Silence)


def why_down(reason: str, since_ms: int) -> Silent:
    """Why a door is known to record nothing; a reason in a person's words is a decision."""
    known = _DOWN.get(reason) or (Silence(reason) if reason in _CODES else Silence.CLOSED)
    return Silent(known, since_ms)


def why_silent(
    state: DoorState,
    heard: Heard | None,
    delivered_ms: int | None,
    now_ms: int,
    *,
    station: bool,
    heard_within: timedelta = CURRENT_WITHIN,
) -> Silent | None:
    """Why a door that is not known to be down is silent or in doubt; None while all is well. station: it has one, or is
    a terminal; heard_within: how long this kind of door may say nothing."""
    if heard is None:
        return Silent(Silence.NEVER_HEARD if station else Silence.NO_STATION)
    if not heard.online:
        return Silent(Silence.OFFLINE, heard.heard_ms)
    if (now_ms - heard.heard_ms) * _MS > heard_within:
        return Silent(Silence.NO_HEARTBEAT, heard.heard_ms)
    said = _said(heard.report)
    if said is not None:
        return Silent(said)
    if state is not DoorState.CURRENT:
        return Silent(Silence.NOT_DELIVERED, delivered_ms)
    return Silent(Silence.CLOCK) if heard.clock == "none" else None


def _said(report: str) -> Silence | None:
    """What a heartbeat itself says against the door: all of its readers lost, or no room to record."""
    said = json.loads(report)
    readers = [reader["state"] for reader in said.get("readers", ())]
    if readers and "ok" not in readers:
        return Silence.READER_LOST
    faults = said.get("faults", ())
    if "disk_read_only" in faults:
        return Silence.READ_ONLY
    return Silence.NOT_RECORDING if "disk_full" in faults else None
