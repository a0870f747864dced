"""How a station is let in, and how it stays in: asking with a claim, the certificate, its renewal.

What central answered lies in one file of the data folder, `enrolment.json`, replaced whole: after a power cut the
station is enrolled or asks again with the same claim, which central answers in the same way as long as it is the same
key that asks. The key is made on the device and never leaves it. `broker.pem` (key and certificate, as TLS wants them)
is made from the file and the identity again whenever it differs.
"""

import json
import logging
import ssl
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from hmac import compare_digest
from pathlib import Path
from typing import Any

from edge.clock import Clock
from edge.errors import EdgeError
from edge.files import replace_file
from edge.https import Answer, ask
from edge.identity import Identity, decode_key, verifier
from edge.settings import Settings
from edge.tls import Access, CertificateError, client_context, from_files, shown
from edge.wire.claim import Claim, decode_claim, hash_of, pin_of, six_digits
from edge.wire.text import WireError

FILE, PEM, CLAIM = "enrolment.json", "broker.pem", "claim.txt"
RENEW_AGAIN_NS = 600_000_000_000
"""A renewal that failed is tried again after ten minutes: what is not renewed yet still holds for four months."""
FAILURES = 2
"""So many connections without a birth may mean that the certificate has expired and the clock does not know it."""

log = logging.getLogger(__name__)


class EnrolmentError(EdgeError, OSError):
    """Central does not let the station in; the message says why, and what to do. code: the same in a word."""

    def __init__(self, message: str, code: str = "other") -> None:
        super().__init__(message)
        self.code = code


class WaitingError(EnrolmentError):
    """Central knows of this station, and a person has not confirmed it yet. digits: what both sides show."""

    def __init__(self, digits: str, door: str) -> None:
        super().__init__(
            f"waiting: {_spaced(digits)} must be confirmed: `diemdanh-central enrol confirm {door} {digits}`"
        )
        self.digits = digits


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What central answered. host, port: where renewals are asked for. ca, certificate: PEM. Times: utc in ms."""

    device: str
    host: str
    port: int
    ca: str
    certificate: str
    issued_ms: int
    expires_ms: int
    broker_host: str
    broker_port: int
    central_key: str

    @property
    def renew_from_ms(self) -> int:
        """Two thirds of the certificate's life."""
        return self.issued_ms + (self.expires_ms - self.issued_ms) * 2 // 3


