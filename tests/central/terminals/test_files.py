"""An attlog.dat from a stick: all or nothing, once, and judged like the punches of a door."""

import datetime as dt
import json
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from central.__main__ import main
from central.closing import Closing, close_door
from central.enrol import RegistryError
from central.errors import ImportRefusedError, UnknownUnitError
from central.moments import midnight_ms
from central.reports import strangers
from central.store import decisions
from central.terminals.pins import give_pins, given_pin
from central.terminals.punches import terminal_event
from central.terminals.registering import add_terminal
from edge.terminals import read_attlog
from tests.central.terminals.office import DATE, Office, at, line

TUESDAY = DATE + dt.timedelta(days=1)
DAY = (line("1", "07:10"), line("1", "11:40", 1), line("1", "13:10"), line("1", "17:10", 1))


def test_a_file_makes_the_verdicts_that_a_door_would_have_made(office: Office):
    office.clock.ms = at("18:30", 1)
    late = (line("2", "08:10"), line("2", "11:40", 1), line("2", "13:10"), line("2", "17:10", 1))
    done = office.take(*DAY, *late, line("1", "18:20", on=TUESDAY))
    assert (done.new, done.known, dict(done.unknown)) == (9, 0, {})
    assert office.verdicts("an") == [("AM", "present", ""), ("PM", "present", "")]
    assert office.verdicts("binh") == [("AM", "present", "late"), ("PM", "present", "")]


def test_nobody_is_absent_before_the_file_reaches_past_the_session(office: Office):
    office.clock.ms = at("18:30", 1)
    assert {outcome for _, outcome, _ in office.verdicts("binh")} == {"pending"}
    office.take(line("1", "07:10"))
    assert {outcome for _, outcome, _ in office.verdicts("binh")} == {"pending"}
    office.take(*DAY, line("1", "18:20", on=TUESDAY))
    assert {outcome for _, outcome, _ in office.verdicts("binh")} == {"absent"}


FLAT = b"        2\t2000-01-01 00:03:00\t1\t0\t1\t0\r\n"
FUTURE = b"        2\t2031-05-05 05:05:05\t1\t0\t1\t0\r\n"


@pytest.mark.parametrize("impossible", [FLAT, FUTURE])
def test_nobody_is_absent_who_may_have_tapped_under_a_date_that_cannot_be(office: Office, impossible: bytes):
    office.clock.ms = at("18:30", 20)  # the stick is brought weeks later
    lines = (line("1", "07:10"), impossible, line("1", "18:20", on=TUESDAY))
    (held,) = office.take(*lines).held_ms
    assert at("07:00") < held <= at("07:10")
    assert {outcome for _, outcome, _ in office.verdicts("binh")} == {"pending"}
    assert {outcome for _, outcome, _ in office.verdicts("binh", 1)} == {"pending"}
    assert office.take(*lines).held_ms == (held,), "again, and from another stick, it is held but once"
    closing = Closing("T-X", at("07:00"), at("12:00"), "clock wrong")
    close_door(office.store, closing, "12/BC", "Lê A", office.clock.ms)
    assert office.take(*lines).held_ms == ()
    assert office.verdicts("binh") == [("AM", "incomplete", "needs_checking"), ("PM", "absent", "")]


def test_a_second_import_changes_nothing_but_the_trace(office: Office):
    office.clock.ms = at("18:30")
    office.take(*DAY)
    before = office.events()
    done = office.take(*reversed(DAY), *DAY)
    assert (done.new, done.known) == (0, 8)
    assert office.events() == before
    with office.store.read() as db:
        traces = [d for d in decisions.decisions(db, ["zk-aex1"]) if d.what == "attlog"]
    assert len(traces) == 2
    assert {(d.by, d.at_ms) for d in traces} == {("Lê A", at("18:30"))}
    assert sha256(b"".join(DAY)).hexdigest() in traces[0].detail and "1_attlog.dat" in traces[0].detail


def test_one_bad_line_refuses_the_file_and_every_bad_one_is_told(office: Office):
    with pytest.raises(ImportRefusedError) as refusal:
        office.take(DAY[0], b"1\t2018-11-12 07:00:00\t0\t1\t0\n", DAY[1], b"  \t2018-11-12 07:00:00\t1\t0\t1\t0\n")
    assert "line 2: has 5 columns" in str(refusal.value) and "line 4: has no PIN" in str(refusal.value)
    assert "export the file again" in str(refusal.value)
    assert office.events() == []
    with pytest.raises(ImportRefusedError, match="holds no punch"):
        office.take()


