"""Checks of the way to central: the broker answers, and what the journal holds has been acknowledged."""

import socket
from contextlib import ExitStack
from ipaddress import ip_address

from edge.doctor.cards import NOT_ASKED
from edge.doctor.findings import Finding, Said, failed, left_out, passed, warned
from edge.doctor.machine import UNIT, Machine
from edge.enrolment import present_access
from edge.journal.state import decode_state
from edge.tls import Access

CONNECT_S = 5.0
CONNECT = bytes.fromhex("101a00044d5154540402000f000e") + b"diemdanh-docto"
"""MQTT 3.1.1 CONNECT with a clean session of its own, so that it never takes a station's place."""
CONNACK_ACCEPTED = bytes.fromhex("20020000")
TAP_S = 60.0
ANSWERS = {4: "sai tên, mật khẩu / wrong user or password", 5: "không được phép / not authorized"}


def broker(machine: Machine) -> Finding:
    """21: the broker is reached and takes a client."""
    settings = machine.settings
    where, secured = f"{settings.broker.host}:{settings.broker.port}", False
    try:
        access = present_access(settings, machine.at(settings.station.data), machine.utc_ms)
        where, secured = f"{access.host}:{access.port}", access.context is not None
        answer = _answer(access)
    except OSError as error:
        return failed(
            Said(f"Không tới được máy chủ tin {where}: {error}.", f"The broker {where} is not reached: {error}."),
            Said(
                "Kiểm tra mạng, [broker] trong station.toml. Lượt quẹt vẫn được ghi tại cửa.",
                "See the network and [broker] in station.toml. Taps are recorded at the door all the same.",
            ),
        )
    if answer != CONNACK_ACCEPTED:
        code = answer[3] if len(answer) == 4 else -1
        return failed(
            Said(
                f"Máy chủ tin {where} từ chối ({ANSWERS.get(code, code)}).",
                f"The broker {where} refuses ({ANSWERS.get(code, code)}).",
            ),
            Said(
                "Hỏi văn phòng trung tâm về chứng thư của trạm.",
                "Ask the central office about the station's certificate.",
            ),
            code=code,
        )
    if not secured and not _near(settings.broker.host):
        return warned(
            Said(f"Máy chủ tin {where} không mã hóa.", f"The broker {where} is not encrypted."),
            Said("Chỉ dùng trong mạng riêng của cơ quan.", "Only inside the office's own network."),
        )
    return passed(f"Máy chủ tin {where} trả lời.", f"The broker {where} answers.")


def _answer(access: Access) -> bytes:
    """What the broker says to a CONNECT, at most four bytes. Raises OSError."""
    with ExitStack() as lines:
        line = lines.enter_context(socket.create_connection((access.host, access.port), CONNECT_S))
        line.settimeout(CONNECT_S)
        if access.context is not None:
            line = lines.enter_context(access.context.wrap_socket(line, server_hostname=access.host))
        line.sendall(CONNECT)
        return line.recv(4)


def _near(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def central(machine: Machine) -> Finding:
    """22: a tap made now is acknowledged by central."""
    if machine.ask is None:
        return NOT_ASKED
    if not machine.station_runs():
        return left_out(
            f"Trạm không chạy (systemctl start {UNIT}).", f"The station does not run (systemctl start {UNIT})."
        )
    before = acknowledged(machine)
    machine.ask("Quẹt một thẻ đã biết, rồi nhấn Enter", "Tap a known card, then press Enter")
    began_ns = machine.mono_ns()
    while machine.mono_ns() - began_ns < TAP_S * 1e9:
        if acknowledged(machine) > before:
            seconds = round((machine.mono_ns() - began_ns) / 1e9, 1)
            return passed(
                f"Trung tâm đã nhận sau {seconds} giây.", f"Central had it after {seconds} s.", seconds=seconds
            )
        machine.wait_s(0.2)
    return failed(
        Said("Trung tâm chưa xác nhận lượt quẹt.", "Central has not acknowledged the tap."),
        Said("Xem mục 21; hỏi trung tâm: device list.", "See check 21; ask central: device list."),
    )


def acknowledged(machine: Machine) -> int:
    """How many events of this device central has acknowledged, by the journal's own state file; 0 without one."""
    try:
        content = machine.at(machine.settings.station.data / "journal" / "acks").read_bytes()
    except OSError:
        return 0
    spans = (span for kept in decode_state(content).journals.values() for span in kept.acked)
    return sum(last - first + 1 for first, last in spans)
