"""A technician gives a station its claim with a browser on the local network, and strangers give it nothing."""

import http.client
import re
import socket
import subprocess
import sys
import threading
from contextlib import closing

import pytest

from central.enrol import list_devices
from central.store import history
from deploy.broker import free_port
from edge.enrolment import read_enrolment
from edge.setup_page import MOST_BYTES, is_near, is_own_name
from edge.wire.claim import Claim
from tests.trust.conftest import DOOR, Entrance
from tests.trust.stations import ROOT, Station
from tests.visitor import Answered, Visitor
from tests.waiting import until


class Setup:
    """A station that is not enrolled, and its page."""

    def __init__(self, folder, *more: str) -> None:
        self.port = free_port()
        lines = f'[setup]\nhost = "127.0.0.1"\nport = {self.port}\nminutes = 525600\n'
        lines += f'[enrolment]\nclaim = "{folder}/none.txt"\n'
        self.station = Station(folder / "door", lines + "".join(more) + '[clock]\nquality = "ntp"\n')
        self.visitor = Visitor(f"http://127.0.0.1:{self.port}")

    def answers(self) -> bool:
        try:
            return self.visitor.get("/").status == 200
        except OSError:
            return False

    def send(self, **fields: str) -> Answered:
        token = re.search(r'name="token" value="([^"]+)"', self.visitor.get("/").text)
        assert token
        return self.visitor.get("/", {"token": token[1], **fields})

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, str]:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as line:
            line.putrequest(method, path, skip_host=True)
            for name, value in headers.items():
                line.putheader(name.replace("_", "-"), value)
            line.endheaders(body)
            answer = line.getresponse()
            return answer.status, answer.read().decode()


@pytest.fixture
def setup(tmp_path):
    found = Setup(tmp_path)
    with found.station:
        found.station.start()
        until(found.answers, what="the setup page")
        yield found


def journals(entrance: Entrance, device: str) -> list[history.Run]:
    with entrance.office.store.read() as db:
        return history.runs(db, device, 5)


def loaded(station: Station) -> str:
    """The modules that a station of these settings loads until it has opened everything."""
    script = (
        "import sys, os; from pathlib import Path; from edge.settings import load_settings; from edge import station\n"
        f"settings = load_settings(Path({str(station.config)!r}), {{}}); ending = station.Ending()\n"
        "made = station.Station(settings, None, False)\n"
        "made.open(ending); made.close('test'); print(*sorted(sys.modules))"
    )
    station.kill()
    return subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True).stdout


def digits_shown(page: str) -> str:
    found = re.search(r'class="digits"[^>]*>(\d{3}) (\d{3})<', page)
    return found[1] + found[2] if found else ""


def test_a_station_is_enrolled_through_its_own_page_and_the_page_ends(entrance: Entrance, tmp_path):
    entrance.office.start()
    entrance.office.collect()
    setup, claim = Setup(tmp_path), entrance.claim()
    with setup.station as station:
        station.start()
        until(setup.answers, what="the setup page")
        first = setup.visitor.get("/?lang=en").text
        assert station.identity.device in first and "set by the network" in first and "127.0.0.1" in first
        assert setup.send(claim=claim.text.lower()).status == 303
        until(lambda: digits_shown(setup.visitor.get("/").text), what="the six digits on the page")
        digits = digits_shown(setup.visitor.get("/").text)
        assert claim.text.rsplit(":")[-1] not in setup.visitor.get("/").text
        entrance.confirm(digits)
        until(lambda: 'class="good"' in setup.visitor.get("/").text, what="the green word")
        until(lambda: entrance.state() == "speaking", 90, what="its birth at central")
    (device,) = list_devices(entrance.office.store)
    assert (device.code, device.id) == (DOOR, station.identity.device)
    assert not (station.data / "claim.txt").exists()
    with station:
        station.start()
        until(lambda: len(journals(entrance, device.id)) == 2, what="its second start at central")
        assert "edge.setup_page" not in loaded(station), "what only a setup needs is not even loaded"
        assert not setup.answers(), "an enrolled station serves no page"


def test_address_and_code_may_be_typed_apart(entrance: Entrance, setup: Setup):
    claim = entrance.claim()
    code = claim.text.rsplit(":")[-1]
    setup.send(claim="", address=f"{claim.host}:{claim.port}", code=code.replace("-", " "))
    until(lambda: digits_shown(setup.visitor.get("/").text), what="the six digits on the page")


