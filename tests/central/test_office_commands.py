"""The commands about calendar, units and people, as somebody types them, on the recorded district."""

import gc
import json
import sqlite3
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from central.__main__ import main
from central.store import marks, open_store

OFFICE = Path(__file__).parents[2] / "deploy" / "office"
Said = tuple[int, list[str], str]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database with the recorded district."""
    found = f"sqlite:///{tmp_path_factory.mktemp('district') / 'central.db'}"
    assert main(["--db", found, "import", str(OFFICE), "--json"]) == 0
    return found


@pytest.fixture
def say(url: str, capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """Run a command: its exit code, the lines it printed, what it complained of. It leaves no connection open."""

    def run(*words: str) -> Said:
        capsys.readouterr()
        before = _connected()
        code = main(["--db", url, *words])
        printed = capsys.readouterr()
        assert not [c for c in _connected() if not any(c is b for b in before)]
        return code, printed.out.splitlines(), printed.err

    return run


def _connected() -> list[sqlite3.Connection]:
    """The connections of this process that nobody has closed."""
    return [c for c in gc.get_objects() if isinstance(c, sqlite3.Connection) and _is_open(c)]


def _is_open(connection: sqlite3.Connection) -> bool:
    try:
        connection.total_changes  # noqa: B018 (it raises once the connection is closed)
    except sqlite3.ProgrammingError as error:
        return "thread" in str(error)
    return True


def test_one_database_shows_the_old_tree_and_the_new_one_and_drops_nobody(say: Callable[..., Said]) -> None:
    old = json.loads("".join(say("units", "--on", "2018-11-12", "--format", "json")[1]))
    new = json.loads("".join(say("units", "--on", "2025-07-01", "--format", "json")[1]))
    assert (old[0]["code"], old[0]["name"]) == ("H", "Huyện Tân Khê")
    assert {row["code"] for row in old if row["type"] in ("commune", "township")} == {f"X{n:02d}" for n in range(22)}
    assert {row["code"] for row in new if row["type"] == "commune"} == {f"N{n}" for n in range(1, 8)}
    assert not {row["code"] for row in new if row["code"].startswith(("X", "H"))}
    _, listed, _ = say("staff", "--on", "2025-07-01")
    assert sum(row["staff"] for row in new) == len(listed) - 1 > 600
    assert new[-1]["name"] == "không còn đơn vị"
    assert new[-1]["staff"] == len(say("staff", "--on", "2025-07-01", "--unit", "-")[1]) - 1


def test_people_are_found_without_marks_leaders_first(say: Callable[..., Said]) -> None:
    found = json.loads(
        "".join(say("staff", "--search", "nguyen van hung", "--on", "2018-11-12", "--format", "json")[1])
    )
    assert {row["full_name"] for row in found} == {"Nguyễn Văn Hùng"} and len(found) >= 2
    _, commune, _ = say("staff", "--unit", "X01", "--on", "2018-11-12")
    ranks = [int(line.split(",")[6]) for line in commune[1:]]
    assert ranks == sorted(ranks) and ranks[0] == 0 and len(ranks) == 21
    assert say("staff", "--unit", "X01", "--on", "2018-11-12", "--tones", "school", "--middle-first")[0] == 0


@pytest.mark.parametrize("words", [("verdicts", "--from", "2018-11-12", "--to", "2018-11-12"), ("staff",)])
def test_a_unit_that_nobody_knows_is_refused(say: Callable[..., Said], words: tuple[str, ...]) -> None:
    code, printed, complaint = say(*words, "--unit", "ZZ")
    assert (code, printed) == (1, [])
    assert "there is no unit 'ZZ'" in complaint


def test_verdicts_that_wait_to_be_judged_are_counted(say: Callable[..., Said], url: str) -> None:
    store, on = open_store(url), date(2019, 3, 4)
    with store.write() as db:
        marks.mark_days(db, [("CB0001", on)], 0)
    assert say("verdicts", "--from", "2019-03-01", "--to", "2019-03-31") == (
        0,
        ["staff,date,session,outcome,flags,symbol,late_min,early_min"],
        "note: 1 staff-days of these dates wait to be judged (`evaluate-loop` or `run`)\n",
    )
    with store.write() as db:
        marks.settle_days(db, marks.stale_days(db))
    store.close()
    assert say("verdicts", "--from", "2019-03-01", "--to", "2019-03-31")[2] == (
        "note: nothing was judged for 2019-03-01 to 2019-03-31\n"
    )


def test_a_year_is_proposed_confirmed_and_undone(say: Callable[..., Said]) -> None:
    assert "name one with --unit" in say("calendar", "propose", "2018")[2]
    assert say("calendar", "propose", "2026", "--unit", "T")[1] == [
        "15 days proposed for 2026; nothing is changed until they are confirmed"
    ]
    _, listed, _ = say("calendar", "list", "2026")
    proposed = [line.split(",") for line in listed[1:]]
    assert {row[8] for row in proposed} == {"proposed"}
    culture = next(row[0] for row in proposed if row[1] == "2026-11-24")
    dismissed = say("calendar", "withdraw", culture, "--by", "An", "--reason", "chưa có văn bản")
    assert dismissed[1] == [f"proposal {culture} is dismissed"]
    first = proposed[0][0]
    code, (told,), _ = say("calendar", "confirm", first, "--doc", "01/TB", "--by", "An")
    assert code == 0 and told.endswith("0 staff-days are judged again")
    assert say("calendar", "confirm", "2026", "--doc", "01/TB", "--by", "An")[0] == 0
    _, listed, _ = say("calendar", "list", "2026", "--format", "json")
    rows = json.loads("".join(listed))
    assert [row["state"] for row in rows].count("stands") == 14
    day = next(row["id"] for row in rows if row["date"] == "2026-08-22")
    assert say("calendar", "withdraw", day, "--by", "An", "--reason", "nhầm")[0] == 0
    assert "nothing" not in say("calendar", "list", "2026")[2]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("confirm", "X", "--doc", "1", "--by", "An"), "'X' is no proposal"),
        (("confirm", "1999", "--doc", "1", "--by", "An"), "no proposal is open"),
        (("withdraw", "first", "--by", "An", "--reason", "-"), "'first' is no day of the calendar"),
        (("add", "2030-02-03", "--kind", "holiday", "--unit", "T", "--doc", "1"), "Chinese calendar"),
        (("add", "2026-01-10", "--kind", "make_up", "--unit", "T", "--doc", "1"), "--for-date"),
    ],
)
def test_a_mistake_is_answered_with_the_remedy(say: Callable[..., Said], words: tuple[str, ...], why: str) -> None:
    code, _, complaint = say("calendar", *words)
    assert code == 1 and why in complaint


@pytest.mark.parametrize("year", ["26", "1900", "99999", "x"])
def test_a_year_is_written_in_four_digits(say: Callable[..., Said], year: str) -> None:
    with pytest.raises(SystemExit):
        say("calendar", "list", year)


def test_a_make_up_day_for_a_day_that_is_worked_says_so(say: Callable[..., Said]) -> None:
    words = ("2027-01-09", "--kind", "make_up", "--for-date", "2027-01-04", "--unit", "T", "--doc", "1")
    _, printed, _ = say("calendar", "add", *words)
    assert "is not given off" in printed[-1]
