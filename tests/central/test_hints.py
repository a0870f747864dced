"""Hints: one line a list of taps, and what is noticed. A tap is `A@D1 07:30:00`, `~40` known to 40 seconds only."""

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.__main__ import main
from central.explaining.hinting import SENTENCES, sentence
from central.hints import Away, Hint, HintKind, HintLimits, Seen, find_hints
from central.store import open_store
from central.web.texts import LANGUAGES, catalogue
from edge.wire import events as wire
from tests.central.ledger.office import DATE, Office, at

UNITS = {"D1": "X", "D2": "X", "E1": "Y"}
CLOSING = {door: [at("17:00")] for door in UNITS}


def seen(text: str) -> list[Seen]:
    found = []
    for who, door, time, unsure in re.findall(r"(\w+)@(\w+) ([\d:]+)(?:~(\d+))?", text):
        found.append(Seen(who, f"badge of {who}", door, UNITS[door], at(time), int(unsure or 0) * 1000))
    return found


def shown(hints: Iterable[Hint]) -> list[str]:
    return [f"{h.kind} {' '.join(h.staff)} {' '.join(h.doors)} {h.seconds}s {h.times}x" for h in hints]


@pytest.mark.parametrize(
    ("taps", "expected"),
    [
        ("A@D1 07:30:00 A@E1 07:32:00", ["two_places A D1 E1 120s 1x"]),
        ("A@D1 07:30:00 A@E1 07:33:00", []),  # three minutes are enough to get there
        ("A@D1 07:30:00 A@D2 07:30:10", []),  # two doors of one unit
        ("A@D1 07:30:00 B@E1 07:30:10", []),  # two badges
        ("A@D1 07:30:00~40 A@E1 07:32:00~40", []),  # three minutes and twenty seconds may lie between them
        ("A@D1 07:30:00~20 A@E1 07:32:00~20", ["two_places A D1 E1 120s 1x"]),  # sooner than that in any case
    ],
)
def test_one_badge_at_two_places(taps: str, expected: list[str]):
    assert shown(find_hints(seen(taps))) == expected


def over_days(days: int, *taps: str) -> list[Seen]:
    day_ms = 86_400_000
    return [replace(s, at_ms=s.at_ms + n * day_ms) for n, tap in product(range(days), taps) for s in seen(tap)]


TOGETHER = ("A@D1 07:30:00 B@D1 07:30:03", "A@D1 12:00:00 B@D1 12:00:04")


@pytest.mark.parametrize(
    ("taps", "expected"),
    [
        (over_days(3, *TOGETHER), ["always_together A B D1 5s 6x"]),
        (over_days(2, *TOGETHER), []),  # too few times and dates
        (over_days(6, TOGETHER[0]), ["always_together A B D1 5s 6x"]),
        (over_days(3, "A@D1 07:30:00 B@D1 07:30:09", "A@D1 12:00:00 B@D1 12:00:09"), []),
        (over_days(3, "A@D1 07:30:00 B@D2 07:30:03", "A@D1 12:00:00 B@D2 12:00:03"), []),  # two doors
        (over_days(3, *TOGETHER, "A@D1 13:30:00 B@D1 13:45:00"), []),  # six of nine taps
        (over_days(3, "A@D1 07:30:00~2 B@D1 07:30:03~2", "A@D1 12:00:00~2 B@D1 12:00:03~2"), []),
        (over_days(1, *(f"A@D1 07:0{n}:00 B@D1 07:0{n}:01" for n in range(7))), []),  # double taps on one date
    ],
)
def test_two_badges_always_seconds_apart(taps: list[Seen], expected: list[str]):
    assert shown(find_hints(taps)) == expected


def burst(time: str, count: int, apart_s: int, door: str = "D1") -> list[Seen]:
    return [replace(seen(f"P{n}@{door} {time}")[0], at_ms=at(time) + n * apart_s * 1000) for n in range(count)]


@pytest.mark.parametrize(
    ("taps", "expected"),
    [
        (burst("17:00:05", 8, 2), ["many_at_closing P0 P1 P2 P3 P4 P5 P6 P7 D1 14s 8x"]),
        (burst("17:00:05", 7, 2), []),
        (burst("17:00:05", 8, 3), []),  # over a longer time
        (burst("12:00:05", 8, 2), []),  # no session ends then at this door
        (burst("17:31:00", 8, 1), []),
        ([replace(t, unsure_ms=2000) for t in burst("17:00:05", 8, 2)], []),
        ([replace(t, staff="A", badge="a") for t in burst("17:00:05", 8, 2)], []),  # one badge, tapped often
        ([*burst("17:00:05", 8, 2), *burst("17:10:05", 9, 1)][::-1],
         ["many_at_closing P0 P1 P2 P3 P4 P5 P6 P7 D1 14s 8x",
          "many_at_closing P0 P1 P2 P3 P4 P5 P6 P7 P8 D1 8s 9x"]),
    ],
)  # fmt: skip
def test_many_badges_in_seconds_at_closing_time(taps: list[Seen], expected: list[str]):
    assert shown(find_hints(taps, closing_ms=CLOSING)) == expected


