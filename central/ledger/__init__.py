"""The ledger: gathers a day, judges it, writes the verdict; knows which days a change makes stale.

- `gathering`: all facts about staff-days, in few queries      - `boots`: times of a boot's events worked out again
- `rounds`: the evaluator                                      - `doors`: what doors and time passing make stale
- `why`: what a verdict rests on                               - `now`: presence at this moment
"""

from central.ledger.gathering import gather, gather_many
from central.ledger.now import doors_now, presence_now, presence_then
from central.ledger.rounds import Ledger, run_evaluator
from central.presence import UnitPresence

__all__ = [
    "Ledger",
    "UnitPresence",
    "doors_now",
    "gather",
    "gather_many",
    "presence_now",
    "presence_then",
    "run_evaluator",
]
