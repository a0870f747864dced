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


def installer(tmp_path: Path, then: str, config: str) -> list[str]:
    """What the installer's own functions say to `then`, about a config.txt of a Pi that holds `config`."""
    script = (EDGE / "install.sh").read_text("utf-8").split('\narguments "$@"\n')[0]
    (tmp_path / "config.txt").write_text(config, "utf-8")
    here = f'boot_config="{tmp_path}/config.txt" boot_line="{tmp_path}/cmdline.txt"'
    script = script.replace("=/etc/modules-load.d/", f"={tmp_path}/modules-load.d/")
    run = tmp_path / "run.sh"
    run.write_text(f"{script}\nrunning() {{ false; }}\nlisted_i2c() {{ false; }}\n{here}\n{then}\n", "utf-8")
    done = subprocess.run(["bash", str(run)], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def test_displays_and_clock_modules_get_their_i2c_bus_once_and_a_dry_run_says_so(tmp_path):
    said = installer(tmp_path, "dry=yes; boot_settings", "arm_64bit=1\n")
    assert said == [
        "Boot",
        f"  {tmp_path}/modules-load.d/90-diemdanh.conf",
        f"  {tmp_path}/config.txt",
        "    dtparam=watchdog=on",
        "    dtparam=i2c_arm=on",
    ]
    assert (tmp_path / "config.txt").read_text("utf-8") == "arm_64bit=1\n"
    installer(tmp_path, "boot_settings", "arm_64bit=1\n")
    written = (tmp_path / "config.txt").read_text("utf-8")
    assert written.count("dtparam=i2c_arm=on\n") == 1
    assert (tmp_path / "modules-load.d" / "90-diemdanh.conf").read_text("utf-8") == "i2c-dev\n"
    assert installer(tmp_path, "boot_settings", written) == ["Boot"], "a second run changes nothing"
    installer(tmp_path, 'take_out "$boot_config"', written)
    assert (tmp_path / "config.txt").read_text("utf-8") == "arm_64bit=1\n"


def test_an_i2c_bus_that_somebody_else_switched_on_stays_on_without_us(tmp_path):
    installer(tmp_path, 'boot_settings; take_out "$boot_config"', "dtparam=audio=on,i2c_arm=on\n")
    assert (tmp_path / "config.txt").read_text("utf-8") == "dtparam=audio=on,i2c_arm=on\n"
    assert "    dtparam=i2c_arm=on" not in installer(tmp_path, "boot_settings", "dtparam=i2c_arm=on\n")
