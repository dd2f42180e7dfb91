"""The dates of the items of a ledger: one milestone each, or one for every step of the item's type."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlmodel import Session

from states.records.core import ledger_item, milestone
from states.template import Kind

PREFIX = "ledger-"  # rows that came with the plan
FOUND = "found-"  # problems that were found while the campaign runs; the plan knows nothing of them


class ItemStep(NamedTuple):
    """One date of an item; `period` is the key of the step, empty where the item has one date only."""

    id: int
    period: str
    name: str
    words: str
    due_at: datetime | None
    withdrawn_at: datetime | None


def steps_of(
    session: Session, campaign_id: int, numbers: Collection[int] | None = None
) -> dict[int, list[ItemStep]]:
    """Number of the item → its dates, in the order of the template. `numbers`: only of these items."""
    mine = [milestone.c.campaign_id == campaign_id, milestone.c.kind == Kind.ledger]
    if numbers is not None:
        mine.append(
            milestone.c.requirement.in_([f"{kind}{no}" for kind in (PREFIX, FOUND) for no in numbers])
        )
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
        number = number_in(requirement)
        if number is not None:
            found[number].append(ItemStep(*step))
    return found


def number_in(requirement: str) -> int | None:
    """The number of the item whose milestone has this requirement; None for any other requirement."""
    kind, _, number = requirement.rpartition("-")
    return int(number) if f"{kind}-" in (PREFIX, FOUND) and number.isdecimal() else None


def dated() -> sa.ColumnElement[bool]:
    """Over `ledger_item` and `milestone`: whether this is a date of that item that still counts."""
    return sa.and_(belongs(), milestone.c.withdrawn_at.is_(None))


def belongs() -> sa.ColumnElement[bool]:
    """The same for every date that the item has or had."""
    kind = sa.case((ledger_item.c.found_by.is_(None), PREFIX), else_=FOUND)
    return sa.and_(
        milestone.c.campaign_id == ledger_item.c.campaign_id,
        milestone.c.requirement == kind.concat(sa.cast(ledger_item.c.no, sa.String)),
    )
