"""How a new station is let in: a slot with a claim, the station's request, a person's confirmation, its certificate.

Every step is one transaction, and a station may ask the same thing again at any time: whatever was cut off in the
middle, by power or by network, is asked again and answered alike. Times of claims and certificates are real time.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

import sqlalchemy as sa

from central.enrol import check_unit, register
from central.errors import CentralError
from central.intaking.reading import Message
from central.intaking.registry import UNREGISTERED
from central.keys import decode_key, encode_key
from central.store import Store, claims, decisions, fleet, quarantine, trust
from central.store.claims import ClaimRow, Slot
from central.store.decisions import Decision
from central.store.fleet import DeviceRow
from central.store.trust import CertificateRow
from central.trust.authority import Authority, Request
from edge.wire.claim import SECRET_BYTES, hash_of, pin_of, six_digits

HOUR_MS = 3_600_000
MOST_WRONG_DIGITS = 3


class Refusal(StrEnum):
    """Why a station is not let in."""

    UNKNOWN = "unknown"
    EXPIRED = "expired"
    USED = "used"
    ENDED = "ended"
    REVOKED = "revoked"
    STRANGER = "stranger"


SAYINGS = {
    Refusal.UNKNOWN: "central knows no such claim; ask it for a new one (`diemdanh-central enrol open DOOR`)",
    Refusal.EXPIRED: "the claim has expired; ask central for a new one (`diemdanh-central enrol open DOOR`)",
    Refusal.USED: "another station has used this claim; if nobody knows of it, tell central at once; ask for a new one",
    Refusal.ENDED: "the claim was taken back; ask central for the newest one",
    Refusal.REVOKED: "this station is revoked; only a new identity and a new claim let it in again",
    Refusal.STRANGER: "central has never let this station in; enrol it with a claim",
}


class NotLetInError(CentralError, ValueError):
    """A station's request is refused; `refusal` says why, the message what to do about it."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(SAYINGS[refusal])
        self.refusal = refusal


