"""The past of one device as its page tells it, and what is to be done about it: words, no HTML."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from central.moments import moment
from central.presence import DoorNow
from central.silence import Silence
from central.store import decisions, history, quarantine
from central.store.accounts import Account
from central.store.history import Remark, Run
from central.store.moves import MOVED, move_of
from central.store.orders import COMMAND
from central.web.board import FINDINGS
from central.web.device_words import CODES, DECISIONS, FINDING_REMEDIES, LOST, REFUSED, REMARKS, REMEDIES
from central.web.fleet import Known
from central.web.texts import catalogue

MOST_REMARKS, MOST_RUNS = 20, 5


@dataclass(frozen=True, slots=True)
class Told:
    """One line of the past. kind: what the page colours it by."""

    at: str
    text: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class RunLine:
    """One journal as the page shows it."""

    journal: str
    at: str
    stored: int
    head: int
    sealed: int
    parent: str | None
    findings: str


def story_of(db: Any, door: DoorNow, known: Known, language: str) -> dict[str, Any]:
    """todo, open, remarks, decisions and runs of a device, as its template names them."""
    account, mine = known.accounts.get(door.device, Account()), [door.device]
    return {
        "todo": _todo(door, account, language),
        "open": _open(db, door, language),
        "remarks": [_remark(one, language) for one in history.remarks(db, door.device, MOST_REMARKS)],
        "decisions": [
            _decision(one, language) for one in reversed(decisions.decisions(db, mine)) if one.what != COMMAND
        ],
        "runs": [_run(one, language) for one in history.runs(db, door.device, MOST_RUNS)],
    }


def _at(ms: int) -> str:
    return f"{moment(ms):%H:%M %d/%m/%Y}"


def _todo(door: DoorNow, account: Account, language: str) -> list[str]:
    say = catalogue(language).gettext
    why = Silence(door.reason) if door.reason else None
    found = [REMEDIES[why]] if why in REMEDIES else []
    found += [FINDING_REMEDIES[word] for word in account.findings if word in FINDING_REMEDIES]
    if account.lost:
        found.append(LOST)
    if account.quarantined:
        found.append(REFUSED)
    return [say(text) for text in dict.fromkeys(found)]


def _open(db: Any, door: DoorNow, language: str) -> list[str]:
    """Forks, holes, closures and what is in quarantine, each with the command that decides it."""
    say, mine = catalogue(language).gettext, [door.device]
    found = [
        say("Journal %s, events %d to %d: two versions (`device fork`).") % (one.journal, one.first, one.last)
        for one in decisions.open_forks(db, mine)
    ]
    found += [
        say("Journal %s, events %d to %d cannot come any more.") % (one.journal, one.first, one.last)
        for one in decisions.lost(db, mine)
    ]
    found += [
        say("Out of use from %s to %s: %s (document %s).")
        % (_at(one.from_ms), _at(one.to_ms), one.reason, one.doc_no or "–")
        for one in decisions.closures(db, mine)
    ]
    found += [
        say("%d messages were refused, the last one at %s: %s") % (one.messages, _at(one.last_ms), one.problem[:200])
        for one in quarantine.held_of(db, door.device)
    ]
    return found


def _remark(one: Remark, language: str) -> Told:
    say = catalogue(language).gettext
    code = say(CODES[one.code]) if one.code in CODES else one.code
    detail = ", ".join(part for part in (code, one.which) if part)
    word = say(REMARKS[one.kind])
    return Told(_at(one.at_ms), f"{word}: {detail}" if detail else word, one.kind)


def _decision(one: decisions.Decision, language: str) -> Told:
    say = catalogue(language).gettext
    word = say(DECISIONS[one.what]) if one.what in DECISIONS else one.what
    detail = _move(one.detail, say) if one.what == MOVED else one.detail
    behind = " · ".join(part for part in (detail, one.by, one.doc_no) if part)
    return Told(_at(one.at_ms), f"{word}: {behind}" if behind else word)


def _move(detail: str, say: Callable[[str], str]) -> str:
    move = move_of(detail)
    return say("from %s to %s, from %s on") % (move.before or "–", move.unit, f"{move.on:%d/%m/%Y}")


def _run(one: Run, language: str) -> RunLine:
    say = catalogue(language).gettext
    words = ", ".join(dict.fromkeys(say(FINDINGS.get(word, word)) for word in one.findings))
    return RunLine(one.journal, _at(one.first_ms), one.stored, one.head, one.sealed, one.parent, words)
