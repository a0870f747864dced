"""The topics between a device and central (wire version 1). Pure."""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from edge.wire.text import WireError, is_device_id

ROOT = "dd/1"
INTAKE_SHARE = "$share/intake"
"""Collectors take what devices send through one shared subscription, so that each message reaches one of them."""


class Channel(StrEnum):
    """The last level of a topic."""

    UP = "up"  # device -> central, QoS 1: a batch of events
    ST = "st"  # device -> central, QoS 1, retained: birth and will
    HB = "hb"  # device -> central, QoS 0: heartbeat and seal
    RES = "res"  # device -> central, QoS 1: result of a command
    ACK = "ack"  # central -> device, QoS 0: what is committed
    CFG = "cfg"  # central -> device, QoS 1, retained: the desired configuration
    CMD = "cmd"  # central -> device, QoS 1: a command


FROM_DEVICE = (Channel.UP, Channel.ST, Channel.HB, Channel.RES)
TO_DEVICE = (Channel.ACK, Channel.CFG, Channel.CMD)
QOS = {Channel.UP: 1, Channel.ST: 1, Channel.HB: 0, Channel.RES: 1, Channel.ACK: 0, Channel.CFG: 1, Channel.CMD: 1}
RETAINED = frozenset({Channel.ST, Channel.CFG})


@dataclass(frozen=True, slots=True)
class Address:
    """A parsed topic."""

    device: str
    channel: Channel


@lru_cache(16_384)
def topic(device: str, channel: Channel) -> str:
    """`dd/1/{device}/{channel}`."""
    return f"{ROOT}/{device}/{channel.value}"


@lru_cache(16_384)
def parse_topic(name: str) -> Address:
    """The address a topic names; raises WireError for a topic that is not of this wire."""
    levels = name.split("/")
    if len(levels) != 4 or "/".join(levels[:2]) != ROOT or not is_device_id(levels[2]):
        raise WireError(f"topic {name[:80]!r} is not dd/1/DEVICE/CHANNEL")
    try:
        return Address(levels[2], Channel(levels[3]))
    except ValueError as error:
        raise WireError(f"topic {name[:80]!r} has an unknown channel") from error


def intake_filters() -> tuple[tuple[str, int], ...]:
    """The shared subscriptions of a collector, each with its QoS."""
    return tuple((f"{INTAKE_SHARE}/{ROOT}/+/{channel.value}", QOS[channel]) for channel in FROM_DEVICE)
