"""What came of the demo's morning: green lights, stored punches and the board, against the script."""

import sqlite3
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.morning import Morning
from edge.simulate import Fleet


@dataclass(frozen=True, slots=True)
class Tally:
    """database: central's file. rows: what the board's interface says now, empty where it does not answer."""

    script: Morning
    fleet: Fleet
    database: Path
    rows: Callable[[], list[dict[str, Any]]]

    def result(self, caught_up_s: float | None) -> dict[str, Any]:
        """What `--check` prints. caught_up_s: None when the door that was cut off never caught up."""
        greens = self._greens()
        stored = Counter(self._stored_badges())
        written = Counter(str(entry["badge"]) for entry in self._answers() if "seq" in entry)
        differences = self.differences()
        result = {
            "taps": len(self.script.taps),
            "green": len(greens),
            "stored": sum(stored.values()),
            "duplicates": sum(max(0, count - written[badge]) for badge, count in stored.items()),
            "lost": len(self.lost()),
            "presence": {"agree": len(self.script.presence) - len(differences), "people": len(self.script.presence)},
            "catch_up_s": None if caught_up_s is None else round(caught_up_s, 2),
            "differences": differences[:20],
        }
        # A double tap is answered "already recorded", a stranger's badge red; the latter is recorded all the same.
        punches = len(self.script.taps) - 2
        right = not differences and not result["lost"] and not result["duplicates"]
        return result | {"ok": right and len(greens) == punches and caught_up_s is not None}

    def lost(self) -> set[tuple[object, object]]:
        """Green lights, as (journal, seq), whose punch is not stored."""
        return {(entry["journal"], entry["seq"]) for entry in self._greens()} - self.stored()

    def differences(self) -> list[str]:
        """People whom the board shows otherwise than the script."""
        shown = {row["staff"]: row["state"] for row in self.rows()}
        return [
            f"{staff}: {shown.get(staff)} instead of {state}"
            for staff, state in self.script.presence.items()
            if shown.get(staff) != state
        ]

    def stored(self) -> set[tuple[object, object]]:
        """Every stored punch, as (journal, seq)."""
        query = "SELECT j.journal, e.seq FROM event e JOIN journal j ON j.id = e.journal_id WHERE e.kind = 'punch'"
        return {(journal, seq) for journal, seq in self._query(query)}

    def _answers(self) -> list[dict[str, Any]]:
        return [entry for code in self.script.doors for entry in self.fleet.trace(code)]

    def _greens(self) -> list[dict[str, Any]]:
        return [entry for entry in self._answers() if entry.get("recorded")]

    def _stored_badges(self) -> list[str]:
        return [badge for (badge,) in self._query("SELECT badge FROM event WHERE kind = 'punch'")]

    def _query(self, text: str) -> list[tuple[Any, ...]]:
        with sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=30) as db:
            return db.execute(text).fetchall()
