"""A new station is let in, with luck and without: real processes on both sides, killed at every step.

What must come out each time: the station is enrolled and speaks, or it is cleanly not enrolled and says what to do.
"""

import json
import re
import subprocess
import sys
from contextlib import contextmanager

import pytest

from central.enrol import add_device, list_devices, revoke_device
from central.store.trust import certificates
from central.trust.authority import RequestError, read_request
from central.trust.enrolling import ConfirmError, NotLetInError, begin, cancel, renew, slots
from deploy.broker import free_port
from edge.enrolment import EnrolmentError, WaitingError, claim_of, read_enrolment
from edge.https import ask
from edge.identity import open_identity
from edge.tls import client_context
from edge.wire.claim import Claim
from tests.trust.conftest import DAY_MS, DOOR, NOW_MS, Entrance
from tests.trust.stations import ROOT, Station
from tests.waiting import until


def refusal(entrance: Entrance, claim: Claim, name: str = "station") -> str:
    with pytest.raises(EnrolmentError) as refused:
        entrance.way(name).enrol(claim)
    assert not isinstance(refused.value, WaitingError)
    assert not (entrance.office.folder / name / "enrolment.json").exists()
    return str(refused.value)


OF_AN_UNKNOWN_KIND = """-----BEGIN CERTIFICATE REQUEST-----
MIGOMEICAQAwDzENMAsGA1UEAwwEZDFhYTAqMAUGAxtlcAMhAKCZhP5fKTsbjd++
JjowkBQ76IuW0nsIInhheH9ZwxNHoAAwBQYDK2VwA0EAuUhNaKFdr6M4HWMX2SOM
VxYGkqvJruSAgCq51110VEzNveK6Eu2sqcF0xY9qOpZ/EKyeEwR5/B9gUhqR6+yM
AA==
-----END CERTIFICATE REQUEST-----
"""
"""A station's request of which one byte was changed: its key is of no known kind. Found by fuzzing."""


def test_both_sides_show_the_same_digits_and_a_person_compares_them(entrance):
    claim = entrance.claim()
    assert entrance.state() == "open"
    with pytest.raises(WaitingError) as waiting:
        entrance.way().enrol(claim)
    (slot,) = slots(entrance.office.store, entrance.office.authority, NOW_MS)
    assert (slot.state, slot.digits) == ("asks", waiting.value.digits)
    entrance.confirm(f"{slot.digits[:3]} {slot.digits[3:]}")
    assert entrance.state() == "confirmed"
    enrolled = entrance.way().enrol(claim)
    assert entrance.state() == "enrolled"
    assert (enrolled.broker_host, enrolled.broker_port) == ("127.0.0.1", entrance.office.port)
    (device,) = list_devices(entrance.office.store)
    assert (device.code, device.id) == (DOOR, slot.device)
    assert (entrance.office.folder / "station" / "broker.pem").stat().st_mode & 0o077 == 0


def test_the_secret_is_nowhere_at_central(entrance):
    claim = entrance.claim()
    entrance.enrol(claim)
    stored = b"".join(path.read_bytes() for path in entrance.office.folder.glob("central.db*"))
    for form in (claim.secret, claim.secret.hex().encode(), claim.text.encode()):
        assert form not in stored
    assert len(claim.secret) * 8 >= 128


def test_a_claim_is_for_one_station(entrance):
    claim = entrance.claim()
    with pytest.raises(WaitingError):
        entrance.way().enrol(claim)
    assert "another station has used this claim" in refusal(entrance, claim, "second")
    entrance.enrol(claim)
    assert "another station has used this claim" in refusal(entrance, claim, "second")


def test_a_claim_expires_unless_it_was_confirmed(entrance):
    late, kept = entrance.claim(hours=1, door="D-1"), entrance.claim(hours=1)
    entrance.enrol(kept)
    entrance.clock.days = 0.05
    assert "has expired" in refusal(entrance, late, "second")
    assert entrance.way().enrol(kept).device == open_identity(entrance.office.folder / "station").device


