"""What an exempted unit still owed is waived: one unit's one by one, many units' in set statements."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, select

from states.records import matters, settling
from states.records.campaigns import Running
from states.records.columns import obligation_id, slices
from states.records.core import obligation
from states.records.tables import Milestone, Obligation


def waive_all(
    session: Session, campaign: Running, unit_id: int, now: datetime, actor: str, reason: str
) -> None:
    """An exempted unit owes nothing any more."""
    for row, _milestone in _owed(session, campaign, unit_id):
        settling.settle(session, campaign, row.id, "waive", now, actor, reason=reason)


def waive_many(
    session: Session, campaign: Running, units: Sequence[int], now: datetime, actor: str, reason: str
) -> None:
    """The same for many units at once."""
    for some in slices(units, settling.AT_ONCE):
        owed = matters.of_units(campaign.id, some), obligation.c.status.in_(settling.UNSETTLED)
        keys = settling.locked(session, list(owed))
        settling.note_acts(session, campaign, "waive", "waived", keys, now, actor, reason)
        values = {"status": "waived", "settled_at": now, "version": obligation.c.version + 1}
        settling.change_all(session, keys, values)
        settling.silence(session, keys, now)


def _owed(session: Session, campaign: Running, unit_id: int) -> list[tuple[Obligation, Milestone]]:
    milestones = {
        one.id: one
        for one in session.exec(select(Milestone).where(Milestone.campaign_id == campaign.id))
        if one.opened_at is not None
    }
    keys = [obligation_id(key, unit_id) for key in milestones]
    rows = session.exec(
        select(Obligation).where(obligation.c.id.in_(keys), obligation.c.status.in_(settling.UNSETTLED))
    )
    return [(row, milestones[row.milestone_id]) for row in rows]
