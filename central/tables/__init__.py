"""Tables and constraints; no logic. Every time is UTC milliseconds (`*_ms`), every work date a local date (`date`).

Facts are never edited: events are what devices sent, byte for byte; roster rows are effective-dated, both ends
included, an empty end meaning no limit. Verdicts, presence and coverage are computed and can be thrown away.

One noun a file; everybody imports from here.
"""

from central.tables.audit import AuditHead, AuditRow
from central.tables.calendar import CalendarDecision, CalendarProposal
from central.tables.counting import CaseEvent, OfficeCase, OfficeThreshold
from central.tables.decisions import CommandResult, DoorDecision
from central.tables.doors import Device, DeviceState
from central.tables.duties import DutyVerdict, OvertimeProposal
from central.tables.entries import ManualEntry
from central.tables.events import DoorClosure, Event, ForkedEvent, Journal, LostSpan, Quarantine, SealRow
from central.tables.faults import UnjudgedFact
from central.tables.former import FormerFact
from central.tables.months import MonthAdjustment, MonthEvent, MonthLine, MonthSheet
from central.tables.outings import OutingDecision
from central.tables.people import AccessToken, PersonalView, WebSession, WebUser
from central.tables.places import Hamlet, Site, UnitSite, WorkAssignment
from central.tables.plans import CalendarDay, FieldDuty, Leave, ScheduleRow
from central.tables.policies import LeaveSymbol, OfficePolicy
from central.tables.privacy import PrivacyDecision
from central.tables.results import Counter, DayVerdict, PublishedConfig, SessionVerdict, StaleBoot, StaleDay, StaleDoor
from central.tables.rollcalls import (
    RollCallTime,
    SeenEnd,
    SeenMinutes,
    SeenPerson,
    SeenRound,
    SeenWord,
)
from central.tables.seen import Inspection, InspectionLine, RollCall, RollCallLine
from central.tables.slots import DutySlot
from central.tables.trust import Certificate, Claim
from central.tables.who import Assignment, Badge, Staff, Unit, UnitSuccession

__all__ = [
    "AccessToken",
    "Assignment",
    "AuditHead",
    "AuditRow",
    "Badge",
    "CalendarDay",
    "CalendarDecision",
    "CalendarProposal",
    "CaseEvent",
    "Certificate",
    "Claim",
    "CommandResult",
    "Counter",
    "DayVerdict",
    "Device",
    "DeviceState",
    "DoorClosure",
    "DoorDecision",
    "DutySlot",
    "DutyVerdict",
    "Event",
    "FieldDuty",
    "ForkedEvent",
    "FormerFact",
    "Hamlet",
    "Inspection",
    "InspectionLine",
    "Journal",
    "Leave",
    "LeaveSymbol",
    "LostSpan",
    "ManualEntry",
    "MonthAdjustment",
    "MonthEvent",
    "MonthLine",
    "MonthSheet",
    "OfficeCase",
    "OfficePolicy",
    "OfficeThreshold",
    "OutingDecision",
    "OvertimeProposal",
    "PersonalView",
    "PrivacyDecision",
    "PublishedConfig",
    "Quarantine",
    "RollCall",
    "RollCallLine",
    "RollCallTime",
    "ScheduleRow",
    "SealRow",
    "SeenEnd",
    "SeenMinutes",
    "SeenPerson",
    "SeenRound",
    "SeenWord",
    "SessionVerdict",
    "Site",
    "Staff",
    "StaleBoot",
    "StaleDay",
    "StaleDoor",
    "Unit",
    "UnitSite",
    "UnitSuccession",
    "UnjudgedFact",
    "WebSession",
    "WebUser",
    "WorkAssignment",
]
