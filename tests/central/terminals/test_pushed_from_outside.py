"""What the push endpoint refuses from whoever reaches it: 50 MB of body, and other networks."""

import re
import select
import socket
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import repeat
from pathlib import Path

import pytest

from central.errors import CentralError
from central.networks import ANYWHERE, read_networks
from central.settings import load_settings
from tests.central.terminals.office import Office, pushed
from tests.central.terminals.test_pushing import ATTLOG, ask, web

PIECE = pushed("1", "07:10") * 1600
"""About 51 KB of real punches."""
PIECES = 52_428_800 // len(PIECE) + 1
MOST_GROWTH = 16 * 1024 * 1024
"""A third of the body: whoever held it would need more than the whole."""


def peak_bytes(pid: int) -> int:
    """The most memory that the process has had resident since `forget_peak`."""
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) * 1024


def forget_peak(pid: int) -> int:
    Path(f"/proc/{pid}/clear_refs").write_text("5", "ascii")
    return peak_bytes(pid)


def pour(port: int, path: str, header: str, pieces: Iterable[bytes]) -> tuple[int, int]:
    """Send a request whatever is answered, as a terminal does that does not listen; (status, bytes that went out)."""
    sent, answer = 0, b""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as line:
        line.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\n{header}\r\n\r\n".encode())
        with suppress(ConnectionError):  # it hangs up while we send
            for piece in pieces:
                line.sendall(piece)
                sent += len(piece)
                if not answer and select.select([line], [], [], 0)[0]:
                    answer = line.recv(4096)
        answer = answer or line.recv(4096)  # what came before the end of the line is still there to be read
    return (int(answer.split()[1]) if answer else 0), sent


def chunks() -> Iterator[bytes]:
    yield from repeat(b"%x\r\n%b\r\n" % (len(PIECE), PIECE), PIECES)
    yield b"0\r\n\r\n"


LENGTH = f"Content-Length: {PIECES * len(PIECE)}"
CHUNKED = "Transfer-Encoding: chunked"


@pytest.mark.parametrize("path", [ATTLOG, ATTLOG.replace("ATTLOG", "BIOPHOTO"), "/iclock/devicecmd?SN=AEX1"])
def test_fifty_megabytes_are_refused_and_never_held(office: Office, path: str):
    with web(office) as (port, process):
        ask(port, ATTLOG, PIECE)  # whatever the first request needs is there
        events = office.events()
        before = forget_peak(process.pid)
        statuses = []
        for header, body in ((LENGTH, repeat(PIECE, PIECES)), (CHUNKED, chunks())):
            for _ in range(3):
                status, _ = pour(port, path, header, body)
                statuses.append(status)
                assert ask(port, "/iclock/getrequest?SN=AEX1") == (200, "OK"), "others go on"
        grown = peak_bytes(process.pid) - before
        assert set(statuses) == {413}
        assert grown < MOST_GROWTH, f"{grown / 1e6:.1f} MB for bodies of 50 MB"
        assert 'diemdanh_terminals{what="too_large"} 6.0' in ask(port, "/metrics")[1]
        assert ask(port, ATTLOG, PIECE)[0] == 200
    assert office.events() == events


def test_others_go_on_while_a_large_body_is_on_its_way(office: Office):
    """A body without a length that comes piece by piece: between two pieces central serves whoever asks."""
    with web(office) as (port, _):
        asked = []

        def slowly() -> Iterator[bytes]:
            for number, piece in enumerate(chunks()):
                if number < 20:  # just under the most that is taken
                    asked.append(ask(port, "/iclock/getrequest?SN=AEX1"))
                yield piece

        status, sent = pour(port, ATTLOG, CHUNKED, slowly())
        assert status == 413 and sent > 1024 * 1024
        assert asked == [(200, "OK")] * 20


