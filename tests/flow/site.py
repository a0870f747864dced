"""A whole system on this machine, broken on purpose: a broker, central's processes, stations fed reader bytes.

After whatever happened, `Site.settled` asks the one question of all these tests: is every tap that got a green light
stored, once, and is there no gap that nobody explains?
"""

import itertools
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from central.clock import SystemClock
from central.enrol import add_device
from central.keys import load_key
from central.store import open_store
from deploy.broker import Broker, free_port
from deploy.secured import Secured
from edge.settings import ClockSettings
from edge.simulate import Fleet, Member, rdm6300_frame
from edge.wire.chain import chain_start, link
from tests.waiting import until

ROOT = Path(__file__).parents[2]
STOP_S = 20.0


@dataclass(frozen=True, slots=True)
class Identity:
    """What names an event for ever (wire R2)."""

    device: str
    journal: str
    seq: int


@dataclass(frozen=True, slots=True)
class JournalRow:
    """A journal as central knows it."""

    device: str
    journal: str
    watermark: int
    known_head: int
    top_seq: int
    sealed_seq: int
    named_seq: int
    parent_journal: str | None
    parent_seq: int
    findings: frozenset[str]

    @property
    def complete(self) -> bool:
        """Whether every seq that is known to exist is stored."""
        return self.watermark >= max(self.known_head, self.top_seq, self.named_seq)


