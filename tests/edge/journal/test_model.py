"""The journal against a model of it, through crashes, torn tails and restarts in any order."""

import os
import random
import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from edge.errors import JournalError
from edge.journal import Journal
from edge.wire.ack import Ack
from edge.wire.chain import links
from edge.wire.events import Clock, Lost, Punch, Stamp

DEVICE = "door-0001"


class PowerCut(BaseException):
    """The end of everything that had not been synced."""


class JournalAgainstModel(RuleBasedStateMachine):
    """lines: all that was ever made durable. acked: what central has said. saved: what a restart must know of that."""

    def __init__(self) -> None:
        super().__init__()
        memory = Path("/dev/shm")  # noqa: S108 - only as a parent for a private folder
        self.folder = Path(tempfile.mkdtemp(dir=memory if memory.is_dir() else None))
        self.lines: dict[tuple[str, int], bytes] = {}
        self.acked: set[tuple[str, int]] = set()
        self.saved: set[tuple[str, int]] = set()
        self.doubtful: set[tuple[str, int]] = set()
        self.names = 0
        self.fault: type[BaseException] | None = None
        self.journal: Journal | None = None

    def teardown(self) -> None:
        if self.journal is not None and not self.journal._closed:
            self.journal.close()
        shutil.rmtree(self.folder)

    def sync(self, fd: int) -> None:
        if self.fault is PowerCut:
            raise PowerCut
        if self.fault is OSError:
            raise OSError(28, "No space left on device")

    def name(self) -> str:
        self.names += 1
        return f"{self.names:016x}"

    @initialize()
    def first_start(self) -> None:
        self.start()

    @rule()
    def start(self) -> None:
        """Start, orderly or not; what was acknowledged and not saved is open again."""
        if self.journal is not None:
            if not self.journal._closed:
                self.journal._let_go()
                self.journal._closed = True
            self.acked = set(self.saved)
        self.journal = Journal.open(
            self.folder, DEVICE, "b", "0", self.stamp(), self.name, segment_bytes=1200, ring_events=12, sync=self.sync
        )
        assert self.journal.damage.lost_events == 0 and self.journal.damage.mended_records == 0
        line = self.journal.read(self.journal.journal, 1, 1).lines[0]
        self.lines[self.journal.journal, 1] = line
        for key in list(self.doubtful):
            if key[0] in {said.journal for said in self.journal.open_journals()}:
                held = self.journal.pending(key[0])
                if any(first <= key[1] <= last for first, last in held):
                    self.lines[key] = self.journal.read(key[0], key[1], key[1]).lines[0]
        self.doubtful.clear()
        self.saved = set(self.acked)

    def stamp(self) -> Stamp:
        return Stamp(len(self.lines), None, Clock.NONE)

    @rule(count=st.integers(1, 4), size=st.integers(1, 60))
    def tap(self, count: int, size: int) -> None:
        assert self.journal is not None
        for number in range(count):
            written = self.journal.append(Punch("em:" + f"{number}" * size, "r"), self.stamp())
            key = written.journal, written.seq
            assert key not in self.lines
            self.lines[key] = written.line

    @rule()
    def tap_on_a_full_disk(self) -> None:
        assert self.journal is not None
        before = self.journal.tip()
        self.fault = OSError
        try:
            self.journal.append(Punch("em:9", "r"), self.stamp())
            raise AssertionError("recorded on a full disk")
        except JournalError:
            assert self.journal.tip() == before
        finally:
            self.fault = None

    @rule(seed=st.integers(0, 2**32))
    def power_cut_in_a_tap(self, seed: int) -> None:
        """Of the record being written any part is on the disk, the rest is zero or was never there."""
        assert self.journal is not None
        journal, chance = self.journal, random.Random(seed)  # noqa: S311 - hypothesis chose the seed
        before = {path: path.read_bytes() for path in self.folder.iterdir()}
        key = journal.journal, journal.head + 1
        self.fault = PowerCut
        try:
            journal.append(Punch("em:" + "7" * chance.randint(1, 60), "r"), self.stamp())
        except PowerCut:
            pass
        finally:
            self.fault = None
        journal._let_go()
        journal._closed = True
        for path in sorted(self.folder.glob("*.seg")):
            self.tear(path, before.get(path, b""), chance)
        self.doubtful.add(key)
        self.start()

    @staticmethod
    def tear(path: Path, old: bytes, chance: random.Random) -> None:
        new = path.read_bytes()
        if len(old) != len(new):
            return
        changed = [at for at in range(len(new)) if new[at] != old[at]]
        if not changed:
            return
        first, last = changed[0], changed[-1] + 1
        content = bytearray(new)
        for at in range(first, last, 64):
            if chance.random() < 0.5:
                content[at : min(at + 64, last)] = old[at : min(at + 64, last)]
        if chance.random() < 0.3:
            content[chance.randint(first, last) :] = b""
        with path.open("r+b") as file:
            file.write(content)
            file.truncate(len(content))

    @rule(data=st.data())
    def acknowledge(self, data: st.DataObject) -> None:
        assert self.journal is not None
        name = data.draw(st.sampled_from(sorted({journal for journal, _ in self.lines})))
        watermark = data.draw(st.integers(0, 12))
        first = data.draw(st.integers(1, 12))
        last = data.draw(st.integers(first, 20))
        self.journal.apply(Ack(name, watermark, ((first, last),)))
        said = {*range(1, watermark + 1), *range(first, last + 1)}
        self.acked |= {(name, seq) for seq in said if (name, seq) in self.lines}

    @rule(data=st.data())
    def central_asks_again(self, data: st.DataObject) -> None:
        assert self.journal is not None
        name = data.draw(st.sampled_from(sorted({journal for journal, _ in self.lines})))
        first = data.draw(st.integers(1, 12))
        last = data.draw(st.integers(first, 20))
        gone = self.journal.reopen(name, first, last)
        gone_seqs = {seq for a, b in gone for seq in range(a, b + 1)}
        for seq in range(first, last + 1):
            key = name, seq
            if key in self.lines and seq in gone_seqs:
                assert key in self.acked, "only what central had is ever dropped"
            elif key in self.lines:
                self.acked.discard(key)
        for a, b in gone:  # as the station answers
            lost = Lost(name, a, b, *self.journal.around(name, a, b))
            written = self.journal.append(lost, self.stamp())
            self.lines[written.journal, written.seq] = written.line

    @rule()
    def save(self) -> None:
        assert self.journal is not None
        self.journal.save()
        self.saved = set(self.acked)

    @rule()
    def stop(self) -> None:
        assert self.journal is not None
        self.journal.close()
        self.saved = set(self.acked)
        self.start()

    @rule()
    def lose_the_state_file(self) -> None:
        assert self.journal is not None
        self.journal._let_go()
        self.journal._closed = True
        (self.folder / "acks").unlink(missing_ok=True)
        self.saved = set()
        held = {
            (name, seq)
            for name in {journal for journal, _ in self.lines}
            for first, last in self.journal.pending(name) + self.held(name)
            for seq in range(first, last + 1)
        }
        self.lines = {key: line for key, line in self.lines.items() if key in held}
        self.start()

    def held(self, name: str) -> tuple[tuple[int, int], ...]:
        assert self.journal is not None
        track = self.journal._index.tracks.get(name)
        return track.held() if track else ()

    @invariant()
    def what_is_offered_is_what_is_durable_and_not_acknowledged(self) -> None:
        if self.journal is None:
            return
        offered: dict[tuple[str, int], bytes] = {}
        for said in self.journal.open_journals():
            for first, last in self.journal.pending(said.journal):
                while first <= last:
                    slice_ = self.journal.read(said.journal, first, last)
                    offered |= {(said.journal, seq): line for seq, line in enumerate(slice_.lines, first)}
                    after = links(slice_.before, slice_.lines)[-1]
                    assert self.journal.around(said.journal, slice_.last + 1, slice_.last + 1)[0] == after
                    first = slice_.last + 1
        wanted = {key: line for key, line in self.lines.items() if key not in self.acked}
        assert offered == wanted

    @invariant()
    def the_disk_is_bounded(self) -> None:
        if self.journal is None:
            return
        events = len([key for key in self.lines if key not in self.acked]) + 12
        assert sum(path.stat().st_size for path in self.folder.iterdir()) < 20_000 + events * 2_400


TestJournalAgainstModel = JournalAgainstModel.TestCase
TestJournalAgainstModel.settings = settings(
    max_examples=int(os.environ.get("DIEMDANH_MODEL_EXAMPLES", "60")),
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
