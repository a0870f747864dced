"""What the demo says is worth trying can be tried: each command on the demo's own office."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from central.__main__ import main
from central.clock import SystemClock
from central.roster.imports import import_office
from central.store import open_store
from deploy import demo


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Path]:
    store = open_store(f"sqlite:///{tmp_path}/central.db")
    store.upgrade()
    import_office(store, SystemClock(), demo.HERE / "office")
    store.close()
    file = tmp_path / "central.toml"
    file.write_text(f'[database]\nurl = "sqlite:///{tmp_path}/central.db"\n', "utf-8")
    yield file


@pytest.mark.parametrize("command", demo.TRY)
def test_each_command_finds_what_it_asks_for(command: str, settings: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["--config", str(settings), *command.split()]) == 0
    said = capsys.readouterr()
    assert "no unit" not in said.err and "nobody" not in said.err
    assert said.out or "was judged" in said.err or "wait to be judged" in said.err


def test_the_lines_can_be_copied_whatever_the_folder_is_called(tmp_path: Path):
    made = demo.Demo(tmp_path / "Điểm Danh's", 8080, None, demo.Way(), quiet=True)  # type: ignore[arg-type]
    made.url = "http://127.0.0.1:8080/"
    lines = made._worth_trying()
    assert any("diemdanh-central --config '" in line and line.endswith("why CB0108 2018-11-12") for line in lines)
    assert any(line.strip() == "curl 'http://127.0.0.1:8080/api/v1/presence?unit=X05'" for line in lines)
