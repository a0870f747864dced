"""Checks of what readers say: noise without a card, the frames of a card, the same card everywhere, unplugging."""

from collections import Counter
from dataclasses import dataclass, field

from edge.badges import masked
from edge.doctor.findings import Finding, Said, failed, left_out, passed, together, warned
from edge.doctor.lines import NO_READERS, ReaderCheck, open_of, short
from edge.doctor.machine import Machine
from edge.errors import PortError
from edge.ports import attend
from edge.readers import DRIVERS, BadInput, EventKind, Reader, ReaderEvent
from edge.readers.pn532 import Pn532
from edge.reading import PortKind, driver_of
from edge.settings import ReaderSettings

SILENT_S, CARD_S, FIRMWARE_S, REPLUG_S = 3.0, 10.0, 3.0, 60.0
ENOUGH_FRAMES = 20
MOST_WRONG = 0.05
WRONG_BAUD = frozenset({0x00, 0x80, 0xE0, 0xF8, 0xFE, 0xFF})
NOT_ASKED = left_out("Cần người thử: thêm --ask.", "Needs a person: add --ask.")
STATION_RUNS = left_out(
    "Trạm đang giữ đầu đọc: dừng trạm rồi chạy lại.", "The station holds the readers: stop it and run this again."
)


@dataclass(slots=True)
class Heard:
    """What a reader said while it was listened to. data: the first bytes of it; times: of its reads."""

    driver: Reader
    data: bytearray = field(default_factory=bytearray)
    events: list[ReaderEvent] = field(default_factory=list)
    count: int = 0

    def hear(self, data: bytes, mono_ns: int) -> list[bytes]:
        """What came; returns what the driver wants to be sent."""
        self.count += len(data)
        self.data += data[: 4096 - len(self.data)]
        self.events += self.driver.feed(data, mono_ns) if data else self.driver.tick(mono_ns)
        return self.driver.requests()

    @property
    def reads(self) -> list[ReaderEvent]:
        return [event for event in self.events if event.kind is EventKind.READ]

    @property
    def errors(self) -> Counter[BadInput]:
        return Counter(event.error for event in self.events if event.error is not None)


def listened(machine: Machine, reader: ReaderSettings, seconds: float) -> Heard:
    """What the reader says in so many seconds. Raises PortError."""
    heard = Heard(driver_of(reader))
    attend(reader.port, open_of(machine, reader), seconds, machine.mono_ns, heard.hear)
    return heard


def _listening(machine: Machine, check: ReaderCheck, *, asking: bool = True) -> Finding:
    """What is found at each reader; left out when they cannot be listened to."""
    readers = machine.readers()
    if not readers:
        return NO_READERS
    if asking and machine.ask is None:
        return NOT_ASKED
    if machine.station_runs():
        return STATION_RUNS
    return together({reader.id: _guarded(machine, reader, check) for reader in readers})


def _guarded(machine: Machine, reader: ReaderSettings, check: ReaderCheck) -> Finding:
    try:
        return check(machine, reader)
    except PortError as error:
        return failed(
            Said(f"Mất đầu đọc {reader.id}: {short(error)}.", f"Reader {reader.id} is lost: {short(error)}."),
            Said("Xem mục 2 đến 5.", "See checks 2 to 5."),
        )


def silence(machine: Machine) -> Finding:
    """6: nothing comes while no card is there."""
    return _listening(machine, _silence, asking=False)


def _silence(machine: Machine, reader: ReaderSettings) -> Finding:
    heard = listened(machine, reader, SILENT_S)
    noise = heard.errors.total() - heard.errors[BadInput.NO_RESPONSE]
    if heard.reads:
        return warned(
            Said(
                f"Đầu đọc {reader.id} tự đọc ra thẻ khi không có thẻ.",
                f"Reader {reader.id} reads cards while there is none.",
            ),
            Said(
                "Có thẻ để gần? Nếu không: xa kim loại, nguồn tốt hơn.",
                "Is a card lying near? If not: away from metal, a better supply.",
            ),
            reads=len(heard.reads),
        )
    if noise:
        return warned(
            Said(f"Đầu đọc {reader.id} có nhiễu khi không có thẻ.", f"Reader {reader.id} is noisy without a card."),
            Said("Nối đất chung, dây ngắn, đúng tốc độ (baud).", "Common ground, short wires, the right baud rate."),
            bytes=heard.count,
            errors=noise,
        )
    return passed(f"Đầu đọc {reader.id} im lặng khi không có thẻ.", f"Reader {reader.id} is silent without a card.")


def frames(machine: Machine) -> Finding:
    """7: what a card's frames are like."""
    return _listening(machine, _frames)


