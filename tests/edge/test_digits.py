"""What a display shows while a person compares the digits of a station that is being let in."""

from edge.phrases import LCD_COLUMNS, digits_words


def test_the_digits_stand_on_every_display_in_two_groups():
    words = digits_words("042137")
    assert words.lines[0] == "Mã của trạm: 042 137"
    assert words.lcd[0] == "MA TRAM 042 137"
    assert all(line.isascii() and len(line) <= LCD_COLUMNS for line in words.lcd)