def test_a_claim_that_was_asked_with_and_then_expired_cannot_be_confirmed(entrance):
    claim = entrance.claim(hours=1)
    with pytest.raises(WaitingError) as waiting:
        entrance.way().enrol(claim)
    entrance.clock.days = 0.05
    with pytest.raises(ConfirmError, match="has expired"):
        entrance.confirm(waiting.value.digits)
    assert "has expired" in refusal(entrance, claim)
    assert list_devices(entrance.office.store) == []


def test_a_newer_claim_and_a_cancelled_one_are_of_no_use(entrance):
    first, second = entrance.claim(), entrance.claim()
    assert "taken back" in refusal(entrance, first)
    cancel(entrance.office.store, DOOR)
    assert "taken back" in refusal(entrance, second)
    with pytest.raises(ConfirmError, match="no open claim"):
        cancel(entrance.office.store, DOOR)


def test_guesses_are_slowed_down_and_a_true_claim_of_another_address_is_not(entrance):
    true = entrance.claim()
    for _ in range(10):
        assert "no such claim" in refusal(entrance, Claim("127.0.0.1", entrance.port, bytes(16), true.pin))
    assert "too many claims" in refusal(entrance, Claim("127.0.0.1", entrance.port, bytes(16), true.pin))
    assert "wait" in refusal(entrance, true)
    entrance.restart()
    with pytest.raises(WaitingError):
        entrance.way().enrol(true)


def test_three_times_wrong_digits_end_the_claim(entrance):
    claim = entrance.claim()
    with pytest.raises(WaitingError) as waiting:
        entrance.way().enrol(claim)
    wrong = f"{(int(waiting.value.digits) + 1) % 1_000_000:06d}"
    for _ in range(3):
        with pytest.raises(ConfirmError, match="shows other digits"):
            entrance.confirm(wrong)
    with pytest.raises(ConfirmError, match="wrong digits"):
        entrance.confirm(waiting.value.digits)
    assert "taken back" in refusal(entrance, claim)


@pytest.mark.parametrize("digits", ["", "12345", "abcdef", "１２３４５６"])
def test_nothing_but_the_digits_confirms(entrance, digits):
    with pytest.raises(WaitingError):
        entrance.way().enrol(entrance.claim())
    with pytest.raises(ConfirmError, match="shows other digits"):
        entrance.confirm(digits)


def test_what_cannot_be_confirmed_says_why(entrance):
    with pytest.raises(ConfirmError, match="no slot was opened"):
        entrance.confirm("123456")
    entrance.claim()
    with pytest.raises(ConfirmError, match="no station has asked"):
        entrance.confirm("123456")
    entrance.enrol()
    with pytest.raises(ConfirmError, match="confirmed already"):
        entrance.confirm("123456")
    revoke_device(entrance.office.store, DOOR, NOW_MS)
    with pytest.raises(ConfirmError, match="is revoked"):
        entrance.claim()


def test_an_address_of_another_authority_is_told_nothing(entrance, tmp_path):
    """Somebody stands between: the claim's pin is not of whoever answers, so the secret is not sent."""
    claim = entrance.claim()
    said = refusal(entrance, Claim(claim.host, claim.port, claim.secret, bytes(10)))
    assert "somebody stands between" in said
    assert entrance.state() == "open"


def test_an_address_at_which_nobody_answers_is_tried_again(entrance):
    claim = entrance.claim()
    entrance.server.stop()
    with pytest.raises(OSError, match="refused"):
        entrance.way().enrol(claim)
    entrance.start()
    entrance.enrol(claim)


def test_a_name_that_nobody_resolves_is_tried_again(entrance):
    claim = entrance.claim()
    with pytest.raises(OSError) as refused:
        entrance.way().enrol(Claim("trungtam.invalid", claim.port, claim.secret, claim.pin))
    assert not isinstance(refused.value, EnrolmentError), "which would end the asking"
    entrance.enrol(claim)


