"""What `verify` finds of the audit log and the facts, with the heads that central signed and the doors keep."""

import json
import random
from base64 import urlsafe_b64encode

import pytest
import sqlalchemy as sa

from central.__main__ import main
from central.keys import load_key
from central.proving.findings import What
from central.proving.heads import HeadsError, Kept, read_heads
from central.proving.proof import Witnesses, prove
from central.store import audit, told
from edge.wire.heads import head_line
from tests.central.heads.conftest import DAY, MONDAY, table

TRIES = {"sqlite": 1_000, "postgresql": 70}


@pytest.fixture
def week(office, clock):
    """Five days of changes, each closed."""
    for number in range(5):
        clock.go_to(MONDAY + number * DAY)
        office.close()
        office.unit(f"X{number}")
        office.sites(f"a{number}", f"b{number}")
        office.do(
            lambda db, n=number: db.execute(
                sa.update(table("unit")).where(table("unit").c.code == f"X{n}").values(name=f"Xã mới {n}")
            )
        )
        decision = {
            "device": "d-1",
            "what": "lost",
            "detail": f"{number}",
            "doc_no": "9/QĐ",
            "by": "An",
            "at_ms": number,
        }
        office.do(lambda db, row=decision: db.execute(sa.insert(table("door_decision")).values(row)))
    office.do(lambda db: db.execute(sa.delete(table("site")).where(table("site").c.code == "b4")))
    clock.go_to(MONDAY + 5 * DAY)
    office.close()
    office.unguard()
    return office


def kept(office) -> list[Kept]:
    """What a door has of it."""
    return [Kept("door-0001", "doors.txt", number, row.note) for number, row in enumerate(office.heads(), 1)]


def found(office, witnesses=(), db=None):
    given = Witnesses(witnesses, office.key.verify)
    if db is not None:
        return prove(db, witnesses=given).findings
    with office.store.read() as reading:
        return prove(reading, witnesses=given).findings


def test_what_nobody_touched_holds(week):
    with week.store.read() as db:
        tally = prove(db, witnesses=Witnesses(kept(week), week.key.verify))
    assert (tally.findings, tally.unheaded, tally.untold, tally.unsigned) == ([], 0, 0, 0)
    assert (tally.audited, tally.heads, tally.facts) == (26, 12, 20)


