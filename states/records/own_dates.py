"""Obligations of one milestone that get a date apart from the others: whose they are, their journal, their timers.

Dates of whole places, with one timer a rung for all, are in `local_dates`; here each has timers of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session

from states.records import settling
from states.records.campaigns import Running
from states.records.columns import obligation_span, slices
from states.records.core import journal, obligation, timer
from states.records.journal import iso, note_from, payload
from states.records.tables import Milestone
from states.records.timers import next_cycle, timetable


def whose(milestone: Milestone, units: sa.Select[tuple[int]]) -> list[sa.ColumnElement[bool]]:
    """Conditions over `obligation`: what these units still have to do for a milestone."""
    first, last = obligation_span(milestone.id)
    unsettled = obligation.c.status.in_(settling.UNSETTLED)
    return [obligation.c.id.between(first, last), unsettled, obligation.c.unit_id.in_(units)]


def give(
    session: Session,
    campaign: Running,
    milestone: Milestone,
    keys: Sequence[int],
    due: datetime,
    now: datetime,
) -> None:
    """Old rungs fall silent and those that follow from `due` are set; see `settling.rederive` for a single one."""
    settling.silence(session, keys, now)
    values = {"due_at": due, "local_id": None, "version": obligation.c.version + 1}
    settling.change_all(session, keys, values)
    cycle = next_cycle(session, milestone.id)
    for some in slices(keys, settling.AT_ONCE):
        _set_timers(session, campaign, milestone, some, due, now, max(cycle, 1))


def _set_timers(
    session: Session,
    campaign: Running,
    milestone: Milestone,
    keys: Sequence[int],
    due: datetime,
    now: datetime,
    cycle: int,
) -> None:
    owed = obligation.c.id.in_(keys), obligation.c.status.in_(settling.OPEN)
    rungs = []
    for one in timetable(campaign, milestone, due, now):
        fixed = {
            "campaign_id": campaign.id,
            "phase_id": 0,
            "milestone_id": milestone.id,
            "local_id": 0,
            "rung": one.rung,
            "cycle": cycle,
            "after_due": one.after_due,
            "fire_at": one.fire_at,
            "cursor": 0,
            "served": 0,
            "held": False,
            "done_at": now if one.skipped else None,
            "outcome": one.skipped,
        }
        values = [sa.literal(value, timer.c[name].type).label(name) for name, value in fixed.items()]
        rungs.append(sa.select(*values, obligation.c.id).where(*owed))
        columns = [*fixed, "obligation_id"]
    if rungs:
        session.execute(sa.insert(timer).from_select(columns, sa.union_all(*rungs)))


def note_many(
    session: Session,
    campaign: Running,
    milestone: Milestone,
    keys: Sequence[int],
    due: datetime,
    now: datetime,
    actor: str,
    reason: str,
) -> None:
    """A journal row for each that will have another date, before it has."""
    for part in slices(keys, settling.AT_ONCE):
        some = [obligation.c.id.in_(part)]
        note_where(session, campaign, milestone, some, due, now, actor, reason)


def note_where(
    session: Session,
    campaign: Running,
    milestone: Milestone,
    where: Sequence[sa.ColumnElement[bool]],
    due: datetime,
    now: datetime,
    actor: str,
    reason: str,
) -> None:
    """The same for obligations named by conditions, in one statement."""
    fixed = {"at": now, "kind": "obligation.redated", "actor": actor, "campaign_id": campaign.id}
    fixed |= {"after": due.isoformat(), "reason": reason}
    literals = [sa.literal(value, journal.c[name].type) for name, value in fixed.items()]
    usual = iso(milestone.due_at)
    before = sa.func.coalesce(_iso(session), sa.literal(usual, sa.String))
    about = payload(session, obligation=obligation.c.id)
    rows = sa.select(*literals, obligation.c.unit_id, before, about).where(*where)
    note_from(session, [*fixed, "unit_id", "before", "payload"], rows.order_by(obligation.c.id))


def _iso(session: Session) -> sa.ColumnElement[str]:
    """An obligation's own date as `datetime.isoformat` writes it in UTC."""
    own = obligation.c.due_at
    if session.get_bind().dialect.name == "postgresql":
        return sa.func.to_char(sa.func.timezone("UTC", own), 'YYYY-MM-DD"T"HH24:MI:SS+00:00', type_=sa.String)
    return sa.func.strftime("%Y-%m-%dT%H:%M:%S+00:00", own, type_=sa.String)
