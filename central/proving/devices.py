"""A device's journals proved: each walked, its seals checked with the device's public key, and what links them."""

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from central.keys import KeyFileError, verifier
from central.proving.chain import Walk, Whole
from central.proving.findings import Finding, Tally, What
from central.store import events, proof
from central.store.fleet import TERMINAL_KEY
from central.store.proof import HoleRow, JournalRow, Slim
from central.store.terminals import JOURNAL_NAME
from central.terminals.punches import identity, read_identity
from edge.wire import WireError
from edge.wire.notes import Verify, decode_seal

NOT_LINKED = frozenset({"lost_writes", "copied"})
"""Findings that explain why a journal reaches beyond the end that its child names."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be proved. from_ms / to_ms: only journals that reach into this time (UTC ms); keys: device -> public
    key."""

    keys: Mapping[str, str]
    from_ms: int | None = None
    to_ms: int | None = None

    def reaches(self, row: JournalRow) -> bool:
        """Whether a journal may hold events of the time asked for; one without times may."""
        first, last = row.first_time_ms, row.last_time_ms
        before = self.from_ms is not None and last is not None and last < self.from_ms
        after = self.to_ms is not None and first is not None and first > self.to_ms
        return not before and not after


def prove_device(db: sa.Connection, device: str, asked: Asked, tally: Tally) -> None:
    """Walk all journals of a device; what does not hold is added to the tally."""
    rows = proof.journals(db, device)
    own = _Own(db, device, asked, tally, {row.journal: row for row in rows})
    walks = []
    for row in rows:
        if row.journal == JOURNAL_NAME:
            own.terminal(row)
        elif asked.reaches(row):
            walks.append(own.walk(row))
    for walk in reversed(walks):  # a child that is sealed vouches for its parent, and so on
        own.family(walk)
    for walk in walks:
        own.holes(walk, walks, whole=len(walks) == len(rows))
        tally.findings += sorted(walk.findings, key=lambda found: found.first)
        tally.events += walk.events
        tally.journals += 1
        tally.unsealed += max(0, walk.end - max(walk.sealed, own.covered.get(walk.row.journal, 0)))
    tally.devices += 1


