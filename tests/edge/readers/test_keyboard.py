"""USB keyboard readers: what is typed under which profile, one line a case."""

import pytest

from edge.readers import PROFILED
from edge.readers.keyboard import key_bytes
from edge.readers.profile import FORMS, Order, Profile, ProfileError, Tech, ordered, profile_from, profiles_that_fit

MS = 1_000_000


def keys(text: str, end: str = "ENTER") -> bytes:
    named = {",": "COMMA", ".": "DOT", " ": "SPACE"}
    return key_bytes((f"KEY_{named.get(c, c)}", 1) for c in [*text, *([end] if end else [])])


def typed(text: str, form: str = "8H10D", tech: str = "em", order: str = "", end: str = "ENTER") -> str:
    reader = PROFILED["hid_evdev"]("r", profile_from({"tech": tech, "form": form, "order": order}))
    events = reader.feed(keys(text, end), 0) + reader.tick(300 * MS)
    return " ".join(event.badge or str(event.error) for event in events)


@pytest.mark.parametrize(
    ("form", "text", "expected"),
    [
        ("8H10D", "0009351929", "em:008EB2F9"),
        ("8H10D", "4294967295", "em:FFFFFFFF"),
        ("8H10D", "4294967296", "out_of_range"),
        ("8H10D", "0000000000", "all_zero"),
        ("8H10D", "9351929", "bad_length"),
        ("8H10D", "00009351929", "bad_length"),
        ("8H10D", "142,45817", "bad_length"),
        ("8H10D", "00A9351929", "bad_key"),
        ("6H8D", "09351929", "w26:8EB2F9"),
        ("6H8D", "16777216", "out_of_range"),
        ("6H8D", "00000000", "all_zero"),
        ("3D5D", "142,45817", "w26:8EB2F9"),
        ("3D5D", "142.45817", "w26:8EB2F9"),
        ("3D5D", "256,00001", "out_of_range"),
        ("3D5D", "142,65536", "out_of_range"),
        ("3D5D", "14,245817", "bad_length"),
        ("3D5D", "142445817", "bad_length"),
        ("2H4H", "142,45817", "w26:8EB2F9"),
        ("4H4H", "00142,45817", "em:008EB2F9"),
        ("4H4H", "65536,00000", "out_of_range"),
        ("10H", "61008EB2F9", "em:008EB2F9"),
        ("10H", "6100000000", "all_zero"),
        ("8H", "008EB2F9", "em:008EB2F9"),
        ("10H12D", "416621179641", "em:008EB2F9"),
        ("10H12D", "416621179641"[:-1], "bad_length"),
        ("10H13D", "0416621179641", "em:008EB2F9"),
        ("10H13D", "9999999999999", "out_of_range"),
        ("14H", "0416C6C2D73881", "bad_length"),
    ],
)
def test_a_number_fits_its_form_or_is_refused(form, text, expected):
    assert typed(text, form) == expected


@pytest.mark.parametrize(
    ("form", "text", "order", "expected"),
    [
        ("8H10D", "3808861522", "", "nfca:E3069D52"),
        ("8H10D", "0563537489", "rev", "nfca:51E69621"),
        ("8H10D", "0563537489", "rev_bytes", "nfca:51E69621"),
        ("8H", "51E69621", "", "nfca:51E69621"),
        ("14H", "0416C6C2D73881", "", "nfca:0416C6C2D73881"),
        ("14H", "8138D7C2C61604", "rev", "nfca:0416C6C2D73881"),
        ("20H", "0416C6C2D73881AABBCC", "", "nfca:0416C6C2D73881AABBCC"),
        ("8H", "08A1B2C3", "", "random_uid"),
        ("8H", "C3B2A108", "rev", "random_uid"),
        ("8H", "880416C6", "", "cascade_incomplete"),
        ("10H", "0416C6C2D7", "", "bad_length"),
    ],
)
def test_an_rfid_card_in_either_byte_order(form, text, order, expected):
    assert typed(text, form, "nfca", order) == expected


