"""Properties of an import: the order of lines never matters, and taking a fact back restores the verdict."""

import datetime as dt
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from central.ledger.rounds import Ledger
from central.store import marks, open_store
from tests.central.ledger.office import HandClock, at
from tests.central.roster.conftest import SMALL, Folder, Importer

WEEK = [dt.date(2018, 11, day) for day in range(12, 17)]
AFTER = HandClock(at("12:00", dt.date(2018, 11, 19)))
FACTS = {
    "leave": ["an,2018-11-12,2018-11-13,,P,", "binh,2018-11-13,2018-11-13,S,CT,", "chi,2018-11-12,2018-11-16,C,H,"],
    "field": ["an,2018-11-14,SC,,,", "chi,2018-11-15,S,,,"],
    "manual": ["an,2018-11-15,AM,07:30,12:00,quên thẻ,binh,chi", "chi,2018-11-12,AM,07:50,12:00,quên thẻ,an,binh",
               "binh,2018-11-12,PM,13:30,17:00,quên thẻ,an,"],
    "duty": ["binh,2018-11-14,17:00,07:00+1,night,,an,", "chi,2018-11-13,12:00,13:00,reception,,,"],
    "calendar": ["2018-11-14,holiday,X,,", "2018-11-16,swapped_off,H,6519/VPCP,"],
    "policies": ["H,,,required_taps,2,", "X,2018-11-13,,late_base,grace,"],
    "symbols": ["X,P,study,Học,,,"],
    "work": ["binh,Y,2018-11-13,2018-11-14,"],
    "schedules": ["Y,2018-11-13,,2-4,AM,07:00,11:00,5,0,", "Y,2018-11-13,,2-4,PM,13:00,16:00,5,0,"],
    "rollcalls": ["2018-11-12,07:45,R1,an,absent,binh", "2018-11-12,07:45,R1,chi,present,binh"],
}  # fmt: skip
EVERY = [(name, line) for name, lines in FACTS.items() for line in lines]
OPTIONAL = sorted(set(FACTS) - set(SMALL))


@pytest.fixture(scope="module")
def importer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Importer]:
    folder = tmp_path_factory.mktemp("import")
    store = open_store(f"sqlite:///{folder / 'central.db'}")
    store.upgrade()
    found = Importer(store, Folder(Path(folder) / "office", {}))
    tell(found, [])
    with store.write() as db:
        marks.mark_days(db, [(staff, on) for staff in ("an", "binh", "chi") for on in WEEK], AFTER.ms)
    judge(found)
    yield found
    store.close()


def tell(importer: Importer, facts: list[tuple[str, str]], order: int | None = None) -> int:
    """Import the small office with these facts; returns how many rows changed."""
    files = {name: list(lines) for name, lines in SMALL.items()} | {name: [] for name in OPTIONAL}
    for name, line in facts:
        files[name].append(line)
    if order is not None:
        for lines in files.values():
            random.Random(order).shuffle(lines)  # noqa: S311  (an order, no secret)
    importer.folder.files = files
    return importer.take().total


def judge(importer: Importer) -> list[tuple[object, ...]]:
    """Every verdict of the week, judged by the marks that imports left and by nothing else."""
    Ledger(importer.store, AFTER).settle()
    sessions = "SELECT staff, date, session, outcome, flags, symbol, late_min, early_min FROM session_verdict"
    duties = "SELECT staff, date, kind, outcome, '', '', late_min, 0 FROM duty_verdict"
    return importer.all(f"{sessions} UNION ALL {duties} ORDER BY 1, 2, 3")


@settings(max_examples=15)
@given(facts=st.lists(st.sampled_from(EVERY), unique=True), order=st.integers(0, 1000))
def test_the_order_of_lines_never_matters(importer: Importer, facts: list[tuple[str, str]], order: int):
    tell(importer, facts)
    assert tell(importer, facts, order) == 0


@settings(max_examples=15)
@given(facts=st.lists(st.sampled_from(EVERY), unique=True, min_size=1))
def test_taking_facts_back_restores_every_verdict(importer: Importer, facts: list[tuple[str, str]]):
    tell(importer, [])
    before = judge(importer)
    tell(importer, facts)
    judge(importer)
    tell(importer, [])
    assert judge(importer) == before


@settings(max_examples=15)
@given(facts=st.lists(st.sampled_from(EVERY), unique=True), order=st.integers(0, 1000))
def test_what_was_imported_step_by_step_is_judged_as_if_it_had_come_at_once(
    importer: Importer, facts: list[tuple[str, str]], order: int
):
    tell(importer, [])
    for count in range(1, len(facts) + 1):
        tell(importer, facts[:count], order)
        judge(importer)
    by_steps = judge(importer)
    tell(importer, [])
    judge(importer)
    tell(importer, facts)
    assert judge(importer) == by_steps


@pytest.mark.parametrize("fact", EVERY, ids=lambda fact: f"{fact[0]}: {fact[1]}")
def test_every_fact_is_seen_where_it_says_something(importer: Importer, fact: tuple[str, str]):
    tell(importer, [])
    before = judge(importer)
    tell(importer, [fact])
    after = judge(importer)
    silent = fact[0] in ("rollcalls", "policies", "symbols", "work") or fact[1].endswith(
        "an,"
    )  # nobody tapped; not approved
    assert (after == before) == (silent and "night" not in fact[1])
