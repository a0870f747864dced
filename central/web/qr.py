"""QR codes as SVG that stands in the page: no script, no style attribute, no picture from elsewhere."""

import segno
from markupsafe import Markup


def qr_svg(text: str) -> Markup:
    """The code of `text`, dark on white whatever the page's colours are."""
    code = segno.make(text, error="m", micro=False)
    return Markup(code.svg_inline(border=4, light="#fff", omitsize=True, svgclass=None, lineclass=None))  # noqa: S704 - made of modules alone
