"""What a proof says where the record does not hold, and what to do then."""

from dataclasses import dataclass, field
from enum import StrEnum


class What(StrEnum):
    """What happened to a record. The words are what `verify` prints."""

    ALTERED = "altered"
    REMOVED = "removed"
    INSERTED = "inserted"
    MOVED = "moved"
    RETIMED = "retimed"
    SEAL = "seal"
    PARENT = "parent"
    HOLE = "hole"
    KEY = "key"
    HEAD = "head"


REMEDIES = {
    What.ALTERED: "compare with a backup and with the station's own journal, and put back what the station holds",
    What.REMOVED: "restore it from a backup; a station that still holds it sends it again",
    What.INSERTED: "no station wrote it: judge without it, and find out who had access to the database",
    What.MOVED: "rows changed places: put back what a backup says",
    What.RETIMED: "the sealed line counts: put the columns back as it says",
    What.SEAL: "compare with a backup and with the notes that were collected from the station",
    What.PARENT: "compare both journals with a backup and with the station's own",
    What.HOLE: "nobody said that this was lost: look for it in a backup and at the station",
    What.HEAD: "central's key did not sign it: collect the station's again, and find out who wrote this line",
    What.KEY: "get the station's public key from the station itself (`diemdanh-edge identity`)",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not hold: in a journal of a device seqs [first, last], elsewhere both are the row's number.

    where: the journal, or the table. text: what is wrong, in words.
    """

    what: What
    device: str
    where: str
    first: int
    last: int
    text: str

    def __str__(self) -> str:
        span = f"{self.first}" if self.first == self.last else f"{self.first} to {self.last}"
        place = f"device {self.device}, journal {self.where}, seq" if self.device else f"{self.where}, row"
        return f"{self.what}: {place} {span}: {self.text}; {REMEDIES[self.what]}"


@dataclass(slots=True)
class Tally:
    """What was walked.

    audited: rows of the audit log; facts: compared with it; unheaded: rows after its last head that holds; untold:
    facts that it never told, before its first head; unsigned: heads without a key to check them. unsealed: events after
    the last seal that holds, or of journals without any: provisional. to_come: seqs that are known to exist and are not
    stored.
    """

    devices: int = 0
    journals: int = 0
    events: int = 0
    audited: int = 0
    heads: int = 0
    facts: int = 0
    unheaded: int = 0
    untold: int = 0
    unsigned: int = 0
    seals: int = 0
    unsealed: int = 0
    to_come: int = 0
    findings: list[Finding] = field(default_factory=list)
