"""Which units have been told by a rung after a due date, for many at once: the same that a unit's status says of one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from states.machine import SUSPENDED
from states.records import matters
from states.records.campaigns import Running
from states.records.core import milestone, obligation, run, timer
from states.records.local_windows import may_be_late
from states.records.matters import handed_out, of_milestone
from states.records.reads import fired
from states.records.settling import OPEN

FIRED = fired()


def condition(campaign: Running, now: datetime) -> sa.ColumnElement[bool]:
    """Over `unit_run`: a rung after the due date has taken effect on something that the unit still owes.

    One that waits for a person's word, or found the unit suspended, has not (`reading_standing.escalation`).
    """
    if not _mild(campaign):
        return sa.false()
    paused = run.c.state.like(f"%{SUSPENDED}")
    told = sa.or_(
        *(run.c.unit_id.in_(one) for one in (_told_with_all(campaign, now), _told_apart(campaign, now)))
    )
    before = run.c.unit_id.in_(_told_before_the_pause(campaign, now))
    return sa.case((paused, before), else_=told)


def _told_with_all(campaign: Running, now: datetime) -> sa.Select[Any]:
    """Units whose date is that of the milestone, of which a rung has told all. Whether it has is counted, since of an EXISTS
    PostgreSQL may make a loop over all rungs for each milestone."""
    rungs = sa.select(sa.func.count()).select_from(timer).where(_of_all(), sa.or_(*_mild(campaign)))
    joined = milestone.join(obligation, of_milestone())
    told = sa.select(obligation.c.unit_id).select_from(joined).where(*_owed_late(campaign, now), _shared())
    return told.where(rungs.correlate(milestone).scalar_subquery() > 0).distinct()


def _told_apart(campaign: Running, now: datetime) -> sa.Select[Any]:
    """Units with a date of their own or of their place, and rungs of that date."""
    joined = milestone.join(obligation, of_milestone()).join(timer, FIRED)
    told = sa.select(obligation.c.unit_id).select_from(joined).where(*_owed_late(campaign, now), ~_shared())
    return told.where(sa.or_(*_mild(campaign))).distinct()


def _told_before_the_pause(campaign: Running, now: datetime) -> sa.Select[Any]:
    """Units that are suspended, told before they were."""
    its = run.alias("heard")
    mine = sa.and_(its.c.campaign_id == campaign.id, its.c.unit_id == obligation.c.unit_id)
    joined = milestone.join(obligation, of_milestone()).join(its, mine).join(timer, FIRED)
    told = sa.select(obligation.c.unit_id).select_from(joined).where(*_owed_late(campaign, now))
    paused = its.c.state.like(f"%{SUSPENDED}"), timer.c.done_at <= its.c.since
    return told.where(sa.or_(*_mild(campaign)), *paused).distinct()


def _owed_late(campaign: Running, now: datetime) -> list[sa.ColumnElement[bool]]:
    return [*handed_out(campaign.id), may_be_late(campaign, now), obligation.c.status.in_(OPEN)]


def _shared() -> sa.ColumnElement[bool]:
    """Over `obligation`: its date is that of the milestone."""
    return sa.and_(obligation.c.due_at.is_(None), obligation.c.local_id.is_(None))


def _of_all() -> sa.ColumnElement[bool]:
    """Over `milestone` and `timer`: it has told everybody who has the date of the milestone; see `reads.fired`."""
    one = timer.c
    its = one.phase_id == 0, one.milestone_id == milestone.c.id, one.obligation_id == 0, one.local_id == 0
    return sa.and_(*its, one.fire_at >= milestone.c.due_at, one.after_due, one.outcome == "fired")


def overdue(campaign: Running, now: datetime) -> sa.ColumnElement[bool]:
    """Over `unit_run`: the unit still owes something whose date is over; set-based, for counting many."""
    owing = (
        sa.select(obligation.c.unit_id)
        .select_from(milestone.join(obligation, of_milestone()))
        .where(*matters.overdue(campaign.id, now))
        .distinct()
    )
    return run.c.unit_id.in_(owing)


def _mild(campaign: Running) -> list[sa.ColumnElement[bool]]:
    """Over milestone and timer: rungs of the plan that take effect without a person's word."""
    found: list[sa.ColumnElement[bool]] = []
    for key, ladder in campaign.template.ladders.items():
        numbers = [number for number, rung in enumerate(ladder.rungs, 1) if not rung.confirm]
        if numbers:
            found.append(sa.and_(milestone.c.ladder == key, timer.c.rung.in_(numbers)))
    return found
