"""`diemdanh-central counters`: times late, minutes, half-days absent, per person, over a period."""

import argparse
import datetime as dt
import sys
from typing import TYPE_CHECKING

from central.commands.arguments import Commands, PeriodError, check_period, date_of
from central.settings import Settings

if TYPE_CHECKING:
    from central.counting.windows import Period


def add(commands: Commands) -> None:
    """The command and its options."""
    counters = commands.add_parser("counters", help="times late, minutes and half-days absent of a period, per person")
    counters.add_argument("--from", dest="first", type=date_of, metavar="DATE", help="YYYY-MM-DD")
    counters.add_argument("--to", dest="last", type=date_of, metavar="DATE", help="included")
    counters.add_argument("--month", type=_month_of, metavar="MONTH", help="YYYY-MM")
    counters.add_argument("--year", type=int, metavar="YEAR")
    counters.add_argument("--rolling", type=int, choices=(30, 365), help="so many days up to --on")
    counters.add_argument("--on", type=date_of, metavar="DATE", help="the last day of --rolling; today by itself")
    counters.add_argument("--unit", help="only this unit and those below it")
    counters.add_argument("--format", choices=("csv", "json"), default="csv")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print the counts; returns the exit code."""
    from central.commands.empty import note
    from central.moments import local_date
    from central.processes import standing_store
    from central.reports import counters
    from central.store import months

    period = period_of(arguments, local_date(settings.clock.clock().now_ms()))
    store = standing_store(settings)
    try:
        with store.read() as db:
            count = counters.write(db, period, arguments.unit, arguments.format, sys.stdout)
            note(db, count, f"nothing was judged for {period.first} to {period.last}")
            if changed := months.adjusted_sessions(db, period.first, period.last):
                sys.stderr.write(
                    f"note: {len(changed)} sessions of signed months are counted as the facts say now, not as they "
                    "were signed; `month adjustments` lists each\n"
                )
    finally:
        store.close()
    return 0


def period_of(arguments: argparse.Namespace, today: dt.date) -> "Period":
    """The one period that is asked for. Raises PeriodError for none or several."""
    from central.counting.windows import Period, Window, ending, month_of, year_of

    whole = arguments.first is not None and arguments.last is not None
    if (arguments.first is None) != (arguments.last is None) or _asked(arguments, whole) != 1:
        raise PeriodError("name one period: --from and --to, or --month, or --year, or --rolling")
    if whole:
        check_period(arguments.first, arguments.last)
        return Period(arguments.first, arguments.last)
    if arguments.month is not None:
        return month_of(arguments.month)
    if arguments.year is not None:
        return year_of(dt.date(arguments.year, 1, 1))
    window = Window.ROLLING_30 if arguments.rolling == 30 else Window.ROLLING_365
    return ending(window, arguments.on or today)


def _asked(arguments: argparse.Namespace, whole: bool) -> int:
    return whole + sum(getattr(arguments, name) is not None for name in ("month", "year", "rolling"))


def _month_of(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(f"{text}-01")
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a month; write YYYY-MM") from error
