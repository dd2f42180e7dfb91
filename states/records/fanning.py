"""Handing out: one obligation per unit that owes a milestone, in one statement."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import Session

from states.records import owing
from states.records.campaigns import Running
from states.records.columns import changed, obligation_span
from states.records.core import obligation, run, unit
from states.records.tables import Milestone

OPEN = "open"
LEFT = ("closed", "exempt")


def fan_out(session: Session, campaign: Running, milestone: Milestone, *, again: bool = False) -> int:
    """One obligation per unit in scope; `again`: only for those that have none yet. Returns how many."""
    base, _last = obligation_span(milestone.id)
    rows = (
        sa.select(
            sa.literal(base, sa.BigInteger) + run.c.unit_id,
            sa.literal(campaign.id),
            sa.literal(milestone.id),
            run.c.unit_id,
            sa.literal(OPEN),
            sa.literal(False),
            sa.literal(1),
        )
        .where(run.c.campaign_id == campaign.id, run.c.state.not_in(LEFT))
        .order_by(run.c.unit_id)
    )
    conditions = owing.conditions(session, campaign, milestone)
    if conditions:
        rows = rows.join_from(run, unit, unit.c.id == run.c.unit_id).where(*conditions)
    if again:
        rows = rows.where(run.c.unit_id.not_in(_having(milestone)))
    columns = ["id", "campaign_id", "milestone_id", "unit_id", "status", "late", "version"]
    return changed(session, sa.insert(obligation).from_select(columns, rows))


def _having(milestone: Milestone) -> sa.Select[tuple[int]]:
    return sa.select(obligation.c.unit_id).where(obligation.c.id.between(*obligation_span(milestone.id)))
