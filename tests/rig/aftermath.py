"""What central says after a series: every seq that a message named and that is not stored is counted, every light that
went with the power lies in a time that central calls down."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass

from central.coverage import Interval, down_of
from central.store import open_store
from central.store.accounts import accounts
from central.store.coverage import door_facts
from tests.flow.site import JournalRow, Site
from tests.rig.judging import Light

APART_MS = 5_000
"""How far the clock of an emulated machine and this machine's may be from each other."""
EVER_MS = 1 << 52


@dataclass(frozen=True, slots=True)
class Aftermath:
    """missing: seqs that some message named and that are not stored; counted: those that central says are to come or
    lost. problems: what central does not say and must."""

    journals: int
    missing: int
    counted: int
    findings: dict[str, int]
    down: int
    problems: tuple[str, ...]

    def told(self) -> dict[str, object]:
        """For the summary."""
        return asdict(self)


def look_back(site: Site, device: str, lost: Collection[Light], early: Collection[int]) -> Aftermath:
    """After the last life. lost: lights that are not stored; early: lives whose clock knew no date."""
    journals = [journal for journal in site.journals() if journal.device == device]
    store = open_store(site.url)
    try:
        with store.read() as db:
            account = accounts(db)[device]
            down = down_of(door_facts(db, [device], 0, EVER_MS)[device])
    finally:
        store.close()
    missing = not_stored(journals, _stored(site))
    counted = account.to_come + account.lost
    problems = unexplained((light for light in lost if light.boot not in early), down)
    if counted < missing:
        problems.append(f"{missing} seqs were named and are not stored, central counts {counted}")
    findings = Counter(word for journal in journals for word in journal.findings)
    return Aftermath(len(journals), missing, counted, dict(findings), len(down), tuple(problems))


def _stored(site: Site) -> dict[str, int]:
    rows = site.query(
        "SELECT j.journal, count(*) FROM event e JOIN journal j ON j.id = e.journal_id GROUP BY j.journal"
    )
    return {str(journal): int(count) for journal, count in rows}


def not_stored(journals: Iterable[JournalRow], stored: Mapping[str, int]) -> int:
    """How many seqs are known to exist, from whatever message, and are not stored."""
    return sum(max(j.known_head, j.top_seq, j.named_seq) - stored.get(j.journal, 0) for j in journals)


def unexplained(lost: Iterable[Light], down: Collection[Interval]) -> list[str]:
    """A sentence for each light that is gone although central takes the door for working at its time."""
    return [
        f"the light of {light.key} in life {light.boot} is gone, and central does not call its time down"
        for light in lost
        if not any(i.from_ms - APART_MS <= light.at_ms <= i.to_ms + APART_MS for i in down)
    ]
