"""What a person does to let a station in or to put it out: the same steps for commands and pages.

Claims, certificates and the broker live in real time (`now_ms`); what is registered or revoked, in the world of the
facts, whose clock settings name.
"""

from dataclasses import dataclass
from pathlib import Path

from central import enrol
from central.errors import CentralError
from central.intaking.collector import Collector
from central.settings import Settings
from central.store import Store
from central.store.claims import Slot
from central.store.fleet import DeviceRow
from central.trust.authority import open_authority
from central.trust.broker import broker_address
from central.trust.enrolling import confirm, open_slot
from central.trust.refusing import refuse_at_broker
from edge.wire.claim import Claim, pin_of

HOURS = 24.0
"""How long a claim is good unless somebody says otherwise."""


class NoEntranceError(CentralError, ValueError):
    """There is no address at which a station could ask; the message says what to set."""


@dataclass(frozen=True, slots=True)
class Gone:
    """A station that is refused from now on. left: what is left to do at the broker, "" = nothing, None = there is no
    broker that could be told."""

    device: str
    left: str | None


@dataclass(frozen=True, slots=True)
class LetIn:
    """taken_in: messages that the station had sent before. gone: whoever had to give way."""

    taken_in: int
    gone: tuple[Gone, ...]


def open_claim(store: Store, settings: Settings, slot: Slot, now_ms: int, hours: float) -> Claim:
    """A slot for one station; the claim is shown once. Raises NoEntranceError, ConfirmError, UnknownUnitError."""
    if not settings.enrol.port:
        raise NoEntranceError(
            "enrol.port is not set: there is no address at which a station could ask; set it and start `web`"
        )
    host = broker_address(Path(settings.broker.folder)).names[0]
    authority = open_authority(settings.ca.file, now_ms)
    secret = open_slot(store, slot, now_ms, hours)
    return Claim(host, settings.enrol.port, secret, pin_of(authority.der))


def confirm_station(store: Store, settings: Settings, door: str, digits: str, now_ms: int) -> LetIn:
    """A person has read `digits` at the station: it is let in, what waited of it is taken in, and whoever was at the
    door before is refused. Raises ConfirmError, RegistryError, OSError."""
    clock, authority = settings.clock.clock(), open_authority(settings.ca.file, now_ms)
    before = _in_force(store)
    waiting = confirm(store, authority, door, digits, now_ms, clock.now_ms())
    if waiting:
        Collector(store, clock).process(waiting)
    gone = sorted(before - _in_force(store))
    return LetIn(len(waiting), tuple(Gone(one, _told(store, settings, one, now_ms)) for one in gone))


def _in_force(store: Store) -> set[str]:
    return {row.id for row in enrol.list_devices(store) if row.revoked_ms is None}


@dataclass(frozen=True, slots=True)
class Revoked:
    """A station that was revoked. left: as in `Gone`."""

    row: DeviceRow
    left: str | None


def revoke_station(store: Store, settings: Settings, code: str, now_ms: int, why: str = "", by: str = "") -> Revoked:
    """Refuse a station from now on: in the registry, its certificates, and at the broker. Raises UnknownDeviceError,
    OSError."""
    row = enrol.revoke_device(store, code, settings.clock.clock().now_ms(), why, by)
    return Revoked(row, _told(store, settings, row.id, now_ms))


def _told(store: Store, settings: Settings, device: str, now_ms: int) -> str | None:
    """The registry has it already: what the broker's folder refuses is left to do, and no failure."""
    if not settings.broker.folder:
        return None
    try:
        return _refused_at_broker(store, settings, device, now_ms)
    except OSError as error:
        folder = settings.broker.folder
        return f"the broker was not told ({error}): repeat `device revoke` as the account that owns {folder}"


def _refused_at_broker(store: Store, settings: Settings, device: str, now_ms: int) -> str:
    return refuse_at_broker(store, settings.broker, open_authority(settings.ca.file, now_ms), device, now_ms)
