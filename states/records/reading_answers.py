"""Who answers for an item of the ledger, date by date: how far they are, and how often they have handed in evidence."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import Session

from states.records import reading_scope
from states.records.access import Scope
from states.records.campaigns import Running
from states.records.core import ledger_item, milestone, obligation, submission, unit
from states.records.ledger_steps import belongs
from states.records.matters import due_in_force, of_milestone
from states.records.settling import STATUS_NAMES
from states.records.told import LedgerAnswer, instant_or_none


def answers(session: Session, scope: Scope, campaign: Running, item_id: int) -> list[LedgerAnswer]:
    """Those that the key may see, in the order of the dates and of the units."""
    versions = sa.select(sa.func.count()).where(submission.c.obligation_id == obligation.c.id)
    statement = (
        sa.select(
            *(
                obligation.c.id,
                unit.c.code,
                unit.c.name,
                milestone.c.period,
                obligation.c.status,
                due_in_force(),
            ),
            *(obligation.c.late, versions.correlate(obligation).scalar_subquery()),
        )
        .select_from(ledger_item)
        .join(milestone, belongs())
        .join(obligation, of_milestone())
        .join(unit, unit.c.id == obligation.c.unit_id)
        .where(ledger_item.c.id == item_id, *reading_scope.units_within(scope, obligation.c.unit_id))
        .order_by(milestone.c.id, unit.c.id)
    )
    return [
        {
            "obligation": key,
            "unit": {"code": code, "name": name},
            "step": step,
            "status": {"key": status, "name": STATUS_NAMES[status]},
            "due": instant_or_none(at, campaign.zone),
            "late": late,
            "submissions": number,
        }
        for key, code, name, step, status, at, late, number in session.execute(statement)
    ]
