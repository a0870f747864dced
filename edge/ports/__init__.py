"""Readers' ports: open, read, lose, reopen for ever by the stable path; the station does not know of which kind one is.

To add a kind: a file with something that opens a `Line`, a line in `edge.reading.line_of`. Each kind is imported when a
reader of it is opened.
"""

from edge.ports.line import Heard, Line, Open
from edge.ports.port import Listener, ReaderPort, attend

__all__ = ["Heard", "Line", "Listener", "Open", "ReaderPort", "attend"]
