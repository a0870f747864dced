"""`python -m tests.browser.screenshots`: the pictures of the enrolment runbook, taken of real pages and real stations.

An office of its own with a broker behind TLS, stations with their keys and journals, and Chromium; nobody's names. The
claim in the pictures was good for an office that is gone.
"""

import argparse
import os
import shutil
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pyotp
from playwright.sync_api import Page, sync_playwright

from central import logins
from central.clock import SystemClock
from central.health import Liveness
from central.permits import Role
from central.roster.imports import import_office
from central.settings import CaSettings, EnrolSettings, KeySettings, Settings, WebSettings
from central.web.app import Pages
from deploy.broker import free_port
from tests.browser.conftest import PLACES, ROOT
from tests.trust.conftest import Entrance, Office
from tests.trust.stations import Station
from tests.waiting import until

PICTURES = ROOT / "deploy" / "pictures"
NAME, PASSWORD = "ky-thuat", "năm con mèo ngủ trưa"
DESK = {"width": 1180, "height": 760}
PHONE = {"width": 390, "height": 760}
MOST_BYTES = 150_000


class Scene:
    """An office with its pages, and stations that come one after the other."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.stack = stack
        self.office = Office(folder, stack)
        self.office.configure()
        self.office.start()
        self.entrance = Entrance(self.office, stack)
        import_office(self.office.store, SystemClock(), ROOT / "deploy" / "office")
        self.office.collect()
        now_ms = SystemClock().now_ms()
        made = logins.add_user(self.office.store, now_ms, NAME, Role.TECHNICIAN, PASSWORD, must_change=False)
        self.secret = made.secret
        clock, port = SystemClock(), free_port()
        settings = Settings(
            broker=self.office.settings, ca=CaSettings(folder / "office-ca.pem"),
            enrol=EnrolSettings(port=self.entrance.port), key=KeySettings(folder / "central-key.pem"),
        )  # fmt: skip
        pages = Pages(WebSettings(port=port, logins=True), self.office.store, clock, Liveness(clock), settings)
        stack.callback(pages.stop)
        pages.start()
        self.url = f"http://127.0.0.1:{port}"

    def station(self, name: str) -> "Door":
        """One more station, with a reader, that serves its setup page."""
        return Door(self, name)


class Door:
    """A station with a reader at a pseudo terminal."""

    def __init__(self, scene: Scene, name: str) -> None:
        self.port = free_port()
        hand, reader = os.openpty()
        scene.stack.callback(os.close, hand)
        scene.stack.callback(os.close, reader)
        self.station = Station(
            scene.office.folder / name,
            f'[setup]\nhost = "127.0.0.1"\nport = {self.port}\nminutes = 525600\n[clock]\nquality = "ntp"\n'
            f'[enrolment]\nclaim = "{scene.office.folder / name}/none.txt"\n'
            f'[[reader]]\nid = "door"\ndriver = "rdm6300"\nport = "{os.ttyname(reader)}"\n',
        )
        scene.stack.enter_context(self.station)
        self.station.start()
        until(lambda: "setup page is on" in self.station.said(), what="the setup page")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"


def take(page: Page, out: Path, name: str, *, whole: bool = True, **more: Any) -> None:
    """One picture. Raises AssertionError where it is too large for a page of documentation."""
    path = out / f"{name}.png"
    page.screenshot(path=path, full_page=whole, **more)
    assert path.stat().st_size < MOST_BYTES, f"{path} has {path.stat().st_size} bytes"


def log_in(page: Page, scene: Scene) -> None:
    page.goto(f"{scene.url}/login?next=/devices")
    page.fill("[name=name]", NAME)
    page.fill("[name=password]", PASSWORD)
    page.fill("[name=code]", pyotp.TOTP(scene.secret).now())
    page.click("button")
    page.wait_for_url("**/devices")


def let_in(page: Page, phone: Page, scene: Scene, door: str, out: Path | None) -> Door:
    """A station is let in as the runbook says; with pictures of each step where `out` says where."""
    made = scene.station(door)
    page.goto(f"{scene.url}/devices/new")
    page.fill("[name=door]", door)
    if out is not None:
        take(page, out, "1-new", whole=False, clip={"x": 0, "y": 0, "width": 1180, "height": 560})
    page.click("main button")
    claim = page.inner_text("#claim")
    if out is not None:
        take(page, out, "2-claim", whole=False)
    phone.goto(made.url)
    phone.fill("[name=claim]", claim)
    if out is not None:
        phone.fill("[name=claim]", claim[:24] + "…")
        take(phone, out, "3-setup")
        phone.fill("[name=claim]", claim)
    phone.click("button")
    phone.wait_for_selector(".digits", timeout=60_000)
    page.wait_for_selector("#watch .digits", timeout=60_000)
    if out is not None:
        take(phone, out, "4-setup-digits")
        take(page, out, "5-digits", whole=False)
    page.click("button.yes")
    page.wait_for_selector(f"#slot-{door}.t-live", timeout=120_000)
    if out is not None:
        phone.wait_for_selector(".good", timeout=60_000)
        take(phone, out, "6-setup-done")
        take(page, out, "7-green", whole=False)
    return made


def main() -> int:
    """Take all pictures; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.browser.screenshots", description=__doc__)
    parser.add_argument("--out", type=Path, default=PICTURES, metavar="DIR", help="default deploy/pictures")
    out: Path = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        scene = Scene(Path(stack.enter_context(tempfile.TemporaryDirectory())), stack)
        playwright = stack.enter_context(sync_playwright())
        program = shutil.which("chromium", path=PLACES)
        assert program, "chromium is missing: apt-get install chromium"
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        stack.callback(browser.close)
        page = browser.new_context(viewport=DESK).new_page()
        phone = browser.new_context(viewport=PHONE).new_page()
        log_in(page, scene)
        let_in(page, phone, scene, "D-X01", out)
        gone = let_in(page, phone, scene, "D-X02", None)
        let_in(page, phone, scene, "D-X03", None)
        gone.station.kill()
        page.goto(f"{scene.url}/devices")
        until(lambda: _silent(page), what="a door that is silent")
        take(page, out, "8-devices", whole=False)
        page.goto(f"{scene.url}/devices/D-X01")
        take(page, out, "9-device", whole=False)
        phone.context.add_cookies(page.context.cookies())
        phone.goto(f"{scene.url}/devices?lang=en")
        take(phone, out, "10-phone-english", whole=False)
    sys.stdout.write("\n".join(f"{path} {path.stat().st_size}" for path in sorted(out.glob("*.png"))) + "\n")
    return 0


def _silent(page: Page) -> bool:
    page.reload()
    return page.locator("tr.d-silent").count() > 0


if __name__ == "__main__":
    sys.exit(main())
