"""Facts that contradict each other are refused, each with its reason, and nothing of the folder is stored."""

import pytest

from tests.central.roster.conftest import Importer

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.mark.parametrize(
    ("file", "lines", "said"),
    [
        ("schedules", ["H,,,5,X,11:00,13:00,0,0,"], "schedules.csv:4, column start: overlaps the session of line 2"),
        ("schedules", ["H,,,6,N,22:00,06:00+1,0,0,", "H,,,7,S,05:00,09:00,0,0,"],
         "schedules.csv:5, column start: overlaps the session of line 4"),
        ("schedules", ["H,,,7,N,22:00,06:00+1,0,0,", "H,,,6,S,05:00,09:00,0,0,"], None),
        ("schedules", ["H,,,5,AM,18:00,19:00,0,0,"], "column session: is the session of line 2 on the same dates"),
        ("schedules", ["X,,,6,AM,12:00,07:30,0,0,"], "column end: is not after start"),
        ("schedules", ["X,,,6,AM,07:00,11:00,-5,0,"], "column grace_late_min: '-5' is negative"),
        ("leave", ["dung,2018-11-12,2018-11-12,,P,"], "column staff: 'dung' is not in staff.csv; add the person"),
        ("leave", ["an,2018-11-12,2018-11-14,,P,", "an,2018-11-14,2018-11-15,,CT,"],
         "leave.csv:3, column symbol: says 'CT' where line 2 says 'P'"),
        ("leave", ["an,2018-11-12,2018-11-12,S,P,", "an,2018-11-12,2018-11-12,C,CT,"], None),
        ("leave", ["an,2018-11-12,2018-11-12,S,P,", "an,2018-11-12,2018-11-12,,CT,"],
         "says 'CT' where line 2 says 'P'"),
        ("badges", ["em:00000009,an,,,active", "em:00000009,binh,2018-11-01,,active"],
         "column badge_uid: is held by another person too (line 2)"),
        ("badges", ["em:00000009,an,,,active", "em:00000009,an,2018-11-01,,lost"],
         "column state: is active at the same time (line 2)"),
        ("badges", ["em:00000009,an,2018-11-02,2018-11-01,active"], "column valid_to: lies before valid_from"),
        ("units", ["P,Q,room,Phòng A,,", "Q,P,room,Phòng B,,"], "units.csv:5, column parent: unit 'P' is above itself"),
        ("units", ["P,Q,room,A,2018-01-01,2018-12-31", "Q,H,room,B,,2018-05-31", "Q,P,room,B,2018-06-01,"],
         "unit 'P' is above itself on 2018-06-01"),
        ("units", ["P,Q,room,A,,2018-05-31", "P,H,room,A,2018-06-01,", "Q,H,room,B,,2018-05-31",
                   "Q,P,room,B,2018-06-01,"], None),
        ("units", ["X,,commune,Xã Hạ Khê,2019-01-01,"], "X has a line for the same dates already (line 3)"),
        ("succession", ["X,X,2019-01-01"], "a unit cannot take over from itself"),
        ("succession", ["X,Y,2019-01-01", "Y,X,2019-01-01"], "both units take over from each other"),
        ("duty", ["dung,2018-11-12,17:00,07:00+1,night,,,"], "duty.csv:2, column staff: 'dung' is not in staff.csv"),
        ("duty", ["an,2018-11-12,17:00,07:00+1,night,,dung,"], "column stand_in: 'dung' is not in staff.csv"),
        ("duty", ["an,2018-11-12,17:00,07:00,night,,,"], "column end: is not after start; write HH:MM+1"),
        ("duty", ["an,2018-11-12,17:00,19:00,x,,an,"], "column stand_in: is the person who has to come"),
        ("duty", ["an,2018-11-12,17:00,19:00,x,,,", "an,2018-11-12,17:00,19:00,x,,,"],
         "has this slot already (line 2)"),
        ("manual", ["an,2018-11-12,AM,07:30,12:00,quên thẻ,binh,binh"],
         "manual.csv:2, column approved_by: 'binh' entered it; somebody else has to approve it"),
        ("manual", ["an,2018-11-12,AM,,,quên thẻ,binh,chi"], "column in: and out are both empty"),
        ("manual", ["an,2018-11-12,AM,12:00,07:30,quên thẻ,binh,chi"], "column out: is not after in"),
        ("manual", ["an,2018-11-12,X,07:30,12:00,quên thẻ,binh,chi"], "'X' is no session of schedules.csv (AM, PM)"),
        ("manual", ["an,2018-11-12,AM,07:30,,a,binh,chi", "an,2018-11-12,AM,07:20,,b,binh,chi"],
         "says otherwise than line 2, and both are approved"),
        ("calendar", ["2019-01-05,make_up,H,,"], "column for_date: is given for make_up days"),
        ("calendar", ["2019-01-05,make_up,H,,2019-01-05"], "column for_date: is the day itself"),
        ("calendar", ["2019-01-05,working,H,,"], "column kind: 'working' is none of"),
        ("calendar", ["2019-01-05,holiday,H,,", "2019-01-05,swapped_off,H,,"], "the day is holiday already (line 2)"),
        ("calendar", ["2007-02-18,holiday,H,,,,Tết Nguyên đán"],
         "calendar.csv:2, column date: 2007-02-18 is New Year's Day of the Chinese calendar"),
        ("calendar", ["2030-02-03,holiday,H,,,,Mùng 1 Tết"], "2030-02-03 is not 'Mùng 1 Tết': that is 2030-02-02"),
        ("calendar", ["2030-02-03,holiday,H,05/TB,"], "2030-02-03 is New Year's Day of the Chinese calendar"),
        ("calendar", ["2053-02-19,holiday,H,,"], "Vietnam's (UTC+7) is 2053-02-18"),
        ("calendar", ["2007-02-17,holiday,H,,,,Tết Nguyên đán", "2007-02-18,holiday,X,,"], None),
        ("policies", ["H,,,no_such,1,"], "policies.csv:2, column name: 'no_such' is no policy; write one of"),
        ("policies", ["H,,,required_taps,3,"], "policies.csv:2, column value: policy required_taps = '3'"),
        ("policies", ["H,,,required_taps,2,", "H,2018-01-01,,required_taps,4,"], "for the same dates already (line 2)"),
        ("symbols", ["X,P,holiday,Nghỉ,,,"], "column kind: 'holiday' is none of leave, trip, study"),
        ("work", ["an,X,,,"], "is the home unit already"),
        ("work", ["an,Y,,2018-11-30,", "an,H,2018-11-01,,"], "an has a line for the same dates already"),
        ("sites", ["S1,Trụ sở A,,X,,", "S1,Trụ sở B,,Y,,"], "is described otherwise in line 2"),
        ("rollcalls", ["2018-11-12,07:45,R1,an,present,chi", "2018-11-12,07:45,R1,an,absent,chi"],
         "was noted in line 2 already"),
        ("inspection", ["2018-11-12,09:00,X,dung,present,"],
         "inspection.csv:2, column staff: 'dung' is not in staff.csv"),
    ],
)  # fmt: skip
def test_a_contradiction_refuses_the_folder(importer: Importer, file: str, lines: list[str], said: str | None):
    if said is None:  # what is next to a contradiction and none
        importer.says(file, *importer.folder.files.get(file, []), *lines)
    else:
        assert said in importer.refuses(file, *lines)


def test_a_missing_file_is_told_in_one_line_and_nobody_is_called_unknown_for_it(importer: Importer):
    del importer.folder.files["staff"]
    (importer.folder.path / "staff.csv").unlink(missing_ok=True)
    assert importer.refuses("leave", "an,2018-11-12,2018-11-12,,P,").splitlines()[1:] == [
        "staff.csv:1: is missing; an import needs units, staff, devices and schedules"
    ]