def _frames(machine: Machine, reader: ReaderSettings) -> Finding:
    _please(
        machine,
        f"Giữ một thẻ ở đầu đọc {reader.id} rồi nhấn Enter",
        f"Hold a card at reader {reader.id}, then press Enter",
    )
    heard = listened(machine, reader, CARD_S)
    wrong = heard.errors.total()
    facts: dict[str, str | int | float | bool] = {"bytes": heard.count, "reads": len(heard.reads), "errors": wrong}
    if not heard.reads:
        return _nothing_read(reader, heard, facts)
    facts["badge"] = masked(heard.reads[-1].badge or "")
    facts["period_ms"] = _period_ms(heard.reads)
    if wrong / (wrong + len(heard.reads)) > MOST_WRONG:
        code = heard.errors.most_common(1)[0][0]
        return warned(
            Said(
                f"Đầu đọc {reader.id}: {wrong} khung lỗi ({code}).", f"Reader {reader.id}: {wrong} bad frames ({code})."
            ),
            Said("Xa kim loại, nguồn tốt hơn, thêm tụ 100 µF.", "Away from metal, a better supply, add 100 µF."),
            **facts,
        )
    return passed(f"Đầu đọc {reader.id} đọc thẻ tốt.", f"Reader {reader.id} reads cards well.", **facts)


def _nothing_read(reader: ReaderSettings, heard: Heard, facts: dict[str, str | int | float | bool]) -> Finding:
    """Why nothing was read: nothing came, another kind of reader, or the wrong speed."""
    if BadInput.BAD_PARITY_SWAPPED in heard.errors:
        return failed(
            Said("Dây D0 và D1 bị đảo.", "Wires D0 and D1 are swapped."),
            Said("Đổi chỗ hai dây.", "Swap the two wires."),
            **facts,
        )
    if not heard.count or set(heard.errors) == {BadInput.NO_RESPONSE}:
        return failed(
            Said(f"Đầu đọc {reader.id} không gửi gì.", f"Reader {reader.id} sends nothing."),
            Said(
                "Dây TX-RX, nguồn, thẻ đúng loại (125 kHz hay 13,56 MHz)?",
                "Wires TX-RX, supply, the right kind of card (125 kHz or 13.56 MHz)?",
            ),
            **facts,
        )
    others = recognised(bytes(heard.data))
    if others:
        return failed(
            Said(f"Đầu đọc này là loại {', '.join(others)}.", f"This reader is a {', '.join(others)}."),
            Said(f'Ghi driver = "{others[0]}" trong station.toml.', f'Write driver = "{others[0]}" into station.toml.'),
            **facts,
        )
    odd = sum(byte in WRONG_BAUD or byte > 0x7F for byte in heard.data) / len(heard.data)
    if odd > 0.5:
        return failed(
            Said("Sai tốc độ (baud) hoặc dây bị nhiễu.", "The baud rate is wrong, or the wire is noisy."),
            Said("Kiểm tra loại đầu đọc; 9600 hay 115200.", "See which reader it is; 9600 or 115200."),
            **facts,
        )
    return failed(
        Said(f"Đầu đọc {reader.id} gửi dữ liệu lạ.", f"Reader {reader.id} sends what is no card."),
        Said("Gửi kết quả --json cho hỗ trợ.", "Send the --json output to support."),
        **facts,
    )


def recognised(data: bytes) -> list[str]:
    """The drivers that read a badge from these bytes; a family's first name stands for it."""
    found: dict[str, str] = {}
    for name, make in DRIVERS.items():
        driver = Pn532(name, recorded=True) if name == Pn532.name else make(name)
        events = driver.feed(data, 0) + driver.tick(10**10)
        badges = {event.badge for event in events if event.kind is EventKind.READ}
        if badges:
            found.setdefault("".join(sorted(badge or "" for badge in badges)), name)
    return list(found.values())


def _period_ms(reads: list[ReaderEvent]) -> int:
    if len(reads) < 2:
        return 0
    return round((reads[-1].mono_ns - reads[0].mono_ns) / (len(reads) - 1) / 1e6)


def same_card(machine: Machine) -> Finding:
    """8: one reference card is the same badge at every reader."""
    readers = machine.readers()
    if len(readers) < 2:
        return left_out("Chỉ có một đầu đọc.", "There is one reader only.")
    if machine.ask is None:
        return NOT_ASKED
    if machine.station_runs():
        return STATION_RUNS
    badges: dict[str, str] = {}
    for reader in readers:
        _please(
            machine,
            f"Giữ CÙNG một thẻ ở đầu đọc {reader.id} rồi nhấn Enter",
            f"Hold the SAME card at reader {reader.id}, then press Enter",
        )
        try:
            reads = listened(machine, reader, CARD_S / 2).reads
        except PortError:
            reads = []
        if not reads:
            return failed(
                Said(f"Đầu đọc {reader.id} không đọc được thẻ.", f"Reader {reader.id} does not read the card."),
                Said("Xem mục 7.", "See check 7."),
            )
        badges[reader.id] = reads[-1].badge or ""
    if all(_same(badge, next(iter(badges.values()))) for badge in badges.values()):
        return passed("Các đầu đọc cho cùng một số thẻ.", "All readers tell the same badge.")
    return failed(
        Said("Các đầu đọc cho số thẻ khác nhau.", "The readers tell different badges."),
        Said(
            "Đặt tech, form, order của đầu đọc sai theo thẻ mẫu.",
            "Set tech, form and order of the wrong reader by the reference card.",
        ),
        **{reader: masked(badge) for reader, badge in badges.items()},
    )


