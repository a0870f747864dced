"""Checks of what people see and type: lights and buzzer one by one, keyboard readers."""

from edge.doctor.cards import NOT_ASKED, STATION_RUNS
from edge.doctor.findings import Finding, Said, failed, left_out, passed, together, warned
from edge.doctor.machine import Machine
from edge.door import Feedback
from edge.panel import Panel
from edge.reading import PortKind
from edge.settings import ReaderSettings

SHOWN_S = 1.5
LIGHTS = (
    (Feedback.RECORDED, "Đèn XANH sáng và còi kêu 1 tiếng?", "Was the GREEN light on, with one beep?"),
    (
        Feedback.ALREADY_RECORDED,
        "Đèn VÀNG sáng và còi kêu 2 tiếng dài?",
        "Was the AMBER light on, with two long beeps?",
    ),
    (Feedback.UNKNOWN, "Đèn ĐỎ sáng và còi kêu 3 tiếng?", "Was the RED light on, with three beeps?"),
)


def lights(machine: Machine) -> Finding:
    """13: each light and the buzzer, one by one."""
    if machine.settings.panel.pins == "none":
        return left_out("Cửa này không có đèn, còi.", "This door has no lights and no buzzer.")
    if machine.ask is None:
        return NOT_ASKED
    if machine.station_runs():
        return STATION_RUNS
    panel = Panel(machine.settings.panel, machine.mono_ns)
    try:
        if not panel.open():
            return failed(
                Said("Không mở được chân GPIO.", "The pins do not open."), Said("Xem mục 14.", "See check 14.")
            )
        dark = [question for question in LIGHTS if not _seen(machine, panel, *question)]
    finally:
        panel.close()
    if dark:
        return failed(
            Said(f"Không thấy: {dark[0][1]}", f"Not seen: {dark[0][2]}"),
            Said(
                "Kiểm tra dây, chân đèn, điện trở, bóng bán dẫn của còi.",
                "See wire, pin, resistor, the buzzer's transistor.",
            ),
            dark=", ".join(str(feedback) for feedback, _, _ in dark),
        )
    return passed("Đèn và còi chạy đúng.", "Lights and buzzer work.")


def _seen(machine: Machine, panel: Panel, feedback: Feedback, vi: str, en: str) -> bool:
    panel.show(feedback)
    until_ns = machine.mono_ns() + int(SHOWN_S * 1e9)
    while machine.mono_ns() < until_ns:
        panel.play()
    return machine.ask is not None and machine.ask(vi, en)


def keyboards(machine: Machine) -> Finding:
    """11: keyboard readers are there, and ours to take hold of."""
    readers = machine.readers(PortKind.INPUT)
    if not readers:
        return left_out("Không có đầu đọc kiểu bàn phím.", "There is no keyboard reader.")
    return together({reader.id: _keyboard(machine, reader) for reader in readers})


def _keyboard(machine: Machine, reader: ReaderSettings) -> Finding:
    device = machine.at(reader.port)
    if not device.exists():
        return failed(
            Said(f"Không thấy đầu đọc {reader.id} tại {reader.port}.", f"Reader {reader.id} is not at {reader.port}."),
            Said("Xem ls /dev/input/by-id.", "See ls /dev/input/by-id."),
        )
    twins = [p.name for p in sorted(machine.at("/dev/input/by-id").glob("*")) if p.resolve() == device.resolve()]
    if reader.form is None:
        return warned(
            Said(f"Đầu đọc {reader.id} chưa có dạng số (form).", f"Reader {reader.id} has no form set."),
            Said("Đặt tech, form, order theo thẻ mẫu.", "Set tech, form and order by a reference card."),
        )
    return passed(f"Đầu đọc {reader.id} ở {reader.port}.", f"Reader {reader.id} is at {reader.port}.", names=len(twins))
