"""`diemdanh-edge doctor`: a technician's checks, each with one plain sentence and the next step.

Source of the list: readers.md section 10. Nothing is changed, and no whole badge number is ever told; checks that need
a hand are left out unless somebody is asked. To add one: a function of a Machine, a line in CHECKS, its cases.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from edge.doctor import cards, hands, lines, network, system
from edge.doctor.findings import Finding, Said, Status, failed
from edge.doctor.machine import Machine

__all__ = ["CHECKS", "Check", "Examined", "Machine", "examine"]


@dataclass(frozen=True, slots=True)
class Check:
    """One check. number and code are for support and never change."""

    number: int
    code: str
    title: Said
    run: Callable[[Machine], Finding]


@dataclass(frozen=True, slots=True)
class Examined:
    """A check and how it ended."""

    check: Check
    finding: Finding


CHECKS = (
    Check(1, "model", Said("Máy và hệ điều hành", "Computer and system"), system.model),
    Check(2, "path", Said("Đường dẫn đầu đọc", "Path of the readers"), lines.path),
    Check(3, "console", Said("Cổng không bị chiếm", "Nobody else on the port"), lines.console),
    Check(4, "uart", Said("Đúng cổng UART", "The right UART"), lines.uart),
    Check(5, "opens", Said("Mở được cổng", "The port opens"), lines.opens),
    Check(6, "silence", Said("Im lặng khi không có thẻ", "Silence without a card"), cards.silence),
    Check(7, "frames", Said("Đọc thẻ", "Frames of a card"), cards.frames),
    Check(8, "same_card", Said("Các đầu đọc cho cùng số", "The same badge everywhere"), cards.same_card),
    Check(9, "pn532", Said("Đầu đọc PN532", "PN532"), cards.chip),
    Check(10, "wiegand", Said("Dây Wiegand", "Wiegand wires"), cards.wires),
    Check(11, "keyboard", Said("Đầu đọc kiểu bàn phím", "Keyboard readers"), hands.keyboards),
    Check(12, "random_card", Said("Từ chối thẻ đổi số", "Cards that change are refused"), cards.random_card),
    Check(13, "lights", Said("Đèn và còi", "Lights and buzzer"), hands.lights),
    Check(14, "pins", Said("Chân GPIO", "GPIO pins"), system.pins),
    Check(15, "battery_clock", Said("Đồng hồ pin (RTC)", "Battery clock (RTC)"), system.battery_clock),
    Check(16, "time", Said("Múi giờ và giờ mạng", "Time zone and network time"), system.time_zone),
    Check(17, "watchdog", Said("Bộ canh phần cứng", "Hardware watchdog"), system.watchdog),
    Check(18, "power", Said("Điện áp", "Voltage"), system.power),
    Check(19, "disk", Said("Thẻ nhớ", "The card"), system.disk),
    Check(20, "replug", Said("Rút ra cắm lại", "Unplug and plug in"), cards.replug),
    Check(21, "broker", Said("Máy chủ tin (MQTT)", "The broker (MQTT)"), network.broker),
    Check(22, "central", Said("Trung tâm nhận lượt quẹt", "Central takes a tap"), network.central),
)
"""In the order in which they are made and told."""


def examine(machine: Machine, numbers: frozenset[int] = frozenset()) -> Iterator[Examined]:
    """Make the checks, all or those with these numbers; one that breaks is a failed one and stops no other."""
    for check in CHECKS:
        if not numbers or check.number in numbers:
            yield Examined(check, _made(check, machine))


def _made(check: Check, machine: Machine) -> Finding:
    try:
        return check.run(machine)
    except (OSError, ValueError) as error:
        return failed(
            Said(f"Không kiểm tra được: {error}.", f"It could not be checked: {error}."),
            Said(
                "Chạy bằng sudo; gửi kết quả --json cho hỗ trợ.", "Run it with sudo; send the --json output to support."
            ),
        )


def healthy(examined: list[Examined]) -> bool:
    """Nothing failed."""
    return all(one.finding.status is not Status.FAILED for one in examined)
