"""`diemdanh-central terminal add | pins | list | import`: attendance terminals of other makers."""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from central.commands.arguments import Commands
from central.settings import Settings

if TYPE_CHECKING:  # every command imports what it needs when it runs
    from central.store import Store


def pin_of(text: str) -> tuple[str, str]:
    """`N=STAFF`."""
    pin, equals, staff = text.partition("=")
    if not (pin and equals and staff):
        raise argparse.ArgumentTypeError(f"{text!r} is not PIN=STAFF, such as 17=CB0003")
    return pin, staff


def add(commands: Commands) -> None:
    """The command and its verbs."""
    text = "attendance terminals of other makers (ZKTeco, Ronald Jack)"
    verbs = commands.add_parser("terminal", help=text, description=text).add_subparsers(
        dest="verb", required=True, metavar="VERB"
    )
    new = verbs.add_parser("add", help="register a terminal as a door of a unit")
    new.add_argument("code", help="what people call it, such as T-X01")
    new.add_argument("--serial", required=True, metavar="SN", help="its serial number")
    new.add_argument("--unit", required=True, help="the unit whose door it is")
    pins = verbs.add_parser("pins", help="say whose the PINs of a terminal are and when, all or none; or list them")
    pins.add_argument("code", help="the terminal's code")
    pins.add_argument("file", nargs="?", type=Path, help="CSV with the columns pin,staff[,valid_from,valid_to]")
    pins.add_argument("--pin", action="append", default=[], type=pin_of, metavar="N=STAFF", help="one; may be repeated")
    pins.add_argument(
        "--from", dest="begins", default="", metavar="WHEN", help="of --pin: held from this day or instant"
    )
    pins.add_argument("--to", dest="ends", default="", metavar="WHEN", help="of --pin: held to the end of this day")
    pins.add_argument("--replace", action="store_true", help="take this time from whoever holds a PIN then")
    pins.add_argument("--by", default="", metavar="NAME", help="who says so")
    listing = verbs.add_parser("list", help="all terminals, what they delivered, and how their clocks are")
    listing.add_argument("--json", action="store_true", help="for machines")
    taking = verbs.add_parser("import", help="take in an attlog.dat, all of it or nothing")
    taking.add_argument("code", help="the terminal's code")
    taking.add_argument("file", type=Path, help="as the terminal wrote it onto a stick")
    taking.add_argument("--by", default="", metavar="NAME", help="who imports it")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Do what the command line asks; returns the exit code."""
    from central.processes import ready_store

    store = ready_store(settings)
    try:
        _VERBS[arguments.verb](arguments, store, settings.clock.clock().now_ms())
    finally:
        store.close()
    return 0


def _add(arguments: argparse.Namespace, store: "Store", now_ms: int) -> None:
    from central.terminals.registering import add_terminal

    row = add_terminal(store, arguments.code, arguments.serial, arguments.unit, now_ms)
    sys.stdout.write(
        f"{row.code} ({row.id}) is a door of {row.unit}; `terminal pins {row.code}` says whose its PINs are\n"
    )


def _pins(arguments: argparse.Namespace, store: "Store", now_ms: int) -> None:
    from central.errors import ImportRefusedError
    from central.terminals.pins import COLUMNS, give_pins, given_pin, list_pins, read_pins

    given = read_pins(arguments.file.read_bytes()) if arguments.file else []
    given += [given_pin(pin, staff, arguments.begins, arguments.ends) for pin, staff in arguments.pin]
    if (arguments.begins or arguments.ends) and not arguments.pin:
        raise ImportRefusedError("--from and --to say when a --pin is held; in a list use its columns instead")
    if not given:
        rows = (COLUMNS, *list_pins(store, arguments.code))
        sys.stdout.write("".join(",".join(row) + "\n" for row in rows))
        return
    count = give_pins(store, arguments.code, given, now_ms, arguments.by, replace=arguments.replace)
    sys.stdout.write(f"{count} PINs are new or changed\n")


def _list(arguments: argparse.Namespace, store: "Store", _: int) -> None:
    from central.terminals.registering import list_terminals

    found = list_terminals(store)
    if arguments.json:
        sys.stdout.write(json.dumps([asdict(row) for row in found], ensure_ascii=False) + "\n")
        return
    if not found:
        sys.stdout.write("no terminals yet; `terminal add` registers one\n")
    for row in found:
        until = "-" if row.delivered_ms is None else _minute(row.delivered_ms)
        offset = row.link.clock_offset_ms
        clock = "clock never compared" if offset is None else f"clock {offset / 1000:+.0f} s behind"
        sys.stdout.write(
            f"{row.code:12} {row.unit or '-':12} {row.state:10} {row.serial:20} {row.punches} punches, "
            f"{row.pins} PINs, delivered until {until}, {clock}{_holds(row.link.held_ms)}\n"
        )


def _holds(held_ms: tuple[int, ...]) -> str:
    return "" if not held_ms else ", held for impossible dates after " + ", ".join(map(_minute, held_ms))


def _minute(ms: int) -> str:
    """Local time as `device close` takes it."""
    from central.moments import moment

    return f"{moment(ms):%Y-%m-%dT%H:%M}"


def _import(arguments: argparse.Namespace, store: "Store", now_ms: int) -> None:
    from central.terminals.registering import import_attlog

    done = import_attlog(store, arguments.code, arguments.file, now_ms, arguments.by)
    for pin, count in done.unknown.items():
        sys.stderr.write(f"note: PIN {pin} is nobody's: {count} punches count for no one; `terminal pins` says whose\n")
    for held in done.held_ms:
        sys.stderr.write(
            f"note: dates that cannot be follow {_minute(held)}: nobody is judged by what {arguments.code} recorded "
            f"after that until `device close {arguments.code} --from ... --to ...` says how long its clock was wrong "
            "and the file is imported again\n"
        )
    sys.stdout.write(f"{done.new} punches new, {done.known} known; SHA-256 {done.digest}\n")


_VERBS = {"add": _add, "pins": _pins, "list": _list, "import": _import}
