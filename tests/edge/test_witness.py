"""What a station keeps of central's audit log, and prints."""

import datetime as dt
from dataclasses import replace

import pytest

from edge.__main__ import main
from edge.identity import open_identity
from edge.roster import FILE as CONFIG_FILE
from edge.roster import Roster
from edge.wire.config import Config, encode_config
from edge.wire.heads import Head, encode_head, head_line
from edge.witness import FILE, MOST, Witness

MONDAY = Head(dt.date(2026, 3, 16), 41, bytes(32), 1_773_680_400_000)


@pytest.fixture(scope="module")
def central(tmp_path_factory):
    return open_identity(tmp_path_factory.mktemp("central"))


def note(central, rows: int) -> bytes:
    return encode_head(replace(MONDAY, rows=rows), central.sign)


def config(central, version: int, *rows: int) -> bytes:
    heads = tuple(note(central, number) for number in rows)
    return encode_config(Config("d0001", version, "Xã Một", "Cửa chính", (), heads=heads), central.sign)


def kept(folder) -> list[int]:
    return [int(line.split('"rows":')[1].split(",")[0]) for line in (folder / FILE).read_text("utf-8").splitlines()]


def test_what_a_configuration_brings_is_kept_once_and_in_order(tmp_path, central):
    roster = Roster(tmp_path, "d0001", central.verify)
    roster.accept(config(central, 5, 1, 2))
    roster.accept(config(central, 6, 1, 2, 3))
    assert kept(tmp_path) == [1, 2, 3]
    roster.accept(config(central, 7))
    assert kept(tmp_path) == [1, 2, 3]


def test_nothing_that_central_says_later_takes_a_head_back(tmp_path, central):
    """Another log for the same day is kept beside it: that is what a witness is for."""
    roster = Roster(tmp_path, "d0001", central.verify)
    roster.accept(config(central, 5, 41))
    roster.accept(config(central, 6, 12))
    assert kept(tmp_path) == [41, 12]


def test_a_station_whose_power_went_between_the_two_files_keeps_them_at_its_start(tmp_path, central):
    (tmp_path / CONFIG_FILE).write_bytes(config(central, 5, 8))
    Roster(tmp_path, "d0001", central.verify).load()
    assert kept(tmp_path) == [8]


def test_a_station_that_cannot_keep_them_knows_its_people_all_the_same(tmp_path, central):
    (tmp_path / CONFIG_FILE).write_bytes(config(central, 5, 8))
    (tmp_path / FILE).mkdir()
    roster = Roster(tmp_path, "d0001", central.verify)
    roster.load()
    assert roster.view.version == 5
    with pytest.raises(OSError, match="heads"):
        roster.accept(config(central, 6, 8))


def test_only_the_oldest_go_when_there_are_too_many(tmp_path, central):
    witness = Witness(tmp_path, central.verify)
    (tmp_path / FILE).write_text("".join(f"{head_line(note(central, 1))[:-1]}{n}\n" for n in range(MOST)), "utf-8")
    before = witness.lines()
    witness.keep([note(central, 5), note(central, 6)])
    assert witness.lines() == [*before[2:], head_line(note(central, 5)), head_line(note(central, 6))]


def test_a_head_of_another_key_is_not_kept(tmp_path, central):
    witness = Witness(tmp_path, central.verify)
    witness.keep([note(open_identity(tmp_path / "other"), 5), b"nonsense"])
    assert not (tmp_path / FILE).exists()


def test_the_command_prints_them_with_the_stations_id_and_says_which_are_not_centrals(tmp_path, central, capsys):
    file = tmp_path / "edge.toml"
    file.write_text(
        f'[station]\ndata = "{tmp_path}"\ndevice = "d0001"\n[central]\npublic_key = "{central.public_key}"\n'
        '[broker]\nhost = "127.0.0.1"\n',
        "utf-8",
    )
    assert main(["heads", "--config", str(file)]) == 0
    assert capsys.readouterr().out == ""
    Witness(tmp_path, central.verify).keep([note(central, 41)])
    assert main(["heads", "--config", str(file)]) == 0
    said = capsys.readouterr().out
    assert said == f"d0001 {head_line(note(central, 41))}\n"
    assert said.startswith('d0001 {"note":"head","v":1,"date":"2026-03-16","rows":41,"hash":"00')
    with (tmp_path / FILE).open("a") as more:
        more.write("scratched\n")
    assert main(["heads", "--config", str(file)]) == 1
    found = capsys.readouterr()
    assert found.out == f"{said}d0001 scratched\n" and "heads:2: not signed" in found.err
