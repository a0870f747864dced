"""`python3 deploy/run.py demo`: a fictional district's morning, from 06:40 to 08:10, in about two minutes.

Everything is real: a broker, 25 stations fed reader bytes through pseudo terminals, a collector, an evaluator and the
pages, each a process of its own. Only time runs faster (see `edge/clock.py` and `central/clock.py`), and the readers'
hands are played by the script in `deploy/morning.py`.
"""

import argparse
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
import webbrowser
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from central.clock import SystemClock
from central.enrol import add_device
from central.keys import load_key
from central.roster.imports import import_office
from central.store import open_store
from deploy.broker import Broker, find_mosquitto, free_port, start_broker
from deploy.morning import BEGIN_MS, DATE, END_MS, NO_NETWORK, Morning, Tap, Turn, morning
from deploy.secured import Secured, secure
from deploy.tally import Tally
from deploy.visitors import Visitors, let_in, write_private
from edge.settings import ClockSettings
from edge.simulate import Fleet

HERE = Path(__file__).parent
SCALE = 48.0
LEAD_S = 14.0
"""Real time for every process to start before the morning begins."""
AGREE_S = 45.0
"""Real time for the board to agree with the script after the last tap."""
HEARTBEAT_S = 60
LOCAL = timezone(timedelta(hours=7))
TRY = (
    f"why CB0108 {DATE}",
    f"verdicts --from {DATE} --to {DATE} --unit X05",
    "device list",
    "staff --search hoà",
    "audit --format csv",
)
TRY_PATH = "api/v1/presence?unit=X05"
CENTRAL_PARTS = ("collect", "evaluate-loop", "web")


def main(argv: Sequence[str]) -> int:
    """Run the demo; returns its exit code."""
    arguments = _parser().parse_args(argv)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with _folder(arguments.data) as folder, ExitStack() as running:
        way = Way(plain=arguments.plain, logins=not arguments.no_logins)
        demo = Demo(folder, arguments.port, stop, way, quiet=arguments.check)
        running.callback(demo.close)
        try:
            return demo.run(check=arguments.check, browser=not (arguments.no_browser or arguments.check))
        except Interrupted:
            return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="deploy/run.py demo", description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=8080, help="port of the pages on 127.0.0.1 (default 8080)")
    parser.add_argument("--data", type=Path, help="folder for everything it writes (default: a temporary one)")
    parser.add_argument("--no-browser", action="store_true", help="print the address instead of opening it")
    parser.add_argument("--plain", action="store_true", help="a broker without certificates, on loopback alone")
    parser.add_argument(
        "--no-logins", action="store_true", help="pages that ask nobody who they are, on loopback alone"
    )
    parser.add_argument(
        "--check", action="store_true", help="end by itself, print one JSON object, exit 0 if all is well"
    )
    return parser


@contextmanager
def _folder(asked: Path | None) -> Iterator[Path]:
    if asked:
        asked.mkdir(parents=True, exist_ok=True)
        yield asked.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="diemdanh-demo-", ignore_cleanup_errors=True) as made:
        yield Path(made)


class Interrupted(Exception):
    """Ctrl-C."""


@dataclass(frozen=True, slots=True)
class Way:
    """How much the demo trusts who asks. plain: no certificates between stations, broker and central, as where there is
    no Mosquitto; logins: the pages ask who looks."""

    plain: bool = False
    logins: bool = True


