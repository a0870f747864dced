"""Another week than the recorded one, with its keys: the same people's deeds in the week in which the hours change.

Winter hours end on Monday 15 April 2019; from Tuesday on all hours, duty slots and deeds lie half an hour earlier. What
the rules say of a day does not depend on where in the day it lies, so the keys of the recorded week, dates moved, are
the keys of this one. Boots have other names, badges other numbers, and every file is written anew.
"""

import csv
import datetime as dt
from collections.abc import Callable
from pathlib import Path

WEEKS_LATER = dt.timedelta(weeks=22)
EARLIER = dt.timedelta(minutes=30)
CHANGE = dt.date(2019, 4, 16)
FIRST, LAST = dt.date(2019, 4, 15), dt.date(2019, 4, 21)
SUMMER_DOC = "05/TB-TK"

Row = dict[str, str]


def instant(text: str) -> str:
    """An instant of the recorded week -> the same moment of this one."""
    moved = dt.datetime.fromisoformat(text) + WEEKS_LATER
    return (moved - EARLIER if moved.date() >= CHANGE else moved).isoformat()


def date(text: str) -> str:
    return (dt.date.fromisoformat(text) + WEEKS_LATER).isoformat() if text else ""


def end(text: str) -> str:
    """A date or an instant."""
    return instant(text) if "T" in text else date(text)


def clock(text: str, on: str) -> str:
    """A time of day, perhaps `+1`, of a date of this week."""
    if dt.date.fromisoformat(on) < CHANGE:
        return text
    time, plus, days = text.partition("+")
    hours, minutes = (int(part) for part in time.split(":"))
    total = hours * 60 + minutes - int(EARLIER.total_seconds()) // 60
    return f"{total // 60:02}:{total % 60:02}{plus}{days}"


def badge(uid: str) -> str:
    return f"{int(uid, 16) ^ 0x0055AA0055AA00:014X}" if uid else ""


def _staff(row: Row) -> Row:
    return row | {"badge_uid": badge(row["badge_uid"]), "joined": date(row["joined"]), "left": date(row["left"])}


def _badge(row: Row) -> Row:
    ends = {"valid_from": end(row["valid_from"]), "valid_to": end(row["valid_to"])}
    return row | ends | {"badge_uid": badge(row["badge_uid"])}


def _leave(row: Row) -> Row:
    return row | {"from": date(row["from"]), "to": date(row["to"])}


def _dated(row: Row) -> Row:
    return row | {"date": date(row["date"])}


def _slot(row: Row) -> Row:
    on = date(row["date"])
    return row | {"date": on, "start": clock(row["start"], on), "end": clock(row["end"], on)}


def _manual(row: Row) -> Row:
    on = date(row["date"])
    return row | {"date": on, "in": clock(row["in"], on), "out": clock(row["out"], on)}


def _punch(row: Row) -> Row:
    return row | {
        "event_id": f"again-{row['event_id']}",
        "badge_uid": badge(row["badge_uid"]),
        "device_time": instant(row["device_time"]),
        "boot": f"b{row['boot']}",
        "received_time": instant(row["received_time"]),
    }


def _sync(row: Row) -> Row:
    return row | {"boot": f"b{row['boot']}", "synced_time": instant(row["synced_time"])}


def _door(row: Row) -> Row:
    return row | {"down_from": instant(row["down_from"]), "down_to": instant(row["down_to"])}


def _same(row: Row) -> Row:
    return row


FILES: dict[str, Callable[[Row], Row]] = {
    "units": _same,
    "devices": _same,
    "staff": _staff,
    "badges": _badge,
    "leave": _leave,
    "field": _dated,
    "duty": _slot,
    "manual": _manual,
    "punches": _punch,
    "clock_syncs": _sync,
    "doors": _door,
    "expected": _dated,
    "expected_duty": _slot,
    "expected_overtime": _dated,
}


def change_of_hours(recorded: Path, folder: Path) -> Path:
    """Write the week into an empty folder."""
    folder.mkdir()
    for name, move in FILES.items():
        columns, rows = read(recorded / f"{name}.csv")
        write(folder / f"{name}.csv", columns, [move(row) for row in rows])
    columns, rows = read(recorded / "schedules.csv")
    winter = [row | {"valid_to": (CHANGE - dt.timedelta(days=1)).isoformat()} for row in rows]
    summer = [
        row
        | {
            "valid_from": CHANGE.isoformat(),
            "valid_to": "2019-10-15",
            "start": clock(row["start"], CHANGE.isoformat()),
            "end": clock(row["end"], CHANGE.isoformat()),
            "doc_no": SUMMER_DOC,
        }
        for row in rows
    ]
    write(folder / "schedules.csv", columns, winter + summer)
    return folder


def read(path: Path) -> tuple[list[str], list[Row]]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        found = list(rows)
        return list(rows.fieldnames or ()), found


def write(path: Path, columns: list[str], rows: list[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
