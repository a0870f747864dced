"""A clerk's list and five cards that were read at a door: in which form is the list?"""

import pytest

from edge.__main__ import main
from edge.form import ColumnError, find_form, read_column, told

CARDS = (0x008EB2F9, 0x01C8F008, 0x7A3C15D2, 0xE5A9FA31, 0x0001B207)
UIDS = ("51E69621", "E3069D52", "3ADE7C5B", "C4A7F21E", "9B0D6E47")


def em(write) -> str:
    return "\n".join(f"{write(number)};em:{number:08X}" for number in CARDS)


def nfca(write) -> str:
    return "\n".join(f"{write(bytes.fromhex(uid))}\tnfca:{uid}" for uid in UIDS)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (em(lambda n: f"{n:010d}"), 'tech = "em", form = "8H10D", order = "msb"'),
        (em(lambda n: n), 'tech = "em", form = "8H10D", order = "msb"'),  # a spreadsheet ate the zeros
        (em(lambda n: f"{n & 0xFFFFFF:08d}"), 'tech = "em", form = "6H8D", order = "msb"'),
        (em(lambda n: f"{n >> 16 & 0xFF:03d},{n & 0xFFFF:05d}"), 'tech = "em", form = "3D5D", order = "msb"'),
        (em(lambda n: f"{n >> 16:05d},{n & 0xFFFF:05d}"), 'tech = "em", form = "4H4H", order = "msb"'),
        (em(lambda n: f"61{n:08x}"), 'tech = "em", form = "10H", order = "msb"'),
        (em(lambda n: 0x61 << 32 | n), 'tech = "em", form = "10H12D", order = "msb"'),
        (em(lambda n: f"{0x61 << 32 | n:013d}"), 'tech = "em", form = "10H13D", order = "msb"'),
        (nfca(lambda uid: int.from_bytes(uid, "big")), 'tech = "nfca", form = "8H10D", order = "msb"'),
        (
            nfca(lambda uid: f"{int.from_bytes(uid, 'little'):010d}"),
            'tech = "nfca", form = "8H10D", order = "rev_bytes"',
        ),
        (nfca(lambda uid: uid[::-1].hex()), 'tech = "nfca", form = "8H", order = "rev_bytes"'),
    ],
)
def test_five_cards_tell_one_form(text, said):
    assert told(find_form(read_column(text, "list"))) == f"{said}\nfits all 5 cards"


def test_one_card_that_fits_several_forms_is_told_as_ambiguous():
    answer = told(find_form(read_column("81818181;em:81818181", "list")))
    assert answer.startswith("ambiguous: 3 forms fit all 1 cards; add cards that differ:\n")
    assert 'form = "8H", order = "msb"' in answer
    assert 'form = "8H", order = "rev_bytes"' in answer


def test_few_cards_that_fit_one_form_are_told_to_be_few():
    assert "1 cards are few: try 5 to be sure" in told(find_form(read_column("0009351929;em:008EB2F9", "list")))


def test_a_card_that_was_written_down_wrongly_is_named_by_its_last_four_signs():
    lines = em(lambda n: f"{n:010d}").splitlines()
    lines[1] = "0029945865;em:01C8F008"
    answer = told(find_form(read_column("\n".join(lines), "list")))
    assert answer.startswith("no form fits all 5 cards; nearest is ")
    assert "does not fit ...5865: was that card read" in answer
    assert "0029945865" not in answer


def test_a_column_of_something_else_fits_nothing():
    assert "this is no column of badge numbers" in told(find_form(read_column("NV001;em:008EB2F9", "list")))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "list: holds no card; write about 5"),
        ("0009351929", "list, line 1: must say the list's number and the card's"),
        ("# cards\n1;em:008EB2F9\n1;em:008EB2FA", "list, line 3: 1 is two cards"),
    ],
)
def test_a_file_that_holds_no_pairs_says_where(text, problem):
    with pytest.raises(ColumnError, match=problem):
        read_column(text, "list")


def test_numbers_with_a_comma_or_in_quotes_are_read_whole():
    assert read_column('"142,45817",em:008EB2F9\n142,45818 em:008eb2fa', "list") == {
        "142,45817": "em:008EB2F9",
        "142,45818": "em:008EB2FA",
    }


def test_the_command_ends_with_0_for_one_form_and_1_otherwise(tmp_path, capsys):
    file = tmp_path / "cards.csv"
    file.write_text("\ufeff" + em(lambda n: f"{n:010d}"), "utf-8")
    assert main(["form", str(file)]) == 0
    assert 'form = "8H10D"' in capsys.readouterr().out
    file.write_text("x;em:008EB2F9")
    assert main(["form", str(file)]) == 1
    assert main(["form", str(tmp_path / "none")]) == 1
    assert "cannot be read" in capsys.readouterr().err
