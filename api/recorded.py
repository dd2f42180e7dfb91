"""Figures for Prometheus out of the database: the same whichever process is asked, so take any and never add them up.

Three sources, all cheap: looks at ends of indexes (`pulse`), the last words of the rounds (what takes counting is
counted by the watchdog), and what the rounds have added up over all time (`meters`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from states.records import health, meters, pulse
from states.records.board import DEMO_CLOCK
from states.records.health import ROUND
from states.records.session import Store
from states.records.tables import Health

Now = Callable[[], datetime]
Totals = Mapping[str, Mapping[str, float]]

log = logging.getLogger("duban.api")

WATCHDOG = f"{ROUND}watchdog"
JOBS = ("open_due", "remind", "escalate", "deliver", "webhooks", "seal", "watchdog")
SEEN = {
    "oldest_unfired_seconds": "How long a rung has been due that nobody has served",
    "oldest_unsent_seconds": "How long ago the oldest mail was queued that has not gone out",
    "oldest_unsent_urgent_seconds": "The same of urgent mails, which go out at any hour",
    "oldest_untaken_seconds": "How long a mail has been ready that no sender has taken",
    "oldest_lease_seconds": "How long a sender has held a mail",
    "changes_unnumbered_seconds": "How long a fact has been outside of the change feed",
    "journal_unsealed_seconds": "How long a fact has not been sealed",
    "journal_unsigned_seconds": "How long a sealed batch has been under no signed root",
    "webhook_behind_events": "Facts that the webhook furthest behind has not been told",
    "webhook_behind_seconds": "Age of the oldest of them",
    "webhook_lease_seconds": "How long a sender has held a webhook",
    "webhook_dead": "Messages that were given up and not sent again",
    "webhook_paused": "Webhooks that are paused",
}
SUMMED = {  # name: what it is, its labels, the values that are always there
    "rounds": (
        "Rounds that ended",
        ("job", "outcome"),
        [f"{one}:{how}" for one in JOBS for how in ("ok", "failed")],
    ),
    "round_seconds": ("Time that rounds took", ("job",), JOBS),
    "round_done": ("What rounds did: openings, units told, mails, messages, rows", ("job",), JOBS),
    "mails": ("Mails by what became of a try", ("outcome",), ("sent", "deferred", "refused", "withdrawn")),
    "mail_failures": (
        "Tries in vain, by reason",
        ("reason",),
        ("refused", "later", "post", "silent", "unwritten", "given_up", "lease_lost"),
    ),
    "webhook_messages": ("Messages to webhooks", ("outcome",), ("sent", "failed", "dead")),
}
LATE = {
    "rung_late": "How late units were reminded or escalated, after the instant of the rung",
    "mail_late": "How long mails waited from being queued to being taken by the server",
}


class Recorded:
    """What is read at the moment of asking."""

    def __init__(self, store: Store, now: Now, lease: timedelta) -> None:
        self._store, self._read, self._lease = store, now, lease

    def collect(self) -> Iterable[Metric]:
        says = "Whether the database answers"
        try:
            now = self._read()
            with self._store.read() as session:
                seen = pulse.look(session, now, self._lease)
                beats = [one for one in health.beats(session) if one.name != DEMO_CLOCK]
                totals = meters.totals(session)
        except sa.exc.SQLAlchemyError:
            log.exception("no figures from the database")
            yield GaugeMetricFamily("duban_database_up", says, 0)
            return
        yield GaugeMetricFamily("duban_database_up", says, 1)
        for name, value in seen.items():
            yield GaugeMetricFamily(f"duban_{name}", SEEN[name], value)
        yield from _words(beats, now)
        yield from _sums(totals)
        yield from (_histogram(name, says, totals.get(name, {})) for name, says in LATE.items())


def _words(beats: Iterable[Health], now: datetime) -> Iterator[Metric]:
    """When each part spoke last, whether well, and which figures it told."""
    age = GaugeMetricFamily("duban_beat_age_seconds", "Since the last word of a part", labels=["name"])
    good = GaugeMetricFamily("duban_beat_ok", "Whether that word was good", labels=["name"])
    figures = GaugeMetricFamily("duban_round", "What a round last told", labels=["name", "figure"])
    for one in beats:
        age.add_metric([one.name], max(0.0, (now - one.at).total_seconds()))
        good.add_metric([one.name], float(one.ok))
        for figure, value in one.figures.items():
            if one.name != WATCHDOG or figure == "seconds":
                figures.add_metric([one.name, figure], value)
            elif figure not in SEEN:
                yield GaugeMetricFamily(f"duban_{figure}", "Counted by the watchdog", value)
    yield from (age, good, figures)


def _sums(totals: Totals) -> Iterator[Metric]:
    for name, (says, labels, always) in SUMMED.items():
        family = CounterMetricFamily(f"duban_{name}", says, labels=labels)
        found = {**dict.fromkeys(always, 0.0), **totals.get(name, {})}
        for label, value in sorted(found.items()):
            family.add_metric(label.split(":"), value)
        yield family


def _histogram(name: str, says: str, counted: Mapping[str, float]) -> Metric:
    """What fell between two bounds, as Prometheus wants it: up to each bound."""
    family = HistogramMetricFamily(f"duban_{name}_seconds", says)
    total, buckets = 0.0, []
    for bound in [*map(str, meters.BOUNDS), meters.LATER]:
        total += counted.get(bound, 0.0)
        buckets.append((bound, total))
    family.add_metric([], buckets, counted.get(meters.SUM, 0.0))
    return family
