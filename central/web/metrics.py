"""`/metrics` for Prometheus: what an operator wants to be woken for."""

from collections import Counter
from collections.abc import Iterable, Iterator

from fastapi import APIRouter, Response
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from central.clock import Clock
from central.health import Liveness
from central.ledger import doors_now
from central.presence import State
from central.store import Store, accounts, faults, quarantine
from central.web.live import Live


class OfficeCollector(Collector):
    """Reads the numbers when they are asked for."""

    def __init__(self, store: Store, clock: Clock, health: Liveness, live: Live) -> None:
        self._store, self._clock, self._health, self._live = store, clock, health, live

    def collect(self) -> Iterable[Metric]:
        """All metric families."""
        yield from self._doors()
        people = GaugeMetricFamily("diemdanh_presence", "People by presence", labels=["state"])
        for state in State:
            people.add_metric([state.value], sum(row["state"] == state.value for row in self._live.picture.rows))
        yield people
        failures = CounterMetricFamily("diemdanh_loop_failures", "Rounds of a loop that raised", labels=["loop"])
        for loop, count in self._health.failures().items():
            failures.add_metric([loop], count)
        yield failures
        for part, counts in self._health.counts().items():
            happened = GaugeMetricFamily(f"diemdanh_{part}", f"Counts of {part} since its start", labels=["what"])
            for what, count in counts.items():
                happened.add_metric([what], count)
            yield happened
        clients = GaugeMetricFamily("diemdanh_stream_clients", "Open event streams", labels=["feed"])
        for name, feed in self._live.feeds.items():
            clients.add_metric([name], feed.clients)
        yield clients

    def _doors(self) -> Iterator[Metric]:
        with self._store.read() as db:
            doors = doors_now(db, self._clock.now_ms())
            held = {**quarantine.count(db), "dropped": quarantine.dropped(db)}
            kept = accounts.accounts(db)
            aside = Counter(one.kind for one in faults.unjudged(db))
        ages = GaugeMetricFamily("diemdanh_door_data_age_seconds", "Age of what a door has delivered", labels=["door"])
        states = GaugeMetricFamily("diemdanh_door_state", "1 for the state a door is in", labels=["door", "state"])
        events = GaugeMetricFamily("diemdanh_door_events", "Events to come, lost or forked", labels=["door", "what"])
        for door in doors:
            if door.data_age_s is not None:
                ages.add_metric([door.code], door.data_age_s)
            states.add_metric([door.code, door.state.value], 1)
            account = kept.get(door.device, accounts.Account())
            for what, count in (("to_come", account.to_come), ("lost", account.lost), ("forked", account.forked)):
                events.add_metric([door.code, what], count)
        yield events
        waiting = GaugeMetricFamily("diemdanh_quarantine", "Messages that could not be taken, by code", labels=["code"])
        for code, count in held.items():
            waiting.add_metric([code], count)
        unjudged = GaugeMetricFamily("diemdanh_unjudged", "What could not be judged and is set aside", labels=["kind"])
        for kind in ("day", "boot", "door"):
            unjudged.add_metric([kind], aside[kind])
        yield from (ages, states, waiting, unjudged)


def router(store: Store, clock: Clock, health: Liveness, live: Live) -> APIRouter:
    """The metrics' route."""
    registry = CollectorRegistry()
    registry.register(OfficeCollector(store, clock, health, live))
    found = APIRouter(include_in_schema=False)

    @found.get("/metrics")
    def metrics() -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return found
