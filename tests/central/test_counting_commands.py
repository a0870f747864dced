"""`counters`, `threshold` and `case` as an office types them."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from central.__main__ import main
from central.store import open_store
from tests.central.ledger.office import Office

Command = Callable[..., str]


@pytest.fixture
def office(url: str) -> Iterator[Office]:
    """A is late twice, B is absent all day, on the one judged date."""
    store = open_store(url)
    store.upgrade()
    found = Office(store)
    found.found()
    found.person("B")
    badge, door = found.person("A", rank=0), found.door()
    door.start("06:00")
    for time in ("07:50", "12:01", "13:40", "17:01"):
        door.tap(badge, time)
    door.heartbeat("20:00")
    found.until("20:00")
    yield found
    store.close()


@pytest.fixture
def run(url: str, office: Office, capsys: pytest.CaptureFixture[str]) -> Command:
    def command(*words: str, refused: bool = False) -> str:
        code = main(["--db", url, *words])
        said = capsys.readouterr()
        assert (code == 1) is refused, said.err
        return said.err if refused else said.out

    return command


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize(
    "period",
    ["--from 2018-11-12 --to 2018-11-12", "--month 2018-11", "--year 2018", "--rolling 30 --on 2018-11-20",
     "--rolling 365 --on 2019-11-11"],
)  # fmt: skip
def test_counters_of_any_period_put_the_head_first(run: Command, period: str):
    head, other = table(run("counters", *period.split()))
    assert (head["staff"], head["times_late"], head["late_min"], head["half_days"]) == ("A", "2", "30", "2")
    assert (other["staff"], other["half_days_absent"], other["absent_in_a_row"]) == ("B", "2", "2")


def test_counters_of_another_period_or_unit_are_empty(run: Command, office: Office):
    assert table(run("counters", "--month", "2018-10")) == []
    office.unit("Y", "H")
    assert table(run("counters", "--month", "2018-11", "--unit", "Y")) == []
    assert len(json.loads(run("counters", "--month", "2018-11", "--unit", "H", "--format", "json"))) == 2
    assert "there is no unit 'Z'" in run("counters", "--month", "2018-11", "--unit", "Z", refused=True)


@pytest.mark.parametrize("words", ["", "--from 2018-11-12", "--month 2018-11 --year 2018"])
def test_one_period_is_to_be_named(run: Command, words: str):
    assert "name one period" in run("counters", *words.split(), refused=True)


def test_a_period_that_ends_before_it_begins_is_refused(run: Command):
    assert "exchange them" in run("counters", "--from", "2018-11-13", "--to", "2018-11-12", refused=True)


LIMIT = "threshold add --rule late_times --window month --limit 2 --from 2018-11-01 --doc 05/QĐ"


def test_a_threshold_proposes_a_case_and_a_person_decides_it(run: Command):
    assert table(run("threshold", "list")) == []  # none comes with the product
    assert run(*LIMIT.split()) == "threshold 1 holds from 2018-11-01\n"
    (case,) = table(run("case", "list"))
    assert (case["staff"], case["name"], case["state"], case["count"], case["limit"]) == ("A", "Lê A", "open", "2", "2")
    assert (case["doc_no"], case["window_from"], case["window_to"]) == ("05/QĐ", "2018-11-01", "2018-11-30")
    assert int(case["age_days"]) >= 0
    assert "decided by Lê B: 7/QĐ" in run("case", "decide", "1", "--doc", "7/QĐ", "--by", "Lê B")
    assert table(run("case", "list")) == []
    assert [s["step"] for s in table(run("case", "show", "1"))] == ["opened", "decided"]
    (decided,) = json.loads(run("case", "list", "--all", "--format", "json"))
    assert (decided["state"], decided["decision_no"], decided["age_days"]) == ("decided", "7/QĐ", "")


FOLDER = {
    "units": "code,parent,type,name_vi,valid_from,valid_to\nH,,district,Huyện,,\nX,H,commune,Xã,,\n",
    "staff": "code,full_name,unit,position,rank,badge_uid,type,room,joined,left\nA,Lê A,X,,0,,cadre,,,\n",
    "devices": "code,unit,location\nD-X,X,\n",
    "schedules": "unit,valid_from,valid_to,weekdays,session,start,end,grace_late_min,grace_early_min,doc_no\n"
    "H,,,1-5,AM,07:30,12:00,5,0,01/TB\nH,,,1-5,PM,13:30,17:00,5,0,01/TB\n",
}


def test_an_import_that_changes_a_category_counts_again(run: Command, tmp_path: Path):
    run(*LIMIT.split(), "--category", "cadre")
    assert table(run("case", "list", "--all")) == []
    for name, text in FOLDER.items():
        (tmp_path / f"{name}.csv").write_text(text, "utf-8")
    run("import", str(tmp_path))
    assert [(c["staff"], c["state"]) for c in table(run("case", "list"))] == [("A", "open")]
    (tmp_path / "staff.csv").write_text(FOLDER["staff"].replace("cadre", "contract"), "utf-8")
    run("import", str(tmp_path))
    assert [(c["staff"], c["state"]) for c in table(run("case", "list", "--all"))] == [("A", "withdrawn")]


def test_an_ended_threshold_withdraws_what_it_had_proposed(run: Command):
    run(*LIMIT.split())
    assert "counts nothing after 2018-11-11" in run(*"threshold end 1 --to 2018-11-11 --doc 9/QĐ".split())
    assert [c["state"] for c in table(run("case", "list", "--all"))] == ["withdrawn"]
    assert table(run("threshold", "list"))[0]["to"] == "2018-11-11"


@pytest.mark.parametrize("words", ["case show 9", "case decide 9 --doc 7/QĐ --by B"])
def test_a_case_that_is_not_there_is_refused(run: Command, words: str):
    assert "there is no case 9" in run(*words.split(), refused=True)
