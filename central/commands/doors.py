"""`diemdanh-central device ...`: what a person decides about a door by a document, and what awaits such a decision."""

import argparse
import datetime as dt
import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from central.commands.arguments import Commands, date_of

if TYPE_CHECKING:  # every command imports what it needs when it runs
    from central.clock import Clock
    from central.store import Store
    from central.store.fleet import DeviceRow


def instant_ms(text: str) -> int:
    """`YYYY-MM-DDTHH:MM[:SS]`, local time unless an offset stands there, as UTC milliseconds."""
    from central.moments import ms_of
    from central.rules.day import LOCAL

    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no instant; write YYYY-MM-DDTHH:MM") from error
    return ms_of(found if found.tzinfo else found.replace(tzinfo=LOCAL))


def short(text: str) -> str:
    """What fits into the trace: 1 to 80 characters."""
    if not 1 <= len(text.strip()) <= 80:
        raise argparse.ArgumentTypeError("1 to 80 characters are needed")
    return text.strip()


def add_verbs(verbs: Commands) -> None:
    """The verbs of `device` that decide, and `findings`."""
    fork = _deciding(verbs, "fork", "decide which of several versions of a journal's events counts")
    fork.add_argument("--journal", required=True, help="as `device findings` shows it")
    fork.add_argument("--keep", required=True, metavar="VERSION", help="`stored`, or the other one's hash")
    lost = _deciding(verbs, "lost", "declare that events of a journal will not come")
    lost.add_argument("--journal", required=True, help="as `device findings` shows it")
    lost.add_argument("--first", required=True, type=int, metavar="SEQ", help="the first one")
    lost.add_argument("--last", required=True, type=int, metavar="SEQ", help="the last one, included")
    close = _deciding(verbs, "close", "the door was down for a time: it neither hides nor accuses anybody then")
    close.add_argument("--from", dest="first", required=True, type=instant_ms, metavar="TIME", help="YYYY-MM-DDTHH:MM")
    close.add_argument("--to", dest="last", required=True, type=instant_ms, metavar="TIME", help="YYYY-MM-DDTHH:MM")
    close.add_argument("--reason", required=True, help="why, in words")
    reopen = _deciding(verbs, "reopen", "withdraw a closure; its trace stays")
    reopen.add_argument("--closure", required=True, type=int, metavar="NUMBER", help="as `device findings` shows it")
    move = verbs.add_parser("move", help="from a date on the door is another unit's; the past stays with the old one")
    move.add_argument("code", help="the station's code")
    move.add_argument("--unit", required=True, help="the unit whose door it is then")
    move.add_argument("--from", dest="first", required=True, type=date_of, metavar="DATE", help="YYYY-MM-DD")
    move.add_argument("--why", required=True, type=short, metavar="TEXT", help="document or reason")
    move.add_argument("--by", type=short, metavar="NAME", help="who decided")
    findings = verbs.add_parser("findings", help="what awaits a decision, what was decided, what is in quarantine")
    findings.add_argument("code", nargs="?", help="one station; all by itself")
    findings.add_argument("--json", action="store_true", help="for machines")


def _deciding(verbs: Commands, name: str, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=text, description=text)
    parser.add_argument("code", help="the station's code")
    parser.add_argument("--doc", required=True, type=short, metavar="NO", help="number of the document that decides it")
    parser.add_argument("--by", type=short, metavar="NAME", help="who decided")
    return parser


def run(arguments: argparse.Namespace, store: "Store", clock: "Clock") -> None:
    """Do what one of these verbs asks."""
    _VERBS[arguments.verb](arguments, store, clock)


def _fork(arguments: argparse.Namespace, store: "Store", clock: "Clock") -> None:
    from central import enrol
    from central.intaking.deciding import Document, decide_fork

    device = enrol.device_of(store, arguments.code)
    document = Document(arguments.doc, arguments.by or "", clock.now_ms())
    stored = decide_fork(store, device.id, arguments.journal, arguments.keep, document)
    _say(f"decided by {arguments.doc}; journal {arguments.journal} is stored up to seq {stored}")


def _lost(arguments: argparse.Namespace, store: "Store", clock: "Clock") -> None:
    from central import enrol
    from central.intaking.deciding import Document, declare_lost

    device = enrol.device_of(store, arguments.code)
    document = Document(arguments.doc, arguments.by or "", clock.now_ms())
    stored = declare_lost(store, device.id, arguments.journal, arguments.first, arguments.last, document)
    _say(f"seqs {arguments.first} to {arguments.last} count as lost; the journal is accounted for up to seq {stored}")


