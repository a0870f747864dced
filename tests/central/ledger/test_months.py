"""A month locked by signature stays as it was signed; what comes later is proposed in a month that is still open."""

import datetime as dt
import hashlib
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from central.errors import MonthError, UnknownUnitError
from central.months import Signing, intact, lock, unlock
from central.store import months
from central.store.months import Adjustment, Sheet
from central.store.signed import signed_rows
from central.store.verdicts import verdict_rows
from tests.central.ledger.office import DATE, Office, Sent, Station, at

MONTH = "2018-11"
FIRST, LAST = dt.date(2018, 11, 1), dt.date(2018, 11, 30)
DECEMBER = dt.date(2018, 12, 3)
JANUARY = dt.date(2019, 1, 2)
DAY = ("07:36", "12:00", "13:28", "17:00")


def signing(unit: str = "X", month: str = MONTH) -> Signing:
    return Signing(month, unit, "Nguyễn Văn Trưởng", "11/BCC")


def sign(office: Office, unit: str = "X", month: str = MONTH) -> Sheet:
    return lock(office.store, office.clock, signing(unit, month), accept_open=True).sheet


def listed(office: Office, month: str = "2018-12") -> list[Adjustment]:
    with office.store.read() as db:
        return [a for a in months.adjustments_in(db, month) if a.withdrawn_ms is None]


def told(office: Office, month: str = "2018-12") -> list[str]:
    return [f"{a.staff} {a.session}: {a.before} -> {a.after}" for a in listed(office, month)]


def printed(office: Office, *, live: bool = False) -> list[str]:
    with office.store.read() as db:
        rows = (verdict_rows if live else signed_rows)(db, DATE, DATE, "X")
    return [" ".join(word for word in (r.staff, r.session, r.outcome, *r.flags.split()) if word) for r in rows]


@pytest.fixture
def kept(office: Office) -> Iterator[Sent]:
    """A Monday of one person, signed in December; the tap of 07:20 is still in the door."""
    door = office.door()
    badge = office.person("an")
    door.start("06:30")
    early = door.tap(badge, "07:20", deliver=False)
    for time in DAY:
        door.tap(badge, time)
    door.heartbeat("18:01")
    office.until("18:02")
    office.station = door  # type: ignore[attr-defined]
    door.heartbeat("08:00", DECEMBER)
    office.until("08:01", DECEMBER)
    yield early


def employed_that_day_only(office: Office) -> None:
    with office.store.write() as db:
        db.execute(sa.text('UPDATE staff SET joined = :d, "left" = :d'), {"d": DATE.isoformat()})
        db.execute(sa.text("DELETE FROM session_verdict WHERE date <> :d"), {"d": DATE.isoformat()})


def late_tap(office: Office, early: Sent) -> None:
    """The tap of 07:20 comes after the signature."""
    door: Station = office.station  # type: ignore[attr-defined]
    door.deliver(early, received=office.clock.ms)
    office.ledger.settle()


def test_the_signed_sheet_stays_as_it_was_and_the_live_verdict_follows_the_facts(office: Office, kept: Sent) -> None:
    sheet = sign(office)
    late_tap(office, kept)
    assert printed(office) == ["an AM present late", "an PM present"]
    assert printed(office, live=True) == ["an AM present", "an PM present"]
    with office.store.read() as db:
        assert intact(db, sheet)


def test_a_late_fact_becomes_exactly_one_proposal_in_the_next_month(office: Office, kept: Sent) -> None:
    sign(office)
    late_tap(office, kept)
    (found,) = listed(office)
    assert told(office) == ["an AM: present late 6 -> present"]
    assert found.reason.startswith("+ punch ")
    office.mark("an")
    office.ledger.settle()
    assert listed(office) == [found]


def test_a_further_fact_brings_the_same_proposal_up_to_date(office: Office, kept: Sent) -> None:
    sign(office)
    late_tap(office, kept)
    office.leave("an", "AM")
    office.mark("an")
    office.ledger.settle()
    assert told(office) == ["an AM: present late 6 -> leave"]
    assert "leave P" in listed(office)[0].reason


def test_a_withdrawn_fact_withdraws_the_proposal_and_leaves_its_trace(office: Office, kept: Sent) -> None:
    sign(office)
    office.leave("an", "AM")
    office.mark("an")
    office.ledger.settle()
    assert told(office) == ["an AM: present late 6 -> leave"]
    with office.store.write() as db:
        db.execute(sa.text("DELETE FROM leave"))
    office.mark("an")
    office.ledger.settle()
    assert told(office) == []
    with office.store.read() as db:
        (trace,) = months.adjustments_in(db, "2018-12")
    assert trace.withdrawn_ms == office.clock.ms


