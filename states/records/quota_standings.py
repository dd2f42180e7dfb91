"""How far quotas are met, over all units, in each period."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session

from states.quota import Period, Quota
from states.records import asked
from states.records.campaigns import Running
from states.records.columns import obligation_span
from states.records.core import obligation, quota_event
from states.records.matters import within
from states.records.tables import Milestone


@dataclass(frozen=True)
class Standing:
    """A quota over all units in one period; `units` = `met` + `unmet` + `pending`. `events`: all that count.

    `pending`: not met yet, and the period is not over. What counts is the day on which something was done.
    """

    milestone: Milestone
    quota: Quota
    period: Period
    units: int
    met: int
    unmet: int
    pending: int
    events: int


def standings(
    session: Session,
    campaign: Running,
    now: datetime,
    requirement: str | None = None,
    path: str | None = None,
) -> list[Standing]:
    """Every period of every quota."""
    found = []
    for milestone in asked.opened(session, campaign, requirement):
        quota = asked.quota_of(campaign, milestone)
        if quota is not None:
            found.append(_standing(session, campaign, milestone, quota, now, path))
    return found


def _standing(
    session: Session, campaign: Running, milestone: Milestone, quota: Quota, now: datetime, path: str | None
) -> Standing:
    totals: defaultdict[str, int] = defaultdict(int)
    events = 0
    for number, over in _counts(session, milestone, now, path):
        events += number
        totals["met" if number >= quota.least else "unmet" if over else "pending"] += 1
    return Standing(
        milestone,
        quota,
        asked.period_of(campaign, milestone),
        sum(totals.values()),
        totals["met"],
        totals["unmet"],
        totals["pending"],
        events,
    )


def _counts(
    session: Session, milestone: Milestone, now: datetime, path: str | None
) -> list[tuple[int, bool]]:
    """Of each unit that owes it: how many, and whether its period is over."""
    counted = (
        sa.select(quota_event.c.obligation_id, sa.func.count().label("number"))
        .where(
            quota_event.c.obligation_id.between(*obligation_span(milestone.id)),
            quota_event.c.withdrawn_at.is_(None),
        )
        .group_by(quota_event.c.obligation_id)
        .subquery()
    )
    joined = obligation.outerjoin(counted, counted.c.obligation_id == obligation.c.id)
    statement = sa.select(sa.func.coalesce(counted.c.number, 0), obligation.c.due_at).select_from(joined)
    where = [obligation.c.id.between(*obligation_span(milestone.id)), obligation.c.status != "waived"]
    rows = session.execute(statement.where(*where, *within(path, obligation.c.unit_id))).tuples()
    ends = milestone.due_at
    return [(int(number), (due := own or ends) is not None and due < now) for number, own in rows]
