"""What the door's installer brings along is what a station takes; edge_install_proof.sh runs the installer itself."""

import re
import subprocess
import tomllib
from pathlib import Path

from edge.reading import driver_of
from edge.settings import parse_settings

ROOT = Path(__file__).parents[2]
EDGE = ROOT / "deploy" / "edge"


def locked(path: Path) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9_.-]+)==([^ ;\\]+)", path.read_text("utf-8"), re.MULTILINE))


def test_the_settings_that_are_installed_are_settings_of_a_station():
    settings = parse_settings((EDGE / "station.toml").read_text("utf-8"), "station.toml", {})
    assert settings.station.data == Path("/var/lib/diemdanh")
    assert [driver_of(reader).name for reader in settings.readers] == ["rdm6300"]


def test_the_doors_lock_is_a_part_of_the_projects_lock_and_names_no_registry():
    door, whole = locked(EDGE / "requirements.lock"), locked(ROOT / "requirements.lock")
    assert door.items() <= whole.items()
    assert "http" not in (EDGE / "requirements.lock").read_text("utf-8")


def test_the_doors_lock_holds_what_a_station_needs_and_nothing_of_central():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    needed = [*project["dependencies"], *project["optional-dependencies"]["edge"]]
    names = {re.split(r"[\[<>=~ ]", line)[0] for line in needed}
    central = {re.split(r"[\[<>=~ ]", line)[0] for line in project["optional-dependencies"]["central"]}
    door = set(locked(EDGE / "requirements.lock"))
    assert names <= door
    assert not central & door


def test_the_installer_is_sound_shell_and_refuses_what_it_does_not_know():
    script = EDGE / "install.sh"
    assert subprocess.run(["bash", "-n", str(script)]).returncode == 0
    wrong = subprocess.run(["bash", str(script), "--reader-port", "com1"], capture_output=True, text=True)
    assert (wrong.returncode, wrong.stderr) == (2, "install.sh: --reader-port is uart or usb, not 'com1'\n")
    strange = subprocess.run(["bash", str(script), "--fast"], capture_output=True, text=True)
    assert strange.returncode == 2
    assert "--fast is no option" in strange.stderr
    assert subprocess.run(["bash", str(script), "--purge"], capture_output=True).returncode == 2