class Demo:
    """The whole district on this machine."""

    def __init__(self, folder: Path, port: int, stop: threading.Event, way: Way, *, quiet: bool) -> None:
        self._folder, self._port, self._stop, self._way = folder, port, stop, way
        self._out = sys.stderr if quiet else sys.stdout
        self._script: Morning = morning(HERE / "office")
        self._broker: Broker | None = None
        self._secured: Secured | None = None
        self._visitors: Visitors | None = None
        self._fleet: Fleet | None = None
        self._central: dict[str, subprocess.Popen[bytes]] = {}
        self._began_ms = 0
        self._network_back_s = 0.0
        self._caught_up_s: float | None = None

    def run(self, *, check: bool, browser: bool) -> int:
        """Play the morning; with check: compare, print and return, else go on until Ctrl-C."""
        port = free_port() if check else _usable(self._port)
        if (self._folder / "central.db").exists():
            raise SystemExit(f"{self._folder} holds an earlier demo; name an empty folder with --data")
        self._say("setting up: broker, database with 611 people, 25 stations ...")
        self._set_up(port)
        self._say(f"\n  {self.url}   (English: {self.url}?lang=en)")
        for line in [*self._who_may_look(), "", *self._worth_trying()]:
            self._say(line)
        if browser:
            webbrowser.open(self._visitors.view_url(self.url) if self._visitors else self.url)
        self._play()
        result = self._verify()
        if check:
            print(json.dumps(result))
            return 0 if result["ok"] else 1
        self._say(f"the morning is over: {json.dumps(result)}")
        self._say("time goes on as fast as the world now; Ctrl-C ends everything")
        self._stop.wait()
        return 0

    def _worth_trying(self) -> list[str]:
        """Commands for another terminal. The settings file matters: with --db alone they would not know its clock."""
        program = os.path.relpath(Path(sys.executable).with_name("diemdanh-central"))
        settings = shlex.quote(str(self._folder / "central.toml"))
        commands = [f"{program} --config {settings} {words}" for words in TRY]
        who = f" -H 'Authorization: Bearer {self._visitors.api_token}'" if self._visitors else ""
        commands.append(f"curl{who} '{self.url}{TRY_PATH}'")
        return ["in another terminal:", *(f"  {line}" for line in commands), ""]

    def _who_may_look(self) -> Sequence[str]:
        return self._visitors.lines(self.url, time.time()) if self._visitors else ()

    def _say(self, line: str) -> None:
        print(line, file=self._out, flush=True)

    # --- setting up ---

    def _set_up(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/"
        self._broker = self._start_broker()
        self._database = self._folder / "central.db"
        now_ms = time.time_ns() // 1_000_000
        self._began_ms = now_ms + round(LEAD_S * 1000)
        clock = ClockSettings(
            source="scaled",
            quality="ntp",
            scale=SCALE,
            epoch_ms=_utc_ms(BEGIN_MS),
            started_real_ms=self._began_ms,
            fast_ms=END_MS - BEGIN_MS,
        )
        self._write_settings(port, clock)
        key = load_key(self._folder / "central-key.pem").public_text
        fleet = Fleet(self._folder / "doors", "127.0.0.1", self._broker.port, key, clock, HEARTBEAT_S)
        self._fleet = fleet.__enter__()
        self._register()
        for part in CENTRAL_PARTS:
            self._start_central(part)
        for code in self._script.doors:
            self._fleet.start(code)
        for done, code in enumerate(self._script.doors, 1):
            self._fleet.wait_ready(code, 60)
            if done % 5 == 0:
                self._say(f"  {done} of {len(self._script.doors)} stations take cards")
        self._wait_until(self._board_answers, 60, f"the board does not answer; see {self._folder}/web.log")
        who = self._visitors.told(self.url) if self._visitors else {}
        write_private(self._folder / "demo.json", {"url": self.url, "data": str(self._folder), **who})

    def _start_broker(self) -> Broker:
        if self._way.plain or not find_mosquitto():
            why = "as asked for" if self._way.plain else "as Mosquitto is not here and cannot be installed"
            self._say(f"  broker on loopback: plain, {why}")
            return start_broker(self._folder / "broker")
        self._say("  broker on loopback: every station has a certificate")
        self._secured = secure(self._folder / "trust")
        return self._secured.broker

    def _write_settings(self, port: int, clock: ClockSettings) -> None:
        broker = self._broker
        if broker is None:
            raise AssertionError("the broker is started first")
        shared = ("scale", "epoch_ms", "started_real_ms", "fast_ms")
        lines = "".join(f"{name} = {getattr(clock, name)}\n" for name in shared)
        text = (
            f'[database]\nurl = "sqlite:///{self._database}"\n'
            f'[broker]\nhost = "{broker.host}"\nport = {broker.port}\nkeepalive_s = 10\n'
            f"shared = {str(broker.shared_subscriptions).lower()}\n"
            f"{self._secured.broker_lines + self._secured.ca_lines if self._secured else ''}"
            f"[web]\nlogins = {str(self._way.logins).lower()}\nport = {port}\n"
            f"{self._enrol_lines()}"
            f"[key]\nfile = {json.dumps(str(self._folder / 'central-key.pem'))}\n"
            f"[clock]\n{lines}"
        )
        (self._folder / "central.toml").write_text(text, "utf-8")

    def _enrol_lines(self) -> str:
        """Where new stations ask to be let in: there needs to be a broker that asks for certificates."""
        return f'[enrol]\nhost = "127.0.0.1"\nport = {free_port()}\n' if self._secured else ""

    def _register(self) -> None:
        store = open_store(f"sqlite:///{self._database}")
        store.upgrade()
        import_office(store, SystemClock(), HERE / "office")
        if self._way.logins:
            self._visitors = let_in(store, SystemClock().now_ms())
        for code in self._script.doors:
            member = self._members.add(code, relay=code == NO_NETWORK)
            if self._secured:
                self._secured.let_in(store, member, load_key(self._folder / "central-key.pem").public_text)
            add_device(store, code, member.device, member.public_key, None, "", _utc_ms(0))
        store.close()

    @property
    def _members(self) -> Fleet:
        if self._fleet is None:
            raise AssertionError("the fleet is made first")
        return self._fleet

    @property
    def _tally(self) -> Tally:
        return Tally(self._script, self._members, self._database, self._rows)

    def _start_central(self, part: str) -> None:
        command = [sys.executable, "-m", "central", "--config", str(self._folder / "central.toml"), part]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("DIEMDANH_")}
        environment["PYTHONPATH"] = str(HERE.parent)
        with (self._folder / f"{part}.log").open("ab") as log:
            self._central[part] = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, start_new_session=True
            )

    def _board_answers(self) -> bool:
        return bool(self._rows())

    def _rows(self) -> list[dict[str, Any]]:
        try:
            with urllib.request.urlopen(self._asking("api/v1/presence"), timeout=5) as answer:  # noqa: S310 - our own
                found: list[dict[str, Any]] = json.load(answer)
                return found
        except (OSError, urllib.error.URLError):
            return []

    def _asking(self, path: str) -> urllib.request.Request:
        who = {"Authorization": f"Bearer {self._visitors.api_token}"} if self._visitors else {}
        return urllib.request.Request(f"{self.url}{path}", headers=who)  # noqa: S310 - our own

    # --- the morning ---

    def _play(self) -> None:
        steps: list[Tap | Turn] = sorted((*self._script.taps, *self._script.turns), key=lambda step: step.at_ms)
        told = BEGIN_MS
        for step in steps:
            self._sleep_until(step.at_ms)
            if isinstance(step, Tap):
                self._members.tap(step.door, step.badge)
            else:
                self._say(f"{_clock(step.at_ms)}  {step.text}")
                self._turn(step)
            if step.at_ms - told >= 10 * 60_000:
                told = step.at_ms
                self._say(f"{_clock(step.at_ms)}  {len(self._tally.stored())} punches stored")
        self._sleep_until(END_MS)

    def _sleep_until(self, at_ms: int) -> None:
        real_ms = self._began_ms + (at_ms - BEGIN_MS) / SCALE
        if self._stop.wait(max(0.0, real_ms / 1000 - time.time())):
            raise Interrupted

    def _turn(self, turn: Turn) -> None:
        fleet = self._members
        turns: dict[str, Callable[[], object]] = {
            "network_lost": lambda: fleet.cut(turn.door),
            "network_back": lambda: self._network_back(turn.door),
            "power_lost": lambda: fleet.kill(turn.door),
            "power_back": lambda: fleet.start(turn.door),
            "collector_killed": self._kill_collector,
            "collector_back": lambda: self._start_central("collect"),
        }
        turns[turn.kind]()

    def _kill_collector(self) -> None:
        self._central["collect"].kill()
        self._central["collect"].wait()

    def _network_back(self, door: str) -> None:
        self._members.join(door)
        self._network_back_s = time.monotonic()
        threading.Thread(target=self._watch_catching_up, args=(door,), daemon=True).start()

    def _watch_catching_up(self, door: str) -> None:
        """How long a door that was cut off takes until everything it recorded meanwhile is stored."""
        kept = {(entry["journal"], entry["seq"]) for entry in self._members.greens(door)}
        while not self._stop.is_set() and not kept <= self._tally.stored():
            time.sleep(0.05)
        self._caught_up_s = time.monotonic() - self._network_back_s

    # --- what came of it ---

    def _verify(self) -> dict[str, Any]:
        """Compare green lights, stored punches and the board with the script."""
        self._wait_until(lambda: self._members.waiting() == 0, 20, "the readers did not finish")
        try:
            self._wait_until(lambda: not self._tally.lost() and not self._tally.differences(), AGREE_S, "")
        except TimeoutError:
            pass  # what is wrong stands in the result
        return self._tally.result(self._caught_up_s)

    def _wait_until(self, done: Callable[[], bool], seconds: float, otherwise: str) -> None:
        end = time.monotonic() + seconds
        while not done():
            if time.monotonic() > end:
                raise TimeoutError(otherwise)
            if self._stop.wait(0.25):
                raise Interrupted

    def close(self) -> None:
        """End everything that was started, the broker last."""
        for process in self._central.values():
            process.terminate()
        if self._fleet is not None:
            self._fleet.close()
        for process in self._central.values():
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self._broker is not None:
            self._broker.stop()


def _usable(port: int) -> int:
    """The port, if pages can be served there. Raises SystemExit with what to do."""
    try:
        with socket.create_server(("127.0.0.1", port)):
            return port
    except (OSError, OverflowError) as error:
        raise SystemExit(f"port {port} cannot be used ({error}); name another one with --port") from error


def _utc_ms(at_ms: int) -> int:
    midnight = datetime.fromisoformat(DATE).replace(tzinfo=LOCAL)
    return round(midnight.timestamp() * 1000) + at_ms


def _clock(at_ms: int) -> str:
    minutes = at_ms // 60_000
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
