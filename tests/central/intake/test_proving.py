"""What `verify` finds: every change, removal, insertion and swap of what a seal covers (wire.md)."""

import json
import random

import pytest
import sqlalchemy as sa

from central.__main__ import main
from central.proving.findings import What
from central.proving.proof import ProofError, prove, read_keys
from edge.wire.events import Clock, Lost

BADGES = [f"em:{n:08X}" for n in range(1, 9)]


@pytest.fixture
def sealed(central, door, make_door):
    """Two doors, one with two journals, everything under seals."""
    first = door.punch(door.journal(), *BADGES)
    second = door.punch(door.journal(first), *BADGES[:4])
    other = make_door()
    central.register(other)
    third = other.punch(other.journal(), *BADGES, clock=Clock.RTC)
    central.send(door, door.up(first, 1, 5, sealed=True), door.up(first, 6, sealed=True), door.up(second, sealed=True))
    central.send(other, other.up(third, sealed=True))
    unguarded(central)
    return [first, second, third]


def unguarded(central):
    """Whoever owns the database can switch its triggers off."""
    with central.store.write() as db:
        if central.store.sqlite:
            for (name,) in db.execute(sa.text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
                db.execute(sa.text(f"DROP TRIGGER {name}"))
        else:
            for table in ("event", "seal", "lost_span", "audit"):
                db.execute(sa.text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))


def found(central, keys=None):
    with central.store.read() as db:
        return prove(db, keys).findings


class Thief:
    """Changes what is stored, in a transaction that is undone afterwards."""

    def __init__(self, central, chance):
        self.central, self.chance = central, chance
        rows = central.query("SELECT journal_id, seq, line, hash FROM event ORDER BY journal_id, seq")
        self.rows = [(row[0], row[1], bytes(row[2]), bytes(row[3])) for row in rows]

    def tries(self, change):
        """The findings after `change(db)`, and what it returned."""
        with self.central.store.engine.connect() as db, db.begin() as work:
            wanted = change(db)
            findings = prove(db).findings
            work.rollback()
        return findings, wanted

    def change_line(self, db):
        journal, seq, line, _ = self.chance.choice(self.rows)
        place = self.chance.randrange(len(line))
        other = line[:place] + bytes([line[place] ^ (1 << self.chance.randrange(7))]) + line[place + 1 :]
        self.run(db, "UPDATE event SET line = :line WHERE journal_id = :j AND seq = :s", j=journal, s=seq, line=other)
        return seq

    def change_column(self, db):
        journal, seq, line, _ = self.chance.choice([row for row in self.rows if b'"punch"' in row[2]])
        column, value = self.chance.choice(
            [("badge", "em:0000BEEF"), ("utc_ms", 5), ("uptime_ms", 7), ("kind", "read"), ("clock", "none")]
            + [("time_ms", 9), ("uncertainty_ms", 77_777), ("method", "rtc")] * (b'"ntp"' in line)
        )
        self.run(db, f"UPDATE event SET {column} = :v WHERE journal_id = :j AND seq = :s", j=journal, s=seq, v=value)  # noqa: S608
        return seq

    def remove(self, db):
        journal, seq, _, _ = self.chance.choice(self.rows)
        self.run(db, "DELETE FROM event WHERE journal_id = :j AND seq = :s", j=journal, s=seq)
        return seq

    def insert(self, db):
        """An event of somebody's making behind the last one, or before the first."""
        journal, _, line, _ = self.chance.choice(self.rows)
        ends = [row[1] for row in self.rows if row[0] == journal]
        seq = self.chance.choice([max(ends) + 1, 0, max(ends) + 7])
        names = "kind, line, hash, uptime_ms, utc_ms, clock, sync_age_s, received_ms, badge, set_aside"
        self.run(
            db,
            f"INSERT INTO event (journal_id, seq, {names}) SELECT journal_id, :new, {names} FROM event "  # noqa: S608
            "WHERE journal_id = :j AND line = :line",
            new=seq, j=journal, line=line,
        )  # fmt: skip
        return seq

    def swap(self, db):
        """Two lines change places, with everything but their seq."""
        journal = self.chance.choice(self.rows)[0]
        one, two = self.chance.sample([row for row in self.rows if row[0] == journal], 2)
        update = "UPDATE event SET line = :line, hash = :hash WHERE journal_id = :j AND seq = :s"
        self.run(db, update, line=two[2], hash=two[3], j=journal, s=one[1])
        self.run(db, update, line=one[2], hash=one[3], j=journal, s=two[1])
        return min(one[1], two[1])

    def change_hash(self, db):
        journal, seq, _, hash_ = self.chance.choice(self.rows)
        self.run(db, "UPDATE event SET hash = :h WHERE journal_id = :j AND seq = :s", j=journal, s=seq, h=hash_[::-1])
        return seq

    def change_seal(self, db):
        journal, seq, note = self.chance.choice(db.execute(sa.text("SELECT journal_id, seq, note FROM seal")).all())
        place = self.chance.randrange(len(note))
        other = note[:place] + bytes([note[place] ^ 1]) + note[place + 1 :]
        self.run(db, "UPDATE seal SET note = :n WHERE journal_id = :j AND seq = :s", j=journal, s=seq, n=other)
        return 1

    @staticmethod
    def run(db, sql, **values):
        db.execute(sa.text(sql), values)

    def change_audit(self, db):
        """A row of the log: changed, removed before the last one, or exchanged with another."""
        seq = self.chance.choice([1, 2])
        column, value = self.chance.choice(
            [("who", "'x'"), ("before", "'{}'"), ("after", "NULL"), ("utc_ms", "1"), ("why", "'x'"), ("seq", "seq + 5")]
        )
        if self.chance.random() < 0.3:
            self.run(db, "DELETE FROM audit WHERE seq = 1")
            return 1
        self.run(db, f"UPDATE audit SET {column} = {value} WHERE seq = :s", s=seq)  # noqa: S608
        return seq


