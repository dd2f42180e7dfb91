"""What a work report rests on: one campaign in figures at one instant, by region. Pure; sub-totals add up by construction.

The shape is that of 市卫健委's report: 工作开展情况, 存在的问题, 下一步打算. What duban does not know stays blank.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

BLANK = "____"
WORST, RECURRING, COMING = 5, 5, 8  # at most so many are named in the text


@dataclass(frozen=True)
class Figures:
    """Of one region, or of all: units, what has fallen due and how it was handed in, the ledger.

    `due` counts what has fallen due and was not waived; it is the sum of the four beside it.
    """

    units: int = 0
    closed: int = 0
    on_time: int = 0
    late: int = 0
    nil: int = 0
    missing: int = 0
    items: int = 0
    items_standing: int = 0
    items_closed: int = 0
    items_overdue: int = 0

    @property
    def due(self) -> int:
        return self.on_time + self.late + self.nil + self.missing

    @property
    def handed_in(self) -> int:
        return self.on_time + self.late + self.nil

    @property
    def reporting(self) -> float | None:
        """报送率, as `states.progress.Reporting.rate`; None when nothing has fallen due."""
        return round(self.handed_in / self.due, 4) if self.due else None

    @property
    def items_to_close(self) -> int:
        """Items less the standing ones, which are reviewed and never closed."""
        return self.items - self.items_standing

    @property
    def closing(self) -> float | None:
        """销号率; None where no item can be closed."""
        return round(self.items_closed / self.items_to_close, 4) if self.items_to_close else None


def added(parts: Iterable[Figures]) -> Figures:
    """The whole of some parts."""
    found = list(parts)
    return Figures(**{name: sum(getattr(one, name) for one in found) for name in Figures.__annotations__})


@dataclass(frozen=True)
class Region:
    """A unit right below the one that runs the campaign, with all below it; `code` None: that one itself (本级)."""

    code: str | None
    name: str
    figures: Figures


@dataclass(frozen=True)
class Stage:
    """A phase with its window as local days, and whether it had opened."""

    name: str
    starts: date | None
    ends: date | None
    opened: bool


@dataclass(frozen=True)
class Named:
    """So many of what has a name."""

    name: str
    number: int


@dataclass(frozen=True)
class Class:
    """A class of problems: how many items in how many units, how many were reopened."""

    name: str
    items: int
    units: int
    reopened: int


@dataclass(frozen=True)
class Coming:
    """Something that falls due next, on a local day; `open`: how many units still owe it."""

    name: str
    day: date
    provisional: bool
    open: int


@dataclass(frozen=True)
class Target:
    """A coverage target in percent, and how many units of those it speaks of have closed."""

    name: str
    percent: int
    reached: int
    total: int


@dataclass(frozen=True)
class Worked:
    """One campaign as it stood at the end of the local day `day` (or now)."""

    title: str
    owner: str
    day: date
    began: date
    stage: str
    stages: tuple[Stage, ...]
    states: tuple[Named, ...]
    regions: tuple[Region, ...]
    told: tuple[Named, ...] = ()
    mails: int = 0
    letters: tuple[Named, ...] = ()
    behind: tuple[Named, ...] = ()
    classes: tuple[Class, ...] = ()
    reopened: int = 0
    clues: tuple[Named, ...] = ()
    clues_ended: int = 0
    targets: tuple[Target, ...] = ()
    coming: tuple[Coming, ...] = ()

    @property
    def whole(self) -> Figures:
        return added(one.figures for one in self.regions)

    @property
    def ranked(self) -> tuple[Region, ...]:
        """Those that are furthest ahead first: by 报送率, then 销号率; regions without either at the end, by name."""
        return tuple(sorted(self.regions, key=_ahead))

    @property
    def places(self) -> Sequence[tuple[int, Region]]:
        """The regions in order with their places; equals share a place."""
        found: list[tuple[int, Region]] = []
        for index, one in enumerate(self.ranked):
            same = index and _ahead(found[-1][1])[:2] == _ahead(one)[:2]
            found.append((found[-1][0] if same else index + 1, one))
        return found


def _ahead(one: Region) -> tuple[float, float, str]:
    """What a region is ranked by: nothing due or no ledger counts as done in full only beside the other figure."""
    rates = (one.figures.reporting, one.figures.closing)
    if rates == (None, None):
        return (1.0, 1.0, one.name)
    known = [1.0 if rate is None else rate for rate in rates]
    return (-known[0], -known[1], one.name)