class Thief:
    """Changes the log or the facts, in a transaction that is undone afterwards."""

    def __init__(self, office, chance):
        self.office, self.chance = office, chance
        with office.store.read() as db:
            self.log = audit.entries(db)
            self.facts = list(told.facts(db))

    def tries(self, change):
        with self.office.store.engine.connect() as db, db.begin() as work:
            change(db)
            findings = found(self.office, db=db)
            work.rollback()
        return findings

    def change_fact(self, db):
        fact = self.chance.choice(self.facts)
        keys = table(fact.table).primary_key.columns
        column = self.chance.choice([n for n, v in fact.row.items() if isinstance(v, str) and n not in keys])
        sql = f"UPDATE {fact.table} SET {column} = :v WHERE {self._where(fact)}"  # noqa: S608
        self._run(db, sql, v=f"?{self.chance.random()}"[:8])

    def remove_fact(self, db):
        fact = self.chance.choice(self.facts)
        self._run(db, f"DELETE FROM {fact.table} WHERE {self._where(fact)}")  # noqa: S608

    def insert_fact(self, db):
        code = f"z{self.chance.randrange(10**6)}"
        name, given = self.chance.choice(
            [
                ("unit", {"code": code, "type": "commune", "name": code, "source": ""}),
                (
                    "site",
                    {"code": self.chance.choice([code, "b4"]), "name": code, "address": "", "former_name": ""},
                ),
                ("door_decision", {"device": code, "what": "lost", "detail": "", "doc_no": "", "by": "", "at_ms": 1}),
            ]
        )
        columns = ", ".join(f'"{column}"' for column in given)
        values = ", ".join(f":{column}" for column in given)
        self._run(db, f"INSERT INTO {name} ({columns}) VALUES ({values})", **given)  # noqa: S608

    def swap_facts(self, db):
        """Two rows change numbers."""
        first, second = self.chance.sample([fact for fact in self.facts if fact.table == "unit"], 2)
        for now, then in ((first.key[0], -1), (second.key[0], first.key[0]), (-1, second.key[0])):
            self._run(db, "UPDATE unit SET id = :then WHERE id = :now", now=now, then=then)

    def change_row(self, db):
        row = self.chance.choice(self.log)
        texts = [(name, "x") for name in ("who", "action", "what", "after", "why", "origin")]
        column, value = self.chance.choice([*texts, ("utc_ms", 5), ("hash", b"x" * 32), ("prev_hash", b"y" * 32)])
        self._run(db, f"UPDATE audit SET {column} = :v WHERE seq = :s", v=value, s=row.seq)  # noqa: S608

    def remove_row(self, db):
        self._run(db, "DELETE FROM audit WHERE seq = :s", s=self.chance.choice(self.log).seq)

    def remove_end(self, db):
        self._run(db, "DELETE FROM audit WHERE seq >= :s", s=self.chance.choice(self.log).seq)

    def insert_row(self, db):
        """Everything behind moves on; hashes stay, or are worked out again."""
        row = self.chance.choice(self.log)
        after = row._replace(after='{"id": 1}', who="Bình", prev_hash=row.hash)
        rest = [one._replace(seq=one.seq + 1) for one in self.log[row.seq :]]
        self._rewrite(db, [*self.log[: row.seq], after._replace(seq=row.seq + 1), *rest])

    def swap_rows(self, db):
        first, second = sorted(self.chance.sample(range(len(self.log)), 2))
        log = list(self.log)
        log[first] = self.log[second]._replace(seq=first + 1)
        log[second] = self.log[first]._replace(seq=second + 1)
        self._rewrite(db, log)

    def change_head(self, db):
        column, value = self.chance.choice([("rows", 3), ("hash", b"x" * 32), ("note", b"{}\nx"), ("utc_ms", 4)])
        self._run(db, f"UPDATE audit_head SET {column} = :v WHERE id = :s", v=value, s=self.chance.randrange(1, 7))  # noqa: S608

    def _rewrite(self, db, log):
        anew, chained, before = self.chance.random() < 0.5, [], audit.BEGIN
        for entry in log:
            one = entry._replace(prev_hash=before) if anew else entry
            one = one._replace(hash=audit.chained(one)) if anew else one
            before = one.hash
            chained.append(one._asdict())
        self._run(db, "DELETE FROM audit")
        db.execute(sa.insert(audit.TABLE), chained)

    @staticmethod
    def _where(fact):
        columns = table(fact.table).primary_key.columns
        return " AND ".join(f"{column.name} = {part!r}" for column, part in zip(columns, fact.key, strict=True))

    @staticmethod
    def _run(db, sql, **values):
        db.execute(sa.text(sql), values)


CHANGES = [name for name in vars(Thief) if name.split("_")[0] in ("change", "remove", "insert", "swap")]


def test_a_thousand_changes_of_log_and_facts_are_each_found(week, database):
    thief = Thief(week, random.Random(5))  # noqa: S311
    for number in range(TRIES[database]):
        change = CHANGES[number % len(CHANGES)]
        assert thief.tries(getattr(thief, change)), (number, change)
    assert found(week) == []


def test_the_fact_that_was_changed_is_named_with_the_row_that_said_otherwise(week):
    week.behind("UPDATE unit SET name = 'Xã khác' WHERE id = 2")
    (finding,) = found(week)
    assert (finding.what, finding.where, finding.first) == (What.ALTERED, "unit", 9)
    assert finding.text == "2: name differ from the log's row 9, its last word"


def rewrite(office, first, **changes):
    """Chain the log anew from row `first` on, as somebody who owns the database may."""
    with office.store.read() as db:
        log = audit.entries(db)
    with office.store.write() as db:
        before = log[first - 2].hash if first > 1 else audit.BEGIN
        for row in log[first - 1 :]:
            one = row._replace(prev_hash=before, **(changes if row.seq == first else {}))
            before = audit.chained(one)
            values = one._replace(hash=before)._asdict()
            db.execute(sa.update(audit.TABLE).where(audit.TABLE.c.seq == row.seq).values(values))


