"""What the rules alone cost: every staff-day of the recorded week, all rules, one core, no database."""

import time
from datetime import date, timedelta

from central.rules import evaluate
from central.rules.overtime import overtime
from tests.bench.rows import Row, at_most
from tests.central.test_office_week import days, rows

LIMIT_US = 150.0
MONDAY = date(2018, 11, 12)


def rules(*, quick: bool) -> list[Row]:
    """CPU time of judging one staff-day; the best of the rounds, for what else the machine does only adds to it."""
    week = [day for _, day in days(rows("punches"), [MONDAY + timedelta(days=i) for i in range(1 if quick else 7)])]
    spent = []
    for _ in range(1 if quick else 3):
        began = time.process_time()
        for day in week:
            overtime(evaluate(day))
        spent.append((time.process_time() - began) / len(week) * 1e6)
    return [at_most("rules a staff-day", min(spent), "us", LIMIT_US, "the interpreter: pairing and sorting taps")]
