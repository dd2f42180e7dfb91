"""What waits to be checked and closed: claims with what was handed in for them, in the order of their numbers."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlmodel import Session, select

from states.records import ledger_moving, reading_answers, reading_ledger, reading_scope
from states.records.access import Scope
from states.records.core import ledger_item
from states.records.ledger_items import Which
from states.records.tables import LedgerItem
from states.records.told import LedgerAnswer, LedgerTold, MoveChoice

OFFERED = ("check", "close", "review", "return")


class Waiting(NamedTuple):
    """One item that waits: what is told of it, what was handed in for it, and what may become of it now."""

    item: LedgerTold
    answers: list[LedgerAnswer]
    moves: list[MoveChoice]


class Queue(NamedTuple):
    """Some of them; `next`: from where the others go on."""

    waiting: list[Waiting]
    next: str | None


def queue(
    session: Session,
    scope: Scope,
    campaign_id: int,
    states: tuple[str, ...],
    now: datetime,
    after: int,
    limit: int,
) -> Queue:
    """`states`: only items in these. Moves that lead nowhere from there are left out, others say why they are shut.

    Raises NotAllowed, NotFound, Faulty.
    """
    campaign = reading_scope.campaign_seen(session, scope, campaign_id)
    which = Which(states=states, waiting=True)
    page = reading_ledger.ledger(session, scope, campaign_id, which, now, after, limit)
    told = {one["no"]: one for one in page["items"]}
    mine = ledger_item.c.campaign_id == campaign.id, ledger_item.c.no.in_(list(told))
    rows = session.exec(select(LedgerItem).where(*mine).order_by(ledger_item.c.no))
    found = []
    for row in rows:
        choices = ledger_moving.choices(session, campaign, row, scope)
        never = "close" if row.standing else "review"
        offered = [one for one in choices if one.move in OFFERED and one.to is not None and one.move != never]
        moves = [reading_ledger.choice(one) for one in offered]
        answers = reading_answers.answers(session, scope, campaign, row.id)
        found.append(Waiting(told[row.no], answers, moves))
    return Queue(found, page["next"])
