"""A morning at five doors, three of which fail: what a door could not record is held against nobody.

Door DA had no power from 07:10 to 07:40, the reader of DB was lost all morning, DD2 had no network until ten to nine.
At DC nothing failed: there late is late and absent is absent.
"""

import time
from pathlib import Path

import pytest

from deploy.broker import Broker
from edge.settings import ClockSettings
from tests.flow.site import Site
from tests.waiting import until

SCALE = 240.0
LEAD_S = 45.0  # eight processes are to be started before the morning begins, on a machine that may be busy
SIX_MS = 1_541_977_200_000  # Monday 12 November 2018, 06:00 in Vietnam
HEARTBEAT_S = 120
DATE = "2018-11-12"
DOORS = {"DA": "A", "DB": "B", "DC": "C", "DD1": "D", "DD2": "D"}
PEOPLE = ("A1", "A2", "B1", "C1", "C2", "C3", "D1", "D2")
TABLES = {
    "units": ["code,parent,type,name_vi,valid_from,valid_to", "H,,district,Huyện,,"]
    + [f"{unit},H,commune,Xã {unit},," for unit in "ABCD"],
    "schedules": [
        "unit,valid_from,valid_to,weekdays,session,start,end,grace_late_min,grace_early_min,doc_no",
        "H,,,1-5,AM,07:30,08:30,5,0,01/TB",
    ],
    "devices": ["code,unit,location", *(f"{code},{unit}," for code, unit in DOORS.items())],
    "staff": ["code,full_name,unit,position,rank,badge_uid,type,room,joined,left"]
    + [f"{code},Người {code},{code[0]},,5,{f'em:000000{code}'},cadre,,," for code in PEOPLE],
}
OFFLINE, DARK, BLIND = "DD2", "DA", "DB"


class Morning:
    """A site whose clock shows the morning. Times are local, `07:20`."""

    def __init__(self, site: Site, clock: ClockSettings) -> None:
        self.site, self._clock = site, clock.started_real_ms

    def wait(self, local: str) -> None:
        """Until it is that late."""
        time.sleep(max(0.0, self.left_s(local)))

    def left_s(self, local: str) -> float:
        """Real seconds until then."""
        hours, minutes = map(int, local.split(":"))
        return (self._clock + ((hours - 7) * 60 + minutes) * 60_000 / SCALE) / 1000 - time.time()

    def tap(self, code: str, staff: str) -> None:
        """A person holds their badge to a door and sees the light."""
        badge = f"em:000000{staff}"
        seen = len(self.site.fleet.greens(code))
        self.site.touch(code, badge)
        until(lambda: len(self.site.fleet.greens(code)) > seen, what=f"{staff}'s green light at {code}")

    def verdicts(self) -> dict[str, str]:
        """Each person's outcome and flags."""
        rows = self.site.query("SELECT staff, outcome, flags FROM session_verdict WHERE date = ?", DATE)
        return {staff: f"{outcome} {flags}".strip() for staff, outcome, flags in rows}


@pytest.fixture
def clock() -> ClockSettings:
    real_ms = time.time_ns() // 1_000_000 + round(LEAD_S * 1000)
    return ClockSettings(
        source="scaled", quality="ntp", scale=SCALE, epoch_ms=SIX_MS + 3_600_000, started_real_ms=real_ms
    )


def test_what_doors_could_not_record_is_held_against_nobody(
    tmp_path: Path, broker: Broker, clock: ClockSettings
) -> None:
    with Site(tmp_path, broker, clock, heartbeat_s=HEARTBEAT_S) as site:
        office = tmp_path / "office"
        office.mkdir()
        for name, lines in TABLES.items():
            office.joinpath(f"{name}.csv").write_text("\n".join(lines) + "\n", "utf-8")
        site.command("import", str(office))
        for code in DOORS:
            site.door(code, relay=code == OFFLINE)
        site.start("evaluate-loop")
        site.collect()
        site.power(*DOORS)
        morning = Morning(site, clock)
        assert morning.left_s("07:00") > 0, "this machine was too slow to begin the morning in time"
        play(morning)
        morning.wait("09:32")
        until(lambda: set(morning.verdicts()) == set(PEOPLE) and "pending" not in " ".join(morning.verdicts().values()))
        assert morning.verdicts() == {
            "A1": "present needs_checking",
            "A2": "incomplete needs_checking",
            "B1": "incomplete needs_checking",
            "C1": "present",
            "C2": "present late",
            "C3": "absent",
            "D1": "present",
            "D2": "present late",
        }
        site.settled(unseen=1)


def play(morning: Morning) -> None:
    fleet = morning.site.fleet
    morning.wait("07:02")
    fleet.unplug(BLIND)
    fleet.cut(OFFLINE)
    morning.wait("07:10")
    fleet.kill(DARK)
    morning.wait("07:20")
    morning.tap("DC", "C1")
    morning.tap(OFFLINE, "D1")
    morning.wait("07:40")
    morning.site.power(DARK)
    morning.tap(DARK, "A1")
    for code, staff in (("DC", "C2"), ("DD1", "D1"), ("DD1", "D2")):
        morning.tap(code, staff)
    morning.wait("08:35")
    for code, staff in ((DARK, "A1"), ("DC", "C1"), ("DC", "C2"), ("DD1", "D1"), ("DD1", "D2")):
        morning.tap(code, staff)
    morning.wait("08:48")
    until(lambda: "late" in morning.verdicts().get("C2", ""), what="C2's lateness")
    held = {staff: morning.verdicts().get(staff, "") for staff in ("D1", "D2")}
    assert not any("late" in verdict for verdict in held.values()), held
    fleet.join(OFFLINE)
