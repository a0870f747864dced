"""What the station's own setup page says, in Vietnamese and English; and how it looks."""

from html import escape

LANGUAGES = ("vi", "en")
TITLE = {"vi": "Cài đặt thiết bị chấm công", "en": "Setup of this station"}
FACTS = {
    "device": ("Số nhận dạng", "Device id"),
    "network": ("Mạng", "Network"),
    "clock": ("Đồng hồ", "Clock"),
    "readers": ("Đầu đọc thẻ", "Readers"),
}
CLOCKS = {
    "ntp": ("đã đồng bộ theo mạng", "set by the network"),
    "rtc": ("theo đồng hồ có pin", "by its battery clock"),
    "none": ("chưa đồng bộ", "not set"),
}
READERS = {
    "ok": ("tốt", "ok"),
    "lost": ("mất kết nối: kiểm tra phích cắm", "lost: look at its plug"),
    "": ("chưa khai báo trong station.toml", "none in station.toml yet"),
}
SAID = {
    "paste": (
        "Dán mã ghép nối mà trang Thiết bị của máy chủ đã hiện (bắt đầu bằng DD1:).",
        "Paste the claim that central's page of the devices has shown (it begins with DD1:).",
    ),
    "claim": ("Mã ghép nối", "Claim"),
    "apart": ("Hoặc gõ riêng địa chỉ và mã", "Or type address and code apart"),
    "address": ("Địa chỉ máy chủ (TÊN:CỔNG)", "Address of central (HOST:PORT)"),
    "code": ("Mã: chín nhóm năm ký tự", "Code: nine groups of five characters"),
    "send": ("Ghép nối", "Enrol"),
    "asking": ("Đang hỏi máy chủ …", "Asking central …"),
    "compare": (
        "Trang Thiết bị của máy chủ phải hiện đúng sáu chữ số này. Nếu giống nhau, hãy bấm xác nhận ở đó.",
        "Central's page of the devices must show these six digits. If they are the same, confirm them there.",
    ),
    "done": (
        "Đã ghép nối. Thiết bị tự kết nối; trang này sẽ tự tắt.",
        "Enrolled. The station connects by itself, and this page ends.",
    ),
}
PROBLEMS = {
    "claim": (
        "Mã ghép nối có lỗi gõ hoặc chưa đủ. Hãy sao chép lại cả dòng, đối chiếu từng nhóm.",
        "The claim has a typing error or is not whole. Copy all of it again, and compare it group by group.",
    ),
    "unreachable": (
        "Không kết nối được máy chủ. Kiểm tra dây mạng, địa chỉ và cổng trong mã; thiết bị tự thử lại.",
        "Central cannot be reached. Look at the cable, and at address and port of the claim; it tries again by itself.",
    ),
    "stranger": (
        "Máy trả lời không phải cơ quan đã cấp mã này, hoặc có kẻ đứng giữa. Chưa gửi gì cho máy đó. Hãy xin mã mới và "
        "kiểm tra mạng này của ai.",
        "Whoever answers is not the office that gave this claim, or somebody stands between. Nothing was told to it. "
        "Ask for a new claim, and look whose network this is.",
    ),
    "unknown": (
        "Máy chủ không biết mã này. Hãy mở lượt ghép nối mới.",
        "Central knows no such claim. Open a new slot there.",
    ),
    "expired": ("Mã đã hết hạn. Hãy mở lượt ghép nối mới.", "The claim has expired. Open a new slot at central."),
    "ended": ("Mã đã bị rút lại. Hãy dùng mã mới nhất.", "The claim was taken back. Use the newest one."),
    "used": (
        "Thiết bị khác đã dùng mã này. Nếu không ai biết, báo ngay cho máy chủ; hãy mở lượt mới.",
        "Another station has used this claim. If nobody knows of it, tell central at once; open a new slot.",
    ),
    "revoked": (
        "Thiết bị này đã bị thu hồi. Chỉ thẻ nhớ mới với nhận dạng mới mới ghép nối lại được.",
        "This station is revoked. Only a fresh card with a new identity lets it in again.",
    ),
    "too_many": (
        "Đã thử quá nhiều mã sai. Hãy đợi mười phút.",
        "Too many claims that never were came from here. Wait ten minutes.",
    ),
    "page": ("Trang này đã cũ. Hãy thử lại.", "This page was too old. Please try again."),
    "other": (
        "Máy chủ từ chối. Hãy xem nhật ký: journalctl -u diemdanh-edge.",
        "Central refuses. Look at the log: journalctl -u diemdanh-edge.",
    ),
}
STYLE = """
:root { --ground: #f4f5f2; --card: #fff; --ink: #1c2420; --soft: #56615b; --line: #d9ded9; --act: #0a5e8c;
  --good: #0b6b4f; --bad: #b3121d; }
@media (prefers-color-scheme: dark) { :root { --ground: #131816; --card: #1d2421; --ink: #eef2ef; --soft: #a9b5ae;
  --line: #36403b; --act: #7cc6f2; --good: #62cfa8; --bad: #ff8a8f; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 34rem; padding: 1rem; font: 100%/1.4 system-ui, sans-serif; background: var(--ground);
  color: var(--ink); }
h1 { font-size: 1.35rem; } dt { color: var(--soft); font-size: .85rem; }
dd { margin: 0 0 .5rem; overflow-wrap: anywhere; }
label { display: grid; gap: .25rem; margin: 0 0 .8rem; }
input, textarea, button { font: inherit; padding: .65rem; border: 1px solid var(--soft); border-radius: .35rem;
  background: var(--card); color: var(--ink); width: 100%; }
textarea { font-family: monospace; min-height: 5rem; }
button { background: var(--act); color: var(--card); border: 0; font-weight: 600; cursor: pointer; }
summary { cursor: pointer; color: var(--soft); margin: 0 0 .8rem; } a { color: var(--act); }
.digits { font-size: 3rem; font-weight: 700; letter-spacing: .12em; margin: .2rem 0;
  font-variant-numeric: tabular-nums; }
.bad { border: 2px solid var(--bad); padding: .4rem .6rem; font-weight: 600; }
.good { border: 2px solid var(--good); color: var(--good); padding: .4rem .6rem; font-weight: 600; }
"""


