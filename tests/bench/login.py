"""Two hundred people log in at once, while somebody looks at the board: passwords are checked a few at a time, in
threads of their own, so that the pages do not wait for them."""

import http.cookiejar
import json
import os
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from central import logins
from central.clock import SystemClock
from central.permits import Role
from deploy.broker import free_port
from tests.bench.ground import ROOT, BenchError, folder, prepare_store, resident_mb, wait
from tests.bench.rows import Row, at_most, percentile, told

PASSWORD = "năm con mèo ngủ trưa"  # noqa: S105
BOARD_MS = 1_000.0
USERS = 10
LET_IN, COME_AGAIN = 303, 503


@dataclass(slots=True)
class Attempt:
    """Somebody at the login page. status: of the answer, and how long it took, in seconds."""

    url: str
    name: str
    status: int = 0
    took_s: float = 0.0
    token: str = ""
    opener: urllib.request.OpenerDirector = field(init=False)

    def __post_init__(self) -> None:
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.opener = urllib.request.build_opener(_Stay, cookies)

    def come(self) -> None:
        """Open the page, which is the part that is not measured."""
        with self.opener.open(f"{self.url}login", timeout=60) as page:
            found = re.search(r'name="form_token" value="([0-9a-f]+)"', page.read().decode())
        if found is None:
            raise BenchError("the login page has no form")
        self.token = found[1]

    def send(self, together: threading.Barrier) -> None:
        """Send name and password when everybody else does."""
        words = {"form_token": self.token, "name": self.name, "password": PASSWORD}
        together.wait()
        began = time.perf_counter()
        try:
            with self.opener.open(f"{self.url}login", urllib.parse.urlencode(words).encode(), timeout=120) as answer:
                self.status = answer.status
        except urllib.error.HTTPError as refused:
            with refused:
                self.status = refused.code
        self.took_s = time.perf_counter() - began


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def login(*, quick: bool) -> list[Row]:
    """The board before and while everybody logs in; how many were let in, how many asked to come again."""
    people, attempts = (60, 6) if quick else (3_000, 200)
    with folder("login") as place, _pages(place, people) as (url, key, process):
        alone = [_look(url, key) for _ in range(5 if quick else 50)]
        everybody = [Attempt(url, f"u{number % USERS}") for number in range(attempts)]
        for one in everybody:
            one.come()
        together = threading.Barrier(attempts + 1)
        threads = [threading.Thread(target=one.send, args=(together,)) for one in everybody]
        for thread in threads:
            thread.start()
        together.wait()
        beside, most_mb = list[float](), 0.0
        while any(thread.is_alive() for thread in threads):
            beside.append(_look(url, key))
            most_mb = max(most_mb, resident_mb(process.pid))
    answers = Counter(one.status for one in everybody)
    if set(answers) - {LET_IN, COME_AGAIN}:
        raise BenchError(f"answers to {attempts} logins: {dict(answers)}")
    why = "two passwords at a time, a core and 64 MiB each; the board is rendered once a change"
    return [
        at_most("login_board_p95", percentile(beside or alone, 0.95), "ms", BOARD_MS, why),
        told("login_board_alone_p95", percentile(alone, 0.95), "ms", f"{people} people, nobody logs in"),
        told("login_let_in", answers[LET_IN], f"of {attempts}", "at most 42 are taken at a time"),
        told("login_come_again", answers[COME_AGAIN], f"of {attempts}", "answered at once, with a page that says so"),
        told("login_slowest", max(one.took_s for one in everybody), "s", "the last of those who waited"),
        told("login_memory", most_mb, "MB", "the pages' process"),
    ]


def _look(url: str, key: str) -> float:
    """Milliseconds until the whole board has come."""
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {key}"})  # noqa: S310 - our own
    began = time.perf_counter()
    with urllib.request.urlopen(request, timeout=60) as page:  # noqa: S310 - our own
        page.read()
    return (time.perf_counter() - began) * 1000


@contextmanager
def _pages(place: Path, people: int) -> Iterator[tuple[str, str, subprocess.Popen[bytes]]]:
    """Pages with logins, as a process of their own: their address, a key that may see the board, the process."""
    store, now_ms = prepare_store(place, max(2, people // 24), people), SystemClock().now_ms()
    for number in range(USERS):
        logins.add_user(store, now_ms, f"u{number}", Role.VIEWER, PASSWORD, must_change=False)
    key = logins.add_token(store, now_ms, "bench", "api", Role.VIEWER)
    store.close()
    port = free_port()
    (place / "central.toml").write_text(
        f"[database]\nurl = {json.dumps(f'sqlite:///{place}/central.db')}\n[web]\nlogins = true\nport = {port}\n",
        "utf-8",
    )
    command = [sys.executable, "-m", "central", "--config", str(place / "central.toml"), "web"]
    with (place / "web.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, env=dict(os.environ))
    try:
        url = f"http://127.0.0.1:{port}/"
        wait(lambda: _answers(url), f"the pages ({(place / 'web.log').read_text('utf-8')[-500:]})")
        yield url, key, process
    finally:
        process.terminate()
        process.wait(30)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}login", timeout=5) as page:  # noqa: S310 - our own
            return bool(page.status == 200)
    except OSError:
        return False
