"""Obligations counted by what matters of them: the one statement on which every figure of reporting stands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from heapq import nlargest
from itertools import pairwise
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import Session

from states.progress import OWED, Count
from states.records import scopes
from states.records.columns import UNITS_AT_MOST, obligation_span
from states.records.core import milestone, obligation, unit
from states.records.tables import Milestone
from states.records.then import TODAY, Seen
from states.template import Kind

OF_LEDGER = 0
RANGES = 100  # of the primary key in one statement


class Matters(NamedTuple):
    """So many obligations of one place that are alike, of one `milestone`, or (OF_LEDGER) of all items of the ledger with
    that `phase` together: each of those has a milestone of its own."""

    milestone: int
    phase: str | None
    region: str
    counted: Count


def within(path: str | None, unit_id: Any) -> list[sa.ColumnElement[bool]]:
    """Over a column of unit ids: units at or below the unit of that path."""
    return [] if path is None else [unit_id.in_(sa.select(unit.c.id).where(scopes.below(path)))]


def spans(milestones: Sequence[int]) -> sa.ColumnElement[bool]:
    """The obligations of these milestones as ranges of the primary key; neighbours are one range.

    Of very many, as of problems that were found by turns in two campaigns, the nearest stand in one range and are told by
    their numbers: SQLite takes no expression of a thousand alternatives.
    """
    keys = sorted(set(milestones))
    places = range(1, len(keys))
    gaps = [place for place in places if keys[place] > keys[place - 1] + 1]
    widest = nlargest(RANGES - 1, gaps, key=lambda place: keys[place] - keys[place - 1])
    cuts = [0, *sorted(widest), len(keys)] if keys else [0]
    ranges = [
        obligation.c.id.between(obligation_span(keys[first])[0], obligation_span(keys[after - 1])[1])
        for first, after in pairwise(cuts)
    ]
    found = sa.or_(*ranges) if ranges else sa.false()
    return found if len(widest) == len(gaps) else sa.and_(found, obligation.c.milestone_id.in_(keys))


def of_milestone(key: sa.ColumnElement[int] = milestone.c.id) -> sa.ColumnElement[bool]:
    """Over `milestone` and `obligation`: it is owed for that milestone, as a range of the primary key; so the database
    goes from the milestones that are asked for to what is owed, however many they are."""
    first = sa.cast(key, sa.BigInteger) * UNITS_AT_MOST
    return obligation.c.id.between(first, first + (UNITS_AT_MOST - 1))


def of_units(campaign_id: int, units: Sequence[int]) -> sa.ColumnElement[bool]:
    """Over `obligation`: what these units owe or owed in that campaign, by the keys that it has."""
    key = sa.cast(milestone.c.id, sa.BigInteger) * UNITS_AT_MOST + unit.c.id
    theirs = milestone.c.campaign_id == campaign_id, milestone.c.opened_at.is_not(None), unit.c.id.in_(units)
    return obligation.c.id.in_(sa.select(key).select_from(milestone.join(unit, sa.true())).where(*theirs))


def handed_out(campaign_id: int) -> list[sa.ColumnElement[bool]]:
    """Over `milestone`: what is asked of units in that campaign."""
    mine = milestone.c.campaign_id == campaign_id
    return [mine, milestone.c.opened_at.is_not(None), milestone.c.withdrawn_at.is_(None)]


def due_in_force() -> sa.ColumnElement[datetime]:
    """Over `milestone` and `obligation`: the own date, else that of the milestone."""
    return sa.func.coalesce(obligation.c.due_at, milestone.c.due_at, type_=milestone.c.due_at.type)


def overdue(campaign_id: int, now: datetime) -> list[sa.ColumnElement[bool]]:
    """Over `milestone` and `obligation`: still owed in that campaign though its date has passed."""
    return [*handed_out(campaign_id), obligation.c.status.in_(OWED), due_in_force() < now]


def of_campaign(
    session: Session, campaign_id: int, now: datetime, path: str | None = None, members: sa.CTE | None = None
) -> list[Matters]:
    """All that is owed in a campaign by the units at or below the one of `path`, or by the `members` alone (columns
    `unit_id` and `region`), apart for each region."""
    key = sa.case((milestone.c.kind == Kind.ledger, OF_LEDGER), else_=milestone.c.id).label("of_milestone")
    due = sa.case((due_in_force() < now, 1), else_=0).label("is_due")
    joined, region = milestone.join(obligation, of_milestone()), []
    if members is not None:
        joined, region = joined.join(members, members.c.unit_id == obligation.c.unit_id), [members.c.region]
    stands = milestone.c.phase, obligation.c.status, obligation.c.late, *region
    statement = (
        sa.select(key, due, sa.func.count(), *stands)
        .select_from(joined)
        .where(*handed_out(campaign_id), *within(path, obligation.c.unit_id))
        .group_by(sa.text("of_milestone"), sa.text("is_due"), *stands)
    )
    return [
        Matters(one, phase, "".join(map(str, where)), Count(status, bool(due), late, number))
        for one, due, number, phase, status, late, *where in session.execute(statement).tuples()
    ]


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
    joined = seen.joined if top is None else seen.joined.join(unit, unit.c.id == obligation.c.unit_id)
    where = [spans([one.id for one in milestones]), *within(path, obligation.c.unit_id)]
    return grouped(session, milestones, now, region, joined, where, seen)


def grouped(
    session: Session,
    milestones: Sequence[Milestone],
    now: datetime,
    group: sa.ColumnElement[Any],
    joined: sa.FromClause,
    where: Sequence[sa.ColumnElement[bool]],
    seen: Seen = TODAY,
) -> list[tuple[int, str, Count]]:
    """The same of the obligations `where` in `joined`, apart for each `group` (text); `milestones`: all that they are of."""
    own_due = seen.own.is_not(None)
    statement = (
        sa.select(
            obligation.c.milestone_id,
            group.label("region"),
            seen.status.label("status"),
            seen.late.label("late"),
            sa.case((own_due, sa.case((seen.own < now, 1), else_=0)), else_=-1).label("own"),
            sa.func.count(),
        )
        .select_from(joined)
        .where(*where)
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
