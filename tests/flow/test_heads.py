"""A day ends: central signs its log, its doors keep what it signed, and a log that lost its end is found by them.

Real processes, a real broker, real stations; their clock stands shortly before a midnight.
"""

import datetime as dt
import json
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

from deploy.broker import Broker
from edge.settings import ClockSettings
from tests.flow.site import ROOT, Site, until

WITHIN_S = 90.0
OFFICE = {
    "units": "code,parent,type,name_vi,valid_from,valid_to\nT,,province,Tỉnh,,\nN1,T,commune,Xã Mới,,\n",
    "staff": "code,full_name,unit,position,rank,badge_uid,type,room,joined,left\n"
    "CB1,H'Hen Niê,N1,Chuyên viên,3,em:00000A01,civil_servant,,,\n",
    "devices": "code,unit,location\nD-1,N1,cổng\nD-2,N1,cửa sau\n",
    "schedules": "unit,valid_from,valid_to,weekdays,session,start,end,grace_late_min,grace_early_min,doc_no\n"
    "T,2025-10-16,2026-04-15,1-5,AM,07:30,12:00,5,0,672/TB\n",
}


def heads_of(site: Site, code: str) -> list[str]:
    """What a door prints, as a technician asks for it."""
    words = [sys.executable, "-m", "edge", "heads", "--config", str(site.fleet[code].config)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True, cwd=ROOT)
    return done.stdout.splitlines()


def dates(lines: list[str]) -> list[str]:
    return [json.loads(line.split(" ")[1])["date"] for line in lines]


def test_a_day_that_ends_is_signed_once_kept_by_the_doors_and_a_lost_end_is_found(tmp_path: Path, broker: Broker):
    begins = dt.datetime.fromisoformat("2026-03-16T23:59:50+07:00")
    clock = ClockSettings(
        scale=1.0, epoch_ms=round(begins.timestamp() * 1000), started_real_ms=time.time_ns() // 1_000_000
    )
    with Site(tmp_path, broker, clock) as site:
        office = tmp_path / "office"
        office.mkdir()
        for name, text in OFFICE.items():
            (office / f"{name}.csv").write_text(text, "utf-8")
        site.command("import", str(office))
        doors = {code: site.door(code).device for code in ("D-1", "D-2")}
        site.collect("one")
        site.collect("two")
        site.power(*doors)
        for code in doors:
            until(lambda code=code: "2026-03-16" in dates(heads_of(site, code)), WITHIN_S, "Monday's head")
        site.kill("one")
        site.stop("two")
        site.collect()
        site.command("threshold", "add", "--rule", "late_times", "--window", "month", "--limit", "3",
                     "--from", "2026-03-01", "--doc", "1/QC")  # fmt: skip
        site.command("heads", "--sign")
        for code in doors:
            until(lambda code=code: dates(heads_of(site, code))[-1] == "2026-03-17", WITHIN_S, "the head on demand")
        collected = []
        for code, device in doors.items():
            lines = heads_of(site, code)
            assert all(line.startswith(f"{device} ") for line in lines)
            assert len(set(lines)) == len(lines) and dates(lines)[-2:] == ["2026-03-16", "2026-03-17"]
            file = tmp_path / f"{code}.txt"
            file.write_text("".join(f"{line}\n" for line in lines), "utf-8")
            collected += ["--heads", str(file)]
        site.stop()
        assert site.command("verify", *collected).endswith("everything that was walked holds\n")
        lose_the_end(site)
        words = [sys.executable, "-m", "central", "--config", str(site.config), "verify"]
        alone = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False, cwd=ROOT)
        assert alone.returncode == 0, alone.stdout
        done = subprocess.run([*words, *collected], capture_output=True, text=True, timeout=60, check=False, cwd=ROOT)
        assert done.returncode == 1
        removed = [line for line in done.stdout.splitlines() if line.startswith("removed: audit")]
        assert len(removed) == 2 and all("first day that differs: 2026-03-17" in line for line in removed)
        assert all(any(device in line for line in removed) for device in doors.values())


def lose_the_end(site: Site) -> None:
    """The threshold was never set, and the log knows nothing of it: triggers off, fact, row and head gone."""
    with closing(sqlite3.connect(site.database)) as db, db:
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            db.execute(f"DROP TRIGGER {name}")
        db.execute("DELETE FROM office_threshold")
        db.execute("DELETE FROM audit WHERE what LIKE 'office_threshold%'")
        db.execute("DELETE FROM audit_head WHERE date = '2026-03-17'")
