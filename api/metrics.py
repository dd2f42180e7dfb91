"""Figures for Prometheus of this process: its requests, refusals, log-ins, connections, memory.

Who says what, when several processes run: what is here each process says of itself (its sum over all of them is the
service); what `recorded` reads in the database is the same whichever process is asked (take any, never add them up).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, version

import sqlalchemy as sa
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from api import recorded
from api.recorded import Now
from states.errors import TooMany
from states.records.session import Store

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
WAYS, OUTCOMES = ("password", "oidc"), ("ok", "refused", "locked")


class Metrics:
    """Counters of this process, in a registry of its own."""

    def __init__(self) -> None:
        mine = self._registry = CollectorRegistry()
        self._seconds = Histogram(
            "duban_http_request_seconds",
            "From the first byte asked to the last one answered (of a stream: to its beginning)",
            ("method", "route"),
            buckets=BUCKETS,
            registry=mine,
        )
        self._requests = Counter(
            "duban_http_requests", "Requests answered", ("method", "route", "status"), registry=mine
        )
        self._going = Gauge("duban_http_requests_going", "Requests being answered", registry=mine)
        self._problems = Counter("duban_problems", "Requests refused or failed", ("kind",), registry=mine)
        self._logins = Counter("duban_logins", "Tries to log in", ("way", "outcome"), registry=mine)
        for kind in ("internal", "unavailable"):
            self._problems.labels(kind)  # a rise is seen only from a figure that was there
        for way in WAYS:
            for outcome in OUTCOMES:
                self._logins.labels(way, outcome)
        ProcessCollector(registry=mine)
        build = Gauge("duban_build_info", "1; the version is in its label", ("version",), registry=mine)
        build.labels(_version()).set(1)
        self._kept: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def ended(self, method: str, route: str, status: int, seconds: float) -> None:
        """One request; `route` is its template, so that there are as many series as routes."""
        key = (method, route, status)
        found = self._kept.get(key)
        if found is None:
            counted = self._requests.labels(method, route, str(status))
            found = self._kept[key] = counted, self._seconds.labels(method, route)
        found[0].inc()
        found[1].observe(seconds)

    @contextmanager
    def going(self) -> Iterator[None]:
        """A request, while it lasts."""
        self._going.inc()
        try:
            yield
        finally:
            self._going.dec()

    def refused(self, kind: str) -> None:
        """One problem that was told; `kind` is the name of its type."""
        self._problems.labels(kind).inc()

    @contextmanager
    def entering(self, way: str) -> Iterator[None]:
        """A try to log in, and how it went."""
        outcome = "refused"
        try:
            yield
            outcome = "ok"
        except TooMany:
            outcome = "locked"
            raise
        finally:
            self._logins.labels(way, outcome).inc()

    def text(self, store: Store, now: Now, lease: timedelta) -> bytes:
        """Everything in Prometheus' text format; a database that fails is a figure too."""
        registry = CollectorRegistry()
        registry.register(recorded.Recorded(store, now, lease))
        registry.register(_Connections(store))
        return generate_latest(self._registry) + generate_latest(registry)


class _Connections:
    """What this process holds of the database."""

    def __init__(self, store: Store) -> None:
        self._pool = store.engine.pool

    def collect(self) -> Iterable[Metric]:
        if isinstance(self._pool, sa.pool.QueuePool):
            says = "Connections to the database that are in use"
            yield GaugeMetricFamily("duban_database_connections", says, self._pool.checkedout())


def _version() -> str:
    try:
        return version("duban")
    except PackageNotFoundError:
        return "0"
