"""报送率 by period and by region: on time, late, nil, missing, by the one rule of `states.progress.reporting`."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session

from states.errors import NotFound
from states.progress import Count, Reporting, reporting
from states.records import asked, matters
from states.records.campaigns import Running
from states.records.core import unit
from states.records.tables import Milestone

ITSELF = "本级"


@dataclass(frozen=True)
class PeriodRate:
    """One period of a report, or one thing owed once."""

    milestone: Milestone
    reporting: Reporting


@dataclass(frozen=True)
class RegionRate:
    """One unit right below the one that runs the campaign, with all below it; `code` None: that one itself."""

    code: str | None
    name: str
    reporting: Reporting


@dataclass(frozen=True)
class Rates:
    """`periods` add up to `whole`, and so do `regions`."""

    whole: Reporting
    periods: tuple[PeriodRate, ...]
    regions: tuple[RegionRate, ...]


def rates(
    session: Session,
    campaign: Running,
    now: datetime,
    *,
    requirement: str | None = None,
    period: str | None = None,
    path: str | None = None,
) -> Rates:
    """As things stand at `now`; without restriction `whole` is what `figures.tally` says. Raises NotFound."""
    milestones = _chosen(session, campaign, requirement, period)
    top = path or _path(session, campaign.row.owner_id)
    by_milestone: defaultdict[int, list[Count]] = defaultdict(list)
    by_region: defaultdict[str, list[Count]] = defaultdict(list)
    for key, region, count in matters.by_region(session, milestones, now, path, top):
        by_milestone[key].append(count)
        by_region[region].append(count)
    return Rates(
        reporting(count for counts in by_milestone.values() for count in counts),
        tuple(PeriodRate(one, reporting(by_milestone[one.id])) for one in milestones),
        tuple(_regions(session, by_region)),
    )


def _chosen(
    session: Session, campaign: Running, requirement: str | None, period: str | None
) -> list[Milestone]:
    found = asked.opened(session, campaign, requirement)
    if requirement is not None and not found:
        known = sorted({one.requirement for one in asked.opened(session, campaign)})
        raise NotFound(f"没有“{requirement}”这项已下达的要求；已下达的有 {'、'.join(known) or '（没有）'}")
    chosen = [one for one in found if period in (None, one.period)]
    if period is not None and not chosen:
        said = "、".join(sorted({one.period for one in found if one.period}))
        raise NotFound(f"没有“{period}”这一期；已下达的有 {said or '（不分期）'}")
    return chosen


def _path(session: Session, unit_id: int) -> str:
    return str(session.execute(sa.select(unit.c.path).where(unit.c.id == unit_id)).scalar_one())


def _regions(session: Session, counted: dict[str, list[Count]]) -> list[RegionRate]:
    """Those that are furthest behind first."""
    keys = [int(one) for one in counted if one]
    rows = session.execute(sa.select(unit.c.id, unit.c.code, unit.c.name).where(unit.c.id.in_(keys)))
    names = {str(key): (code, name) for key, code, name in rows}
    found = [
        RegionRate(*names.get(key, (None, ITSELF)), reporting(counts)) for key, counts in counted.items()
    ]
    return sorted(found, key=lambda one: (_rate(one.reporting), -one.reporting.due, one.code or ""))


def _rate(found: Reporting) -> float:
    """Those of whom nothing was due yet come last."""
    return found.rate if found.rate is not None else 2.0