class Way:
    """The way of one station to its broker: by the files that settings name, by enrolment, or plain.

    Settings go first. Whoever is not enrolled asks with the claim in the file that settings name, where there is one.
    `digits`: what the door shows while a person has to confirm it.
    """

    def __init__(self, settings: Settings, identity: Identity, clock: Clock) -> None:
        self._settings = settings
        self._identity = identity
        self._clock = clock
        self._data = settings.station.data
        self._verify = verifier(settings.central.public_key)
        self._known: Enrolment | None = None
        self._failures = 0
        self._renew_ns = 0
        self._asking = threading.Lock()
        self.digits = ""

    def load(self) -> Enrolment | None:
        """What is known of an enrolment, None where there was none. Raises EnrolmentError."""
        self._known = read_enrolment(self._data, self._identity.device)
        if self._known is not None and self._settings.central.public_key is None:
            self._verify = verifier(decode_key(self._known.central_key))
        return self._known

    def verify(self, signature: bytes, line: bytes) -> bool:
        """Whether central signed `line`: by the key that settings pin, else by the one that came with the enrolment."""
        return self._verify(signature, line)

    def access(self) -> Access:
        """How the broker is reached now. Raises WaitingError, EnrolmentError, CertificateError, OSError."""
        broker = self._settings.broker
        if broker.ca is not None:
            return from_files(broker, self._clock.certain_ms)
        known = self.load()
        claim = None if known is not None else self._claim()
        if claim is not None:
            known = self.enrol(claim)
        if known is None:
            return Access(broker.host, broker.port)
        self._failures += 1
        if self.due() or (self._failures > FAILURES and self._may_renew()):
            known = self._renewed(known)
        return Access(known.broker_host, known.broker_port, self._context(known))

    def worked(self) -> None:
        """A connection came to a birth: the certificate is taken."""
        self._failures = 0

    def due(self) -> bool:
        """Whether the certificate is to be renewed now, which ends the connection for a moment."""
        known = self._known
        return known is not None and self._clock.certain_ms() >= known.renew_from_ms and self._may_renew()

    def _may_renew(self) -> bool:
        return self._clock.mono_ns() >= self._renew_ns

    @property
    def enrolled(self) -> bool:
        """Whether central has let the station in."""
        return (self._data / FILE).exists()

    def give(self, claim: Claim) -> None:
        """A person gave this claim; it is asked with after a power cut too, before the one of the settings' file."""
        replace_file(self._data / CLAIM, claim.text.encode() + b"\n", 0o600)

    def drop(self) -> None:
        """The claim that was given is of no use any more."""
        (self._data / CLAIM).unlink(missing_ok=True)
        self.digits = ""

    def _claim(self) -> Claim | None:
        return read_claim(self._data / CLAIM) or read_claim(self._settings.enrolment.claim)

    def enrol(self, claim: Claim) -> Enrolment:
        """Ask once; any thread may. Raises WaitingError until a person has confirmed, EnrolmentError, OSError."""
        with self._asking:
            return self._enrol(claim)

    def _enrol(self, claim: Claim) -> Enrolment:
        identity, passed = self._identity, self._clock.certain_ms
        found = ask(claim.host, claim.port, client_context(None, passed), "/enrol/ca")
        ca = _authority(found, claim)
        said = {"claim": claim.secret.hex(), "request": identity.certificate_request()}
        answer = ask(claim.host, claim.port, client_context(ca, passed), "/enrol/begin", said)
        if answer.status == 202:
            raw = identity.raw_public_key
            self.digits = six_digits(hash_of(claim.secret), claim.pin, identity.device, raw)
            raise WaitingError(self.digits, str(answer.fields.get("door")))
        self._take(answer, claim.host, claim.port, ca)
        self.drop()
        log.info("enrolled: this station is let in")
        return self._kept()

    def _renewed(self, known: Enrolment) -> Enrolment:
        """A new certificate, or the old one where none is to be had."""
        self._renew_ns = self._clock.mono_ns() + RENEW_AGAIN_NS
        said = {"request": self._identity.certificate_request()}
        try:
            context = client_context(known.ca, self._clock.certain_ms)
            self._take(ask(known.host, known.port, context, "/enrol/renew", said), known.host, known.port, known.ca)
        except OSError as error:
            log.warning("the certificate could not be renewed: %s", error)
            return known
        log.info("the certificate is renewed")
        return self._kept()

    def _kept(self) -> Enrolment:
        found = self.load()
        if found is None:
            raise EnrolmentError(f"{self._data / FILE} is gone; enrol the station again")
        return found

    def _take(self, answer: Answer, host: str, port: int, ca: str) -> None:
        """Keep what central answered, once it is sure that this station can use it."""
        if answer.status != 200:
            said = str(answer.fields.get("say") or f"central answers {answer.status}")
            raise EnrolmentError(said, str(answer.fields.get("error")))
        given = {**answer.fields, "device": self._identity.device, "host": host, "port": port, "ca": ca}
        made = _enrolment(given, f"{host}:{port}")
        self._context(made)
        keep_enrolment(self._data, made)

    def _context(self, known: Enrolment) -> ssl.SSLContext:
        path = self._data / PEM
        content = (self._identity.key_pem() + known.certificate).encode()
        if not path.exists() or not compare_digest(path.read_bytes(), content):
            replace_file(path, content, 0o600)
        return shown(client_context(known.ca, self._clock.certain_ms), path, path)


