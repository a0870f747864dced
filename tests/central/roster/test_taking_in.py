"""What a folder says goes in, what it says no more is taken back, and exactly the days that this touches are stale."""

import datetime as dt
import json

import pytest
import sqlalchemy as sa

from central.store import seen
from tests.central.roster.conftest import Importer

WEEK = [f"2018-11-{day}" for day in (12, 13, 14)]
EVERYBODY = [(staff, on) for staff in ("an", "binh", "chi") for on in WEEK]


def stale_after(importer: Importer, name: str, *lines: str) -> list[tuple[str, str]]:
    """What is stale once these lines are the file `name`; everybody was judged for three days before."""
    importer.judged(*EVERYBODY)
    done = importer.says(name, *lines)
    assert done.marked == len(importer.stale())
    return importer.stale()


def test_a_second_import_changes_nothing_and_says_so(importer: Importer):
    importer.folder.files |= {
        "leave": ["an,2018-11-12,2018-11-12,S,P,"],
        "field": ["binh,2018-11-12,SC,X.T1,Bám sát cơ sở,"],
        "hamlets": ["X.T1,X,xom,Xóm 1"],
        "duty": ["chi,2018-11-12,17:00,07:00+1,night,,an,trực đêm"],
        "manual": ["an,2018-11-13,AM,07:29,12:00,quên thẻ,binh,chi", "an,2018-11-13,PM,13:29,,quên thẻ,binh,"],
        "calendar": ["2019-01-01,holiday,H,,,,Tết Dương lịch"],
        "badges": ["em:00000001,an,,2018-11-12T12:00:00+07:00,active"],
        "policies": ["H,,,required_taps,2,09/QĐ"],
        "symbols": ["X,HL,study,Hội họp,Meeting,yes,công tác"],
        "work": ["binh,Y,2018-11-13,2018-11-13,07/QĐ"],
        "sites": ["S1,Trụ sở cũ,Khối 1,X,,", "S1,Trụ sở cũ,Khối 1,Y,,"],
        "rollcalls": ["2018-11-12,07:45,R1,an,present,binh", "2018-11-12,07:45,R1,binh,absent,binh"],
        "inspection": ["2018-11-12,09:00,X,an,present,,12/QĐ"],
        "succession": ["X,Y,2025-07-01"],
        "tickets": ["2018-11-12,1,ANTT,09:00,5,chi,satisfied"],
    }
    first = importer.take()
    assert {name: first.changed[name] for name in ("field", "manual", "sites", "rollcalls")} == {
        "field": 2, "manual": 2, "sites": 3, "rollcalls": 2,
    }  # fmt: skip
    assert first.notes == ("tickets.csv was read and left: nothing uses its 1 lines yet",)
    stored = importer.rows()
    again = importer.take()
    assert (again.total, again.marked, importer.rows()) == (0, 0, stored)


def test_a_change_is_told_to_the_doors_and_an_import_without_news_is_not(importer: Importer):
    importer.take()
    version = importer.all("SELECT value FROM counter WHERE name = 'roster'")
    importer.take()
    assert importer.all("SELECT value FROM counter WHERE name = 'roster'") == version
    importer.says("leave", "an,2018-11-12,2018-11-12,,P,")
    assert importer.all("SELECT value FROM counter WHERE name = 'roster'") != version


def test_a_line_that_is_gone_withdraws_the_fact_and_keeps_what_was_said(importer: Importer):
    importer.says("leave", "an,2018-11-12,2018-11-12,,P,phép năm", "binh,2018-11-12,2018-11-12,,P,")
    done = importer.says("leave", "binh,2018-11-12,2018-11-12,,P,")
    assert (done.changed["leave"], done.withdrawn) == (0, {"leave": 1})
    assert importer.all("SELECT staff FROM leave") == [("binh",)]
    ((noun, said),) = importer.all("SELECT noun, said FROM former_fact")
    assert (noun, json.loads(said)["staff"], json.loads(said)["reason"]) == ("leave", "an", "phép năm")


