"""The list of people: leaders first, in Vietnamese order, found without marks, and the same from both databases."""

import datetime as dt
import io
import json
import random
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa

from central.names import NameOrder, Tones, search_key, sort_key
from central.reports import staff
from central.store import Store, open_store
from central.tables import Assignment, Staff, Unit

ON = dt.date(2018, 11, 12)
PEOPLE = (  # code, full name, given where it is not the last word, rank
    ("01", "Vũ Thị Ánh", None, 3),
    ("02", "Lê Văn Ân", None, 3),
    ("03", "Trần Thị An", None, 3),
    ("04", "Phạm Hoà", None, 3),
    ("05", "Phạm Hòa", None, 3),
    ("06", "Đỗ Thủy", None, 3),
    ("07", "Ngô Đức Đạt", None, 3),
    ("08", "H'Hen Niê", "H'Hen", 3),
    ("09", "Y Bình", None, 3),
    ("10", "Lê Thị Thanh Hương", "Thanh Hương", 3),
    ("11", "Zơ Râm Zung", None, 0),
    ("12", "Nguyễn Văn Hùng", None, 3),
    ("13", "Nguyễn Văn Hùng", None, 3),
    ("14", "Hoàng 100%_Ơn", None, 3),
)


@pytest.fixture
def store(new_database: Callable[[str], str]) -> Iterator[Store]:
    found = open_store(new_database("staff"))
    found.upgrade()
    with found.write() as db:
        db.execute(sa.insert(Unit.__table__).values(code="X", parent=None, type="xa", name="Xã X"))  # type: ignore[attr-defined]
        for code, name, given, rank in PEOPLE:
            keys = {"name_sort": sort_key(name, given), "name_search": search_key(name), "given": given}
            db.execute(sa.insert(Staff.__table__).values(code=code, full_name=name, category="", **keys))  # type: ignore[attr-defined]
            post = {"staff": code, "unit": "X", "rank": rank, "position": ""}
            db.execute(sa.insert(Assignment.__table__).values(post))  # type: ignore[attr-defined]
    yield found
    found.close()


def listed(store: Store, search: str = "", order: NameOrder | None = None) -> str:
    with store.read() as db:
        return " ".join(line.code for line in staff.staff_lines(db, ON, search, None, order or NameOrder()))


def test_leaders_come_first_then_given_names_in_vietnamese_order(store: Store) -> None:
    assert listed(store) == "11 03 01 02 09 07 08 04 05 12 13 14 10 06"


def test_the_database_orders_as_the_keys_do(store: Store) -> None:
    with store.read() as db:
        table: sa.Table = Staff.__table__  # type: ignore[attr-defined]
        by_database = list(db.execute(sa.select(table.c.name_sort).order_by(table.c.name_sort)).scalars())
    assert by_database == sorted(sort_key(name, given) for _, name, given, _ in PEOPLE)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("hòa", "04 05 14"), ("hoà", "04 05 14"), ("HOA", "04 05 14"), ("thuỷ", "06"), ("thủy", "06"), ("hhen", "08"),
        ("đat", "07"), ("dat", "07"), ("nguyen van hung", "12 13"), ("van hung", "12 13"), ("H’Hen", "08"),
        ("y binh", "09"), ("oang", ""), ("100%_", "14"), ("%", ""), ("_", ""), ("11", "11"), ("  ", None),
    ],
)  # fmt: skip
def test_search_ignores_marks_and_accepts_both_places_of_a_tone(store: Store, text: str, found: str | None) -> None:
    assert listed(store, text) == (listed(store) if found is None else found)


def test_an_office_may_order_tones_as_schools_do_and_middle_names_first(store: Store) -> None:
    assert listed(store, order=NameOrder(Tones.SCHOOL, middle_first=True)) == listed(store)
    with store.write() as db:
        db.execute(sa.update(Staff.__table__).where(sa.text("code = '01'")).values(full_name="Vũ Thị Ản"))  # type: ignore[attr-defined]
        db.execute(sa.update(Staff.__table__).where(sa.text("code = '03'")).values(full_name="Trần Thị Án"))  # type: ignore[attr-defined]
    assert listed(store, "thi", NameOrder(Tones.DICTIONARY, middle_first=True)) == "01 03 10"
    assert listed(store, "thi", NameOrder(Tones.SCHOOL)) == "03 01 10"


def test_the_list_is_printed_as_csv_and_json(store: Store) -> None:
    out, machine = io.StringIO(), io.StringIO()
    with store.read() as db:
        staff.write(db, ON, "binh", "X", NameOrder(), "csv", out)
        staff.write(db, ON, "binh", "X", NameOrder(), "json", machine)
    assert out.getvalue().splitlines() == [
        "code,full_name,unit,unit_name,workplace,position,rank,category",
        "09,Y Bình,X,Xã X,X,,3,",
    ]
    assert json.loads(machine.getvalue())[0]["full_name"] == "Y Bình"


def test_thousands_of_names_come_out_in_one_order_whatever_the_database(store: Store) -> None:
    syllables = "Án An Ân Đạt Da Đa Hòa Hoà Ơn Ôn On Ủy Uy Ưu Y Ý".split()
    chance = random.Random(3)  # noqa: S311 - a test's dice
    names = {f"N{n:04d}": " ".join(chance.choice(syllables) for _ in range(3)) for n in range(3000)}
    table: sa.Table = Staff.__table__  # type: ignore[attr-defined]
    with store.write() as db:
        rows = [
            {"code": code, "full_name": name, "category": "", "name_sort": sort_key(name), "name_search": ""}
            for code, name in names.items()
        ]
        db.execute(sa.insert(table), rows)
    with store.read() as db:
        query = sa.select(table.c.code).where(table.c.code.like("N%")).order_by(table.c.name_sort, table.c.code)
        found = list(db.execute(query).scalars())
    assert found == sorted(names, key=lambda code: (sort_key(names[code]), code))
