"""Backups: encrypted, whole or not at all, made while others write, and opened again only as what they were."""

import datetime as dt
import json
import os
import shutil
import stat
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pyrage
import pytest
import sqlalchemy as sa

from central import backups
from central.__main__ import main
from central.backups import BackupError, make_key, prune, read_recipients, restore
from central.store import Store, open_store
from central.store.dump import PLACES, POSTGRESQL, SQLITE, dump
from tests.waiting import until

ROOT = Path(__file__).parents[2]


@pytest.fixture
def key(tmp_path: Path) -> Path:
    make_key(tmp_path / "stick" / "backup.key")
    return tmp_path / "stick" / "backup.key"


@pytest.fixture
def recipient(key: Path) -> str:
    return key.read_text("ascii").splitlines()[0].rpartition(" ")[2]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Path]:
    """A folder with settings, keys and a database of three units."""
    folder = tmp_path / "office"
    folder.mkdir()
    text = f'[database]\nurl = "sqlite:///{folder}/central.db"\n[key]\nfile = "{folder}/k.pem"\n'
    (folder / "central.toml").write_text(text + f'[ca]\nfile = "{folder}/ca.pem"\n', "utf-8")
    (folder / "k.pem").write_bytes(b"central's key")
    (folder / "ca.pem").write_bytes(b"the authority's key")
    store = open_store(f"sqlite:///{folder}/central.db")
    store.upgrade()
    units(store, "A", "B", "C")
    store.close()
    yield folder


def units(store: Store, *codes: str) -> None:
    with store.write() as db:
        for code in codes:
            db.execute(
                sa.text("INSERT INTO unit (code, type, name, source) VALUES (:code, 'commune', :code, 'manual')"),
                {"code": code},
            )


def codes_in(url: str) -> list[str]:
    store = open_store(url)
    try:
        with store.read() as db:
            return list(db.scalars(sa.text("SELECT code FROM unit ORDER BY code")))
    finally:
        store.close()


def run(*words: object) -> int:
    return main([str(word) for word in words])


def test_a_backup_opens_with_its_key_and_holds_everything(office, key, recipient, tmp_path, capsys):
    assert (
        run("--config", office / "central.toml", "backup", "take", "--to", tmp_path / "kept", "--for", recipient) == 0
    )
    (made,) = (tmp_path / "kept").iterdir()
    assert str(made) in capsys.readouterr().out
    assert b"central's key" not in made.read_bytes() and b"SQLite" not in made.read_bytes()
    into = tmp_path / "back"
    assert run("backup", "restore", made, "--identity", key, "--into", into) == 0
    assert f"sqlite:///{into / SQLITE} verify" in capsys.readouterr().out
    assert {file.name for file in into.iterdir()} == {SQLITE, "central-key.pem", "office-ca.pem", "central.toml"}
    assert (into / "central-key.pem").read_bytes() == b"central's key"
    assert (into / "central.toml").read_bytes() == (office / "central.toml").read_bytes()
    assert codes_in(f"sqlite:///{into / SQLITE}") == ["A", "B", "C"]
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in into.iterdir())
    assert run("--db", f"sqlite:///{into / SQLITE}", "verify") == 0


def test_settings_say_where_for_whom_and_how_many(office, key, recipient, tmp_path):
    folder = tmp_path / "kept"
    with (office / "central.toml").open("a", encoding="utf-8") as settings:
        settings.write(f'[backup]\nfolder = "{folder}"\nrecipients = "{recipient}"\nkeep = 2\n')
    folder.mkdir()
    for day in (1, 2, 3):
        (folder / f"diemdanh-2018110{day}T010000Z.age").write_bytes(b"old")
    (folder / "notes.txt").write_text("not a backup", "utf-8")
    assert run("--config", office / "central.toml", "backup", "take") == 0
    names = sorted(file.name for file in folder.iterdir())
    assert names[0] == "diemdanh-20181103T010000Z.age" and len(names) == 3 and names[2] == "notes.txt"
    restore(folder / names[1], key, tmp_path / "back")


