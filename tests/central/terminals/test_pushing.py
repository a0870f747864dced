"""A terminal that pushes over real HTTP to the real web process: it resends, lies, and is cut off."""

import datetime as dt
import http.client
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from central.closing import Closing, close_door
from central.store import quarantine
from central.terminals import taking
from central.terminals.pushing import Terminals
from central.terminals.registering import list_terminals
from deploy.broker import free_port
from tests.central.terminals.office import DATE, Office, at, line, pushed

PATIENCE_S = 60.0


@contextmanager
def web(office: Office, *, terminals: bool = True, networks: str = "") -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """The web process; (port, process)."""
    with office.store.read() as db:
        url = db.engine.url.render_as_string(hide_password=False)
    port = free_port()
    said = {"DIEMDANH_DB": url, "DIEMDANH_WEB_PORT": str(port), "DIEMDANH_WEB_TERMINALS": str(terminals).lower()}
    said |= {"DIEMDANH_WEB_TERMINAL_NETWORKS": networks}
    words = [sys.executable, "-m", "central", "web"]
    log = office.path / "web.log"
    with log.open("ab") as said_on, subprocess.Popen(words, env={**os.environ, **said}, stderr=said_on) as process:
        try:
            _wait(port, process, log)
            yield port, process
        finally:
            process.kill()


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/openapi.json", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"the web process does not answer: {log.read_text('utf-8')[-2000:]}")


def ask(port: int, path: str, body: bytes | None = None) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", body, timeout=30) as found:
            return found.status, found.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode()


ATTLOG = "/iclock/cdata?SN=AEX1&table=ATTLOG&Stamp=0"
MORNING = pushed("1", "07:10") + pushed("2", "07:12")
EVENING = pushed("1", "17:10", 1) + pushed("2", "17:12", 1)


def test_a_terminal_resends_lies_and_is_killed_between_commit_and_answer(office: Office):
    with web(office) as (port, process):
        assert ask(port, "/iclock/cdata?SN=AEX1&options=all")[1].startswith("GET OPTION FROM: AEX1\r\n")
        assert ask(port, "/iclock/getrequest?SN=AEX1") == (200, "OK")
        assert ask(port, ATTLOG, MORNING) == (200, "OK: 2")
        before = office.events()
        assert len(before) == 2
        assert ask(port, ATTLOG, MORNING + MORNING) == (200, "OK: 4")
        epoch = f"1\t{at('07:10') // 1000}\t0\t1\t0\n".encode()
        assert ask(port, ATTLOG, epoch) == (200, "OK: 1")
        assert ask(port, ATTLOG, line("1", "07:40")) == (200, "OK: 1"), "the other order of columns is refused"
        assert office.events() == before
        for table in ("BIODATA", "ATTPHOTO", "OPERLOG"):
            assert ask(port, f"/iclock/cdata?SN=AEX1&table={table}", b"FP PIN=1\tTMP=secret") == (200, "OK")
        assert ask(port, "/iclock/devicecmd?SN=AEX1", b"ID=1&Return=0&CMD=INFO") == (200, "OK")
        assert ask(port, "/iclock/cdata?SN=STRANGE&table=ATTLOG", MORNING)[0] == 200
        assert office.events() == before
        held = office.all("SELECT code, problem, payload FROM quarantine")
        assert {code for code, _, _ in held} == {"unreadable", "unregistered"}
        assert not any(b"secret" in bytes(payload) for _, _, payload in held)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("POST", ATTLOG, EVENING)
        end = time.monotonic() + PATIENCE_S
        while len(office.events()) < 4:
            assert time.monotonic() < end
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        connection.close()  # committed, and the terminal never saw the answer
    before = office.events()
    with web(office) as (port, _):
        assert ask(port, ATTLOG, EVENING) == (200, "OK: 2")
        assert ask(port, ATTLOG, MORNING) == (200, "OK: 2")
    assert office.events() == before
    assert office.take(line("1", "07:10"), line("2", "07:12")).new == 0
    assert office.events() == before


