"""A mistyped name of a database: who only looks says so and makes none; who sets up makes one."""

import sqlite3

import pytest

from central.__main__ import main

LOOKING = (
    "verdicts --from 2018-11-12 --to 2018-11-16",
    "verdicts --from 2018-11-12 --to 2018-11-16 --kind duty",
    "why CB0603 2018-11-14",
    "proposals --from 2018-11-12 --to 2018-11-16",
    "badges --unknown",
    "duty credits --from 2018-11-12 --to 2018-11-16",
    "duty missed --from 2018-11-12 --to 2018-11-16",
    "units",
    "staff",
    "hints --from 2018-11-12 --to 2018-11-16",
    "counters --month 2018-11",
    "case list",
    "threshold list",
    "month show 2018-11",
    "what-if --rules {rules} --from 2018-11-12 --to 2018-11-16",
    "replay {folder}",
)


@pytest.mark.parametrize("command", LOOKING)
def test_who_only_looks_makes_no_database(command, tmp_path, capsys):
    rules = tmp_path / "rules.toml"
    rules.write_text('document = "draft"\n[[grace]]\nunit = "X"\ngrace_late_min = 10\n', "utf-8")
    named = tmp_path / "mistyped.db"
    words = command.format(rules=rules, folder=tmp_path).split()
    assert main(["--db", f"sqlite:///{named}", *words]) == 1
    said = capsys.readouterr()
    assert f"there is no database {named}: is its name right" in said.err
    assert said.out == ""
    assert not named.exists()


@pytest.mark.parametrize("command", ["upgrade", "device list", "terminal list"])
def test_who_sets_up_makes_one(command, tmp_path):
    named = tmp_path / "new.db"
    assert main(["--db", f"sqlite:///{named}", *command.split()]) == 0
    db = sqlite3.connect(named)
    assert db.execute("SELECT count(*) FROM staff").fetchone() == (0,)
    db.close()
