"""A hundred thousand working-day additions over the published calendar."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta

from bench.alternation import alternate, beside, seconds
from bench.databases import Bench
from bench.report import Row, Target
from states.workdays import Workdays, published

FIRST = date(2004, 1, 1).toordinal()
LAST = date(2027, 12, 31).toordinal()


def rows(bench: Bench) -> Iterator[Row]:
    """Beside the least that Python does: adding days of any kind."""
    calendar = Workdays.of(*published())
    chance = random.Random(1)
    asked = [
        (date.fromordinal(chance.randint(FIRST, LAST)), chance.choice((-1, 1)) * chance.randint(1, 60))
        for _one in range(bench.scale.additions)
    ]

    def ours() -> float:
        return seconds(lambda: [calendar.add(day, n) for day, n in asked])

    def limit() -> float:
        return seconds(lambda: [day + timedelta(n) for day, n in asked])

    took, raw = alternate(bench.scale.repeats, ours, limit)
    name = f"{len(asked):,} working-day additions"
    yield beside(name, "", "s", took, "date + timedelta", raw, Target(1.0, of="value", at_least=False))
