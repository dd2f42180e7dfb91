"""The ledger of a campaign in four numbers, and which of its items are counted at all; see `ledger_rates`."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa
from sqlmodel import Session

from states.closing import CLOSED, WITHDRAWN
from states.records import ledger_reach
from states.records.campaigns import Running
from states.records.core import ledger_item

UNFINISHED = ("open", "rectifying")


class Whole(NamedTuple):
    """A ledger in short: `items` that count, `closed` of them, `standing` ones and how many of those were `reviewed`."""

    items: int
    standing: int
    closed: int
    reviewed: int


def counted(campaign_id: int) -> tuple[sa.ColumnElement[bool], ...]:
    """Conditions over `ledger_item`: what is counted at all."""
    return ledger_item.c.campaign_id == campaign_id, ledger_item.c.state != WITHDRAWN


def whole(session: Session, campaign: Running, path: str | None) -> Whole:
    """The same figures as `count`, in one statement; `path`: what the units below it answer for, or where they lie."""
    one = ledger_item.c
    closed = sa.and_(one.state == CLOSED, ~one.standing)
    reviewed = sa.and_(one.standing, one.reviewed_at.is_not(None), one.state.not_in(UNFINISHED))
    sums = [sa.func.sum(sa.case((what, 1), else_=0)) for what in (one.standing, closed, reviewed)]
    seen = [ledger_reach.seen_below(path)] if path is not None else []
    statement = sa.select(sa.func.count(), *sums).select_from(ledger_item)
    found = session.execute(statement.where(*counted(campaign.id), *seen)).one()
    return Whole(*(int(number or 0) for number in found))
