"""Runs of two or more sides in turn (A B A B …), so that a slow moment of the machine falls on all of them."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from statistics import median
from time import perf_counter

from bench.report import Row, Target

Side = Callable[[], float]


def seconds(work: Callable[[], object]) -> float:
    """How long `work` takes, with the garbage of earlier runs out of the way."""
    gc.collect()
    began = perf_counter()
    work()
    return perf_counter() - began


def alternate(times: int, *sides: Side) -> list[list[float]]:
    """`times` rounds of every side in turn; the figures of each side in the order of the rounds."""
    figures: list[list[float]] = [[] for _side in sides]
    for _round in range(times):
        for kept, side in zip(figures, sides, strict=True):
            kept.append(side())
    return figures


def middle_ratio(values: Sequence[float], limits: Sequence[float]) -> float:
    """The median of the ratios within each round."""
    return median(value / limit for value, limit in zip(values, limits, strict=True))


def beside(
    name: str,
    database: str,
    unit: str,
    values: Sequence[float],
    limit_name: str,
    limits: Sequence[float],
    target: Target | None = None,
    note: str = "",
) -> Row:
    """A row of medians: ours, the limit, and the ratio of the two within each round."""
    return Row(
        name,
        database,
        median(values),
        unit,
        limit_name,
        median(limits),
        middle_ratio(values, limits),
        target,
        note,
        {"ours": list(values), "limit": list(limits)},
    )


def alone(
    name: str, database: str, unit: str, values: Sequence[float], target: Target | None = None, note: str = ""
) -> Row:
    """A row without a limit beside it."""
    return Row(name, database, median(values), unit, target=target, note=note, runs={"ours": list(values)})
