"""What a work report rests on: one campaign in figures at one instant, by region. Pure; sub-totals add up by construction.

The shape is that of 市卫健委's report: 工作开展情况, 存在的问题, 下一步打算. What duban does not know stays blank.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from datetime import date

from states.progress import Reporting, merged

BLANK = "____"
WORST, RECURRING, COMING = 5, 5, 8  # at most so many are named in the text


@dataclass(frozen=True)
class Figures:
    """Of one region, or of all: units, how what has fallen due was handed in, the ledger."""

    units: int = 0
    closed: int = 0
    handed: Reporting = field(default_factory=Reporting)
    items: int = 0
    items_standing: int = 0
    items_closed: int = 0
    items_overdue: int = 0

    @property
    def items_to_close(self) -> int:
        """Items less the standing ones, which are reviewed and never closed."""
        return self.items - self.items_standing

    @property
    def closing(self) -> float | None:
        """销号率; None where no item can be closed."""
        return round(self.items_closed / self.items_to_close, 4) if self.items_to_close else None


COUNTED = tuple(one.name for one in fields(Figures) if one.name != "handed")


def added(parts: Iterable[Figures]) -> Figures:
    """The whole of some parts."""
    found = list(parts)
    sums = {name: sum(getattr(one, name) for one in found) for name in COUNTED}
    return Figures(handed=merged(one.handed for one in found), **sums)


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
    def places(self) -> Sequence[tuple[int | None, Region]]:
        """The regions in order with their places; equals share a place, who has nothing to be ranked by has none."""
        found: list[tuple[int | None, Region]] = []
        for index, one in enumerate(self.ranked):
            same = index and _ahead(found[-1][1])[:2] == _ahead(one)[:2]
            place = found[-1][0] if same else index + 1
            found.append((None if _rates(one) == (None, None) else place, one))
        return found


def _rates(one: Region) -> tuple[float | None, float | None]:
    return one.figures.handed.rate, one.figures.closing


def _ahead(one: Region) -> tuple[float, float, str]:
    """What a region is ranked by: nothing due or no ledger counts as done in full only beside the other figure."""
    rates = _rates(one)
    if rates == (None, None):
        return (1.0, 1.0, one.name)
    known = [1.0 if rate is None else rate for rate in rates]
    return (-known[0], -known[1], one.name)
