"""A recording through intake: all or nothing, once, in any order, and nobody accused of what it does not speak of."""

import datetime as dt
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path

import pytest
import sqlalchemy as sa

from central.errors import ImportRefusedError
from central.replay import replay
from central.replaying.progress import Bar, line
from central.roster.imports import import_office
from central.store import Store, open_store
from central.store.verdicts import verdict_rows
from edge.wire.events import ClockSet, Punch, decode_event
from tests.central.ledger.office import HandClock, at

ROOT = Path(__file__).parents[2]
CLOCK = HandClock(at("08:00", dt.date(2018, 11, 19)))
OFFICE = {
    "units": ("code,parent,type,name_vi,valid_from,valid_to", "H,,district,Huyện,,", "X,H,commune,Xã X,,"),
    "staff": (
        "code,full_name,unit,position,rank,badge_uid,type,room,joined,left",
        "AN,Lê An,X,,1,04000000000001,cadre,,,",
        "BINH,Lê Bình,X,,2,04000000000002,cadre,,,",
    ),
    "devices": ("code,unit,location", "D-X,X,Cổng"),
    "schedules": (
        "unit,valid_from,valid_to,weekdays,session,start,end,grace_late_min,grace_early_min,doc_no",
        "H,,,1-5,AM,07:30,12:00,5,0,01/TB",
        "H,,,1-5,PM,13:30,17:00,5,0,01/TB",
    ),
    "calendar": ("date,kind,unit,doc_no,for_date", "2018-11-12,holiday,H,02/TB,"),
}
PUNCHES = "event_id,device,seq,badge_uid,device_time,clock,boot,uptime_s,received_time"
SYNCS = "device,boot,uptime_s,synced_time"
DOORS = "device,down_from,down_to,reason"
WEDNESDAY = "2018-11-14"


def punch(number: int, badge: int, time: str, *, day: str = WEDNESDAY, at: str = "", clock: str = "synced") -> str:
    """A line of punches.csv: received when it happened, unless `at` says when."""
    stamp = f"{day}T{time}+07:00"
    hours, minutes, seconds = (int(part) for part in time.split(":"))
    uptime_s = hours * 3600 + minutes * 60 + seconds
    received = f"{day}T{at or time}+07:00"
    return f"E{number},D-X,{number},0400000000000{badge},{stamp},{clock},1,{uptime_s},{received}"


MORNING = (punch(1, 1, "07:20:00"), punch(2, 2, "07:36:10"), punch(3, 1, "12:01:00"), punch(4, 2, "12:02:00"))
EVENING = (punch(5, 1, "13:20:00"), punch(6, 2, "13:25:00"), punch(7, 1, "17:00:00"), punch(8, 2, "17:05:00"))
WHOLE_DAY = [
    "AN 2018-11-14 AM present",
    "AN 2018-11-14 PM present",
    "BINH 2018-11-14 AM present late",
    "BINH 2018-11-14 PM present",
]


def write(folder: Path, **files: tuple[str, ...]) -> Path:
    folder.mkdir(exist_ok=True)
    for name, lines in files.items():
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", "utf-8")
    return folder


def recorded(folder: Path, *punches: str, syncs: tuple[str, ...] = (), doors: tuple[str, ...] = ()) -> Path:
    return write(folder, punches=(PUNCHES, *punches), clock_syncs=(SYNCS, *syncs), doors=(DOORS, *doors))


@pytest.fixture
def store(new_database: Callable[[str], str], tmp_path: Path) -> Iterator[Store]:
    """A database that knows the office."""
    found = open_store(new_database("central"))
    found.upgrade()
    import_office(found, CLOCK, write(tmp_path / "office", **OFFICE))
    yield found
    found.close()


def says(store: Store, first: str = "2018-11-12", last: str = "2018-11-18") -> list[str]:
    """One line a staff-session: staff, date, session, outcome, flags."""
    with store.read() as db:
        rows = verdict_rows(db, dt.date.fromisoformat(first), dt.date.fromisoformat(last))
    return [f"{r.staff} {r.date} {r.session} {r.outcome} {r.flags}".strip() for r in rows]


def everything(store: Store) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    with store.read() as db:
        tables = sa.inspect(db).get_table_names()
        found = {name: db.execute(sa.text(f"SELECT * FROM {name}")).all() for name in tables}  # noqa: S608
    return {name: sorted((tuple(row) for row in rows), key=repr) for name, rows in found.items()}


