"""A whole campaign in memory: invented units that hand in early, late or never, and the mails that follow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

import sqlalchemy as sa
from sqlmodel import Session

from states.progress import Tally
from states.records import figures, foretell, launch, sample, schema
from states.records.actors import Actors
from states.records.campaigns import running
from states.records.core import campaign as campaigns
from states.records.core import proposal, run
from states.records.foretell import Foretold
from states.records.outbox import MailHours
from states.records.session import Store, memory

AFTER_THE_END = timedelta(days=30)  # what is still owed goes on climbing for a while
WITHOUT_END = timedelta(days=365)
EVE = timedelta(seconds=1)
WHO = "simulate"


@dataclass
class Day:
    """What one local day brought: mails, how often each rung spoke (people x matters), who stands where."""

    day: date
    provisional: bool
    mails: int = 0
    rungs: Counter[str] = field(default_factory=Counter)
    proposed: Counter[str] = field(default_factory=Counter)
    states: dict[str, int] = field(default_factory=dict)
    campaign: str = ""

    @property
    def eventful(self) -> bool:
        return bool(self.mails or self.proposed)


@dataclass(frozen=True)
class Simulated:
    """A campaign lived through. `labels`: state → its name; `people`: different addresses that got mail."""

    title: str
    template: str
    units: int
    until: date
    warnings: tuple[str, ...]
    labels: Mapping[str, str]
    days: tuple[Day, ...]
    mails: tuple[Foretold, ...]
    tally: Tally

    @property
    def people(self) -> int:
        return len({one.to for one in self.mails})


def simulate(
    text: str,
    units: int,
    start: date,
    hours: MailHours,
    *,
    fills: Mapping[str, str] | None = None,
    until: date | None = None,
    progress: Callable[[float, float], None] | None = None,
) -> Simulated:
    """Live through the plan `text` from `start` with `units` invented units. Raises Faulty, Refused (blanks)."""
    store = memory()
    try:
        schema.create(store)
        began = datetime.combine(start, time(0), hours.zone)
        with store.write() as session:
            sample.build(session, units, began)
            order = launch.Order(text, start, dict(fills or {}), past="keep")
            drafted = launch.draft(session, order, began)
            key = launch.launch(session, order, began, WHO)
        last = until or _last(drafted.plan.ends_at, began).date()
        return _Diary(store, key, hours, began, last, progress).live(drafted)
    finally:
        store.close()


def _last(ends_at: datetime | None, began: datetime) -> datetime:
    return (ends_at + AFTER_THE_END if ends_at else began + WITHOUT_END).astimezone(began.tzinfo)


class _Diary:
    """Writes down every day while the rounds run through."""

    def __init__(
        self,
        store: Store,
        key: int,
        hours: MailHours,
        began: datetime,
        last: date,
        progress: Callable[[float, float], None] | None,
    ) -> None:
        self.store, self.key, self.hours, self.progress = store, key, hours, progress
        self.began = began
        self.ends = datetime.combine(last + timedelta(days=1), time(0), hours.zone) - EVE
        self.days: dict[date, Day] = {}

    def live(self, drafted: launch.Draft) -> Simulated:
        mails = foretell.run_through(
            self.store, self.began, self.ends, self.hours, Actors(self.store, self.key).act, self._look
        )
        for one in mails:
            day = self._day(one.at)
            day.mails += 1
            day.rungs.update(rung for rung, _unit, _what in one.lines)
        with self.store.read() as session:
            campaign = running(session, self.key)
            self._proposed(session)
            tally = figures.tally(session, campaign, self.ends)
            tables = campaign.machines
            names = {**tables.campaign.states, **tables.unit.states}
            labels = {key: name.label for key, name in names.items()}
        return Simulated(
            title=drafted.template.title,
            template=drafted.template.key,
            units=drafted.participants,
            until=self.ends.date(),
            warnings=drafted.warnings,
            labels=labels,
            days=tuple(self.days[day] for day in sorted(self.days)),
            mails=tuple(mails),
            tally=tally,
        )

    def _look(self, now: datetime) -> None:
        """After every event: who stands where. The last look of a day is what the day shows."""
        day = self._day(now)
        counted = sa.select(run.c.state, sa.func.count()).where(run.c.campaign_id == self.key)
        with self.store.read() as session:
            counted = counted.where(*running(session, self.key).participants).group_by(run.c.state)
            day.states = dict(session.execute(counted).tuples().all())
            state = sa.select(campaigns.c.state).where(campaigns.c.id == self.key)
            day.campaign = session.execute(state).scalar_one()
        if self.progress:
            self.progress((now - self.began).total_seconds(), (self.ends - self.began).total_seconds())

    def _proposed(self, session: Session) -> None:
        counted = sa.select(proposal.c.at, proposal.c.name, sa.func.count())
        counted = counted.where(proposal.c.campaign_id == self.key).group_by(proposal.c.at, proposal.c.name)
        for at, name, number in session.execute(counted).tuples():
            self._day(at).proposed[name] += number

    def _day(self, at: datetime) -> Day:
        day = at.astimezone(self.hours.zone).date()
        if day not in self.days:
            self.days[day] = Day(day, self._provisional(day))
        return self.days[day]

    def _provisional(self, day: date) -> bool:
        with self.store.read() as session:
            return running(session, self.key).calendar.provisional(day)
