"""The units are what systemd understands, and start commands that exist."""

import shutil
import subprocess
from pathlib import Path

import pytest

from central.__main__ import COMMANDS
from central.__main__ import build_parser as central_parser
from edge.__main__ import build_parser as edge_parser

ROOT = Path(__file__).parents[1]
UNITS = sorted((ROOT / "systemd").glob("*.service"))
PREFIX = "/opt/diemdanh/bin/"


def command_of(unit: Path) -> list[str]:
    (line,) = [line for line in unit.read_text("utf-8").splitlines() if line.startswith("ExecStart=")]
    return line.removeprefix("ExecStart=").split()


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_finds_no_fault_with_a_unit(unit: Path, tmp_path: Path):
    # systemd looks for the program, which is installed elsewhere: any program stands in for it.
    copy = tmp_path / unit.name
    program = command_of(unit)[0]
    copy.write_text(unit.read_text("utf-8").replace(f"ExecStart={program}", "ExecStart=/bin/true"), "utf-8")
    analyze = shutil.which("systemd-analyze")
    assert analyze, "systemd-analyze is missing: apt-get install systemd"
    found = subprocess.run([analyze, "verify", "--man=no", str(copy)], capture_output=True, text=True)
    ours = [line for line in found.stderr.splitlines() if unit.name in line]
    assert not ours and found.returncode == 0, found.stderr


@pytest.mark.parametrize("unit", [u for u in UNITS if "broker" not in u.name], ids=lambda unit: unit.name)
def test_a_unit_starts_a_command_that_exists(unit: Path):
    program, *arguments = command_of(unit)
    name = program.removeprefix(PREFIX)
    parser = {"diemdanh-edge": edge_parser, "diemdanh-central": central_parser}[name]()
    assert parser.parse_args(arguments).command in {*COMMANDS, "run"}


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_is_shut_in(unit: Path):
    lines = set(unit.read_text("utf-8").splitlines())
    assert {"NoNewPrivileges=yes", "ProtectSystem=strict", "CapabilityBoundingSet="} <= lines


def test_a_backup_is_made_each_night_and_made_up_for():
    lines = set((ROOT / "systemd" / "diemdanh-backup.timer").read_text("utf-8").splitlines())
    assert {"OnCalendar=*-*-* 01:30:00", "Persistent=true", "WantedBy=timers.target"} <= lines
    assert (ROOT / "systemd" / "diemdanh-backup.service") in UNITS


@pytest.mark.parametrize("unit", [u for u in UNITS if "backup" not in u.name], ids=lambda unit: unit.name)
def test_a_unit_is_watched_and_restarted(unit: Path):
    lines = set(unit.read_text("utf-8").splitlines())
    assert {"Type=notify", "Restart=always"} <= lines
    assert "broker" in unit.name or any(line.startswith("WatchdogSec=") for line in lines)
