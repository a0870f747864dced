"""The door's own record: append-only segments of event lines, each with its chain hash beside it.

`journal.py` is what others use; `records.py`, `spans.py`, `index.py` and `state.py` are pure; `folder.py` touches the
disk; `recovery.py` works out what is still there.
"""

from edge.errors import JournalError
from edge.journal.journal import Journal, Slice, Tip, Written
from edge.journal.recovery import RecoveryReport

__all__ = ["Journal", "JournalError", "RecoveryReport", "Slice", "Tip", "Written"]