def test_a_file_that_is_not_there_says_nothing(importer: Importer):
    importer.says("leave", "an,2018-11-12,2018-11-12,,P,")
    del importer.folder.files["leave"]
    (importer.folder.path / "leave.csv").unlink()
    assert importer.take().total == 0
    assert importer.all("SELECT staff FROM leave") == [("an",)]


def test_adding_withdraws_nothing(importer: Importer):
    importer.says("leave", "an,2018-11-12,2018-11-12,,P,")
    importer.folder.files["leave"] = ["binh,2018-11-12,2018-11-12,,P,"]
    assert importer.take(keep=True).withdrawn == {}
    assert importer.all("SELECT staff FROM leave ORDER BY staff") == [("an",), ("binh",)]


def test_a_folder_speaks_only_for_its_own_people_and_for_what_came_by_import(importer: Importer):
    importer.says("leave", "an,2018-11-12,2018-11-12,,P,", "chi,2018-11-12,2018-11-12,,P,")
    with importer.store.write() as db:
        db.exec_driver_sql(
            "INSERT INTO leave (staff, date_from, date_to, symbol, reason, source)"
            " VALUES ('an', '2018-11-14', '2018-11-14', 'P', '', 'page')"
        )
    importer.folder.files["staff"] = importer.folder.files["staff"][:2]  # Chi is another folder's now
    importer.says("leave")
    assert importer.all("SELECT staff, source FROM leave ORDER BY staff") == [("an", "page"), ("chi", "import")]


def test_hours_that_end_replace_the_open_ones(importer: Importer):
    importer.take()
    importer.says(
        "schedules",
        "H,,2018-11-12,1-5,AM,07:30,12:00,5,0,01/TB", "H,,2018-11-12,1-5,PM,13:30,17:00,5,0,01/TB",
        "H,2018-11-13,,1-5,AM,07:00,11:30,5,0,02/TB", "H,2018-11-13,,1-5,PM,13:30,17:00,5,0,02/TB",
    )  # fmt: skip
    assert len(importer.all("SELECT id FROM schedule_row WHERE valid_to IS NULL")) == 2


@pytest.mark.parametrize(
    ("name", "lines", "touched"),
    [
        ("leave", ["an,2018-11-12,2018-11-13,,P,"], [("an", WEEK[0]), ("an", WEEK[1])]),
        ("field", ["binh,2018-11-14,S,,,"], [("binh", WEEK[2])]),
        ("manual", ["chi,2018-11-13,AM,07:30,12:00,quên thẻ,an,binh"], [("chi", WEEK[1])]),
        ("duty", ["an,2018-11-13,17:00,19:00,x,,chi,"], [("an", WEEK[1])]),
        ("calendar", ["2018-11-13,holiday,Y,,"], [("chi", WEEK[1])]),
        ("work", ["binh,Y,2018-11-13,2018-11-13,"], [("binh", WEEK[1])]),
        ("policies", ["Y,2018-11-13,2018-11-13,required_taps,2,"], [("chi", WEEK[1])]),
        ("schedules", ["H,,,1-5,AM,07:30,12:00,5,0,01/TB", "H,,,1-5,PM,13:30,17:00,5,0,01/TB",
                       "X,2018-11-14,2018-11-14,3,AM,07:00,11:00,5,0,03/TB"],
         [("an", WEEK[1]), ("an", WEEK[2]), ("binh", WEEK[1]), ("binh", WEEK[2])]),
        ("rollcalls", ["2018-11-12,07:45,R1,an,absent,binh"], []),
        ("inspection", ["2018-11-12,09:00,X,an,absent_unexcused,"], []),
        ("hamlets", ["X.T1,X,xom,Xóm 1"], []),
        ("sites", ["S1,Trụ sở,,X,,"], []),
        ("succession", ["X,Y,2025-07-01"], []),
        ("staff", ["an,Nguyễn Văn An,Y,,0,em:00000001,,,,", "binh,Lò Thị Bình,X,,1,em:00000002,,,,2018-11-13",
                   "chi,Vi Văn Chí,Y,Chủ tịch,0,em:00000003,,,,"],
         [*(("an", on) for on in WEEK), ("binh", WEEK[2])]),
        ("staff", ["an,Nguyễn Văn An,X,,0,em:00000001,,,,", "binh,Lò Thị Bình,X,,1,em:00000002,,,,",
                   "chi,Vi Văn Chi,Y,,0,em:00000003,,,,", "dung,Hà Văn Dũng,X,,2,em:00000004,,,2018-11-13,"],
         [("dung", WEEK[1]), ("dung", WEEK[2])]),
    ],
)  # fmt: skip
def test_an_import_touches_exactly_the_days_on_which_it_says_something_else(
    importer: Importer, name: str, lines: list[str], touched: list[tuple[str, str]]
):
    importer.take()
    assert stale_after(importer, name, *lines) == sorted(touched)
    before = importer.folder.files[name]
    if name not in ("staff", "schedules"):  # and taking it back touches the same days
        assert before and stale_after(importer, name) == sorted(touched)