def test_a_session_that_there_was_not_is_proposed_as_a_new_line(office: Office, kept: Sent) -> None:
    saturday = DATE + dt.timedelta(days=5)
    sign(office)
    with office.store.write() as db:
        db.execute(sa.text("UPDATE schedule_row SET weekdays = 127 WHERE session = 'AM'"))
        db.execute(sa.text("UPDATE counter SET value = value + 1 WHERE name = 'roster'"))
    office.mark("an", saturday)
    office.ledger.settle()
    assert told(office) == ["an AM: no line -> absent"]


def test_what_comes_after_the_next_month_is_signed_too_is_listed_in_the_one_after(office: Office, kept: Sent) -> None:
    sign(office)
    late_tap(office, kept)
    office.clock.ms = at("08:00", JANUARY)
    sign(office, month="2018-12")
    office.leave("an", "AM")
    office.mark("an")
    office.ledger.settle()
    assert told(office, "2018-12") == ["an AM: present late 6 -> present"]
    assert told(office, "2019-01") == ["an AM: present -> leave"]


def test_a_fact_for_another_unit_or_month_proposes_nothing(office: Office, kept: Sent) -> None:
    office.unit("Y", "H")
    office.person("binh", "Y")
    sign(office)
    with office.store.read() as db:
        before = months.adjustments_in(db, "2018-12")
    office.mark("binh")
    office.mark("an", DECEMBER)
    office.ledger.settle()
    with office.store.read() as db:
        assert months.adjustments_in(db, "2018-12") == before == []


def test_nothing_is_proposed_while_the_doors_have_not_delivered(office: Office, kept: Sent) -> None:
    sign(office)
    with office.store.write() as db:
        db.execute(sa.text("UPDATE device_state SET delivered_until_ms = NULL"))
        db.execute(sa.text("DELETE FROM event WHERE kind = 'punch'"))
    office.mark("an")
    office.ledger.settle()
    assert office.says("an") == ["AM pending", "PM pending"]
    assert listed(office) == []


def test_locking_is_refused_with_the_list_while_something_is_open(office: Office) -> None:
    door = office.door()
    office.person("an")
    door.start("06:30")
    office.until("10:00")
    office.clock.ms = at("08:00", DECEMBER)
    said = r"(?s)has open items.*--accept-open:\n  an: 29 days not judged \(1-11 Nov, 13-30 Nov\)\n  an: 1 day p"
    with pytest.raises(MonthError, match=said):
        lock(office.store, office.clock, signing())
    with office.store.read() as db:
        assert months.sheets(db) == []


def test_a_month_that_still_runs_is_refused_even_with_its_open_items(office: Office) -> None:
    door = office.door()
    office.person("an")
    door.start("06:30")
    office.until("10:00")
    said = r"runs until 2018-11-30; sign it from 2018-12-01 on.*\n  an: 11 days not judged \(1-11 Nov\)\n  an: 1 day p"
    with pytest.raises(MonthError, match=f"(?s){said}"):
        lock(office.store, office.clock, signing(), accept_open=True)
    office.clock.ms = at("23:59:59", LAST)
    with pytest.raises(MonthError, match="runs until"):
        lock(office.store, office.clock, signing(), accept_open=True)
    office.clock.ms = at("00:00", LAST + dt.timedelta(days=1))
    assert lock(office.store, office.clock, signing(), accept_open=True).open


def test_a_month_that_has_not_begun_is_refused(office: Office) -> None:
    office.person("an")
    with pytest.raises(MonthError, match="2019-01 has not begun, today is 2018-11-12"):
        lock(office.store, office.clock, signing(month="2019-01"), accept_open=True)


def test_a_unit_without_anybody_has_no_month_to_sign(office: Office, kept: Sent) -> None:
    office.unit("Y", "H")
    with pytest.raises(MonthError, match="nobody belonged to Y or a unit below it in 2018-11"):
        lock(office.store, office.clock, signing("Y"), accept_open=True)


def test_a_unit_that_has_ended_has_no_month_to_sign(office: Office, kept: Sent) -> None:
    with office.store.write() as db:
        db.execute(sa.text("UPDATE unit SET valid_to = '2018-10-31' WHERE code = 'X'"))
    with pytest.raises(UnknownUnitError, match=r"valid from \.\.\. to 2018-10-31, not from 2018-11-01"):
        lock(office.store, office.clock, signing(), accept_open=True)


def test_marked_and_set_aside_days_are_open_as_well(office: Office, kept: Sent) -> None:
    from central.store import faults, marks

    office.mark("an")
    with office.store.write() as db:
        faults.set_aside(db, marks.stale_days(db)[0], "ValueError: x", 1)
    with pytest.raises(
        MonthError, match=r"(?s)an: 1 day set aside \(12 Nov\).*an: 1 day to be judged again \(12 Nov\)"
    ):
        lock(office.store, office.clock, signing())


