"""Which days a stored punch makes stale."""

import pytest
import sqlalchemy as sa

BADGE = "em:0000000A"


@pytest.fixture
def holder(central):
    """Somebody who holds the badge."""
    with central.store.write() as db:
        columns = "(code, full_name, name_sort, name_search, category)"
        db.execute(sa.text(f"INSERT INTO staff {columns} VALUES ('CB1', 'An', '1', 'an', '')"))  # noqa: S608
        db.execute(sa.text(f"INSERT INTO badge (number, staff, state) VALUES ('{BADGE}', 'CB1', 'active')"))  # noqa: S608
        db.execute(sa.text("INSERT INTO counter VALUES ('roster', 1)"))


def marked(central) -> list[str]:
    return [str(row[0]) for row in central.query("SELECT date FROM stale_day WHERE staff = 'CB1' ORDER BY date")]


def judge(central, date: str) -> None:
    with central.store.write() as db:
        row = {"d": date}
        columns = "(staff, date, status, unit, evaluated_ms, why)"
        db.execute(sa.text(f"INSERT INTO day_verdict {columns} VALUES ('CB1', :d, 'present', '', 0, '{{}}')"), row)  # noqa: S608


def test_a_punch_marks_its_own_day(central, door, holder):
    central.send(door, door.up(door.punch(door.journal(), BADGE)))
    assert marked(central) == ["2026-03-16"]


def test_a_morning_punch_marks_the_day_before_too_where_that_was_judged(central, door, holder):
    judge(central, "2026-03-15")
    central.send(door, door.up(door.punch(door.journal(), BADGE)))
    assert marked(central) == ["2026-03-15", "2026-03-16"]


def test_an_afternoon_punch_leaves_the_day_before_alone(central, door, holder):
    judge(central, "2026-03-15")
    central.clock.ms += 6 * 3_600_000
    journal = door.journal(at=central.clock.ms)
    central.send(door, door.up(door.punch(journal, BADGE, at=central.clock.ms)))
    assert marked(central) == ["2026-03-16"]


def test_a_stamp_that_no_calendar_holds_is_stored_and_set_aside(central, door, holder):
    journal = door.punch(door.journal(), BADGE, at=999_999_000_000_000)
    door.punch(journal, BADGE, at=2**53 - 10_000)
    (ack,) = central.send(door, door.up(journal))
    assert ack.watermark == 3
    assert central.query("SELECT set_aside FROM event WHERE kind = 'punch'") == [(1,), (1,)]
    assert "2026-03-16" in marked(central)