def test_unknown_pins_are_listed_like_unknown_badges_and_count_once_they_are_somebodys(office: Office):
    office.clock.ms = at("18:30", 1)
    punches = (line("77", "07:10"), line("77", "17:10"), line("1", "18:20", on=TUESDAY))
    assert dict(office.take(*punches).unknown) == {"77": 2}
    with office.store.read() as db:
        assert [(s.badge, s.device, s.times, s.reason) for s in strangers.strangers(db)] == [
            ("pin:aex1:77", "T-X", 2, "unknown")
        ]
    assert {outcome for _, outcome, _ in office.verdicts("binh")} == {"absent"}
    give_pins(office.store, "T-X", [given_pin("77", "binh")], office.clock.ms)
    assert ("binh", DATE.isoformat()) in [(s, str(d)) for s, d in office.all("SELECT staff, date FROM stale_day")]
    assert "absent" not in {outcome for _, outcome, _ in office.verdicts("binh")}


def test_a_terminal_is_registered_once_under_a_unit_that_there_is(office: Office):
    for code, serial, unit, error in (
        ("T-Y", "aex1", "X", RegistryError), ("T-X", "AEX2", "X", RegistryError), ("T-Y", "A B", "X", RegistryError),
        (" ", "AEX2", "X", RegistryError), ("T-Y", "AEX2", "Q", UnknownUnitError),
    ):  # fmt: skip
        with pytest.raises(error):
            add_terminal(office.store, code, serial, unit, 0)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.sampled_from(range(4)), min_size=1, max_size=6), max_size=5), st.permutations(range(4)))
def test_any_order_and_repetition_gives_the_same_events(parts: list[list[int]], last: list[int]):
    events: dict[int, tuple[object, ...]] = {}
    for part in [*parts, last]:
        for punch in read_attlog(b"".join(DAY[n] for n in part)).punches:
            event = terminal_event("zk-aex1", punch, at("18:30"), None)
            told = (event.line, event.time_ms, event.uncertainty_ms)
            assert events.setdefault(event.seq, told) == told
    assert len(events) == 4


def test_a_time_of_a_flat_battery_or_of_the_future_is_unsure_and_never_outside_its_receipt():
    for bad in (b"1\t2000-01-01 00:00:07\t1\t0\t1\t0", b"1\t2031-01-01 00:00:07\t1\t0\t1\t0"):
        (punch,) = read_attlog(bad).punches
        event = terminal_event("zk-aex1", punch, at("08:00"), None)
        assert (event.time_ms, event.uncertainty_ms, event.set_aside) == (at("08:00"), 86_400_000, False)
        assert 0 < event.seq < 2**63
    (good,) = read_attlog(b"1\t2018-11-12 07:00:00\t1\t0\t1\t0").punches
    assert terminal_event("zk-aex1", good, at("08:00"), None).uncertainty_ms < 400_000
    behind = terminal_event("zk-aex1", good, at("08:00"), midnight_ms(DATE))
    assert behind.uncertainty_ms == 3_600_000, "connected all the time, yet an hour late: the clock is behind"


def test_the_commands_say_what_they_did(office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    with office.store.read() as db:
        url = db.engine.url.render_as_string(hide_password=False)

    def run(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(["--db", url, "terminal", *words])
        said = capsys.readouterr()
        return code, said.out, said.err

    file, pins = tmp_path / "a.dat", tmp_path / "pins.csv"
    file.write_bytes(b"".join(DAY) + line("9", "07:00"))
    pins.write_text("pin,staff\n9,binh\n", "utf-8")
    assert run("add", "T-2", "--serial", "BB7", "--unit", "X")[0] == 0
    assert "T-2" in run("list")[1]
    code, out, err = run("import", "T-2", str(file), "--by", "Lê A")
    assert code == 0 and out.startswith("5 punches new, 0 known") and "PIN 9 is nobody's: 1 punches" in err
    assert run("pins", "T-2", str(pins), "--pin", "1=an")[1] == "2 PINs are new or changed\n"
    assert run("pins", "T-2", "--pin", "9=an", "--from", "2018-12-01")[0] == 1, "it is taken"
    assert run("pins", "T-2", "--pin", "9=an", "--from", "2018-12-01", "--replace")[0] == 0
    code, out, err = run("pins", "T-2")
    assert out == "pin,staff,valid_from,valid_to\n1,an,,\n9,binh,,2018-11-30\n9,an,2018-12-01,\n"
    pins.write_text(out, "utf-8")
    assert run("pins", "T-2", str(pins))[1] == "0 PINs are new or changed\n", "what it prints it reads"
    assert run("pins", "T-2", str(pins), "--from", "2018-12-01")[0] == 1
    found = {row["code"]: row for row in json.loads(run("list", "--json")[1])}
    assert (found["T-2"]["punches"], found["T-2"]["pins"], found["T-2"]["serial"]) == (5, 2, "BB7")
    assert run("import", "T-9", str(file))[0] == 1
