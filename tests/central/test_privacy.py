"""What is held about a person can be asked for; who has left can be made nameless; what is old goes, nothing else."""

import csv
import datetime as dt
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import SQLModel

from central import privacy
from central.__main__ import main
from central.clock import ScaledClock
from central.ledger import Ledger
from central.moments import midnight_ms
from central.privacy import PrivacyError
from central.roster.imports import import_office
from central.store import Store, open_store, personal, retention, users

WEEK = Path(__file__).parents[1] / "office"
TODAY = dt.date(2018, 11, 16)
CLOCK = ScaledClock(midnight_ms(TODAY) + 43_200_000, 0, 1e-12)
GONE, HERE = "CB0108", "CB0109"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The demo's office, somebody of it with a last day, a leave with its reason, and a badge."""
    source, made = Path(__file__).parents[2] / "deploy" / "office", tmp_path / "office"
    made.mkdir()
    for file in source.glob("*.csv"):
        (made / file.name).write_bytes(file.read_bytes())
    with (made / "staff.csv").open(encoding="utf-8") as lines:
        people = list(csv.DictReader(lines))
    for person in people:
        if person["code"] == GONE:
            person["left"] = "2018-11-13"
    with (made / "staff.csv").open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, list(people[0]))
        writer.writeheader()
        writer.writerows(people)
    with (made / "leave.csv").open("a", encoding="utf-8") as out:
        out.write(f"{GONE},2018-11-12,2018-11-12,,P,Chăm con ốm ở viện\n")
    return made


@pytest.fixture
def store(new_database: Callable[[str], str], folder: Path) -> Iterator[Store]:
    found = open_store(new_database("central"), clock=CLOCK)
    found.upgrade()
    import_office(found, CLOCK, folder)
    Ledger(found, CLOCK).settle()
    yield found
    found.close()


def name_of(folder: Path, code: str) -> str:
    with (folder / "staff.csv").open(encoding="utf-8") as lines:
        return next(person["full_name"] for person in csv.DictReader(lines) if person["code"] == code)


def sections(store: Store, code: str) -> dict[str, list[dict[str, Any]]]:
    told = json.loads(privacy.export(store, CLOCK, code, "an", "test"))
    return {section["name"]: section["rows"] for section in told["sections"]}


def test_every_table_that_names_a_person_has_a_title_in_both_languages() -> None:
    with open_store("sqlite://").engine.connect() as db:
        SQLModel.metadata.create_all(db)
        assert set(personal.held(db, "nobody")) == set(privacy.TITLES)
    assert all(vi and en for vi, en in privacy.TITLES.values())


def test_an_export_holds_what_is_known_and_that_somebody_looked(store: Store, folder: Path) -> None:
    found = sections(store, GONE)
    assert [row["full_name"] for row in found["staff"]] == [name_of(folder, GONE)]
    assert [row["reason"] for row in found["leave"]] == ["Chăm con ốm ở viện"]
    assert found["badge"] and found["assignment"] and found["audit"]
    assert all(row.get("staff", GONE) == GONE for rows in found.values() for row in rows)
    with store.read() as db:
        assert users.views(db) == [("an", "test", GONE)]


def test_an_export_finds_what_the_log_says_of_a_code_with_vietnamese_letters(store: Store, folder: Path) -> None:
    with (folder / "staff.csv").open(encoding="utf-8") as lines:
        someone = next(person for person in csv.DictReader(lines) if person["code"] == HERE)
    with (folder / "staff.csv").open("a", encoding="utf-8", newline="") as out:
        csv.DictWriter(out, list(someone)).writerow({**someone, "code": "ĐA01"})
    import_office(store, CLOCK, folder)
    assert sections(store, "ĐA01")["audit"]


@pytest.mark.parametrize(("doc", "by"), [("", "an"), (" ", "an"), ("9" * 81, "an"), ("9/QĐ", "a" * 81)])
def test_nothing_is_decided_without_a_document_that_fits(store: Store, doc: str, by: str) -> None:
    with pytest.raises(PrivacyError, match="document"):
        privacy.make_nameless(store, CLOCK, GONE, doc, by)
    with pytest.raises(PrivacyError, match="document"):
        privacy.decide(store, CLOCK, privacy.VIEWS, 1, doc, by)


def test_no_secret_of_a_login_is_exported(store: Store) -> None:
    from central import logins
    from central.permits import Role

    logins.add_user(store, 0, "an", Role.STAFF, "năm con mèo ngủ trưa", staff=GONE)
    [row] = sections(store, GONE)["web_user"]
    assert row["name"] == "an" and not personal.SECRET & set(row)


def test_who_was_made_nameless_is_named_nowhere_but_in_what_proves(store: Store, folder: Path) -> None:
    name, before = name_of(folder, GONE), counts(store)
    assert privacy.make_nameless(store, CLOCK, GONE, "9/QĐ", "an") > 1
    found = sections(store, GONE)
    proves = {"audit", "former_fact", "seen_person", "seen_word", "month_line"}
    shown = json.dumps({title: rows for title, rows in found.items() if title not in proves}, ensure_ascii=False)
    assert name not in shown and "Chăm con" not in shown and personal.pseudonym(GONE) in shown
    Ledger(store, CLOCK).settle()
    assert counts(store) == before


def counts(store: Store) -> list[tuple[Any, ...]]:
    """What every half-day of everybody counts."""
    with store.read() as db:
        query = "SELECT staff, date, session, outcome, flags, symbol, late_min, early_min FROM session_verdict"
        return sorted(tuple(row) for row in db.execute(sa.text(query)))


