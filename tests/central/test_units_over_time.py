"""What a unit's code means on a date: itself while it lasts, whoever took over from it afterwards, or nobody."""

from datetime import date, timedelta

from central.workdays import DoorPlace, Succession, Unit, UnitTree, Workdays

MERGER = date(2025, 7, 1)
BEFORE, EVE = date(2018, 11, 12), date(2025, 6, 30)
UNITS = (
    Unit("H", valid_to=EVE),
    Unit("X1", "H", valid_to=EVE),
    Unit("X2", "H", valid_to=EVE),
    Unit("H.VP", "H", valid_to=EVE),
    Unit("T"),
    Unit("N1", "T", MERGER),
    Unit("N2", "T", date(2027, 1, 1)),
)
MERGED = (Succession("X1", "N1", MERGER), Succession("X2", "N1", MERGER))


def test_a_unit_means_itself_until_its_last_day_and_its_heir_afterwards():
    tree = UnitTree(UNITS, MERGED)
    assert [tree.unit_on("X1", on) for on in (BEFORE, EVE, MERGER)] == ["X1", "X1", "N1"]


def test_a_unit_that_ended_without_an_heir_means_nobody():
    tree = UnitTree(UNITS, MERGED)
    assert tree.unit_on("H.VP", EVE) == "H.VP"
    assert tree.unit_on("H.VP", MERGER) is None
    assert tree.unit_on("NEVER", BEFORE) is None
    assert tree.unit_on("N1", BEFORE) is None  # it has not begun, and took nothing over yet


def test_an_heir_that_ended_hands_on():
    ended = (*UNITS[:5], Unit("N1", "T", MERGER, date(2026, 12, 31)), UNITS[6])
    tree = UnitTree(ended, (*MERGED, Succession("N1", "N2", date(2027, 1, 1))))
    assert [tree.unit_on("X2", on) for on in (MERGER, date(2027, 1, 1))] == ["N1", "N2"]


def test_a_succession_counts_from_its_date_and_the_latest_one_counts():
    tree = UnitTree(UNITS, (Succession("X1", "T", MERGER), Succession("X1", "N1", date(2025, 8, 1))))
    assert [tree.unit_on("X1", on) for on in (MERGER, date(2025, 8, 1))] == ["T", "N1"]
    late = UnitTree(UNITS, (Succession("X1", "N1", date(2025, 8, 1)),))
    assert late.unit_on("X1", MERGER) is None


def test_a_unit_that_was_divided_hands_nobody_on():
    assert UnitTree(UNITS, (*MERGED, Succession("X1", "T", MERGER))).unit_on("X1", MERGER) is None


def test_units_that_took_over_from_each_other_end_nowhere():
    tree = UnitTree(
        [Unit("A", valid_to=BEFORE), Unit("B", valid_to=BEFORE)],
        [Succession("A", "B", BEFORE), Succession("B", "A", BEFORE)],
    )
    assert tree.unit_on("A", MERGER) is None


def test_the_doors_of_merged_units_are_those_of_the_new_one():
    work = Workdays(
        UNITS, (), doors=(DoorPlace("D-1", "X1"), DoorPlace("D-2", "X2"), DoorPlace("D-H", "H.VP")), successions=MERGED
    )
    assert work.office_doors("X1", EVE) == {"D-1"}
    assert work.office_doors("N1", MERGER) == {"D-1", "D-2"}
    assert work.office_doors("T", MERGER) == frozenset()
    assert work.unit_on("X1", MERGER + timedelta(days=1)) == "N1"
