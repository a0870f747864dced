"""Which driver a reader's settings make, and which settings no reader can have."""

import pytest

from edge.errors import SettingsError
from edge.readers import DRIVERS, PROFILED
from edge.readers.keyboard import key_bytes
from edge.reading import driver_of
from edge.settings import parse_settings


def reader(lines: str):
    text = f'[station]\ndata = "/tmp/x"\n[[reader]]\nid = "door"\nport = "/dev/reader"\n{lines}\n'
    return driver_of(parse_settings(text, "station.toml", {}).readers[0])


@pytest.mark.parametrize("driver", DRIVERS)
def test_every_driver_is_made_by_its_name(driver):
    made = reader(f'driver = "{driver}"')
    assert (made.name, made.noisy) == (driver, False)


@pytest.mark.parametrize("driver", PROFILED)
def test_a_profile_is_given_to_the_drivers_that_need_one(driver):
    made = reader(f'driver = "{driver}"\ntech = "nfca"\nform = "8H"\norder = "rev_bytes"')
    typed = key_bytes((f"KEY_{key}", 1) for key in [*"7C5B3ADE", "ENTER"])
    sent = typed if driver == "hid_evdev" else b"0011111000101101100111010110111101\n"
    assert [event.badge for event in made.feed(sent, 0)] == ["nfca:DE3A5B7C"]


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ('driver = "rdm6301"', "driver = 'rdm6301' is not known; there are rdm6300"),
        ('driver = "rdm6300"\nform = "8H"', "form says nothing to 'rdm6300'"),
        ('driver = "hid_evdev"\nform = "9H"', "reader door: form '9H' is none of 8H10D"),
        ('driver = "hid_evdev"\ntech = "wifi"', "tech 'wifi' is none of em, nfca"),
        ('driver = "wiegand34"\norder = "up"', "order 'up' is none of msb"),
    ],
)
def test_settings_that_no_reader_can_have_are_refused_with_the_words_there_are(lines, problem):
    with pytest.raises(SettingsError, match=problem):
        reader(lines)
