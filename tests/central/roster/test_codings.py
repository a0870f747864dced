"""Text in TCVN3 and VNI is told from Vietnamese in Unicode, and read as it was meant."""

import csv
from pathlib import Path

import pytest

from central.roster.codings import is_syllable, old_coding

OFFICE = Path(__file__).parents[2] / "data" / "office"


@pytest.mark.parametrize(
    ("said", "coding", "meant"),
    [
        ("NguyÔn V¨n Hïng", "TCVN3", "Nguyễn Văn Hùng"),
        ("TrÇn ThÞ Hoµ", "TCVN3", "Trần Thị Hoà"),
        ("Hå S¬n", "TCVN3", "Hồ Sơn"),
        ("V¨n phßng H§ND", "TCVN3", "Văn phòng HĐND"),
        ("Ph¹m", "TCVN3", "Phạm"),
        ("Nguyeãn Vaên Huøng", "VNI", "Nguyễn Văn Hùng"),
        ("Traàn Thò Hoaø", "VNI", "Trần Thị Hoà"),
        ("Ñaëng Höõu Ñöùc", "VNI", "Đặng Hữu Đức"),
        ("Xaõ Taân Kyø", "VNI", "Xã Tân Kỳ"),
    ],
)
def test_old_codings_are_recognised_and_read(said: str, coding: str, meant: str):
    found = old_coding(said)
    assert found is not None and (found.name, found.reads) == (coding, meant)


@pytest.mark.parametrize(
    "said",
    ["Nguyễn Văn Hùng", "Lò Thị Ánh", "Trần Thị Hoà", "H'Hen Niê", "Y Bình", "José Müller", "Xóm 3 ½", "Công", "Hà Đô",
     "Bí thý Ð?ng ?y", "office", "", "Quý", "Gia Đề", "Nguye\u0302\u0303n"],
)  # fmt: skip
def test_unicode_is_left_alone(said: str):
    assert old_coding(said) is None


def test_no_text_of_the_district_is_taken_for_an_old_coding():
    for path in OFFICE.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            assert [cell for row in csv.reader(file) for cell in row if old_coding(cell)] == [], path.name


def test_a_syllable_has_its_letters_in_order_and_one_tone():
    assert all(is_syllable(word) for word in ("Nguyễn", "Hùng", "khuya", "Đắk", "quyết", "ươn", "giếng"))
    assert not any(is_syllable(word) for word in ("Vaên", "Hïng", "nguyÔn", "hùnĝ", "bcd", "áà"))