def test_an_answer_that_is_lost_is_given_again(entrance):
    """The power goes between central's answer and the station's disk, as often as one likes."""
    claim = entrance.claim()
    with pytest.raises(WaitingError) as waiting:
        entrance.way().enrol(claim)
    entrance.confirm(waiting.value.digits)
    own = open_identity(entrance.office.folder / "station")
    said = {"claim": claim.secret.hex(), "request": own.certificate_request()}
    context = client_context(entrance.office.authority.pem, lambda: 0)
    lost = [ask(claim.host, claim.port, context, "/enrol/begin", said).fields for _ in range(2)]
    assert entrance.way().enrol(claim).certificate == lost[0]["certificate"] == lost[1]["certificate"]


def test_a_station_that_was_registered_by_hand_gets_its_certificate_too(entrance):
    own = open_identity(entrance.office.folder / "station")
    add_device(entrance.office.store, DOOR, own.device, own.public_key, None, "gate", 5)
    entrance.enrol()
    (device,) = list_devices(entrance.office.store)
    assert (device.id, device.location, device.registered_ms) == (own.device, "gate", 5)


def test_what_is_no_request_is_answered_and_no_more(entrance):
    context = client_context(entrance.office.authority.pem, lambda: 0)
    own = open_identity(entrance.office.folder / "station").certificate_request()
    for path in ("/enrol/begin", "/enrol/renew"):
        for said in (
            {},
            {"claim": "zz"},
            {"claim": "00", "request": "x"},
            {"claim": [], "request": own},
            {"x": "y" * 20_000},
        ):
            answer = ask("127.0.0.1", entrance.port, context, path, said)
            assert answer.status in (400, 403, 404) and answer.fields["say"], (path, said)


def test_a_request_must_be_signed_by_its_own_key_and_name_a_device(entrance):
    own = open_identity(entrance.office.folder / "station").certificate_request()
    assert read_request(own).device.startswith("d")
    with pytest.raises(RequestError, match=r"cannot be read .*Unknown key type"):
        read_request(OF_AN_UNKNOWN_KIND)
    # One byte of the signature, at the end of the DER in base64.
    lines = own.strip().splitlines()
    lines[-2] = ("A" if lines[-2][0] != "A" else "B") + lines[-2][1:]
    with pytest.raises(Exception, match="certificate request"):
        read_request("\n".join(lines))


def test_renewal_gives_the_same_certificate_until_half_of_its_life_is_over(entrance):
    enrolled = entrance.enrol()
    own = open_identity(entrance.office.folder / "station")
    wanted, office = read_request(own.certificate_request()), entrance.office
    assert renew(office.store, office.authority, wanted, NOW_MS + 190 * DAY_MS).pem == enrolled.certificate
    later = renew(office.store, office.authority, wanted, NOW_MS + 210 * DAY_MS)
    assert later.pem != enrolled.certificate and later.expires_ms > enrolled.expires_ms
    assert renew(office.store, office.authority, wanted, NOW_MS + 211 * DAY_MS) == later
    revoke_device(office.store, DOOR, NOW_MS)
    with pytest.raises(NotLetInError, match="revoked"):
        renew(office.store, office.authority, wanted, NOW_MS)
    with office.store.read() as db:
        assert all(row.revoked_ms for row in certificates(db))


def test_nobody_renews_who_was_never_let_in(entrance):
    own = open_identity(entrance.office.folder / "stranger")
    wanted = read_request(own.certificate_request())
    with pytest.raises(NotLetInError, match="never let this station in"):
        renew(entrance.office.store, entrance.office.authority, wanted, NOW_MS)
    add_device(entrance.office.store, DOOR, own.device, own.public_key, None, "", 5)
    with pytest.raises(NotLetInError, match="never let this station in"):
        renew(entrance.office.store, entrance.office.authority, wanted, NOW_MS)
    with pytest.raises(NotLetInError, match="no such claim"):
        begin(entrance.office.store, bytes(16), wanted, NOW_MS)


