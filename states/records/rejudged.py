"""A rung that was decided before its date became another one, judged at the last moment: left out, or said anew."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from states.dates import parse_offset
from states.ladder import fire_at
from states.records.campaigns import Running
from states.records.core import timer
from states.template import Rung

BY = "应于{words}前办结"
ANEW = "“{what}”期限已改为{words}，按方案{rung}"


def day_words(due: datetime, campaign: Running) -> str:
    """3月12日18:00"""
    local = due.astimezone(campaign.zone)
    return f"{local.month}月{local.day}日{local:%H:%M}"


class Rejudged:
    """What rungs say of dates in force; which of them come again is asked once per milestone."""

    def __init__(self, session: Session, now: datetime) -> None:
        self.session, self.now = session, now
        self._coming: dict[int, set[int]] = {}

    def reason(self, told: Any, owed: Any, what: Any, campaign: Running) -> str | None:
        """The sentence as it holds now; None where the rung comes again for the date in force, or speaks too early."""
        due = owed.due_at or what.due_at
        rung = _rung(told, what, campaign)
        if due is None or rung is None:
            return str(told.reason)
        early = fire_at(rung, due, campaign.calendar, campaign.zone) > self.now
        if owed.due_at is not None and early:
            return None
        words = day_words(due, campaign)
        if BY.format(words=words) in told.reason:
            return str(told.reason)
        if early and (parse_offset(rung.at).n > 0 or told.rung in self._again(what.id)):
            return None
        return ANEW.format(what=what.name, words=words, rung=rung.name)

    def _again(self, milestone_id: int) -> set[int]:
        """Rungs of the common date that are still to come."""
        if milestone_id not in self._coming:
            cohort = timer.c.phase_id == 0, timer.c.milestone_id == milestone_id, timer.c.obligation_id == 0
            waiting = sa.select(timer.c.rung).where(
                *cohort, timer.c.done_at.is_(None), timer.c.fire_at > self.now
            )
            self._coming[milestone_id] = set(self.session.execute(waiting).scalars())
        return self._coming[milestone_id]


def _rung(told: Any, what: Any, campaign: Running) -> Rung | None:
    """The rung that spoke; None where the plan has another one in its place by now."""
    steps = campaign.template.ladders.get(what.ladder or "")
    if steps is None or told.rung > len(steps.rungs):
        return None
    rung = steps.rungs[told.rung - 1]
    return rung if rung.name == told.name else None
