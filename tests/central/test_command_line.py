"""What `diemdanh-central` says to whoever made a mistake: one line with the remedy, never a traceback."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from central.__main__ import main

ROOT = Path(__file__).parents[2]


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("DIEMDANH_")} | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "central", *words]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--db sqlite:////nowhere/x.db device list", "unable to open database file; name one that exists"),
        ("--db sqlite:///not.db device list", "file is not a database"),
        ("--db foo://x upgrade", "there is no foo here; use sqlite:///FILE or postgresql://"),
        ("--db /srv/a.db upgrade", "use for this file sqlite:////srv/a.db"),
        ("--db postgresql+pg8000://x upgrade", "there is no postgresql+pg8000 here"),
        ("--db postgresql:///?host=/nowhere upgrade", "name one that exists"),
        ("--config none.toml upgrade", "none.toml: cannot be read"),
        ("--db sqlite:///a.db import nowhere", "folder nowhere does not exist"),
        ("--db sqlite:///a.db device add D1 --id dabc --key zzz", "key 'zzz' is not 32 bytes"),
        ("--db sqlite:///a.db device revoke D9", "no device has the code 'D9'"),
        ("evaluate nowhere.json", "nowhere.json: cannot be read"),
    ],
)
def test_a_refusal_is_one_line_with_the_remedy(tmp_path: Path, words: str, said: str):
    (tmp_path / "not.db").write_text("this is no database, but it is long enough to look at " * 30, "utf-8")
    found = run(tmp_path, *words.split())
    assert found.returncode == 1
    assert said in found.stderr and "Traceback" not in found.stderr


def test_a_wrong_date_is_wrong_use(tmp_path: Path):
    found = run(tmp_path, "--db", "sqlite:///a.db", "verdicts", "--from", "2018-13-01", "--to", "2018-11-12")
    assert found.returncode == 2 and "'2018-13-01' is not a date; write YYYY-MM-DD" in found.stderr


def test_an_office_is_imported_and_its_verdicts_printed(tmp_path: Path):
    database = ("--db", "sqlite:///a.db")
    assert "staff" in run(tmp_path, *database, "import", str(ROOT / "deploy" / "office")).stdout
    again = run(tmp_path, *database, "import", str(ROOT / "deploy" / "office"), "--json")
    assert set(json.loads(again.stdout).values()) == {0}
    printed = run(tmp_path, *database, "verdicts", "--from", "2018-11-12", "--to", "2018-11-12")
    assert printed.stdout == "staff,date,session,outcome,flags,symbol,late_min,early_min\n"
    listed = run(tmp_path, *database, "device", "list").stdout
    assert listed.startswith("CODE         UNIT         STATE                NOW                    DATA AGE  DEVICE")
    assert listed.count("waits for a station") == listed.count(" no_station ") == 25
    told = json.loads(run(tmp_path, *database, "device", "list", "--json").stdout)
    assert {(row["now"], row["online"], row["data_age_s"]) for row in told} == {("no_station", False, None)}


def test_whoever_reads_may_stop_early(tmp_path: Path):
    cases = Path(__file__).parents[1] / "data" / "attendance.json"
    command = f"{sys.executable} -m central evaluate {cases}"
    piped = subprocess.run(["sh", "-c", f"{command} | head -1; exit 0"], capture_output=True, text=True, timeout=60)
    assert (piped.stdout, piped.stderr) == ("[\n", "")


EMPTY = [
    ("verdicts --from 2018-11-12 --to 2018-11-12", "nothing was judged for 2018-11-12 to 2018-11-12"),
    ("verdicts --kind duty --from 2018-11-12 --to 2018-11-12", "no duty slot of 2018-11-12 to 2018-11-12"),
    ("proposals --from 2018-11-12 --to 2018-11-12", "no overtime is proposed"),
    ("counters --month 2018-11", "nothing was judged for 2018-11-01 to 2018-11-30"),
    ("staff --on 2018-11-12", "nobody is found for 2018-11-12"),
    ("badges --unknown", "every badge that was tapped belongs to somebody"),
    ("hints --from 2018-11-12 --to 2018-11-12", "no tap of 2018-11-12 to 2018-11-12 calls for a look"),
    ("units --on 2018-11-12", "no unit is valid on 2018-11-12"),
    ("month show 2018-11", "no sheet of 2018-11 was signed"),
    ("month show 2018-11 --events", "nobody locked or unlocked 2018-11"),
    ("month adjustments 2018-11", "nothing is proposed in 2018-11"),
    ("threshold list", "no limit is set"),
    ("case list", "no case is open"),
    ("case list --all", "there is no case"),
    ("calendar list 2018", "2018 has no day and no proposal"),
]


@pytest.mark.parametrize(("words", "said"), EMPTY)
def test_a_list_without_a_row_says_so_beside_it(
    tmp_path: Path, words: str, said: str, capsys: pytest.CaptureFixture[str]
):
    database = ["--db", f"sqlite:///{tmp_path / 'empty.db'}"]
    assert main([*database, "upgrade"]) == 0
    capsys.readouterr()
    assert main([*database, *words.split()]) == 0
    told = capsys.readouterr()
    assert len(told.out.splitlines()) <= 1
    assert f"note: {said}" in told.err and "`import DIR` brings people and hours" in told.err


def test_a_database_that_may_not_be_written_to_is_said_in_one_line(tmp_path: Path):
    assert run(tmp_path, "--db", "sqlite:///office.db", "upgrade").returncode == 0
    limit = "threshold add --rule late_times --window month --limit 2 --from 2018-11-01 --doc 05/QĐ".split()
    found = run(tmp_path, "--db", f"sqlite:///file:{tmp_path / 'office.db'}?mode=ro&uri=true", *limit)
    assert found.returncode == 1 and "Traceback" not in found.stderr
    assert found.stderr.startswith(
        "diemdanh-central: the database refuses: attempt to write a readonly database; nothing"
    )


def test_a_door_list_without_findings_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["--db", f"sqlite:///{tmp_path / 'empty.db'}", "device", "findings"]) == 0
    assert capsys.readouterr().out.startswith("no door has anything that awaits a decision")
