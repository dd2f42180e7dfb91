"""Where one phase ends later or earlier for a unit and those below it: which units, and what that means in figures.

The nearest window above a unit counts. They are laid in `laying`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from states.plan import FIRST
from states.records.campaigns import Running
from states.records.core import local_date, local_window, phase, unit
from states.records.core import milestone as milestones
from states.records.ledger_steps import FOUND
from states.records.scopes import below
from states.records.tables import LocalWindow, Milestone


@dataclass(frozen=True)
class Placed:
    """A window and the path of its unit."""

    row: LocalWindow
    path: str

    def units(self, others: Iterable[Placed]) -> list[sa.ColumnElement[bool]]:
        """Conditions over `unit`: at or below its unit, and not under a nearer window of the same phase."""
        nearer = [
            one.path
            for one in others
            if one.row.phase == self.row.phase and one.path != self.path and one.path.startswith(self.path)
        ]
        return [below(self.path), *(~below(path) for path in nearer)]


def window_of(campaign: Running, milestone: Milestone) -> str | None:
    """The key of the phase whose end concerns a milestone; in a plan without phases that of the whole.

    None: no phase does, as for what stands beside the phases or was found meanwhile and has a date of its own.
    """
    if milestone.phase is not None or milestone.requirement.startswith(FOUND):
        return milestone.phase
    return campaign.template.whole


def placed(session: Session, campaign: Running, key: str | None = None) -> list[Placed]:
    """The windows of a campaign (of one phase), those of upper units first."""
    statement = sa.select(LocalWindow, unit.c.path).join(unit, unit.c.id == local_window.c.unit_id)
    statement = statement.where(local_window.c.campaign_id == campaign.id)
    if key is not None:
        statement = statement.where(local_window.c.phase == key)
    order = statement.order_by(sa.func.length(unit.c.path), local_window.c.id)
    return [Placed(row, path) for row, path in session.execute(order).tuples()]


# -- what opens later ----------------------------------------------------------------------------------


def over(session: Session, campaign: Running, milestone: Milestone) -> list[Placed]:
    """Windows that are over before this turn of something periodic opens: nobody under them owes it any more."""
    written = {one.key: one for one in campaign.template.requirements}.get(milestone.requirement)
    window = window_of(campaign, milestone)
    if milestone.local or window is None or milestone.opens_at is None:
        return []
    if milestone.period.endswith(FIRST):
        return []
    if written is None or written.every is None:
        return []
    found = placed(session, campaign, window)
    return [one for one in found if one.row.closes_at <= milestone.opens_at]


def outside(session: Session, campaign: Running, milestone: Milestone) -> list[sa.ColumnElement[bool]]:
    """The same as conditions over `unit`."""
    ended = over(session, campaign, milestone)
    others = placed(session, campaign, window_of(campaign, milestone)) if ended else []
    return [sa.not_(sa.and_(*one.units(others))) for one in ended]


# -- looking -----------------------------------------------------------------------------------------


def closing() -> sa.ColumnElement[Any]:
    """When the phase of the row of `phase` ends for the row of `unit`: by the nearest window above it, or its own."""
    above = unit.alias("above")
    mine = sa.and_(
        unit.c.path >= above.c.path,
        unit.c.path < _head(above.c.path) + "0",
    )
    nearest = (
        sa.select(local_window.c.closes_at)
        .join(above, above.c.id == local_window.c.unit_id)
        .where(local_window.c.campaign_id == phase.c.campaign_id, local_window.c.phase == phase.c.key, mine)
        .order_by(sa.func.length(above.c.path).desc())
        .limit(1)
        .correlate(unit, phase)
        .scalar_subquery()
    )
    return sa.func.coalesce(nearest, phase.c.closes_at, type_=phase.c.closes_at.type)


def _head(path: Any) -> sa.ColumnElement[str]:
    """All of a path but the last slash; what begins with the path lies between it and this with a 0."""
    return sa.func.substr(path, 1, sa.func.length(path) - 1, type_=sa.String())


def may_be_late(campaign: Running, now: datetime) -> sa.ColumnElement[bool]:
    """Over `milestone`: its date is over, or that of some units is."""
    over = local_date.c.campaign_id == campaign.id, local_date.c.due_at < now
    return sa.or_(
        milestones.c.due_at < now, milestones.c.id.in_(sa.select(local_date.c.milestone_id).where(*over))
    )
