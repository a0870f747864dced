"""A district at work (broker, central, two real stations) and a real browser that looks at it."""

import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from central.clock import SystemClock
from central.enrol import add_device
from central.keys import load_key
from central.roster.imports import import_office
from central.store import open_store
from deploy.broker import Broker, free_port, start_broker
from edge.settings import ClockSettings
from edge.simulate import Fleet
from tests.waiting import until

ROOT = Path(__file__).parents[2]
SEVEN_MS = 1_541_980_800_000  # Monday 12 November 2018, 07:00 in Vietnam
PLACES = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/bin"))


@dataclass
class District:
    """Central and its doors. console: what the browser's console said, by any page."""

    url: str
    fleet: Fleet
    broker: Broker
    web: subprocess.Popen[bytes]
    restart_web: Callable[[], None]
    console: list[str] = field(default_factory=list)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}api/v1/presence", timeout=5) as answer:  # noqa: S310 - our own server
            return answer.status == 200 and len(answer.read()) > 100
    except OSError:
        return False


@pytest.fixture(scope="module")
def district(tmp_path_factory: pytest.TempPathFactory) -> Iterator[District]:
    folder = tmp_path_factory.mktemp("district")
    clock = ClockSettings(
        source="scaled", scale=20.0, epoch_ms=SEVEN_MS, started_real_ms=time.time_ns() // 1_000_000, quality="ntp"
    )
    port = free_port()
    url = f"http://127.0.0.1:{port}/"
    with start_broker(folder / "broker") as broker:
        database = f"sqlite:///{folder / 'central.db'}"
        config = folder / "central.toml"
        config.write_text(
            f'[database]\nurl = "{database}"\n[broker]\nport = {broker.port}\n[web]\nlogins = false\nport = {port}\n'
            f'[key]\nfile = "{folder / "central.pem"}"\n[clock]\nscale = {clock.scale}\n'
            f"epoch_ms = {clock.epoch_ms}\nstarted_real_ms = {clock.started_real_ms}\n",
            "utf-8",
        )
        store = open_store(database)
        store.upgrade()
        import_office(store, SystemClock(), ROOT / "deploy" / "office")
        key = load_key(folder / "central.pem").public_text
        with Fleet(folder / "doors", broker.host, broker.port, key, clock) as fleet:
            for code in ("D-X01", "D-X02"):
                member = fleet.add(code)
                add_device(store, code, member.device, member.public_key, None, "", SEVEN_MS)
            store.close()

            def start(command: str) -> subprocess.Popen[bytes]:
                with (folder / f"{command}.log").open("ab") as log:
                    return subprocess.Popen(
                        [sys.executable, "-m", "central", "--config", str(config), command],
                        stdout=log,
                        stderr=log,
                        env={**os.environ, "PYTHONPATH": str(ROOT)},
                    )

            processes = {command: start(command) for command in ("collect", "evaluate-loop", "web")}

            def restart_web() -> None:
                processes["web"].kill()
                processes["web"].wait()
                processes["web"] = start("web")
                until(lambda: answers(url))

            try:
                for code in ("D-X01", "D-X02"):
                    fleet.start(code)
                    fleet.wait_ready(code)
                until(lambda: answers(url))
                yield District(url, fleet, broker, processes["web"], restart_web)
            finally:
                for process in processes.values():
                    process.send_signal(signal.SIGTERM)
                for process in processes.values():
                    process.wait(30)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium", path=PLACES)
    assert program, "chromium is missing: apt-get install chromium"
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=program, args=[*quiet, "--disable-sync", "--no-first-run"])
        yield found
        found.close()


@pytest.fixture
def open_page(browser: Browser, district: District) -> Iterator[Callable[..., Page]]:
    """Open a page of the district: path, then any option of a browser context (viewport, java_script_enabled ...).

    live: False = no stream reaches the page, so that nothing but the test changes it.
    """
    contexts: list[BrowserContext] = []

    def opened(path: str = "", live: bool = True, **options: object) -> Page:
        context = browser.new_context(**options)  # type: ignore[arg-type]
        contexts.append(context)
        if not live:
            context.route("**/board/stream*", lambda route: route.abort())
        page = context.new_page()
        page.on("console", lambda message: district.console.append(message.text))
        page.on("pageerror", lambda error: district.console.append(str(error)))
        page.goto(district.url + path, wait_until="load")
        return page

    yield opened
    for context in contexts:
        context.close()
