"""Heads that somebody damaged, in a file or in the table: a finding or an error that names the place, never a crash."""

import json

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from central.__main__ import main
from central.proving.heads import HeadsError, read_heads
from central.proving.proof import Witnesses, prove
from central.store import heads
from central.store.heads import DamagedHeadError
from edge.wire.heads import head_line
from edge.wire.notes import encode_note
from tests.central.heads.conftest import DAY, MONDAY

ODD = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=12),
    st.lists(st.integers(), max_size=2), st.just({"a": []}), st.sampled_from(["2026-02-30", "0000-00-00", "mai", ""]),
)  # fmt: skip
STORED = st.one_of(
    st.none(), st.integers(-9, 2**40), st.floats(allow_nan=False), st.binary(max_size=9),
    st.sampled_from(["", "mai", "2026-02-30", "[1]", '{"id": [1]}', "x" * 70]),
)  # fmt: skip
FAST = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def days(office, clock):
    """Two days of changes, each with its head, and no trigger."""
    for number in range(2):
        office.unit(f"X{number}")
        clock.go_to(MONDAY + (number + 1) * DAY)
        office.close()
    office.unguard()
    return office


def judged(office, file):
    """What is found with such a file; None = it was refused with its place."""
    try:
        kept = read_heads([file])
    except HeadsError as error:
        assert str(file) in str(error) and "diemdanh-edge heads" in str(error)
        return None
    with office.store.read() as db:
        return prove(db, witnesses=Witnesses(kept, office.key.verify)).findings


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@FAST
@given(data=st.data())
def test_a_damaged_file_of_heads_is_refused_or_found(days, tmp_path, data):
    whole = "".join(f"door-0001 {head_line(row.note)}\n" for row in days.heads()).encode()
    first = data.draw(st.integers(0, len(whole) - 1))
    last = data.draw(st.integers(first, min(first + 30, len(whole))))
    file = tmp_path / "doors.txt"
    file.write_bytes(whole[:first] + data.draw(st.binary(max_size=12)) + whole[last:])
    judged(days, file)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@FAST
@given(column=st.sampled_from(["date", "rows", "hash", "utc_ms", "note", "v"]), value=ODD)
def test_a_head_of_a_wrong_type_is_found_even_where_centrals_signature_holds(days, tmp_path, column, value):
    fields = json.loads(days.heads()[0].note.partition(b"\n")[0]) | {column: value}
    note = encode_note(str(fields.pop("note")), fields, days.key.sign)
    file = tmp_path / "doors.txt"
    file.write_text(f"door-0001 {head_line(note)}\n", "utf-8")
    found = judged(days, file)
    number = type(value) is int or (column == "v" and value is True)  # which is 1 to Python
    usable = column in ("utc_ms", "rows", "v") and number and value >= 0
    assert usable or found is None or [one.where for one in found] == [str(file)]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@FAST
@given(column=st.sampled_from(["date", "rows", "hash", "utc_ms", "note"]), value=STORED)
def test_a_stored_head_of_a_wrong_type_is_found(days, column, value):
    assume((column, value) != ("rows", 1))  # as it is
    with days.store.engine.connect() as db, db.begin() as work:
        _loosen(db)
        db.execute(sa.text(f"UPDATE audit_head SET {column} = :v WHERE id = 1"), {"v": value})  # noqa: S608
        found = prove(db, witnesses=Witnesses((), days.key.verify)).findings
        work.rollback()
    assert [(one.where, one.first) for one in found][:1] == [("audit_head", 1)]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("headed", [True, False], ids=["after a head", "before the first head"])
@FAST
@given(
    place=st.sampled_from(
        [("audit", c) for c in ("utc_ms", "who", "action", "what", "before", "after", "why", "origin", "hash")]
        + [("unit", c) for c in ("code", "name", "valid_from", "valid_to", "source")]
    ),
    value=STORED,
)
def test_a_value_of_a_wrong_type_in_the_log_or_a_fact_is_no_crash(days, headed, place, value):
    table, column = place
    key = "seq" if table == "audit" else "id"
    with days.store.engine.connect() as db, db.begin() as work:
        _loosen(db)
        if not headed:
            db.execute(sa.text("DELETE FROM audit_head"))
        db.execute(sa.text(f"UPDATE {table} SET {column} = :v WHERE {key} = 1"), {"v": value})  # noqa: S608
        prove(db, witnesses=Witnesses((), days.key.verify))
        work.rollback()


def _loosen(db):
    """As a copy of the database may be: its columns take anything, none among it."""
    for name in ("audit_head", "audit", "unit"):
        db.execute(sa.text(f"ALTER TABLE {name} RENAME TO {name}_was"))
        db.execute(sa.text(f"CREATE TABLE {name} AS SELECT * FROM {name}_was"))  # noqa: S608


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("date", ["mai", "2026-02-30", 5])
def test_a_date_that_is_none_is_found_by_the_command_and_told_by_the_others(days, date, capsys):
    days.behind("UPDATE audit_head SET date = :v WHERE id = 1", v=date)
    assert main(["--db", days.url, "verify", "--central-key", days.key.public_text]) == 1
    assert "altered: audit_head, row 1: the columns are not what the note says" in capsys.readouterr().out
    with pytest.raises(DamagedHeadError, match="`diemdanh-central verify` names the row"):
        days.heads()


def test_heads_are_read_as_the_database_holds_them(days):
    with days.store.read() as db:
        assert [type(row.note) for row in heads.untyped(db)] == [bytes, bytes]
        assert [str(row.date) for row in heads.untyped(db)] == [row.date.isoformat() for row in days.heads()]


@pytest.mark.parametrize("content", [b"\xff\xfe", None], ids=["no text", "no file"])
def test_a_file_that_cannot_be_read_is_named(days, tmp_path, content, capsys):
    file = tmp_path / "doors.txt"
    if content is not None:
        file.write_bytes(content)
    words = ["--db", days.url, "verify", "--central-key", days.key.public_text, "--heads", str(file)]
    assert main(words) == 1
    told = capsys.readouterr().err
    assert f"{file}: cannot be read" in told and "--heads names a text file" in told