def test_a_recorded_day_is_judged_and_the_holiday_of_its_week_stands_beside_it(store: Store, tmp_path: Path) -> None:
    done = replay(store, CLOCK, recorded(tmp_path / "week", *MORNING, *EVENING))
    assert (done.deliveries, done.events, done.stored) == (8, 8, 8)
    assert (done.first, done.last) == (dt.date(2018, 11, 14), dt.date(2018, 11, 14))
    holiday = [f"{staff} 2018-11-12 {session} holiday" for staff in ("AN", "BINH") for session in ("AM", "PM")]
    assert says(store) == sorted(holiday + WHOLE_DAY), "Tuesday, Thursday and Friday were not recorded"


def test_the_order_of_arrival_changes_nothing(store: Store, tmp_path: Path) -> None:
    late = punch(1, 1, "07:20:00", at="18:00:00")
    week = recorded(tmp_path / "week", *MORNING, *EVENING, late, MORNING[1])
    assert replay(store, CLOCK, week, shuffle=3).stored == 8
    assert says(store, WEDNESDAY, WEDNESDAY) == WHOLE_DAY
    with store.read() as db:
        received = db.execute(sa.text("SELECT received_ms FROM event WHERE seq = 1")).scalar_one()
    assert received == 1_542_154_800_000, "the earliest receipt, 07:20"


def test_a_second_replay_changes_nothing(store: Store, tmp_path: Path) -> None:
    doors = ("D-X,2018-11-14T09:00:00+07:00,2018-11-14T10:00:00+07:00,power_cut",)
    week = recorded(tmp_path / "week", *MORNING, *EVENING, doors=doors)
    assert replay(store, CLOCK, week).doors == 1
    before = everything(store)
    again = replay(store, CLOCK, week, shuffle=1)
    assert (again.stored, again.doors, again.days) == (0, 0, 0)
    assert everything(store) == before


def test_a_longer_recording_continues_a_shorter_one(store: Store, tmp_path: Path) -> None:
    replay(store, CLOCK, recorded(tmp_path / "week", *MORNING))
    assert replay(store, CLOCK, recorded(tmp_path / "week", *MORNING, *EVENING)).stored == 4
    assert says(store, WEDNESDAY, WEDNESDAY) == WHOLE_DAY


def test_other_punches_under_the_same_names_are_refused(store: Store, tmp_path: Path) -> None:
    replay(store, CLOCK, recorded(tmp_path / "week", *MORNING))
    before = everything(store)
    changed = (punch(1, 1, "07:45:00"), *MORNING[1:])
    with pytest.raises(ImportRefusedError, match="was replayed before with other punches"):
        replay(store, CLOCK, recorded(tmp_path / "week", *changed))
    assert everything(store) == before


def test_while_the_only_door_was_down_nobody_is_late(store: Store, tmp_path: Path) -> None:
    doors = ("D-X,2018-11-14T07:00:00+07:00,2018-11-14T07:36:00+07:00,power_cut",)
    replay(store, CLOCK, recorded(tmp_path / "week", *MORNING, *EVENING, doors=doors))
    assert "BINH 2018-11-14 AM present needs_checking" in says(store)


def test_a_clock_that_was_never_set_is_corrected_and_so_is_one_that_was_set_later(store: Store, tmp_path: Path) -> None:
    fast = [
        row.replace(f"{WEDNESDAY}T", "2018-11-09T", 1).replace("synced", "unsynced") for row in (*MORNING, *EVENING)
    ]
    replay(store, CLOCK, recorded(tmp_path / "week", *fast))
    assert says(store, WEDNESDAY, WEDNESDAY) == WHOLE_DAY
    with store.read() as db:
        told = db.execute(sa.text("SELECT DISTINCT uncertainty_ms, method FROM event")).all()
    assert [tuple(row) for row in told] == [(0, "shifted")]


def test_a_sync_point_counts_for_the_whole_boot(store: Store, tmp_path: Path) -> None:
    wrong = [row.replace(f"{WEDNESDAY}T", "2018-11-09T", 1).replace("synced", "unsynced") for row in MORNING]
    wrong = [row.replace(":00+07:00", ":59+07:00") for row in wrong]
    sync = f"D-X,1,25000,{WEDNESDAY}T06:56:40+07:00"
    replay(store, CLOCK, recorded(tmp_path / "week", *wrong, syncs=(sync,)))
    assert "BINH 2018-11-14 AM present late" in says(store)
    with store.read() as db:
        lines = [bytes(row) for row in db.execute(sa.text("SELECT line FROM event ORDER BY seq")).scalars()]
    assert [type(decode_event(found).body) for found in lines] == [ClockSet, *[Punch] * 4], "in the order of uptimes"


