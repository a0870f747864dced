"""One fact that cannot be worked on stops nobody else: it is set aside, named, counted, and everything else goes on."""

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from central.clock import Clock
from central.store import faults
from central.store.engine import Store
from central.store.faults import Mark

M = TypeVar("M", bound=Mark)
T = TypeVar("T")
K = TypeVar("K")
log = logging.getLogger(__name__)


class Isolation:
    """Runs work on many marks at once, and one by one when that raises. aside: called for every mark set aside."""

    def __init__(self, store: Store, clock: Clock, aside: Callable[[], None]) -> None:
        self._store, self._clock, self._aside = store, clock, aside
        self.known_aside = True
        """Whether something is set aside, by whoever; the evaluator's round says when nothing is."""

    def run(self, found: Sequence[M], work: Callable[[Sequence[M]], int]) -> int:
        """Work on marks; returns how much was done, a mark that was set aside counting as one.

        Raises what the database raises when no fact is to blame: then the round is to be done again.
        """
        if not found:
            return 0
        try:
            done = work(found)
        except Exception as error:
            if faults.databases_fault(error):
                raise
            log.info("evaluator: %d of a kind were refused together; each is tried alone", len(found))
            return sum(self._alone(mark, work) for mark in found)
        self._forget(found)
        return done

    def _alone(self, mark: M, work: Callable[[Sequence[M]], int]) -> int:
        try:
            done = work([mark])
        except Exception as error:
            if faults.databases_fault(error):
                raise
            self._set_aside(mark, error)
            return 1
        self._forget([mark])
        return done

    def sift(self, found: Sequence[T], which: Callable[[Sequence[T]], Iterable[K]], key: Callable[[T], K]) -> set[K]:
        """The keys that `which` chooses; what it cannot read counts as chosen, so that it is worked out anew."""
        try:
            return set(which(found))
        except Exception as error:
            if faults.databases_fault(error):
                raise
            log.exception("evaluator: something of %d verdicts cannot be read and is judged again", len(found))
        return {chosen for one in found for chosen in self._sift_alone(one, which, key)}

    def _sift_alone(self, one: T, which: Callable[[Sequence[T]], Iterable[K]], key: Callable[[T], K]) -> Iterable[K]:
        try:
            return which([one])
        except Exception as error:
            if faults.databases_fault(error):
                raise
            log.info("evaluator: %s cannot be read and is judged again", key(one))
            return [key(one)]

    def _set_aside(self, mark: Mark, error: Exception) -> None:
        with self._store.write() as db:
            attempts = faults.set_aside(db, mark, f"{type(error).__name__}: {error}", self._clock.now_ms())
        self._aside()
        self.known_aside = True
        told = " ".join(word for word in faults.identity(mark) if word)
        if attempts == 1:
            log.error("evaluator: %s is set aside until its facts change", told, exc_info=error)
        else:
            log.error("evaluator: %s is set aside again (attempt %d): %s", told, attempts, error)

    def _forget(self, found: Sequence[Mark]) -> None:
        """What was set aside once and is done now is no finding any more."""
        if not self.known_aside:
            return
        with self._store.read() as db:
            known = {(one.kind, one.name, one.detail) for one in faults.unjudged(db)}
        if mended := [mark for mark in found if faults.identity(mark) in known]:
            with self._store.write() as db:
                faults.forget(db, mended)
