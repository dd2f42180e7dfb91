"""Whom a new version touches: how many units each change concerns, and unit by unit."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from states.records import owing, reading_scope
from states.records.access import Scope
from states.records.columns import obligation_id, obligation_span
from states.records.core import obligation, run, unit
from states.records.fanning import LEFT
from states.records.renewing import Renewal
from states.records.settling import SETTLED, UNSETTLED
from states.records.tables import Milestone
from states.records.told import Page
from states.records.told.levels import UnitImpact
from states.renewal import Change, What

Span = tuple[int, int]


def counted(session: Session, found: Renewal) -> list[tuple[int, int]]:
    """For each change: units it touches, units that have finished and stay as they are."""
    everybody: dict[str, int] = {}
    return [_counted(session, found, one, everybody) for one in found.changes]


def page(session: Session, scope: Scope, found: Renewal, after: int, limit: int) -> Page[UnitImpact]:
    """Units in the order of their numbers with the changes that touch them; a page may hold fewer than `limit`."""
    rows = session.execute(
        sa.select(unit.c.id, unit.c.code, unit.c.name)
        .join(run, run.c.unit_id == unit.c.id)
        .where(run.c.campaign_id == found.campaign.id, unit.c.id > after, *reading_scope.within(scope))
        .order_by(unit.c.id)
        .limit(limit + 1)
    ).all()
    shown = rows[:limit]
    touched: dict[int, list[str]] = {row.id: [] for row in shown}
    for one in found.changes if shown else ():
        bounds = (shown[0].id, shown[-1].id)
        for key in session.execute(_touched(session, found, one, bounds)).scalars():
            if key in touched:
                touched[key].append(f"{one.key}:{one.what.value}")
    items: list[UnitImpact] = [
        {"unit": {"code": row.code, "name": row.name}, "changes": touched[row.id]}
        for row in shown
        if touched[row.id]
    ]
    return {"items": items, "next": str(shown[-1].id) if len(rows) > limit else None}


def _counted(session: Session, found: Renewal, one: Change, everybody: dict[str, int]) -> tuple[int, int]:
    if one.keep:
        return 0, _finished(session, one)
    if one.opened:
        return _number(session, _touched(session, found, one)), _finished(session, one)
    alike = repr(sorted(_scope(found, one).items()))
    if alike not in everybody:
        everybody[alike] = _number(session, _touched(session, found, one))
    return everybody[alike], 0


def _finished(session: Session, one: Change) -> int:
    if not one.opened:
        return 0
    first, last = obligation_span(one.milestone)
    done = sa.select(obligation.c.unit_id).where(obligation.c.id.between(first, last))
    return _number(session, done.where(obligation.c.status.in_(SETTLED)))


def _number(session: Session, units: Any) -> int:
    return int(session.execute(sa.select(sa.func.count()).select_from(units.subquery())).scalar_one())


def _scope(found: Renewal, one: Change) -> dict[str, Any]:
    return found.scopes.get((one.requirement, one.period), {})


def _touched(session: Session, found: Renewal, one: Change, bounds: Span | None = None) -> Any:
    """Ids of the units that a change concerns; `bounds`: only from one unit id to another."""
    if one.keep:
        return sa.select(run.c.unit_id).where(sa.false())
    if not one.opened:
        return _owing(session, found, one, bounds)
    owed = _owed(one, bounds)
    if one.what is What.date:
        return owed.where(obligation.c.due_at.is_(None))
    if one.what is not What.scope:
        return owed
    inside = _owing(session, found, one, bounds)
    having = sa.select(obligation.c.unit_id).where(_range(one, bounds))
    leaving = owed.where(obligation.c.unit_id.not_in(_owing(session, found, one, bounds)))
    return sa.union(leaving, inside.where(run.c.unit_id.not_in(having)))


def _owed(one: Change, bounds: Span | None) -> sa.Select[Any]:
    return sa.select(obligation.c.unit_id).where(_range(one, bounds), obligation.c.status.in_(UNSETTLED))


def _range(one: Change, bounds: Span | None) -> sa.ColumnElement[bool]:
    first, last = obligation_span(one.milestone)
    if bounds is not None:
        first, last = (obligation_id(one.milestone, key) for key in bounds)
    return obligation.c.id.between(first, last)


def _owing(session: Session, found: Renewal, one: Change, bounds: Span | None) -> sa.Select[Any]:
    """Units that will owe it when it is handed out: by the new scope, or the old one of what goes."""
    here = sa.select(run.c.unit_id).where(run.c.campaign_id == found.campaign.id, run.c.state.not_in(LEFT))
    if bounds is not None:
        here = here.where(run.c.unit_id.between(*bounds))
    scope = _scope(found, one)
    if one.what is What.removed:
        scope = session.get_one(Milestone, one.milestone).scope
    planned = Milestone(
        campaign_id=found.campaign.id, requirement="", period="", name="", kind="", scope=scope
    )
    conditions = owing.conditions(session, found.campaign, planned)
    return here.where(run.c.unit_id.in_(sa.select(unit.c.id).where(*conditions))) if conditions else here
