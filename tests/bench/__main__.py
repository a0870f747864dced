"""`python -m tests.bench [--quick] [NAME ...]`: one table, then one line of JSON. Exit code 1 when a row is not ok.

With --quick the figures mean nothing and are not judged; only a measurement that cannot be made is an error.
"""

import argparse
import os
import signal
import sys
from collections.abc import Callable, Sequence
from typing import Protocol

from tests.bench import backlog, judging, ledger, live, login, offline, proof, punch, sheets, station
from tests.bench.ground import BenchError
from tests.bench.rows import Row, json_line, table


class Measurement(Protocol):
    """Takes its time; `quick` only shows that it works."""

    def __call__(self, *, quick: bool) -> list[Row]: ...


BENCHES: dict[str, Measurement] = {
    "live": live.live,
    "steady": live.steady,
    "backlog": backlog.backlog,
    "rules": judging.rules,
    "month": ledger.month,
    "punch": punch.one_punch,
    "flat": ledger.flat,
    "start": station.start,
    "tap": station.tap,
    "journal": station.journal,
    "offline": offline.offline,
    "verify": proof.verify,
    "login": login.login,
    "timesheet": sheets.timesheet,
}


def main(argv: Sequence[str] | None = None, say: Callable[[str], object] = sys.stdout.write) -> int:
    """Measure what is asked for, everything without a name."""
    parser = argparse.ArgumentParser(prog="bench", description="Measures what the README promises, on this machine.")
    parser.add_argument("name", nargs="*", help=f"which: {', '.join(BENCHES)}; none = all")
    parser.add_argument("--quick", action="store_true", help="small and short: shows that it works, measures nothing")
    arguments = parser.parse_args(argv)
    if strange := sorted(set(arguments.name) - set(BENCHES)):
        parser.error(f"there is no measurement {strange[0]!r}; there are {', '.join(BENCHES)}")
    # Ended by a signal, what was started is ended too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    rows: list[Row] = []
    failed = False
    for name in arguments.name or BENCHES:
        load = ", ".join(f"{part:.1f}" for part in os.getloadavg())
        sys.stderr.write(f"bench: {name} (load {load} on {os.cpu_count()} cores) ...\n")
        try:
            rows += BENCHES[name](quick=arguments.quick)
        except BenchError as error:
            failed = True
            sys.stderr.write(f"bench: {name} could not be measured: {error}\n")
    say(table(rows) + "\n")
    say(json_line(rows) + "\n")
    return 1 if failed or not (arguments.quick or all(row.ok for row in rows)) else 0


if __name__ == "__main__":
    sys.exit(main())
