"""What stands in the database or on a signed sheet of sessions, in words: `the morning: present, late by 11 minutes`.

Minutes are told only where something is held against the person; those kept beside a doubt are for whoever decides.
"""

from collections.abc import Iterable

from central.explaining import voice
from central.explaining.facts import StoredVerdict
from central.explaining.voice import Say
from central.rules.day import Flag, Outcome

OUTCOMES = {
    Outcome.PRESENT: "present",
    Outcome.INCOMPLETE: "only partly known",
    Outcome.ABSENT: "absent",
    Outcome.PENDING: "not decided yet",
    **voice.PLANS,
}
FLAGS = {
    Flag.LATE: "late by {length}",
    Flag.EARLY_LEAVE: "left {length} early",
    Flag.MISSING_IN: "the tap on arrival missing",
    Flag.MISSING_OUT: "the tap on departure missing",
    Flag.NEEDS_CHECKING: "needs checking",
}


def phrases() -> list[str]:
    """Everything that these tables may say, for whoever checks that it is translated."""
    return [*OUTCOMES.values(), *FLAGS.values()]


def sessions(told: Iterable[StoredVerdict], say: Say) -> str:
    """All of them in one text, without a full stop."""
    return "; ".join(_session(one, say) for one in told)


def _session(told: StoredVerdict, say: Say) -> str:
    words = [say(OUTCOMES[told.outcome]), *(_flag(flag, told, say) for flag in told.flags)]
    return f"{voice.session(told.session, say)}: {', '.join(words)}"


def _flag(flag: Flag, told: StoredVerdict, say: Say) -> str:
    minutes = told.late_min if flag is Flag.LATE else told.early_min
    return say(FLAGS[flag]).format(length=voice.whole_minutes(minutes, say))
