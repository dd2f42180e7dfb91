"""Figures for Prometheus: what the watchdog sees, the last word of each round, how long requests take."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import datetime

import sqlalchemy as sa
from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from states.records import health
from states.records.board import DEMO_CLOCK
from states.records.session import Store

Now = Callable[[], datetime]

log = logging.getLogger("duban.api")

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Metrics:
    """Counters of this process, in a registry of its own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._seconds = Histogram(
            "duban_http_request_seconds",
            "Time from the first byte asked to the last one answered",
            ("method", "route", "status"),
            buckets=BUCKETS,
            registry=self._registry,
        )
        self._kept: dict[tuple[str, str, int], Histogram] = {}

    def ended(self, method: str, route: str, status: int, seconds: float) -> None:
        """One request; `route` is its template, so that there are as many series as routes."""
        key = (method if method in METHODS else "OTHER", route, status)
        found = self._kept.get(key)
        if found is None:
            found = self._kept[key] = self._seconds.labels(*map(str, key))
        found.observe(seconds)

    def text(self, store: Store, now: Now) -> bytes:
        """Everything in Prometheus' text format; a database that fails is a figure too."""
        registry = CollectorRegistry()
        registry.register(_Seen(store, now))
        return generate_latest(self._registry) + generate_latest(registry)


class _Seen:
    """What is read from the database at the moment of asking."""

    def __init__(self, store: Store, now: Now) -> None:
        self._store, self._read = store, now

    def collect(self) -> Iterable[Metric]:
        try:
            now = self._read()
            found = health.look(self._store, now)
            with self._store.read() as session:
                beats = [one for one in health.beats(session) if one.name != DEMO_CLOCK]
        except sa.exc.SQLAlchemyError:
            log.exception("no figures from the database")
            yield GaugeMetricFamily("duban_database_up", "Whether the database answers", 0)
            return
        yield GaugeMetricFamily("duban_database_up", "Whether the database answers", 1)
        yield GaugeMetricFamily("duban_troubles", "Things the watchdog would report", len(found.troubles))
        for name, value in found.figures.items():
            yield GaugeMetricFamily(f"duban_{name}", "Seen by the watchdog", value)
        age = GaugeMetricFamily("duban_beat_age_seconds", "Since the last word of a part", labels=["name"])
        good = GaugeMetricFamily("duban_beat_ok", "Whether that word was good", labels=["name"])
        figures = GaugeMetricFamily("duban_round", "What a round last did", labels=["name", "figure"])
        for one in beats:
            age.add_metric([one.name], max(0.0, (now - one.at).total_seconds()))
            good.add_metric([one.name], float(one.ok))
            for figure, value in one.figures.items():
                figures.add_metric([one.name, figure], value)
        yield from (age, good, figures)
