"""A door that moves to another unit on a date: what was before stays, what comes is the other's, nothing is flashed."""

import datetime as dt
import json

import pytest

from central.__main__ import main
from central.enrol import device_of, revoke_device
from central.ledger import doors_now
from central.moving import MoveError, move_device
from central.store import Store, audit, decisions
from central.store import roster as rosters
from central.unknown import UnknownUnitError
from tests.central.roster.test_publish import Hands, published, station, store

__all__ = ["station", "store"]
MONDAY = dt.date(2018, 11, 12)
MOVE = dt.date(2018, 11, 14)


def places(store: Store, device: str, on: dt.date) -> set[str]:
    """The units whose office doors include the device on the date."""
    with store.read() as db:
        roster = rosters.load_roster(db)
    return {unit for unit in ("X03", "X04") if device in roster.workdays.office_doors(unit, on)}


def move(store: Store, unit: str = "X04", on: dt.date = MOVE) -> int:
    return move_device(store, "D-X03", unit, on, "QĐ-7", "An", Hands("2018-11-12T08:00").ms)


def test_the_past_stays_with_the_old_unit_and_the_date_begins_with_the_new_one(store, station):
    move(store)
    days = [MONDAY + dt.timedelta(days=n) for n in range(4)]
    assert [places(store, station, on) for on in days] == [{"X03"}, {"X03"}, {"X04"}, {"X04"}]


def test_the_new_configuration_goes_out_on_the_date_and_not_before(store, station, tmp_path):
    before = published(store, Hands("2018-11-12T06:00"), tmp_path)[station]
    move(store)
    same = published(store, Hands("2018-11-13T23:00"), tmp_path).get(station)
    after = published(store, Hands("2018-11-14T00:01"), tmp_path)[station]
    assert same is None or same.unit == before.unit
    assert after.unit != before.unit and after.version > before.version
    own = {entry.badge for entry in after.roster if entry.sessions}
    assert own and own.isdisjoint(entry.badge for entry in before.roster if entry.sessions)


def test_the_board_shows_it_where_it_is_now(store, station):
    move(store)
    for at, unit in (("2018-11-13T23:59", "X03"), ("2018-11-14T00:00", "X04")):
        with store.read() as db:
            (door,) = [one for one in doors_now(db, Hands(at).ms) if one.device == station]
        assert door.unit == unit


def test_it_may_move_again_and_back_but_never_before_its_last_move(store, station):
    move(store)
    with pytest.raises(MoveError, match="2018-11-14 already"):
        move(store, "X03", MOVE)
    move(store, "X03", MOVE + dt.timedelta(days=2))
    wanted = [{"X03"}, {"X04"}, {"X04"}, {"X03"}]
    days = [MOVE + dt.timedelta(days=n) for n in (-1, 0, 1, 2)]
    assert [places(store, station, on) for on in days] == wanted


def test_what_cannot_be_is_refused(store, station):
    with pytest.raises(MoveError, match="is at X03 already"):
        move(store, "X03")
    with pytest.raises(UnknownUnitError):
        move(store, "NOWHERE")
    revoke_device(store, "D-X03", 1)
    with pytest.raises(MoveError, match="revoked"):
        move(store)


def test_who_moved_it_and_why_is_kept_with_the_door_and_in_the_audit_log(store, station, tmp_path, capsys):
    url = f"sqlite:///{tmp_path / 'central.db'}"
    words = ["device", "move", "D-X03", "--unit", "X04", "--from", "2018-11-14", "--why", "QĐ-7", "--by", "An"]
    assert main(["--db", url, *words]) == 0
    assert "D-X03 is X04's from 2018-11-14 on" in capsys.readouterr().out
    with store.read() as db:
        (decision,) = decisions.decisions(db, [station])
        rows = audit.search(db, None, None, "An", "device ")
    assert (decision.what, decision.by, decision.doc_no) == ("moved", "An", "QĐ-7")
    assert json.loads(decision.detail) == {"before": "X03", "unit": "X04", "from": "2018-11-14"}
    assert [(row.action, row.why) for row in rows] == [("device move", "QĐ-7")]
    assert device_of(store, "D-X03").unit == "X04"
