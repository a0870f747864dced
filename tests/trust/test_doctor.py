"""The technician's check of the broker, behind TLS."""

import pytest

from deploy.broker import free_port
from edge.doctor.machine import Machine
from edge.doctor.network import broker
from edge.enrolment import EnrolmentError, present_access
from edge.settings import parse_settings
from tests.trust.conftest import DAY_MS, NOW_MS


def machine(office, data, now_ms=NOW_MS):
    settings = parse_settings(f'[station]\ndata = "{data}"\n[broker]\nport = {free_port()}\n', "test", {})
    return Machine(settings, None, lambda: 0, lambda: now_ms, lambda _: None)


def test_the_doctor_speaks_to_the_broker_as_the_enrolled_station_does(entrance):
    entrance.enrol()
    data = entrance.office.folder / "station"
    here = machine(entrance.office, data)
    assert broker(here).sentence.en.startswith(f"The broker 127.0.0.1:{entrance.office.port} is not reached")
    entrance.office.start()
    assert broker(here).sentence.en == f"The broker 127.0.0.1:{entrance.office.port} answers."
    later = machine(entrance.office, data, NOW_MS + 11 * 365 * DAY_MS)
    assert "certificate has expired" in broker(later).sentence.en
    (data / "enrolment.json").write_text("{")
    assert "enrol the station again" in broker(here).sentence.en
    with pytest.raises(EnrolmentError):
        present_access(here.settings, data, lambda: 0)