def test_an_import_gives_no_name_back(store: Store, folder: Path) -> None:
    privacy.make_nameless(store, CLOCK, GONE, "9/QĐ", "an")
    done = import_office(store, CLOCK, folder)
    assert [note for note in done.notes if GONE in note and "stays so" in note]
    found = sections(store, GONE)
    assert found["staff"][0]["full_name"] == personal.pseudonym(GONE)
    assert {row["reason"] for row in found["leave"]} == {""}
    assert {row["position"] for row in found["assignment"]} == {""}


@pytest.mark.parametrize(("code", "word"), [(HERE, "still employed"), ("CB9999", "nobody")])
def test_who_works_here_and_who_is_unknown_is_not_made_nameless(store: Store, code: str, word: str) -> None:
    with pytest.raises(PrivacyError, match=word):
        privacy.make_nameless(store, CLOCK, code, "9/QĐ", "an")


def test_nobody_is_made_nameless_twice_or_by_a_look(store: Store, folder: Path) -> None:
    assert privacy.make_nameless(store, CLOCK, GONE, "9/QĐ", "an", only_look=True) > 1
    assert sections(store, GONE)["staff"][0]["full_name"] == name_of(folder, GONE)
    privacy.make_nameless(store, CLOCK, GONE, "9/QĐ", "an")
    with pytest.raises(PrivacyError, match="already"):
        privacy.make_nameless(store, CLOCK, GONE, "9/QĐ", "an")


def test_what_is_older_than_its_rule_goes_and_what_proves_stays(store: Store) -> None:
    old_ms = midnight_ms(dt.date(2016, 11, 15))
    with store.write() as db:
        for at_ms in (old_ms, CLOCK.now_ms()):
            users.add_view(db, at_ms, "an", "auditor", "/", "X01")
            for code in ("unreadable", "poison"):
                db.execute(
                    sa.text(
                        "INSERT INTO quarantine (received_ms, topic, code, problem, payload, digest, times)"
                        " VALUES (:at, 't', :code, 'p', :bytes, :digest, 1)"
                    ),
                    {"at": at_ms, "code": code, "bytes": b"x", "digest": f"{at_ms}{code}".encode()},
                )
    assert [(one.kind, one.amount) for one in privacy.due(store, CLOCK)] == [
        ("views", 1), ("quarantine", 1), ("departed", 0),
    ]  # fmt: skip
    privacy.apply(store, CLOCK)
    assert [one.amount for one in privacy.due(store, CLOCK)] == [0, 0, 0]
    with store.read() as db:
        assert len(users.views(db)) == 1
        assert db.execute(sa.text("SELECT count(*) FROM quarantine WHERE code = 'poison'")).scalar() == 2
        assert db.execute(sa.text("SELECT count(*) FROM privacy_decision WHERE what = 'applied'")).scalar() == 2


def test_who_left_long_ago_is_made_nameless_once_a_rule_says_so(store: Store) -> None:
    later = ScaledClock(midnight_ms(dt.date(2019, 5, 15)), 0, 1e-12)
    assert privacy.due(store, later)[2].amount == 0
    privacy.decide(store, later, "departed", 6, "10/QĐ", "an")
    assert privacy.due(store, later)[2].months == 6
    privacy.apply(store, later)
    with store.read() as db:
        assert GONE in retention.nameless(db) and HERE not in retention.nameless(db)
    privacy.decide(store, later, "departed", None, "11/QĐ", "an")
    assert privacy.in_force(store)["departed"] is None


@pytest.mark.parametrize(("kind", "months"), [("events", 12), ("audit", 1), ("x", 1), ("views", 0), ("views", 601)])
def test_a_rule_for_what_proves_or_without_sense_is_refused(store: Store, kind: str, months: int) -> None:
    with pytest.raises(PrivacyError, match=kind):
        privacy.decide(store, CLOCK, kind, months, "1/QĐ", "an")


@given(st.dates(dt.date(1990, 1, 1), dt.date(2090, 1, 1)), st.integers(1, 600))
def test_months_earlier_is_the_same_day_or_the_last_of_a_shorter_month(day: dt.date, months: int) -> None:
    found = privacy.months_before(day, months)
    assert (day.year * 12 + day.month) - (found.year * 12 + found.month) == months
    assert found.day == day.day or (found.day < day.day and (found + dt.timedelta(days=1)).day == 1)


def test_the_commands_export_make_nameless_and_list(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base = ["--db", store.engine.url.render_as_string(hide_password=False)]
    out = tmp_path / "mine.json"
    assert main([*base, "person", "export", GONE, "--out", str(out)]) == 0
    assert json.loads(out.read_text("utf-8"))["staff"] == GONE and out.stat().st_mode & 0o077 == 0
    assert main([*base, "person", "anonymise", GONE, "--doc", "9/QĐ", "--dry-run"]) == 0
    assert "nothing was changed" in capsys.readouterr().out
    assert main([*base, "person", "anonymise", GONE, "--doc", "9/QĐ", "--by", "an"]) == 0
    assert personal.pseudonym(GONE) in capsys.readouterr().out
    assert main([*base, "person", "anonymise", HERE, "--doc", "9/QĐ"]) == 1
    assert main([*base, "retention", "set", "views", "36", "--doc", "5/QĐ"]) == 0
    assert main([*base, "retention", "set", "views", "soon", "--doc", "5/QĐ"]) == 1
    capsys.readouterr()
    assert main([*base, "retention", "list"]) == 0
    assert "views,36,5/QĐ,0" in capsys.readouterr().out
    assert main([*base, "retention", "apply"]) == 0
