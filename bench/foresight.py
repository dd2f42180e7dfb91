"""A whole campaign in memory, and the preview of one that is running."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from importlib.resources import files
from time import perf_counter
from zoneinfo import ZoneInfo

from bench.alternation import alone, alternate, beside, seconds
from bench.databases import KINDS, Bench
from bench.report import Row
from flows.simulate import simulate
from states.records import foretell, launch, sample
from states.records.foretell import shadow
from states.records.launch import Order
from states.records.outbox import MailHours
from states.records.session import Store

PLAN = "standard-four-phase.yaml"
START = date(2026, 9, 7)
ZONE = ZoneInfo("Asia/Shanghai")
HOURS = MailHours(ZONE, time(9), time(17, 30))
PREVIEWED = timedelta(days=30)


def rows(bench: Bench) -> Iterator[Row]:
    """Simulation first: its memory is the peak of this process until then."""
    yield from _simulated(bench)
    for kind in KINDS:
        with bench.store(kind) as store:
            yield from _previewed(bench, kind, store)


def _simulated(bench: Bench) -> Iterator[Row]:
    units, days = bench.scale.sim_units, bench.scale.sim_days
    before = _peak()
    began = perf_counter()
    lived = simulate(_plan(), units, START, HOURS, until=START + timedelta(days=days - 1))
    took = perf_counter() - began
    name = f"simulate {units} units × {days} days"
    note = f"{len(lived.mails):,} mails to {lived.people:,} people"
    yield alone(name, "memory", "s", [took], note=note)
    yield alone(f"{name}, mails", "memory", "mails/s", [len(lived.mails) / took])
    yield alone(f"{name}, memory", "memory", "MB", [_peak()], note=f"{before:.0f} MB before it began")


def _previewed(bench: Bench, kind: str, store: Store) -> Iterator[Row]:
    units = bench.scale.sim_units
    began = datetime.combine(START, time(0), ZONE).astimezone(UTC)
    with store.write() as session:
        sample.build(session, units, began)
        campaign = launch.launch(session, Order(_plan(), START, {}), began, "bench")
    end = began + PREVIEWED
    found: list[int] = []

    def ours() -> float:
        return seconds(lambda: found.append(len(foretell.foretell(store, began, end, HOURS, campaign))))

    def limit() -> float:
        return seconds(lambda: _copied(store))

    took, copied = alternate(bench.scale.repeats, ours, limit)
    name = f"preview of {units} units for {PREVIEWED.days} days"
    note = f"{found[-1]:,} mails; ratio: times the copy"
    yield beside(name, kind, "s", took, "the copy into memory alone", copied, note=note)


def _copied(store: Store) -> None:
    with shadow(store):
        pass


def _plan() -> str:
    return files("states").joinpath("templates", PLAN).read_text()


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
