"""The minutes of an inspection on A4, as Decree 30/2020 and the Party's templates have them: a PDF with its own font.

The same canonical minutes give the same bytes. Liberation Serif (fonts/, SIL Open Font Licence) has the widths of
Times New Roman and all letters of Vietnamese.
"""

import json
from functools import cache
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

FONTS = Path(__file__).parent / "fonts"
PLAIN, BOLD, ITALIC = "LiberationSerif-Regular", "LiberationSerif-Bold", "LiberationSerif-Italic"
LEFT, RIGHT, TOP, BOTTOM = 30 * mm, 15 * mm, 20 * mm, 20 * mm
WIDTH = A4[0] - LEFT - RIGHT
COLUMNS = (("TT", 9), ("Họ và tên", 37), ("Chức vụ", 32), ("Lượt quẹt gần nhất", 26), ("Kết quả", 30), ("Ghi chú", 31))


@cache
def _fonts() -> None:
    for name in (PLAIN, BOLD, ITALIC):
        registerFont(TTFont(name, FONTS / f"{name}.ttf"))


def _style(font: str, size: float, align: int = TA_JUSTIFY, after: float = 0) -> ParagraphStyle:
    name = f"{font}{size}{align}{after}"
    return ParagraphStyle(name, fontName=font, fontSize=size, leading=size * 1.25, alignment=align, spaceAfter=after)


def minutes_pdf(text: str) -> bytes:
    """The canonical minutes (`central.minutes`) as a PDF."""
    _fonts()
    told: dict[str, Any] = json.loads(text)
    out = BytesIO()
    page = SimpleDocTemplate(
        out, pagesize=A4, leftMargin=LEFT, rightMargin=RIGHT, topMargin=TOP, bottomMargin=BOTTOM, invariant=1,
        title=f"Biên bản kiểm tra {told['unit']}", author=told["issuer"], lang="vi",
    )  # fmt: skip
    mark = sha256(text.encode()).hexdigest()[:16]
    parts = [*_head(told), *_body(told), _people(told["people"]), *_end(told)]
    page.build(parts, onFirstPage=lambda c, d: _foot(c, d, mark), onLaterPages=lambda c, d: _foot(c, d, mark))
    return out.getvalue()


def _foot(canvas: Any, page: Any, mark: str) -> None:
    """The number in the top margin, not on the first page; at the foot, by what a print is compared."""
    if page.page > 1:
        canvas.setFont(PLAIN, 13)
        canvas.drawCentredString(LEFT + WIDTH / 2, A4[1] - 13 * mm, str(page.page))
    canvas.setFont(PLAIN, 8)
    canvas.drawString(LEFT, 10 * mm, f"Bản đã ký, mã đối chiếu {mark}")


def _p(text: str, font: str = PLAIN, size: float = 13, align: int = TA_JUSTIFY, after: float = 4) -> Paragraph:
    return Paragraph(escape(text), _style(font, size, align, after))


def _head(told: dict[str, Any]) -> list[Any]:
    party = told["letterhead"] == "party"
    left = [_p(told["above"], PLAIN, 12, TA_CENTER, 0)] if told["above"] else []
    left += [_p(told["issuer"], BOLD, 12, TA_CENTER, 0), _p("*" if party else "–––––––", PLAIN, 12, TA_CENTER, 0)]
    nation = (
        [_p("ĐẢNG CỘNG SẢN VIỆT NAM", BOLD, 13, TA_CENTER, 8)]
        if party
        else [
            _p("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", BOLD, 12, TA_CENTER, 0),
            _p("Độc lập - Tự do - Hạnh phúc", BOLD, 13, TA_CENTER, 0),
            _p("––––––––––––––––––––", PLAIN, 12, TA_CENTER, 2),
        ]
    )
    right = [*nation, _p(told["place_date"], ITALIC, 13, TA_CENTER, 0)]
    both = Table([[left, right]], colWidths=[WIDTH * 0.4, WIDTH * 0.6])
    both.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0)]))
    title = [
        _p("BIÊN BẢN", BOLD, 14, TA_CENTER, 0),
        _p("Kiểm tra đột xuất việc chấp hành giờ làm việc", BOLD, 13, TA_CENTER, 8),
    ]
    return [both, Spacer(1, 10), *title]


def _body(told: dict[str, Any]) -> list[Any]:
    counts = Table(
        [[_p(name, size=12, after=0), _p(value, BOLD, 12, after=0)] for name, value in told["counts"]],
        colWidths=[WIDTH * 0.62, WIDTH * 0.38],
    )
    counts.setStyle(TableStyle([("TOPPADDING", (0, 0), (-1, -1), 1), ("BOTTOMPADDING", (0, 0), (-1, -1), 1)]))
    return [
        _p(f"Căn cứ: {told['decision_no']}."),
        _p(f"Thời gian bắt đầu: {told['opened']}. Địa điểm: {told['unit']}."),
        _p(f"Đoàn kiểm tra: {told['team']}."),
        _p("I. Kết quả", BOLD),
        counts,
        Spacer(1, 6),
        _p("II. Danh sách tại thời điểm kiểm tra", BOLD),
    ]


def _people(people: list[dict[str, Any]]) -> Table:
    rows = [[_p(name, BOLD, 11, TA_CENTER, 0) for name, _ in COLUMNS]]
    for one in people:
        cells = (str(one["number"]), one["name"], one["position"], one["tap"], one["seen"], one["notes"])
        rows.append([_p(cell, size=11, align=0, after=0) for cell in cells])
    table = Table(rows, colWidths=[width * mm for _, width in COLUMNS], repeatRows=1)
    grid = [("GRID", (0, 0), (-1, -1), 0.5, colors.black), ("VALIGN", (0, 0), (-1, -1), "TOP")]
    tight = [(f"{side}PADDING", (0, 0), (-1, -1), 2) for side in ("LEFT", "RIGHT", "TOP", "BOTTOM")]
    table.setStyle(TableStyle([*grid, *tight]))
    return table


def _end(told: dict[str, Any]) -> list[Any]:
    remarks = told["remarks"] or "không có ý kiến."
    titles = ("ĐẠI DIỆN ĐOÀN KIỂM TRA", "ĐẠI DIỆN ĐƠN VỊ", "NGƯỜI LẬP BIÊN BẢN")
    names = [told["signers"][who] for who in ("team", "unit", "clerk")]
    rows = [
        [_p(title, BOLD, 11.5, TA_CENTER, 0) for title in titles],
        [_p("(Ký, ghi rõ họ tên)", ITALIC, 11, TA_CENTER, 0) for _ in titles],
        [Spacer(1, 22 * mm)] * 3,
        [_p(name, BOLD, 12, TA_CENTER, 0) for name in names],
    ]
    table = Table(rows, colWidths=[WIDTH / 3] * 3)
    closing = f"Biên bản lập xong lúc {told['signed']}, đã đọc cho những người có tên nghe và cùng ký."
    return [Spacer(1, 8), _p(f"III. Ý kiến của đơn vị: {remarks}"), _p(closing), KeepTogether([Spacer(1, 6), table])]
