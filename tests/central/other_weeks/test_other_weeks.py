"""Weeks that nobody has seen, through import, replay and verdicts, against the rules written a second time."""

import csv
import io
import os
from datetime import date, timedelta
from pathlib import Path

import pytest

from central.__main__ import main
from tests.central.other_weeks.maker import make
from tests.central.other_weeks.oracle import Week

MONDAYS = (date(2019, 4, 15), date(2018, 11, 12), date(2019, 4, 8))
SEEDS = [int(word) for word in os.environ.get("OTHER_WEEKS", "1 3 26").split()]
"""More by hand: OTHER_WEEKS="4 5 6 ..." pytest tests/central/other_weeks."""


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, str]]:
    assert main([*words]) == 0
    return list(csv.DictReader(io.StringIO(capsys.readouterr().out)))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_made_week_is_judged_as_the_rules_say(tmp_path: Path, capsys: pytest.CaptureFixture[str], seed: int):
    monday = MONDAYS[seed % len(MONDAYS)]
    folder, db = tmp_path / "week", f"sqlite:///{tmp_path}/week.db"
    make(folder, seed, monday)
    week, sunday = Week(folder), monday + timedelta(days=6)
    assert main(["--db", db, "import", str(folder)]) == 0
    assert main(["--db", db, "replay", str(folder), "--shuffle", str(seed)]) == 0
    capsys.readouterr()
    span = ["--from", str(monday), "--to", str(sunday)]
    told = printed(capsys, "--db", db, "verdicts", *span, "--format", "csv")
    key = week.verdicts(monday, sunday)
    by_session = {(r["staff"], r["date"], r["session"]): r for r in told}
    assert [r for r in key if by_session.pop((r["staff"], r["date"], r["session"]), None) != r] == []
    assert by_session == {}
    duty = printed(capsys, "--db", db, "verdicts", "--kind", "duty", *span, "--format", "csv")
    assert sorted(duty, key=repr) == sorted(week.duty(), key=repr)
