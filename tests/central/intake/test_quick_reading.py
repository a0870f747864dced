"""The quick reading of a punch says what the definition says, or nothing."""

import json

from hypothesis import given
from hypothesis import strategies as st

from central.intaking.quick import QuickPunch, read_batch, read_punch
from edge.wire import WireError
from edge.wire.batch import Batch, decode_batch, encode_batch
from edge.wire.events import Clock, Event, Punch, Stamp, decode_event, encode_event

values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 2**54),
    st.floats(allow_nan=True),
    st.text(max_size=70),
    st.sampled_from(["ntp", "rtc", "punch", "read", "em:008EB2F9", "", "x" * 65, "\x7f", "é"]),
    st.lists(st.one_of(st.text(max_size=3), st.integers()), max_size=18),
)
NAMES = ["seq", "kind", "uptime_ms", "utc_ms", "clock", "sync_age_s", "badge", "reader", "remarks", "level", "cfg", "x"]
LINE = encode_event(
    Event(3, Stamp(5, 1_700_000_000_000, Clock.NTP, 9), Punch("em:008EB2F9", "r1", ("known",), "uid", "0C", 1))
)


def defined(line: bytes) -> QuickPunch | None:
    """What the definition reads, None where it reads no whole punch."""
    try:
        event = decode_event(line)
    except WireError:
        return None
    if not isinstance(event.body, Punch):
        return None
    s = event.stamp
    return QuickPunch(event.seq, s.uptime_ms, s.utc_ms, s.clock.value, s.sync_age_s, event.body.badge)


def agrees(line: bytes) -> bool:
    quick = read_punch(line)
    return quick is None or quick == defined(line)


def test_a_line_as_the_station_writes_it_is_read_quickly():
    assert read_punch(LINE) == defined(LINE) is not None


@given(st.dictionaries(st.sampled_from(NAMES), values, max_size=4), st.sets(st.sampled_from(NAMES), max_size=2))
def test_changed_and_missing_fields_are_read_as_defined(changes, missing):
    fields = {k: v for k, v in (json.loads(LINE) | changes).items() if k not in missing}
    assert agrees(json.dumps(fields).encode())
    assert agrees(json.dumps(fields, ensure_ascii=False).encode("utf-8", "surrogatepass"))


@given(st.integers(0, len(LINE)), st.binary(max_size=3), st.integers(0, 3))
def test_damaged_lines_are_read_as_defined(at, inserted, removed):
    assert agrees(LINE[:at] + inserted + LINE[at + removed :])


def test_a_line_that_is_too_long_is_left_to_the_definition():
    assert read_punch(LINE[:-1] + b" " * 5000 + b"}") is None


def test_a_line_break_inside_is_left_to_the_definition():
    assert agrees(LINE[:-1] + b"\n}")
    assert agrees(LINE[:-1] + b"\r}")


BATCH = encode_batch(Batch("door-1", "0" * 16, "boot-1", 3, bytes(32), 1_700_000_000_000, (LINE, LINE)))


def reads_alike(payload: bytes) -> bool:
    """Whether both readings of a batch say the same, refusals included."""
    found = []
    for read in (read_batch, decode_batch):
        try:
            found.append(read(payload))
        except WireError as error:
            found.append(str(error))
    return found[0] == found[1]


@given(st.integers(0, 400), st.binary(max_size=3), st.integers(0, 3))
def test_damaged_batches_are_read_as_defined(at, inserted, removed):
    assert reads_alike(BATCH[:at] + inserted + BATCH[at + removed :])


def test_batches_with_and_without_a_seal_or_a_time_are_read_as_defined():
    assert reads_alike(BATCH)
    assert reads_alike(BATCH + b"\n{}\nsignature")
    assert reads_alike(BATCH.replace(b"1700000000000}", b"null}", 1))
    assert reads_alike(BATCH * 200)
    assert reads_alike(b"")
