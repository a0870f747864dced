"""What the reports' pages say: verdicts, duty, what is wrong with a question. English keys of the catalogues."""

from central.rules.day import DayStatus, Flag, Outcome

OUTCOMES = {
    Outcome.PRESENT.value: "present",
    Outcome.INCOMPLETE.value: "a tap is missing",
    Outcome.ABSENT.value: "absent",
    Outcome.PENDING.value: "not decided yet",
    Outcome.LEAVE.value: "leave (excused)",
    Outcome.TRIP.value: "business trip",
    Outcome.STUDY.value: "study or conference",
    Outcome.FIELD_DUTY.value: "field duty",
    Outcome.HOLIDAY.value: "public holiday",
    DayStatus.DAY_OFF.value: "weekly day off",
    DayStatus.NOT_EMPLOYED.value: "not employed",
}
FLAGS = {
    Flag.LATE.value: "late by %d min",
    Flag.EARLY_LEAVE.value: "left %d min early",
    Flag.MISSING_IN.value: "no tap on arrival",
    Flag.MISSING_OUT.value: "no tap on departure",
    Flag.NEEDS_CHECKING.value: "needs checking",
}
SESSIONS = {"AM": "morning", "PM": "afternoon"}
DUTY = {
    "kept": "kept",
    "late": "late",
    "stood_in": "by a stand-in",
    "no_show": "nobody came",
    "pending": "not decided yet",
    "needs_checking": "needs checking",
    "": "not judged yet",
}
KINDS = {
    "early_reception_am": "early reception, morning",
    "early_reception_pm": "early reception, afternoon",
    "night_duty": "night duty",
    "office_duty": "office duty",
    "reception": "citizen reception",
    "workday": "working day by roster",
}
WRONG_MONTH = "%s is no month. Write it like 2018-11."
WRONG_DATE = "%s is no date. Write it like 2018-11-12."
WRONG_PERIOD = "The first day must not lie after the last, and a period has at most 366 days."
WRONG_LAYOUT = "There is no layout %s. Choose C01a-HD or 01a-LĐTL."
WRONG_FORM = "There is no format %s. Choose one of the buttons."
WRONG_PART = "There is no part %s of this sheet. Go back to the first one."
NO_UNIT = "There is no unit %s in this time. Choose one of the list."
NO_UNITS = "No unit is known yet. Import your office first: diemdanh-central import DIR"
NO_RECORD = "No person's record belongs to this account. Ask the administrator to enter your staff code."
BUSY = "Many reports are being made just now. Try again in a minute."
GONE = "This file is not kept any more. Ask for it again."
ABOUT = {
    "/reports/month": "The month in the layouts C01a-HD and 01a-LĐTL, signed or as a draft: Excel, PDF, print.",
    "/reports/day": "Everybody of a unit on one date: when they came and went, and how the half-days were judged.",
    "/reports/lateness": "By unit, by person and day by day, with ratios and a calendar.",
    "/reports/field": "Who went to the hamlets, planned or not, and whether somebody confirmed it.",
    "/reports/duty": "Every slot of the duty roster: who was to come, who came, and what nobody kept.",
}