def test_the_command_serves_the_same_page_until_the_station_is_let_in(entrance: Entrance, tmp_path):
    setup, claim = Setup(tmp_path), entrance.claim()
    command = [sys.executable, "-u", "-m", "edge", "setup", "--config", str(setup.station.config)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        until(setup.answers, what="the setup page")
        setup.send(claim=claim.text)
        until(lambda: digits_shown(setup.visitor.get("/").text), what="the six digits on the page")
        entrance.confirm(digits_shown(setup.visitor.get("/").text))
        until(lambda: read_enrolment(setup.station.data, None) is not None, what="its certificate")
        process.terminate()


def test_a_claim_outlives_a_power_cut(entrance: Entrance, tmp_path):
    setup, claim = Setup(tmp_path), entrance.claim()
    with setup.station as station:
        station.start()
        until(setup.answers, what="the setup page")
        setup.send(claim=claim.text)
        until(lambda: entrance.state() == "asks", what="its question")
        station.kill()
        station.start()
        until(setup.answers, what="the setup page again")
        until(lambda: digits_shown(setup.visitor.get("/").text), what="the digits again")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda claim: claim.text[:-1] + ("0" if claim.text[-1] != "0" else "1"), "typing error"),
        (lambda claim: "", "typing error"),
        (lambda claim: "<script>alert(1)</script>", "typing error"),
        (lambda claim: Claim("127.0.0.1", claim.port, bytes(16), claim.pin).text, "knows no such claim"),
        (lambda claim: Claim("127.0.0.1", claim.port, claim.secret, bytes(10)).text, "not the office"),
        (lambda claim: Claim("127.0.0.1", 1, claim.secret, claim.pin).text, "cannot be reached"),
    ],
    ids=["typing", "empty", "script", "unknown", "stranger", "nobody"],
)
def test_what_is_wrong_with_a_claim_is_said_with_what_to_do(entrance: Entrance, setup: Setup, spoil, said):
    setup.send(claim=spoil(entrance.claim()))
    until(lambda: said in setup.visitor.get("/?lang=en").text, what=said)
    page = setup.visitor.get("/").text
    assert 'class="bad"' in page and said not in page, "in Vietnamese too"
    assert "<script>" not in page


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8088", "127.0.0.1.evil.example", "", "@"])
def test_a_strange_name_is_answered_with_nothing(setup: Setup, host: str):
    status, text = setup.ask("GET", "/", Host=host)
    assert status == 421 and setup.station.identity.device not in text


def test_a_form_of_another_page_changes_nothing(entrance: Entrance, setup: Setup):
    own = f"127.0.0.1:{setup.port}"
    body = f"claim={entrance.claim().text}".encode()
    length = str(len(body))
    assert setup.ask("POST", "/", body, Host=own, Origin="http://evil.example", Content_Length=length)[0] == 403
    assert setup.ask("POST", "/", body, Host=own, Content_Length=length)[0] == 303  # without its token: says so
    assert "too old" in setup.visitor.get("/?lang=en").text
    assert entrance.state() == "open"


def test_long_forms_and_other_pages_are_refused(setup: Setup):
    own = f"127.0.0.1:{setup.port}"
    assert setup.ask("POST", "/", Host=own, Content_Length=str(MOST_BYTES + 1))[0] == 413
    assert setup.ask("POST", "/", Host=own, Content_Length="-1")[0] == 413
    assert setup.ask("POST", "/", Host=own)[0] == 413
    assert setup.ask("GET", "/enrolment.json", Host=own)[0] == 404
    assert setup.ask("PUT", "/", Host=own)[0] == 501
    assert setup.ask("GET", "/style.css", Host=own)[0] == 200


def test_silent_visitors_do_not_keep_the_page_from_others(setup: Setup):
    lines = [socket.create_connection(("127.0.0.1", setup.port), 60) for _ in range(20)]
    try:
        until(setup.answers, what="the page beside silent visitors")
    finally:
        for line in lines:
            line.close()


def test_headers_are_strict(setup: Setup):
    with closing(http.client.HTTPConnection("127.0.0.1", setup.port, timeout=60)) as line:
        line.request("GET", "/")
        headers = line.getresponse().headers
    assert "default-src 'none'" in headers["Content-Security-Policy"] and "unsafe" not in str(headers)
    assert headers["X-Frame-Options"] == "DENY" and headers["Cache-Control"] == "no-store"
    assert "Python" not in headers["Server"]


@pytest.mark.parametrize(
    ("address", "near"),
    [("192.168.1.7", True), ("10.0.0.1", True), ("169.254.3.4", True), ("127.0.0.1", True), ("fe80::1%eth0", True),
     ("8.8.8.8", False), ("203.162.1.1", False), ("2001:4860:4860::8888", False)],
)  # fmt: skip
def test_only_the_local_network_is_near(address: str, near: bool):
    assert is_near(address) is near


def test_only_its_own_names_are_its_own():
    own = [f"{name}:8088" for name in ("192.168.1.7", "[fe80::1]", "localhost", "door", "DOOR.local")]
    assert all(is_own_name(host, "door") for host in own)
    assert not any(is_own_name(host, "door") for host in ("", "door.evil.example", "evil", "localhost.evil"))


def test_the_page_ends_when_its_time_is_over():
    from edge.setup_page import SetupServer

    class Waiting:
        enrolled, state, problem, digits = False, "claim", "", ""

        def run(self, stop: threading.Event) -> None:
            stop.wait()

    left = [1.0]
    server = SetupServer(Waiting(), "127.0.0.1", 0, lambda: left[0])
    server.start()
    port = server.port
    left[0] = 0.0

    def gone() -> bool:
        try:
            socket.create_connection(("127.0.0.1", port), 5).close()
        except OSError:
            return True
        return False

    until(gone, what="the end of the page")
    server.stop()
