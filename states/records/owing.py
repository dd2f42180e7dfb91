"""Who owes a milestone: what its fan-out writes rows for, and whom it holds back while it is still to be opened."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlmodel import Session

from states.records import local_facts, local_windows, scopes
from states.records.campaigns import Running
from states.records.core import unit
from states.records.tables import Milestone, Unit


def conditions(session: Session, campaign: Running, milestone: Milestone) -> list[sa.ColumnElement[bool]]:
    """Conditions over `unit`; none where every unit that takes part owes it."""
    found = local_windows.outside(session, campaign, milestone)
    if milestone.local:
        found.append(local_facts.owing(session, campaign, milestone))
    if milestone.scope or campaign.has_departments:
        owner = session.get_one(Unit, campaign.row.owner_id)
        found += scopes.owing(session, milestone.scope, owner)
    return found


def holding(session: Session, campaign: Running, milestones: Iterable[Milestone], unit_id: int) -> set[int]:
    """Of milestones still to be opened those that this unit will owe."""
    held = set()
    known: dict[tuple[object, ...], bool] = {}
    for one in milestones:
        ended = local_windows.over(session, campaign, one)
        alike = repr(sorted(one.scope.items())), tuple(each.row.id for each in ended), one.local and one.id
        if alike not in known:
            known[alike] = _meets(session, unit_id, conditions(session, campaign, one))
        if known[alike]:
            held.add(one.id)
    return held


def _meets(session: Session, unit_id: int, bound: list[sa.ColumnElement[bool]]) -> bool:
    if not bound:
        return True
    return session.execute(sa.select(unit.c.id).where(unit.c.id == unit_id, *bound)).first() is not None
