"""`diemdanh-edge doctor` on the command line: one line a check, or JSON for support."""

import argparse
import json
import os
import sys
from time import sleep
from typing import Any

from edge.clock import open_clock
from edge.doctor import CHECKS, Examined, Machine, examine, healthy
from edge.doctor.findings import Status
from edge.errors import EdgeError
from edge.settings import load_settings

SIGNS = {
    "vi": {Status.PASSED: "ĐẠT", Status.WARNED: "CHÚ Ý", Status.FAILED: "HỎNG", Status.LEFT_OUT: "bỏ qua"},
    "en": {Status.PASSED: "PASS", Status.WARNED: "WARN", Status.FAILED: "FAIL", Status.LEFT_OUT: "left out"},
}


class NumberError(EdgeError, ValueError):
    """A check that there is not."""


def run(arguments: argparse.Namespace) -> int:
    """Make the checks and tell them as they end. Returns 0 when nothing failed, 1 otherwise. Raises EdgeError."""
    numbers = _numbers(arguments.only)
    settings = load_settings(arguments.config, os.environ)
    clock = open_clock(settings.clock)
    ask = _ask(arguments.lang) if arguments.ask else None
    machine = Machine(settings, ask, clock.mono_ns, lambda: clock.stamp().utc_ms or 0, sleep)
    examined = []
    for one in examine(machine, numbers):
        examined.append(one)
        if not arguments.json:
            sys.stdout.write(told(one, arguments.lang))
            sys.stdout.flush()
    if arguments.json:
        answer = [as_json(one, arguments.lang) for one in examined]
        sys.stdout.write(json.dumps(answer, ensure_ascii=False, indent=1) + "\n")
    return 0 if healthy(examined) else 1


def told(one: Examined, language: str) -> str:
    """The lines of one check."""
    finding = one.finding
    sign, title = SIGNS[language][finding.status], one.check.title.words(language)
    text = f"{one.check.number:>2} {sign:<8} {title}: {finding.sentence.words(language)}\n"
    following = finding.next_step.words(language)
    return text + (f"            → {following}\n" if following else "")


def as_json(one: Examined, language: str) -> dict[str, Any]:
    """The same for machines."""
    finding = one.finding
    return {
        "number": one.check.number,
        "code": one.check.code,
        "status": finding.status.value,
        "sentence": finding.sentence.words(language),
        "next": finding.next_step.words(language),
        "facts": dict(finding.facts),
    }


def _numbers(said: str) -> frozenset[int]:
    known = {check.number for check in CHECKS}
    words = [word for word in said.split(",") if word]
    wrong = [word for word in words if not word.isdecimal() or int(word) not in known]
    if wrong:
        raise NumberError(
            f"--only {wrong[0]}: there are checks 1 to {max(known)}; write numbers with commas, such as 5,6,7"
        )
    return frozenset(int(word) for word in words)


def _ask(language: str) -> Any:
    def ask(vi: str, en: str) -> bool:
        hint = "[c/k]" if language == "vi" else "[y/n]"
        sys.stderr.write(f"   ? {en if language == 'en' else vi} {hint} ")
        sys.stderr.flush()
        return sys.stdin.readline().strip().lower() in ("", "c", "co", "có", "y", "yes")

    return ask
