"""A calendar moves the days of rungs, also of dates that stay: what is still to speak takes its new day."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from states import ladder
from states.records.campaigns import Running
from states.records.core import local_date, milestone, obligation, timer
from states.records.journal import note
from states.records.tables import Milestone


def retime(session: Session, campaign: Running, now: datetime, actor: str, reason: str) -> int:
    """Give every rung to come the day that the present calendar gives it; returns how many timers that moved."""
    days = _Days(session, campaign)
    moved = [
        {"key": one.id, "to": at}
        for one in session.execute(_coming(campaign, now)).all()
        if (at := days.of(one.milestone_id, one.rung, one.due)) is not None
        and at != one.fire_at
        and (one.opened_at is None or at > one.opened_at)  # else it speaks when its turn opens
    ]
    if not moved:
        return 0
    taking = sa.update(timer).where(timer.c.id == sa.bindparam("key")).values(fire_at=sa.bindparam("to"))
    session.connection().execute(taking, moved)
    note(session, now, "rungs.retimed", actor, campaign_id=campaign.id, reason=reason, timers=len(moved))
    return len(moved)


def _coming(campaign: Running, now: datetime) -> sa.Select[Any]:
    due = sa.func.coalesce(
        obligation.c.due_at, local_date.c.due_at, milestone.c.due_at, type_=milestone.c.due_at.type
    )
    joined = (
        timer.join(milestone, milestone.c.id == timer.c.milestone_id)
        .outerjoin(obligation, obligation.c.id == timer.c.obligation_id)
        .outerjoin(local_date, local_date.c.id == timer.c.local_id)
    )
    coming = timer.c.campaign_id == campaign.id, timer.c.done_at.is_(None), timer.c.fire_at > now
    about = sa.select(
        timer.c.id,
        timer.c.milestone_id,
        timer.c.rung,
        timer.c.fire_at,
        due.label("due"),
        milestone.c.opened_at,
    )
    return about.select_from(joined).where(*coming, timer.c.rung > 0, due.is_not(None))


class _Days:
    """When a rung of a date falls; equal ones are worked out once."""

    def __init__(self, session: Session, campaign: Running) -> None:
        self.session, self.campaign = session, campaign
        self._known: dict[tuple[int, datetime], dict[int, datetime]] = {}

    def of(self, milestone_id: int, rung: int, due: datetime) -> datetime | None:
        if (milestone_id, due) not in self._known:
            steps = self.campaign.ladder(self.session.get_one(Milestone, milestone_id))
            calendar, zone = self.campaign.calendar, self.campaign.zone
            found = ladder.timetable(steps, due, due, calendar, zone) if steps else []
            self._known[milestone_id, due] = {one.rung: one.fire_at for one in found}
        return self._known[milestone_id, due].get(rung)
