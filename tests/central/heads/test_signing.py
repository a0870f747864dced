"""Central signs its audit log at the close of each local day, once, whoever asks and however often."""

import datetime as dt
import threading

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from central.heads import MOST_DAYS, SENT, Closing, for_sheet, sent, short_form, sign_now
from central.store import audit, heads, open_store
from central.store.audit import BEGIN
from edge.wire.heads import decode_head
from tests.central.heads.conftest import DAY, MONDAY, HandClock, table


def said(office, found=None):
    """(date, rows) of heads that central signed."""
    rows = office.heads() if found is None else found
    signed = [decode_head(row.note, office.key.verify) for row in rows]
    assert [(h.date, h.utc_ms, h.rows, h.hash) for h in signed] == [row[:4] for row in rows]
    return [(h.date, h.rows) for h in signed]


def test_a_day_is_closed_after_its_end_and_once(office, clock):
    office.unit("X1")
    office.close()
    assert said(office) == [(MONDAY - DAY, 0)]
    assert office.heads()[0].hash == BEGIN
    clock.go_to(MONDAY, 24)
    assert said(office, office.close()) == [(MONDAY, 1)]
    assert office.close() == []
    with office.store.read() as db:
        assert office.heads()[-1].hash == audit.end(db).hash


def test_a_head_says_how_the_log_was_at_midnight_though_it_is_signed_later(office, clock):
    office.unit("X1")
    clock.go_to(MONDAY + DAY, 1)
    office.unit("X2")
    assert said(office, office.close())[-1] == (MONDAY, 1)


def test_days_without_a_change_and_days_without_central_have_heads_too(office, clock):
    office.unit("X1")
    clock.go_to(MONDAY + 4 * DAY)
    assert said(office, office.close()) == [(MONDAY + number * DAY, 1) for number in range(4)]
    clock.go_to(MONDAY + 7 * DAY)
    assert [on for on, _ in said(office, office.close())] == [MONDAY + number * DAY for number in range(4, 7)]


def test_a_log_without_a_row_has_heads(office, clock):
    office.close()
    clock.go_to(MONDAY + 3 * DAY)
    office.close()
    assert said(office) == [(MONDAY + number * DAY, 0) for number in range(-1, 3)]


def test_a_clock_that_was_years_ahead_keeps_no_day_from_being_closed(office, clock):
    office.unit("X1")
    clock.go_to(MONDAY + 3_000 * DAY)
    assert len(office.close()) == MOST_DAYS
    clock.go_to(MONDAY + 2 * DAY)
    office.unit("X2")
    clock.go_to(MONDAY + 3 * DAY)
    assert [on for on, _ in said(office, office.close())] == [MONDAY, MONDAY + DAY, MONDAY + 2 * DAY]
    with office.store.read() as db:
        assert decode_head(sent(db)[-1], office.key.verify).date == MONDAY + 2 * DAY


def test_on_demand_the_log_is_signed_as_it_is_and_not_twice(office, clock):
    office.unit("X1")
    first = sign_now(office.store, clock, office.key.sign)
    clock.ms += 5_000
    assert sign_now(office.store, clock, office.key.sign) == first
    office.unit("X2")
    assert sign_now(office.store, clock, office.key.sign).rows == 2
    clock.go_to(MONDAY, 25)
    assert said(office, office.close())[-1] == (MONDAY, 2)


