"""Words beside the lights, read where a display would stand: at the other end of a line, or in a file."""

import os
import time

import pytest

from edge.displays import DISPLAYS, DisplayError, Words
from edge.displays.lcd import Lcd
from edge.displays.oled import Oled
from edge.displays.text import Text
from edge.health import Health
from edge.screen import LOOP, SHOWN_NS, Screen
from edge.settings import DISPLAY_KINDS, DisplaySettings
from tests.waiting import until

IDLE = Words(("Xin mời quẹt thẻ", "07:28"), ("XIN MOI QUET THE", "07:28"))
LATE = Words(("Đã ghi 07:42. Đi muộn 12 phút", "Trần Thị Phượng"), ("DI MUON 12 PHUT", "TRAN T. PHUONG"))


class Bench:
    """A screen over a file, in time that the test lets pass."""

    def __init__(self, folder) -> None:
        self.ns = 0
        self.path = folder / "display"
        self.health = Health(lambda: self.ns)
        self.screen = Screen(Text(DisplaySettings(kind="text", port=str(self.path))), lambda: IDLE, lambda: self.ns)

    def turn(self, seconds: float = 0) -> None:
        self.ns += int(seconds * 1e9)
        self.screen.turn(self.health)

    def pages(self) -> list[list[str]]:
        return [page.splitlines() for page in self.path.read_text("utf-8").split("\f")[1:]]


@pytest.fixture
def bench(tmp_path):
    made = Bench(tmp_path)
    made.path.touch()
    yield made
    made.screen.close()


def test_an_answer_stands_for_three_seconds_over_what_stands_there_otherwise(bench):
    bench.turn()
    bench.screen.show(LATE)
    bench.turn()
    bench.turn(SHOWN_NS / 1e9 - 0.1)
    assert bench.pages() == [list(IDLE.lines), list(LATE.lines)]
    bench.turn(0.1)
    bench.turn(60)
    assert bench.pages()[2:] == [list(IDLE.lines)], "and is not written again and again"


def test_two_answers_of_the_same_words_are_two_pages(bench):
    for _ in range(2):
        bench.screen.show(LATE)
        bench.turn()
        bench.turn()
    assert bench.pages() == [list(LATE.lines)] * 2


def test_a_missing_display_is_a_fault_until_it_is_there(tmp_path, caplog):
    bench = Bench(tmp_path)
    for _ in range(5):
        bench.turn(20)
        bench.screen.show(LATE)
    assert bench.health.faults() == ("no_display",)
    assert caplog.text.count("no display") == 1
    bench.path.touch()
    bench.turn(60)
    assert bench.health.faults() == ()
    assert bench.pages() == [list(IDLE.lines)]
    bench.screen.close()


def test_a_display_that_nobody_reads_does_not_block_and_is_a_fault():
    master, slave = os.openpty()
    now_ns = 0
    health = Health(lambda: now_ns)
    screen = Screen(Text(DisplaySettings(port=os.ttyname(slave))), lambda: IDLE, lambda: now_ns)
    for _ in range(1_000):
        now_ns += 1_000_000_000
        screen.show(Words((f"{now_ns} " * 100,), ("", "")))
        screen.turn(health)
        if health.faults():
            break
    assert health.faults() == ("no_display",)
    os.close(slave)
    screen.close()
    os.close(master)


def test_the_thread_shows_words_at_once_and_ends_when_closed(tmp_path):
    path = tmp_path / "display"
    path.touch()
    screen = Screen(Text(DisplaySettings(port=str(path))), lambda: IDLE, time.monotonic_ns)
    health = Health(time.monotonic_ns)
    screen.start(health)
    until(lambda: "quẹt" in path.read_text("utf-8"))
    began = time.monotonic()
    screen.show(LATE)
    until(lambda: "Đi muộn 12 phút" in path.read_text("utf-8"))
    assert time.monotonic() - began < 0.9, "not only at its next look"
    screen.close()
    assert health.late() == ()
    assert LOOP == "display"


def test_a_display_without_its_library_says_what_to_install(monkeypatch):
    for library in ("luma", "luma.core", "luma.core.render"):
        monkeypatch.setitem(__import__("sys").modules, library, None)
    display = DISPLAYS["oled"](DisplaySettings(kind="oled"))
    with pytest.raises(DisplayError, match=r"the OLED needs luma.oled .*apt install python3-luma.oled"):
        display.open()
    display.close()


def test_every_kind_of_the_settings_has_its_display():
    assert {"none", *DISPLAYS} == set(DISPLAY_KINDS)
    assert DISPLAYS == {"text": Text, "lcd": Lcd, "oled": Oled}
