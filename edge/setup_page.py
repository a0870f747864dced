"""The station's own page on the local network, by which a technician gives it a claim. Only while it is not enrolled.

It shows no secret and takes one thing, a claim, which lets this station ask one office and nobody else. Who comes from
outside the local network, or under a name that is not this station's (a page elsewhere that points its name here), is
refused; whoever sends a form must have been shown it. The standard library's server, a few connections at once.
"""

import ipaddress
import logging
import secrets
import socket
import threading
from collections.abc import Callable, Mapping
from hmac import compare_digest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from edge.enrolment import EnrolmentError, WaitingError, Way, claim_of
from edge.errors import EdgeError
from edge.setup_words import PROBLEMS, STYLE, chosen, page
from edge.wire.claim import Claim

log = logging.getLogger(__name__)

PAUSE_S = 2.0
STAYS_S = 60.0
"""So long it still says that it is done."""
MOST_BYTES, MOST_AT_ONCE, SILENT_S = 4096, 8, 10.0
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # without one a browser names no origin of its own forms
    "Cache-Control": "no-store",
    "Connection": "close",
}


class SetupError(EdgeError, OSError):
    """The page cannot be served; the message says what to set."""


class Desk:
    """Takes a claim and asks with it until a person at central has confirmed. Safe for every thread.

    device: this station's id. clock: how good its clock is now, as a stamp says it. readers: name -> ok or lost.
    """

    def __init__(
        self, way: Way, device: str, clock: Callable[[], str], readers: Callable[[], Mapping[str, str]]
    ) -> None:
        self.device, self.clock, self.readers = device, clock, readers
        self._way = way
        self._given = threading.Event()
        self._claim: Claim | None = None
        self.problem = ""

    def take(self, text: str) -> None:
        """A claim was given; what is wrong with it is in `problem`."""
        try:
            claim = claim_of(text, "setup")
        except EnrolmentError:
            self.problem = "claim"
            return
        self._way.give(claim)
        self._claim, self.problem = claim, ""
        self._given.set()

    @property
    def digits(self) -> str:
        """What is to be compared now, "" = nothing is."""
        return self._way.digits

    @property
    def enrolled(self) -> bool:
        """Whether the station is let in."""
        return self._way.enrolled

    @property
    def state(self) -> str:
        """claim (one is needed), asking, digits (somebody has to compare them) or done."""
        if self.enrolled:
            return "done"
        if self.digits:
            return "digits"
        return "asking" if self._claim is not None else "claim"

    def run(self, stop: threading.Event) -> None:
        """Ask with the claim that was given, again and again, until it is of no use or the station is let in."""
        while not stop.is_set() and not self.enrolled:
            claim = self._claim
            if claim is None:
                self._given.wait(PAUSE_S)
                self._given.clear()
                continue
            self._ask(claim)
            stop.wait(PAUSE_S)

    def _ask(self, claim: Claim) -> None:
        try:
            self._way.enrol(claim)
        except WaitingError:
            self.problem = ""
        except EnrolmentError as error:
            log.warning("the claim of the setup page: %s", error)
            self.problem = error.code if error.code in PROBLEMS else "other"
            if self._claim is claim:
                self._claim = None
            self._way.drop()
        except OSError as error:
            log.warning("%s:%d: %s; trying again", claim.host, claim.port, error)
            self.problem = "unreachable"