class ConfirmError(CentralError, ValueError):
    """What a person confirmed cannot be; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Begun:
    """central's answer to a station's request. certificate: None until a person has confirmed."""

    door: str
    certificate: CertificateRow | None


def open_slot(
    store: Store, slot: Slot, now_ms: int, hours: float, random: Callable[[int], bytes] = secrets.token_bytes
) -> bytes:
    """A slot for one station; returns the claim's secret, which is kept nowhere. Raises ConfirmError, UnknownUnitError.

    Whatever claim the door had and nobody confirmed is of no use any more.
    """
    if not slot.door.strip():
        raise ConfirmError("a door needs a code that people call it by, such as D-X01")
    secret = random(SECRET_BYTES)
    with store.write() as db:
        check_unit(db, slot.unit)
        there = {row.code: row for row in fleet.devices(db)}.get(slot.door)
        if there is not None and there.revoked_ms is not None and not slot.replaces:
            raise ConfirmError(f"{slot.door} is revoked; another station takes its place with --replace")
        if there is not None and not slot.replaces and trust.newest_certificate(db, there.id) is not None:
            raise ConfirmError(
                f"{slot.door} has a station ({there.id}); --replace lets another one take its place, and what that one "
                "has not sent by then comes only if it is switched on again"
            )
        claims.open_claim(db, slot, hash_of(secret), now_ms, now_ms + round(hours * HOUR_MS))
    return secret


def begin(store: Store, secret: bytes, request: Request, now_ms: int) -> Begun:
    """A station asks with its claim, for the first time or again. Raises NotLetInError."""
    with store.write() as db:
        claim = claims.claim_by_secret(db, hash_of(secret))
        if claim is None:
            raise NotLetInError(Refusal.UNKNOWN)
        return _begin(db, claim, request, now_ms)


def _begin(db: sa.Connection, claim: ClaimRow, request: Request, now_ms: int) -> Begun:
    if claim.device is not None and (claim.device, claim.key) != (request.device, encode_key(request.key)):
        raise NotLetInError(Refusal.USED)
    if claim.ended:
        raise NotLetInError(Refusal.ENDED)
    if claim.confirmed_ms is not None:
        certificate = _certificate_of(db, request)
        if claim.fetched_ms is None:
            claims.change_claim(db, claim.id, fetched_ms=now_ms)
        return Begun(claim.door, certificate)
    if now_ms >= claim.expires_ms:
        raise NotLetInError(Refusal.EXPIRED)
    if claim.device is None:
        claims.change_claim(db, claim.id, device=request.device, key=encode_key(request.key), begun_ms=now_ms)
    return Begun(claim.door, None)


def _certificate_of(db: sa.Connection, request: Request) -> CertificateRow:
    """The newest certificate of a station that is registered with this key. Raises NotLetInError."""
    known = {row.id: row for row in fleet.devices(db)}.get(request.device)
    if known is not None and known.revoked_ms is not None:
        raise NotLetInError(Refusal.REVOKED)
    certificate = trust.newest_certificate(db, request.device)
    if known is None or known.key != encode_key(request.key) or certificate is None:
        raise NotLetInError(Refusal.STRANGER)
    return certificate


def digits_of(claim: ClaimRow, authority: Authority) -> str:
    """What the station of a begun claim shows, "" where none has asked yet."""
    if claim.device is None or claim.key is None:
        return ""
    return six_digits(claim.secret_hash, pin_of(authority.der), claim.device, decode_key(claim.key))


def confirm(
    store: Store, authority: Authority, door: str, digits: str, now_ms: int, registered_ms: int
) -> list[Message]:
    """A person has read `digits` at the station: it is registered and gets its certificate.

    registered_ms: the same moment in the world of the facts. Returns what waited for it in quarantine, to be given to
    `Collector.process`. Raises ConfirmError, RegistryError.
    """
    wanted = "".join(digits.split())
    with store.write() as db:
        claim = claims.newest_claim(db, door)
        device, key = _waiting(claim, door, now_ms)
        assert claim is not None  # noqa: S101 - _waiting has refused None
        right = secrets.compare_digest(wanted.encode(), digits_of(claim, authority).encode())
        if not right:
            over = claim.wrong_digits + 1 >= MOST_WRONG_DIGITS
            claims.change_claim(db, claim.id, wrong_digits=claim.wrong_digits + 1, ended="wrong digits" if over else "")
        else:
            issued = authority.device(Request(device, decode_key(key)), now_ms)
            waiting = _let_in(
                db, claim, DeviceRow(device, door, claim.unit, claim.location, key, registered_ms, None, None)
            )
            trust.keep_certificate(
                db, CertificateRow(issued.serial, device, issued.pem, issued.issued_ms, issued.expires_ms)
            )
            claims.change_claim(db, claim.id, confirmed_ms=now_ms)
    if not right:
        raise ConfirmError(
            f"the station that asks for {door} shows other digits. Look again at the station; if it shows "
            f"{wanted}, then another one has used the claim: `enrol cancel` it, and find out who has seen it"
        )
    return waiting


def _waiting(claim: ClaimRow | None, door: str, now_ms: int) -> tuple[str, str]:
    """Device and key of a claim that awaits its confirmation. Raises ConfirmError."""
    if claim is None:
        raise ConfirmError(f"no slot was opened for {door}; `enrol open {door}`")
    if claim.confirmed_ms is not None:
        raise ConfirmError(f"{door} is confirmed already; `enrol list` says how far it is")
    if claim.ended:
        raise ConfirmError(f"the claim of {door} has ended ({claim.ended}); `enrol open {door}` makes a new one")
    if now_ms >= claim.expires_ms:
        raise ConfirmError(f"the claim of {door} has expired; `enrol open {door}` makes a new one")
    if claim.device is None or claim.key is None:
        raise ConfirmError(f"no station has asked for {door} yet; give it the claim first")
    return claim.device, claim.key


def _let_in(db: sa.Connection, claim: ClaimRow, row: DeviceRow) -> list[Message]:
    known = {device.id: device for device in fleet.devices(db)}.get(row.id)
    if known is not None and (known.code, known.key, known.revoked_ms) == (row.code, row.key, None):
        return []  # it was registered by hand before there were certificates
    check_unit(db, claim.unit)
    register(db, _in_its_place(db, row) if claim.replaces else row, replace_station=True)
    waiting = quarantine.release(db, row.id, UNREGISTERED, row.registered_ms)
    return [Message(m.topic, m.payload, m.received_ms) for m in waiting]


def _in_its_place(db: sa.Connection, row: DeviceRow) -> DeviceRow:
    """The new station, once the one that is there has given way: it is revoked, and keeps what it sent under a code of
    its own, with the holes that are in it."""
    devices = fleet.devices(db)
    there = {device.code: device for device in devices}.get(row.code)
    if there is None or there.id == row.id:
        return row
    trust.revoke_certificates(db, there.id, row.registered_ms)
    if not fleet.has_sent(db, there.id):
        return row
    former = f"{row.code}~{1 + sum(device.code.startswith(f'{row.code}~') for device in devices)}"
    fleet.revoke_device(db, there.id, row.registered_ms)
    fleet.rename(db, there.id, former)
    said = f"{row.code}: station {row.id} instead of {there.id}, which is {former} now"
    decisions.record(db, Decision(row.id, "replaced", said, "", "", row.registered_ms))
    return replace(row, unit=row.unit or there.unit, location=row.location or there.location)


def cancel(store: Store, door: str) -> None:
    """The newest claim of a door is taken back. Raises ConfirmError."""
    with store.write() as db:
        claim = claims.newest_claim(db, door)
        if claim is None or claim.ended or claim.confirmed_ms is not None:
            raise ConfirmError(f"{door} has no open claim; a station that is let in already: `device revoke {door}`")
        claims.change_claim(db, claim.id, ended="taken back")


def renew(store: Store, authority: Authority, request: Request, now_ms: int) -> CertificateRow:
    """The certificate of a station that was let in, a new one where the old is half through. Raises NotLetInError.

    It proves who it is with the key that signs its journal; how long it was switched off does not matter.
    """
    with store.write() as db:
        known = _certificate_of(db, request)
        if known.expires_ms - now_ms > (known.expires_ms - known.issued_ms) // 2:
            return known
        issued = authority.device(request, now_ms)
        made = CertificateRow(issued.serial, request.device, issued.pem, issued.issued_ms, issued.expires_ms)
        trust.keep_certificate(db, made)
        return made


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a slot is. state: see `_state`. digits: what its station shows, "" where none has asked."""

    door: str
    state: str
    digits: str
    device: str
    opened_ms: int
    expires_ms: int


def slots(store: Store, authority: Authority, now_ms: int) -> list[Progress]:
    """Every slot, the newest last."""
    with store.read() as db:
        found, heard = claims.all_claims(db), claims.heard_devices(db)
    return [
        Progress(
            one.door,
            _state(one, heard, now_ms),
            digits_of(one, authority),
            one.device or "",
            one.opened_ms,
            one.expires_ms,
        )
        for one in found
    ]


def _state(claim: ClaimRow, heard: set[str], now_ms: int) -> str:
    """speaking, enrolled (has a certificate), confirmed, asks (compare the digits), open, expired, or why it ended."""
    if claim.confirmed_ms is not None:
        if claim.device in heard:
            return "speaking"
        return "enrolled" if claim.fetched_ms else "confirmed"
    if claim.ended:
        return claim.ended
    if now_ms >= claim.expires_ms:
        return "expired"
    return "asks" if claim.device else "open"