def _same(one: str, other: str) -> bool:
    """Equal, or one of them is the low 24 bits of the other."""
    short = min((one, other), key=len).partition(":")[2]
    return one == other or ("w26:" in one + other and one.endswith(short) and other.endswith(short))


def chip(machine: Machine) -> Finding:
    """9: a PN532 answers, and keeps answering."""
    readers = [r for r in machine.readers() if r.driver == Pn532.name]
    if not readers:
        return left_out("Không có đầu đọc PN532.", "There is no PN532.")
    if machine.station_runs():
        return STATION_RUNS
    return together({reader.id: _guarded(machine, reader, _chip) for reader in readers})


def _chip(machine: Machine, reader: ReaderSettings) -> Finding:
    heard = listened(machine, reader, FIRMWARE_S)
    silent = heard.errors[BadInput.NO_RESPONSE]
    if silent or not heard.count:
        return failed(
            Said("PN532 không trả lời.", "The PN532 does not answer."),
            Said(
                "Gạt hai công tắc về HSU (0-0), kiểm tra TX-RX và nguồn 3,3 V.",
                "Set both switches to HSU (0-0), see TX-RX and the 3.3 V supply.",
            ),
            silent=silent,
        )
    return passed("PN532 trả lời đều.", "The PN532 answers steadily.", bytes=heard.count)


def wires(machine: Machine) -> Finding:
    """10: Wiegand frames have the right count and parity."""
    readers = [r for r in machine.readers() if r.driver.startswith("wiegand")]
    if not readers:
        return left_out("Không có đầu đọc Wiegand.", "There is no Wiegand reader.")
    if machine.ask is None:
        return NOT_ASKED
    if machine.station_runs():
        return STATION_RUNS
    return together({reader.id: _guarded(machine, reader, _frames) for reader in readers})


def random_card(machine: Machine) -> Finding:
    """12: a card that changes its number is refused."""
    drivers = (Pn532.name, "gwiot7941e", "wiegand34")
    readers = [r for r in machine.readers() if r.driver in drivers or r.tech == "nfca"]
    if not readers:
        return left_out("Không có đầu đọc 13,56 MHz.", "There is no 13.56 MHz reader.")
    if machine.ask is None:
        return NOT_ASKED
    if machine.station_runs():
        return STATION_RUNS
    return together({reader.id: _guarded(machine, reader, _random_card) for reader in readers})


def _random_card(machine: Machine, reader: ReaderSettings) -> Finding:
    _please(
        machine,
        f"Giữ điện thoại có NFC hoặc CCCD ở đầu đọc {reader.id} rồi nhấn Enter",
        f"Hold an NFC phone or a chip identity card at reader {reader.id}, then press Enter",
    )
    heard = listened(machine, reader, CARD_S / 2)
    if heard.reads:
        return warned(
            Said("Thẻ này có số cố định: không thử được.", "This card has a number of its own: nothing was tried."),
            Said("Thử bằng điện thoại.", "Try a phone."),
        )
    if not heard.errors[BadInput.RANDOM_UID]:
        return warned(
            Said("Không thấy thẻ nào.", "No card was seen."), Said("Thử lại, giữ sát hơn.", "Again, and closer.")
        )
    return passed("Thẻ đổi số bị từ chối.", "A card that changes its number is refused.")


def replug(machine: Machine) -> Finding:
    """20: a reader that is pulled out and plugged in again comes back under the same path."""
    serial = [r for r in machine.readers(PortKind.SERIAL) if "USB" in machine.target(r) or "ACM" in machine.target(r)]
    readers = [*serial, *machine.readers(PortKind.INPUT)]
    if not readers:
        return left_out("Không có đầu đọc USB.", "There is no USB reader.")
    if machine.ask is None:
        return NOT_ASKED
    reader = readers[0]
    _please(
        machine,
        f"RÚT đầu đọc {reader.id}, chờ 3 giây, CẮM lại, rồi nhấn Enter",
        f"UNPLUG reader {reader.id}, wait 3 s, PLUG it in, then press Enter",
    )
    until_ns = machine.mono_ns() + int(REPLUG_S * 1e9)
    while machine.mono_ns() < until_ns:
        if machine.target(reader):
            return passed(f"Đầu đọc {reader.id} trở lại đúng tên.", f"Reader {reader.id} is back under its name.")
        machine.wait_s(0.2)
    return failed(
        Said(
            f"Đầu đọc {reader.id} không trở lại ở {reader.port}.",
            f"Reader {reader.id} did not come back at {reader.port}.",
        ),
        Said(
            "Dùng /dev/serial/by-id hoặc by-path; đổi cổng USB.",
            "Use /dev/serial/by-id or by-path; try another socket.",
        ),
    )


def _please(machine: Machine, vi: str, en: str) -> None:
    if machine.ask is not None:
        machine.ask(vi, en)
