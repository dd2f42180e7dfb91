"""When a calendar arrives or changes: open dates follow it, with a preview first and a journal row each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, select

from states.plan import PlannedMilestone
from states.records import laying, ledger_dating, rearming, retiming
from states.records.campaigns import Running, running
from states.records.core import campaign as campaigns
from states.records.journal import iso, note_milestone
from states.records.ledger_dating import Dated
from states.records.local_dates import expected
from states.records.local_facts import Facts
from states.records.local_facts import dates as dates_of
from states.records.replanning import follow, planned_again
from states.records.tables import Milestone, Unit

MOVED = "日历更新，期限改变"


@dataclass(frozen=True)
class Redate:
    """One milestone whose date or certainty differs under the present calendar.

    `place`: only for this unit (by name) and those below it, who have a date of their own.
    """

    campaign_id: int
    milestone_id: int
    name: str
    before: datetime | None
    after: datetime | None
    provisional: bool
    place: str | None = None


def changes(session: Session, now: datetime) -> list[Redate]:
    """What the present calendar would move in running campaigns; dates already past stay."""
    found: list[Redate] = []
    for key in _running(session):
        found += _changes(session, running(session, key), now)
    return found


def apply(session: Session, now: datetime, actor: str) -> list[Redate]:
    """Move them: due dates, certainty and the timers that hang on them. The original due date stays."""
    moved = changes(session, now)
    for one in moved:
        if one.place is None:  # the others follow below
            _move(session, one, now, actor)
    for key in _running(session):
        campaign = running(session, key)
        follow(session, campaign, now, actor, MOVED)
        laying.rederive(session, campaign, now, actor, MOVED)
        retiming.retime(session, campaign, now, actor, MOVED)
    return moved


def _running(session: Session) -> list[int]:
    open_ones = sa.select(campaigns.c.id).where(campaigns.c.closed_at.is_(None))
    return list(session.execute(open_ones.order_by(campaigns.c.id)).scalars())


def _changes(session: Session, campaign: Running, now: datetime) -> list[Redate]:
    planned = planned_again(session, campaign)
    dates: dict[tuple[str, str], PlannedMilestone | Dated] = {
        (one.requirement, one.period): one for one in planned.milestones
    }
    dates |= ledger_dating.provisional(session, campaign)
    kept = session.exec(select(Milestone).where(Milestone.campaign_id == campaign.id)).all()
    moved = {
        one.id: Redate(campaign.id, one.id, one.name, one.due_at, new.due_at, new.provisional)
        for one in kept
        if (new := dates.get((one.requirement, one.period))) is not None and _differs(one, new, now)
    }
    return [*moved.values(), *_of_places(session, campaign, kept, moved, now)]


def _of_places(
    session: Session, campaign: Running, kept: Iterable[Milestone], moved: Mapping[int, Redate], now: datetime
) -> Iterator[Redate]:
    """Dates of single places that will be others, when those of everybody have `moved`."""
    facts = Facts(session, campaign)
    for one in kept if facts.all else ():
        rows = dates_of(session, one.id)
        usual = moved[one.id].after if one.id in moved else one.due_at
        for place, due in expected(facts, one, rows, now, due_at=usual) if rows else ():
            row = rows.get(place.unit_id)
            if row is not None and row.due_at != due and row.due_at is not None and row.due_at > now:
                name = session.get_one(Unit, place.unit_id).name
                yield Redate(campaign.id, one.id, one.name, row.due_at, due, one.provisional, name)


def _differs(kept: Milestone, planned: PlannedMilestone | Dated, now: datetime) -> bool:
    over = kept.held or kept.withdrawn_at or (kept.due_at is not None and kept.due_at <= now)
    return not over and (kept.due_at, kept.provisional) != (planned.due_at, planned.provisional)


def _move(session: Session, one: Redate, now: datetime, actor: str) -> None:
    campaign = running(session, one.campaign_id)
    milestone = session.get_one(Milestone, one.milestone_id)
    milestone.due_at, milestone.provisional = one.after, one.provisional
    session.add(milestone)
    session.flush()
    if milestone.opened_at is not None and one.before != one.after:
        rearming.rearm(session, campaign, milestone, now, MOVED, one.before)
    said = {"before": iso(one.before), "after": iso(one.after), "reason": MOVED}
    note_milestone(session, now, "milestone.redated", actor, milestone, **said, provisional=one.provisional)