def keep_enrolment(data: Path, made: Enrolment) -> None:
    """Keep it in folder `data`, durably."""
    replace_file(data / FILE, json.dumps(asdict(made)).encode() + b"\n", 0o600)


def present_access(settings: Settings, data: Path, passed_ms: Callable[[], int]) -> Access:
    """How the broker is reached by what is there already: central is asked nothing, no file is written.

    data: the station's folder, as this program sees it. Raises EnrolmentError, CertificateError.
    """
    known = None if settings.broker.ca is not None else read_enrolment(data, None)
    if known is None:
        return from_files(settings.broker, passed_ms)
    context = shown(client_context(known.ca, passed_ms), data / PEM, data / PEM)
    return Access(known.broker_host, known.broker_port, context)


def read_enrolment(data: Path, device: str | None) -> Enrolment | None:
    """What lies in folder `data`, None where nothing does. Raises EnrolmentError where it is damaged or another's.

    device: of this station, None = whosever it is.
    """
    path = data / FILE
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        found = _enrolment(json.loads(content), str(path))
    except (ValueError, RecursionError) as error:
        raise EnrolmentError(f"{path}: damaged ({error}); remove it and enrol the station again") from error
    if device not in (None, found.device):
        raise EnrolmentError(f"{path}: of station {found.device}, this one is {device}; remove it and enrol again")
    return found


def _enrolment(given: Any, place: str) -> Enrolment:
    """Raises EnrolmentError unless every field is there and of its type."""
    read: dict[str, Any] = {}
    for field in fields(Enrolment):
        value = given.get(field.name) if isinstance(given, dict) else None
        if type(value) is not field.type:
            raise EnrolmentError(f"{place}: no enrolment, {field.name} is missing or wrong; enrol the station again")
        read[field.name] = value
    made = Enrolment(**read)
    decode_key(made.central_key)
    return made


def _authority(found: Answer, claim: Claim) -> str:
    """The authority's certificate (PEM), if it is the claim's."""
    place = f"{claim.host}:{claim.port}"
    try:
        ca = found.body.decode("ascii")
        der = ssl.PEM_cert_to_DER_cert(ca)
    except ValueError as error:
        raise EnrolmentError(f"{place} does not answer as central does; is it the address of the claim?") from error
    if found.status != 200 or not compare_digest(pin_of(der), claim.pin):
        raise EnrolmentError(
            f"{place} is not the office that gave this claim, or somebody stands between; nothing was told to it. "
            "Ask central for a new claim, and look whose network this is",
            "stranger",
        )
    return ca


def read_claim(path: Path) -> Claim | None:
    """The claim in a file, such as one on the boot partition; None where there is no file. Raises EnrolmentError."""
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise EnrolmentError(f"{path}: cannot be read ({error})") from error
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return claim_of(lines[0] if lines else "", str(path))


def claim_of(text: str, place: str) -> Claim:
    """The claim that somebody wrote. Raises EnrolmentError that says where."""
    try:
        return decode_claim(text)
    except WireError as error:
        raise EnrolmentError(f"{place}: {error}") from error


def _spaced(digits: str) -> str:
    return f"{digits[:3]} {digits[3:]}"


def enrol_until_in(way: Way, claim: Claim, say: Callable[[str], None], wait: Callable[[], object]) -> Enrolment:
    """Ask until a person has confirmed. say: shows a line; wait: pauses between two questions.

    What the network does wrong meanwhile is said and tried again; what central refuses ends it (EnrolmentError).
    """
    shown_last = ""
    while True:
        try:
            return way.enrol(claim)
        except WaitingError as waiting:
            said = str(waiting)
        except (EnrolmentError, CertificateError):
            raise
        except OSError as error:
            said = f"{claim.host}:{claim.port}: {error}; trying again"
        if said != shown_last:
            say(said)
            shown_last = said
        wait()
