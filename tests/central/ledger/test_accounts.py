"""An account is put together from parts, and is the JSON that `json` would have written of the whole."""

import datetime as dt
import json

from central.store import marks, verdicts
from central.tables import ManualEntry, Staff
from tests.central.ledger.office import DATE, Office

STRANGE = 'D-"X"\\\t\u0110ôn'


def accounts(office: Office) -> dict[str, str]:
    office.until("20:00")
    with office.store.read() as db:
        return {row.staff: row.why for row in verdicts.day_rows(db, DATE, DATE)}


def test_whatever_it_rests_on_an_account_is_plain_json(office: Office) -> None:
    badges = {code: office.person(code) for code in ("an", "binh", "chi", "dung", "giang")}
    door = office.door(STRANGE)
    door.start("06:00")
    for code, time in (("an", "07:41"), ("an", "12:01"), ("binh", "07:20"), ("chi", "07:20"), ("an", "18:30")):
        door.tap(badges[code], time)
    door.heartbeat("19:00")
    office.close_door(door, "07:10", "07:45", doc_no='03/"QĐ"')
    office.leave("binh", "AM")
    entry = {"in_s": 48_600, "out_s": 61_200, "entered_by": "x", "entered_ms": 1, "approved_by": "y"}
    office.add(ManualEntry(staff="chi", date=DATE, session="PM", doc_no='07/"BB"', **entry))
    office.add(Staff(code="left", full_name="L", name_sort="l", name_search="l", left=DATE - dt.timedelta(days=9)))
    with office.store.write() as db:
        marks.mark_days(db, [("left", DATE)], 1)
    told = accounts(office)
    assert set(told) >= {*badges, "left"}
    for why in told.values():
        assert why == json.dumps(json.loads(why), ensure_ascii=False, separators=(",", ":"))
    assert json.loads(told["an"])["punches"][0]["door"] == STRANGE
    assert '07/"BB"' in json.loads(told["chi"])["versions"]["documents"]
