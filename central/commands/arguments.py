"""What the commands' parsers share: dates, periods, formats."""

import argparse
import datetime as dt
from collections.abc import Sequence
from typing import TypeAlias

from central.errors import CentralError

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


class PeriodError(CentralError, ValueError):
    """A period that ends before it begins, or none where one is needed."""


def date_of(text: str) -> dt.date:
    """YYYY-MM-DD."""
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date; write YYYY-MM-DD, a day that there is") from error


def add_period(parser: argparse.ArgumentParser, *, required: bool = True) -> None:
    """`--from`, `--to` and `--unit`."""
    parser.add_argument("--from", dest="first", required=required, type=date_of, metavar="DATE", help="YYYY-MM-DD")
    parser.add_argument("--to", dest="last", required=required, type=date_of, metavar="DATE", help="included")
    parser.add_argument("--unit", help="only this unit and those below it")


def check_period(first: dt.date, last: dt.date) -> None:
    """Raises PeriodError when it ends before it begins."""
    if last < first:
        raise PeriodError(f"--to {last} lies before --from {first}; exchange them")


def with_keys_bound(words: Sequence[str]) -> list[str]:
    """The words of a command line with each `--key VALUE` as `--key=VALUE`, and so `--central-key`.

    One public key in 64 begins with a minus sign, which argparse would take for an option.
    """
    bound: list[str] = []
    for word in words:
        if bound and bound[-1] in ("--key", "--central-key"):
            bound[-1] = f"{bound[-1]}={word}"
        else:
            bound.append(word)
    return bound
