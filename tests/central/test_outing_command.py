"""`outing` as an office types it."""

import csv
import io
import json
from collections.abc import Callable, Iterator

import pytest

from central.__main__ import main
from central.store import open_store
from edge.wire.events import Punch
from tests.central.ledger.office import Office

Command = Callable[..., str]
PERIOD = ("--from", "2018-11-01", "--to", "2018-11-30")
WHO = ("--by", "Trần Chủ tịch", "--reason", "họp xóm")


@pytest.fixture
def office(url: str) -> Iterator[Office]:
    """An goes to the field by the button at 09:00 and comes back at 15:00."""
    store = open_store(url)
    store.upgrade()
    found = Office(store)
    found.found()
    badge, door = found.person("an"), found.door()
    door.start("06:00")
    door.tap(badge, "07:20")
    door.say(Punch(badge, "main", ("known", "field_out")), "09:00")
    door.say(Punch(badge, "main", ("known", "field_in")), "15:00")
    door.tap(badge, "17:01")
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


def test_a_way_to_the_field_is_listed_with_its_taps_and_its_door(run: Command) -> None:
    (row,) = table(run("outing", "list", *PERIOD))
    assert row == {
        "staff": "an",
        "name": "Lê an",
        "date": "2018-11-12",
        "sessions": "AM PM",
        "out": "09:00:00",
        "back": "15:00:00",
        "pressed": "out in",
        "door": "D-X",
        "device": "device-d-x",
        "state": "open",
        "number": "",
        "by": "",
        "reason": "",
    }
    assert json.loads(run("outing", "list", *PERIOD, "--unit", "X", "--format", "json"))[0]["staff"] == "an"


def test_a_person_approves_it_and_takes_that_back(
    run: Command, office: Office, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("outing", "approve", "an", "2018-11-12", *WHO, "--place", "xóm Gia", "--doc", "06/QĐ") == (
        "decision 1: approved; the date is judged again\n"
    )
    office.ledger.settle()
    assert office.says("an") == ["AM field_duty", "PM field_duty"]
    assert main(["--db", url, "outing", "list", *PERIOD]) == 0
    assert "no way to the field of 2018-11-01 to 2018-11-30 is open" in capsys.readouterr().err
    (row,) = table(run("outing", "list", *PERIOD, "--all"))
    assert (row["sessions"], row["state"], row["number"], row["by"]) == ("AM PM", "approved", "1", "Trần Chủ tịch")
    assert "decision 1 is withdrawn; an on 2018-11-12 is open again" in run("outing", "withdraw", "1", *WHO)
    office.ledger.settle()
    assert office.says("an")[0] == "AM present needs_checking 180"


def test_a_person_refuses_it_or_one_half_of_it(run: Command, office: Office) -> None:
    assert "the taps alone count" in run("outing", "refuse", "an", "2018-11-12", "--at", "15:00", *WHO)
    (row,) = table(run("outing", "list", *PERIOD, "--all"))
    assert (row["sessions"], row["state"], row["reason"]) == ("AM PM", "refused", "họp xóm")
    office.ledger.settle()
    assert office.says("an") == ["AM present early_leave 180", "PM present late 90"]
    run("outing", "withdraw", "1", *WHO)
    run("outing", "approve", "an", "2018-11-12", "--session", "AM", *WHO)
    office.ledger.settle()
    assert office.says("an") == ["AM field_duty", "PM present late 90"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("approve", "an", "2018-11-12", "--by", "an", "--reason", "r"), "somebody else approves it"),
        (("approve", "an", "2018-11-13", *WHO), "no way to the field that is open"),
        (("refuse", "am", "2018-11-12", *WHO), "nobody has the code 'am'"),
        (("withdraw", "4", *WHO), "there is no decision 4"),
        (("list", "--from", "2018-11-13", "--to", "2018-11-12"), "exchange them"),
    ],
)
def test_what_cannot_be_done_is_refused(run: Command, words: tuple[str, ...], said: str) -> None:
    assert said in run("outing", *words, refused=True)


def test_a_time_of_day_is_written_as_such(run: Command, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run("outing", "refuse", "an", "2018-11-12", "--at", "9h", *WHO)
    assert "'9h' is not a time of day; write HH:MM" in capsys.readouterr().err