def _close(arguments: argparse.Namespace, store: "Store", clock: "Clock") -> None:
    from central import closing

    document = closing.Closing(arguments.code, arguments.first, arguments.last, arguments.reason)
    number = closing.close_door(store, document, arguments.doc, arguments.by or "", clock.now_ms())
    _say(f"closure {number} of {arguments.code} stands; `device reopen` withdraws it")


def _reopen(arguments: argparse.Namespace, store: "Store", clock: "Clock") -> None:
    from central import closing

    closing.reopen_door(store, arguments.code, arguments.closure, arguments.doc, arguments.by or "", clock.now_ms())
    _say(f"closure {arguments.closure} of {arguments.code} is withdrawn")


def _move(arguments: argparse.Namespace, store: "Store", clock: "Clock") -> None:
    from central.moving import move_device

    on, by = arguments.first, arguments.by or ""
    touched = move_device(store, arguments.code, arguments.unit, on, arguments.why, by, clock.now_ms())
    _say(f"{arguments.code} is {arguments.unit}'s from {on} on; {touched} judged staff-days are judged again")


def _findings(arguments: argparse.Namespace, store: "Store", _: "Clock") -> None:
    from central import enrol
    from central.store import quarantine

    found = [enrol.device_of(store, arguments.code)] if arguments.code else enrol.list_devices(store)
    told = [told for device in found if (told := _of(store, device))["worth_telling"] or arguments.code]
    with store.read() as db:
        waiting, gone = quarantine.count(db), quarantine.dropped(db)
    for one in told:
        del one["worth_telling"]
    if arguments.json:
        _say(json.dumps({"doors": told, "quarantine": waiting, "dropped": gone}, ensure_ascii=False))
        return
    for one in told:
        _tell(one)
    if not told:
        _say("no door has anything that awaits a decision, was lost, closed or decided")
    _say("quarantine: " + (", ".join(f"{count} {code}" for code, count in waiting.items()) or "empty"))
    if gone:
        _say(f"quarantine had no room for {gone} messages; the stations still have what was in them")


def _of(store: "Store", device: "DeviceRow") -> dict[str, Any]:
    from central.store import accounts, decisions, quarantine

    mine = [device.id]
    with store.read() as db:
        account = accounts.accounts(db).get(device.id, accounts.Account())
        lists: dict[str, list[Any]] = {
            "forks": decisions.open_forks(db, mine),
            "lost": decisions.lost(db, mine),
            "closures": decisions.closures(db, mine),
            "decisions": decisions.decisions(db, mine),
            "results": decisions.results(db, mine),
            "quarantine": quarantine.held_of(db, device.id),
        }
    told: dict[str, Any] = {"code": device.code, "device": device.id, "to_come": account.to_come}
    told |= {"findings": list(account.findings)} | {name: [asdict(one) for one in rows] for name, rows in lists.items()}
    return told | {"worth_telling": bool(account.findings or any(lists.values()))}


def _tell(one: dict[str, Any]) -> None:
    _say(f"{one['code']} ({one['device']}): {', '.join(one['findings']) or 'nothing found'}; {one['to_come']} to come")
    for fork in one["forks"]:
        what = "in doubt" if fork["doubted"] else f"other version {', '.join(tip[:16] for tip in fork['tips'])}"
        _say(f"  fork: journal {fork['journal']}, seqs {fork['first']} to {fork['last']}: {what}")
    for hole in one["lost"]:
        doc = f", document {hole['doc_no']}" if hole["doc_no"] else ""
        _say(f"  lost: journal {hole['journal']}, seqs {hole['first']} to {hole['last']}, by {hole['source']}{doc}")
    for closed in one["closures"]:
        span = f"{_at(closed['from_ms'])} to {_at(closed['to_ms'])}"
        _say(f"  closure {closed['number']}: {span}, {closed['reason']}, document {closed['doc_no']}")
    for held in one["quarantine"]:
        _say(f"  quarantine: {held['messages']} {held['code']}, the last {_at(held['last_ms'])}: {held['problem']}")
    for result in one["results"]:
        _say(f"  command {result['command']}: {result['code']} {result['detail']}".rstrip())
    for decision in one["decisions"]:
        by = f" by {decision['by']}" if decision["by"] else ""
        _say(f"  {_at(decision['at_ms'])} {decision['what']}{by}, document {decision['doc_no']}: {decision['detail']}")


def _at(ms: int) -> str:
    from central.moments import moment

    return moment(ms).isoformat(timespec="seconds")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


_VERBS = {
    "fork": _fork,
    "lost": _lost,
    "close": _close,
    "reopen": _reopen,
    "move": _move,
    "findings": _findings,
}
