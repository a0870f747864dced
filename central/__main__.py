"""`diemdanh-central`: the collector, the evaluator, the pages, and the commands of whoever runs them.

The database is named before the command: `diemdanh-central --db URL verdicts ...`, or by a setting, or DIEMDANH_DB.
Exit codes: 0 done, 1 refused (the reason is on standard error), 2 wrong use.
"""

import argparse
import dataclasses
import json
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, closing
from importlib import import_module
from pathlib import Path

from central.commands.arguments import date_of, with_keys_bound
from central.errors import CentralError
from central.settings import Settings, load_settings

CODES = (
    "Exit codes: 0 done, 1 refused (the reason is on standard error), 2 wrong use. COMMAND --help lists its options."
)
_MODULES = {
    "import": "importing",
    "why": "why",
    "what-if": "what_if",
    "counters": "counters",
    "threshold": "thresholds",
    "case": "cases",
    "hints": "hints",
    "calendar": "calendar",
    "staff": "staff",
    "units": "units",
    "replay": "replay",
    "proposals": "proposals",
    "badges": "badges",
    "month": "month",
    "outing": "outings",
    "rollcall": "rollcall",
    "inspection": "inspection",
    "terminal": "terminal",
    "audit": "audit",
    "verify": "verify",
    "heads": "heads",
    "person": "person",
    "retention": "retention",
    "rights": "rights",
    "broker-config": "broker",
    "enrol": "enrol",
    "user": "user",
    "token": "token",
    "backup": "backup",
    "duty": "duty",
    "timesheet": "timesheet",
}
"""Commands that have a file of their own in `central/commands`; each imports what it needs when it runs."""


