"""The lights, the way to central, and the command itself."""

import argparse
import json
import os
import threading

import pytest

from edge.__main__ import build_parser, main
from edge.doctor import CHECKS, examine
from edge.doctor.command import as_json, told
from edge.doctor.network import acknowledged
from edge.journal.state import Kept, encode_state
from tests.edge.doctor.conftest import Door

ACCEPTED = bytes.fromhex("20020000")


def test_there_are_22_checks_with_numbers_and_codes_of_their_own():
    assert [check.number for check in CHECKS] == list(range(1, 23))
    assert len({check.code for check in CHECKS}) == 22
    assert all(check.title.vi and check.title.en for check in CHECKS)


def test_every_light_that_is_not_seen_is_named(door):
    door.panel = 'pins = "mock"'
    assert door.told("lights") == "left_out: Needs a person: add --ask."
    door.answers = [True, True, True]
    assert door.told("lights") == "pass: Lights and buzzer work."
    door.answers = [True, False, True]
    assert door.told("lights") == "fail: Not seen: Was the AMBER light on, with two long beeps?"


def test_keyboard_readers_are_looked_for(door):
    assert door.told("keyboard") == "left_out: There is no keyboard reader."
    door.declare("hid_evdev", "/dev/input/by-id/reader")
    assert door.found("keyboard").status == "fail"


def answering(answer: bytes) -> tuple[int, threading.Thread]:
    """A server that says `answer` to its first client; its port."""
    import socket

    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with server, server.accept()[0] as line:
            line.recv(100)
            line.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    return server.getsockname()[1], thread


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (ACCEPTED, "pass: The broker 127.0.0.1:"),
        (bytes.fromhex("20020005"), "fail: The broker 127.0.0.1:"),
        (b"SSH-", "fail: The broker 127.0.0.1:"),
    ],
)
def test_the_broker_is_asked_whether_it_takes_a_client(door, answer, told):
    port, thread = answering(answer)
    door.broker = f'host = "127.0.0.1"\nport = {port}'
    assert door.told("broker").startswith(told)
    thread.join()
    assert door.told("broker").startswith(f"fail: The broker 127.0.0.1:{port} is not reached")


def test_a_real_broker_takes_the_doctor(door, broker):
    door.broker = f'host = "{broker.host}"\nport = {broker.port}'
    assert door.told("broker").startswith("pass")


def state(*spans: tuple[int, int]) -> bytes:
    return encode_state("dd-1", [Kept("0123456789abcdef", "b", 9, spans)], [])


def test_central_has_a_tap_when_the_journal_says_it_is_acknowledged(door):
    assert door.told("central") == "left_out: Needs a person: add --ask."
    door.answers = []
    assert door.told("central").startswith("left_out: The station does not run")
    door.program("systemctl", "echo active")
    acks = door.root / "var/lib/diemdanh/journal/acks"
    acks.parent.mkdir()
    acks.write_bytes(state((1, 3), (5, 5)))
    machine = door.machine()
    assert acknowledged(machine) == 4
    threading.Timer(0.3, lambda: acks.write_bytes(state((1, 6)))).start()
    assert door.told("central").startswith("pass: Central had it after 0.")


def test_a_check_that_breaks_is_a_failed_one_and_stops_no_other(door):
    door.reader()
    door.write("/sys/fs/ext4/x/errors_count", "many")
    ended = {one.check.code: one.finding.status for one in examine(door.machine(), frozenset({1, 19, 20}))}
    assert ended == {"model": "pass", "disk": "fail", "replug": "left_out"}


def test_the_answers_are_told_in_both_languages(door):
    door.program("vcgencmd", "echo throttled=0x1")
    [one] = examine(door.machine(), frozenset({18}))
    assert told(one, "en").splitlines() == [
        "18 FAIL     Voltage: The voltage is low right now.",
        "            → Take a 5 V 3 A supply and a short, thick cable.",
    ]
    assert told(one, "vi").startswith("18 HỎNG     Điện áp: Điện áp đang thấp.")
    assert as_json(one, "vi")["code"] == "power"


def test_the_command_ends_with_1_when_something_failed(tmp_path, capsys, monkeypatch, door: Door):
    config = tmp_path / "station.toml"
    (tmp_path / "data").mkdir()
    config.write_text(f'[station]\ndata = "{tmp_path / "data"}"\n[panel]\npins = "none"\n[broker]\nport = 1\n')
    assert main(["doctor", "--config", str(config), "--only", "19,21", "--json"]) == 1
    answers = json.loads(capsys.readouterr().out)
    assert [(a["number"], a["status"]) for a in answers] == [(19, "pass"), (21, "fail")]
    assert main(["doctor", "--config", str(config), "--only", "13", "--lang", "en"]) == 0
    assert capsys.readouterr().out == "13 left out Lights and buzzer: This door has no lights and no buzzer.\n"
    assert main(["doctor", "--config", str(config), "--only", "23"]) == 1
    assert "--only 23: there are checks 1 to 22" in capsys.readouterr().err


def test_a_person_answers_yes_by_enter(monkeypatch, tmp_path, capsys):
    import io

    from edge.doctor.command import _ask

    monkeypatch.setattr("sys.stdin", io.StringIO("\nk\nc\n"))
    ask = _ask("vi")
    assert [ask("Sáng?", "On?") for _ in range(3)] == [True, False, True]
    assert "Sáng? [c/k]" in capsys.readouterr().err


def test_the_command_is_on_the_command_line():
    arguments = build_parser().parse_args(["doctor", "--config", "x", "--ask"])
    assert isinstance(arguments, argparse.Namespace)
    assert arguments.ask
    assert os.sep not in arguments.lang
