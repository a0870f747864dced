"""The minutes of an inspection: what is signed, in one canonical form. Pure.

The form is JSON with its names in order: the same minutes are the same bytes, whoever prints them and when.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from central.moments import moment
from central.observed import Fact, Finding, Reason, Tally, Word, ratio

FORM = "diemdanh/minutes/1"
WEEKDAYS = ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ Nhật")
REASONS = {
    Reason.NONE: "không có lý do",
    Reason.LEAVE: "nghỉ có phép",
    Reason.FIELD: "đi cơ sở",
    Reason.TRIP: "đi công tác",
    Reason.ERRAND: "đi việc cơ quan",
    Reason.REPORTED: "đã báo cáo lãnh đạo",
    Reason.OFF: "không phải giờ làm việc",
}
FINDINGS = {
    Finding.ALCOHOL: "uống rượu, bia",
    Finding.DRESS: "trang phục không đúng quy định",
    Finding.BADGE: "không đeo thẻ công chức",
    Finding.LEFT_POST: "rời vị trí làm việc",
    Finding.PRIVATE: "làm việc riêng",
    Finding.OTHER: "nội dung khác",
}


@dataclass(frozen=True, slots=True)
class Header:
    """What stands over the minutes. above: the body above the issuer, "" for none; unit: the name of the inspected
    unit; place: where the minutes were written."""

    letterhead: str
    above: str
    issuer: str
    unit: str
    place: str
    team: str
    decision_no: str
    opened_ms: int
    signed_ms: int


@dataclass(frozen=True, slots=True)
class Signers:
    """Who signs: for the team, for the unit, and who wrote the minutes. remarks: what the unit says to them."""

    team: str
    unit: str
    clerk: str
    remarks: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A person in the minutes, before it is put into words."""

    name: str
    position: str
    room: str
    word: Word | None
    fact: Fact
    planned: bool


def minutes_text(header: Header, lines: Collection[Line], counts: Tally, signers: Signers) -> str:
    """The canonical minutes. They are in Vietnamese: the form is the office's."""
    opened, signed = moment(header.opened_ms), moment(header.signed_ms)
    told: dict[str, Any] = {
        "form": FORM,
        "letterhead": header.letterhead,
        "above": header.above,
        "issuer": header.issuer,
        "place_date": f"{header.place}, ngày {signed.day:02} tháng {_month(signed.month)} năm {signed.year}",
        "opened": f"{opened:%H} giờ {opened:%M} phút, {WEEKDAYS[opened.weekday()]}, ngày {opened:%d/%m/%Y}",
        "signed": f"{signed:%H} giờ {signed:%M} phút, ngày {signed:%d/%m/%Y}",
        "unit": header.unit,
        "team": header.team,
        "decision_no": header.decision_no,
        "counts": _counts(counts),
        "people": [_person(number, line) for number, line in enumerate(lines, 1)],
        "remarks": signers.remarks,
        "signers": {"team": signers.team, "unit": signers.unit, "clerk": signers.clerk},
    }
    return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _month(month: int) -> str:
    """Decree 30/2020: a zero before 1 and 2 alone."""
    return f"{month:02}" if month < 3 else str(month)


def _counts(counts: Tally) -> list[list[str]]:
    away = counts.unexcused
    found = [
        ["Tổng số theo danh sách", str(counts.roster)],
        ["Phải có mặt", str(counts.expected)],
        ["Có mặt", str(counts.present)],
        ["Nghỉ có phép theo kế hoạch", str(counts.leave)],
        ["Đi cơ sở theo kế hoạch", str(counts.field)],
        ["Vắng có lý do báo tại chỗ", str(counts.excused)],
        ["Vắng không có lý do", str(away)],
        ["– trong đó có quẹt thẻ", str(counts.with_tap)],
        ["– trong đó không quẹt thẻ", str(counts.without_tap)],
        ["Vắng không lý do so với danh sách", ratio(away, counts.roster)],
        ["Vắng không lý do so với số phải có mặt", ratio(away, counts.expected)],
    ]
    if counts.off:
        found.insert(5, ["Không phải giờ làm việc", str(counts.off)])
    if counts.not_looked:
        found.append(["Chưa kiểm tra", str(counts.not_looked)])
    return found


def _person(number: int, line: Line) -> Mapping[str, Any]:
    tap = "" if line.fact.tap_ms is None else f"{moment(line.fact.tap_ms):%H:%M} {line.fact.door}".strip()
    return {
        "number": number,
        "name": line.name,
        "position": line.position,
        "room": line.room,
        "tap": tap,
        "seen": _seen(line),
        "notes": _notes(line.word),
    }


def _seen(line: Line) -> str:
    if line.word is None:
        return "chưa kiểm tra"
    if line.word.saying.seen:
        return "có mặt"
    return f"vắng: {REASONS[line.word.saying.reason]}"


def _notes(word: Word | None) -> str:
    if word is None:
        return ""
    found = [FINDINGS[finding] for finding in word.saying.findings]
    return "; ".join([*found, *([word.saying.evidence] if word.saying.evidence else [])])