class SetupServer:
    """The page and the asking, in threads of their own. left_s: how long it may still be there; host: the address to
    listen on, whatever comes from outside the local network is refused in any case."""

    def __init__(self, desk: Desk, host: str, port: int, left_s: Callable[[], float]) -> None:
        self._desk, self._place, self._left_s = desk, (host, port), left_s
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Listen. Raises SetupError."""
        token = secrets.token_urlsafe(16)
        handler = type("_Bound", (_Asked,), {"desk": self._desk, "token": token})
        try:
            self._server = _Server(self._place, handler)
        except OSError as error:
            host, port = self._place
            raise SetupError(f"the setup page on {host}:{port}: {error.strerror}; set setup.port") from error
        for name, work in (
            ("setup", lambda: self._server.serve_forever(0.5)),
            ("claim", lambda: self._desk.run(self._stop)),
            ("end", self._wait_for_the_end),
        ):
            thread = threading.Thread(target=work, name=f"setup_{name}", daemon=True)
            self._threads.append(thread)
            thread.start()
        log.warning("not enrolled: the setup page is on http://ADDRESS:%d/", self.port)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    def _wait_for_the_end(self) -> None:
        """Until the time is over, or the station was let in a minute ago."""
        over = False
        while not over and not self._stop.wait(1.0):
            if self._desk.enrolled:
                self._stop.wait(STAYS_S)
                over = True
            over = over or self._left_s() <= 0
        self._server.shutdown()
        self._server.server_close()
        log.info("the setup page has ended")

    def stop(self) -> None:
        """End it."""
        self._stop.set()
        self.wait()

    def wait(self) -> None:
        """Until it has ended."""
        for thread in self._threads:
            thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 16

    def __init__(self, place: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(place, handler)
        self._room = threading.Semaphore(MOST_AT_ONCE)

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Whether both ends of the connection are in the local network."""
        return is_near(client_address[0]) and is_near(request.getsockname()[0])

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._room.acquire(timeout=1.0):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that broke off is nobody's fault; nothing of it is printed."""
        log.debug("a connection to the setup page broke off", exc_info=True)


def is_near(address: str) -> bool:
    """Whether an address belongs to a local network: private, link-local or loopback."""
    found = ipaddress.ip_address(address.partition("%")[0])
    return found.is_private or found.is_link_local or found.is_loopback


def is_own_name(host: str, name: str) -> bool:
    """Whether a Host header is an address, or the name of this machine: anything else is a stranger's name that was
    made to point here (DNS rebinding)."""
    bare = urlsplit(f"//{host}").hostname or ""
    try:
        return bool(ipaddress.ip_address(bare))
    except ValueError:
        return bare in {"localhost", name.lower(), f"{name.lower()}.local"}


class _Asked(BaseHTTPRequestHandler):
    """One request."""

    desk: ClassVar[Desk]
    token: ClassVar[str]
    timeout = SILENT_S
    server_version, sys_version = "diemdanh", ""

    def do_GET(self) -> None:
        if self._refused():
            return
        path = urlsplit(self.path).path
        if path == "/style.css":
            self._answer(200, STYLE, "text/css")
        elif path == "/":
            self._answer(200, self._page(), "text/html")
        else:
            self._answer(404, "there is only one page: /\n", "text/plain")

    def do_POST(self) -> None:
        if self._refused():
            return
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length[:9]) > MOST_BYTES:
            self._answer(413, f"a form of at most {MOST_BYTES} bytes is needed\n", "text/plain")
            return
        fields = parse_qs(self.rfile.read(int(length)).decode("utf-8", "replace"), max_num_fields=8)
        said = {name: values[0].strip() for name, values in fields.items()}
        if compare_digest(said.get("token", "").encode(), self.token.encode()):
            self.desk.take(said.get("claim") or f"DD1:{said.get('address', '')}:{said.get('code', '')}")
        else:
            self.desk.problem = "page"
        self.send_response(303)
        self.send_header("Location", f"/?lang={self._language()}")
        self._head(0, "text/plain")

    def _language(self) -> str:
        return chosen(parse_qs(urlsplit(self.path).query).get("lang", [""])[0])

    def _refused(self) -> bool:
        """Whether it came under a strange name, or a form from another page; then that is answered."""
        host, origin = self.headers.get("Host", ""), self.headers.get("Origin")
        if not is_own_name(host, socket.gethostname()):
            self._answer(421, "ask by the station's address, or by its own name\n", "text/plain")
        elif origin is not None and origin != f"http://{host}":
            self._answer(403, "this form came from another page\n", "text/plain")
        else:
            return False
        return True

    def _page(self) -> str:
        desk, language = self.desk, self._language()
        facts = {"device": desk.device, "network": self.connection.getsockname()[0]}
        readers = dict(desk.readers())
        return page(facts, desk.clock(), readers, desk.state, desk.problem, desk.digits, self.token, language)

    def _answer(self, status: int, text: str, kind: str) -> None:
        body = text.encode()
        self.send_response(status)
        self._head(len(body), f"{kind}; charset=utf-8")
        self.wfile.write(body)

    def _head(self, length: int, kind: str) -> None:
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(length))
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *arguments: Any) -> None:
        """Addresses and forms are nobody's business."""
