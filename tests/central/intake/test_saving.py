"""A journal is written as far as it changed; an acknowledgement is the same bytes however made."""

import json

from hypothesis import given
from hypothesis import strategies as st

from central.store.journals import lock_journals, save_journals
from edge.wire.ack import Ack, decode_ack, encode_ack


def test_a_row_that_only_moved_on_and_one_that_changed_otherwise_are_both_as_they_were_left(central):
    keys = [("door-0001", "0" * 16), ("door-0001", "1" * 16), ("door-0001", "2" * 16)]
    with central.store.write() as db:
        moved, found, same = (lock_journals(db, keys, 1)[key] for key in keys)
        moved.watermark, moved.top_seq, moved.watermark_hash = 7, 9, b"\x01" * 32
        found.find("fork")
        found.known_head = 5
        save_journals(db, [moved, found, same])
    with central.store.read() as db:
        again = lock_journals(db, keys, 1)
    assert (again[keys[0]].watermark, again[keys[0]].top_seq, again[keys[0]].watermark_hash) == (7, 9, b"\x01" * 32)
    assert (again[keys[1]].findings, again[keys[1]].known_head) == ("fork", 5)
    assert again[keys[2]].read == same.read


def test_rows_that_did_not_change_are_not_written(central):
    with central.store.write() as db:
        (state,) = lock_journals(db, [("door-0001", "0" * 16)], 1).values()
        db.exec_driver_sql("UPDATE journal SET watermark = 3")  # by nobody: the row is locked
        save_journals(db, [state])
    assert central.query("SELECT watermark FROM journal") == [(3,)]


whole = st.integers(0, 2**53 - 1)


@given(whole, st.none() | whole, st.integers(0, 3_600_000))
def test_a_plain_acknowledgement_is_the_json_that_the_general_way_writes(watermark, utc_ms, pause_ms):
    ack = Ack("00ab" * 4, watermark, utc_ms=utc_ms, pause_ms=pause_ms)
    payload = encode_ack(ack)
    assert payload == json.dumps(json.loads(payload), separators=(",", ":")).encode()
    assert decode_ack(payload) == ack
