"""What the account that serves may do on PostgreSQL: whose tables they are, somebody else is.

The owner's account runs `upgrade`. The account that collects, judges and shows can add to what is only added, and can
neither change nor remove it, nor switch off a trigger: it owns nothing.
"""

import re

from sqlmodel import SQLModel

from central.errors import CentralError

ADD_ONLY = (
    "audit",
    "audit_head",
    "calendar_decision",
    "case_event",
    "door_decision",
    "former_fact",
    "lost_span",
    "month_event",
    "month_line",
    "privacy_decision",
    "roll_call_time",
    "seal",
    "seen_end",
    "seen_minutes",
    "seen_person",
    "seen_round",
    "seen_word",
)
"""Tables whose rows nobody changes or takes away; each has a trigger that says so, too."""
WORKED_OUT = ("received_ms", "time_ms", "uncertainty_ms", "method", "set_aside")
"""Columns of an event that central works out; the others repeat its line, and stay."""
_ACCOUNT = re.compile(r"[a-z_][a-z0-9_]{0,62}")


class AccountError(CentralError, ValueError):
    """An account cannot have this name; the message says what it may be."""


def statements(account: str) -> list[str]:
    """SQL by which the owner of the tables gives an account its rights, and takes all others. Raises AccountError."""
    if not _ACCOUNT.fullmatch(account):
        raise AccountError(f"account {account!r}: write small letters, digits and _, such as diemdanh_serve")
    free = sorted(set(SQLModel.metadata.tables) - {*ADD_ONLY, "event"})
    return [
        f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {account}",
        f"GRANT USAGE ON SCHEMA public TO {account}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {account}",
        f"GRANT SELECT ON alembic_version TO {account}",
        f"GRANT SELECT, INSERT ON {', '.join(ADD_ONLY)} TO {account}",
        # What no seal covers yet may turn out to contradict it and be set aside; a trigger guards what is sealed.
        f"GRANT SELECT, INSERT, DELETE, UPDATE ({', '.join(WORKED_OUT)}) ON event TO {account}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {', '.join(free)} TO {account}",
    ]
