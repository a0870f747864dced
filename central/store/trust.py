"""Certificates that were issued to stations, and who is refused."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from central.tables import Certificate, Device, DeviceState

CERTIFICATE: sa.Table = Certificate.__table__  # type: ignore[attr-defined]
DEVICE: sa.Table = Device.__table__  # type: ignore[attr-defined]
STATE: sa.Table = DeviceState.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class CertificateRow:
    """A certificate; columns as in `tables.Certificate`."""

    serial: str
    device: str
    pem: str
    issued_ms: int
    expires_ms: int
    revoked_ms: int | None = None


def keep_certificate(db: sa.Connection, row: CertificateRow) -> None:
    """A certificate was issued."""
    db.execute(sa.insert(CERTIFICATE).values({name: getattr(row, name) for name in row.__slots__}))


def newest_certificate(db: sa.Connection, device: str) -> CertificateRow | None:
    """The certificate of a station that holds longest, None where it has none that is not revoked."""
    c = CERTIFICATE.c
    query = sa.select(*_columns()).where(c.device == device, c.revoked_ms.is_(None))
    row = db.execute(query.order_by(c.expires_ms.desc(), c.serial).limit(1)).first()
    return None if row is None else CertificateRow(*row)


def certificates(db: sa.Connection) -> list[CertificateRow]:
    """All certificates, by device, the newest last."""
    c = CERTIFICATE.c
    return [CertificateRow(*row) for row in db.execute(sa.select(*_columns()).order_by(c.device, c.issued_ms))]


def _columns() -> list[sa.Column[Any]]:
    return [CERTIFICATE.c[name] for name in CertificateRow.__slots__]


def revoke_certificates(db: sa.Connection, device: str, now_ms: int) -> None:
    """Every certificate of a station is revoked; the first revocation stays."""
    c = CERTIFICATE.c
    db.execute(sa.update(CERTIFICATE).where(c.device == device, c.revoked_ms.is_(None)).values(revoked_ms=now_ms))


@dataclass(frozen=True, slots=True)
class Refused:
    """What the broker has to know. certificates: serial (hex) -> since when (UTC ms). devices: ids, sorted."""

    certificates: dict[str, int]
    devices: tuple[str, ...]


def refused(db: sa.Connection, now_ms: int) -> Refused:
    """Certificates that are revoked and have not expired yet, and stations that are revoked."""
    c, d = CERTIFICATE.c, DEVICE.c
    serials = db.execute(sa.select(c.serial, c.revoked_ms).where(c.revoked_ms.is_not(None), c.expires_ms > now_ms))
    devices = db.execute(sa.select(d.id).where(d.revoked_ms.is_not(None)).order_by(d.id)).scalars()
    return Refused({row[0]: row[1] for row in serials}, tuple(devices))


def newest_session(db: sa.Connection, device: str) -> str | None:
    """The journal of a station's newest session, which is in its client id; None where it never spoke."""
    found: str | None = db.execute(sa.select(STATE.c.journal).where(STATE.c.device == device)).scalar()
    return found
