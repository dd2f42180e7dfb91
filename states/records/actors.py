"""People as a simulation plays them: prompt, late and silent units, and a coordinator who checks every afternoon."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import sqlalchemy as sa
from sqlmodel import Session, select

from states.records import asked, mass, quotas
from states.records.campaigns import Running, running
from states.records.core import obligation
from states.records.counting import Numbers, count_many
from states.records.mass_settling import settle_many
from states.records.quotas import Done
from states.records.session import Store
from states.records.tables import Milestone

MORNING, AFTERNOON = time(10, 0), time(16, 0)
PROMPT, LATE, SILENT = range(4, 20), range(1, 4), (0,)
GROUPS = 20
EVERYBODY = Numbers(10, 10)  # of the departments or persons of a unit
COORDINATOR, UNITS = "simulated:coordinator", "simulated:liaison"


class Actors:
    """16 of 20 units hand in two working days before a date, 3 two working days after it, 1 never."""

    def __init__(self, store: Store, campaign_id: int) -> None:
        self.store = store
        self.campaign_id = campaign_id
        self.done: set[tuple[int, str]] = set()

    def act(self, now: datetime) -> datetime:
        """Everybody does what is due by `now`; returns when somebody acts next."""
        with self.store.write() as session:
            campaign = running(session, self.campaign_id)
            opened = [
                one
                for one in session.exec(select(Milestone).where(Milestone.campaign_id == campaign.id))
                if one.opened_at is not None
            ]
            moments = [self._hand_in(session, campaign, one, now) for one in opened]
            local = now.astimezone(campaign.zone)
            if local.time() >= AFTERNOON and campaign.calendar.is_workday(local.date()):
                self._check(session, campaign, opened, now)
            mass.advance_settled(session, campaign, now)
        later = [at for pair in moments for at in pair if at > now]
        return min([*later, self._next_afternoon(campaign, now)])

    def _hand_in(
        self, session: Session, campaign: Running, milestone: Milestone, now: datetime
    ) -> list[datetime]:
        due = milestone.due_at
        base = due or milestone.opened_at or now
        moments = {
            "prompt": self._moment(campaign, base, -2 if due else 3),
            "late": self._moment(campaign, base, 2 if due else 5),
        }
        for name, at in moments.items():
            key = (milestone.id, name)
            if at <= now and key not in self.done:
                self.done.add(key)
                group = PROMPT if name == "prompt" else LATE
                units: list[sa.ColumnElement[bool]] = [(obligation.c.unit_id % GROUPS).in_(list(group))]
                if milestone.per is not None:
                    count_many(session, campaign, milestone, EVERYBODY, units, now, UNITS)
                self._count(session, campaign, milestone, units, now)
                settle_many(session, campaign, milestone, "submit", units, now, UNITS, pretend=True)
        return list(moments.values())

    def _count(
        self,
        session: Session,
        campaign: Running,
        milestone: Milestone,
        units: list[sa.ColumnElement[bool]],
        now: datetime,
    ) -> None:
        """As many things as its quota asks for."""
        quota = asked.quota_of(campaign, milestone)
        if quota is not None:
            done = Done("", milestone.requirement, now.astimezone(campaign.zone).date(), "推演")
            quotas.do_many(session, campaign, milestone, done, quota.least, units, now, UNITS)

    def _moment(self, campaign: Running, base: datetime, working_days: int) -> datetime:
        day = campaign.calendar.add(base.astimezone(campaign.zone).date(), working_days)
        return datetime.combine(day, MORNING, campaign.zone).astimezone(base.tzinfo)

    def _check(self, session: Session, campaign: Running, opened: list[Milestone], now: datetime) -> None:
        handed_in = [obligation.c.status == "submitted"]
        for milestone in opened:
            if milestone.review:
                settle_many(session, campaign, milestone, "accept", handed_in, now, COORDINATOR)
        mass.mass_move(session, campaign, "approve", [], now, COORDINATOR)

    def _next_afternoon(self, campaign: Running, now: datetime) -> datetime:
        local = now.astimezone(campaign.zone)
        day = local.date() if local.time() < AFTERNOON else local.date() + timedelta(days=1)
        day = campaign.calendar.on_or_after(day)
        return datetime.combine(day, AFTERNOON, campaign.zone).astimezone(now.tzinfo)
