"""The dates of the items of a ledger: one milestone each, or one for every step of the item's type."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlmodel import Session

from states.records.core import milestone
from states.template import Kind

PREFIX = "ledger-"


class ItemStep(NamedTuple):
    """One date of an item; `period` is the key of the step, empty where the item has one date only."""

    id: int
    period: str
    name: str
    words: str
    due_at: datetime | None
    withdrawn_at: datetime | None


def steps_of(session: Session, campaign_id: int) -> dict[int, list[ItemStep]]:
    """Number of the item → its dates, in the order of the template."""
    mine = milestone.c.campaign_id == campaign_id, milestone.c.kind == Kind.ledger
    columns = (
        milestone.c.id,
        milestone.c.period,
        milestone.c.name,
        milestone.c.words,
        milestone.c.due_at,
        milestone.c.withdrawn_at,
        milestone.c.requirement,
    )
    found: dict[int, list[ItemStep]] = defaultdict(list)
    for *step, requirement in session.execute(sa.select(*columns).where(*mine).order_by(milestone.c.id)):
        number = requirement.removeprefix(PREFIX)
        if number != requirement and number.isdecimal():
            found[int(number)].append(ItemStep(*step))
    return found