# --- with real processes ---


@contextmanager
def central(office, port: int):
    """Central's collector and pages, as the unit starts them; yields how to run its commands, kill and start it."""
    files = "".join(f'{n} = "{office.broker_folder / f}"\n' for n, f in _FILES.items())
    config = office.folder / "central.toml"
    config.write_text(
        f'[database]\nurl = "{office.url}"\n[broker]\nport = {office.port}\nfolder = "{office.broker_folder}"\n{files}'
        f'[ca]\nfile = "{office.folder}/office-ca.pem"\n[enrol]\nhost = "127.0.0.1"\nport = {port}\n'
        f'[web]\nport = {free_port()}\n[key]\nfile = "{office.folder}/central-key.pem"\n',
        "utf-8",
    )
    made = Central(config, office)
    made.start()
    try:
        yield made
    finally:
        made.process.terminate()
        made.process.wait(30)


_FILES = {"ca": "ca.pem", "cert": "collector.pem", "key": "collector-key.pem"}


class Central:
    def __init__(self, config, office) -> None:
        self.config, self._office = config, office
        self.log = config.parent / "central.log"

    def start(self) -> None:
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "central", "--config", str(self.config), "run"], cwd=ROOT, stdout=log, stderr=log
            )
        until(lambda: "enrolment on https" in self.log.read_text() or self.process.poll() is not None)
        assert self.process.poll() is None, self.log.read_text()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def command(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "central", "--config", str(self.config), *words],
            cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def slot(self):
        return slots(self._office.store, self._office.authority, NOW_MS)[-1]

    def reaches(self, state: str):
        until(lambda: self.slot().state == state, 60, f"state {state}")
        return self.slot()


def fresh_station(office, text: str) -> Station:
    card = office.folder / "diemdanh-claim.txt"
    card.write_text(f"# Điểm Danh\n{text}\n", "utf-8")
    (office.folder / "display").touch()
    display = f'[display]\nkind = "text"\nport = "{office.folder}/display"\n'
    return Station(office.folder / "door", f'[enrolment]\nclaim = "{card}"\n{display}[clock]\nquality = "none"\n')


def test_a_station_whose_clock_stands_in_1970_and_whose_power_fails_at_every_step_is_let_in(office):
    """The claim lies on its card. Both sides are killed after the question, after the confirmation, and at the end."""
    with central(office, free_port()) as here:
        text = here.command("enrol", "open", DOOR).strip()
        with fresh_station(office, text) as station:
            station.start()
            asked = here.reaches("asks")
            until(lambda: "must be confirmed" in station.said(), what="the digits in the station's log")
            assert asked.digits in station.said()
            spaced = f"{asked.digits[:3]} {asked.digits[3:]}"
            until(lambda: f"Mã của trạm: {spaced}" in (office.folder / "display").read_text(), what="the display")
            station.kill()
            here.kill()
            here.start()
            assert json.loads(here.command("enrol", "list", "--json"))[-1]["digits"] == asked.digits
            here.command("enrol", "confirm", DOOR, asked.digits)
            here.kill()
            station.start()
            here.start()
            here.reaches("speaking")
            station.kill()
            assert read_enrolment(station.data, station.identity.device)
            station.start()
            until(lambda: _starts(office) >= 2, what="the start after the last power cut")
            said = here.command("device", "revoke", DOOR)
            assert "is refused from now on" in said
            before = _starts(office)
            until(lambda: station.said().count("connection") > 3, what="the refusal in the station's log")
            assert _starts(office) == before


def _starts(office) -> int:
    with office.store.read() as db:
        return int(db.exec_driver_sql("SELECT count(*) FROM event WHERE kind = 'start'").scalar() or 0)


