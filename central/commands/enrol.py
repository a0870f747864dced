"""`diemdanh-central enrol open | list | confirm | cancel`: let a new station in."""

import argparse
import json
import sys
from contextlib import closing
from dataclasses import asdict
from typing import TYPE_CHECKING

from central.commands.arguments import Commands

if TYPE_CHECKING:  # every command imports what it needs when it runs
    from central.settings import Settings
    from central.store import Store
    from central.trust.authority import Authority

HOURS = 24.0


def add(commands: Commands) -> None:
    """Add the command and its verbs."""
    text = "let a new station in: a claim for it, its six digits, its certificate"
    verbs = commands.add_parser("enrol", help=text, description=text).add_subparsers(
        dest="verb", required=True, metavar="VERB"
    )
    opened = verbs.add_parser("open", help="a slot for one station at a door; shows its claim once")
    opened.add_argument("door", help="what people call the door, such as D-X01")
    opened.add_argument("--unit", help="the unit whose door it is; kept when the door is known already")
    opened.add_argument("--location", default="", help="where it hangs, in words")
    opened.add_argument(
        "--replace",
        action="store_true",
        help="the door's station is broken or gone: it is revoked when this one is let in",
    )
    opened.add_argument("--hours", type=_hours, default=HOURS, metavar="N", help="how long it is good (default 24)")
    listing = verbs.add_parser("list", help="all slots and how far each is")
    listing.add_argument("--json", action="store_true", help="for machines")
    confirmed = verbs.add_parser("confirm", help="the station shows these digits: let it in")
    confirmed.add_argument("door")
    confirmed.add_argument("digits", nargs="+", help="the six digits as the station shows them")
    cancelled = verbs.add_parser("cancel", help="take a claim back that nobody has confirmed")
    cancelled.add_argument("door")


def _hours(text: str) -> float:
    try:
        hours = float(text)
    except ValueError:
        hours = 0.0
    if not 0.01 <= hours <= 720:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of hours up to 720")
    return hours


def run(arguments: argparse.Namespace, settings: "Settings") -> int:
    """Do what the command line asks; returns the exit code."""
    from central.clock import SystemClock
    from central.processes import ready_store
    from central.trust.authority import open_authority

    now_ms = SystemClock().now_ms()  # claims and certificates live in the real time
    authority = open_authority(settings.ca.file, now_ms)
    with closing(ready_store(settings)) as store:
        _VERBS[arguments.verb](arguments, settings, store, authority, now_ms)
    return 0


def _open(
    arguments: argparse.Namespace, settings: "Settings", store: "Store", authority: "Authority", now_ms: int
) -> None:
    from central.store.claims import Slot
    from central.trust.letting import open_claim

    slot = Slot(arguments.door, arguments.unit, arguments.location, arguments.replace)
    text = open_claim(store, settings, slot, now_ms, arguments.hours).text
    sys.stderr.write(_qr(text))
    sys.stdout.write(f"{text}\n")
    sys.stderr.write(
        f"Good for {arguments.hours:g} hours, for one station, and shown this once. Scan it, type it after\n"
        "`diemdanh-edge enrol --config FILE`, or put it into diemdanh-claim.txt on the card's boot partition.\n"
        f"Then compare the six digits: `diemdanh-central enrol list`, `enrol confirm {arguments.door} DIGITS`.\n"
    )


def _qr(text: str) -> str:
    """The claim as a QR code of block characters."""
    import io

    import segno

    out = io.StringIO()
    segno.make(text, error="m").terminal(out, compact=True)
    return out.getvalue()


def _list(
    arguments: argparse.Namespace, settings: "Settings", store: "Store", authority: "Authority", now_ms: int
) -> None:
    from central.trust.enrolling import slots

    found = slots(store, authority, now_ms)
    if arguments.json:
        sys.stdout.write(json.dumps([asdict(slot) for slot in found], ensure_ascii=False) + "\n")
    else:
        for slot in found:
            sys.stdout.write(f"{slot.door:12} {slot.state:16} {slot.digits or '-':7} {slot.device or '-'}\n")
    if not found:
        sys.stderr.write("no slots yet; `enrol open DOOR` makes one\n")


def _confirm(
    arguments: argparse.Namespace, settings: "Settings", store: "Store", authority: "Authority", now_ms: int
) -> None:
    from central.trust.letting import confirm_station

    done = confirm_station(store, settings, arguments.door, "".join(arguments.digits), now_ms)
    if done.taken_in:
        sys.stderr.write(f"{done.taken_in} messages that it sent before are taken in\n")
    for gone in done.gone:
        sys.stderr.write(f"{gone.device}, which was there before, is revoked; {gone.left or 'the broker refuses it'}\n")
    sys.stdout.write(f"{arguments.door} is let in; its station fetches its certificate by itself\n")


def _cancel(
    arguments: argparse.Namespace, settings: "Settings", store: "Store", authority: "Authority", now_ms: int
) -> None:
    from central.trust.enrolling import cancel

    cancel(store, arguments.door)
    sys.stdout.write(f"the claim of {arguments.door} is of no use any more\n")


_VERBS = {"open": _open, "list": _list, "confirm": _confirm, "cancel": _cancel}
