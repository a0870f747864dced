"""A day off that the Government decides late: entered by a command, judged again, told to the doors, and undone.

Real processes, a real broker, a real station; their clock stands in the last week of 2025.
"""

import datetime as dt
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from central.keys import verifier
from deploy.broker import Broker
from edge.settings import ClockSettings
from edge.wire.config import Config, decode_config
from tests.flow.site import Site
from tests.flow.wiretap import Wiretap
from tests.waiting import until

log = logging.getLogger(__name__)

WITHIN_S = 60.0
SWAP = ("2026-01-02", "--kind", "swapped_off", "--unit", "T", "--doc", "12729/VPCP-KGVX", "--by", "An")
MADE_UP = (
    "2026-01-10", "--kind", "make_up", "--for-date", "2026-01-02", "--unit", "T", "--doc", "12729/VPCP-KGVX",
    "--by", "An",
)  # fmt: skip

OFFICE = {
    "units": "code,parent,type,name_vi,valid_from,valid_to\nT,,province,Tỉnh,,\nN1,T,commune,Xã Mới,,\n",
    "staff": "code,full_name,unit,position,rank,badge_uid,type,room,joined,left\n"
    "CB1,Lê Văn An,N1,Chuyên viên,3,em:00000A01,civil_servant,,,\n",
    "devices": "code,unit,location\nD-1,N1,cổng\n",
    "schedules": "unit,valid_from,valid_to,weekdays,session,start,end,grace_late_min,grace_early_min,doc_no\n"
    "T,2025-10-16,2026-04-15,1-5,AM,07:30,12:00,5,0,672/TB\nT,2025-10-16,2026-04-15,1-5,PM,13:30,17:00,5,0,672/TB\n",
}


@contextmanager
def running(folder: Path, broker: Broker, local: str) -> Iterator[Site]:
    """The whole system at a local time: a collector, an evaluator, and the station of D-1 with its configuration."""
    epoch_ms = round(dt.datetime.fromisoformat(f"{local}+07:00").timestamp() * 1000)
    clock = ClockSettings(scale=1.0, epoch_ms=epoch_ms, started_real_ms=time.time_ns() // 1_000_000)
    with Site(folder, broker, clock) as site:
        office = folder / "office"
        office.mkdir()
        for name, text in OFFICE.items():
            (office / f"{name}.csv").write_text(text, "utf-8")
        site.command("import", str(office))
        site.door("D-1")
        site.collect()
        site.start("evaluate-loop")
        site.power("D-1")
        until(lambda: applied(site) > 0, WITHIN_S, "the first configuration")
        yield site


def applied(site: Site) -> int:
    """The version of the configuration that the station says it works by."""
    rows = site.query("SELECT cfg FROM device_state")
    return int(rows[0][0]) if rows else 0


def told(site: Site, wire: Wiretap) -> Config:
    """The newest configuration that the broker handed on."""
    return decode_config(wire.heard("cfg")[-1][1], verifier(site.key))


def outcomes(site: Site, on: str) -> list[str]:
    query = "SELECT outcome FROM session_verdict WHERE staff = 'CB1' AND date = ? ORDER BY position"
    return [row[0] for row in site.query(query, on)]


def took(began: float, what: str) -> None:
    seconds = time.monotonic() - began
    log.info("%s: %.1f s after the command was given", what, seconds)  # shown by --log-cli-level=INFO
    assert seconds < WITHIN_S


def test_a_swap_entered_on_25_december_is_told_to_the_doors_within_a_minute_and_undone(
    tmp_path: Path, broker: Broker
) -> None:
    with running(tmp_path, broker, "2025-12-25T09:00") as site, Wiretap(broker) as wire:
        began, before = time.monotonic(), applied(site)
        site.command("calendar", "add", *SWAP)
        site.command("calendar", "add", *MADE_UP)
        until(lambda: wire.heard("cfg") and dict(told(site, wire).policy).get("calendar_version") == 2, WITHIN_S)
        until(lambda: applied(site) >= told(site, wire).version > before, WITHIN_S, "the station's new configuration")
        took(began, "the station works by the new calendar")
        began, before = time.monotonic(), applied(site)
        for number in (1, 2):
            site.command("calendar", "withdraw", str(number), "--by", "An", "--reason", "công văn bị thu hồi")
        until(lambda: dict(told(site, wire).policy).get("calendar_version") == 4, WITHIN_S, "the undo")
        until(lambda: applied(site) >= told(site, wire).version > before, WITHIN_S, "the undo at the station")
        took(began, "the station works by the old calendar again")
        assert "the calendar of 2026 is not confirmed" in (site.folder / "collect.log").read_text("utf-8")
        listed = site.command("calendar", "list", "2026")
        assert [line.split(",")[8] for line in listed.splitlines()[1:]] == ["withdrawn", "withdrawn"]


def test_a_swap_entered_on_the_day_itself_is_judged_again_and_told_within_a_minute_and_undone(
    tmp_path: Path, broker: Broker
) -> None:
    with running(tmp_path, broker, "2026-01-02T10:00") as site, Wiretap(broker) as wire:
        until(lambda: outcomes(site, "2026-01-02") == ["pending", "pending"], WITHIN_S, "the day's verdict")
        began = time.monotonic()
        site.command("calendar", "add", *SWAP)
        until(lambda: outcomes(site, "2026-01-02") == ["holiday", "holiday"], WITHIN_S, "the new verdict")
        until(lambda: wire.heard("cfg") and plans(site, wire) == {"holiday"}, WITHIN_S, "the new configuration")
        until(lambda: applied(site) >= told(site, wire).version, WITHIN_S, "the station's new configuration")
        took(began, "judged again, and the station says late to nobody")
        began = time.monotonic()
        site.command("calendar", "withdraw", "1", "--by", "An", "--reason", "nhầm")
        until(lambda: outcomes(site, "2026-01-02") == ["pending", "pending"], WITHIN_S, "the old verdict")
        until(lambda: plans(site, wire) == {None}, WITHIN_S, "the old configuration")
        until(lambda: applied(site) >= told(site, wire).version, WITHIN_S, "the old configuration at the station")
        took(began, "undone")


def plans(site: Site, wire: Wiretap) -> set[str | None]:
    """What the door was told to be planned for the sessions of 2 January."""
    (entry,) = told(site, wire).roster
    end_ms = round(dt.datetime.fromisoformat("2026-01-03T00:00+07:00").timestamp() * 1000)
    return {session.plan for session in entry.sessions if session.due_from_ms < end_ms}
