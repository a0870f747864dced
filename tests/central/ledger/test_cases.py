"""Cases: opened once, withdrawn with a trace, reopened the same, decided by a person; whatever the order of changes."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from central.counting import Rule, Threshold, Window
from central.errors import UnknownUnitError
from central.ledger.cases import (
    CaseError,
    ThresholdError,
    add_threshold,
    count_cases,
    count_everybody,
    decide,
    end_threshold,
)
from central.store import cases, counting, verdicts
from central.store.cases import CaseState
from central.store.verdicts import DayRow, SessionRow
from tests.central.ledger.office import DATE, Office

DAYS = [DATE + dt.timedelta(days=n) for n in range(5)]
BEGIN = dt.date(2018, 11, 1)
NOW = 1_542_000_000_000


def limit(rule: str = "late_times", window: str = "month", most: int = 2, **more: object) -> Threshold:
    return Threshold(0, Rule(rule), Window(window), most, "05/QĐ", BEGIN, **more)  # type: ignore[arg-type]


def put(db: sa.Connection, staff: str, on: dt.date, letters: str, unit: str = "X") -> None:
    """Write a verdict: `m` late 6, `V` absent, `+` present, one letter a session; then let the cases follow."""
    rows = []
    for position, letter in enumerate(letters):
        outcome = "absent" if letter == "V" else "present"
        flags, late = ("late", 6) if letter == "m" else ("", 0)
        rows.append(SessionRow(("AM", "PM")[position], position, outcome, flags, "+", None, None, late, 0, 0))
    verdicts.write(db, [DayRow(staff, on, "present", unit, None, NOW, "{}", tuple(rows))])


def judge(office: Office, *days: tuple[str, int, str], now_ms: int = NOW) -> int:
    """Verdicts of (staff, day of the week, letters), and the steps that the cases took."""
    with office.store.write() as db:
        for staff, n, letters in days:
            put(db, staff, DAYS[n], letters)
        return count_cases(db, [(staff, DAYS[n]) for staff, n, _ in days], now_ms)


def set_limit(office: Office, threshold: Threshold) -> Threshold:
    with office.store.write() as db:
        return add_threshold(db, threshold, NOW)


def shown(office: Office) -> list[str]:
    with office.store.read() as db:
        return [
            f"{c.case.staff} {c.case.state} {c.case.window.first:%d.%m} {c.case.count}" for c in cases.listed(db, None)
        ]


def steps(office: Office, number: int = 1) -> list[str]:
    with office.store.read() as db:
        return [f"{s.kind} {s.count}" for s in cases.history(db, number)]


@pytest.fixture
def people(office: Office) -> Office:
    for code in ("A", "B"):
        office.person(code)
    return office


def test_without_a_threshold_nothing_is_ever_opened(people: Office):
    assert judge(people, *(("A", n, "mm") for n in range(5))) == 0
    assert shown(people) == []


def test_reaching_a_limit_opens_one_case_and_going_on_only_counts(people: Office):
    set_limit(people, limit())
    assert judge(people, ("A", 0, "m+")) == 0
    assert judge(people, ("A", 1, "m+")) == 1
    assert judge(people, ("A", 1, "m+")) == 0  # the same again
    assert judge(people, ("A", 2, "m+"), ("B", 2, "m+")) == 1
    assert shown(people) == ["A open 01.11 3"]
    assert steps(people) == ["opened 2", "counted 3"]


def test_a_correction_withdraws_it_with_a_trace_and_its_own_undoing_reopens_the_same(people: Office):
    set_limit(people, limit())
    judge(people, ("A", 0, "m+"), ("A", 1, "m+"))
    judge(people, ("A", 1, "++"), now_ms=NOW + 1)
    assert shown(people) == ["A withdrawn 01.11 2"]
    judge(people, ("A", 3, "+m"), now_ms=NOW + 2)
    assert shown(people) == ["A open 01.11 2"]
    assert steps(people) == ["opened 2", "withdrawn 2", "reopened 2"]
    with people.store.read() as db:
        assert cases.listed(db)[0].case.opened_ms == NOW  # its age counts from the first day


def test_a_threshold_counts_what_is_there_when_it_is_set_and_stops_when_it_ends(people: Office):
    judge(people, ("A", 0, "m+"), ("A", 3, "m+"))
    added = set_limit(people, limit())
    assert shown(people) == ["A open 01.11 2"]
    with people.store.write() as db:
        end_threshold(db, added.id, DAYS[1], "09/QĐ", NOW)
    assert shown(people) == ["A withdrawn 01.11 2"]
    assert judge(people, ("A", 4, "m+")) == 0


def test_a_threshold_holds_for_its_unit_and_category_alone(people: Office):
    people.unit("Y", "H")
    set_limit(people, limit(unit="Y"))
    set_limit(people, limit(category="contract"))
    judge(people, ("A", 0, "m+"), ("A", 1, "m+"))
    assert shown(people) == []
    set_limit(people, limit(unit="H"))
    assert shown(people) == ["A open 01.11 2"]


def test_a_person_decides_and_the_decision_stands_whatever_comes_later(people: Office):
    set_limit(people, limit())
    judge(people, ("A", 0, "m+"), ("A", 1, "m+"))
    with people.store.write() as db:
        decided = decide(db, 1, "12/QĐ-UBND", "Lê B", NOW + 5)
    assert (decided.state, decided.decided_by) == (CaseState.DECIDED, "Lê B")
    judge(people, ("A", 1, "++"))
    judge(people, ("A", 2, "m+"), ("A", 3, "m+"))
    assert shown(people) == ["A decided 01.11 3"]
    assert steps(people) == ["opened 2", "decided 2", "fell 1", "counted 3"]


@pytest.mark.parametrize(
    ("number", "decision_no", "by", "said"),
    [
        (9, "1/QĐ", "B", "there is no case 9"),
        (1, " ", "B", "a decision needs its number and who decided"),
        (1, "1/QĐ", "", "a decision needs its number and who decided"),
    ],
)
def test_a_decision_that_cannot_be_is_refused(people: Office, number: int, decision_no: str, by: str, said: str):
    set_limit(people, limit())
    judge(people, ("A", 0, "mm"))
    with people.store.write() as db, pytest.raises(CaseError, match=said):
        decide(db, number, decision_no, by, NOW)


def test_a_withdrawn_case_cannot_be_decided(people: Office):
    set_limit(people, limit())
    judge(people, ("A", 0, "mm"))
    judge(people, ("A", 0, "++"))
    with people.store.write() as db, pytest.raises(CaseError, match="case 1 is withdrawn"):
        decide(db, 1, "1/QĐ", "B", NOW)


@pytest.mark.parametrize(
    ("new", "said"),
    [
        (Threshold(0, Rule.LATE_TIMES, Window.MONTH, 3, " ", BEGIN), "needs the number of the document"),
        (limit(most=0), "limit 0: give 1 or more"),
        (limit(last=dt.date(2018, 10, 1)), "cannot end on 2018-10-01"),
        (limit(unit="Z"), "there is no unit 'Z'"),
    ],
)
def test_a_threshold_that_cannot_be_is_refused(people: Office, new: Threshold, said: str):
    with people.store.write() as db, pytest.raises((ThresholdError, UnknownUnitError), match=said):
        add_threshold(db, new, NOW)


@pytest.mark.parametrize(
    ("number", "last", "document", "said"),
    [
        (9, DATE, "1/QĐ", "there is no threshold 9"),
        (1, DATE, "", "needs the number of a document"),
        (1, dt.date(2018, 10, 1), "1/QĐ", "began on 2018-11-01"),
    ],
)
def test_an_end_that_cannot_be_is_refused(people: Office, number: int, last: dt.date, document: str, said: str):
    set_limit(people, limit())
    with people.store.write() as db, pytest.raises(ThresholdError, match=said):
        end_threshold(db, number, last, document, NOW)


def test_half_days_absent_in_a_row_are_one_case_that_grows(people: Office):
    set_limit(people, limit("absent_half_days", "consecutive", 3))
    judge(people, ("A", 0, "VV"), ("A", 1, "V+"))
    judge(people, ("A", 1, "VV"))
    assert shown(people) == ["A open 12.11 4"]
    assert steps(people) == ["opened 3", "counted 4"]


CHANGES = st.lists(st.tuples(st.sampled_from("AB"), st.integers(0, 4), st.sampled_from(["++", "m+", "mm", "V+", "VV"])))
KINDS = [
    limit("late_times", "month", 3),
    limit("late_minutes", "rolling_30", 18),
    limit("absent_half_days", "consecutive", 2),
    limit("absent_half_days", "year", 3, unit="X"),
]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=CHANGES, chance=st.randoms(use_true_random=False))
def test_neither_order_nor_repetition_of_changes_matters(people: Office, changes: list[tuple[str, int, str]], chance):
    """The last verdict of each day, written in any order, with any others before it, leaves the same open cases."""
    last = {(staff, n): letters for staff, n, letters in changes}
    final = [(staff, n, letters) for (staff, n), letters in last.items()]
    with people.store.read() as db:
        known = len(counting.people_counted(db))
    if known == 2:
        for kind in KINDS:
            set_limit(people, kind)
    found = []
    for number, way in enumerate((changes + final, _shuffled(chance, final) * 2, final)):
        group = f"{known}-{number}"
        for staff in "AB":
            people.person(group + staff)
        for staff, n, letters in way:
            judge(people, (group + staff, n, letters))
        found.append(_open(people, group))
    with people.store.write() as db:
        assert count_everybody(db, NOW) == 0  # nothing is left to do
    assert found[0] == found[1] == found[2]


def _shuffled(chance, found: list[tuple[str, int, str]]) -> list[tuple[str, int, str]]:
    copied = list(found)
    chance.shuffle(copied)
    return copied


def _open(office: Office, group: str) -> list[tuple[str, str, dt.date, dt.date, int]]:
    with office.store.read() as db:
        found = [c for c in cases.listed(db) if c.case.staff.startswith(group)]
    assert len({(c.case.staff, c.case.threshold, c.case.window.first) for c in found}) == len(found)
    return sorted((c.case.staff[-1], c.rule, c.case.window.first, c.case.window.last, c.case.count) for c in found)


def test_two_evaluators_that_write_two_days_of_one_person_open_one_case(people: Office):
    set_limit(people, limit())
    with ThreadPoolExecutor(5) as evaluators:
        steps_taken = list(evaluators.map(lambda n: judge(people, ("A", n, "m+")), range(5)))
    assert sum(steps_taken) == 4  # opened at the second, counted with each one after it
    assert shown(people) == ["A open 01.11 5"]


def test_the_ledger_counts_what_it_judges_in_the_same_transaction(people: Office):
    set_limit(people, limit())
    door = people.door()
    door.start("06:00")
    door.tap("em:A", "07:50")
    door.heartbeat("07:51")
    people.until("07:52")
    assert shown(people) == []
    door.tap("em:A", "13:50")
    door.heartbeat("13:51")
    people.until("13:52")
    assert shown(people) == ["A open 01.11 2"]
    people.leave("A", "AM")
    people.mark("A")
    people.until("13:53")
    assert shown(people) == ["A withdrawn 01.11 2"]


def test_a_step_is_never_changed_or_taken_away(people: Office):
    """Whatever made the tables: the store has no function that does, and a migrated database refuses."""
    set_limit(people, limit())
    judge(people, ("A", 0, "mm"))
    with people.store.read() as db:
        migrated = sa.inspect(db).has_table("alembic_version")
    if migrated:
        with pytest.raises(sa.exc.DBAPIError, match="rows are only added"), people.store.write() as db:
            db.execute(sa.text("UPDATE case_event SET counted = 0"))
    assert steps(people) == ["opened 2"]