def build_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="diemdanh-central", description="Điểm Danh: the central office", epilog=CODES)
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings file (TOML)")
    parser.add_argument(
        "--db", metavar="URL", help="database, such as sqlite:///FILE; overrides settings and DIEMDANH_DB"
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, text in (
        ("run", "collect, evaluate and serve the pages in one process"),
        ("collect", "take what the doors send, store it once, acknowledge it"),
        ("evaluate-loop", "judge the days that new facts made stale"),
        ("web", "serve the board and the JSON interface"),
        ("upgrade", "bring the database to this version"),
        ("key", "print central's public key for the stations' settings"),
    ):
        commands.add_parser(name, help=text, description=text)
    _add_device(commands)
    _add_files(commands)
    _add_verdicts(commands)
    for module in _MODULES.values():
        import_module(f"central.commands.{module}").add(commands)
    return parser


def _add_device(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    device = commands.add_parser("device", help="register, list and revoke stations; decide what they leave open")
    verbs = device.add_subparsers(dest="verb", required=True, metavar="VERB")
    add = verbs.add_parser("add", help="register a station; prints central's public key for its settings")
    add.add_argument("code", help="what people call the door, such as D-X01")
    add.add_argument("--id", required=True, metavar="DEVICE", help="the station's id (diemdanh-edge identity)")
    add.add_argument("--key", required=True, metavar="PUBLIC_KEY", help="the station's public key, base64url")
    add.add_argument("--unit", help="the unit whose door it is; kept when the door is known already")
    add.add_argument("--location", default="", help="where it hangs, in words")
    add.add_argument(
        "--replace", action="store_true", help="the code is registered with a wrong key or id: put it right"
    )
    listing = verbs.add_parser("list", help="all stations")
    listing.add_argument("--json", action="store_true", help="for machines")
    revoke = verbs.add_parser("revoke", help="refuse everything a station says from now on")
    revoke.add_argument("code")
    revoke.add_argument("--reason", default="", help="why, in words; stays with what was decided about the door")
    import_module("central.commands.doors").add_verbs(verbs)


def _add_files(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    evaluate = commands.add_parser("evaluate", help="judge the cases of a file; needs no database")
    evaluate.add_argument("file", type=Path)


def _add_verdicts(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    verdicts = commands.add_parser("verdicts", help="print the verdicts of a period")
    verdicts.add_argument("--from", dest="first", required=True, type=date_of, metavar="DATE", help="YYYY-MM-DD")
    verdicts.add_argument("--to", dest="last", required=True, type=date_of, metavar="DATE", help="YYYY-MM-DD, included")
    verdicts.add_argument("--unit", help="only this unit and those below it")
    verdicts.add_argument(
        "--kind", choices=("session", "duty"), default="session", help="of sessions, or of duty slots"
    )
    verdicts.add_argument("--live", action="store_true", help="as the facts say now, also where a month is signed")
    verdicts.add_argument("--format", choices=("csv", "json"), default="csv")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    arguments = build_parser().parse_args(with_keys_bound(sys.argv[1:] if argv is None else argv))
    try:
        settings = load_settings(arguments.config, os.environ)
        if arguments.db:
            settings = dataclasses.replace(settings, database=dataclasses.replace(settings.database, url=arguments.db))
        with _acting(arguments):
            code = COMMANDS[arguments.command](arguments, settings)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # Whoever reads has seen enough (`| head`); what is still unwritten must not complain at the interpreter's end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (CentralError, OSError) as error:
        print(f"diemdanh-central: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        from central.store.faults import databases_fault

        if not databases_fault(error):
            raise
        refusal = str(getattr(error, "orig", error)).strip()
        print(
            f"diemdanh-central: the database refuses: {refusal}; nothing of this step is stored (may this "
            "account write to it, is the disk full, is the server there?)",
            file=sys.stderr,
        )
        return 1


def _acting(arguments: argparse.Namespace) -> AbstractContextManager[None]:
    """Whoever runs a command answers for what it changes: the name that is given, else the account."""
    from central.store.audit import Deed, account, acting, here

    given = {name: str(getattr(arguments, name, None) or "") for name in ("by", "doc", "reason", "why", "verb")}
    action = f"{arguments.command} {given['verb']}".strip()
    why = "; ".join(filter(None, (given["doc"], given["reason"], given["why"])))
    return acting(Deed(given["by"] or account(), action, why, here()))


# Each command imports what it needs when it runs, so that `verdicts` does not wait for a web framework.


def _serve(*parts: str) -> Callable[[argparse.Namespace, Settings], int]:
    def serve(_: argparse.Namespace, settings: Settings) -> int:
        from central.processes import serve as run

        return run(settings, parts)

    return serve


def _upgrade(_: argparse.Namespace, settings: Settings) -> int:
    from central.processes import ready_store

    ready_store(settings).close()
    return 0


def _key(_: argparse.Namespace, settings: Settings) -> int:
    from central.keys import load_key

    print(load_key(settings.key.file).public_text)
    return 0


def _device(arguments: argparse.Namespace, settings: Settings) -> int:
    from central.device_commands import run

    return run(arguments, settings)


def _evaluate(arguments: argparse.Namespace, _: Settings) -> int:
    from central import evaluate_file

    answers = evaluate_file.run(arguments.file)
    print(json.dumps(answers, ensure_ascii=False, indent=1))
    evaluate_file.refuse(arguments.file, answers)
    return 0


def _verdicts(arguments: argparse.Namespace, settings: Settings) -> int:
    from central.commands.empty import note
    from central.processes import standing_store
    from central.reports import duty, verdicts

    if arguments.last < arguments.first:
        raise CentralError(f"--to {arguments.last} lies before --from {arguments.first}; exchange them")
    with closing(standing_store(settings)) as store, store.read() as db:
        if arguments.kind == "duty":
            count = duty.write(db, arguments.first, arguments.last, arguments.unit, arguments.format, sys.stdout)
            note(db, count, f"no duty slot of {arguments.first} to {arguments.last} has a verdict")
            return 0
        count = verdicts.write(
            db, arguments.first, arguments.last, arguments.unit, arguments.format, sys.stdout, live=arguments.live
        )
        waiting = verdicts.waiting(db, arguments.first, arguments.last)
        note(db, count + waiting, f"nothing was judged for {arguments.first} to {arguments.last}")
    if waiting:
        text = f"note: {waiting} staff-days of these dates wait to be judged (`evaluate-loop` or `run`)"
        print(text, file=sys.stderr)
    return 0


def _module(name: str) -> Callable[[argparse.Namespace, Settings], int]:
    def run(arguments: argparse.Namespace, settings: Settings) -> int:
        found: int = import_module(f"central.commands.{name}").run(arguments, settings)
        return found

    return run


COMMANDS: dict[str, Callable[[argparse.Namespace, Settings], int]] = {
    "run": _serve("collect", "evaluate", "web"),
    "collect": _serve("collect"),
    "evaluate-loop": _serve("evaluate"),
    "web": _serve("web"),
    "upgrade": _upgrade,
    "key": _key,
    "device": _device,
    "evaluate": _evaluate,
    "verdicts": _verdicts,
    **{command: _module(module) for command, module in _MODULES.items()},
}


if __name__ == "__main__":
    sys.exit(main())