CHANGES = ["change_audit", "change_line", "change_column", "remove", "insert", "swap", "change_hash", "change_seal"]


def test_what_nobody_touched_holds(central, sealed):
    with central.store.read() as db:
        tally = prove(db)
    assert (tally.findings, tally.unsealed, tally.to_come) == ([], 0, 0)
    assert (tally.devices, tally.journals, tally.events, tally.seals) == (2, 3, 9 + 5 + 9, 4)


def test_a_thousand_changes_are_each_found(central, sealed, database):
    thief = Thief(central, random.Random(11))  # noqa: S311
    for number in range(1_000 if database == "sqlite" else 70):
        change = CHANGES[number % len(CHANGES)]
        findings, seq = thief.tries(getattr(thief, change))
        assert findings, (number, change, seq)
        if change in ("change_line", "change_column", "remove"):
            assert any(f.first <= seq <= f.last for f in findings), (number, change, seq, findings)
    assert found(central) == []


def test_a_chain_that_was_worked_out_again_is_found_by_the_seal(central, door, sealed):
    journal = sealed[0]
    forged = door.punch(type(journal)(door.device, journal.name, journal.boot, journal.lines[:2]), *BADGES[::-1][:7])
    with central.store.write() as db:
        for seq, (line, hash_) in enumerate(zip(forged.lines, forged.hashes[1:], strict=True), 1):
            badge = json.loads(line).get("badge")
            Thief.run(
                db,
                "UPDATE event SET line = :l, hash = :h, badge = :b WHERE seq = :s AND journal_id = "
                "(SELECT id FROM journal WHERE journal = :j)",
                l=line, h=hash_, b=badge, s=seq, j=journal.name,
            )  # fmt: skip
    first = found(central)[0]
    assert (first.what, first.first, first.last) == (What.ALTERED, 1, 5)


def test_a_journal_that_is_gone_is_named_by_its_child(central, sealed):
    with central.store.write() as db:
        for table in ("event", "seal"):
            Thief.run(
                db,
                f"DELETE FROM {table} WHERE journal_id = (SELECT id FROM journal WHERE journal = :j)",  # noqa: S608
                j=sealed[0].name,
            )
        Thief.run(db, "DELETE FROM journal WHERE journal = :j", j=sealed[0].name)
    (finding,) = found(central)
    assert finding.what is What.REMOVED and sealed[0].name in finding.text