@pytest.mark.parametrize(
    ("text", "order", "expected"),
    [("0222646835", "rev_nibble_bits", "em:0B2AA4CC"), ("0008823288", "rev_nibble_bits", "bad_key"), ("", "", "")],
)
def test_turned_nibbles_and_an_empty_line(text, order, expected):
    if expected == "bad_key":
        text = text[:-1] + "Z"
    assert typed(text, order=order) == expected


def test_ups_repeats_and_locks_are_no_keys():
    presses = [(key, value) for key in ["KEY_NUMLOCK", *(f"KEY_{d}" for d in "0009351929")] for value in (1, 2, 0)]
    reader = PROFILED["hid_evdev"]("r", Profile())
    [read] = reader.feed(key_bytes([*presses, ("KEY_LEFTSHIFT", 1), ("KEY_TAB", 1), ("KEY_TAB", 0)]), 0)
    assert read.badge == "em:008EB2F9"


def test_a_number_without_an_end_is_refused_after_300_ms_and_the_next_is_read():
    reader = PROFILED["hid_evdev"]("r", Profile())
    assert reader.feed(keys("00093", ""), 0) == []
    assert reader.tick(299 * MS) == []
    late, read = reader.feed(keys("0009351929"), 300 * MS)
    assert (late.error, read.badge) == ("no_terminator", "em:008EB2F9")
    assert typed("0009351929", end="") == "no_terminator"
    assert typed("0009 351929", end="") == "bad_key"
    assert typed("1" * 100) == "bad_length"


def test_a_reader_that_changed_its_format_says_so_until_it_is_right_again():
    reader = PROFILED["hid_evdev"]("r", Profile())
    for _ in range(3):
        assert not reader.noisy
        reader.feed(keys("142,45817"), 0)
    assert reader.noisy
    reader.feed(keys("0009351929"), 0)
    assert not reader.noisy


@pytest.mark.parametrize(
    ("words", "problem"),
    [({"tech": "x"}, "tech 'x' is none of em"), ({"form": "9H"}, "8H10D"), ({"order": "up"}, "rev_nibble_bits")],
)
def test_a_profile_that_no_reader_has_is_refused(words, problem):
    with pytest.raises(ProfileError, match=problem):
        profile_from(words)


@pytest.mark.parametrize("order", Order)
def test_turning_twice_changes_nothing(order):
    data = bytes.fromhex("61008EB2F9")
    assert ordered(ordered(data, order), order) == data


CARDS = ["em:008EB2F9", "em:026F6C3A", "em:10185C5B", "em:003E5C1E", "em:00B6D7B5"]


def column(text) -> dict[str, str]:
    return {text(int(badge[3:], 16)): badge for badge in CARDS}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (lambda n: f"{n:010d}", [Profile(Tech.EM, "8H10D")]),
        (lambda n: str(n), [Profile(Tech.EM, "8H10D")]),  # a spreadsheet ate the zeros
        (lambda n: f"{n & 0xFFFFFF:08d}", [Profile(Tech.EM, "6H8D")]),
        (lambda n: f"{n:08X}", [Profile(Tech.EM, "8H")]),
        (lambda n: n.to_bytes(4, "little").hex(), [Profile(Tech.EM, "8H", Order.REV_BYTES)]),
        (lambda n: f"{n >> 16:05d},{n & 0xFFFF:05d}", [Profile(Tech.EM, "4H4H")]),
        (lambda n: "abc", []),
    ],
)
def test_five_known_cards_tell_in_which_form_a_column_is_written(text, expected):
    found = profiles_that_fit(column(text))
    assert set(expected) <= set(found)
    assert {p.order for p in found} == {p.order for p in expected}
    assert {FORMS[p.form].length for p in found} >= {FORMS[p.form].length for p in expected}


def test_an_empty_column_fits_nothing():
    assert profiles_that_fit({}) == []
