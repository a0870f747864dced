"""How names are ordered and found."""

from hypothesis import given
from hypothesis import strategies as st

from central.names import search_key, short_name, sort_key


def ordered(*names: str) -> bool:
    return sorted(names, key=sort_key) == list(names)


def test_the_given_name_decides_first():
    assert ordered("Vũ Thị An", "Bùi Văn Bình", "An Văn Chi")


def test_letters_come_before_tones():
    assert ordered("Lê An", "Lê Ăn", "Lê Ân", "Lê Bá")
    assert ordered("Lê Lan", "Lê Làn", "Lê Lản", "Lê Lãn", "Lê Lán", "Lê Lạn", "Lê Lăn")


def test_d_with_a_bar_follows_d():
    assert ordered("Trần Dũng", "Trần Đạt", "Trần Em")


def test_a_shorter_word_comes_before_its_continuation():
    assert ordered("Lê An", "Lê Anh")


def test_equal_given_names_are_ordered_by_family_name_then_middle_names():
    assert ordered("Bùi Văn Hùng", "Nguyễn Thị Hùng", "Nguyễn Văn Hùng", "Trần Anh Hùng")


def test_one_word_and_no_word_have_keys_too():
    assert ordered("", "An", "Lê An")


def test_a_key_holds_digits_alone_so_that_databases_agree():
    assert sort_key("Nguyễn Thị Thanh Phượng").isdigit()


def test_search_ignores_marks_case_and_tone_placement():
    assert search_key("HOÀ  Đặng") == search_key("hòa đặng") == "hoa dang"


def test_a_short_name_keeps_the_given_name_whole():
    assert short_name("Trần Thị Thanh Phượng", 16) == "T. T. T. Phượng"
    assert short_name("Lê An", 16) == "Lê An"


@given(st.text(max_size=60))
def test_any_text_has_keys(text: str):
    assert sort_key(text) == "" or sort_key(text).isdigit()
    assert search_key(search_key(text)) == search_key(text)
