"""`month lock | unlock | show | adjustments` on the command line, and what `verdicts` prints of a signed month."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from central.__main__ import main
from tests.central.ledger.office import Office, made


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'office.db'}"


@pytest.fixture
def office(url: str) -> Iterator[Office]:
    """A Monday of one person, late in the morning, employed on that date alone; a tap is still in the door."""
    from central.store import open_store

    store = open_store(url)
    store.upgrade()
    store.close()
    with made(url) as found:
        door, an = found.door(), found.person("an")
        with found.store.write() as db:
            db.exec_driver_sql("UPDATE staff SET joined = '2018-11-12', \"left\" = '2018-11-12'")
        door.start("06:30")
        found.kept = door.tap(an, "07:20", deliver=False)  # type: ignore[attr-defined]
        for time in ("07:36", "12:00", "13:28", "17:00"):
            door.tap(an, time)
        door.heartbeat("18:01")
        found.until("18:02")
        found.station = door  # type: ignore[attr-defined]
        yield found


def said(capsys: pytest.CaptureFixture[str], url: str, *words: str) -> list[dict[str, str]]:
    """Run a command that prints CSV; returns its rows."""
    assert main(["--db", url, *words]) == 0
    return list(csv.DictReader(io.StringIO(capsys.readouterr().out)))


def lock(url: str, *more: str) -> int:
    words = ["month", "lock", "2018-11", "--unit", "X", "--by", "Lê Thị Trưởng", "--doc", "11/BCC", *more]
    return main(["--db", url, *words])


PERIOD = ("verdicts", "--from", "2018-11-12", "--to", "2018-11-12")


def test_a_month_is_locked_adjusted_shown_and_unlocked(
    office: Office, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert lock(url) == 0
    assert "2018-11 of X is signed: 2 lines, SHA-256 " in capsys.readouterr().out
    office.station.deliver(office.kept, received=office.clock.ms)  # type: ignore[attr-defined]
    office.ledger.settle()
    assert said(capsys, url, *PERIOD)[0]["flags"] == "late"
    assert said(capsys, url, *PERIOD, "--live")[0]["flags"] == ""
    assert main(["--db", url, "counters", "--month", "2018-11"]) == 0
    counted = capsys.readouterr()
    assert counted.out.splitlines()[1].split(",")[4] == "0", "counters follow the facts"
    assert "note: 1 sessions of signed months are counted as the facts say now" in counted.err
    assert said(capsys, url, *PERIOD, "--unit", "X")[0]["flags"] == "late"
    (row,) = said(capsys, url, "month", "adjustments", "2018-12")
    assert (row["staff"], row["session"], row["state"], row["signed_month"]) == ("an", "AM", "proposed", "2018-11")
    assert (row["before"], row["after"]) == ("present late 6", "present")
    (sheet,) = said(capsys, url, "month", "show", "2018-11")
    assert (sheet["state"], sheet["lines"], sheet["intact"]) == ("locked", "2", "yes")
    words = ["month", "unlock", "2018-11", "--unit", "X", "--by", "Trần Văn Phó", "--reason", "ký nhầm"]
    assert main(["--db", url, *words]) == 0
    assert "is unlocked" in capsys.readouterr().out
    events = said(capsys, url, "month", "show", "2018-11", "--events")
    assert [(e["what"], e["by"], e["reason"]) for e in events] == [
        ("locked", "Lê Thị Trưởng", ""),
        ("unlocked", "Trần Văn Phó", "ký nhầm"),
    ]
    assert said(capsys, url, *PERIOD)[0]["flags"] == ""
    (row,) = said(capsys, url, "month", "adjustments", "2018-12")
    assert row["state"] == "withdrawn"
    assert main(["--db", url, "month", "show", "2018-11", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["state"] == "unlocked"


def test_what_is_open_is_listed_and_signed_only_when_it_is_accepted(
    office: Office, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    office.mark("an")
    assert lock(url) == 1
    refused = capsys.readouterr().err
    assert (
        "has open items; settle them, or sign with --accept-open:\n  an: 1 day to be judged again (12 Nov)" in refused
    )
    assert lock(url, "--accept-open") == 0
    assert capsys.readouterr().out.startswith("open: an: 1 day to be judged again (12 Nov)\n")
    (event,) = said(capsys, url, "month", "show", "2018-11", "--events")
    assert event["reason"] == "1 open items accepted"


@pytest.mark.parametrize("verb", ["show", "adjustments"])
def test_a_word_that_is_no_month_is_refused(url: str, verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--db", url, "upgrade"]) == 0
    assert main(["--db", url, "month", verb, "11/2018"]) == 1
    assert "write YYYY-MM" in capsys.readouterr().err


def test_one_months_lines_stand_beside_the_next_months_live_ones(
    office: Office, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    office.person("binh")
    office.mark("binh")
    office.ledger.settle()
    assert lock(url, "--accept-open") == 0
    capsys.readouterr()
    rows = said(capsys, url, "verdicts", "--from", "2018-11-01", "--to", "2018-12-31")
    assert [(row["staff"], row["session"]) for row in rows] == [
        ("an", "AM"),
        ("an", "PM"),
        ("binh", "AM"),
        ("binh", "PM"),
    ]
