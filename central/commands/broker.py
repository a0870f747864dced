"""`diemdanh-central broker-config`: all that Mosquitto needs to let in who has a certificate, and nobody else."""

import argparse
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from central.commands.arguments import Commands

if TYPE_CHECKING:  # every command imports what it needs when it runs
    from central.settings import Settings


def add(commands: Commands) -> None:
    """Add the command."""
    text = "write Mosquitto's configuration with certificates, access list and revocation list"
    parser = commands.add_parser("broker-config", help=text, description=text)
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="the broker's folder")
    parser.add_argument(
        "--host", action="append", required=True, metavar="NAME",
        help="a name or IP address by which stations reach the broker; again for more",
    )  # fmt: skip
    parser.add_argument("--listen", default="0.0.0.0", metavar="ADDRESS", help="default 0.0.0.0: all addresses")  # noqa: S104
    parser.add_argument("--port", type=int, default=8883, metavar="N", help="default 8883")
    parser.add_argument(
        "--plain", default="", metavar="ADDRESS:PORT", help="also listen without TLS, on a loopback address alone"
    )


def run(arguments: argparse.Namespace, settings: "Settings") -> int:
    """Write the folder and say what it is good for."""
    from central.clock import SystemClock
    from central.processes import ready_store
    from central.store.trust import refused
    from central.trust.authority import open_authority
    from central.trust.broker import Plan, write_broker

    now_ms = SystemClock().now_ms()  # certificates are for programs that live in the real time
    plan = Plan(tuple(arguments.host), arguments.listen, arguments.port, arguments.plain)
    authority = open_authority(settings.ca.file, now_ms)
    with closing(ready_store(settings)) as store, store.read() as db:
        files = write_broker(arguments.out, plan, authority, refused(db, now_ms), now_ms)
    folder = files[0].parent
    sys.stdout.write("".join(f"{file}\n" for file in files))
    sys.stderr.write(
        f"start it with `mosquitto -c {folder}/mosquitto.conf`; central's settings:\n[broker]\nport = {plan.port}\n"
        f'host = "{plan.names[0]}"\nca = "{folder}/ca.pem"\ncert = "{folder}/collector.pem"\n'
        f'key = "{folder}/collector-key.pem"\nfolder = "{folder}"\n'
    )
    return 0
