"""`doctor` as a command from central: the checks that disturb nobody, while the station works, in one line of text.

Left out is whatever needs a hand, a card or the readers' ports. The line fits into `res`: what passed by number, then
each check that failed or warned with its number, code, sentence and, where there is room, the next step:
`pass 1 2 16 | warn 15 battery_clock: ... | fail 18 power: ... -> ...`.
"""

from collections.abc import Iterable
from time import sleep

from edge.clock import Clock
from edge.doctor import Examined, Machine, examine
from edge.doctor.findings import Status
from edge.settings import Settings

QUIET = frozenset({1, 2, 3, 4, 14, 15, 16, 17, 18, 19})
"""Numbers of the checks that are made: files, pins, programs of the system, some writes to the disk."""
MOST_CHARS = 500
"""What `detail` of a result may hold (`wire.command`)."""
LANGUAGES = ("vi", "en")
BETWEEN = " | "


def checkup(settings: Settings, clock: Clock, language: str) -> str:
    """Make the checks; what they found. Raises ValueError for a language that there is not."""
    if language not in LANGUAGES:
        raise ValueError(f"lang: {language!r} is none of {', '.join(LANGUAGES)}")
    machine = Machine(settings, None, clock.mono_ns, lambda: clock.stamp().utc_ms or 0, sleep)
    return told(examine(machine, QUIET), language)


def told(examined: Iterable[Examined], language: str) -> str:
    """The line. Where it would not fit, next steps go first, then sentences are cut, what is least bad before the rest;
    number and code of a check stay."""
    found = list(examined)
    parts = [_numbers(found, status) for status in (Status.PASSED, Status.LEFT_OUT)]
    bad = [one for status in (Status.FAILED, Status.WARNED) for one in found if one.finding.status is status]
    said = [_with_next(one, language) for one in bad]
    for shape in (_sentence, _short, _code):
        for at in reversed(range(len(bad))):
            if len(_joined(parts + said)) > MOST_CHARS:
                said[at] = shape(bad[at], language)
    return _joined(parts + said)[:MOST_CHARS]


def _joined(parts: list[str]) -> str:
    return BETWEEN.join(part for part in parts if part)


def _numbers(found: list[Examined], status: Status) -> str:
    numbers = [str(one.check.number) for one in found if one.finding.status is status]
    return f"{status.value} {' '.join(numbers)}" if numbers else ""


def _code(one: Examined, language: str) -> str:
    return f"{one.finding.status.value} {one.check.number} {one.check.code}"


def _sentence(one: Examined, language: str) -> str:
    return f"{_code(one, language)}: {_plain(one.finding.sentence.words(language))}"


def _with_next(one: Examined, language: str) -> str:
    step = one.finding.next_step.words(language)
    return _sentence(one, language) + (f" -> {_plain(step)}" if step else "")


def _short(one: Examined, language: str) -> str:
    return _sentence(one, language)[:60]


def _plain(text: str) -> str:
    """Without what would look like the next part, and without control characters, which no `res` may hold."""
    return " ".join("".join(c if c.isprintable() and c != "|" else " " for c in text).split())