def chosen(asked: str) -> str:
    """The language to answer in."""
    return asked if asked in LANGUAGES else "vi"


def _in(words: tuple[str, str], language: str) -> str:
    return words[LANGUAGES.index(language)]


def page(
    facts: dict[str, str], clock: str, readers: dict[str, str], state: str, problem: str, digits: str, token: str,
    language: str,
) -> str:  # fmt: skip
    """The whole page. facts: device and network. readers: name -> ok or lost. state: claim, asking, digits or done.
    problem: a key of PROBLEMS, "" = none. token: proves that a form came from this page."""
    heard = ", ".join(f"{name}: {_in(READERS[word], language)}" for name, word in readers.items())
    shown = facts | {"clock": _in(CLOCKS[clock], language), "readers": heard or _in(READERS[""], language)}
    rows = "".join(f"<dt>{_in(FACTS[name], language)}</dt><dd>{escape(value)}</dd>" for name, value in shown.items())
    trouble = f'<p class="bad" role="alert">⚠ {_in(PROBLEMS[problem], language)}</p>' if problem else ""
    again = "" if state in ("claim", "done") else '<meta http-equiv="refresh" content="2">'
    other = next(code for code in LANGUAGES if code != language)
    name = {"vi": "Tiếng Việt", "en": "English"}[other]
    return (
        f'<!doctype html>\n<html lang="{language}"><head><meta charset="utf-8">{again}'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="color-scheme" content="light dark"><title>{TITLE[language]} · Điểm Danh</title>'
        f'<link rel="stylesheet" href="/style.css"></head><body><main><h1>{TITLE[language]}</h1>{trouble}'
        f"{_middle(state, digits, token, language)}<dl>{rows}</dl></main>"
        f'<p><a href="/?lang={other}" lang="{other}">{name}</a></p></body></html>\n'
    )


def _middle(state: str, digits: str, token: str, language: str) -> str:
    say = {key: _in(words, language) for key, words in SAID.items()}
    if state == "done":
        return f'<p class="good" role="status">✓ {say["done"]}</p>'
    if state == "digits":
        return f'<p class="digits" role="status">{digits[:3]} {digits[3:]}</p><p>{say["compare"]}</p>'
    asking = f'<p role="status">{say["asking"]}</p>' if state == "asking" else ""
    return (
        f'{asking}<form method="post" action="/?lang={language}"><input type="hidden" name="token" value="{token}">'
        f'<label>{say["paste"]}<textarea name="claim" maxlength="400" spellcheck="false" autocomplete="off" '
        f'aria-label="{say["claim"]}"></textarea></label><details><summary>{say["apart"]}</summary>'
        f'<label>{say["address"]} <input name="address" maxlength="260" autocomplete="off"></label>'
        f'<label>{say["code"]} <input name="code" maxlength="80" autocomplete="off"></label>'
        f"</details><button>{say['send']}</button></form>"
    )
