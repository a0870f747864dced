"""One card, one key, many printed numbers."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.badges import (
    EmCard,
    Kind,
    canonical,
    changes_each_time,
    em_card,
    forms,
    is_canonical,
    is_partial,
    kind,
    masked,
    may_be,
)

VECTORS = json.loads((Path(__file__).parents[1] / "data" / "readers.json").read_text(encoding="utf-8"))["vectors"]
PRINTED = [v for v in VECTORS if v["protocol"] in ("forms", "wiegand26", "wiegand34") and "expect" in v]


@pytest.mark.parametrize("vector", PRINTED, ids=lambda v: v["id"])
def test_the_recorded_printed_numbers_are_views_of_the_key(vector):
    version = bytes.fromhex(vector["bytes_hex"])[0] if "bytes_hex" in vector else None
    found = forms(vector["expect"]["badge"], version)
    assert found | vector["expect"]["other_forms"] == found


def test_one_card_in_every_form_that_readers_print():
    assert forms("em:008EB2F9", 0x61) == {
        "dec8_6H8D": "09351929",
        "w26_3d5d": "142,45817",
        "hex8": "008EB2F9",
        "hex8_rev": "F9B28E00",
        "hex8_rev_nibble_bits": "0017D4F9",
        "dec10_8H10D": "0009351929",
        "dec10_rev": "4189228544",
        "dec5_5_4H4H": "00142,45817",
        "printed": "0009351929",
        "hex10": "61008EB2F9",
        "version": "61",
        "dec_10H": "416621179641",
        "dec_10H13D": "0416621179641",
        "unique_tag_id": "8600714D9F",
    }


def test_a_reader_that_turns_every_nibble_prints_another_number():
    assert int(str(forms("em:0B2AA4CC")["hex8_rev_nibble_bits"]), 16) == 222646835


def test_a_source_without_the_version_byte_has_no_40_bit_forms():
    assert not {"hex10", "version", "dec_10H"} & set(forms("em:008EB2F9"))


def test_a_long_uid_is_never_cut_to_32_bits():
    assert forms("nfca:0416C6C2D73881") == {"hex": "0416C6C2D73881", "hex_rev": "8138D7C2C61604"}


def test_a_short_uid_has_the_32_bit_forms():
    assert forms("nfca:E3069D52")["dec10_8H10D"] == "3808861522"
    assert forms("nfca:E3069D52")["dec10_rev"] == "1386022627"


def test_five_bytes_are_a_card_and_its_version():
    assert em_card(bytes.fromhex("61008EB2F9")) == EmCard(0x008EB2F9, 0x61)
    assert em_card(bytes.fromhex("01C8F00800")).badge == "em:C8F00800"
    with pytest.raises(ValueError, match="5 bytes, here are 4"):
        em_card(b"\x00\x8e\xb2\xf9")


@pytest.mark.parametrize(
    "badge", ["em:008EB2F9", "nfca:DE3A5B7C", "nfca:0416C6C2D73881", "nfca:" + "0A" * 10, "w26:7B11D7", "w34:60F7AA6C"]
)
def test_canonical_numbers(badge):
    assert is_canonical(badge)
    assert canonical(f" {badge.lower()}\n") == badge
    assert kind(badge) == Kind(badge.split(":")[0])


@pytest.mark.parametrize(
    "badge",
    ["", "em:", "em:8EB2F9", "em:008eb2f9", "EM:008EB2F9", "em:008EB2F9\n", "nfca:0416C6C2D7", "w26:7B11D7A", "x:00"],
)
def test_numbers_that_are_not_canonical(badge):
    assert not is_canonical(badge)


def test_what_cannot_be_a_badge_is_refused_without_printing_it():
    with pytest.raises(ValueError, match=r"badge \*\*\*\*\*\*1929 is no canonical number; write em:") as error:
        canonical("0009351929")
    assert "0009351929" not in str(error.value)


@pytest.mark.parametrize(
    ("badge", "changes"),
    [("nfca:08A1B2C3", True), ("nfca:04A1B2C3", False), ("nfca:0816C6C2D73881", False), ("em:08A1B2C3", False)],
)
def test_a_card_that_makes_its_number_anew_is_known_by_it(badge, changes):
    assert changes_each_time(badge) is changes


@pytest.mark.parametrize(
    ("partial", "whole", "may"),
    [
        ("w26:8EB2F9", "em:008EB2F9", True), ("w26:8EB2F9", "em:018EB2F9", True), ("w26:8EB2F9", "nfca:DE8EB2F9", True),
        ("w26:8EB2F9", "em:008EB2F8", False), ("w26:8EB2F9", "nfca:0416C6DE8EB2F9", False),
        ("w26:8EB2F9", "w34:008EB2F9", False),
    ],
)  # fmt: skip
def test_a_partial_number_may_be_any_card_that_ends_in_it(partial, whole, may):
    assert is_partial(partial) and not is_partial(whole)
    assert may_be(partial, whole) is may


def test_logs_see_the_last_four_characters():
    assert masked("em:008EB2F9") == "em:****B2F9"
    assert masked("nfca:0416C6C2D73881") == "nfca:**********3881"
    assert masked("em:12") == "em:**"
    assert masked("") == ""


@given(st.integers(0, 2**32 - 1), st.integers(0, 255))
def test_every_form_leads_back_to_the_card(number, version):
    card = em_card(bytes([version]) + number.to_bytes(4, "big"))
    found = forms(card.badge, card.version)
    assert int(str(found["dec10_8H10D"])) == number
    assert int(str(found["dec_10H"])) == version << 32 | number
    high, low = str(found["dec5_5_4H4H"]).split(",")
    assert int(high) << 16 | int(low) == number
    assert canonical(card.badge) == card.badge
