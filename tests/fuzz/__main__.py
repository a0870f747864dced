"""`python -m tests.fuzz`: hostile bytes into every parser, for so many minutes each; ends with 1 when one gave way."""

import argparse
import itertools
import json
import sys
import time
import traceback
from collections.abc import Sequence
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.fuzz import files, messages, readers, trust
from tests.fuzz.readers import false_badges
from tests.fuzz.target import Target, weigh

TARGETS = {**readers.TARGETS, **messages.TARGETS, **files.TARGETS, **trust.TARGETS}
ROUND = 150
WEIGHED = 60
FRAMES, NOISE_BYTES = 1000, 16 << 10


def fuzz(name: str, seconds: float, first_seed: int) -> dict[str, Any]:
    """Rounds of new inputs until the time is over; a finding is kept as the smallest input that hypothesis found."""
    target, began = TARGETS[name](), time.process_time()
    end = time.monotonic() + seconds
    told: dict[str, Any] = {"parser": name, "cases": 0, "findings": [], "peak_bytes": 0}
    counts = [0] * 7
    try:
        for number in itertools.count(first_seed):
            _round(target, number, told)
            if name in readers.CHANCES:
                counts = [a + b for a, b in zip(counts, _false_badges(name, number, told), strict=True)]
            if time.monotonic() >= end or len(told["findings"]) >= 5:
                break
    finally:
        target.close()
    if name in readers.CHANCES:
        names = ("frames", "badges", "expected", "accepted", "noise_bytes", "noise_badges", "noise_accepted")
        told["chance"] = dict(zip(names, counts, strict=True))
    return told | {"cpu_s": round(time.process_time() - began, 1)}


def _round(target: Target, number: int, told: dict[str, Any]) -> None:
    inputs: list[Any] = []

    @seed(number)
    @settings(
        max_examples=ROUND, deadline=None, database=None, phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck), print_blob=False,
    )  # fmt: skip
    @given(target.inputs)
    def case(one: Any) -> None:
        told["cases"] += 1
        if len(inputs) < WEIGHED:
            inputs.append(one)
        target.attempt(one)

    try:
        case()
        told["peak_bytes"] = max(told["peak_bytes"], weigh(target.attempt, inputs))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the finding
        told["findings"].append({"seed": number, "error": "".join(traceback.format_exception(error))[-3000:]})


def _false_badges(name: str, number: int, told: dict[str, Any]) -> tuple[float, ...]:
    found = false_badges(name, FRAMES, NOISE_BYTES, number)
    try:
        found.check(readers.made(name).continuous)
    except AssertionError as error:
        told["findings"].append({"seed": number, "error": str(error)})
    return (
        found.frames, found.badges, found.expected, found.accepted,
        found.noise_bytes, found.noise_badges, found.noise_accepted,
    )  # fmt: skip


def main(argv: Sequence[str] | None = None) -> int:
    """Fuzz and print a line of JSON for each parser."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--parser", action="append", choices=sorted(TARGETS), help="only this one (again for more)")
    parser.add_argument("--minutes", type=float, default=10.0, help="for each parser (default %(default)g)")
    parser.add_argument("--seed", type=int, default=1, help="the first round's (default %(default)s)")
    parser.add_argument("--list", action="store_true", help="name the parsers and end")
    told = parser.parse_args(argv)
    if told.list:
        sys.stdout.write("\n".join(TARGETS) + "\n")
        return 0
    found = 0
    for name in told.parser or TARGETS:
        result = fuzz(name, told.minutes * 60, told.seed)
        found += len(result["findings"])
        sys.stdout.write(json.dumps({**result, "minutes": told.minutes}) + "\n")
        sys.stdout.flush()
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
