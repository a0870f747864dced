"""The recorded week's roll call and inspection, walked again here: the figures of the paper, and minutes that stay."""

import csv
import datetime as dt
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
import sqlalchemy as sa
from pypdf import PdfReader

from central.inspection import sign, stored, view_of
from central.minutes import Signers
from central.observed import Disagreement, Finding, Reason, Saying, ratio
from central.replay import replay
from central.reports.why import explain
from central.rollcall import Kind, Opening, OverError, RollCallError, Said, open_round, say
from central.roster.imports import import_office
from central.store import Store, open_store, rollcalls
from central.tables import Badge
from tests.central.ledger.office import HandClock, at

WEEK = Path(__file__).parents[2] / "data" / "office"
MONDAY, WEDNESDAY = dt.date(2018, 11, 12), dt.date(2018, 11, 14)
SIGNERS = Signers("Lò Văn Kiểm", "Vi Thị Đại", "Hà Văn Biên", "nhất trí")
KEYS = {"present": True, "leave": False, "field_duty": False, "absent": False, "absent_unexcused": False}
REASONS = {"leave": Reason.LEAVE, "field_duty": Reason.FIELD}


def paper(name: str, on: dt.date) -> list[Saying]:
    """What the week's own sheet says of X01 on a date."""
    with (WEEK / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["date"] == str(on)]
    return [
        Saying(
            row["staff"],
            KEYS[row["status"]],
            REASONS.get(row["status"], Reason.NONE),
            (Finding.ALCOHOL,) if "cồn" in row.get("finding", "") else (),
            row.get("finding", ""),
        )
        for row in rows
    ]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def week(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('walks') / 'week.db'}"
    else:
        url = request.getfixturevalue("postgres").database()
    store, clock = open_store(url), HandClock(at("08:00", dt.date(2018, 11, 19)))
    try:
        store.upgrade()
        import_office(store, clock, WEEK)
        replay(store, clock, WEEK, None)
        yield store
    finally:
        store.close()


def test_the_mondays_roll_call_has_exactly_one_conflict(week: Store):
    clock = HandClock(at("07:45", MONDAY))
    number = open_round(week, clock, Opening(Kind.ROLL_CALL, "X01", "monday-0001"), "thu-ky")
    with week.read() as db:
        people = rollcalls.looked_for(db, number)
    assert len(people) == 21 and len({person.room for person in people}) == 7
    clock.ms += 60_000
    assert say(week, clock, number, Said(paper("rollcalls", MONDAY), "k" * 8, finish=True), "thu-ky") == "finished"
    with week.read() as db:
        found = view_of(db, number, clock.ms)
    (conflict,) = found.conflicts
    assert (conflict.staff, conflict.kind) == ("CB0036", Disagreement.TAPPED_NOT_SEEN)
    assert conflict.fact.tap_ms is not None and conflict.fact.tap_ms // 60_000 == at("07:21", MONDAY) // 60_000
    with week.read() as db:
        told = [one.by for one in explain(db, "CB0036", MONDAY, clock.ms).conflicts]
    assert "thu-ky" in told, "`why` tells it beside the verdict, which it did not change"
    touched = [word for word in found.words if word.at_ms == clock.ms]
    assert len(found.words) == 21 and len(touched) == 21, "a word a person, by one button"


def inspected(week: Store, key: str) -> int:
    clock = HandClock(at("09:40", WEDNESDAY))
    opening = Opening(Kind.INSPECTION, "X01", key, "Đoàn kiểm tra huyện", "QĐ 78/QĐ-UBND", "state")
    number = open_round(week, clock, opening, "doan")
    say(week, clock, number, Said(paper("inspection", WEDNESDAY), "w" * 8, finish=True), "doan")
    return number


def test_the_inspection_gives_the_figures_of_the_paper_as_fractions(week: Store):
    with week.read() as db:
        counts = view_of(db, inspected(week, "wednesday-1"), at("09:50", WEDNESDAY)).counts
    assert (counts.roster, counts.present, counts.leave, counts.field, counts.unexcused) == (21, 12, 1, 1, 7)
    assert (counts.with_tap, counts.without_tap, counts.excused, counts.not_looked) == (4, 3, 0, 0)
    assert ratio(counts.unexcused, counts.roster) == "7/21 (33,3%)"
    assert ratio(counts.unexcused, counts.expected) == "7/19 (36,8%)"


def test_the_print_has_every_letter_and_the_three_signers(week: Store):
    number = inspected(week, "wednesday-3")
    sign(week, HandClock(at("10:15", WEDNESDAY)), number, SIGNERS, "doan")
    with week.read() as db:
        text, pdf = stored(db, number)
    said = " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages).split())
    for words in ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "7/21 (33,3%)", "7/19 (36,8%)", "Lò Văn Kiểm", "Vi Thị Đại",
                  "Hà Văn Biên", "uống rượu, bia", "QĐ 78/QĐ-UBND", "ngày 14 tháng 11 năm 2018"):  # fmt: skip
        assert words in said, words
    fonts = {str(font) for page in PdfReader(BytesIO(pdf)).pages for font in page["/Resources"]["/Font"]}
    assert fonts and "7/21" in text


def test_a_person_who_is_nobody_here_and_a_round_that_there_is_not_are_refused(week: Store):
    clock = HandClock(at("07:45", MONDAY))
    for number in (999_999, 10**30):
        with pytest.raises(RollCallError, match="no round"):
            say(week, clock, number, Said([], "k" * 8), "x")
    number = inspected(week, "wednesday-4")
    say(week, clock, number, Said([Saying("CB0001", True)], "other-key"), "x")
    with week.read() as db:
        assert "CB0001" not in view_of(db, number, clock.ms).last


def test_signed_minutes_stay_byte_for_byte_though_punches_were_corrected_since(week: Store):
    number = inspected(week, "wednesday-2")
    with week.read() as db, pytest.raises(RollCallError, match="no signed minutes"):
        stored(db, number)
    clock = HandClock(at("10:15", WEDNESDAY))
    sign(week, clock, number, SIGNERS, "doan")
    with week.read() as db:
        before = stored(db, number)
        assert view_of(db, number, clock.ms).counts.with_tap == 4
    with week.write() as db:  # a week later: somebody else had the badge in hands that morning
        db.execute(sa.update(Badge).where(Badge.staff == "CB0027").values(state="lost"))  # type: ignore[arg-type]
    later = HandClock(at("08:00", dt.date(2018, 11, 21)))
    sign(week, later, number, Signers("a", "b", "c"), "khac")
    with week.read() as db:
        assert view_of(db, number, later.ms).counts.with_tap == 3, "what is known has changed"
        assert stored(db, number) == before, "what was signed has not"
    with pytest.raises(OverError, match="signed"):
        say(week, later, number, Said([Saying("CB0039", True)], "later-key"), "doan")