class Site:
    """The system. Stations use the machine's clock unless `clock` says otherwise; use it in a `with`."""

    def __init__(
        self,
        folder: Path,
        broker: Broker,
        clock: ClockSettings | None = None,
        heartbeat_s: int = 1,
        keepalive_s: int = 10,
        url: str = "",
        secured: Secured | None = None,
    ) -> None:
        self.folder, self.broker, self.secured = folder, broker, secured
        self.database = folder / "central.db"
        self.url = url or f"sqlite:///{self.database}"
        self.config = folder / "central.toml"
        self._web = f"http://127.0.0.1:{free_port()}"
        self._write_settings(clock)
        self._central: dict[str, subprocess.Popen[bytes]] = {}
        self._badges = itertools.count(1)
        store = open_store(self.url)
        store.upgrade()
        store.close()
        self.key = load_key(folder / "central.pem").public_text
        self.fleet = Fleet(folder / "doors", broker.host, broker.port, self.key, clock, heartbeat_s, keepalive_s)

    def _write_settings(self, clock: ClockSettings | None) -> None:
        names = ("scale", "epoch_ms", "started_real_ms", "fast_ms")
        bent = "" if clock is None else "".join(f"{name} = {getattr(clock, name)}\n" for name in names)
        self.config.write_text(
            f'[database]\nurl = "{self.url}"\n'
            f'[broker]\nhost = "{self.broker.host}"\nport = {self.broker.port}\nkeepalive_s = 5\n'
            f"shared = {str(self.broker.shared_subscriptions).lower()}\n"
            f"{self.secured.broker_lines + self.secured.ca_lines if self.secured else ''}"
            f"[web]\nlogins = false\nport = {self._web.rpartition(':')[2]}\n"
            f'[key]\nfile = "{self.folder / "central.pem"}"\n[clock]\n{bent}',
            "utf-8",
        )

    def __enter__(self) -> "Site":
        self.fleet.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._central.values():
            process.terminate()
        self.fleet.close()
        for process in self._central.values():
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    # --- central's processes ---

    def start(self, part: str, name: str = "", **environment: str) -> None:
        """Start `python -m central PART` and return at once. name: to tell two of the same part from each other."""
        name = name or part
        clean = {key: value for key, value in os.environ.items() if not key.startswith("DIEMDANH_")}
        with self._log(name).open("ab") as log:
            self._central[name] = subprocess.Popen(
                [sys.executable, "-m", "central", "--config", str(self.config), part],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**clean, "PYTHONPATH": str(ROOT), **environment},
                start_new_session=True,
            )

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def listening(self, name: str = "collect") -> bool:
        """Whether the collector that was started last under `name` takes messages."""
        said = self._log(name).read_text("utf-8", "replace")
        return said.rfind(": taking messages") > said.rfind(CUT)

    def collect(self, name: str = "collect", **environment: str) -> None:
        """Start a collector and wait until it takes messages."""
        self.start("collect", name, **environment)
        until(lambda: self.listening(name), what=f"collector {name}")

    def kill(self, name: str = "collect") -> None:
        """kill -9."""
        process = self._central.pop(name)
        process.kill()
        process.wait()
        with self._log(name).open("a", encoding="utf-8") as log:
            log.write(CUT)

    def stop(self, name: str = "collect") -> None:
        """SIGTERM, and its end in order."""
        process = self._central.pop(name)
        process.send_signal(signal.SIGTERM)
        assert process.wait(STOP_S) == 0, f"{name} did not end in order"
        with self._log(name).open("a", encoding="utf-8") as log:
            log.write(CUT)

    def pid(self, name: str = "collect") -> int:
        """Of a process of central's."""
        return self._central[name].pid

    def command(self, *words: str) -> str:
        """Run a command of central's and return what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "central", "--config", str(self.config), *words],
            capture_output=True,
            text=True,
            timeout=180,
            check=True,
            cwd=ROOT,
        )
        return done.stdout

    # --- stations ---

    def door(self, code: str, *, register: bool = True, relay: bool = False) -> Member:
        """A station, registered, not yet started."""
        member = self.fleet.add(code, relay)
        if self.secured:
            with closing(open_store(self.url)) as store:
                self.secured.let_in(store, member, self.key)
        if register:
            self.register(member)
        return member

    def register(self, member: Member) -> None:
        """Register it by central's own function, which nothing waits for."""
        store = open_store(self.url)
        now_ms = SystemClock().now_ms()
        waiting = add_device(store, member.code, member.device, member.public_key, None, "", now_ms)
        store.close()
        assert not waiting

    def power(self, *codes: str) -> None:
        """Switch stations on and wait until they take cards."""
        for code in codes:
            self.fleet.start(code)
        for code in codes:
            self.fleet.wait_ready(code, 60)

    def touch(self, code: str, badge: str = "") -> str:
        """Two equal frames at once: a read, as quickly as a station can take it. Returns the badge, one of its own."""
        badge = badge or f"em:{next(self._badges):08X}"
        self.fleet[code].reader.send(rdm6300_frame(badge) * 2)
        return badge

    def tap(self, code: str) -> None:
        """Touch, and wait for the green light."""
        badge = self.touch(code)
        until(lambda: badge in {entry["badge"] for entry in self.fleet.greens(code)}, what=f"a green light at {code}")

    @contextmanager
    def stream(self, *codes: str, every_s: float = 0.02) -> Iterator[None]:
        """People tap at all these doors, one after the other, as long as the block lasts."""
        over = threading.Event()

        def play() -> None:
            while not over.wait(every_s):
                for code in codes:
                    self.touch(code)

        thread = threading.Thread(target=play, name="people")
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    # --- what central has ---

    def query(self, text: str, *values: object) -> list[tuple[Any, ...]]:
        """Rows of central's database; `?` stands for a value."""
        if not self.url.startswith("sqlite"):
            with psycopg.connect(self.url.replace("+psycopg", ""), autocommit=True) as server:
                return server.execute(text.replace("?", "%s").encode(), values).fetchall()
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=30)) as db:
            return db.execute(text, values).fetchall()

    def greens(self) -> dict[Identity, str]:
        """Every tap that a person saw recorded, with its badge."""
        return {
            Identity(member.device, str(entry["journal"]), int(str(entry["seq"]))): str(entry["badge"])
            for member in self.fleet
            for entry in self.fleet.greens(member.code)
        }

    def punches(self) -> dict[Identity, str]:
        """Every stored punch, with its badge."""
        rows = self.query(
            "SELECT j.device, j.journal, e.seq, e.badge FROM event e JOIN journal j ON j.id = e.journal_id "
            "WHERE e.kind = 'punch'"
        )
        return {Identity(*row[:3]): row[3] for row in rows}

    def journals(self) -> list[JournalRow]:
        """Every journal that central has heard of."""
        rows = self.query(
            "SELECT device, journal, watermark, known_head, top_seq, sealed_seq, coalesce(named_seq, 0), "
            "parent_journal, coalesce(parent_seq, 0), findings FROM journal"
        )
        return [JournalRow(*row[:-1], frozenset(row[-1].split())) for row in rows]

    def acknowledged(self, device: str) -> bool:
        """Whether the device's newest heartbeat knows that everything of it is stored."""
        rows = self.query("SELECT report FROM device_state WHERE device = ?", device)
        said = json.loads(rows[0][0]) if rows else {}
        return bool(said.get("journals")) and all(one["head"] == one["acked"] for one in said["journals"])

    def shown(self, code: str) -> dict[str, Any]:
        """What central's pages say about a door; `web` is started when it does not run yet."""
        if "web" not in self._central:
            self.start("web")
        found: list[dict[str, Any]] = []
        until(lambda: found.extend(self._devices()) or found, what="an answer of the pages")
        return next(line for line in found if line["code"] == code)

    def _devices(self) -> list[dict[str, Any]]:
        with suppress(OSError), urllib.request.urlopen(f"{self._web}/api/v1/devices", timeout=5) as answer:  # noqa: S310
            return list(json.load(answer))
        return []

    def count(self, table: str) -> int:
        """Rows of a table."""
        return int(self.query(f"SELECT count(*) FROM {table}")[0][0])  # noqa: S608 - a name of ours

    # --- the question ---

    def missing(self) -> str:
        """What is not yet as it must be in the end; empty = nothing."""
        lost = set(self.greens()) - set(self.punches())
        if lost:
            return f"{len(lost)} green taps are not stored, such as {sorted(lost, key=lambda i: i.seq)[0]}"
        open_ = [j for j in self.journals() if not j.complete]
        if open_:
            return f"{len(open_)} journals have gaps, such as {open_[0]}"
        waiting = [m.code for m in self.fleet if self.fleet.alive(m.code) and not self.acknowledged(m.device)]
        if waiting:
            return f"stations {', '.join(waiting)} do not know that all is stored"
        bare = [j for j in self.journals() if j.sealed_seq < max(j.named_seq, 1)]
        return f"{len(bare)} journals are not sealed, such as {bare[0]}" if bare else ""

    def settled(self, seconds: float = 60.0, unseen: int = 0, findings: frozenset[str] = frozenset()) -> None:
        """All green taps are stored once, byte for byte, without gaps, and every station knows.

        unseen: how many punches may be stored whose light nobody saw, because the power went off between the two.
        findings: what central must have found out about journals.
        """
        end = time.monotonic() + seconds
        while (problem := self.missing()) and time.monotonic() < end:
            time.sleep(0.1)
        assert not problem, problem
        greens, punches = self.greens(), self.punches()
        assert greens, "nobody tapped"
        assert {i: punches[i] for i in greens} == greens
        seen, stored = Counter(greens.values()), Counter(punches.values())
        assert not [badge for badge in stored if stored[badge] > max(seen[badge], 1)], "a tap was stored twice"
        assert len(punches) - len(greens) <= unseen
        assert self.count("lost_span") == 0
        found = {word for journal in self.journals() for word in journal.findings}
        assert found == findings
        self._check_chains()

    def _check_chains(self) -> None:
        """Recompute from the stored lines alone what central says of them."""
        for journal in self.journals():
            rows = self.query(
                "SELECT e.seq, e.line, e.hash FROM event e JOIN journal j ON j.id = e.journal_id "
                "WHERE j.device = ? AND j.journal = ? ORDER BY e.seq",
                journal.device,
                journal.journal,
            )
            assert [seq for seq, _, _ in rows] == list(range(1, journal.watermark + 1)), journal
            at = chain_start(journal.device, journal.journal)
            for seq, line, stored in rows:
                at = link(at, line)
                assert at == stored, (journal, seq)


CUT = "--- ended here ---\n"
"""Written into the log of a process of central's when it has ended, to tell one life from the next."""