def test_keep_nothing_means_remove_nothing(tmp_path):
    (tmp_path / "diemdanh-20181101T010000Z.age").write_bytes(b"")
    assert prune(tmp_path, 0) == []
    assert prune(tmp_path, 1) == []


def test_a_copy_is_of_one_moment_while_others_write(office, recipient, key, tmp_path):
    """Each transaction adds a pair; a copy never has half of one."""
    store = open_store(f"sqlite:///{office}/central.db")
    over, written = threading.Event(), []

    def write() -> None:
        while not over.is_set():
            number = len(written)
            units(store, f"P{number:05}a", f"P{number:05}b")
            written.append(number)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        until(lambda: len(written) > 5)
        for turn in range(5):
            before = len(written)
            made = tmp_path / f"copy{turn}"
            made.mkdir()
            pairs = [code[:-1] for code in codes_in(f"sqlite:///{dump(store, made)}") if code.startswith("P")]
            assert len(pairs) % 2 == 0 and len(pairs) >= 2 * before
    finally:
        over.set()
        writer.join()
        store.close()


def test_whoever_has_another_key_reads_nothing(office, recipient, tmp_path, capsys):
    assert (
        run("--config", office / "central.toml", "backup", "take", "--to", tmp_path / "kept", "--for", recipient) == 0
    )
    (made,) = (tmp_path / "kept").iterdir()
    make_key(tmp_path / "other.key")
    assert run("backup", "restore", made, "--identity", tmp_path / "other.key", "--into", tmp_path / "back") == 1
    assert "is this the key that it was made for" in capsys.readouterr().err
    assert not (tmp_path / "back").exists()


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, Path]:
    """A small backup of one file, and the key that opens it."""
    folder = tmp_path_factory.mktemp("sealed")
    recipient = make_key(folder / "key")

    def copy(place: Path) -> Path:
        (place / SQLITE).write_bytes(bytes(200_000))
        return place / SQLITE

    now = dt.datetime(2018, 11, 12, tzinfo=dt.UTC)
    made = backups.take(copy, {}, read_recipients([recipient]), folder, now, "0.1.0")
    return made.read_bytes(), folder / "key"


@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.66, 0.9, 0.9999])
def test_a_backup_that_is_cut_short_or_altered_anywhere_is_refused_whole(sealed, share, tmp_path):
    content, key = sealed
    at = int(len(content) * share)
    for number, damaged in enumerate((content[:at], content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])):
        file = tmp_path / f"{number}.age"
        file.write_bytes(damaged)
        with pytest.raises(BackupError):
            restore(file, key, tmp_path / "back")
        assert sorted(path.name for path in tmp_path.iterdir()) == [f"{n}.age" for n in range(number + 1)]


def archive(*members: tuple[str, bytes], manifest: object = None, kind: bytes = tarfile.REGTYPE) -> bytes:
    packed = BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        head = [] if manifest is None else [(backups.MANIFEST, json.dumps(manifest).encode())]
        for name, content in [*head, *members]:
            member = tarfile.TarInfo(name)
            member.size, member.linkname = len(content), "/etc/passwd"
            member.type = kind if name != backups.MANIFEST else tarfile.REGTYPE
            tar.addfile(member, BytesIO(content))
    return packed.getvalue()


