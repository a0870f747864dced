"""Whether two accounts say the same, whenever they were asked for."""

import json
from typing import Any


def lasting(why: str) -> dict[str, Any]:
    """An account without what changes by asking again: the moment, and up to when the doors had delivered by then.

    Raises ValueError for what is no account.
    """
    told: dict[str, Any] = json.loads(why)
    told.pop("asked_ms", None)
    for door in told.get("waited", ()):
        door.pop("delivered_ms", None)
    return told


def same_account(before: str, after: str) -> bool:
    """Whether they rest on the same; an account that cannot be read any more is like no other."""
    try:
        return before == after or lasting(before) == lasting(after)
    except ValueError:
        return False
