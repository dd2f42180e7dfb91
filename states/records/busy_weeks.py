"""In which weeks much would fall due for one unit, over all campaigns, if another one started. Reads only.

Units are taken together by what asks them: units that owe the same for the same campaigns have the same weeks.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session

from states.records import scopes, scoping
from states.records.core import campaign, milestone, obligation, run, unit
from states.records.fanning import LEFT
from states.records.launch import Draft
from states.records.loads import WEEK, monday_of
from states.records.matters import due_in_force, of_milestone
from states.records.scopes import Selection
from states.records.settling import OPEN
from states.records.tables import Unit

MANY = 5  # so many things due for one unit in one week are too many to pass over in silence
Where = sa.ColumnElement[bool]


@dataclass(frozen=True)
class BusyWeek:
    """The week from `monday` (local): so many `units` have MANY or more due, one of them, called `where`, `most`."""

    monday: date
    units: int
    most: int
    where: str


@dataclass(frozen=True)
class _Load:
    """Things due by weeks, the same for all of these units."""

    units: frozenset[int]
    due: Counter[date]


def busy_weeks(session: Session, drafted: Draft, selection: Selection, now: datetime) -> list[BusyWeek]:
    """Weeks to come in which the campaign adds to what is too much; the first come first."""
    coming = [(one.scope, one.due_at) for one in drafted.plan.milestones if one.due_at and one.due_at >= now]
    if not coming or scoping.unknown_codes(session, drafted.template):
        return []
    zone = ZoneInfo(drafted.template.timezone)
    units = sa.and_(*scopes.chosen(session, selection, drafted.owner))
    new = [
        _Load(_ids(session, [units, *scopes.owing(session, scope, drafted.owner)]), due)
        for scope, due in _by_scope(coming, zone)
    ]
    until = max(at for _, at in coming) + WEEK  # the rest of its last week counts too
    other = _not_handed_out(session, units, now, until, zone)
    return _told(session, _over(new, other, _handed_out(session, units, now, until, zone)))


def week_of(at: datetime, zone: ZoneInfo) -> date:
    """The Monday of the local week in which an instant lies."""
    return monday_of(at.astimezone(zone))


def _by_scope(
    due: Iterable[tuple[Mapping[str, Any], datetime]], zone: ZoneInfo
) -> list[tuple[Mapping[str, Any], Counter[date]]]:
    """Each scope once, with the weeks in which something is due for it."""
    made: dict[str, tuple[Mapping[str, Any], Counter[date]]] = {}
    for scope, at in due:
        _, weeks = made.setdefault(json.dumps(scope, sort_keys=True), (scope, Counter()))
        weeks[week_of(at, zone)] += 1
    return list(made.values())


def _ids(session: Session, conditions: list[Where]) -> frozenset[int]:
    return frozenset(session.execute(sa.select(unit.c.id).where(*conditions)).scalars())


def _not_handed_out(
    session: Session, units: Where, now: datetime, until: datetime, zone: ZoneInfo
) -> list[_Load]:
    """What other campaigns will ask of these units, as far as it has a date and the same one for all."""
    asked = (
        sa.select(milestone.c.campaign_id, campaign.c.owner_id, milestone.c.scope, milestone.c.due_at)
        .select_from(milestone.join(campaign, campaign.c.id == milestone.c.campaign_id))
        .where(campaign.c.closed_at.is_(None), milestone.c.opened_at.is_(None))
        .where(milestone.c.withdrawn_at.is_(None), ~milestone.c.local)
        .where(milestone.c.due_at.between(now, until))
    )
    found: dict[tuple[int, int], list[tuple[Mapping[str, Any], datetime]]] = defaultdict(list)
    for key, owner_id, scope, at in session.execute(asked).tuples():
        found[key, owner_id].append((scope, at))
    made = []
    for (key, owner_id), due in found.items():
        owner = session.get_one(Unit, owner_id)
        going = sa.select(run.c.unit_id).where(run.c.campaign_id == key, run.c.state.not_in(LEFT))
        part = unit.c.id.in_(going)
        for scope, weeks in _by_scope(due, zone):
            made.append(_Load(_ids(session, [units, part, *scopes.owing(session, scope, owner)]), weeks))
    return made


def _handed_out(
    session: Session, units: Where, now: datetime, until: datetime, zone: ZoneInfo
) -> Counter[tuple[int, date]]:
    """What these units owe already, by unit and week: with the dates that are theirs alone."""
    due = due_in_force()
    statement = (
        sa.select(obligation.c.unit_id, due, sa.func.count())
        .select_from(
            campaign.join(milestone, milestone.c.campaign_id == campaign.c.id)
            .join(obligation, of_milestone())
            .join(unit, unit.c.id == obligation.c.unit_id)
        )
        .where(campaign.c.closed_at.is_(None), obligation.c.status.in_(OPEN), units)
        .where(due.between(now, until))
        .group_by(obligation.c.unit_id, due)
    )
    made: Counter[tuple[int, date]] = Counter()
    for key, at, number in session.execute(statement).tuples():
        made[key, week_of(at, zone)] += number
    return made


def _over(
    new: list[_Load], other: list[_Load], owed: Counter[tuple[int, date]]
) -> dict[date, list[tuple[int, int]]]:
    """Week → (how much, unit) where it is too much and the new campaign has a part in it."""
    loads = [*new, *other]
    asked: dict[int, list[int]] = defaultdict(list)
    for number, load in enumerate(loads):
        for key in load.units:
            asked[key].append(number)
    alike: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for key, numbers in asked.items():
        alike[tuple(numbers)].append(key)
    found: dict[date, list[tuple[int, int]]] = defaultdict(list)
    for which, members in alike.items():
        own = _sum(loads[one] for one in which if one < len(new))
        besides = _sum(loads[one] for one in which if one >= len(new))
        for week, due in own.items():
            totals = ((due + besides[week] + owed[key, week], key) for key in members)
            found[week] += [one for one in totals if one[0] >= MANY]
    return {week: units for week, units in found.items() if units}


def _sum(loads: Iterable[_Load]) -> Counter[date]:
    made: Counter[date] = Counter()
    for one in loads:
        made.update(one.due)
    return made


def _told(session: Session, found: Mapping[date, list[tuple[int, int]]]) -> list[BusyWeek]:
    """With the name of a unit that has most."""
    worst = {week: min(((-total, key) for total, key in units)) for week, units in found.items()}
    keys = sorted({key for _, key in worst.values()})
    rows = session.execute(sa.select(unit.c.id, unit.c.name).where(unit.c.id.in_(keys)))
    names: dict[int, str] = dict(rows.tuples().all())
    return [
        BusyWeek(week, len(found[week]), -worst[week][0], names[worst[week][1]]) for week in sorted(found)
    ]