@pytest.mark.parametrize(
    ("taps", "expected"),
    [
        ("A@D1 08:00:00 A@D1 09:00:00", ["tapped_while_away A D1 0s 2x"]),
        ("A@D1 08:00:00 A@E1 09:00:00", ["tapped_while_away A D1 0s 1x", "tapped_while_away A E1 0s 1x"]),
        ("A@D1 12:00:00 B@D1 08:00:00", []),
        ("A@D1 07:30:20~30", []),  # perhaps before it began
    ],
)
def test_taps_while_somebody_is_planned_to_be_away(taps: str, expected: list[str]):
    assert shown(find_hints(seen(taps), [Away("A", at("07:30"), at("12:00"))])) == expected


def test_the_limits_are_settings():
    taps = seen("A@D1 07:30:00 A@E1 07:32:00")
    assert find_hints(taps, limits=HintLimits(travel_s=60)) == ()


TAPS = st.lists(
    st.builds(
        lambda who, door, s: Seen(who, who, door, UNITS[door], at("16:58") + s * 500),
        st.sampled_from("ABC"), st.sampled_from(sorted(UNITS)), st.integers(0, 400),
    )
)  # fmt: skip


@given(TAPS, st.randoms(use_true_random=False))
def test_neither_order_nor_repetition_of_taps_matters(taps: list[Seen], chance):
    shuffled = taps * 2
    chance.shuffle(shuffled)
    few = HintLimits(together_taps=1, together_days=1, closing_badges=2)
    assert find_hints(shuffled, closing_ms=CLOSING, limits=few) == find_hints(taps, closing_ms=CLOSING, limits=few)


ACCUSING = re.compile(r"gian lận|vi phạm|quẹt hộ|chấm công hộ|cheat|fraud|violat|buddy", re.I)


@pytest.mark.parametrize(("kind", "language"), list(product(HintKind, LANGUAGES)))
def test_the_wording_accuses_nobody_and_asks_to_ask(kind: HintKind, language: str):
    hint = Hint(kind, at("17:00"), ("A", "B"), ("D1", "E1"), 12, 7, 3)
    text = sentence(hint, {"A": "Lê A"}, catalogue(language).gettext)
    assert text.startswith({"vi": "Cần xem: ", "en": "To look at: "}[language])
    assert text.endswith({"vi": "hãy hỏi trước khi kết luận.", "en": "ask before concluding anything."}[language])
    assert not ACCUSING.search(text) and "{" not in text and "badge of" not in text.replace("the badge of", "")
    assert set(SENTENCES) == set(HintKind)


@pytest.fixture
def office(url: str) -> Iterator[Office]:
    store = open_store(url)
    store.upgrade()
    found = Office(store)
    found.found()
    found.unit("Y", "H")
    found.door("D-X", "X").start("06:00")
    yield found
    store.close()


def test_the_command_reads_punches_plans_and_hours(office: Office, url: str, capsys: pytest.CaptureFixture[str]):
    doors = {code: office.door(code, unit) for code, unit in (("D-1", "X"), ("D-2", "Y"))}
    away, roaming = office.person("A"), office.person("B", "Y")
    office.leave("A", "AM")
    for door in doors.values():
        door.start("06:00")
    doors["D-1"].tap(away, "08:00")
    doors["D-1"].tap(away, "14:00")  # the afternoon is not planned
    doors["D-1"].tap(roaming, "07:29")
    doors["D-2"].tap(roaming, "07:30")
    for n in range(8):
        doors["D-1"].tap(office.person(f"P{n}"), f"17:01:0{n}")
    words = ["--db", url, "hints", "--from", str(DATE), "--to", str(DATE)]
    assert main([*words, "--format", "csv"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == ["two_places", "many_at_closing", "tapped_while_away"]
    assert main([*words, "--unit", "Y"]) == 0
    assert capsys.readouterr().out == (
        "2018-11-12 07:29:00  Cần xem: thẻ của Lê B (B) được quẹt tại D-1 và D-2, cách nhau 60 giây. Có thể do đồng "
        "hồ, do mượn thẻ hoặc nguyên nhân khác; hãy hỏi trước khi kết luận.\n"
    )
    assert main([*words, "--unit", "Z"]) == 1


def test_a_door_without_the_time_gives_no_hint(office: Office, url: str, capsys: pytest.CaptureFixture[str]):
    badge, sure, unsure = office.person("A"), office.door("D-1"), office.door("D-2", "Y", clock=wire.Clock.NONE)
    sure.start("06:00")
    unsure.start("06:00")
    sure.tap(badge, "07:30")
    late = unsure.tap(badge, "07:31", deliver=False)
    unsure.deliver(late, at("12:00"))  # nothing tells when between its start and noon it was tapped
    office.until("12:01")
    assert main(["--db", url, "hints", "--from", str(DATE), "--to", str(DATE + dt.timedelta(days=1))]) == 0
    assert capsys.readouterr().out == ""