def test_a_badge_touches_the_days_of_its_period_and_those_beside_them(importer: Importer):
    importer.says("badges", "em:00000001,an,,,active")
    assert stale_after(importer, "badges", "em:00000001,an,,,active", "em:00000007,binh,2018-11-14,,active") == [
        ("binh", WEEK[1]),
        ("binh", WEEK[2]),
    ]


def test_a_symbol_that_comes_to_mean_something_else_touches_the_leave_that_bears_it(importer: Importer):
    importer.says("leave", "an,2018-11-12,2018-11-12,,HL,", "chi,2018-11-12,2018-11-12,,HL,")
    assert stale_after(importer, "symbols", "X,HL,study,Hội họp,Meeting,yes,công tác") == [("an", WEEK[0])]


def test_a_calendar_day_that_somebody_withdrew_stays_withdrawn(importer: Importer):
    importer.says("calendar", "2018-11-13,holiday,H,,")
    with importer.store.write() as db:
        db.exec_driver_sql(
            "INSERT INTO calendar_decision (action, day_id, decided_by, reason, decided_ms)"
            " SELECT 'withdrawn', id, 'chi', '', 0 FROM calendar_day"
        )
    done = importer.take()
    assert done.total == 0 and done.notes == ("calendar.csv:2: 2018-11-13 was withdrawn by hand and stays withdrawn",)


def test_a_calendar_day_that_the_folder_drops_and_says_again_stands_again(importer: Importer):
    importer.says("calendar", "2018-11-13,holiday,H,,")
    assert importer.says("calendar").withdrawn == {"calendar": 1}
    assert importer.says("calendar", "2018-11-13,holiday,H,,").changed["calendar"] == 1
    assert importer.take().total == 0


def test_a_known_door_stays_where_it_stands(importer: Importer):
    importer.take()
    done = importer.says("devices", "D-X,Y,cổng", "D-Y,Y,cổng", "D-Z,Y,cổng sau")
    assert done.changed["devices"] == 1
    assert done.notes[0].startswith("devices.csv:2: D-X stands at X in the database and stays there")


def test_what_people_saw_is_kept_apart_and_replaced_as_a_whole(importer: Importer):
    importer.says("rollcalls", "2018-11-12,07:45,R1,an,present,binh", "2018-11-12,07:45,R1,chi,present,binh")
    done = importer.says("rollcalls", "2018-11-12,07:45,R1,an,absent,binh", "2018-11-12,07:45,R1,chi,present,binh")
    assert (done.changed["rollcalls"], done.withdrawn["rollcalls"], done.marked) == (2, 2, 0)
    with importer.store.read() as db:
        day = dt.date(2018, 11, 12)
        lines = seen.observed(db, seen.ROLL_CALLS, day, day)
    assert [(line["staff"], line["status"], line["taken_by"], line["at_min"]) for line in lines] == [
        ("an", "absent", "binh", 465),
        ("chi", "present", "binh", 465),
    ]


def test_an_entry_approved_by_its_author_is_refused_by_the_database_too(importer: Importer):
    importer.take()
    with pytest.raises(sa.exc.IntegrityError), importer.store.write() as db:
        db.exec_driver_sql(
            "INSERT INTO manual_entry (staff, date, session, reason, evidence, doc_no, entered_by, entered_ms,"
            " approved_by) VALUES ('an', '2018-11-12', 'AM', '', '', '', 'binh', 0, 'binh')"
        )
