"""What `diemdanh-central` says to whoever made a mistake: one line with the remedy, never a traceback."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

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
        ("--db postgresql+pg8000://x upgrade", "there is no postgresql+pg8000 here"),
        ("--db postgresql:///?host=/nowhere upgrade", "name one that exists"),
        ("--config none.toml upgrade", "none.toml: cannot be read"),
        ("--db sqlite:///a.db import nowhere", "folder nowhere does not exist"),
        ("--db sqlite:///a.db device add D1 --id dabc --key zzz", "key 'zzz' is not 32 bytes"),
        ("--db sqlite:///a.db device revoke D9", "no device has the code D9"),
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
    assert listed.count("waits for a station") == 25


def test_whoever_reads_may_stop_early(tmp_path: Path):
    cases = Path(__file__).parents[1] / "data" / "attendance.json"
    command = f"{sys.executable} -m central evaluate {cases}"
    piped = subprocess.run(["sh", "-c", f"{command} | head -1; exit 0"], capture_output=True, text=True, timeout=60)
    assert (piped.stdout, piped.stderr) == ("[\n", "")
