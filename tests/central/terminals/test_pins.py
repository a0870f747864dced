"""A PIN is used again when somebody leaves: a punch is given to whoever held it at its time."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from central.errors import ImportRefusedError, UnknownStaffError
from central.moments import midnight_ms
from central.reports import strangers
from central.roster.imports import import_office
from central.terminals.holdings import EVER, Held, changed, clash, taken_over
from central.terminals.pins import GivenPin, give_pins, given_pin, list_pins, read_pins
from central.terminals.registering import list_terminals
from tests.central.terminals.office import DATE, FILES, Office, at, line

TUESDAY, WEDNESDAY = (DATE + dt.timedelta(days=n) for n in (1, 2))
TUESDAY_MS = midnight_ms(TUESDAY)


def lines(*said: str) -> list[GivenPin]:
    return read_pins("\n".join(("pin,staff,valid_from,valid_to", *said)).encode())


def taps(pin: str, on: dt.date) -> tuple[bytes, ...]:
    return tuple(line(pin, time, on=on) for time in ("07:10", "11:40", "13:10", "17:10"))


def test_a_punch_is_given_to_whoever_held_the_pin_at_its_time(office: Office):
    office.clock.ms = at("18:30", 2)
    give_pins(office.store, "T-X", lines("7,an,,2018-11-12", "7,binh,2018-11-13T00:00:00+07:00,"), office.clock.ms)
    done = office.take(*taps("7", DATE), *taps("7", TUESDAY), line("1", "18:20", on=WEDNESDAY))
    assert dict(done.unknown) == {}
    assert [outcome for _, outcome, _ in office.verdicts("an")] == ["present", "present"]
    assert [outcome for _, outcome, _ in office.verdicts("binh")] == ["absent", "absent"]
    assert [outcome for _, outcome, _ in office.verdicts("an", 1)] == ["absent", "absent"]
    assert [outcome for _, outcome, _ in office.verdicts("binh", 1)] == ["present", "present"]


def test_a_punch_between_two_holders_is_nobodys_and_said_so(office: Office):
    office.clock.ms = at("18:30", 2)
    give_pins(office.store, "T-X", lines("7,an,,2018-11-12", "7,binh,2018-11-14,"), office.clock.ms)
    done = office.take(*taps("7", DATE), *taps("7", TUESDAY))
    assert dict(done.unknown) == {"7": 4}
    with office.store.read() as db:
        assert [(s.badge, s.times, s.reason) for s in strangers.strangers(db)] == [("pin:aex1:7", 4, "not_held")]


def test_a_pin_that_goes_to_another_person_judges_the_touched_days_again_and_no_others(office: Office):
    office.clock.ms = at("18:30", 9)
    office.take(*taps("1", DATE), *taps("1", WEDNESDAY), line("1", "18:20", on=DATE + dt.timedelta(days=8)))
    for day in range(3):
        office.verdicts("an", day), office.verdicts("binh", day)
    give_pins(office.store, "T-X", [given_pin("1", "binh", "2018-11-14")], office.clock.ms, replace=True)
    stale = {(staff, str(on)) for staff, on in office.all("SELECT staff, date FROM stale_day")}
    assert ("an", "2018-11-14") in stale and ("binh", "2018-11-14") in stale
    assert ("an", "2018-11-12") not in stale and ("binh", "2018-11-12") not in stale
    assert [outcome for _, outcome, _ in office.verdicts("an")] == ["present", "present"], "the past stays his"
    assert [outcome for _, outcome, _ in office.verdicts("an", 2)] == ["absent", "absent"]
    assert [outcome for _, outcome, _ in office.verdicts("binh", 2)] == ["present", "present"]
    assert list_pins(office.store, "T-X") == [
        ("1", "an", "", "2018-11-13"), ("1", "binh", "2018-11-14", ""), ("2", "binh", "", ""),
    ]  # fmt: skip
    ((said,),) = office.all("SELECT said FROM former_fact WHERE noun = 'badge'")
    assert "pin:aex1:1" in said and '"an"' in said


def test_a_pin_is_taken_from_somebody_only_when_that_is_said(office: Office):
    with pytest.raises(ImportRefusedError, match=r"line 3: PIN 1 is an's from always to no end; .* add --replace"):
        give_pins(office.store, "T-X", lines("3,an,,", "1,binh,2018-12-01,"), 0)
    assert list_terminals(office.store)[0].pins == 2, "all or none"
    with pytest.raises(ImportRefusedError, match=r"--pin 1: PIN 1 is an's"):
        give_pins(office.store, "T-X", [given_pin("1", "an", "", "2018-11-30")], 0)
    assert give_pins(office.store, "T-X", [given_pin("1", "an", "", "2018-11-30")], 0, replace=True) == 1
    assert give_pins(office.store, "T-X", [given_pin("1", "an", "", "2018-11-30")], 0) == 0
    assert give_pins(office.store, "T-X", [given_pin("1", "binh", "2018-12-01T08:00:00+07:00")], 0) == 1
    assert list_pins(office.store, "T-X")[1] == ("1", "binh", "2018-12-01T08:00:00+07:00", "")
    assert give_pins(office.store, "T-X", [given_pin("1", "binh")], 0, replace=True) == 1
    assert list_pins(office.store, "T-X")[0] == ("1", "binh", "", "")
    with pytest.raises(UnknownStaffError):
        give_pins(office.store, "T-X", [given_pin("4", "nobody")], 0)


def test_a_list_is_refused_with_every_bad_line():
    assert [one.held for one in read_pins("\ufeffpin,staff\n007,an\n\n8, binh\n8,binh".encode())] == [
        Held("007", "an"), Held("8", "binh"), Held("8", "binh"),
    ]  # fmt: skip
    assert read_pins(b"7,an,,2018-11-12\n7,binh,2018-11-13")[1] == GivenPin("line 2", Held("7", "binh", TUESDAY_MS))
    with pytest.raises(ImportRefusedError) as refusal:
        lines("1", "1,an,12/11/2018", "1,an,2018-11-13,2018-11-12", "1,an,,,", ",an")
    told = str(refusal.value)
    assert all(f"line {number}: " in told for number in (2, 3, 4, 5, 6))
    assert "line 2: has to be PIN,STAFF" in told and "line 4: valid_to lies before valid_from" in told
    with pytest.raises(ImportRefusedError, match="line 2 is not UTF-8; save the file as CSV UTF-8"):
        read_pins("pin,staff\n8,bình\n".encode("latin-1"))
    with pytest.raises(ImportRefusedError, match="--pin 1: "):
        given_pin("1", "an", "yesterday")


def test_overlapping_lines_are_refused_with_their_numbers():
    with pytest.raises(ImportRefusedError) as refusal:
        lines("1,an,,2018-11-12", "2,an,,", "1,binh,2018-11-12,", "1,an,2018-11-01,2018-11-02")
    told = str(refusal.value)
    assert "line 4: PIN 1 is given to an on line 2 for the same time" in told
    assert "line 5: PIN 1 is given to an on line 2" in told and "line 3" not in told


def test_a_list_and_the_command_line_are_checked_together(office: Office):
    with pytest.raises(ImportRefusedError, match="--pin 5: PIN 5 is given to an on line 2 for the same time"):
        give_pins(office.store, "T-X", [*lines("5,an"), given_pin("5", "binh")], 0)


def test_a_dated_pin_is_no_history_of_badges(office: Office):
    """An import without badges.csv goes on saying which badge somebody has."""
    give_pins(office.store, "T-X", [given_pin("7", "an", "2018-11-12")], 0)
    staff = FILES["staff"].replace("an,Nguyễn Văn An,X,,0,,,,,", "an,Nguyễn Văn An,X,,0,em:00000001,,,,")
    (office.path / "office" / "staff.csv").write_text(staff, "utf-8")
    import_office(office.store, office.clock, office.path / "office")
    held = {row[0] for row in office.all("SELECT number FROM badge WHERE staff = 'an'")}
    assert held == {"em:00000001", "pin:aex1:1", "pin:aex1:7"}


ends = st.none() | st.integers(0, 9)
holdings = st.builds(Held, st.sampled_from("12"), st.sampled_from("abc"), ends, ends).filter(
    lambda h: h.first <= h.last
)


def apart(held: list[Held]) -> list[Held]:
    kept: list[Held] = []
    for one in held:
        if not any(one.overlaps(other) for other in kept):
            kept.append(one)
    return kept


def holder(held: list[Held], pin: str, ms: int) -> str | None:
    found = [one.staff for one in held if one.pin == pin and one.at(ms)]
    assert len(found) <= 1, "a PIN is one person's at a time"
    return found[0] if found else None


@settings(max_examples=300, deadline=None)
@given(st.lists(holdings, max_size=5).map(apart), st.lists(holdings, max_size=4).map(apart))
def test_what_is_taken_over_is_one_persons_at_a_time_and_every_change_is_told(stored: list[Held], said: list[Held]):
    after = taken_over(said, stored)
    stretches = changed(stored, after)
    assert bool(clash(said, stored)) == any(
        one.overlaps(other) for one in said if one not in stored for other in stored
    )
    for pin in "12":
        for ms in (-EVER, *range(-1, 11), EVER):
            now, before = holder(after, pin, ms), holder(stored, pin, ms)
            told = [s for s in stretches if s.pin == pin and Held(pin, "", s.from_ms, s.to_ms).at(ms)]
            assert (now != before) == bool(told)
            assert all(s.staff == {who for who in (now, before) if who is not None} for s in told)
            meant = holder(said, pin, ms)
            assert meant is None or now == meant
            if now != before and meant is None:
                assert any(one.staff == before for one in said), "only one's own time is cut short"
