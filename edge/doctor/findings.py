"""What a check of the doctor says: passed, warned or failed, one plain sentence, and what to do next. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Status(StrEnum):
    """How a check ended. left_out: it needs a person's hand, or something that this door does not have."""

    PASSED = "pass"
    WARNED = "warn"
    FAILED = "fail"
    LEFT_OUT = "left_out"


@dataclass(frozen=True, slots=True)
class Said:
    """The same sentence in Vietnamese and in English; "" says nothing."""

    vi: str = ""
    en: str = ""

    def words(self, language: str) -> str:
        """The sentence in `vi` or `en`."""
        return self.en if language == "en" else self.vi


@dataclass(frozen=True, slots=True)
class Finding:
    """The end of one check. facts: what was measured, for support; never a whole badge number."""

    status: Status
    sentence: Said
    next_step: Said = Said()
    facts: Mapping[str, str | int | float | bool] = field(default_factory=dict)


def passed(vi: str, en: str, **facts: str | int | float | bool) -> Finding:
    """All is well."""
    return Finding(Status.PASSED, Said(vi, en), facts=facts)


def warned(sentence: Said, next_step: Said, **facts: str | int | float | bool) -> Finding:
    """It works, but somebody should see to it."""
    return Finding(Status.WARNED, sentence, next_step, facts)


def failed(sentence: Said, next_step: Said, **facts: str | int | float | bool) -> Finding:
    """The door cannot be trusted like this."""
    return Finding(Status.FAILED, sentence, next_step, facts)


def left_out(vi: str, en: str) -> Finding:
    """Not asked for, or nothing here to check."""
    return Finding(Status.LEFT_OUT, Said(vi, en))


def together(findings: Mapping[str, Finding]) -> Finding:
    """What was found at each reader, by its name: as bad as the worst of them, whose next step is told; all sentences.

    Raises ValueError for none.
    """
    if len(findings) == 1:
        return next(iter(findings.values()))
    said = Said(*("; ".join(_named(name, one, words) for name, one in findings.items()) for words in ("vi", "en")))
    bad = worst(list(findings.values()))
    facts = {f"{name}.{fact}": value for name, one in findings.items() for fact, value in one.facts.items()}
    return Finding(bad.status, said, bad.next_step, facts)


def _named(name: str, finding: Finding, language: str) -> str:
    return f"{name} {finding.status.value}: {finding.sentence.words(language).rstrip('.')}"


def worst(findings: list[Finding]) -> Finding:
    """The one of several readers' findings that matters most; the first of equals. Raises ValueError for none."""
    order = [Status.FAILED, Status.WARNED, Status.PASSED, Status.LEFT_OUT]
    return min(findings, key=lambda finding: order.index(finding.status))
