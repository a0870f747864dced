"""Recorded cases of attendance: a JSON file in, the rules' answers out (`diemdanh-central evaluate FILE`).

The format: `central.case_format`. No database, no clock: a case says itself when it is asked. A case that does not
follow the format silences no other: it is answered by its error.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from central.case_format import CaseFormatError, day_of
from central.errors import CentralError
from central.rules import evaluate
from central.rules.day import DayVerdict, SessionVerdict

SHOWN = 20
"""So many errors are told one by one."""


class CasesError(CentralError, ValueError):
    """A file of cases that cannot be read, or cases of it; the message names the file, the element and the remedy."""


def run(path: str | Path) -> list[dict[str, Any]]:
    """Judge every case of the file, in its order: `{"id", "status", "sessions"}` with the keys of `expected`.

    A case that does not follow the format has `{"id", "error"}` instead; `refuse` tells them all. Raises `CasesError`
    when the file cannot be read or is no JSON object of `schedules` and `cases`.
    """
    content = _content(path)
    schedules, cases = content.get("schedules"), content.get("cases")
    if not isinstance(schedules, dict) or not isinstance(cases, list):
        raise CasesError(f"{path}: needs an object with an object `schedules` and a list `cases`; see the README")
    return [_answer(case, schedules, f"cases[{number}]") for number, case in enumerate(cases)]


def refuse(path: str | Path, answers: Sequence[Mapping[str, Any]]) -> None:
    """Raises `CasesError` with every error among the answers; nothing when there is none."""
    errors = [answer["error"] for answer in answers if "error" in answer]
    if errors:
        more = [f"and {len(errors) - SHOWN} more"] if len(errors) > SHOWN else []
        raise CasesError("\n".join(f"{path}: {line}" for line in [*errors[:SHOWN], *more]))


def as_json(verdict: DayVerdict) -> dict[str, Any]:
    """The verdict with the keys and words of the cases' `expected`."""
    sessions = [_session_json(verdict.work_date, s) for s in verdict.sessions]
    return {"status": verdict.status.value, "sessions": sessions}


def _content(path: str | Path) -> dict[str, Any]:
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise CasesError(f"{path}: cannot be read ({error.strerror}); name an existing file of cases") from error
    except RecursionError as error:
        raise CasesError(f"{path}: nested too deep for a file of cases; see the format in the README") from error
    except ValueError as error:
        raise CasesError(f"{path}: not a JSON file of cases ({error}); see the format in the README") from error
    return content if isinstance(content, dict) else {}


def _answer(case: Any, schedules: Mapping[str, Any], path: str) -> dict[str, Any]:
    name = case.get("id") if isinstance(case, dict) else None
    try:
        if isinstance(case, dict) and (not isinstance(name, str | int) or isinstance(name, bool)):
            raise CaseFormatError(f"{path}.id: is missing or no text; write a name of the case")
        return {"id": name, **as_json(evaluate(day_of(case, schedules, path)))}
    except CaseFormatError as error:
        return {"id": name, "error": str(error) if name is None else f"case {name}: {error}"}


def _session_json(work_date: date, verdict: SessionVerdict) -> dict[str, Any]:
    return {
        "session": verdict.session.name,
        "date": work_date.isoformat(),
        "outcome": verdict.outcome.value,
        "in": _text(verdict.time_in),
        "out": _text(verdict.time_out),
        "late_min": verdict.late_min,
        "early_min": verdict.early_min,
        "worked_min": verdict.worked_min,
        "flags": [f.value for f in verdict.flags],
    }


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.strftime("%Y-%m-%d %H:%M:%S")
