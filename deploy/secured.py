"""Mutual TLS for a whole system on this machine: its own authority, its broker, and stations that are let in at once.

The demo and the flow tests have nobody who compares digits: what enrolment leaves behind at both ends is written here
by the same functions, and from then on nothing differs from an office.
"""

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path

from central.clock import SystemClock
from central.store import Store
from central.store.trust import CertificateRow, Refused, keep_certificate
from central.trust.authority import Authority, Request, open_authority
from central.trust.broker import COLLECTOR, Plan, write_broker
from deploy.broker import TRIES, Broker, BrokerError, free_port, start_secured
from edge.enrolment import Enrolment, keep_enrolment
from edge.simulate import Member

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Secured:
    """An authority and a broker that runs, in `folder`."""

    folder: Path
    authority: Authority
    broker: Broker

    @property
    def broker_lines(self) -> str:
        """What central's settings say in `[broker]`, besides host and port."""
        name = COLLECTOR.lower()
        files = {"ca": "ca.pem", "cert": f"{name}.pem", "key": f"{name}-key.pem", "folder": ""}
        return "".join(f"{key} = {json.dumps(str(self.broker.folder / file))}\n" for key, file in files.items())

    @property
    def ca_lines(self) -> str:
        """The section of central's settings that names the authority."""
        return f"[ca]\nfile = {json.dumps(str(_file(self.folder)))}\n"

    def let_in(self, store: Store, member: Member, central_key: str) -> None:
        """Give a station of the fleet that does not run yet its certificate; its broker is as its settings name it."""
        identity, now_ms = member.identity, SystemClock().now_ms()
        made = self.authority.device(Request(identity.device, identity.raw_public_key), now_ms)
        with store.write() as db:
            row = CertificateRow(made.serial, identity.device, made.pem, made.issued_ms, made.expires_ms)
            keep_certificate(db, row)
        place = tomllib.loads(member.config.read_text("utf-8"))["broker"]
        kept = Enrolment(
            identity.device, HOST, 1, self.authority.pem, made.pem, made.issued_ms, made.expires_ms,
            place["host"], place["port"], central_key,
        )  # fmt: skip
        keep_enrolment(member.folder / "data", kept)


def secure(folder: Path) -> Secured:
    """Make an authority in `folder` and start Mosquitto behind it, on a free port. Raises BrokerError."""
    now_ms = SystemClock().now_ms()
    folder.mkdir(parents=True, exist_ok=True)
    authority = open_authority(_file(folder), now_ms)
    for attempt in range(TRIES):
        port = free_port()
        write_broker(folder / "broker", Plan((HOST,), HOST, port), authority, Refused({}, ()), now_ms)
        try:
            return Secured(folder, authority, start_secured((folder / "broker").resolve(), port))
        except BrokerError:
            # Between asking for a free port and listening on it, another process may have taken it.
            if attempt == TRIES - 1:
                raise
    raise AssertionError("unreachable")


def _file(folder: Path) -> Path:
    return folder / "office-ca.pem"
