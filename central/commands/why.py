"""`diemdanh-central why STAFF DATE`: why a work date is judged as it is, for the person it speaks of."""

import argparse
import datetime as dt
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from central.commands.arguments import Commands, date_of
from central.explaining import Explanation, Line, Say, Section, lines_of
from central.explaining.sentences import HEADINGS
from central.settings import Settings

LANGUAGES = ("vi", "en")


def add(commands: Commands) -> None:
    """The command and its options."""
    why = commands.add_parser("why", help="say why a work date is judged as it is, and what would have to be different")
    why.add_argument("staff", help="the person's code, such as CB0001")
    why.add_argument("date", type=date_of, help="YYYY-MM-DD")
    why.add_argument("--lang", choices=LANGUAGES, default=LANGUAGES[0], help="vi (Vietnamese, the default) or en")
    why.add_argument("--json", action="store_true", help="for machines: all facts, and the sentences")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print the account; returns the exit code."""
    from central.processes import standing_store
    from central.reports.why import explain
    from central.web.texts import catalogue

    store = standing_store(settings)
    try:
        with store.read() as db:
            told = explain(db, arguments.staff, arguments.date, settings.clock.clock().now_ms())
    finally:
        store.close()
    lines = lines_of(told, catalogue(arguments.lang).gettext)
    if arguments.json:
        json.dump(facts(told, lines), sys.stdout, ensure_ascii=False, indent=1)
        sys.stdout.write("\n")
    else:
        sys.stdout.write(page(lines, catalogue(arguments.lang).gettext))
    return 0


def page(lines: Sequence[Line], say: Say) -> str:
    """The account as text: a title, and each part under its heading."""
    shown, before = [], Section.TITLE
    for line in lines:
        if line.section is not before:
            shown += ["", say(HEADINGS[line.section])]
        shown.append(line.text if line.section is Section.TITLE else f"  {line.text}")
        before = line.section
    return "\n".join(shown) + "\n"


def facts(told: Explanation, lines: Sequence[Line]) -> dict[str, Any]:
    """The account for machines: instants in ISO 8601 with their offset, lengths in whole seconds."""
    found: dict[str, Any] = _plain(asdict(told))
    found["differs"] = told.differs
    found["lines"] = [{"section": line.section.value, "text": line.text} for line in lines]
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, dt.date):  # datetimes are dates too
        return value.isoformat()
    if isinstance(value, dt.timedelta):
        return int(value.total_seconds())
    return value
