"""Claims as people copy them: read back whatever they do to it, and refused where a character is wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.wire.claim import Claim, decode_claim, hash_of, pin_of, six_digits
from edge.wire.text import WireError

SECRET, PIN = bytes(range(16)), bytes(range(16, 26))
TEXT = "DD1:10.1.2.3:8443:" + Claim("10.1.2.3", 8443, SECRET, PIN).text.rpartition(":")[2]


@given(st.binary(min_size=16, max_size=16), st.binary(min_size=10, max_size=10), st.integers(1, 65535))
def test_what_was_written_is_read(secret, pin, port):
    for host in ("10.1.2.3", "trungtam.xa-mot.vn", "fd00::7", "::1"):
        claim = Claim(host, port, secret, pin)
        assert decode_claim(claim.text) == claim
        assert claim.text == claim.text.upper(), "a QR code of capitals is small"


def test_it_is_read_as_people_type_it():
    whole = Claim("10.1.2.3", 8443, SECRET, PIN)
    head, _, code = TEXT.rpartition(":")
    typed = code.lower().replace("0", "o").replace("1", "l").replace("-", " ")
    assert decode_claim(f" {head.lower()}:{typed}\n") == whole
    assert decode_claim(TEXT.replace("-", "")) == whole
    assert decode_claim(TEXT.replace("10.1.2.3", "[10.1.2.3]")) == whole


def test_every_wrong_or_exchanged_character_is_noticed():
    head, _, code = TEXT.rpartition(":")
    bare = code.replace("-", "")
    wrong = [bare[:at] + ("7" if bare[at] != "7" else "8") + bare[at + 1 :] for at in range(len(bare))]
    wrong += [bare[:at] + bare[at + 1] + bare[at] + bare[at + 2 :] for at in range(44) if bare[at] != bare[at + 1]]
    for other in wrong:
        with pytest.raises(WireError, match="typing error"):
            decode_claim(f"{head}:{other}")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "copy all of it"),
        ("DD2" + TEXT[3:], "copy all of it"),
        (TEXT[:-1], "44 characters, not 45"),
        (TEXT[:-1] + "U", "cannot hold 'U'"),
        (TEXT.replace("8443", "0"), "no port"),
        (TEXT.replace("8443", "99999999999"), "no port"),
        (TEXT.replace("10.1.2.3", "10.1_2.3"), "no name or address"),
        (TEXT.replace("10.1.2.3", ""), "no name or address"),
    ],
)
def test_what_is_wrong_is_said(text, said):
    with pytest.raises(WireError, match=said):
        decode_claim(text)


def test_the_digits_are_of_this_station_this_claim_and_this_authority():
    key = bytes(32)
    mine = six_digits(hash_of(SECRET), PIN, "d1aa", key)
    assert len(mine) == 6 and mine.isdecimal()
    others = {
        six_digits(hash_of(PIN + SECRET[:6]), PIN, "d1aa", key),
        six_digits(hash_of(SECRET), pin_of(b"another"), "d1aa", key),
        six_digits(hash_of(SECRET), PIN, "d1ab", key),
        six_digits(hash_of(SECRET), PIN, "d1aa", bytes(31) + b"\1"),
    }
    assert mine not in others and len(others) == 4


def test_a_released_claim_is_read_for_ever():
    assert TEXT == "DD1:10.1.2.3:8443:000G4-0R40M-30E20-9185G-R38E1-W8124-GK2GA-HC5RR-360KK"
    assert six_digits(hash_of(SECRET), PIN, "d00112233445566aa", bytes(range(32))) == "453847"
