"""The way to the broker with certificates on both sides, for a station whose clock may stand in 1970.

OpenSSL checks chain, signature, purpose and name. Whether a certificate has expired is not left to it, because it asks
the system's clock: that is checked here, against a moment that has certainly passed (`Clock.certain_ms`): the clock
where it is synchronised, else its floor. That a certificate does not hold yet is no reason to refuse it: the office's
own authority has made it, and a station behind the times must not be locked out by a renewed one.
"""

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from edge.errors import EdgeError
from edge.settings import Broker

NO_CHECK_TIME = 0x200000
"""X509_V_FLAG_NO_CHECK_TIME of OpenSSL 1.1 and newer, which Python has no name for."""


class CertificateError(EdgeError, OSError):
    """A certificate cannot be used, or the other end's cannot be trusted; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Access:
    """How the broker is reached now. context: None = without TLS, for loopback."""

    host: str
    port: int
    context: ssl.SSLContext | None = None


class _TimedSocket(ssl.SSLSocket):
    """A socket that asks the station's clock whether the other end's certificate has expired."""

    def do_handshake(self, block: bool = False) -> None:
        super().do_handshake(block)
        context = self.context
        if not isinstance(context, TimedContext) or context.verify_mode != ssl.CERT_REQUIRED:
            return
        passed_s = context.passed_ms() // 1000
        for known in (self.getpeercert() or {}, *context.get_ca_certs()):
            if ssl.cert_time_to_seconds(str(known["notAfter"])) < passed_s:
                raise CertificateError(
                    f"the other end's certificate has expired ({known['notAfter']}); at central: `broker-config` again"
                )


class TimedContext(ssl.SSLContext):
    """A client's context. passed_ms: utc in ms of a moment that has passed."""

    passed_ms: Callable[[], int]
    sslsocket_class = _TimedSocket


def client_context(ca_pem: str | None, passed_ms: Callable[[], int]) -> TimedContext:
    """Trusts the authority `ca_pem` alone, as of `passed_ms`; None = looks at nobody's certificate."""
    context = TimedContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.passed_ms = passed_ms
    if ca_pem is None:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    context.verify_flags = ssl.VerifyFlags(context.verify_flags | NO_CHECK_TIME)
    try:
        context.load_verify_locations(cadata=ca_pem)
    except (OSError, ValueError) as error:
        raise CertificateError(
            f"the authority's certificate cannot be read ({error}); enrol the station anew"
        ) from error
    return context


def shown(context: TimedContext, cert: Path, key: Path) -> TimedContext:
    """The context with this station's certificate and key. Raises CertificateError."""
    try:
        context.load_cert_chain(cert, key)
    except OSError as error:
        raise CertificateError(
            f"[broker] cert {cert}, key {key}: {error}; both must be there, PEM, and belong together"
        ) from error
    return context


def from_files(broker: Broker, passed_ms: Callable[[], int]) -> Access:
    """The access that `[broker]` names. Raises CertificateError."""
    if broker.ca is None or broker.cert is None or broker.key is None:
        return Access(broker.host, broker.port)
    try:
        ca_pem = broker.ca.read_text("ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise CertificateError(f"[broker] ca {broker.ca}: cannot be read ({error})") from error
    return Access(broker.host, broker.port, shown(client_context(ca_pem, passed_ms), broker.cert, broker.key))
