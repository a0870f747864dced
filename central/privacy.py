"""What is held about a person, made into a document; how long records stay; and people who are made nameless.

What proves something stays whatever is decided: sealed events, the audit log, signed sheets and minutes. They know
people by code and badge number; in the log and on paper, names that were once written stay too, for whoever may read
those. Everything else shows a person who was made nameless under a name that says nothing.
"""

import datetime as dt
import json
from dataclasses import dataclass

import sqlalchemy as sa

from central.clock import Clock
from central.errors import CentralError
from central.moments import local_date, midnight_ms, moment
from central.store import Store, fleet, personal, retention, users
from central.store.audit import Deed, acting

FORMAT = "diemdanh/person/1"
VIEWS, QUARANTINE, DEPARTED = "views", "quarantine", "departed"
STANDARD: dict[str, int | None] = {VIEWS: 24, QUARANTINE: 12, DEPARTED: None}
"""Months that each kind is kept before anybody decides otherwise; None: until somebody says how long."""
STAYS = {
    "events": "sealed by the stations: without them no punch can be proved, and no day judged again",
    "audit": "chained: a gap would look like a forgery",
    "sheets": "signed timesheets and minutes: kept as long as accounting law asks",
}
LONGEST = 600
WORD_CHARS = 80
TITLES: dict[str, tuple[str, str]] = {
    "staff": ("Cán bộ", "Person"),
    "assignment": ("Đơn vị và chức vụ", "Units and positions"),
    "audit": ("Nhật ký thay đổi", "Audit log"),
    "badge": ("Thẻ", "Badges"),
    "case_event": ("Diễn biến vụ việc", "Steps of cases"),
    "day_verdict": ("Kết luận theo ngày", "Verdicts by day"),
    "duty_slot": ("Ca trực", "Duty slots"),
    "duty_verdict": ("Kết luận ca trực", "Verdicts of duty slots"),
    "field_duty": ("Đi cơ sở", "Field duty"),
    "former_fact": ("Dữ liệu đã rút lại", "Facts that were withdrawn"),
    "inspection_line": ("Kiểm tra đột xuất (nhập vào)", "Inspections (imported)"),
    "leave": ("Nghỉ phép", "Leave"),
    "manual_entry": ("Bổ sung công", "Manual entries"),
    "month_adjustment": ("Đề nghị điều chỉnh sau khi ký", "Adjustments after signing"),
    "month_line": ("Bảng chấm công đã ký", "Signed timesheets"),
    "office_case": ("Vụ việc", "Cases"),
    "outing_decision": ("Quyết định về việc ra ngoài", "Decisions about outings"),
    "overtime_proposal": ("Đề nghị làm thêm giờ", "Overtime proposals"),
    "punch": ("Lượt quẹt thẻ", "Punches"),
    "roll_call_line": ("Điểm danh (nhập vào)", "Roll calls (imported)"),
    "seen_person": ("Danh sách điểm danh, kiểm tra", "Lists of roll calls and inspections"),
    "seen_word": ("Kết quả điểm danh, kiểm tra", "What roll calls and inspections saw"),
    "session_verdict": ("Kết luận theo buổi", "Verdicts by session"),
    "web_user": ("Người dùng", "Login"),
    "work_assignment": ("Nơi làm việc", "Places of work"),
}


class PrivacyError(CentralError, ValueError):
    """Nothing was changed; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What a rule took away, or would. months: None = nothing is ever taken."""

    kind: str
    months: int | None
    doc_no: str
    amount: int


def export(store: Store, clock: Clock, code: str, who: str, route: str) -> str:
    """Everything held about a person as JSON text; that somebody looked is kept. Raises PrivacyError."""
    now_ms = clock.now_ms()
    with store.write() as db:
        _known(db, code)
        users.add_view(db, now_ms, who[:80], "export", route, code)
    # The log is searched whole: nobody who writes waits for that.
    with store.read() as db:
        held = personal.held(db, code)
    sections = [
        {"name": name, "vi": TITLES[name][0], "en": TITLES[name][1], "rows": rows} for name, rows in held.items()
    ]
    made = {"format": FORMAT, "staff": code, "made": moment(now_ms).isoformat(), "sections": sections, "stays": STAYS}
    return json.dumps(made, ensure_ascii=False, indent=1) + "\n"


def make_nameless(store: Store, clock: Clock, code: str, doc_no: str, by: str, *, only_look: bool = False) -> int:
    """Take a person's name and all free words about them away; how many rows that changes. Raises PrivacyError."""
    _documented(doc_no, by)
    with store.write() as db:
        _check(db, code, local_date(clock.now_ms()))
        changed = _make_nameless(db, code, doc_no, by, clock.now_ms())
        if only_look:
            db.rollback()
    return changed


