"""The ledger and the proposals of a campaign as they are told."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple, cast
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session, select

from states.closing import CLOSED, FOUND_BY, STATES
from states.errors import NotAllowed, NotFound
from states.machine import Choice
from states.records import ledger_items, ledger_moving, ledger_reach, reading_answers, reading_scope
from states.records.access import Scope
from states.records.campaigns import Running
from states.records.core import journal, ledger_item, milestone, obligation, proposal, unit
from states.records.ledger_items import Which
from states.records.ledger_steps import ItemStep, steps_of
from states.records.ledger_whole import UNFINISHED
from states.records.matters import spans
from states.records.settling import SETTLED
from states.records.tables import LedgerItem
from states.records.told import (
    HandedOver,
    LedgerFact,
    LedgerInFull,
    LedgerStepTold,
    LedgerTold,
    MoveChoice,
    Page,
    Place,
    ProposalTold,
    instant,
    instant_or_none,
)


class _Answering(NamedTuple):
    """How many units answer for something, and how many of them have settled it."""

    number: int
    settled: int


NO_ROW = _Answering(0, 0)


def ledger(
    session: Session, scope: Scope, campaign_id: int, which: Which, now: datetime, after: int, limit: int
) -> Page[LedgerTold]:
    """Items in the order of their numbers; with a subtree only those of its units, or that a unit of it answers for.

    Raises NotAllowed, NotFound, Faulty.
    """
    campaign = reading_scope.campaign_seen(session, scope, campaign_id)
    chosen = ledger_items.conditions(session, which, now)
    mine = ledger_item.c.campaign_id == campaign.id, ledger_item.c.no > after
    wanted = select(LedgerItem).where(*mine, *chosen, *ledger_reach.seen(scope))
    rows = list(session.exec(wanted.order_by(ledger_item.c.no).limit(limit + 1)))
    items = _told(session, scope, campaign, rows[:limit])
    return {"items": items, "next": str(items[-1]["no"]) if len(rows) > limit else None}


def one(session: Session, scope: Scope, campaign_id: int, no: int) -> LedgerInFull:
    """One item with its moves and its history. Raises NotAllowed, NotFound."""
    campaign = reading_scope.campaign_seen(session, scope, campaign_id)
    row = session.get_one(LedgerItem, ledger_reach.item_seen(session, scope, campaign, no))
    choices = ledger_moving.choices(session, campaign, row, scope)
    return {
        **_told(session, scope, campaign, [row])[0],
        "answers": reading_answers.answers(session, scope, campaign, row.id),
        "moves": [choice(one) for one in choices],
        "history": history(session, campaign, row),
    }


def late(one: LedgerTold, now: datetime) -> bool:
    """Not claimed, and its date in force is past: what `ledger_items.late` finds, of one that is told."""
    due = one["due"]
    return awaited(one) and due is not None and datetime.fromisoformat(due) < now


def awaited(one: LedgerTold) -> bool:
    """It has a date, and is not claimed."""
    return one["due"] is not None and one["state"]["key"] in UNFINISHED


def choice(one: Choice) -> MoveChoice:
    """A move as it is told."""
    return {
        "move": one.move,
        "name": one.name,
        "to": {"key": one.to, "name": STATES[one.to], "stage": None} if one.to else None,
        "open": one.open,
        "refusals": list(one.refusals),
        "needs_reason": one.needs_reason,
    }


def history(session: Session, campaign: Running, row: LedgerItem) -> list[LedgerFact]:
    """What the journal says of one item, oldest first."""
    columns = journal.c.at, journal.c.actor, journal.c.kind, journal.c.before, journal.c.after
    statement = sa.select(*columns, journal.c.reason, journal.c.payload).where(journal.c.item_id == row.id)
    return [
        {
            "at": instant(at, campaign.zone),
            "by": actor,
            "what": {"key": kind.removeprefix("ledger."), "name": ledger_moving.kind_name(kind)},
            "before": STATES.get(before or ""),
            "after": STATES.get(after or ""),
            "reason": reason,
            "more": {key: value for key, value in (said or {}).items() if key not in ("item", "no")},
        }
        for at, actor, kind, before, after, reason, said in session.execute(statement.order_by(journal.c.id))
    ]


def _told(session: Session, scope: Scope, campaign: Running, rows: list[LedgerItem]) -> list[LedgerTold]:
    steps = steps_of(session, campaign.id, [row.no for row in rows])
    answering = _answering(session, scope, [one.id for row in rows for one in steps[row.no]])
    wanted = sa.select(unit.c.id, unit.c.code, unit.c.name).where(
        unit.c.id.in_({row.unit_id for row in rows})
    )
    places: dict[int, Place] = {
        key: {"code": code, "name": name} for key, code, name in session.execute(wanted)
    }
    last = sa.select(ledger_item.c.id, ledger_items.in_force())
    last = last.join(milestone, milestone.c.id == ledger_item.c.milestone_id)
    keys = ledger_item.c.id.in_([row.id for row in rows])
    due = dict(session.execute(last.where(keys)).tuples().all())
    return [
        {
            **_whole(row, steps[row.no], answering, campaign.zone, places[row.unit_id]),
            "due": instant_or_none(due[row.id], campaign.zone),
        }
        for row in rows
    ]


def _whole(
    row: LedgerItem, steps: list[ItemStep], answering: dict[int, _Answering], zone: ZoneInfo, place: Place
) -> LedgerTold:
    return cast(LedgerTold, {**_item(row, steps, answering, zone), **_life(row, zone), "unit": place})


def _life(row: LedgerItem, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "state": {"key": row.state, "name": STATES[row.state]},
        "since": instant(row.since, zone),
        "version": row.version,
        "lead": row.lead,
        "found_by": {"key": row.found_by, "name": FOUND_BY[row.found_by]} if row.found_by else None,
        "reported_at": instant_or_none(row.reported_at, zone),
        "lenient": row.lenient,
        "lenient_why": row.lenient_why,
        "done": list(row.done),
        "closed_at": instant_or_none(row.closed_at, zone),
        "reviewed_at": instant_or_none(row.reviewed_at, zone),
        "reopened": row.reopened,
        "handed": _handed(row, zone),
        "more": dict(row.more),
    }


def _handed(row: LedgerItem, zone: ZoneInfo) -> HandedOver | None:
    if row.handed_to is None or row.handed_at is None:
        return None
    return {"to": row.handed_to, "number": row.handed_no, "at": instant(row.handed_at, zone)}


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
) -> dict[str, Any]:
    told = [_step(one, answering.get(one.id, NO_ROW), zone) for one in steps]
    return {
        "no": row.no,
        "project": row.project,
        "problem": row.problem,
        "measures": list(row.measures),
        "departments": list(row.departments),
        "type": row.type,
        "words": row.due_words,
        "standing": row.standing,
        "milestone": row.milestone_id,
        "steps": told,
        "answering": sum(one["answering"] for one in told),
        "settled": sum(one["settled"] for one in told),
        "closed": row.state == CLOSED,
        "withdrawn": instant_or_none(row.withdrawn_at, zone),
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
    """Proposed steps in the order in which they came up; `state`: proposed, confirmed, dismissed, superseded, withdrawn.

    Raises NotAllowed, NotFound.
    """
    campaign = reading_scope.campaign_seen(session, scope, campaign_id)
    statement = _proposals(scope, campaign).where(proposal.c.id > after)
    if state is not None:
        statement = statement.where(proposal.c.state == state)
    rows = session.execute(statement.order_by(proposal.c.id).limit(limit + 1)).mappings().all()
    items = [_proposal(row, campaign) for row in rows[:limit]]
    return {"items": items, "next": str(items[-1]["id"]) if len(rows) > limit else None}


def one_proposal(session: Session, scope: Scope, campaign_id: int, key: int) -> ProposalTold:
    """One proposed step. Raises NotAllowed, NotFound."""
    campaign = reading_scope.campaign_seen(session, scope, campaign_id)
    row = session.execute(_proposals(scope, campaign).where(proposal.c.id == key)).mappings().first()
    if row is None and scope.path is not None:
        raise NotAllowed("该措施不在授权范围内")
    if row is None:
        raise NotFound(f"这次专项行动中没有编号为 {key} 的待确认措施")
    return _proposal(row, campaign)


def _proposals(scope: Scope, campaign: Running) -> sa.Select[Any]:
    return (
        sa.select(proposal, unit.c.code, unit.c.name.label("unit_name"), milestone.c.name.label("about"))
        .join(unit, unit.c.id == proposal.c.unit_id)
        .join(milestone, milestone.c.id == proposal.c.milestone_id)
        .where(proposal.c.campaign_id == campaign.id, *reading_scope.within(scope))
    )


def _proposal(row: Any, campaign: Running) -> ProposalTold:
    return {
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
        "decided_at": instant_or_none(row["decided_at"], campaign.zone),
        "decided_by": row["decided_by"],
        "answer": row["answer"],
    }
