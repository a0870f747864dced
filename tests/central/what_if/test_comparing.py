"""A past period under other rules, from a database: who would change and how, and nothing is stored."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from central.__main__ import main
from central.store import open_store
from tests.central.ledger.office import Office

RULES = """
document = "Dự thảo 12/TB"
[[grace]]
unit = "{unit}"
session = "AM"
grace_late_min = {grace}
"""


@pytest.fixture
def office(url: str) -> Iterator[Office]:
    """A comes at 07:38 and B at 07:33, both stay; B works in unit Y."""
    store = open_store(url)
    store.upgrade()
    found = Office(store)
    found.found()
    found.unit("Y", "H")
    door = found.door("D-H", "H")
    door.start("06:00")
    for badge, time in ((found.person("A"), "07:38"), (found.person("B", "Y"), "07:33")):
        door.tap(badge, time)
    for time in ("12:01", "13:29", "17:01"):
        door.tap("em:A", time)
        door.tap("em:B", time)
    door.heartbeat("20:00")
    found.until("20:00")
    yield found
    store.close()


def asked(url: str, tmp_path: Path, grace: int, *more: str, unit: str = "H") -> list[str]:
    rules = tmp_path / "rules.toml"
    rules.write_text(RULES.format(grace=grace, unit=unit), "utf-8")
    return ["--db", url, "what-if", "--rules", str(rules), "--from", "2018-11-12", "--to", "2018-11-13", *more]


def changes(
    url: str, tmp_path: Path, grace: int, capsys: pytest.CaptureFixture[str], *more: str, unit: str = "H"
) -> list[str]:
    assert main(asked(url, tmp_path, grace, "--format", "csv", *more, unit=unit)) == 0
    rows = csv.DictReader(io.StringIO(capsys.readouterr().out))
    return [
        f"{r['staff']} {r['session']} {r['flags_before']} {r['late_min_before']} -> {r['flags_after']} "
        f"{r['late_min_after']}"
        for r in rows
    ]


@pytest.mark.parametrize(
    ("grace", "expected"),
    [(5, []), (10, ["A AM late 8 ->  0"]), (2, ["B AM  0 -> late 3"]), (8, ["A AM late 8 ->  0"])],
)
def test_another_grace_changes_these_and_nobody_else(
    office: Office, url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], grace: int, expected: list[str]
):
    assert changes(url, tmp_path, grace, capsys) == expected


def test_a_grace_of_a_unit_that_has_its_hours_from_above_reaches_its_people_alone(
    office: Office, url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert changes(url, tmp_path, 2, capsys, unit="Y") == ["B AM  0 -> late 3"]
    assert changes(url, tmp_path, 2, capsys, unit="X") == []
    assert changes(url, tmp_path, 10, capsys, unit="X") == ["A AM late 8 ->  0"]


def test_nothing_at_all_is_stored(office: Office, url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    before = every_row(office)
    changes(url, tmp_path, 0, capsys)
    assert every_row(office) == before and before["session_verdict"]


def every_row(office: Office) -> dict[str, list[str]]:
    with office.store.read() as db:
        tables = sa.inspect(db).get_table_names()
        return {t: sorted(map(repr, db.execute(sa.text(f'SELECT * FROM "{t}"')))) for t in tables}  # noqa: S608


def test_only_the_unit_that_is_asked_about(
    office: Office, url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert changes(url, tmp_path, 2, capsys, "--unit", "X") == []
    assert changes(url, tmp_path, 2, capsys, "--unit", "Y") == ["B AM  0 -> late 3"]
    assert main(asked(url, tmp_path, 2, "--unit", "Z")) == 1
    assert "there is no unit 'Z'" in capsys.readouterr().err


def test_totals_by_unit_stand_beside_the_changes(
    office: Office, url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert main(asked(url, tmp_path, 10, "--format", "json")) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["document"] == "Dự thảo 12/TB" and len(told["changes"]) == 1
    x, y = told["totals"]
    assert (x["unit"], x["changed"], x["people"], x["times_late_before"], x["times_late_after"]) == ("X", 1, 1, 1, 0)
    assert (y["unit"], y["changed"], y["late_min_before"]) == ("Y", 0, 0)
    assert main(asked(url, tmp_path, 10)) == 0
    shown = capsys.readouterr().out
    assert "Nothing is stored." in shown and "present late 8" in shown and "by unit" in shown
    assert main(asked(url, tmp_path, 5)) == 0
    assert "nothing would change" in capsys.readouterr().out


def test_supposed_hours_move_the_session_itself(
    office: Office, url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    rules = tmp_path / "rules.toml"
    hours = '[[hours]]\nunit = "X"\nsession = "{}"\nstart = "{}"\nend = "{}"\nweekdays = "1-5"\n'
    rules.write_text('document = "d"\n' + hours.format("AM", "08:00", "12:00"), "utf-8")
    words = ["--db", url, "what-if", "--rules", str(rules), "--from", "2018-11-12", "--to", "2018-11-12"]
    assert main([*words, "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)["changes"]
    assert [(c["session"], c["outcome_before"], c["outcome_after"]) for c in found] == [
        ("AM", "present", "present"), ("PM", "present", ""),
    ]  # fmt: skip
    assert main(words) == 0
    assert "no session" in capsys.readouterr().out