def _known(db: sa.Connection, code: str) -> None:
    if not personal.is_known(db, code):
        raise PrivacyError(f"{code}: nobody has this code; `staff --search NAME` finds people")


def _documented(doc_no: str, by: str) -> None:
    if not doc_no.strip():
        raise PrivacyError("no document says so: give the number of the request or decision")
    if len(doc_no) > WORD_CHARS or len(by) > WORD_CHARS:
        raise PrivacyError(f"number of the document and name: at most {WORD_CHARS} letters each")


def _check(db: sa.Connection, code: str, today: dt.date) -> None:
    _known(db, code)
    last = personal.last_day(db, code)
    if last is None or last >= today:
        raise PrivacyError(f"{code}: still employed; whoever is judged has a name (`left` in staff.csv says otherwise)")
    if personal.has_open_case(db, code):
        raise PrivacyError(f"{code}: a case waits for its decision; `cases decide` first")
    if code in retention.nameless(db):
        raise PrivacyError(f"{code}: was made nameless already")


def _make_nameless(db: sa.Connection, code: str, doc_no: str, by: str, now_ms: int) -> int:
    changed = personal.make_nameless(db, code, now_ms)
    fleet.bump(db, "roster")
    retention.add(
        db, {"what": "nameless", "kind": code, "amount": changed, "doc_no": doc_no, "by": by, "at_ms": now_ms}
    )
    return changed


def decide(store: Store, clock: Clock, kind: str, months: int | None, doc_no: str, by: str) -> None:
    """From now on records of this kind go after so many months; None: they stay. Raises PrivacyError."""
    if kind not in STANDARD:
        why = f"; {STAYS[kind]}" if kind in STAYS else ""
        raise PrivacyError(f"{kind}: there is no rule for this{why}. Kinds are {', '.join(STANDARD)}")
    if months is not None and not 1 <= months <= LONGEST:
        raise PrivacyError(f"{kind}: {months} months must lie between 1 and {LONGEST}")
    _documented(doc_no, by)
    rule = {"what": "rule", "kind": kind, "months": months, "doc_no": doc_no, "by": by, "at_ms": clock.now_ms()}
    with store.write() as db:
        retention.add(db, rule)


def in_force(store: Store) -> dict[str, int | None]:
    """Months that each kind is kept; None: nothing of it goes by itself."""
    with store.read() as db:
        decided = retention.rules(db)
    return {kind: decided.get(kind, (standard, ""))[0] for kind, standard in STANDARD.items()}


def due(store: Store, clock: Clock) -> list[Applied]:
    """What each rule would take away now."""
    with store.read() as db:
        return [_applied(db, kind, clock.now_ms(), look=True) for kind in STANDARD]


def apply(store: Store, clock: Clock) -> list[Applied]:
    """Take away what the rules say; each kind of which something went is written down."""
    now_ms = clock.now_ms()
    with store.write() as db:
        done = [_applied(db, kind, now_ms, look=False) for kind in STANDARD]
        for one in done:
            if one.amount:
                kept = {"what": "applied", "kind": one.kind, "months": one.months, "amount": one.amount}
                retention.add(db, {**kept, "doc_no": one.doc_no, "at_ms": now_ms})
    return done


def _applied(db: sa.Connection, kind: str, now_ms: int, *, look: bool) -> Applied:
    months, doc_no = retention.rules(db).get(kind, (STANDARD[kind], ""))
    if months is None:
        return Applied(kind, None, doc_no, 0)
    until = months_before(local_date(now_ms), months)
    if kind == DEPARTED:
        gone = retention.nameless(db)
        codes = [code for code in personal.left_before(db, until) if code not in gone]
        ready = [code for code in codes if not personal.has_open_case(db, code)]
        for code in () if look else ready:
            _make_nameless(db, code, doc_no, "", now_ms)
        return Applied(kind, months, doc_no, len(ready))
    old = (retention.old_views if kind == VIEWS else retention.old_quarantine)(midnight_ms(until))
    return Applied(kind, months, doc_no, retention.count(db, old) if look else retention.take_away(db, old))


def months_before(day: dt.date, months: int) -> dt.date:
    """The same day so many months earlier; the last of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    for date in range(day.day, 27, -1):
        try:
            return dt.date(year, month + 1, date)
        except ValueError:
            continue
    return dt.date(year, month + 1, day.day)


class Forgetting:
    """Applies the rules once a local date. One thread asks."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._looked: dt.date | None = None

    def look(self) -> None:
        """Do what is due; cheap, except at the first call of a date."""
        today = local_date(self._clock.now_ms())
        if today == self._looked:
            return
        with acting(Deed("", "retention", "what the rules say")):
            apply(self._store, self._clock)
        self._looked = today
