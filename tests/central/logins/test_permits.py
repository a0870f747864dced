"""Which role may do what, and how far."""

import pytest

from central.permits import Action, Bearer, Reach, Role, allowed, needs_second_factor, reach, reach_of

BELOW = frozenset({"X01", "X01.VP"})
PRESENCE, VERDICTS, DEVICES = Action.SEE_PRESENCE, Action.SEE_VERDICTS, Action.SEE_DEVICES


def of(role: Role, unit: str = "X01", staff: str = "") -> Bearer:
    return Bearer("somebody", role, unit, staff)


@pytest.mark.parametrize(
    ("role", "action", "own_unit", "other_unit"),
    [
        (Role.VIEWER, PRESENCE, True, False),
        (Role.VIEWER, VERDICTS, False, False),
        (Role.CLERK, VERDICTS, True, False),
        (Role.CLERK, Action.CHANGE_FACTS, True, False),
        (Role.CLERK, Action.APPROVE, False, False),
        (Role.HEAD, Action.APPROVE, True, False),
        (Role.HEAD, Action.CHANGE_FACTS, False, False),
        (Role.INSPECTOR, Action.INSPECT, True, False),
        (Role.INSPECTOR, Action.CALL_ROLL, False, False),
        (Role.CLERK, Action.CALL_ROLL, True, False),
        (Role.CLERK, Action.SEE_INSPECTIONS, False, False),
        (Role.HEAD, Action.CALL_ROLL, True, False),
        (Role.VIEWER, Action.SEE_ROLL_CALLS, False, False),
        (Role.INSPECTOR, Action.SEE_REASONS, False, False),
        (Role.TECHNICIAN, DEVICES, True, True),
        (Role.TECHNICIAN, VERDICTS, False, False),
        (Role.TECHNICIAN, PRESENCE, False, False),
        (Role.AUDITOR, VERDICTS, True, True),
        (Role.AUDITOR, Action.CHANGE_FACTS, False, False),
        (Role.ADMINISTRATOR, Action.MANAGE_USERS, True, True),
    ],
)
def test_a_role_reaches_so_far(role: Role, action: Action, own_unit: bool, other_unit: bool):
    assert allowed(of(role), action, BELOW, "X01.VP") is own_unit
    assert allowed(of(role), action, BELOW, "X02") is other_unit


def test_staff_see_their_own_record_and_no_other():
    own = of(Role.STAFF, staff="CB001")
    assert allowed(own, VERDICTS, BELOW, "X01", "CB001")
    assert not allowed(own, VERDICTS, BELOW, "X01", "CB002")
    assert not allowed(own, VERDICTS, BELOW, "X01")
    assert not allowed(of(Role.STAFF), VERDICTS, BELOW, "X01", "")


def test_whose_unit_is_the_whole_office_sees_everywhere():
    assert allowed(of(Role.HEAD, unit=""), VERDICTS, (), "X02")
    assert reach_of(of(Role.VIEWER, unit=""), Action.SEE_ALL_PRESENCE) is Reach.EVERYWHERE


@pytest.mark.parametrize("role", [Role.STAFF, Role.TECHNICIAN])
def test_streams_of_everybody_are_for_who_may_see_everybody(role: Role):
    assert reach_of(of(role, unit="", staff="CB001"), Action.SEE_ALL_PRESENCE) is Reach.NOWHERE
    assert reach_of(of(Role.HEAD), Action.SEE_ALL_PRESENCE) is Reach.NOWHERE


def test_the_auditor_reads_and_changes_nothing():
    assert {a for a in Action if reach(Role.AUDITOR, a) is Reach.EVERYWHERE} == {
        Action.SIGN_IN, PRESENCE, Action.SEE_ALL_PRESENCE, VERDICTS, Action.SEE_REASONS, DEVICES, Action.SEE_AUDIT,
        Action.SEE_ROLL_CALLS, Action.SEE_INSPECTIONS, Action.EXPORT_PERSON,
    }  # fmt: skip


def test_everybody_may_log_in_and_out():
    assert {reach(role, Action.SIGN_IN) for role in Role} == {Reach.EVERYWHERE}
    assert {reach(role, Action.OWN_ACCOUNT) for role in Role} == {Reach.OWN}


def test_who_may_change_facts_needs_a_second_factor():
    assert {role for role in Role if needs_second_factor(role)} == {
        Role.CLERK, Role.HEAD, Role.INSPECTOR, Role.TECHNICIAN, Role.ADMINISTRATOR
    }  # fmt: skip
