"""The command line of the edge, as processes."""

import json
import os
import signal
import subprocess
import sys
import threading
import tomllib
from pathlib import Path

import pytest

from edge.__main__ import build_parser, main
from edge.script import play
from edge.simulate import LEAN, Fleet, FleetError
from edge.station import VERSION
from tests.waiting import until

ROOT = Path(__file__).parents[2]


def test_every_command_is_there(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    said = capsys.readouterr().out
    assert all(command in said for command in ("run", "simulate", "decode", "identity"))
    assert build_parser().parse_args(["run", "--config", "x"]).config == Path("x")


def test_a_station_does_not_load_what_only_other_commands_need(tmp_path):
    """Memory is short at a door: readers of recordings, the fleet and the kernel's clock are for those who ask."""
    lean = "import sys, edge.__main__ as m; m.main(['run', '--config', 'none']); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", lean], capture_output=True, text=True, cwd=ROOT, check=True).stdout
    others = {"edge.decode", "edge.terminals", "edge.simulate", "edge.script", "ctypes", "http.client", "email"}
    assert not others & set(loaded.split())
    assert "edge.station" in loaded.split()


def test_a_simulated_station_lives_in_the_environment_of_the_unit():
    unit = (ROOT / "systemd" / "diemdanh-edge.service").read_text("utf-8")
    assert all(f"{name}={value}" in unit for name, value in LEAN.items())


def test_identity_prints_what_central_must_be_told_and_keeps_it(tmp_path, capsys):
    config = tmp_path / "station.toml"
    config.write_text(f"[station]\ndata = {json.dumps(str(tmp_path / 'data'))}\n")
    said = []
    for _ in range(2):
        assert main(["identity", "--config", str(config)]) == 0
        said.append(capsys.readouterr().out)
    assert said[0] == said[1]
    device, key = (line.split()[-1] for line in said[0].splitlines())
    assert (len(device), len(key)) == (17, 43)


def test_an_error_is_one_sentence_and_no_traceback(tmp_path, capsys):
    assert main(["run", "--config", str(tmp_path / "none.toml")]) == 1
    assert "name the station's file with --config" in capsys.readouterr().err


def test_an_unknown_driver_is_named_with_those_there_are(tmp_path, capsys):
    config = tmp_path / "station.toml"
    config.write_text("[station]\ndata = 'd'\n[[reader]]\nid = 'door'\ndriver = 'rdm6301'\nport = '/dev/x'\n")
    assert main(["run", "--config", str(config)]) == 1
    assert "reader door: driver = 'rdm6301' is not known; there are rdm6300" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "value"),
    [
        *(("--stations", value) for value in ("0", "-1", "1000", "two", "1.5")),
        *(("--scale", value) for value in ("0", "-1", "nan", "inf", "fast")),
        *(("--heartbeat", value) for value in ("0", "-5", "99999")),
    ],
)
def test_a_number_that_makes_no_sense_is_refused_with_those_that_do(tmp_path, capsys, option, value):
    with pytest.raises(SystemExit) as ended:
        main(["simulate", "--data", str(tmp_path), f"{option}={value}"])
    assert ended.value.code == 2
    assert f"{option}: {value!r} must be a number from " in capsys.readouterr().err


@pytest.mark.parametrize("broker", ["1883", ":1883", "host:", "host:0", "host:65536", "host:x"])
def test_an_address_of_a_broker_that_makes_no_sense_is_refused(tmp_path, capsys, broker):
    assert main(["simulate", "--data", str(tmp_path), "--broker", broker]) == 1
    assert "write HOST:PORT" in capsys.readouterr().err


def test_the_version_is_that_of_the_distribution():
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == VERSION


def test_a_simulated_fleet_is_registered_by_its_first_lines_and_ends_on_a_signal(tmp_path, broker, peer):
    script = tmp_path / "script.jsonl"
    script.write_text(
        '{"at": 0, "station": "S01", "badge": "em:00000001"}\n'
        '{"at": 0.1, "station": "S02", "badge": "em:00000002"}\n'
        '\n{"at": 3, "station": "S02", "action": "kill"}\n'
        '{"at": 3.1, "station": "S02", "action": "start"}\n'
    )
    command = [
        *(sys.executable, "-m", "edge", "simulate", "--stations", "2", "--data", str(tmp_path / "fleet")),
        *("--broker", f"{broker.host}:{broker.port}", "--scale", "60", "--script", str(script)),
    ]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=os.environ) as process:
        assert process.stdout is not None
        stations = [json.loads(process.stdout.readline()) for _ in range(2)]
        assert [station["station"] for station in stations] == ["S01", "S02"]
        until(lambda: all(peer.events(station["device"], "punch") for station in stations))
        until(lambda: len(peer.events(stations[1]["device"], "start")) == 2)
        process.send_signal(signal.SIGTERM)
        last = [json.loads(line) for line in process.stdout]
        assert process.wait(30) == 0
    assert last == [{"station": "S01", "recorded": 1}, {"station": "S02", "recorded": 1}]
    first, second = (event.stamp for event in peer.events(stations[1]["device"], "start"))
    assert second.utc_ms - first.utc_ms == pytest.approx(second.uptime_ms - first.uptime_ms, abs=120)
    assert second.utc_ms - first.utc_ms > 20_000, "its clock runs sixty times as fast"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"at": 0}', "line 1: needs at, station and badge or action"),
        ("no", "line 1: needs"),
        ('{"at": NaN, "station": "S01", "action": "kill"}', "line 1: needs .*not from 0"),
        ('{"at": -1, "station": "S01", "action": "kill"}', "line 1: needs .*not from 0"),
        ('{"at": 0, "station": "S09", "action": "kill"}', "'S09' was not added"),
        ('{"at": 0, "station": "S01", "action": "burn"}', "action 'burn' is none of kill, start"),
        ('{"at": 0, "station": "S01", "action": "cut"}', "without a relay"),
        ('{"at": 0, "station": "S01", "badge": "nfca:04"}', "reads only em:"),
    ],
)
def test_a_script_that_cannot_be_played_is_refused_by_its_line(tmp_path, line, said):
    with Fleet(tmp_path, "127.0.0.1", 1) as fleet:
        fleet.add("S01")
        with pytest.raises(FleetError, match=said):
            play(fleet, [line], threading.Event())


def test_the_address_of_the_broker_must_be_whole(tmp_path, capsys):
    assert main(["simulate", "--data", str(tmp_path), "--broker", "localhost"]) == 1
    assert "write HOST:PORT" in capsys.readouterr().err
