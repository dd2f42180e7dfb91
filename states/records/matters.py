"""Obligations counted by what matters of them: the one statement on which every figure of reporting stands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from states.progress import Count
from states.records import scopes
from states.records.columns import obligation_span
from states.records.core import obligation, unit
from states.records.tables import Milestone
from states.records.then import TODAY, Seen


def within(path: str | None, unit_id: Any) -> list[sa.ColumnElement[bool]]:
    """Over a column of unit ids: units at or below the unit of that path."""
    return [] if path is None else [unit_id.in_(sa.select(unit.c.id).where(scopes.below(path)))]


def spans(milestones: Sequence[int]) -> sa.ColumnElement[bool]:
    """The obligations of these milestones as ranges of the primary key; neighbours are one range."""
    ranges: list[list[int]] = []
    for key in sorted(milestones):
        if ranges and ranges[-1][1] == key - 1:
            ranges[-1][1] = key
        else:
            ranges.append([key, key])
    found = [
        obligation.c.id.between(obligation_span(first)[0], obligation_span(last)[1]) for first, last in ranges
    ]
    return sa.or_(*found) if found else sa.false()


def each(
    session: Session, milestones: Sequence[Milestone], now: datetime, path: str | None
) -> list[tuple[int, Count]]:
    """Obligations of each milestone, by what matters of them."""
    return [(key, count) for key, _region, count in by_region(session, milestones, now, path, None)]


def by_region(
    session: Session,
    milestones: Sequence[Milestone],
    now: datetime,
    path: str | None,
    top: str | None,
    seen: Seen = TODAY,
) -> list[tuple[int, str, Count]]:
    """The same, apart for each unit right below the one of the path `top`; empty: that unit itself, or no `top`.

    `seen`: as they stood at another moment.
    """
    region = sa.literal_column("''") if top is None else region_of(session, top)
    own_due = seen.own.is_not(None)
    joined = seen.joined if top is None else seen.joined.join(unit, unit.c.id == obligation.c.unit_id)
    statement = (
        sa.select(
            obligation.c.milestone_id,
            region.label("region"),
            seen.status.label("status"),
            seen.late.label("late"),
            sa.case((own_due, sa.case((seen.own < now, 1), else_=0)), else_=-1).label("own"),
            sa.func.count(),
        )
        .select_from(joined)
        .where(spans([one.id for one in milestones]), *within(path, obligation.c.unit_id))
        .group_by(
            obligation.c.milestone_id,
            sa.text("region"),
            *(seen.status, seen.late),
            sa.text("own"),
        )
    )
    passed = {one.id: one.due_at is not None and one.due_at < now for one in milestones}
    return [
        (milestone, str(region), Count(status, passed[milestone] if own < 0 else bool(own), late, number))
        for milestone, region, status, late, own, number in session.execute(statement).tuples()
    ]


def region_of(session: Session, top: str) -> sa.ColumnElement[Any]:
    """The id, as text, of the unit below `top` that a unit belongs to."""
    rest = sa.func.substr(unit.c.path, len(top) + 1)
    if session.get_bind().dialect.name == "postgresql":
        first = sa.func.split_part(rest, "/", 1)
    else:
        first = sa.func.substr(rest, 1, sa.func.max(sa.func.instr(rest, "/") - 1, 0))
    return sa.case((scopes.below(top), first), else_="")
