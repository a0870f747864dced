"""Why a verdict is what it is, for the person it speaks of: facts, what would have to be different, sentences. Pure.

- `facts`: everything that a staff-day's verdict rests on, as typed values
- `remedies`: what would have to be different, each confirmed by judging the changed day again
- `sentences`, `sessions`, `proofs`: an `Explanation` as lines in any language; `voice`: the words they share

Nobody is named by a badge number, no leave by its reason. What gathers the facts is `central.reports.why`.
"""

from central.explaining.facts import Explanation
from central.explaining.sentences import Line, Section, lines_of
from central.explaining.voice import Say

__all__ = ["Explanation", "Line", "Say", "Section", "lines_of"]
