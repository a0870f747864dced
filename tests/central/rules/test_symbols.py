"""What the signs of a timesheet mean: the nearest unit says, then everybody's list, at last the usual meaning."""

import pytest

from central.rules.day import Outcome, PlanKind
from central.rules.plans import SYMBOLS
from central.rules.symbols import EVERYBODY, USUAL, Symbol, Symbols


def sign(unit: str, symbol: str, kind: str) -> Symbol:
    return Symbol(unit, symbol, kind, "Hội họp", "Meeting", True, "công tác")


@pytest.mark.parametrize(
    ("symbol", "kind"),
    [
        ("CT", PlanKind.TRIP),
        ("H", PlanKind.STUDY),
        ("P", PlanKind.LEAVE),
        ("TS", PlanKind.LEAVE),
        ("?", PlanKind.LEAVE),
    ],
)
def test_the_usual_signs(symbol: str, kind: PlanKind):
    assert Symbols().kind(symbol) == kind and not Symbols().varied


def test_the_nearest_unit_says_what_its_sign_means():
    signs = Symbols([sign("H", "HL", "study"), sign("X", "HL", "trip"), sign(EVERYBODY, "P", "study")])
    assert signs.varied
    assert signs.kind("HL", ("X", "H")) == PlanKind.TRIP
    assert signs.kind("HL", ("Y", "H")) == PlanKind.STUDY
    assert signs.kind("HL", ("Z",)) == PlanKind.LEAVE
    assert signs.kind("P", ("X", "H")) == PlanKind.STUDY
    assert signs.find("HL", ("Z",)) is None


def test_a_legend_holds_each_sign_once_as_the_unit_means_it():
    signs = Symbols([sign("X", "P", "study")])
    legend = signs.legend(("X", "H"))
    assert len(legend) == len(USUAL)
    assert [s.kind for s in legend if s.symbol == "P"] == ["study"]


def test_every_sign_that_a_verdict_prints_is_described_and_no_reason_of_leave_is_public():
    described = {s.symbol: s for s in USUAL}
    assert {SYMBOLS[o] for o in Outcome if o is not Outcome.PENDING} <= set(described)
    assert {s.public_label for s in USUAL if s.kind == "leave"} == {"nghỉ"}


def test_only_presence_field_duty_trips_and_study_count_as_worked():
    assert {symbol.symbol for symbol in USUAL if symbol.counts_as_worked} == {"+", "CS", "CT", "H"}


def test_signs_vary_where_a_unit_has_its_own():
    assert not Symbols().varied
    assert Symbols([Symbol("X01", "F", "leave", "Phép", "Leave", False, "nghỉ")]).varied
