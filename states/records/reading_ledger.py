"""The ledger and the proposals of a campaign as they are told."""

from __future__ import annotations

from typing import NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session, select

from states.records import reading_scope
from states.records.access import Scope
from states.records.core import ledger_item, milestone, obligation, proposal, unit
from states.records.figures import spans
from states.records.ledger_steps import ItemStep, steps_of
from states.records.settling import SETTLED
from states.records.tables import LedgerItem
from states.records.told import LedgerStepTold, LedgerTold, Page, ProposalTold, instant, instant_or_none


class _Answering(NamedTuple):
    """How many units answer for something, and how many of them have settled it."""

    number: int
    settled: int


NO_ROW = _Answering(0, 0)


def ledger(session: Session, scope: Scope, campaign_id: int, after: int, limit: int) -> Page[LedgerTold]:
    """Items in the order of their numbers; with a subtree only those that a unit of it answers for.

    Raises NotAllowed, NotFound.
    """
    campaign = reading_scope.campaign_seen(session, scope, campaign_id)
    wanted = select(LedgerItem).where(ledger_item.c.campaign_id == campaign.id, ledger_item.c.no > after)
    rows = list(session.exec(wanted.order_by(ledger_item.c.no)))
    steps = steps_of(session, campaign.id)
    answering = _answering(session, scope, [one.id for row in rows for one in steps[row.no]])
    if scope.path is not None:
        rows = [row for row in rows if any(one.id in answering for one in steps[row.no])]
    items = [_item(row, steps[row.no], answering, campaign.zone) for row in rows[:limit]]
    return {"items": items, "next": str(items[-1]["no"]) if len(rows) > limit else None}


def _answering(session: Session, scope: Scope, milestones: list[int]) -> dict[int, _Answering]:
    done = sa.func.sum(sa.case((obligation.c.status.in_(SETTLED), 1), else_=0))
    statement = (
        sa.select(obligation.c.milestone_id, sa.func.count(), done)
        .where(spans(milestones), *reading_scope.units_within(scope, obligation.c.unit_id))
        .group_by(obligation.c.milestone_id)
    )
    return {key: _Answering(number, int(settled)) for key, number, settled in session.execute(statement)}


def _item(
    row: LedgerItem, steps: list[ItemStep], answering: dict[int, _Answering], zone: ZoneInfo
) -> LedgerTold:
    told = [_step(one, answering.get(one.id, NO_ROW), zone) for one in steps]
    last = next(one for one in told if one["milestone"] == row.milestone_id)
    going = [one for one, step in zip(told, steps, strict=True) if step.withdrawn_at is None]
    return {
        "no": row.no,
        "project": row.project,
        "problem": row.problem,
        "measures": list(row.measures),
        "departments": list(row.departments),
        "type": row.type,
        "words": row.due_words,
        "due": last["due"],
        "standing": row.standing,
        "milestone": row.milestone_id,
        "steps": told,
        "answering": sum(one["answering"] for one in told),
        "settled": sum(one["settled"] for one in told),
        "closed": bool(going) and all(one["closed"] for one in going),
        "withdrawn": instant_or_none(None if going else steps[-1].withdrawn_at, zone),
    }


def _step(one: ItemStep, answering: _Answering, zone: ZoneInfo) -> LedgerStepTold:
    return {
        "key": one.period,
        "name": one.name,
        "words": one.words,
        "due": instant_or_none(one.due_at, zone),
        "milestone": one.id,
        "answering": answering.number,
        "settled": answering.settled,
        "closed": 0 < answering.number == answering.settled,
    }


def proposals(
    session: Session, scope: Scope, campaign_id: int, state: str | None, after: int, limit: int
) -> Page[ProposalTold]:
    """Proposed steps in the order in which they came up; `state`: proposed, superseded, withdrawn.

    Raises NotAllowed, NotFound.
    """
    campaign = reading_scope.campaign_seen(session, scope, campaign_id)
    statement = (
        sa.select(proposal, unit.c.code, unit.c.name.label("unit_name"), milestone.c.name.label("about"))
        .join(unit, unit.c.id == proposal.c.unit_id)
        .join(milestone, milestone.c.id == proposal.c.milestone_id)
        .where(proposal.c.campaign_id == campaign.id, proposal.c.id > after, *reading_scope.within(scope))
    )
    if state is not None:
        statement = statement.where(proposal.c.state == state)
    rows = session.execute(statement.order_by(proposal.c.id).limit(limit + 1)).mappings().all()
    items: list[ProposalTold] = [
        {
            "id": row["id"],
            "unit": {"code": row["code"], "name": row["unit_name"]},
            "obligation": row["obligation_id"],
            "about": row["about"],
            "rung": row["rung"],
            "name": row["name"],
            "letter": row["letter"],
            "audience": list(row["audience"]),
            "reason": row["reason"],
            "at": instant(row["at"], campaign.zone),
            "state": row["state"],
        }
        for row in rows[:limit]
    ]
    return {"items": items, "next": str(items[-1]["id"]) if len(rows) > limit else None}
