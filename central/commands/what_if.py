"""`diemdanh-central what-if --rules FILE`: who would have been judged otherwise under other rules; stores nothing."""

import argparse
import dataclasses
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from central.commands.arguments import Commands, add_period, check_period
from central.settings import Settings

if TYPE_CHECKING:
    from central.what_if.comparing import Comparison


def add(commands: Commands) -> None:
    """The command and its options."""
    text = "judge a past period again under other hours, grace or policies, and store nothing"
    what_if = commands.add_parser("what-if", help=text, description=text)
    what_if.add_argument("--rules", required=True, type=Path, metavar="FILE", help="the other rules (TOML)")
    add_period(what_if)
    what_if.add_argument("--format", choices=("table", "csv", "json"), default="table")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Compare and print; returns the exit code."""
    from central.processes import standing_store
    from central.replaying.progress import Bar
    from central.what_if.comparing import compare
    from central.what_if.reading import read_supposition

    check_period(arguments.first, arguments.last)
    other = read_supposition(arguments.rules)
    store, clock = standing_store(settings), settings.clock.clock()
    bar = Bar(sys.stderr, clock.mono_s) if sys.stderr.isatty() else lambda *_: None
    try:
        with store.read() as db:
            found = compare(db, other, arguments.first, arguments.last, clock.now_ms(), arguments.unit, bar)
    finally:
        store.close()
    _print(found, arguments.format)
    return 0


def _print(found: "Comparison", form: str) -> None:
    from central.reports.formats import write_rows
    from central.what_if.comparing import Change, UnitTotal

    if form == "csv":
        write_rows(Change._fields, found.changes, "csv", sys.stdout)
    elif form == "json":
        told: dict[str, Any] = dataclasses.asdict(found)
        told["changes"] = [change._asdict() for change in found.changes]
        told["totals"] = [total._asdict() for total in found.totals]
        json.dump(told, sys.stdout, ensure_ascii=False, default=str, indent=1)
        sys.stdout.write("\n")
    else:
        sys.stdout.write(f"Rules supposed: {found.document}. Nothing is stored.\n\n")
        changes = ((c.staff, c.name, c.unit, c.date, c.session, *_before_after(c)) for c in found.changes)
        sys.stdout.write(table(("staff", "name", "unit", "date", "session", "before", "after"), changes))
        sys.stdout.write("\nby unit\n" + table(UnitTotal._fields, found.totals))


def _before_after(change: Any) -> tuple[str, str]:
    """`present late 11 -> present`."""
    return tuple(  # type: ignore[return-value]
        " ".join(
            str(value)
            for name in ("outcome", "flags", "late_min", "early_min")
            if (value := getattr(change, f"{name}_{side}"))
        )
        or "no session"
        for side in ("before", "after")
    )


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Columns as wide as their widest value; `nothing` where there is no row."""
    shown = [tuple(str(value) for value in row) for row in rows]
    if not shown:
        return "nothing would change\n"
    widths = [max(len(row[i]) for row in (columns, *shown)) for i in range(len(columns))]
    lines = (
        "  ".join(value.ljust(width) for value, width in zip(row, widths, strict=True)) for row in (columns, *shown)
    )
    return "".join(f"{line.rstrip()}\n" for line in lines)
