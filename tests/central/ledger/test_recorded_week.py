"""The recorded week through the whole pipeline: `import`, `replay`, and every line of the three keys.

In the order of the file and shuffled, on SQLite and on PostgreSQL. All twenty orders on both, by hand:
`pytest -m soak tests/central/ledger/test_recorded_week.py`.
"""

import csv
import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

import pytest

from central.replay import replay
from central.reports import duty, duty_done, proposals, strangers, verdicts
from central.roster.imports import import_office
from central.store import Store, open_store
from tests import office_maker
from tests.central.ledger.office import HandClock, at

WEEK = Path(__file__).parents[2] / "data" / "office"
FIRST, LAST = dt.date(2018, 11, 12), dt.date(2018, 11, 18)
CLOCK = HandClock(at("08:00", dt.date(2018, 11, 19)))
IN_THE_FILES_ORDER = None
ORDERS = [("sqlite", IN_THE_FILES_ORDER), ("sqlite", 1), ("postgresql", IN_THE_FILES_ORDER), ("postgresql", 2)]
ALL_ORDERS = [(database, seed) for database in ("sqlite", "postgresql") for seed in range(1, 21)]


def key(name: str, folder: Path = WEEK) -> list[str]:
    return (folder / f"{name}.csv").read_text("utf-8").splitlines()


@contextmanager
def judged_week(url: str, shuffle: int | None, folder: Path = WEEK, clock: HandClock = CLOCK) -> Iterator[Store]:
    """A database that holds the office and the replayed week."""
    store = open_store(url)
    try:
        store.upgrade()
        import_office(store, clock, folder)
        replay(store, clock, folder, shuffle)
        yield store
    finally:
        store.close()


def printed(store: Store, write: Callable[..., None], *words: object) -> list[str]:
    """What a command prints."""
    out = StringIO()
    with store.read() as db:
        write(db, *words, "csv", out)
    return out.getvalue().splitlines()


def agree(store: Store) -> None:
    """Every line of every key, in order."""
    assert printed(store, verdicts.write, FIRST, LAST, None) == key("expected")
    assert printed(store, duty.write, FIRST, LAST, None) == key("expected_duty")
    assert printed(store, proposals.write, FIRST, LAST) == key("expected_overtime")


@pytest.fixture(scope="module", params=ORDERS, ids=lambda order: f"{order[0]}-{order[1] or 'file'}")
def judged(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    database, shuffle = request.param
    if database == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('week') / 'week.db'}"
    else:
        url = request.getfixturevalue("postgres").database()
    with judged_week(url, shuffle) as store:
        yield store


def test_every_line_of_the_key_comes_out_of_the_database(judged: Store) -> None:
    assert printed(judged, verdicts.write, FIRST, LAST, None) == key("expected")


def test_so_does_every_duty_slot(judged: Store) -> None:
    assert printed(judged, duty.write, FIRST, LAST, None) == key("expected_duty")


def test_duty_that_was_done_earns_whoever_did_it_a_credit_and_reception_does_not(judged: Store) -> None:
    kept = [row for row in csv.DictReader(key("expected_duty")) if row["outcome"] in ("kept", "late", "stood_in")]
    earned = list(csv.DictReader(printed(judged, duty_done.write_credits, FIRST, LAST, None)))
    assert [(row["done_by"], row["date"], row["kind"]) for row in earned] == [
        (row["by"], row["date"], row["kind"]) for row in kept if "reception" not in row["kind"]
    ]
    assert [row["staff"] for row in earned] == [row["done_by"] for row in earned], "no credit was moved in that week"
    (night,) = [row for row in earned if row["kind"] == "night_duty"]
    assert (night["start"], night["end"], night["minutes"]) == ("17:00", "07:00+1", "840")


def test_slots_that_nobody_kept_are_listed(judged: Store) -> None:
    missed = [row for row in csv.DictReader(key("expected_duty")) if row["outcome"] in ("no_show", "needs_checking")]
    found = list(csv.DictReader(printed(judged, duty_done.write_missed, FIRST, LAST, None)))
    assert missed and [(r["staff"], r["date"], r["outcome"]) for r in found] == [
        (r["staff"], r["date"], r["outcome"]) for r in missed
    ]


def test_so_does_every_proposal_of_overtime(judged: Store) -> None:
    assert printed(judged, proposals.write, FIRST, LAST) == key("expected_overtime")


def test_badges_that_counted_for_nobody_are_listed(judged: Store) -> None:
    found = [tuple(row.values()) for row in csv.DictReader(printed(judged, strangers.write))]
    assert found == [
        ("nfca:0442DA4D1EBF18", "D-X10", "2018-11-13T13:20:00+07:00", "2018-11-16T19:40:00+07:00", "6", "lost"),
        ("nfca:0473A7C5D70274", "D-X18", "2018-11-15T13:24:00+07:00", "2018-11-16T18:45:00+07:00", "3", "lost"),
        ("nfca:04B5AF7A8BF8C5", "D-X17", "2018-11-14T07:15:00+07:00", "2018-11-15T17:01:00+07:00", "2", "blocked"),
        ("nfca:04DEADBEEF0001", "D-X01", "2018-11-12T07:26:00+07:00", "2018-11-12T07:26:00+07:00", "1", "unknown"),
        ("nfca:04DEADBEEF0002", "D-X02", "2018-11-13T07:27:00+07:00", "2018-11-13T07:27:00+07:00", "1", "blocked"),
    ]


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_so_does_the_week_in_which_winter_hours_end(
    new_database: Callable[[str], str], database: str, tmp_path: Path
) -> None:
    folder = office_maker.change_of_hours(WEEK, tmp_path / "april")
    first, last = office_maker.FIRST, office_maker.LAST
    clock = HandClock(at("08:00", last + dt.timedelta(days=1)))
    with judged_week(new_database("april"), 3 if database == "sqlite" else None, folder, clock) as store:
        assert printed(store, verdicts.write, first, last, None) == key("expected", folder)
        assert printed(store, duty.write, first, last, None) == key("expected_duty", folder)
        assert printed(store, proposals.write, first, last) == key("expected_overtime", folder)


@pytest.mark.soak
@pytest.mark.parametrize(("kind", "seed"), ALL_ORDERS)
def test_whatever_order_the_punches_arrive_in(
    kind: str, seed: int, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path / 'week.db'}"
    if kind == "postgresql":
        url = request.getfixturevalue("postgres").database()
    with judged_week(url, seed) as store:
        agree(store)