class _Own:
    """What belongs to one device while it is walked. covered: how far a child under a seal vouches for its parent."""

    def __init__(
        self, db: sa.Connection, device: str, asked: Asked, tally: Tally, journals: dict[str, JournalRow]
    ) -> None:
        self._db, self._device, self._tally, self._journals = db, device, tally, journals
        self._key = asked.keys.get(device, "")
        self.covered: dict[str, int] = {}

    def walk(self, row: JournalRow) -> Walk:
        holes = proof.holes(self._db, row.id)
        notes = proof.seals(self._db, row.id)
        broken: list[Finding] = []
        walk = Walk(row, holes, self._sealed(row, notes, broken), self._whole(row))
        walk.findings += broken
        for page in proof.pages(self._db, row.id):
            walk.feed(page)
        self._tally.to_come += walk.finish()
        return walk

    def _sealed(self, row: JournalRow, notes: list[tuple[int, bytes]], broken: list[Finding]) -> dict[int, bytes]:
        """The hash under each seal that holds."""
        if not notes:
            return {}
        verify = self._verify()
        if verify is None:
            text = f"there is no public key to check {len(notes)} seals with"
            broken.append(Finding(What.KEY, row.device, row.journal, notes[0][0], notes[-1][0], text))
            return {}
        found = {}
        for seq, note in notes:
            self._tally.seals += 1
            try:
                seal = decode_seal(note, verify)
            except WireError as error:
                broken.append(Finding(What.SEAL, row.device, row.journal, seq, seq, str(error)))
                continue
            if (seal.device, seal.journal, seal.seq) == (row.device, row.journal, seq):
                found[seq] = seal.hash
            else:
                text = f"this seal is that of seq {seal.seq} of journal {seal.journal} of {seal.device}"
                broken.append(Finding(What.SEAL, row.device, row.journal, seq, seq, text))
        return found

    def _whole(self, row: JournalRow) -> Whole:
        return lambda first, last: proof.whole_rows(self._db, row.id, first, last)

    def _verify(self) -> Verify | None:
        if self._key in ("", TERMINAL_KEY):
            return None
        try:
            return verifier(self._key)
        except KeyFileError:
            return None

    def terminal(self, row: JournalRow) -> None:
        """A terminal's punches are named by their own bytes; there is no chain and there are no seals."""
        walk = Walk(row, (), {}, self._whole(row))
        for page in proof.pages(self._db, row.id):
            for event in map(Slim._make, page):
                if identity(event.line) != (event.seq, event.hash):
                    walk.find(What.ALTERED, event.seq, event.seq, "the line is not the one that has this number")
                elif read_identity(self._device, event.line) != (event.badge, event.utc_ms):
                    walk.find(What.RETIMED, event.seq, event.seq, "the columns are not what the line says")
            self._tally.events += len(page)
            self._tally.unsealed += len(page)
        self._tally.journals += 1
        self._tally.findings += walk.findings

    def family(self, walk: Walk) -> None:
        """What a journal's `start` says of its parent has to be what is stored of it."""
        row, start = walk.row, walk.start
        if start is None:
            if row.started and walk.end >= 1 and row.watermark >= 1:
                walk.find(What.ALTERED, 1, 1, "the journal had a `start`, and its first line is none")
            return
        named = start.parent
        said = (named.journal, named.seq, named.hash) if named else (None, None, None)
        if (row.parent_journal, row.parent_seq, row.parent_hash) != said and (
            named is None or named.journal != row.journal
        ):
            walk.find(What.PARENT, 1, 1, "the parent that is stored is not the one that its `start` names")
        if start.boot != row.boot:
            walk.find(What.RETIMED, 1, 1, "the boot that is stored is not the one that its `start` names")
        if named is None or named.journal == row.journal:
            return
        parent = self._journals.get(named.journal)
        if parent is None:
            text = f"journal {named.journal}, which comes before it, is gone with all its {named.seq} events"
            walk.find(What.REMOVED, 1, 1, text)
            return
        self._judge_parent(walk, parent, named.seq, named.hash)

    def _judge_parent(self, walk: Walk, parent: JournalRow, seq: int, wanted: bytes) -> None:
        stored = events.hash_at(self._db, parent.id, seq)
        if stored is not None and stored != wanted:
            text = f"its parent {parent.journal} does not lead to the hash that its `start` names for seq {seq}"
            walk.find(What.PARENT, 1, 1, text)
        elif stored is not None and max(walk.sealed, self.covered.get(walk.row.journal, 0)) >= 1:
            self.covered[parent.journal] = max(seq, self.covered.get(parent.journal, 0))
        if parent.top_seq > seq and parent.named_seq == seq and not NOT_LINKED & set(parent.findings.split()):
            walk.find(What.INSERTED, 1, 1, f"its parent {parent.journal} goes on beyond seq {seq}, where it ended")

    def holes(self, walk: Walk, walks: list[Walk], *, whole: bool) -> None:
        """Each hole was said by a line of the device, or decided by somebody; and the last seal has to be there."""
        row = walk.row
        said = {
            (lost.journal, lost.first, last)
            for other in walks
            for seq, lost in other.lost
            for last in (lost.last, min(lost.last, seq - 1))
        }
        decided = proof.declared(self._db, self._device)
        for hole in proof.holes(self._db, row.id):
            if not self._is_told(row, hole, said, decided) and (whole or hole.source != "device"):
                walk.find(What.HOLE, hole.first, hole.last, f"it counts as lost, said by {hole.source}")
        top = max(walk.sealed, self.covered.get(row.journal, 0))
        if row.sealed_seq > top and whole and self._key not in ("", TERMINAL_KEY):
            text = "central had a seal up to here, and none that holds is there"
            walk.find(What.SEAL, row.sealed_seq, row.sealed_seq, text)

    @staticmethod
    def _is_told(
        row: JournalRow, hole: HoleRow, said: set[tuple[str, int, int]], decided: set[tuple[str, str]]
    ) -> bool:
        if hole.source == "device":
            return (row.journal, hole.first, hole.last) in said
        detail = f"journal {row.journal}, seqs {hole.first} to {hole.last}"
        return (detail, hole.doc_no or "") in decided
