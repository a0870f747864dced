"""The contract between a door and central, version 1: topics, messages, encode / decode, chain, notes. Pure.

Owned by the end that is slow to upgrade; central imports it. `README.md` of the edge describes every byte of it, and
the golden bytes in `tests/contract/` are never edited once released.
"""

from edge.wire.text import WireError

VERSION = 1

__all__ = ["VERSION", "WireError"]