def test_a_hole_that_nobody_said_is_found_and_one_that_the_door_said_is_not(central, door):
    journal = door.punch(door.journal(), *BADGES[:4])
    hashes = journal.hashes
    door.write(journal, Lost(journal.name, 3, 4, hashes[2], hashes[4]))
    central.send(door, door.up(journal, 1, 2), door.up(journal, 5, sealed=True))
    assert found(central) == []
    unguarded(central)
    with central.store.write() as db:
        Thief.run(db, "DELETE FROM event WHERE seq = 5")
        Thief.run(
            db,
            "INSERT INTO lost_span (journal_id, first_seq, last_seq, source, said_ms) "
            "SELECT id, 5, 5, 'device', 1 FROM journal",
        )
    assert [(f.what, f.first) for f in found(central)] == [(What.HOLE, 5)]


def test_what_is_still_to_come_is_counted_and_not_accused(central, door):
    journal = door.punch(door.journal(), *BADGES)
    central.send(door, door.up(journal, 1, 2, sealed=True), door.up(journal, 7))
    with central.store.read() as db:
        tally = prove(db)
    assert (tally.findings, tally.to_come, tally.unsealed) == ([], 4, 7)


def test_other_peoples_keys_prove_what_the_databases_own_cannot(central, door, sealed, make_door):
    right = {d.device: d.public_key for d in [door]}
    assert {f.what for f in found(central, right)} == {What.KEY}
    stranger = make_door()
    findings = found(central, {**right, sealed[2].device: stranger.public_key})
    assert findings and {f.what for f in findings} == {What.SEAL}


def test_a_file_of_keys_says_which_line_is_wrong(tmp_path, door):
    file = tmp_path / "keys"
    file.write_text(f"# ours\n\n{door.device}, {door.public_key}\n")
    assert read_keys(file) == {door.device: door.public_key}
    file.write_text(f"device {door.device}\npublic key {door.public_key}\n")
    assert read_keys(file) == {door.device: door.public_key}, "as `diemdanh-edge identity` prints it"
    for text in ("one word too many here", f"{door.device} short", f"public key {door.public_key}"):
        file.write_text(text)
        with pytest.raises(ProofError, match="keys:1: "):
            read_keys(file)
    with pytest.raises(ProofError, match=r"none: cannot be read .*a line for each station: its id, a space"):
        read_keys(tmp_path / "none")


def test_the_command_names_the_first_event_and_says_whose_keys_it_used(central, door, sealed, tmp_path, capsys):
    url = central.store.engine.url.render_as_string(hide_password=False)
    assert main(["--db", url, "verify"]) == 0
    said = capsys.readouterr().out
    assert "23 events in 3 journals of 2 devices, 4 seals, 2 rows of the audit log, 0 heads of it, 2 facts; " in said
    assert "keys from the same database" in said
    with central.store.write() as db:
        Thief.run(db, "UPDATE event SET badge = 'em:0000BEEF' WHERE badge = :b", b=BADGES[2])
    file = tmp_path / "keys"
    with central.store.read() as db:
        file.write_text("".join(f"{row[0]} {row[1]}\n" for row in db.execute(sa.text("SELECT id, key FROM device"))))
    words = ["--db", url, "verify", "--keys", str(file)]
    assert main([*words, "--device", door.device.upper()]) == 1
    first, second, *_ = capsys.readouterr().out.splitlines()
    assert first.startswith(f"altered: device {door.device}, journal {sealed[0].name}, seq 4: the columns")
    assert sealed[1].name in second
    assert main([*words, "--json", "--from", "2026-01-01", "--to", "2026-03-16"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["intact"], told["events"], told["keys"]) == (False, 23, str(file))
    assert main([*words, "--from", "2026-04-01"]) == 0
    assert main([*words, "--device", "D-nobody"]) == 1


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("column", ["line", "hash", "uptime_ms", "utc_ms", "sync_age_s", "badge", "uncertainty_ms"])
def test_a_column_of_another_type_is_told_and_not_stumbled_over(central, sealed, column):
    """SQLite keeps whatever is put into a column."""
    value = b"\xff" if column == "badge" else "nonsense"
    with central.store.write() as db:
        Thief.run(db, f"UPDATE event SET {column} = :v WHERE seq = 4", v=value)  # noqa: S608
    assert any(f.first <= 4 <= f.last for f in found(central))