def test_dialects_and_stamps_that_lie_make_one_event_of_one_punch(office: Office):
    """Firmware differs in how it writes a punch and what it says of its place in the list."""
    said = "1\t2018-11-12 07:10:00\t0\t1\t0\t0\t0"
    bodies = (
        said,
        f"{said}\r\n",
        f"{said}\t255\t36.5\t0\t25200\te30=",
        "PIN=1\tDateTime=2018-11-12 07:10:00\tStatus=0\tVerify=1\tWorkCode=0",
        "data=1%092018-11-12+07%3A10%3A00%090%091%090%0A",
        "1\t1541981400\t0\t1\t0",
    )
    with web(office) as (port, _):
        for stamp in ("0", "9999", "None", "-1", "1541981400", "%00", "x" * 300):
            for body in bodies:
                path = ATTLOG.replace("Stamp=0", f"Stamp={stamp}").replace("AEX1", "aex1")
                assert ask(port, path, body.encode()) == (200, "OK: 1"), (stamp, body)
    ((line, badge),) = office.all("SELECT line, badge FROM event")
    assert badge == "pin:aex1:1" and bytes(line) == b'{"pin":"1","status":0,"terminal":"zk-aex1",' + (
        b'"utc":1541981400000,"verify":1}'
    )
    assert office.all("SELECT id FROM quarantine") == []


def test_a_length_that_is_none_is_refused(office: Office):
    with web(office) as (port, _):
        assert pour(port, ATTLOG, "Content-Length: 99999999999999999999999999", ())[0] in (400, 413)
        assert pour(port, ATTLOG, "Content-Length: -5", ())[0] in (400, 413)
        assert ask(port, "/iclock/getrequest?SN=AEX1") == (200, "OK")


def test_terminals_push_from_their_networks_alone_and_refusals_are_counted(office: Office):
    with web(office, networks="10.20.0.0/16, fd00:20::/32") as (port, _):

        def status(forwarded: str) -> int:
            asking = urllib.request.Request(f"http://127.0.0.1:{port}{ATTLOG}", pushed("1", "07:10"))
            asking.add_header("X-Forwarded-For", forwarded)
            try:
                with urllib.request.urlopen(asking, timeout=30) as found:  # noqa: S310 (our own)
                    return int(found.status)
            except urllib.error.HTTPError as refused:
                with refused:
                    return refused.code

        assert ask(port, ATTLOG, pushed("1", "07:10"))[0] == 403, "this machine is not in the list"
        assert ask(port, "/iclock/getrequest?SN=AEX1")[0] == 403
        assert status("192.168.1.9") == 403
        assert status("10.20.3.4, 192.168.1.9") == 403, "whoever comes through the proxy cannot say where from"
        assert office.events() == [] and office.all("SELECT id FROM quarantine") == [], "refused unread"
        assert [status("10.20.3.4"), status("fd00:20::5")] == [200, 200]
        assert len(office.events()) == 1
        assert 'diemdanh_terminals{what="refused_network"} 4.0' in ask(port, "/metrics")[1]
        assert ask(port, "/api/v1/devices")[0] == 200, "the pages are another matter"


def test_networks_are_read_from_a_list_or_a_line_and_a_wrong_one_is_named(tmp_path: Path):
    file = tmp_path / "central.toml"
    file.write_text('[web]\nterminal_networks = ["10.20.0.0/16", "fd00:20::/32", ""]\n', "utf-8")
    read = load_settings(file, {}).web.terminal_networks
    assert read == read_networks("10.20.0.0/16,fd00:20::/32")
    assert [read.allow(at) for at in ("10.20.0.1", "::ffff:10.20.0.1", "fd00:20::1", "10.21.0.1", "", "proxy")] == [
        True, True, True, False, False, False,
    ]  # fmt: skip
    assert ANYWHERE.allow("anywhere") and read_networks(" ") == ANYWHERE
    for wrong in ('["10.20.0.1/16"]', '["here"]', "7", "[7]", "true"):
        file.write_text(f"[web]\nterminal_networks = {wrong}\n", "utf-8")
        with pytest.raises(CentralError, match="terminal_networks"):
            load_settings(file, {})