def said(**files: bytes) -> dict[str, object]:
    pieces = {name: {"size_bytes": 1, "sha256": "00"} for name in files}
    return {"format": 1, "taken": "t", "version": "v", "files": pieces}


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", "no backup"),
        (b"no tar at all" * 100, "no backup"),
        (archive(("x", b"1")), "no manifest"),
        (archive(manifest=[1]), "cannot be read"),
        (archive(manifest={"format": 1}), "cannot be read"),
        (archive(manifest={"format": 2, "version": "9.0"}), "newer version .9.0"),
        (archive(("../../evil", b"1"), manifest=said(**{"../../evil": b""})), "this is no backup of ours"),
        (archive(("x", b"1"), manifest=said()), "does not name"),
        (archive(("x", b"1"), manifest=said(x=b"")), "not what the manifest says"),
        (archive(("x", b""), manifest=said(x=b""), kind=tarfile.SYMTYPE), "this is no backup of ours"),
        (archive(manifest=said(x=b"")), "missing in this backup"),
    ],
)
def test_an_archive_that_another_made_is_refused_with_its_reason(content, refusal, tmp_path):
    """The recipient is public: anybody can encrypt for it."""
    recipient = make_key(tmp_path / "key")
    file = tmp_path / "file.age"
    file.write_bytes(pyrage.encrypt(content, read_recipients([recipient])))
    with pytest.raises(BackupError, match=refusal):
        restore(file, tmp_path / "key", tmp_path / "back")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file.age", "key"]


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        ("take --to {t}/kept", "no recipient; `backup key --out FILE` makes a key"),
        ("take --for {r}", "where to?"),
        ("take --to {t}/kept --for age1xyz", "'age1xyz' is no recipient"),
        ("take --to {t}/kept --for AGE-SECRET-KEY-1ABC", "the secret half of a key"),
        ("take --to {t}/kept --for {r}", "there is no database"),
        ("key --out {t}/stick/backup.key", "backup.key exists"),
        ("restore {t}/none --identity {t}/stick/backup.key --into {t}/back", "none"),
        ("restore {t}/stick/backup.key --identity {t}/full/x --into {t}/back", "no key of age"),
        ("restore {t}/stick/backup.key --identity {t}/stick/backup.key --into {t}/full", "is not empty"),
    ],
)
def test_what_cannot_be_done_says_what_to_do(words, refusal, key, recipient, tmp_path, capsys):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("neither key nor backup", "utf-8")
    command = words.format(t=tmp_path, r=recipient).split()
    assert run("--db", f"sqlite:///{tmp_path}/mistyped.db", "backup", *command) == 1
    said = capsys.readouterr().err
    assert refusal in said and "Traceback" not in said
    assert not (tmp_path / "back").exists()
    assert not list(tmp_path.glob("kept/*"))


def test_the_key_is_its_owners_alone_and_the_secret_is_not_printed(tmp_path, capsys):
    assert run("backup", "key", "--out", tmp_path / "key") == 0
    said = capsys.readouterr()
    assert said.out.startswith("age1") and "SECRET" not in said.out + said.err
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600


def test_a_power_cut_in_the_middle_leaves_no_backup_that_looks_whole(office, recipient, tmp_path):
    kept = tmp_path / "kept"
    words = ["--config", str(office / "central.toml"), "backup", "take", "--to", str(kept), "--for", recipient]
    store = open_store(f"sqlite:///{office}/central.db")
    with store.write() as db:
        db.execute(sa.text("CREATE TABLE ballast AS SELECT randomblob(30000000) AS content"))
    store.close()
    process = subprocess.Popen([sys.executable, "-m", "central", *words], cwd=tmp_path, env=environment())
    until(lambda: list(kept.glob(".backup-*/draft.age")) or process.poll() is not None)
    process.kill()
    process.wait()
    assert not list(kept.glob(backups.PATTERN))
    assert run(*words) == 0
    assert len(list(kept.glob(backups.PATTERN))) == 1


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}


def test_a_restored_backup_is_the_database_that_it_was_made_of(database, new_database, key, recipient, tmp_path):
    store = open_store(new_database("office"))
    store.upgrade()
    units(store, "A", "B")
    now = dt.datetime(2018, 11, 12, tzinfo=dt.UTC)
    made = backups.take(lambda place: dump(store, place), {}, read_recipients([recipient]), tmp_path / "kept", now, "v")
    units(store, "C")
    store.close()
    restore(made, key, tmp_path / "back")
    if database == "sqlite":
        assert codes_in(f"sqlite:///{tmp_path}/back/{SQLITE}") == ["A", "B"]
        return
    other = new_database("other")
    program = shutil.which("pg_restore", path=PLACES)
    assert program, "pg_restore is missing: apt-get install postgresql-client"
    place = sa.make_url(other).set(drivername="postgresql").render_as_string(hide_password=False)
    words = [program, "--clean", "--if-exists", "--no-owner", f"--dbname={place}", tmp_path / "back" / POSTGRESQL]
    subprocess.run(words, check=True)
    assert codes_in(other) == ["A", "B"]
