"""Requests for extensions in the order in which they want to be decided, page by page."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from states.records.campaigns import Running
from states.records.core import extension, unit
from states.records.respite import Extension
from states.records.tables import Unit

NUMBERS, MINUTES = 10**9, 10**8  # room for the numbers of requests, for the minutes since 1970 until 2160


def listed(
    session: Session,
    campaign: Running,
    path: str | None,
    state: str | None,
    after: int = 0,
    limit: int | None = None,
) -> list[tuple[Extension, Unit]]:
    """Requests, those that wait for a decision first, the most urgent at the top; `path`: only of units at or below it.

    `after`: a `place` that a page ended with.
    """
    wanted = sa.select(Extension, Unit).join(Unit, unit.c.id == extension.c.unit_id)
    wanted = wanted.where(extension.c.campaign_id == campaign.id)
    if path is not None:
        wanted = wanted.where(unit.c.path >= path, unit.c.path < path[:-1] + "0")
    if state is not None:
        wanted = wanted.where(extension.c.state == state)
    order = (sa.case((extension.c.state == "asked", 0), else_=1), extension.c.decide_by, extension.c.id)
    if after:
        wanted = wanted.where(_beyond(order, after))
    rows = session.execute(wanted.order_by(*order).limit(limit)).tuples()
    return [(row, asker) for row, asker in rows]


def place(row: Extension) -> int:
    """Where a request stands in the list, as a number that stays the same while it is not decided."""
    return at(row.state, row.decide_by, row.id)


def at(state: str, decide_by: datetime, number: int) -> int:
    """The same of a request that is only told of."""
    minutes = int(decide_by.timestamp()) // 60
    return ((state != "asked") * MINUTES + minutes) * NUMBERS + number


def _beyond(order: tuple[sa.ColumnElement[int], Any, Any], after: int) -> sa.ColumnElement[bool]:
    over, number = divmod(after, NUMBERS)
    decided, minutes = divmod(over, MINUTES)
    group, by, id_ = order
    at = datetime.fromtimestamp(minutes * 60, UTC)
    return sa.or_(
        group > decided,
        sa.and_(group == decided, sa.or_(by > at, sa.and_(by == at, id_ > number))),
    )