def test_several_collectors_that_close_a_day_at_one_time_sign_it_once(office, clock):
    office.unit("X1")
    clock.go_to(MONDAY + 2 * DAY)
    stores = [open_store(office.url, clock=clock) for _ in range(4)]
    ready = threading.Barrier(4)

    def collect(store):
        ready.wait(60)
        Closing(store, clock, office.key.sign).look()

    threads = [threading.Thread(target=collect, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for store in stores:
        store.close()
    assert said(office) == [(MONDAY, 1), (MONDAY + DAY, 1)]


def test_a_process_looks_again_when_the_date_changes_and_after_a_round_that_failed(office, clock):
    closing = Closing(office.store, clock, office.key.sign)
    closing.look()
    closing.look()
    assert len(office.heads()) == 1
    clock.go_to(MONDAY + DAY)

    def fail(line):
        raise OSError("the key is gone")

    failing = Closing(office.store, clock, fail)
    with pytest.raises(OSError, match="the key is gone"):
        failing.look()
    assert len(office.heads()) == 1
    closing.look()
    assert said(office)[-1] == (MONDAY, 0)


@pytest.mark.parametrize("verb", ["UPDATE audit_head SET rows = 0", "DELETE FROM audit_head"])
def test_what_was_signed_is_neither_changed_nor_removed(office, verb):
    office.close()
    with pytest.raises(sa.exc.DBAPIError, match="only added"):
        office.behind(verb)


def test_facts_older_than_the_log_are_told_before_the_first_head(office, clock):
    office.behind("INSERT INTO site (code, name, address, former_name) VALUES ('s1', 'Trụ sở', '', '')")
    office.unit("X1")
    office.close()
    with office.store.read() as db:
        rows = audit.entries(db)
    assert [(row.what, row.action) for row in rows] == [("unit 1", "unit add"), ("site s1", "baseline")]
    office.behind("INSERT INTO site (code, name, address, former_name) VALUES ('s2', 'Trụ sở', '', '')")
    clock.go_to(MONDAY + DAY)
    office.close()
    assert said(office)[-1] == (MONDAY, 2)


def test_a_door_is_sent_the_newest_heads_oldest_first(office, clock):
    clock.go_to(MONDAY + 20 * DAY)
    office.unit("X1")
    clock.go_to(MONDAY + 40 * DAY)
    office.close()
    with office.store.read() as db:
        notes = sent(db)
    dates = [decode_head(note, office.key.verify).date for note in notes]
    assert dates == [MONDAY + number * DAY for number in range(40 - SENT, 40)]


def test_a_sheet_holds_the_head_of_its_last_day_in_short(office, clock):
    with office.store.read() as db:
        assert for_sheet(db, MONDAY) is None
    office.unit("X1")
    clock.go_to(MONDAY + 2 * DAY)
    office.close()
    monday, tuesday = office.heads()
    begins = monday.hash.hex()[:16]
    shown = f"2026-03-16 · 1 · {begins[:4]} {begins[4:8]} {begins[8:12]} {begins[12:]}"
    with office.store.read() as db:
        assert for_sheet(db, MONDAY) == short_form(monday) == shown
        assert for_sheet(db, MONDAY + 30 * DAY) == short_form(tuesday)


def test_the_log_tells_a_row_as_it_is_stored(office):
    """Numbers and defaults that the database gives are in it, and what a conflict made of an INSERT."""
    office.unit("X1")
    office.sites("a", "b")
    office.do(lambda db: db.execute(sa.update(table("unit")).where(table("unit").c.id == 1).values(name="Phường")))
    office.do(lambda db: db.execute(sa.update(table("site")).where(table("site").c.code == "a").values(code="c")))
    office.do(lambda db: db.execute(sa.delete(table("site")).where(table("site").c.code == "b")))
    office.do(lambda db: db.execute(sa.update(table("site")).values(address="Buôn Ma Thuột")))
    with office.store.read() as db:
        rows = audit.entries(db)
    assert [row.what for row in rows] == ["unit 1", "site a", "site b", "unit 1", "site c", "site b"]
    assert '"id": 1' in rows[0].after and '"source": "import"' in rows[0].after
    assert '"name": "Phường"' in rows[3].after and '"name": "Xã X1"' in rows[3].before
    assert (rows[5].after, '"code": "a"' in rows[4].before, '"code": "c"' in rows[4].after) == (None, True, True)


STEPS = st.lists(st.sampled_from(["change", "day", "three days", "close", "sign", "back"]), max_size=25)


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """A database that is copied for every example."""
    file = tmp_path_factory.mktemp("empty") / "empty.db"
    store = open_store(f"sqlite:///{file}")
    store.upgrade()
    store.close()
    return file


@given(steps=STEPS)
def test_in_whatever_order_days_pass_and_facts_change_each_day_over_has_one_closing_head(
    empty, tmp_path_factory, steps
):
    from central.heads import close_days
    from central.keys import load_key
    from central.moments import local_date, midnight_ms
    from tests.central.heads.conftest import Office

    folder = tmp_path_factory.mktemp("order")
    file = folder / "office.db"
    file.write_bytes(empty.read_bytes())
    clock = HandClock()
    store = open_store(f"sqlite:///{file}", clock=clock)
    office = Office("", store, clock, load_key(folder / "key.pem"))
    try:
        for step in steps:
            if step == "change":
                office.unit("X1")
            elif step == "close":
                office.close()
            elif step == "sign":
                sign_now(store, clock, office.key.sign)
            else:
                clock.ms += {"day": 1, "three days": 3, "back": -1}[step] * 86_400_000
        close_days(store, clock, office.key.sign)
        today = local_date(clock.ms)
        over = [h for h in office.heads() if h.utc_ms >= midnight_ms(h.date + DAY)]
        assert len({h.date for h in over}) == len(over)
        assert today - DAY in {h.date for h in over}
        with store.read() as db:
            hashes = {0: BEGIN, **{row.seq: row.hash for row in audit.entries(db)}}
            assert all(hashes[h.rows] == h.hash for h in heads.heads(db))
    finally:
        store.close()


def test_dates_are_vietnams(office, clock):
    """At 16:59:59 UTC it is the same local day, a second later the next."""
    clock.ms = int(dt.datetime(2026, 3, 16, 16, 59, 59, tzinfo=dt.UTC).timestamp() * 1000)
    assert said(office, office.close()) == [(MONDAY - DAY, 0)]
    clock.ms += 1_000
    assert said(office, office.close()) == [(MONDAY, 0)]
