"""Who may do what, and how far: the one place that decides. Pure.

A role says for each action how far it reaches: nowhere, the person's own record, the person's unit and all below it,
or everywhere. What is not named reaches nowhere. Units come in as the codes of the subtree, worked out by the caller.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from types import MappingProxyType


class Role(StrEnum):
    """What a person is to the office. The values stand in the database."""

    VIEWER = "viewer"
    STAFF = "staff"
    CLERK = "clerk"
    HEAD = "head"
    INSPECTOR = "inspector"
    """The special task force: with a decision number, and only until a moment."""
    TECHNICIAN = "technician"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


class Action(StrEnum):
    """What a page or an answer of the interface needs."""

    SIGN_IN = "sign_in"
    """Before anybody is known: the login page, health, what explains the collection of data."""
    OWN_ACCOUNT = "own_account"
    """Log out, change one's own password."""
    SEE_PRESENCE = "see_presence"
    SEE_ALL_PRESENCE = "see_all_presence"
    """Streams that carry everybody: only for who may see everybody."""
    SEE_VERDICTS = "see_verdicts"
    SEE_REASONS = "see_reasons"
    """Leave reasons, badge and phone numbers."""
    SEE_DEVICES = "see_devices"
    CHANGE_FACTS = "change_facts"
    APPROVE = "approve"
    INSPECT = "inspect"
    SEE_ROLL_CALLS = "see_roll_calls"
    CALL_ROLL = "call_roll"
    SEE_INSPECTIONS = "see_inspections"
    """Before the minutes are signed nobody of the inspected unit looks in."""
    CHANGE_DEVICES = "change_devices"
    SEE_AUDIT = "see_audit"
    EXPORT_PERSON = "export_person"
    """Everything that is held about one person."""
    MANAGE_USERS = "manage_users"


class Reach(IntEnum):
    """How far an action reaches."""

    NOWHERE = 0
    OWN = 1
    UNIT = 2
    EVERYWHERE = 3


A, R = Action, Reach
_TABLE: Mapping[Role, Mapping[Action, Reach]] = MappingProxyType(
    {
        Role.VIEWER: {A.SEE_PRESENCE: R.UNIT},
        Role.STAFF: {A.SEE_PRESENCE: R.OWN, A.SEE_VERDICTS: R.OWN, A.SEE_REASONS: R.OWN, A.EXPORT_PERSON: R.OWN},
        Role.CLERK: {
            A.SEE_PRESENCE: R.UNIT,
            A.SEE_VERDICTS: R.UNIT,
            A.SEE_REASONS: R.UNIT,
            A.CHANGE_FACTS: R.UNIT,
            A.SEE_ROLL_CALLS: R.UNIT,
            A.CALL_ROLL: R.UNIT,
        },
        Role.HEAD: {
            A.SEE_PRESENCE: R.UNIT,
            A.SEE_VERDICTS: R.UNIT,
            A.SEE_REASONS: R.UNIT,
            A.APPROVE: R.UNIT,
            A.SEE_ROLL_CALLS: R.UNIT,
            A.CALL_ROLL: R.UNIT,
        },
        Role.INSPECTOR: {
            A.SEE_PRESENCE: R.UNIT,
            A.SEE_VERDICTS: R.UNIT,
            A.INSPECT: R.UNIT,
            A.SEE_ROLL_CALLS: R.UNIT,
            A.SEE_INSPECTIONS: R.UNIT,
        },
        Role.TECHNICIAN: {A.SEE_DEVICES: R.EVERYWHERE, A.CHANGE_DEVICES: R.EVERYWHERE},
        Role.AUDITOR: {
            A.SEE_PRESENCE: R.EVERYWHERE,
            A.SEE_ALL_PRESENCE: R.EVERYWHERE,
            A.SEE_VERDICTS: R.EVERYWHERE,
            A.SEE_REASONS: R.EVERYWHERE,
            A.SEE_DEVICES: R.EVERYWHERE,
            A.SEE_AUDIT: R.EVERYWHERE,
            A.EXPORT_PERSON: R.EVERYWHERE,
            A.SEE_ROLL_CALLS: R.EVERYWHERE,
            A.SEE_INSPECTIONS: R.EVERYWHERE,
        },
        Role.ADMINISTRATOR: dict.fromkeys(Action, R.EVERYWHERE),
    }
)
CHANGES = frozenset({A.CHANGE_FACTS, A.APPROVE, A.INSPECT, A.CALL_ROLL, A.CHANGE_DEVICES, A.MANAGE_USERS})
"""Actions that change facts: whoever may do one of them needs a second factor."""
WATCHED = frozenset({Role.INSPECTOR, Role.AUDITOR})
"""Whose views of other units' people are kept."""


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who asks. unit: the unit whose subtree a reach of UNIT means, empty = the whole office. staff: the code of the
    own record, empty = none."""

    name: str
    role: Role
    unit: str = ""
    staff: str = ""


def reach(role: Role, action: Action) -> Reach:
    """How far `action` reaches for `role`."""
    if action is Action.SIGN_IN:
        return Reach.EVERYWHERE
    if action is Action.OWN_ACCOUNT:
        return Reach.OWN
    return _TABLE[role].get(action, Reach.NOWHERE)


def reach_of(bearer: Bearer, action: Action) -> Reach:
    """How far `action` reaches for this person: whose unit is the whole office reaches everywhere with it."""
    found = reach(bearer.role, action)
    if action is Action.SEE_ALL_PRESENCE and not bearer.unit:
        found = max(found, reach_of(bearer, Action.SEE_PRESENCE))
        return found if found is Reach.EVERYWHERE else Reach.NOWHERE
    return Reach.EVERYWHERE if found is Reach.UNIT and not bearer.unit else found


def allowed(bearer: Bearer, action: Action, subtree: Collection[str], unit: str, staff: str = "") -> bool:
    """Whether `bearer` may do `action` to something of `unit`, or of the person `staff` there. subtree: the codes of
    the bearer's unit and all below it."""
    found = reach_of(bearer, action)
    if found is Reach.UNIT:
        return unit in subtree
    if found is Reach.OWN:
        return bool(staff) and staff == bearer.staff
    return found is Reach.EVERYWHERE


def needs_second_factor(role: Role) -> bool:
    """Whether whoever has this role may change facts."""
    return any(reach(role, action) for action in CHANGES)