def test_a_station_that_is_killed_again_and_again_while_it_enrols_is_enrolled_in_the_end(office):
    with central(office, free_port()) as here:
        text = here.command("enrol", "open", DOOR).strip()
        with fresh_station(office, text) as station:
            confirmed = False
            for tenths in range(4, 16, 2):
                station.start()
                try:
                    station.process.wait(tenths / 10)
                except subprocess.TimeoutExpired:
                    station.kill()
                if not confirmed and (slot := here.slot()).state == "asks":
                    here.command("enrol", "confirm", DOOR, slot.digits)
                    confirmed = True
            station.start()
            if not confirmed:
                here.command("enrol", "confirm", DOOR, here.reaches("asks").digits)
            here.reaches("speaking")


def test_a_station_that_was_switched_off_for_14_months_comes_back_by_itself(entrance):
    office = entrance.office
    entrance.clock.days = -425
    entrance.enrol(name="door/data")
    expired = read_enrolment(office.folder / "door/data", open_identity(office.folder / "door/data").device)
    assert expired.expires_ms < NOW_MS
    entrance.clock.days = 0
    office.start()
    office.collect()
    # Its clock knows nothing, and its floor of time is as old: only the broker's refusal says that a year has passed.
    (office.folder / "door/data/clock.json").write_text(json.dumps({"utc_ms": NOW_MS - 424 * DAY_MS}))
    with Station(office.folder / "door", '[clock]\nquality = "none"\n') as station:
        station.start()
        until(lambda: _starts(office) == 1, what="its start at central")
    assert "the certificate is renewed" in station.said()


def test_a_certificate_is_renewed_at_two_thirds_while_the_station_speaks(entrance):
    office = entrance.office
    entrance.clock.days = -300
    entrance.enrol(name="door/data")
    entrance.clock.days = 0
    office.start()
    office.collect()
    with Station(office.folder / "door", '[clock]\nquality = "ntp"\n') as station:
        station.start()
        until(lambda: _starts(office) == 1, what="its start at central")
    renewed = read_enrolment(station.data, station.identity.device)
    assert renewed.issued_ms > NOW_MS - DAY_MS


def test_the_command_enrols_and_says_each_step(entrance):
    claim = entrance.claim()
    station = Station(entrance.office.folder / "door", "")
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "edge", "enrol", "--config", str(station.config), claim.text],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    with process:
        assert "asks 127.0.0.1" in process.stdout.readline()
        digits = re.search(r"confirm D-X01 (\d{6})", process.stdout.readline()).group(1)
        entrance.confirm(digits)
        assert "enrolled; it speaks to 127.0.0.1" in process.stdout.readline()
        assert process.wait(20) == 0


@pytest.mark.parametrize(
    ("text", "said"), [("DD1:x:1:short", "claim: the claim's code has 5 characters"), ("", "enrol open DOOR")]
)
def test_the_command_says_what_is_wrong_with_a_claim(tmp_path, text, said):
    station = Station(tmp_path / "door", f'[enrolment]\nclaim = "{tmp_path}/none.txt"\n')
    done = subprocess.run(
        [sys.executable, "-m", "edge", "enrol", "--config", str(station.config), *([text] if text else [])],
        cwd=ROOT, capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert done.returncode == 1 and said in done.stderr


def test_a_damaged_enrolment_keeps_no_door_from_recording_and_says_what_to_do(tmp_path):
    station = Station(tmp_path / "door", '[clock]\nquality = "ntp"\n')
    device = station.identity.device
    for content in (b"{", b"[]", b'{"device": 3}', json.dumps({"device": "dother"}).encode()):
        (station.data / "enrolment.json").write_bytes(content)
        with pytest.raises(EnrolmentError, match="enrol the station again"):
            read_enrolment(station.data, device)
    with station:
        station.start()
        until(lambda: station.said().count("enrol the station again") > 1, what="the fault in the log")
        assert station.process.poll() is None


def test_a_claim_file_is_read_past_its_comments(tmp_path):
    with pytest.raises(EnrolmentError, match=r"card\.txt: a claim is written"):
        claim_of("", "card.txt")
