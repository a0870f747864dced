"""`diemdanh-edge`: the station and what belongs to it on the command line.

Each subcommand imports what it needs when it runs: a station must start fast on a small computer.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from edge.errors import EdgeError


def build_parser(command: str | None = None) -> argparse.ArgumentParser:
    """Every command of `diemdanh-edge`, with the options of `command` alone; None = with those of all.

    What belongs to one command only is imported for that one: a station does not carry the readers of recordings.
    """
    parser = argparse.ArgumentParser(prog="diemdanh-edge", description="Điểm Danh: the station at the door")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="run the station until it is told to stop")
    _add_config(run)
    identity = commands.add_parser("identity", help="print the station's device id and public key, made if need be")
    _add_config(identity)
    heads = commands.add_parser("heads", help="print the heads of central's audit log that this station was told")
    _add_config(heads)
    enrol = commands.add_parser("enrol", help="let this station in at central, with a claim; waits for a person there")
    _add_config(enrol)
    enrol.add_argument("claim", nargs="?", default="", metavar="CLAIM", help="DD1:HOST:PORT:CODE; else the file's")
    setup = commands.add_parser("setup", help="a page on the local network that takes a claim, until it is enrolled")
    _add_config(setup)
    simulate = commands.add_parser("simulate", help="run a fleet of real stations, fed through pseudo terminals")
    _add_simulate(simulate)
    doctor = commands.add_parser("doctor", help="a technician's checks of this door, each with the next step")
    _add_doctor(doctor)
    decode = commands.add_parser("decode", help="read recorded reader bytes, as a file of vectors or as hex")
    form = commands.add_parser("form", help="in which form a list's badge numbers are written, from five known cards")
    form.add_argument("file", type=Path, metavar="FILE", help="lines of the list's number, ; and the card's number")
    if command in (None, "decode"):
        from edge.decode import add_arguments

        add_arguments(decode)
    return parser


def _add_config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, required=True, metavar="FILE", help="the station's settings (TOML)")


def _add_doctor(parser: argparse.ArgumentParser) -> None:
    _add_config(parser)
    parser.add_argument("--ask", action="store_true", help="the checks that need a person at the door too")
    parser.add_argument("--only", default="", metavar="N,N", help="only the checks with these numbers")
    parser.add_argument("--lang", choices=("vi", "en"), default="vi", help="language of the answers (default vi)")
    parser.add_argument("--json", action="store_true", help="for support: every check as JSON")


def _add_simulate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--stations", type=_number(int, 1, 999), default=3, metavar="N", help="how many stations (default 3)"
    )
    parser.add_argument(
        "--data", type=Path, required=True, metavar="DIR", help="folder for their settings and journals"
    )
    parser.add_argument("--broker", default="127.0.0.1:1883", metavar="HOST:PORT", help="default 127.0.0.1:1883")
    parser.add_argument("--central-key", default="", metavar="KEY", help="central's public key, base64url")
    parser.add_argument(
        "--scale",
        type=_number(float, 0.001, 100_000),
        default=1.0,
        metavar="X",
        help="how much faster their clocks run",
    )
    parser.add_argument(
        "--heartbeat",
        type=_number(int, 1, 3600),
        default=60,
        metavar="SECONDS",
        help="by their clocks (default 60)",
    )
    parser.add_argument(
        "--script", default="", metavar="FILE", help="JSON lines of taps and actions, - for standard input"
    )


def _number(kind: type[int] | type[float], low: float, high: float) -> Callable[[str], float]:
    """Reads an option that is a number from `low` to `high`."""

    def read(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            value = kind(low) - 1
        if not low <= value <= high:  # NaN too
            raise argparse.ArgumentTypeError(f"{text!r} must be a number from {low:g} to {high:g}")
        return value

    return read


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code of the process."""
    words = sys.argv[1:] if argv is None else list(argv)
    arguments = build_parser(words[0] if words else "").parse_args(words)
    try:
        return _COMMANDS[arguments.command](arguments)
    except (EdgeError, OSError) as error:
        print(f"diemdanh-edge: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _run(arguments: argparse.Namespace) -> int:
    from edge.later import import_later

    import_later("urllib.request")  # paho would use it for a proxy; with what it imports it is 2 MB
    from edge.station import run

    return run(arguments.config)


def _identity(arguments: argparse.Namespace) -> int:
    import os

    from edge.identity import open_identity
    from edge.settings import load_settings

    station = load_settings(arguments.config, os.environ).station
    identity = open_identity(station.data, station.device)
    print(f"device {identity.device}")
    print(f"public key {identity.public_key}")
    return 0


def _heads(arguments: argparse.Namespace) -> int:
    from edge.heads_command import run

    return run(arguments.config)


def _enrol(arguments: argparse.Namespace) -> int:
    from edge.enrol_command import run

    return run(arguments.config, arguments.claim, print)


def _setup(arguments: argparse.Namespace) -> int:
    from edge.setup_command import run

    return run(arguments.config, print)


def _simulate(arguments: argparse.Namespace) -> int:
    from edge.script import run

    return run(arguments)


def _decode(arguments: argparse.Namespace) -> int:
    from edge.decode import run

    return run(arguments)


def _form(arguments: argparse.Namespace) -> int:
    from edge.form import run

    return run(arguments)


def _doctor(arguments: argparse.Namespace) -> int:
    from edge.doctor.command import run

    return run(arguments)


_COMMANDS = {
    "run": _run,
    "doctor": _doctor,
    "identity": _identity,
    "heads": _heads,
    "enrol": _enrol,
    "setup": _setup,
    "simulate": _simulate,
    "decode": _decode,
    "form": _form,
}

if __name__ == "__main__":
    sys.exit(main())
