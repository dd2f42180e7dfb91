"""How much is asked of units, week by week: what is overdue by the week in which it fell due, and what each unit has to
hand in over all campaigns together (基层减负)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from states.records import matters, reading_scope
from states.records.asker import Scope
from states.records.campaigns import Running
from states.records.core import campaign as campaigns
from states.records.core import milestone, obligation, unit
from states.records.matters import due_in_force

WEEK = timedelta(days=7)
PAST, COMING = 4, 8  # weeks of the heat map before and from this one on
MOST = 30  # units
WAIVED = "waived"


@dataclass(frozen=True)
class Week:
    """A week from its Monday, and how many things."""

    monday: date
    number: int

    @property
    def sunday(self) -> date:
        return self.monday + timedelta(days=6)


@dataclass(frozen=True)
class Load:
    """What one unit has to hand in, by week; `most` in one week."""

    code: str
    name: str
    weeks: tuple[Week, ...]

    @property
    def most(self) -> int:
        return max(one.number for one in self.weeks)

    @property
    def total(self) -> int:
        return sum(one.number for one in self.weeks)


def monday_of(at: datetime | date) -> date:
    """The Monday of its week."""
    day = at.date() if isinstance(at, datetime) else at
    return day - timedelta(days=day.weekday())


def overdue(session: Session, campaign: Running, now: datetime, path: str | None = None) -> list[Week]:
    """What is overdue now, by the week in which it fell due; they add up to the overdue matters of the summary."""
    due = due_in_force()
    statement = (
        sa.select(due.label("fell_due"), sa.func.count())
        .select_from(milestone.join(obligation, matters.of_milestone()))
        .where(*matters.overdue(campaign.id, now))
        .where(*matters.within(path, obligation.c.unit_id))
        .group_by(sa.text("fell_due"))
    )
    found: Counter[date] = Counter()
    for at, number in session.execute(statement).tuples():
        found[monday_of(at.astimezone(campaign.zone))] += number
    if not found:
        return []
    weeks = (max(found) - min(found)) // WEEK
    return [Week(monday, found[monday]) for monday in (min(found) + each * WEEK for each in range(weeks + 1))]


def span(now: datetime, campaign: Running) -> list[date]:
    """The Mondays of the heat map."""
    first = monday_of(now.astimezone(campaign.zone)) - PAST * WEEK
    return [first + each * WEEK for each in range(PAST + COMING)]


def heaviest(session: Session, scope: Scope, campaign: Running, now: datetime) -> list[Load]:
    """The units in reach that have most to hand in in one week, over all campaigns that one sees.

    Counted is what was asked and not waived, by the date in force; weeks are those of the campaign's place.
    """
    mondays = span(now, campaign)
    asked_of = _asked(scope, campaign, mondays)
    most, total = sa.func.max(asked_of.c.number).label("most"), sa.func.sum(asked_of.c.number).label("total")
    heavy = sa.select(asked_of.c.unit_id, most, total).group_by(asked_of.c.unit_id)
    heavy = heavy.order_by(most.desc(), total.desc(), asked_of.c.unit_id).limit(MOST)
    first = heavy.subquery("heaviest")
    statement = (
        sa.select(unit.c.code, unit.c.name, asked_of.c.its_week, asked_of.c.number)
        .select_from(first.join(asked_of, asked_of.c.unit_id == first.c.unit_id))
        .join(unit, unit.c.id == first.c.unit_id)
        .order_by(first.c.most.desc(), first.c.total.desc(), first.c.unit_id)
    )
    found: dict[tuple[str, str], Counter[int]] = {}
    for code, name, week, number in session.execute(statement).tuples():
        found.setdefault((code, name), Counter())[week] = number
    return [
        Load(*named, tuple(Week(monday, weeks[at]) for at, monday in enumerate(mondays)))
        for named, weeks in found.items()
    ]


def _asked(scope: Scope, campaign: Running, mondays: Sequence[date]) -> sa.CTE:
    """Unit, place of the week among `mondays`, how many things. Campaigns that had closed by the first week weigh on
    nobody any more. Few have a date of their own: of all others the week is that of their milestone."""
    starts = [datetime.combine(monday, time(0), campaign.zone) for monday in mondays]
    ends = [*starts[1:], starts[-1] + WEEK]

    def week_of(due: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
        return sa.case(*((sa.and_(due >= starts[at], due < end), at) for at, end in enumerate(ends)))

    going = sa.or_(campaigns.c.closed_at.is_(None), campaigns.c.closed_at >= starts[0])
    dates = (
        sa.select(milestone.c.id, week_of(milestone.c.due_at).label("week"))
        .join(campaigns, campaigns.c.id == milestone.c.campaign_id)
        .where(milestone.c.opened_at.is_not(None), milestone.c.withdrawn_at.is_(None), going)
        .where(*reading_scope.campaigns_seen(scope))
        .cte("dates")
        .prefix_with("MATERIALIZED")
    )
    own = obligation.c.due_at
    week = sa.case((own.is_(None), dates.c.week), else_=week_of(own)).label("its_week")
    statement = (
        sa.select(obligation.c.unit_id, week, sa.func.count().label("number"))
        .select_from(dates.join(obligation, matters.of_milestone(dates.c.id)))
        .where(obligation.c.status != WAIVED, week.is_not(None))
        .where(*reading_scope.units_within(scope, obligation.c.unit_id))
        .group_by(obligation.c.unit_id, sa.text("its_week"))
    )
    return statement.cte("asked").prefix_with("MATERIALIZED")
