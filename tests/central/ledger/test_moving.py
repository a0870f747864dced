"""A door that moves is judged by: days before the move as they were, days from it on with the other unit's people."""

import datetime as dt

from central.moving import move_device
from tests.central.ledger.office import DATE, Office

TUESDAY = DATE + dt.timedelta(days=1)


def test_a_move_in_the_past_judges_the_days_from_it_on_again_and_leaves_the_others(office: Office):
    office.unit("Y", "H")
    office.person("an", "X")
    office.person("binh", "Y")
    door = office.door("D-X", "X")
    for on in (DATE, TUESDAY):
        door.start("06:00", on)
        door.heartbeat("20:00", on)
        office.mark("an", on)
        office.mark("binh", on)
    office.until("23:00", TUESDAY)
    keys = [(staff, on) for staff in ("an", "binh") for on in (DATE, TUESDAY)]
    before = {key: office.says(*key) for key in keys}
    assert before["an", TUESDAY] != before["binh", TUESDAY], "one has a door at the office, the other has none"
    assert move_device(office.store, "D-X", "Y", TUESDAY, "QĐ-7", "", office.clock.ms) == 2
    office.until("23:01", TUESDAY)
    after = {key: office.says(*key) for key in keys}
    assert [after[staff, DATE] for staff in ("an", "binh")] == [before[staff, DATE] for staff in ("an", "binh")]
    assert (after["an", TUESDAY], after["binh", TUESDAY]) == (before["binh", TUESDAY], before["an", TUESDAY])
