"""The broker's folder: Mosquitto's configuration, its certificate, who may do what, and who is refused.

A station's user name is the common name of its certificate, its device id: it writes what it says itself and reads what
is said to it, nothing else. Mosquitto grants a subscription that is too wide and then delivers nothing on it; a message
on another's topic it drops. `refuse` changes the lists of a broker that runs: see there for what each of them does.
"""

import json
import os
import shutil
import signal
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from central.errors import CentralError
from central.store.trust import Refused
from central.trust.authority import OWN_DAYS, Authority, Issued, Revoked, key_pem, new_key
from edge.wire.topics import FROM_DEVICE, ROOT, TO_DEVICE, Channel

TLS_PORT = 8883
COLLECTOR, WEB = "COLLECTOR", "WEB"
"""User names of central's own processes, in capitals, which no device id has."""
CONFIGURATION, ACCESS, REVOCATIONS, PID = "mosquitto.conf", "acl", "crl.pem", "mosquitto.pid"
GROUP = "mosquitto"
HALF_LIFE_MS = OWN_DAYS * 86_400_000 // 2


class BrokerConfigError(CentralError, ValueError):
    """A broker cannot be configured like this; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How the broker is to be reached. names: host names and IP addresses by which stations know it.

    listen: the address that it listens on. plain: `ADDRESS:PORT` of a second listener without TLS, "" = none.
    """

    names: tuple[str, ...]
    listen: str = "0.0.0.0"  # noqa: S104 - stations come from other machines
    port: int = TLS_PORT
    plain: str = ""


def write_broker(folder: Path, plan: Plan, authority: Authority, refused: Refused, now_ms: int) -> list[Path]:
    """Write everything that Mosquitto needs into `folder`; returns the files. Raises BrokerConfigError, OSError.

    Keys and certificates that are there already, for the same names and not half through their time, are kept.
    """
    plain = _checked_plain(plan.plain)
    if not plan.names:
        raise BrokerConfigError("--host is needed: by which names or addresses do stations reach the broker?")
    folder.mkdir(parents=True, exist_ok=True)
    folder = folder.resolve()
    files = [_write(folder / "ca.pem", authority.pem)]
    files += _credentials(folder, "server", authority, plan.names, now_ms)
    for process in (COLLECTOR, WEB):
        files += _credentials(folder, process.lower(), authority, (process,), now_ms, client=True)
    files += write_refused(folder, authority, refused, now_ms)
    files.append(_write(folder / CONFIGURATION, _configuration(folder, plan, plain)))
    files.append(_write(folder / "broker.json", json.dumps({"names": plan.names, "port": plan.port}) + "\n"))
    return files


def write_refused(folder: Path, authority: Authority, refused: Refused, now_ms: int) -> list[Path]:
    """Write the two lists by which the broker refuses: certificates, and stations that are connected already."""
    revoked = [Revoked(serial, at_ms) for serial, at_ms in refused.certificates.items()]
    return [
        _write(folder / REVOCATIONS, authority.revocations(revoked, now_ms)),
        _write(folder / ACCESS, access_list(refused.devices), private=True),
    ]


def access_list(refused: Sequence[str]) -> str:
    """Mosquitto's access list: patterns for stations, a part for each of central's processes, and who is refused."""
    lines = ["# Written by diemdanh-central broker-config; what is changed here is lost at the next revocation."]
    lines += [f"pattern write {ROOT}/%u/{channel.value}" for channel in FROM_DEVICE]
    lines += [f"pattern read {ROOT}/%u/{channel.value}" for channel in TO_DEVICE]
    lines += ["", f"user {COLLECTOR}"]
    lines += [f"topic read {ROOT}/+/{channel.value}" for channel in FROM_DEVICE]
    lines += [f"topic write {ROOT}/+/{channel.value}" for channel in TO_DEVICE]
    lines += ["", f"user {WEB}"]
    lines += [f"topic read {ROOT}/+/{channel.value}" for channel in (Channel.ST, Channel.HB, Channel.RES)]
    lines += [f"topic write {ROOT}/+/{Channel.CMD.value}"]
    for device in refused:
        # What is denied to a user goes before every pattern: a connection that is still open says nothing any more.
        lines += ["", f"user {device}", "topic deny #"]
    return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True)
class Address:
    """How stations reach the broker: by any of these names, the first of which they are told."""

    names: tuple[str, ...]
    port: int


