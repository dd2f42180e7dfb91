"""Below a unit: how many of its departments or persons have done their part. Two numbers, never a row for each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa
from sqlmodel import Session

from states.progress import Counted
from states.records.core import obligation, tally
from states.records.tables import Milestone, TallyRow
from states.records.told import TallyTold
from states.template import Per

MEASURES = {Per.departments: "个科室", Per.persons: "人"}
WAIVED = "waived"


def of(session: Session, obligation_key: int) -> TallyRow | None:
    """The numbers given for one obligation."""
    return session.get(TallyRow, obligation_key, populate_existing=True)


def told(expected: int | None, done: int | None, as_of: date | None, by: str | None) -> TallyTold | None:
    """The numbers as a reader is told them; None while nobody has given any."""
    if expected is None or done is None or as_of is None or by is None:
        return None
    return {"expected": expected, "done": done, "as_of": as_of.isoformat(), "by": by}


def shortfall(milestone: Milestone, given: TallyRow | None) -> str | None:
    """Why it can't be handed in without a reason: no numbers yet, or somebody still missing."""
    if milestone.per is None:
        return None
    measure = MEASURES[Per(milestone.per)]
    if given is None:
        return f"“{milestone.name}”尚未报数（应办、已办各几{measure}）；请先报数，或写明理由"
    if given.done >= given.expected:
        return None
    missing = given.expected - given.done
    return (
        f"“{milestone.name}”应办 {given.expected} {measure}，已办 {given.done}，还差 {missing}；"
        "请办齐后报送，或写明理由"
    )


def complete() -> sa.ColumnElement[bool]:
    """Over `obligation`: its numbers are given and nobody is missing."""
    mine = tally.c.obligation_id == obligation.c.id
    return sa.exists().where(mine, tally.c.done >= tally.c.expected)


def counted(
    session: Session, milestones: Sequence[Milestone], where: Sequence[sa.ColumnElement[bool]]
) -> tuple[Counted, ...]:
    """The sums of each milestone that is counted so; `where`: which obligations. Waived ones count nowhere."""
    wanted = {one.id: one for one in milestones if one.per is not None}
    if not wanted:
        return ()
    sums = [sa.func.coalesce(sa.func.sum(column), 0) for column in (tally.c.expected, tally.c.done)]
    statement = (
        sa.select(obligation.c.milestone_id, sa.func.count(), sa.func.count(tally.c.obligation_id), *sums)
        .select_from(obligation.outerjoin(tally, tally.c.obligation_id == obligation.c.id))
        .where(*where, obligation.c.milestone_id.in_(wanted), obligation.c.status != WAIVED)
        .group_by(obligation.c.milestone_id)
        .order_by(obligation.c.milestone_id)
    )
    return tuple(
        Counted(
            wanted[key].requirement,
            wanted[key].period,
            wanted[key].name,
            wanted[key].per or "",
            *map(int, rest),
        )
        for key, *rest in session.execute(statement)
    )