def sign_again(office):
    """All heads signed anew, with central's own key: what stands in the database agrees with itself."""
    with office.store.write() as db:
        db.execute(sa.text("DELETE FROM audit_head"))
    office.close()


def cut(office, last):
    with office.store.write() as db:
        db.execute(sa.text("DELETE FROM audit WHERE seq > :s"), {"s": last})
        db.execute(sa.text("DELETE FROM audit_head"))


def test_a_removed_end_is_found_by_what_the_doors_keep(week):
    doors = kept(week)
    cut(week, 17)
    for thing in ("unit", "site", "door_decision"):
        week.behind(f"DELETE FROM {thing}")  # noqa: S608
    findings = [f for f in found(week, doors) if f.where == "audit"]
    assert [(f.what, f.first, f.last) for f in findings] == [(What.REMOVED, 16, 20)]
    assert "first day that differs: 2026-03-19, 20 rows signed, kept by door-0001 (doors.txt, line 5)" in str(
        findings[0]
    )
    assert "up to row 15 the log is what was signed" in findings[0].text


def test_a_log_written_anew_and_signed_anew_with_centrals_key_is_found_by_what_the_doors_keep(week):
    doors = kept(week)
    rewrite(week, 7, who="Bình")
    sign_again(week)
    assert found(week) == []
    (finding,) = found(week, doors)
    assert (finding.what, finding.first, finding.last) == (What.ALTERED, 6, 10)
    assert "first day that differs: 2026-03-17" in finding.text and "written anew" in finding.text


def test_a_database_put_back_to_an_older_day_is_found_by_what_the_doors_keep(
    make_office, office, clock, copy_database, new_database
):
    office.unit("X1")
    clock.go_to(MONDAY + DAY)
    office.close()
    office.store.close()
    old = make_office(copy_database("office", "old"))
    again = make_office(new_database("office"))
    again.unit("X2")
    clock.go_to(MONDAY + 2 * DAY)
    again.close()
    doors = kept(again)
    assert found(again, doors) == []
    (finding,) = found(old, doors)
    assert (finding.what, finding.last) == (What.REMOVED, 2)
    assert "2026-03-17" in finding.text and "an old copy put back" in finding.text
    old.unit("X3")
    (finding,) = found(old, doors)
    assert finding.what is What.ALTERED and "2026-03-17" in finding.text


def test_each_doors_first_day_is_named(week):
    doors = kept(week)
    other = [Kept("door-0002", "doors.txt", 9, doors[-1].note)]
    rewrite(week, 1, why="?")
    told = [f.text for f in found(week, [*doors, *other])]
    assert [text.split(", ")[2].split(" (")[0] for text in told] == [
        "kept by central", "kept by door-0001", "kept by door-0002"
    ]  # fmt: skip
    assert ["2026-03-16" in text for text in told] == [True, True, False]


def test_what_central_did_not_sign_accuses_nobody_but_whoever_wrote_it(week, tmp_path):
    stranger = load_key(tmp_path / "stranger.pem")
    forged = kept(week)[2]
    line = forged.note.split(b"\n")[0].replace(b'"rows":10', b'"rows":11')
    note = line + b"\n" + urlsafe_b64encode(stranger.sign(line)).rstrip(b"=")
    (finding,) = found(week, [Kept("door-0001", "doors.txt", 3, note)])
    assert (finding.what, finding.where, finding.first) == (What.HEAD, "doors.txt", 3)
    assert "the signature" in finding.text


def test_rows_after_the_last_head_are_said_not_to_be_proved(week):
    week.unit("X9")
    with week.store.read() as db:
        assert prove(db).unheaded == 1


