"""The start of run.py: an old Python finds a newer one, or says what to do."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploy import run

ROOT = Path(__file__).resolve().parents[2]


def program(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def python_called(folder: Path, name: str) -> Path:
    return program(folder, name, f'exec "{sys.executable}" "$@"')


def path_of(*folders: Path) -> str:
    return os.pathsep.join(map(str, folders))


def test_python_3_6_can_read_run_py() -> None:
    ast.parse((ROOT / "deploy" / "run.py").read_text(encoding="utf-8"), feature_version=(3, 6))


def test_run_py_annotates_nothing_that_python_3_6_would_fail_to_evaluate() -> None:
    tree = ast.parse((ROOT / "deploy" / "run.py").read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    annotations = [note for f in functions for note in (f.returns, *(a.annotation for a in f.args.args)) if note]
    assert annotations and all(isinstance(note, ast.Name | ast.Constant) for note in annotations)


def test_a_good_python_on_path_is_found(tmp_path: Path) -> None:
    good = python_called(tmp_path / "a", "python3.12")
    assert run.find_python(path_of(tmp_path / "a")) == str(good)


def test_the_newest_is_taken_wherever_it_stands_on_path(tmp_path: Path) -> None:
    python_called(tmp_path / "first", "python3.11")
    newest = python_called(tmp_path / "second", "python3.13")
    assert run.find_python(path_of(tmp_path / "first", tmp_path / "second")) == str(newest)


def test_a_shim_that_only_fails_is_passed_over(tmp_path: Path) -> None:
    program(tmp_path / "shims", "python3.13", "echo 'command not found' >&2; exit 127")
    good = python_called(tmp_path / "real", "python3.13")
    assert run.find_python(path_of(tmp_path / "shims", tmp_path / "real")) == str(good)


def test_a_name_that_cannot_be_executed_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "python3.13").write_text("not a program", encoding="utf-8")
    (tmp_path / "python3.13").chmod(0o755)
    (tmp_path / "python3.12").symlink_to(tmp_path / "gone")
    assert run.find_python(path_of(tmp_path, tmp_path / "no such folder")) is None


def test_an_old_python_without_a_newer_one_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert run.start_again_with_a_newer_python() == 2
    said = capsys.readouterr().err
    assert "needs Python 3.11 or newer" in said and "apt-get install python3" in said


def test_an_old_python_goes_on_as_the_newer_one_with_the_same_arguments(tmp_path: Path) -> None:
    python_called(tmp_path, "python3.11")
    start = "import sys; from deploy import run; sys.argv[1:] = ['nonsense']; run.start_again_with_a_newer_python()"
    answer = subprocess.run(
        [sys.executable, "-c", start], cwd=ROOT, env={"PATH": str(tmp_path)}, capture_output=True, text=True
    )
    assert answer.returncode == 2
    assert "there is no command 'nonsense'" in answer.stderr


def test_help_needs_no_set_up() -> None:
    answer = subprocess.run([sys.executable, ROOT / "deploy" / "run.py", "--help"], capture_output=True, text=True)
    assert answer.returncode == 0
    assert all(command in answer.stdout for command in ("demo", "test", "bench"))
