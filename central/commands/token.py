"""`diemdanh-central token add | list | revoke`: keys for machines, and links for screens on a wall."""

import argparse
import sys
from typing import TYPE_CHECKING

from central.commands.arguments import Commands, date_of
from central.permits import Role
from central.settings import Settings

if TYPE_CHECKING:  # every command imports what it needs when it runs
    from central.store import Store

COLUMNS = ("token", "kind", "label", "role", "unit", "state", "until")


def add(commands: Commands) -> None:
    """The command, its verbs and their options."""
    token = commands.add_parser("token", help="keys for machines that read the interface, and links for wall screens")
    verbs = token.add_subparsers(dest="verb", required=True, metavar="VERB")
    new = verbs.add_parser("add", help="a new token, shown once")
    new.add_argument("label", help="what it is for, in words")
    new.add_argument("--wall", action="store_true", help="a link for a screen on a wall instead of a key")
    new.add_argument("--role", default=Role.VIEWER.value, choices=[role.value for role in Role], help="default: viewer")
    new.add_argument("--unit", default="", help="this unit and all below it; left out: the whole office")
    new.add_argument("--to", dest="last", type=date_of, metavar="DATE", help="last day; left out: until it is revoked")
    listing = verbs.add_parser("list", help="all tokens, without what they are")
    listing.add_argument("--format", choices=("csv", "json"), default="csv")
    verbs.add_parser("revoke", help="refuse it from now on; screens that it opened go dark").add_argument(
        "token", type=int, metavar="NUMBER"
    )


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Do what the command line asks; returns the exit code."""
    from central.clock import SystemClock
    from central.processes import ready_store

    store, now_ms = ready_store(settings), SystemClock().now_ms()
    try:
        if arguments.verb == "list":
            _list(store, now_ms, arguments.format)
        elif arguments.verb == "add":
            _add(store, now_ms, arguments)
        else:
            _revoke(store, now_ms, arguments.token)
    finally:
        store.close()
    return 0


def _add(store: "Store", now_ms: int, arguments: argparse.Namespace) -> None:
    from central import logins
    from central.commands.user import check_place, end_of

    check_place(store, arguments.unit, "", now_ms)
    kind, role = "wall" if arguments.wall else "api", Role(arguments.role)
    text = logins.add_token(store, now_ms, arguments.label, kind, role, arguments.unit, end_of(arguments.last))
    sys.stdout.write(f"/tv/{text}\n" if arguments.wall else f"{text}\n")


def _list(store: "Store", now_ms: int, form: str) -> None:
    from central.commands.empty import note
    from central.moments import moment
    from central.reports.formats import write_rows
    from central.store import users

    def state(token: users.Token) -> str:
        if token.revoked_ms is not None:
            return "revoked"
        return "ended" if token.ends_ms is not None and now_ms >= token.ends_ms else "in force"

    with store.read() as db:
        rows = [
            (t.id, t.kind, t.label, t.role, t.unit, state(t),
             "" if t.ends_ms is None else f"{moment(t.ends_ms - 1):%Y-%m-%d}")
            for t in users.tokens(db)
        ]  # fmt: skip
        note(db, write_rows(COLUMNS, rows, form, sys.stdout), "there is no token yet")


def _revoke(store: "Store", now_ms: int, number: int) -> None:
    from central.logins import UserError
    from central.store import users

    with store.write() as db:
        if not users.revoke_token(db, number, now_ms):
            raise UserError(f"token {number}: none of this number is in force; `token list` shows all")
