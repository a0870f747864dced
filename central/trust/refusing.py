"""A station that is revoked is refused by the broker at once, also on the connection that it has.

Measured with Mosquitto 2.0: a new revocation list refuses new connections and leaves the old one talking; a new access
list silences the old one as well, under whatever client id it is; and whoever connects under its client id ends it.
So all three are done, in this order. Collectors refuse what a revoked station says in any case.
"""

import socket
import ssl
from pathlib import Path

from central.settings import BrokerSettings
from central.store import Store, trust
from central.trust.authority import Authority
from central.trust.broker import reload_broker, write_refused

SECONDS = 5.0


def refuse_at_broker(store: Store, broker: BrokerSettings, authority: Authority, device: str, now_ms: int) -> str:
    """Tell the broker in `broker.folder` who is revoked, and end the connection of `device`; returns what is left to
    do, "" = nothing. now_ms: real time. Raises OSError where the folder cannot be written."""
    folder = Path(broker.folder)
    with store.read() as db:
        refused, journal = trust.refused(db, now_ms), trust.newest_session(db, device)
    write_refused(folder, authority, refused, now_ms)
    if not reload_broker(folder):
        return f"the broker was not told: run `systemctl reload diemdanh-broker`, or send SIGHUP to the pid in {folder}"
    if journal is None:
        return ""
    try:
        take_over(broker, f"{device}-{journal}")
    except OSError as error:
        return f"the broker refuses the station, but its open connection was not ended ({error}); it is silenced"
    return ""


def take_over(broker: BrokerSettings, client_id: str) -> None:
    """Connect under a client id and leave: the broker ends whoever was connected under it. Raises OSError."""
    name = client_id.encode()
    body = b"\x00\x04MQTT\x04\x02\x00\x0a" + len(name).to_bytes(2, "big") + name
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(broker.ca)
    context.load_cert_chain(broker.cert, broker.key)
    with (
        socket.create_connection((broker.host, broker.port), SECONDS) as plain,
        context.wrap_socket(plain, server_hostname=broker.host) as line,
    ):
        line.sendall(b"\x10" + bytes([len(body)]) + body)
        if line.recv(4) != b"\x20\x02\x00\x00":
            raise ConnectionError("the broker did not accept central's certificate")
        line.sendall(b"\xe0\x00")
