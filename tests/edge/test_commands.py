"""Commands: done once, answered always."""

import threading

import pytest

from edge.commands import FILE, REMEMBERED, Commands
from edge.wire.command import Command
from tests.waiting import until

NOW = 1_800_000_000_000


def command(id_: str = "c1", operation: str = "identify", expires_ms: int = NOW + 60_000, **arguments: str) -> Command:
    return Command("d0001", id_, expires_ms, operation, tuple(arguments.items()))


@pytest.fixture
def done():
    return []


@pytest.fixture
def commands(tmp_path, done):
    def identify(arguments):
        done.append("identify")
        return "nháy đèn"

    def reader_mode(arguments):
        raise ValueError("mode: 'open' is none of punch, info, enrol, test")

    made = Commands(tmp_path, "d0001", {"identify": identify, "reader_mode": reader_mode})
    made.load()
    return made


def test_a_command_is_done_and_answered(commands, done):
    result = commands.answer(command(), NOW)
    assert (result.id, result.code, result.detail) == ("c1", "done", "nháy đèn")
    assert done == ["identify"]


def test_a_repeated_id_gets_its_first_result_and_is_not_done_again(commands, done, tmp_path):
    first = commands.answer(command(), NOW)
    assert commands.answer(command(), NOW) == first
    after_restart = Commands(tmp_path, "d0001", {})
    after_restart.load()
    assert after_restart.answer(command(expires_ms=0), NOW) == first
    assert done == ["identify"]


def test_an_expired_command_is_not_done(commands, done):
    assert commands.answer(command(expires_ms=NOW - 1), NOW).code == "expired"
    assert done == []


def test_what_is_unknown_wrong_or_not_possible_is_said(commands):
    assert commands.answer(command("a", "shell"), NOW).code == "unknown_operation"
    assert commands.answer(command("b", "reader_mode", mode="open"), NOW).code == "bad_arguments"
    assert commands.answer(command("c", "doctor"), NOW).code == "failed"


def test_a_command_that_was_cut_short_is_not_begun_again(tmp_path):
    def restart(arguments):
        raise SystemExit

    commands = Commands(tmp_path, "d0001", {"restart": restart})
    with pytest.raises(SystemExit):
        commands.answer(command(operation="restart"), NOW)
    again = Commands(tmp_path, "d0001", {"restart": restart})
    again.load()
    assert again.answer(command(operation="restart"), NOW).code == "failed"


def test_only_the_latest_results_are_remembered(commands, tmp_path, done):
    for number in range(REMEMBERED + 1):
        commands.answer(command(f"c{number}"), NOW)
    commands.answer(command("c1"), NOW)
    assert len(done) == REMEMBERED + 1
    commands.answer(command("c0"), NOW)
    assert len(done) == REMEMBERED + 2


@pytest.mark.parametrize("content", [b"", b"[1]", b'{"a":1}', b"\xff", b"[" * 20_000], ids=range(5))
def test_a_damaged_file_forgets_and_warns(tmp_path, content, caplog):
    (tmp_path / FILE).write_bytes(content)
    Commands(tmp_path, "d0001", {}).load()
    assert "are forgotten" in caplog.text


def test_what_takes_long_is_answered_when_it_has_ended_and_only_once_done(tmp_path):
    begun, go, told = [], threading.Event(), []

    def doctor(arguments):
        begun.append(arguments)
        go.wait(10)
        return "pass 1"

    made = Commands(tmp_path, "d0001", {"doctor": doctor}, frozenset({"doctor"}), lambda: told.append("ended"))
    assert made.answer(command("long", "doctor"), NOW) is None
    assert made.answer(command("long", "doctor"), NOW) is None, "it is under way"
    assert made.ended() == []
    go.set()
    until(lambda: told)
    (result,) = made.ended()
    assert (result.id, result.code, result.detail) == ("long", "done", "pass 1")
    assert made.answer(command("long", "doctor"), NOW) == result
    assert (begun, made.ended()) == ([{}], [])
