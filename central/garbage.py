"""Python's search for reference cycles, and when it is not worth its time."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_search_for_garbage() -> Iterator[None]:
    """Python looks for reference cycles whenever many objects were made. A group of messages or of days makes tens of
    thousands and no cycle: the search costs an eighth of intake, a sixth of judging, and finds nothing."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
