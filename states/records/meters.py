"""What rounds count: kept in the database, so that it is the same whichever process is asked, and outlives them all.

A round counts in memory and adds it up once, with its last word. Labels are words of our own: no name, no address.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping
from types import MappingProxyType

import sqlalchemy as sa
from sqlmodel import Session

from states.records.columns import insert_into
from states.records.core import meter
from states.records.meter_tables import Meter

BOUNDS = (60, 300, 900, 3_600, 14_400, 86_400)  # seconds of lateness
LATER, SUM = "+Inf", "sum"
Counts = Mapping[tuple[str, str], float]


class Meters(defaultdict[tuple[str, str], float]):
    """What one round counted: by name and label."""

    def __init__(self, given: Counts = MappingProxyType({})) -> None:
        super().__init__(float, given)

    def late(self, name: str, seconds: float, times: int = 1) -> None:
        """`times` things came so many seconds late."""
        place = bisect_left(BOUNDS, seconds)
        self[name, str(BOUNDS[place]) if place < len(BOUNDS) else LATER] += times
        self[name, SUM] += max(0, round(seconds)) * times


def add(session: Session, counts: Counts) -> None:
    """Add what was counted; in the order of the names, so that no two adding at once wait for each other."""
    rows = [
        {"name": name, "label": label, "value": float(value)}
        for (name, label), value in sorted(counts.items())
        if value
    ]
    if not rows:
        return
    insert = insert_into(session, Meter)
    more = {"value": meter.c.value + insert.excluded.value}
    session.execute(insert.on_conflict_do_update(index_elements=["name", "label"], set_=more), rows)


def totals(session: Session) -> dict[str, dict[str, float]]:
    """All sums, by name and label."""
    found: dict[str, dict[str, float]] = {}
    for name, label, value in session.execute(sa.select(meter)).tuples():
        found.setdefault(name, {})[label] = value
    return found
