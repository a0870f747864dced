"""What a terminal pushes over HTTP (ADMS, `/iclock/...`), and what it is answered. Source: readers.md section 6.

The terminal is the client, proves nothing but a serial number, and sends again whatever was not answered `OK`. So `OK`
comes after the commit, never before; who is not registered is answered `OK` too and goes to quarantine.
"""

from dataclasses import dataclass

import sqlalchemy as sa

from central.clock import Clock
from central.store import Store, quarantine, terminals
from central.store.quarantine import Bounds, Held
from central.terminals.punches import device_id, is_serial
from central.terminals.taking import poll, take
from edge.terminals import read_adms

MOST_BODY = 1024 * 1024
"""Some twenty thousand punches: more than any terminal sends at once."""
KEPT = 64 * 1024
"""How much of what cannot be taken stays in quarantine."""
STRANGERS = Bounds(device_rows=200, device_bytes=4 * 1024 * 1024)
"""What is kept of all strangers together: their serial numbers are whatever they like."""
PUNCHES = "ATTLOG"
OPTIONS = (
    "ATTLOGStamp=None", "OPERLOGStamp=9999", "ATTPHOTOStamp=None", "ErrorDelay=30", "Delay=10",
    "TransTimes=00:00;14:05", "TransInterval=1", "TransFlag=TransData AttLog", "TimeZone=7", "Realtime=1",
    "Encrypt=None",
)  # fmt: skip
"""Send punches at once, and nothing else."""


@dataclass(frozen=True, slots=True)
class Terminals:
    """Takes what terminals push."""

    store: Store
    clock: Clock

    def greeted(self, serial: str) -> str:
        """The handshake: what the terminal is to send."""
        self.asked(serial)
        return "\r\n".join((f"GET OPTION FROM: {serial}", *OPTIONS)) + "\r\n"

    def asked(self, serial: str) -> str:
        """A terminal asks for commands; there are none, ever."""
        now_ms = self.clock.now_ms()

        def work(db: sa.Connection) -> None:
            if device := self._known(db, serial):
                poll(db, device, now_ms)
            else:
                self._hold(db, serial, "asks for commands", b"", now_ms)

        self.store.repeat(work)
        return "OK"

    def pushed(self, serial: str, table: str, body: bytes) -> str:
        """The body of a table; only punches are read. Returns once all of it is committed."""
        now_ms = self.clock.now_ms()
        lines = read_adms(body)

        def work(db: sa.Connection) -> None:
            device = self._known(db, serial)
            if device is None:
                self._hold(db, serial, f"sends {table}", body, now_ms)
                return
            take(db, device, lines.punches, now_ms, pushed=True)
            if lines.bad:
                told = "; ".join(f"line {bad.number}: {bad.problem}" for bad in lines.bad[:20])
                held = Held(f"iclock/{table}", device, "unreadable", told, body[:KEPT], now_ms)
                quarantine.hold(db, [held])

        self.store.repeat(work)
        return f"OK: {len(lines.punches) + len(lines.bad)}"

    def _known(self, db: sa.Connection, serial: str) -> str | None:
        wanted = device_id(serial) if is_serial(serial) else ""
        return wanted if wanted and terminals.registered(db, wanted) else None

    def _hold(self, db: sa.Connection, serial: str, what: str, body: bytes, now_ms: int) -> None:
        name = serial[:24].encode("ascii", "replace").decode().replace("\x00", "?")
        problem = f"terminal {name!r} {what} and is not registered: diemdanh-central terminal add"
        held = Held(f"iclock/{name}", "iclock", "unregistered", problem, body[:KEPT], now_ms, once=not body)
        quarantine.hold(db, [held], STRANGERS)