def test_a_month_without_anything_open_is_signed_without_further_words(office: Office, kept: Sent) -> None:
    employed_that_day_only(office)
    locked = lock(office.store, office.clock, signing())
    assert (locked.open, locked.sheet.lines) == ((), 2)


def test_whose_month_it_is_goes_by_the_home_unit_on_each_date(office: Office, kept: Sent) -> None:
    office.unit("Y", "H")
    office.person("binh", "Y", workplace="X")
    office.person("chi", "X", workplace="Y")
    for staff in ("binh", "chi"):
        office.mark(staff)
    office.ledger.settle()
    sheet = sign(office)
    with office.store.read() as db:
        assert {line.staff for line in months.lines(db, [sheet.id])} == {"an", "chi"}


def test_the_digest_is_that_of_the_canonical_form(office: Office, kept: Sent) -> None:
    employed_that_day_only(office)
    sheet = sign(office)
    form = (
        '["diemdanh-month",1,"2018-11","X","Nguyễn Văn Trưởng","11/BCC"]\n'
        '["an","X","2018-11-12","AM","present","late","+",6,0]\n'
        '["an","X","2018-11-12","PM","present","","+",0,0]\n'
    )
    assert sheet.digest == hashlib.sha256(form.encode()).hexdigest()


def test_no_part_of_a_signed_month_is_signed_again(office: Office, kept: Sent) -> None:
    sign(office)
    for unit in ("X", "H"):
        with pytest.raises(MonthError, match="of X is signed already"):
            sign(office, unit)


def test_unlocking_needs_a_name_and_a_reason_and_is_kept(office: Office, kept: Sent) -> None:
    sheet = sign(office)
    late_tap(office, kept)
    for by, reason in (("", "sai"), ("Trần Thị Phó", " ")):
        with pytest.raises(MonthError, match="must be named"):
            unlock(office.store, office.clock, Signing(MONTH, "X", by, ""), reason)
    unlock(office.store, office.clock, Signing(MONTH, "X", "Trần Thị Phó", "12/CV"), "ký nhầm bảng")
    with office.store.read() as db:
        steps = months.steps(db, MONTH)
        (kept_sheet,) = months.sheets(db, [MONTH], in_force=False)
        assert months.sheets(db, [MONTH]) == []
    assert [(s.what, s.by, s.doc_no, s.reason) for s in steps] == [
        ("locked", "Nguyễn Văn Trưởng", "11/BCC", steps[0].reason),
        ("unlocked", "Trần Thị Phó", "12/CV", "ký nhầm bảng"),
    ]
    assert kept_sheet.digest == sheet.digest
    assert printed(office) == printed(office, live=True) == ["an AM present", "an PM present"]
    assert listed(office) == []


def test_a_month_that_is_not_locked_cannot_be_unlocked(office: Office) -> None:
    with pytest.raises(MonthError, match="is not locked"):
        unlock(office.store, office.clock, signing(), "why not")


@pytest.mark.parametrize("month", ["2018-13", "2018", "0000-01", "11-2018", "2018-11-01"])
def test_what_is_no_month_is_refused(office: Office, month: str) -> None:
    with pytest.raises(MonthError, match="write YYYY-MM"):
        lock(office.store, office.clock, signing(month=month))


def test_an_unknown_unit_has_no_month(office: Office) -> None:
    with pytest.raises(UnknownUnitError, match="there is no unit 'Z'"):
        lock(office.store, office.clock, signing("Z"))


def test_an_altered_line_is_found_out(office: Office, kept: Sent) -> None:
    sheet = sign(office)
    with office.store.write() as db:
        values = {"id": sheet.id, "flags": ""}
        db.execute(
            sa.text(
                "INSERT INTO month_line SELECT sheet_id, 'binh', date, session, unit, position, outcome, flags, symbol,"
                " late_min, early_min, rests_on FROM month_line WHERE sheet_id = :id"
            ),
            values,
        )
    with office.store.read() as db:
        assert not intact(db, sheet)


@pytest.mark.parametrize(
    "statement", ["UPDATE month_line SET flags = ''", "DELETE FROM month_line", "DELETE FROM month_event"]
)
def test_the_database_itself_refuses_to_change_what_was_signed(tmp_path, statement: str) -> None:
    from central.store import open_store

    store = open_store(f"sqlite:///{tmp_path / 'migrated.db'}")
    store.upgrade()
    sheet = Sheet(0, MONTH, "X", "a", "b", 1, 1, "d", None)
    from central.sheets import Line, Value

    with store.write() as db:
        number = months.add_sheet(db, sheet, [Line("an", "X", DATE, "AM", 0, Value("present"))])
        months.record(db, months.Step(1, MONTH, "X", "locked", "a", "b", "", number, "d"))
    with pytest.raises(sa.exc.DBAPIError, match="rows are only added"), store.write() as db:
        db.execute(sa.text(statement))
    store.close()