def test_a_clock_that_lies_accuses_nobody(office: Office):
    terminal = Terminals(office.store, office.clock)
    for office.clock.ms, stamp in ((at("07:10"), "2000-01-01 00:00:05"), (at("11:40"), "2031-05-05 05:05:05")):
        assert terminal.pushed("AEX1", "ATTLOG", f"1\t{stamp}\t0\t1\n".encode()) == "OK: 1"
    office.clock.ms = at("19:00", 2)
    office.take(line("2", "18:30", on=DATE + dt.timedelta(days=2)))
    for _, outcome, flags in office.verdicts("an"):
        assert outcome != "absent"
        assert not {"late", "early_leave"} & set(flags.split())
    assert {method for *_, method in office.events()} == {"interval", "rtc"}


def test_nothing_listens_unless_it_is_switched_on(office: Office):
    with web(office, terminals=False) as (port, _):
        assert ask(port, "/iclock/getrequest?SN=AEX1")[0] == 404


def test_ten_quiet_minutes_of_polling_deliver_and_a_pause_begins_them_anew(office: Office):
    terminal = Terminals(office.store, office.clock)

    def poll(first: str, minutes: int) -> int | None:
        for minute in range(minutes + 1):
            office.clock.ms = at(first) + minute * 60_000
            assert terminal.asked("AEX1") == "OK"
        return list_terminals(office.store)[0].delivered_ms

    assert poll("07:00", 9) is None
    assert poll("07:20", 9) is None, "it was away for eleven minutes"
    assert poll("07:30", 0) == at("07:20")
    assert terminal.pushed("aex1", "ATTLOG", pushed("1", "07:29")) == "OK: 1"
    (row,) = list_terminals(office.store)
    assert row.link.clock_offset_ms == 60_000
    assert row.delivered_ms is not None and at("07:20") < row.delivered_ms <= at("07:29")


def test_a_wrong_date_of_a_terminal_that_was_up_to_date_is_a_punch_of_now_and_holds_nothing(office: Office):
    terminal = Terminals(office.store, office.clock)

    def polled_until(time: str) -> None:
        while office.clock.ms < at(time):
            office.clock.ms += 60_000
            terminal.asked("AEX1")

    flat = b"1\t2000-01-01 00:00:05\t0\t1\n"
    terminal.pushed("AEX1", "ATTLOG", flat)
    (row,) = list_terminals(office.store)
    assert row.link.held_ms == (0,), "just come to life: it may be of any day"
    close_door(office.store, Closing("T-X", 0, at("06:30"), "clock wrong"), "12/BC", "Lê A", office.clock.ms)
    polled_until("07:20")
    (row,) = list_terminals(office.store)
    assert (row.link.held_ms, row.delivered_ms) == ((), at("07:10"))
    terminal.pushed("AEX1", "ATTLOG", b"2\t2000-01-01 01:00:05\t0\t1\n")
    polled_until("07:31")
    (row,) = list_terminals(office.store)
    assert (row.link.held_ms, row.delivered_ms) == ((), at("07:21"))


def test_what_strangers_send_is_bounded_and_visible(office: Office, monkeypatch: pytest.MonkeyPatch):
    terminal = Terminals(office.store, office.clock)
    for number in range(230):
        terminal.pushed(f"S{number}\x00\u1ea1", "ATTLOG", b"x" * 100)
    ((count,),) = office.all("SELECT COUNT(*) FROM quarantine")
    assert count <= 200
    with office.store.read() as db:
        assert quarantine.dropped(db) > 0
    assert "terminal add" in office.all("SELECT problem FROM quarantine")[0][0]


def test_a_word_of_another_kind_says_nothing_of_the_link():
    assert taking.link_of(json.dumps({"readers": 1})) == taking.Link()
