"""`.venv`: which way it is made, when it is trusted, and that nothing half-made ever is."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from deploy import apt, environment
from deploy.environment import Found, Place, Route, choose_route
from deploy.say import DeployError

ROOT = Path(__file__).resolve().parents[2]
NOTHING = Found(ensurepip=False, uv=None, system_pip=False, apt=False)
START = "import sys; from pathlib import Path; from deploy.environment import prepare; prepare(Path(sys.argv[1]))"


def prepare_in_a_process(project: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen([sys.executable, "-c", START, project], cwd=ROOT, stderr=subprocess.PIPE, text=True)


def wait_for(path: Path, process: "subprocess.Popen[str]", within_s: float = 30) -> None:
    deadline = time.monotonic() + within_s
    while not path.exists():
        assert process.poll() is None, "the process ended before the file appeared"
        assert time.monotonic() < deadline, f"{path} did not appear within {within_s} s"
        time.sleep(0.005)


@pytest.mark.parametrize(
    ("found", "route"),
    [
        (Found(ensurepip=True, uv="uv", system_pip=True, apt=True), Route.VENV),
        (Found(ensurepip=False, uv="uv", system_pip=True, apt=True), Route.UV),
        (Found(ensurepip=False, uv=None, system_pip=True, apt=True), Route.SYSTEM_PIP),
        (Found(ensurepip=False, uv=None, system_pip=False, apt=True), Route.APT),
        (NOTHING, None),
    ],
)
def test_the_way_that_needs_least_of_the_machine_is_taken(found: Found, route: Route | None) -> None:
    assert choose_route(found) is route


@pytest.mark.parametrize(
    ("line", "knows"),
    [
        ("pip 23.0.1 from somewhere (python 3.11)", True),  # Debian 12
        ("pip 22.3 from somewhere", True),
        ("pip 22.2.2 from somewhere", False),
        ("pip 20.3.4 from somewhere", False),  # Debian 11
        ("/usr/bin/python3: No module named pip", False),
        ("", False),
    ],
)
def test_only_a_pip_with_the_python_option_counts(line: str, knows: bool) -> None:
    assert environment.pip_knows_python_option(line) is knows


@pytest.mark.parametrize(
    ("is_root", "sudo", "asks_nothing", "can_ask", "prefix"),
    [
        (True, None, False, False, []),
        (False, "sudo", True, False, ["sudo", "-n"]),
        (False, "sudo", False, True, ["sudo"]),
        (False, "sudo", False, False, None),  # nobody is there to type a password: never hang
        (False, None, False, True, None),
    ],
)
def test_root_is_asked_for_only_where_somebody_can_answer(
    is_root: bool, sudo: str | None, asks_nothing: bool, can_ask: bool, prefix: list[str] | None
) -> None:
    assert apt.root_prefix(is_root=is_root, sudo=sudo, sudo_asks_nothing=asks_nothing, can_ask=can_ask) == prefix


def test_debians_package_is_that_of_this_very_python() -> None:
    assert environment.venv_package((3, 13)) == "python3.13-venv"


def test_a_machine_that_offers_nothing_is_told_what_helps(project: Path) -> None:
    with pytest.raises(DeployError, match=r"apt-get install python3-venv; or install uv"):
        environment.make(Place(project), sys.executable, NOTHING)


def test_a_venv_made_by_hand_or_torn_is_not_trusted(project: Path) -> None:
    place = Place(project)
    assert not environment.is_ready(place)
    place.python.parent.mkdir(parents=True)
    place.python.symlink_to(sys.executable)
    assert not environment.is_ready(place)
    environment.write_stamp(place)
    assert environment.is_ready(place)

    stamp = place.stamp.read_text(encoding="utf-8")
    place.stamp.write_text(stamp[:-9], encoding="utf-8")
    assert not environment.is_ready(place)
    place.stamp.write_text(json.dumps(json.loads(stamp) | {"python": "3.11.0 of yesterday"}), encoding="utf-8")
    assert not environment.is_ready(place)
    place.stamp.write_text(stamp, encoding="utf-8")
    place.python.unlink()
    place.python.symlink_to(project / "removed by an upgrade")
    assert not environment.is_ready(place)


@dataclass(frozen=True, slots=True)
class SetUp:
    """A project whose set-up was killed once, its pip left alive, then started twice at once; `said` by those two."""

    place: Place
    said: tuple[str, str]


@pytest.fixture(scope="module")
def set_up(shared_project: Path) -> SetUp:
    place = Place(shared_project)
    killed = prepare_in_a_process(shared_project)
    wait_for(place.venv / "pyvenv.cfg", killed)
    (place.venv / "torn").write_text("left by the killed set-up", encoding="utf-8")
    os.kill(killed.pid, signal.SIGKILL)
    killed.communicate()
    assert not environment.is_ready(place)

    together = [prepare_in_a_process(shared_project) for _ in range(2)]
    first, second = (process.communicate(timeout=60)[1] for process in together)
    assert [process.returncode for process in together] == [0, 0]
    return SetUp(place, (first, second))


def test_a_killed_set_up_is_made_anew(set_up: SetUp) -> None:
    assert environment.is_ready(set_up.place)
    assert not (set_up.place.venv / "torn").exists()


def test_of_two_starts_at_once_one_makes_it_and_the_other_waits(set_up: SetUp) -> None:
    assert sum("Ready after" in text for text in set_up.said) == 1
    [made] = [text for text in set_up.said if "Ready after" in text]
    assert [f"[{step}/4]" in made for step in (1, 2, 3, 4)] == [True] * 4


def test_the_project_can_be_imported_from_its_own_folder(set_up: SetUp) -> None:
    words = [set_up.place.python, "-c", "import backend; print(backend.__file__)"]
    answer = subprocess.run(words, capture_output=True, text=True)
    assert answer.stdout.strip() == str(set_up.place.root / "backend.py")


def test_a_later_start_takes_moments_and_says_nothing(set_up: SetUp, capsys: pytest.CaptureFixture[str]) -> None:
    started = time.monotonic()
    environment.prepare(set_up.place.root)
    assert capsys.readouterr().err == ""
    assert time.monotonic() - started < 2


def test_the_demo_gets_its_arguments_and_gives_its_exit_code_wherever_one_stands(set_up: SetUp, tmp_path: Path) -> None:
    demo = set_up.place.root / "deploy" / "demo.py"
    demo.parent.mkdir()
    (demo.parent / "__init__.py").touch()
    demo.write_text("def main(argv):\n    print(argv, __file__)\n    return 7\n", encoding="utf-8")
    elsewhere = tmp_path / "deploy" / "demo.py"
    elsewhere.parent.mkdir()
    elsewhere.write_text("raise SystemExit('the wrong demo')\n", encoding="utf-8")

    start = (
        "import sys; from pathlib import Path; from deploy.commands import run; run(sys.argv[2:], Path(sys.argv[1]))"
    )
    words = [sys.executable, "-P", "-c", start, set_up.place.root, "demo", "--check"]
    answer = subprocess.run(
        words, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )
    assert (answer.returncode, answer.stdout) == (7, f"['--check'] {demo}\n")


def test_other_packages_need_another_venv_but_other_settings_do_not(project: Path) -> None:
    before = environment.fingerprint(Place(project))
    settings = project / "pyproject.toml"
    settings.write_text(settings.read_text(encoding="utf-8") + "[tool.other]\nx = 1\n", encoding="utf-8")
    assert environment.fingerprint(Place(project)) == before
    Place(project).lock.write_text("# something else\n", encoding="utf-8")
    assert environment.fingerprint(Place(project)) != before


def test_a_moved_folder_needs_another_venv(project: Path, tmp_path: Path) -> None:
    before = environment.fingerprint(Place(project))
    moved = project.rename(tmp_path.with_name(tmp_path.name + "-moved"))
    assert environment.fingerprint(Place(moved)) != before


def test_a_failed_step_shows_its_last_lines_and_where_the_rest_is(project: Path) -> None:
    place = Place(project)
    place.log.parent.mkdir()
    place.venv.write_text("a file where a folder should be", encoding="utf-8")
    with pytest.raises(DeployError, match=r"(?s)This step failed: .* -m venv.*setup\.log"):
        environment.make(place, sys.executable, Found(ensurepip=True, uv=None, system_pip=False, apt=False))
    assert not environment.is_ready(place)
