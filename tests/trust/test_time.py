"""Certificates and clocks: a station whose clock stands in 1970 is let in, one that meets an expired broker is not.

No clock is moved here. To a clock that is behind by years every certificate lies in the future: that is what the tests
make, a broker whose certificate begins ten years from now.
"""

import socket
import ssl

import pytest

from central.trust.authority import open_authority
from edge.tls import CertificateError, client_context
from edge.wire.batch import decode_batch
from tests.trust.conftest import DAY_MS, NOW_MS
from tests.trust.stations import Station
from tests.waiting import until

TEN_YEARS_MS = 3650 * DAY_MS


def _station(office, clock):
    folder = office.broker_folder
    station = Station(
        office.folder / "station",
        f'[broker]\nport = {office.port}\nca = "{folder}/ca.pem"\ncert = "{office.folder}/station.pem"\n'
        f'key = "{office.folder}/station/key.pem"\n[clock]\nquality = "{clock}"\n',
    )
    own = station.identity
    station.key_file()
    (office.folder / "station.pem").write_bytes(office.certificate(own.device, own.key).read_bytes())
    return station


@pytest.mark.parametrize("clock", ["ntp", "none"])
def test_a_station_connects_whose_clock_lies_before_the_brokers_certificate(bare_office, clock):
    bare_office.configure()
    bare_office.reissue_server(NOW_MS + TEN_YEARS_MS)
    bare_office.start()
    context = ssl.create_default_context(cafile=str(bare_office.broker_folder / "ca.pem"))
    with pytest.raises(ssl.SSLCertVerificationError, match="not yet valid"), _line(bare_office) as line:
        context.wrap_socket(line, server_hostname="127.0.0.1")
    with _station(bare_office, clock) as station:
        witness = bare_office.collector()
        station.start()
        assert decode_batch(witness.hears()[1]).device == station.identity.device


def _line(office):
    return socket.create_connection(("127.0.0.1", office.port), 5)


def test_an_expired_broker_is_refused_even_by_a_clock_that_knows_nothing(bare_office):
    """Such a clock knows one thing: that this program was built before it runs."""
    bare_office.configure()
    bare_office.reissue_server(NOW_MS - 11 * 365 * DAY_MS)
    bare_office.start()
    with _station(bare_office, "none") as station:
        station.start()
        until(lambda: "the other end's certificate has expired" in station.said(), what="the refusal in the log")
    assert "`broker-config` again" in station.said()


def test_expiry_is_judged_by_the_moment_that_has_certainly_passed(office):
    ca = (office.broker_folder / "ca.pem").read_text()
    for passed_ms, refused in ((0, False), (NOW_MS, False), (NOW_MS + 11 * 365 * DAY_MS, True)):
        context = client_context(ca, lambda passed_ms=passed_ms: passed_ms)
        with _line(office) as line:
            if refused:
                with pytest.raises(CertificateError, match="has expired"):
                    context.wrap_socket(line, server_hostname="127.0.0.1")
            else:
                context.wrap_socket(line, server_hostname="127.0.0.1").close()


def test_another_authority_or_another_name_is_refused_at_any_time(office, tmp_path):
    other = open_authority(tmp_path / "other.pem", NOW_MS).pem
    for ca, name in (
        (other, "127.0.0.1"),
        (office.authority.pem, "10.9.8.7"),
        (office.authority.pem, "broker.example"),
    ):
        with _line(office) as line, pytest.raises(ssl.SSLCertVerificationError):
            client_context(ca, lambda: 0).wrap_socket(line, server_hostname=name)


def test_what_cannot_be_read_says_what_to_do(tmp_path):
    with pytest.raises(CertificateError, match="enrol the station anew"):
        client_context("no certificate", lambda: 0)
