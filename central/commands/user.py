"""`diemdanh-central user add | list | disable | enable | reset-password`: the people who log in.

Passwords are asked for, or read as one line from standard input; never taken from the command line.
"""

import argparse
import datetime as dt
import sys
from typing import TYPE_CHECKING

from central.commands.arguments import Commands, date_of
from central.permits import Role
from central.settings import Settings

if TYPE_CHECKING:  # every command imports what it needs when it runs
    from central.store import Store

COLUMNS = ("name", "role", "unit", "staff", "second_factor", "state", "until", "doc_no")


def add(commands: Commands) -> None:
    """The command, its verbs and their options."""
    user = commands.add_parser("user", help="who may log in to the pages, and as what")
    verbs = user.add_subparsers(dest="verb", required=True, metavar="VERB")
    new = verbs.add_parser("add", help="a new user; the password is asked for, or read from standard input")
    new.add_argument("name")
    new.add_argument("--role", required=True, choices=[role.value for role in Role])
    new.add_argument("--unit", default="", help="this unit and all below it; left out: the whole office")
    new.add_argument("--staff", default="", help="the code of the person's own record (role staff)")
    new.add_argument("--doc", default="", metavar="NO", help="number of the decision (role inspector)")
    new.add_argument("--to", dest="last", type=date_of, metavar="DATE", help="last day; required of an inspector")
    listing = verbs.add_parser("list", help="all users")
    listing.add_argument("--format", choices=("csv", "json"), default="csv")
    for verb, text in (
        ("disable", "refuse a user from now on; whoever is logged in as them is out"),
        ("enable", "let a disabled user in again"),
        ("reset-password", "another password, asked for, which the user has to change; all their sessions end"),
    ):
        verbs.add_parser(verb, help=text).add_argument("name")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Do what the command line asks; returns the exit code."""
    from central import logins
    from central.clock import SystemClock
    from central.processes import ready_store

    store, now_ms = ready_store(settings), SystemClock().now_ms()
    try:
        if arguments.verb == "list":
            _list(store, now_ms, arguments.format)
        elif arguments.verb == "add":
            _add(store, now_ms, arguments)
        elif arguments.verb == "reset-password":
            logins.reset_password(store, arguments.name, asked_password())
        else:
            logins.disable(store, arguments.name, now_ms if arguments.verb == "disable" else None)
    finally:
        store.close()
    return 0


def asked_password() -> str:
    """A password typed twice, or one line of standard input. Raises UserError."""
    from getpass import getpass

    from central.logins import UserError

    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass("Password: ")
    if getpass("Again: ") != first:
        raise UserError("the two passwords differ; nothing was changed")
    return first


def check_place(store: "Store", unit: str, staff: str, now_ms: int) -> None:
    """Raises UnknownUnitError, UnknownStaffError for a code that nobody has; an empty one is none."""
    from central.moments import local_date
    from central.store.roster import every_code, load_roster
    from central.unknown import check_unit, unknown_staff

    with store.read() as db:
        units, people = load_roster(db).units, every_code(db)
    today = local_date(now_ms)
    if unit:
        check_unit(units, unit, today, today)
    if staff and staff not in people:
        raise unknown_staff(staff, people)


def end_of(last: dt.date | None) -> int | None:
    """UTC milliseconds of the local midnight after the last day; None without one."""
    from central.moments import midnight_ms

    return None if last is None else midnight_ms(last + dt.timedelta(days=1))


def _add(store: "Store", now_ms: int, arguments: argparse.Namespace) -> None:
    from central import logins

    check_place(store, arguments.unit, arguments.staff, now_ms)
    made = logins.add_user(
        store,
        now_ms,
        arguments.name,
        Role(arguments.role),
        asked_password(),
        unit=arguments.unit,
        staff=arguments.staff,
        doc_no=arguments.doc,
        ends_ms=end_of(arguments.last),
    )
    sys.stdout.write(f"{arguments.name} may log in as {arguments.role}, and has to choose a new password first\n")
    if made.secret:
        sys.stdout.write(f"one-time codes, shown only now: {made.secret}\n{made.address}\n")


def _list(store: "Store", now_ms: int, form: str) -> None:
    from central.commands.empty import note
    from central.moments import moment
    from central.reports.formats import write_rows
    from central.store import users

    def state(user: users.User) -> str:
        if user.disabled_ms is not None:
            return "disabled"
        return "ended" if user.ends_ms is not None and now_ms >= user.ends_ms else "in force"

    with store.read() as db:
        rows = [
            (u.name, u.role, u.unit, u.staff, "yes" if u.totp_secret else "no", state(u),
             "" if u.ends_ms is None else f"{moment(u.ends_ms - 1):%Y-%m-%d}", u.doc_no)
            for u in users.users(db)
        ]  # fmt: skip
        note(db, write_rows(COLUMNS, rows, form, sys.stdout), "nobody may log in yet")