def test_facts_that_the_log_never_told_are_counted_before_the_first_head_and_found_after_it(office):
    office.behind("INSERT INTO unit (code, type, name, source) VALUES ('X1', 'commune', 'Xã', '')")
    with office.store.read() as db:
        tally = prove(db)
    assert (tally.findings, tally.untold) == ([], 1)
    office.close()
    assert found(office) == []
    office.behind("INSERT INTO unit (code, type, name, source) VALUES ('X2', 'commune', 'Xã', '')")
    (finding,) = found(office)
    assert finding.what is What.INSERTED and "never told it" in finding.text


def test_a_log_that_cannot_be_read_breaks_its_chain_and_nothing_else(week):
    week.behind("UPDATE audit SET after = 'no JSON' WHERE seq = 1")
    week.behind("UPDATE audit SET after = '[]', what = 'moon 5' WHERE seq = 2")
    assert {f.where for f in found(week)} == {"audit", "site"}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("column", ["who", "what", "before", "after", "utc_ms", "prev_hash", "hash"])
def test_a_column_of_another_type_is_told_and_not_stumbled_over(week, column):
    """SQLite keeps whatever is put into a column."""
    value = "text" if "hash" in column or column == "utc_ms" else b"\xff"
    week.behind(f"UPDATE audit SET {column} = :v WHERE seq = 5", v=value)  # noqa: S608
    assert any(f.where == "audit" and f.first <= 5 <= f.last for f in found(week))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_date_that_is_none_is_told_and_not_stumbled_over(week):
    week.behind("UPDATE unit SET valid_from = 'once upon a time' WHERE id = 1")
    (finding,) = found(week)
    assert (finding.what, finding.where) == (What.ALTERED, "unit")


def test_a_file_of_heads_says_which_line_is_wrong(week, tmp_path):
    file = tmp_path / "doors.txt"
    lines = [f"door-0001 {head_line(one.note)}" for one in kept(week)]
    file.write_text("# Monday\n\n" + "\n".join(lines) + "\n")
    assert [one.note for one in read_heads([file])] == [one.note for one in kept(week)]
    file.write_text("door-0001 nothing\n")
    with pytest.raises(HeadsError, match=r"doors.txt:1: no head"):
        read_heads([file])


def test_the_command_takes_files_of_several_doors_and_centrals_public_key_alone(week, tmp_path, capsys, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")  # where there is no key of central
    url = week.store.engine.url.render_as_string(hide_password=False)
    words = ["--db", url, "verify"]
    assert main(words) == 0
    assert "the signatures of 6 heads (give --central-key)" in capsys.readouterr().out
    files = []
    for door in ("door-0001", "door-0002"):
        file = tmp_path / f"{door}.txt"
        file.write_text("".join(f"{door} {head_line(one.note)}\n" for one in kept(week)))
        files += ["--heads", str(file)]
    assert main([*words, *files]) == 1
    assert "give --central-key" in capsys.readouterr().err
    words += ["--central-key", week.key.public_text]
    assert main([*words, *files]) == 0
    assert "26 rows of the audit log, 18 heads of it, 20 facts" in capsys.readouterr().out
    assert main([*words, *files, "--device", "d-1"]) == 1
    assert "give one of them" in capsys.readouterr().err
    rewrite(week, 26, who="Bình")
    sign_again(week)
    assert main([*words, *files, "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert [f["text"].split(", kept by ")[0] for f in told["findings"]] == [
        "first day that differs: 2026-03-20, 26 rows signed"
    ] * 2
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_heads_are_printed_and_signed_on_demand(week, tmp_path, capsys, monkeypatch):
    url = week.store.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("DIEMDANH_KEY_FILE", str(tmp_path / "key.pem"))
    assert main(["--db", url, "heads"]) == 0
    printed = capsys.readouterr().out
    assert printed == "".join(f"central {head_line(row.note)}\n" for row in week.heads())
    week.unit("X9")
    assert main(["--db", url, "heads", "--sign", "--short"]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.split(" · ")[1] == "27"
    assert main(["--db", url, "verify"]) == 0
    assert "0 rows of the audit log after its last head" in capsys.readouterr().out
