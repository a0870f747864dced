"""Who may look at the demo: a user of every role, a key for machines, a link for a screen; all of it random and new.

Nothing here is known beforehand: passwords, secrets, key and link are drawn for each demo, and shown only to whoever
started it (on the terminal, and in `demo.json`, which its owner alone may read).
"""

import json
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyotp

from central import logins
from central.permits import Role
from central.store import Store

UNIT, STAFF, DECISION = "X05", "CB0108", "12/QĐ-TK"
"""The commune of the clerk and of its head; whose own record the staff member sees; the decision of the inspector."""
OF_UNIT = frozenset({Role.CLERK, Role.HEAD})
TERM_MS = 30 * 86_400_000
"""How long the inspector's decision lasts."""


@dataclass(frozen=True, slots=True)
class User:
    """A user who may log in at once. totp_secret: base32, empty for a role that changes nothing."""

    role: Role
    name: str
    password: str
    totp_secret: str

    def code(self, now_s: float) -> str:
        """The one-time code of this moment, empty where none is asked for."""
        return pyotp.TOTP(self.totp_secret).at(int(now_s)) if self.totp_secret else ""


@dataclass(frozen=True, slots=True)
class Visitors:
    """Everybody who may look. api_token: of the administrator, for pages and interface; view_token: of the board."""

    users: tuple[User, ...]
    api_token: str
    view_token: str

    def view_url(self, url: str) -> str:
        """The link that shows the board and nothing else."""
        return f"{url}tv/{self.view_token}"

    def lines(self, url: str, now_s: float) -> Sequence[str]:
        """What a person at the terminal reads."""
        table = [f"  {u.name:<14} {u.password:<22} {u.code(now_s) or '(none)'}" for u in self.users]
        return (
            f"  {self.view_url(url)}   the board to look at, without logging in",
            f"  {url}login   as one of these; one-time codes change each half minute, `totp_secret` is in demo.json:",
            f"  {'user':<14} {'password':<22} code of now",
            *table,
        )

    def told(self, url: str) -> dict[str, Any]:
        """What `demo.json` says of them."""
        users = {
            u.role.value: {"name": u.name, "password": u.password, "totp_secret": u.totp_secret} for u in self.users
        }
        return {"users": users, "api_token": self.api_token, "view_url": self.view_url(url)}


def let_in(store: Store, now_ms: int) -> Visitors:
    """Make them in a new office's database."""
    users = tuple(_user(store, now_ms, role) for role in Role)
    key = logins.add_token(store, now_ms, "demo", "api", Role.ADMINISTRATOR)
    return Visitors(users, key, logins.add_token(store, now_ms, "demo", "wall", Role.VIEWER))


def _user(store: Store, now_ms: int, role: Role) -> User:
    password, inspects = secrets.token_urlsafe(12), role is Role.INSPECTOR
    made = logins.add_user(
        store, now_ms, role.value, role, password, unit=UNIT if role in OF_UNIT else "",
        staff=STAFF if role is Role.STAFF else "", doc_no=DECISION if inspects else "",
        ends_ms=now_ms + TERM_MS if inspects else None, must_change=False,
    )  # fmt: skip
    return User(role, role.value, password, made.secret)


def write_private(file: Path, words: dict[str, Any]) -> None:
    """Write JSON that its owner alone may read, from the first byte on; the file is whole or as it was."""
    new = file.with_name(f"{file.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        out.write(json.dumps(words) + "\n")
    new.replace(file)