def broker_address(folder: Path) -> Address:
    """As `broker-config` was told. Raises BrokerConfigError."""
    try:
        said = json.loads((folder / "broker.json").read_text("utf-8"))
        return Address(tuple(map(str, said["names"])), int(said["port"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BrokerConfigError(f"{folder}: no broker's folder ({error}); `broker-config --out` makes one") from error


def reload_broker(folder: Path) -> bool:
    """Have Mosquitto read its lists again (SIGHUP). False where it does not run, or is not ours to signal."""
    try:
        pid = int((folder / PID).read_text("ascii"))
        if Path(f"/proc/{pid}/comm").read_text("utf-8").strip() != "mosquitto":
            return False
        os.kill(pid, signal.SIGHUP)
    except (OSError, ValueError):
        return False
    return True


def _checked_plain(plain: str) -> tuple[str, int] | None:
    """Address and port of the listener without TLS, None where none is wanted."""
    if not plain:
        return None
    address, _, port = plain.rpartition(":")
    try:
        number, loopback = int(port), ip_address(address.strip("[]")).is_loopback
    except ValueError as error:
        raise BrokerConfigError(f"--plain {plain!r} is no ADDRESS:PORT, such as 127.0.0.1:1883") from error
    if not loopback:
        raise BrokerConfigError(
            f"--plain {plain}: without TLS anybody on that network could read who is at work, and write it; "
            "only 127.0.0.1 or [::1] may be plain"
        )
    return address.strip("[]"), number


def _credentials(
    folder: Path, name: str, authority: Authority, names: tuple[str, ...], now_ms: int, *, client: bool = False
) -> list[Path]:
    certificate, key_file = folder / f"{name}.pem", folder / f"{name}-key.pem"
    key = _kept(certificate, key_file, authority, names, now_ms, client=client)
    if key is not None:
        return [certificate, key_file]
    key = new_key()
    made = authority.process(names[0], key.public_key(), now_ms) if client else _server(authority, names, key, now_ms)
    _write(key_file, key_pem(key).decode(), private=True)
    return [_write(certificate, made.pem), key_file]


def _server(authority: Authority, names: tuple[str, ...], key: ec.EllipticCurvePrivateKey, now_ms: int) -> Issued:
    try:
        return authority.server(names, key.public_key(), now_ms)
    except ValueError as error:
        raise BrokerConfigError(
            f"--host {' '.join(names)}: {error}; write names in a-z (punycode) or IP addresses"
        ) from error


def _kept(
    certificate: Path, key_file: Path, authority: Authority, names: tuple[str, ...], now_ms: int, *, client: bool
) -> ec.EllipticCurvePrivateKey | None:
    """The key that is there, if its certificate is of this authority, for these names, and will hold for long."""
    with suppress(OSError, ValueError, TypeError, x509.ExtensionNotFound):
        found = x509.load_pem_x509_certificate(certificate.read_bytes())
        key = load_pem_private_key(key_file.read_bytes(), password=None)
        found.verify_directly_issued_by(authority.certificate)
        said = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value if not client else ()
        right = client or {str(getattr(one, "value", "")) for one in said} == set(names)
        lasting = found.not_valid_after_utc.timestamp() * 1000 - now_ms > HALF_LIFE_MS
        if isinstance(key, ec.EllipticCurvePrivateKey) and key.public_key() == found.public_key() and right and lasting:
            return key
    return None


def _write(path: Path, text: str, *, private: bool = False) -> Path:
    """Replace a file whole; a private one is for its owner, and for Mosquitto's group where root writes it."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if private else 0o644)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    if private and os.geteuid() == 0:
        with suppress(LookupError):
            shutil.chown(draft, group=GROUP)
            draft.chmod(0o640)
    draft.replace(path)
    return path


def _configuration(folder: Path, plan: Plan, plain: tuple[str, int] | None) -> str:
    text = _HEAD.format(folder=folder, port=plan.port, listen=plan.listen)
    if plain is not None:
        text += _PLAIN.format(address=plain[0], port=plain[1])
    return text


_HEAD = """\
# Mosquitto 2.0 or newer, written by diemdanh-central broker-config: mosquitto -c {folder}/mosquitto.conf
# A broker is a lossy pipe here: the device keeps a punch until central has committed it.
per_listener_settings true
pid_file {folder}/mosquitto.pid

# The same limits as deploy/mosquitto/mosquitto.conf, where the reasons stand.
max_queued_messages 200000
max_queued_bytes 268435456
max_inflight_messages 2000
max_packet_size 4259840
persistence false
set_tcp_nodelay true
log_dest stderr
log_type error
log_type warning
log_type notice
connection_messages false

# Whoever has no certificate of this office's authority is refused; who it is says the certificate, not the client.
listener {port} {listen}
allow_anonymous false
tls_version tlsv1.2
cafile {folder}/ca.pem
certfile {folder}/server.pem
keyfile {folder}/server-key.pem
crlfile {folder}/crl.pem
require_certificate true
use_identity_as_username true
acl_file {folder}/acl
"""
_PLAIN = """
# Without TLS, on loopback alone: every program on this machine may say and read everything.
listener {port} {address}
allow_anonymous true
"""
