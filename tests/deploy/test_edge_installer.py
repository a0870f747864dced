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
    pi = f'boot_config="{tmp_path}/config.txt" boot_line="{tmp_path}/cmdline.txt"'
    for there, here in (
        ("=/etc/modules-load.d/", "modules-load.d/"),
        ("=/etc/fstab", "fstab"),
        ("=/etc/systemd/", "systemd/"),
    ):
        script = script.replace(there, f"={tmp_path}/{here}")
    script = script.replace("STATE=/var/lib/diemdanh", f"STATE={tmp_path}/state")
    script = script.replace('$(dirname "${BASH_SOURCE[0]}")/../..', str(ROOT))
    run = tmp_path / "run.sh"
    run.write_text(f"{script}\nrunning() {{ false; }}\nlisted_i2c() {{ false; }}\n{pi}\n{then}\n", "utf-8")
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


WITHOUT = "console=tty1 root=PARTUUID=1 fsck.repair=preen rootwait\n"
REPAIRING = "console=tty1 root=PARTUUID=1 rootwait fsck.repair=yes\n"


def test_what_a_cut_damaged_is_mended_at_the_start_without_a_person(tmp_path):
    line = tmp_path / "cmdline.txt"
    line.write_text(WITHOUT, "utf-8")
    said = installer(tmp_path, "dry=yes; repair", "")
    assert said == [
        f"  {line} kept as {line}.before-diemdanh",
        f"  {line}: fsck.repair=yes, so that no damaged file system waits for a person",
    ]
    assert line.read_text("utf-8") == WITHOUT, "a dry run says it and does nothing"
    installer(tmp_path, "boot_settings", "")
    assert line.read_text("utf-8") == REPAIRING
    assert installer(tmp_path, "boot_settings", (tmp_path / "config.txt").read_text("utf-8")) == ["Boot"]
    assert line.read_text("utf-8") == REPAIRING, "a second run changes nothing"
    installer(tmp_path, "give_back_boot_line", "")
    assert line.read_text("utf-8") == WITHOUT
    assert not (tmp_path / "cmdline.txt.before-diemdanh").exists()


def test_a_boot_line_that_repairs_already_is_not_touched_and_stays_so(tmp_path):
    line = tmp_path / "cmdline.txt"
    line.write_text("root=PARTUUID=1 fsck.repair=yes rootwait\n", "utf-8")
    assert installer(tmp_path, 'repair; say "$reboot"', "") == ["no"]
    assert not (tmp_path / "cmdline.txt.before-diemdanh").exists()
    line.write_text("root=PARTUUID=1", "utf-8")
    installer(tmp_path, "repair", "")
    assert line.read_text("utf-8") == "root=PARTUUID=1 fsck.repair=yes"


ROOT_MOUNT = "/dev/mmcblk0p2 / ext4 defaults,noatime 0 1\n"


def test_a_journal_partition_stops_no_boot_and_without_it_the_folder_is_not_the_stations(tmp_path):
    fstab, state = tmp_path / "fstab", tmp_path / "state"
    beside = tmp_path / "systemd/system/diemdanh-edge.service.d/journal-partition.conf"
    fstab.write_text(ROOT_MOUNT, "utf-8")
    said = installer(tmp_path, "dry=yes journal_device=/dev/sda1; journal_disk", "")
    assert said == [
        "Journal",
        f"  {fstab}",
        f"    /dev/sda1 at {state}",
        f"  {state} without its partition: root's alone",
        f"  {beside}",
    ]
    assert (fstab.read_text("utf-8"), state.exists(), beside.exists()) == (ROOT_MOUNT, False, False)
    mine = 'install() { command install -d "${@: -1}"; chmod 0700 "${@: -1}"; }; journal_device=/dev/sda1'
    installer(tmp_path, f"{mine}; journal_disk", "")
    [mount] = [words.split() for words in fstab.read_text("utf-8").splitlines() if words.startswith("/dev/sda1")]
    assert mount[1:3] == [str(state), "ext4"]
    assert "nofail" in mount[3].split(","), "otherwise the computer would wait for a person in emergency mode"
    assert mount[4:] == ["0", "2"], "checked at every start"
    assert state.stat().st_mode & 0o777 == 0o700
    written = fstab.read_text("utf-8")
    installer(tmp_path, f"{mine}; journal_disk", "")
    assert fstab.read_text("utf-8") == written, "a second run changes nothing"
    installer(tmp_path, 'take_out "$FSTAB"', "")
    assert fstab.read_text("utf-8") == ROOT_MOUNT


def test_the_station_is_started_without_its_partition_so_that_the_door_can_say_it():
    """systemd would hand over the folder on the wrong disk, and keep a station from starting whose mount failed."""
    lines = (EDGE / "journal-partition.conf").read_text("utf-8").splitlines()
    assert "StateDirectory=" in lines
    assert "Wants=var-lib-diemdanh.mount" in lines
    assert not [line for line in lines if line.startswith(("Requires", "BindsTo"))]
    assert "StateDirectory=diemdanh" in (ROOT / "systemd/diemdanh-edge.service").read_text("utf-8").splitlines()


def test_a_journal_that_a_new_partition_would_hide_is_not_left_behind(tmp_path):
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "identity.json").write_text("{}", "utf-8")
    said = installer(tmp_path, 'fail() { say "$*"; exit 0; }; journal_device=/dev/sda1; hides_nothing', "")
    assert "has a journal already" in said[-1]
    assert f"cp -a {tmp_path}/state/. /mnt/" in said[-1]