def test_every_bad_line_is_named_and_nothing_is_stored(store: Store, tmp_path: Path) -> None:
    before = everything(store)
    bad = recorded(
        tmp_path / "week",
        MORNING[0],
        MORNING[0].replace("07:20:00", "07:21:00"),
        punch(2, 1, "08:00:00").replace("E2,D-X", "E2,D-Y"),
        punch(3, 1, "08:00:00").replace("+07:00", ""),
        punch(4, 1, "08:00:00", clock="perhaps"),
        punch(5, 1, "08:00:00").replace("04000000000001", "XYZ"),
        punch(1, 1, "08:00:00").replace("E1,", "E9,"),
        punch(0, 1, "08:00:00"),
        punch(6, 1, "08:00:00").replace(",28800,", ",-5,"),
        punch(7, 1, "08:00:00").replace(",28800,", ",soon,"),
        punch(8, 1, "08:00:00").replace("E8", ""),
        syncs=("D-X,1,5,2018-11-14T06:00:00+07:00", "D-X,1,6,2018-11-14T06:00:00+07:00"),
        doors=("D-X,2018-11-14T09:00:00+07:00,2018-11-14T09:00:00+07:00,power_cut",),
    )
    with pytest.raises(ImportRefusedError) as refused:
        replay(store, CLOCK, bad)
    assert everything(store) == before
    said = str(refused.value)
    for told in (
        "punches.csv:3, column event_id: 'E1' stands above with other values",
        "punches.csv:4, column device: 'D-Y' is not known; correct it, or import devices.csv first",
        "punches.csv:5, column device_time: '2018-11-14T08:00:00' is not an instant; write YYYY-MM-DDTHH:MM:SS+07:00",
        "punches.csv:6, column clock: 'perhaps' is neither synced nor unsynced",
        "punches.csv:7, column badge_uid: is not a badge number",
        "punches.csv:8, column seq: 1 of D-X is 'E1' already",
        "punches.csv:9, column seq: '0' is not a number from 1 on",
        "punches.csv:10, column uptime_s: '-5' is no uptime",
        "punches.csv:11, column uptime_s: 'soon' is not a number of seconds",
        "punches.csv:12, column event_id: needs a word",
        "clock_syncs.csv:3, column boot: 1 of D-X has a sync point already",
        "doors.csv:2, column down_to: does not lie after down_from",
    ):
        assert told in said


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_folder_without_punches_is_refused(store: Store, tmp_path: Path) -> None:
    with pytest.raises(ImportRefusedError, match=r"punches\.csv:1: is missing; a replay needs punches"):
        replay(store, CLOCK, write(tmp_path / "empty"))
    with pytest.raises(ImportRefusedError, match="there is nothing to replay"):
        replay(store, CLOCK, recorded(tmp_path / "headers"))
    with pytest.raises(ImportRefusedError, match=r"none does not exist; name the folder that holds punches\.csv"):
        replay(store, CLOCK, tmp_path / "none")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_of_very_many_bad_lines_the_first_are_shown(store: Store, tmp_path: Path) -> None:
    with pytest.raises(ImportRefusedError, match=r"\.\.\. and 240 more like it, in lines 12-251"):
        replay(store, CLOCK, recorded(tmp_path / "bad", *["x"] * 250))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_progress_goes_from_nothing_to_all(store: Store, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    replay(store, CLOCK, recorded(tmp_path / "w", *MORNING), None, lambda *now: told.append(now))
    assert told[0] == ("storing", 0, 4) and ("storing", 4, 4) in told
    assert told[-1][0] == "judging" and told[-1][1] == told[-1][2] > 0


def test_the_bar_shows_count_and_time_left_and_is_written_over() -> None:
    out, now = StringIO(), iter([0.0, 0.05, 10.0, 40.0])
    bar = Bar(out, lambda: next(now))
    for done in (0, 1, 5_000, 20_000):
        bar("storing", done, 20_000)
    first, half, last = out.getvalue().removeprefix("\r").split("\r")
    assert "0 of 20,000" in first and "left" not in first
    assert "[#######                       ]     5,000 of 20,000" in half and half.rstrip().endswith("0:30 left")
    assert last.endswith("0:40 in all\n") and "[##############################]" in last
    assert line("judging", 0, 0, 0.0).endswith("0:00 in all")


def test_the_command_line_gives_the_verdicts_with_three_commands(tmp_path: Path) -> None:
    office = recorded(write(tmp_path / "office", **OFFICE), *MORNING, *EVENING)

    def run(*words: str) -> str:
        command = [sys.executable, "-m", "central", "--db", f"sqlite:///{tmp_path / 'c.db'}", *words]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        assert done.stderr == "", "no bar where there is no terminal"
        return done.stdout

    run("import", str(office))
    assert json.loads(run("replay", str(office), "--shuffle", "7", "--json"))["stored"] == 8
    assert "stored" in run("replay", str(office))
    rows = run("verdicts", "--from", WEDNESDAY, "--to", WEDNESDAY).splitlines()
    assert len(rows) == 5 and rows[3].startswith("BINH,2018-11-14,AM,present,late,+,6,0")
