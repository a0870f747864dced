"""What the station says of itself: birth, will, heartbeat, seal."""

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from edge.clock import Clock
from edge.health import Health
from edge.identity import Identity
from edge.journal import Journal
from edge.roster import Roster
from edge.wire.events import Stamp
from edge.wire.notes import Seal
from edge.wire.status import MAX_JOURNALS, Heartbeat, OpenJournal, ReaderState, Status, encode_heartbeat, encode_status

THERMAL = Path("/sys/class/thermal/thermal_zone0/temp")
THROTTLED = Path("/sys/devices/platform/soc/soc:firmware/get_throttled")


@dataclass(frozen=True, slots=True)
class _Listed:
    """The journals a status may list, and how many more there are."""

    journals: tuple[OpenJournal, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Reporter:
    """Builds the signed notes of one station.

    readers: the state of each card reader now. folder: on the journal's disk. moment: held from the stamping of an
    event until it is journalled; settled: that moment, or the earlier one at which something came that the door has
    not dealt with. So whatever happened before a heartbeat's stamp is in the journals it lists.
    """

    identity: Identity
    journal: Journal
    clock: Clock
    roster: Roster
    health: Health
    readers: Callable[[], tuple[ReaderState, ...]]
    folder: Path
    version: str
    moment: threading.Lock
    settled: Callable[[Stamp], Stamp]

    def status(self, connection: int, *, online: bool) -> bytes:
        """The payload of `st` for connection number `connection` of this journal."""
        stamp, readers = self._settled(), self.readers()
        listed = _listed(self.journal.open_journals())
        status = Status(
            self.identity.device,
            self.journal.journal,
            connection,
            online,
            self.clock.boot,
            stamp,
            listed.journals,
            listed.more,
            self.version,
            self.roster.view.version,
            readers,
        )
        return encode_status(status, self.identity.sign)

    def heartbeat(self, connection: int) -> bytes:
        """The payload of `hb`, with a seal of everything journalled so far.

        The order counts: a fault that was over before it could be read here has its `ok` in the journals read after.
        """
        stamp, faults, readers = self._settled(), self.health.faults(), self.readers()
        listed = _listed(self.journal.open_journals())
        heartbeat = Heartbeat(
            self.identity.device,
            self.journal.journal,
            connection,
            self.clock.boot,
            stamp,
            listed.journals,
            listed.more,
            self.version,
            self.roster.view.version,
            readers,
            _age_s(self.journal.oldest_unacked_stamp(), stamp),
            _free_bytes(self.folder),
            _number(THERMAL, 10, 1000),
            _throttled(_number(THROTTLED, 16, 1)),
            faults,
        )
        tip = self.journal.tip()
        return encode_heartbeat(heartbeat, self.seal(tip.journal, tip.seq, tip.hash), self.identity.sign)

    def _settled(self) -> Stamp:
        """A moment before which no event is on its way to the journal."""
        with self.moment:
            return self.settled(self.clock.stamp())

    def seal(self, journal: str, seq: int, hash_: bytes) -> bytes:
        """A seal over `journal` up to `seq`, whose chain hash is `hash_`."""
        return Seal(self.identity.device, journal, seq, hash_, self.clock.stamp().utc_ms).encode(self.identity.sign)


def _listed(journals: tuple[OpenJournal, ...]) -> _Listed:
    """The 32 oldest and the current one."""
    most = MAX_JOURNALS - 1
    old, current = journals[:-1], journals[-1:]
    return _Listed(old[:most] + current, max(0, len(old) - most))


def _age_s(then: Stamp | None, now: Stamp) -> int | None:
    """How old the oldest un-acknowledged event is, by utc where both know it, else by uptime."""
    if then is None:
        return None
    if then.utc_ms is not None and now.utc_ms is not None:
        return max(0, now.utc_ms - then.utc_ms) // 1000
    return max(0, now.uptime_ms - then.uptime_ms) // 1000


def _free_bytes(folder: Path) -> int | None:
    try:
        disk = os.statvfs(folder)
    except OSError:
        return None
    return disk.f_bavail * disk.f_frsize


def _number(file: Path, base: int, unit: int) -> int | None:
    """A number the kernel shows in `file`, None on machines that have none."""
    try:
        return int(file.read_text(encoding="ascii"), base) // unit
    except (OSError, ValueError):
        return None


def _throttled(flags: int | None) -> bool | None:
    """Whether the Raspberry Pi is short of voltage or slowed down now (the low four bits; the others are history)."""
    return None if flags is None else bool(flags & 0xF)
