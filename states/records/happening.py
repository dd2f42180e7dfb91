"""What happens on no known day: recorded by a person, and everything that counts from it takes its date."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, select

from states.errors import Fault, Faulty, Refused
from states.plan import PlannedMilestone
from states.records import laying, ledger_recounting, locks
from states.records.campaigns import Running
from states.records.core import event, milestone
from states.records.dating import dated, differs, take
from states.records.journal import iso, note
from states.records.ledger_steps import FOUND
from states.records.redated import Dated
from states.records.replanning import follow, planned_again
from states.records.tables import EventRow, Milestone, Unit

DATED = "事项已记录，期限随之确定"
DATED_ANEW = "事项另行记录，期限改变"
PROBLEMS = "台账登记的问题 {n} 处期限"
SOON = timedelta(minutes=5)  # clocks of callers may be a little ahead of ours


@dataclass(frozen=True)
class Happened:
    """An event as it is recorded, `before` when it was recorded anew, with what took its date from it.

    `under`: the unit to which it happened, and to those below it; None: to the whole campaign.
    """

    name: str
    at: datetime
    before: datetime | None
    dated: tuple[Dated, ...]
    under: Unit | None = None


@dataclass(frozen=True)
class Awaited:
    """An event that dates of a campaign count from, when it happened (None: not yet), and what waits for it."""

    name: str
    at: datetime | None
    first_at: datetime | None
    milestones: tuple[str, ...]


def awaited(session: Session, campaign: Running) -> list[Awaited]:
    """Every event that something counts from, in the order of the template."""
    rows = {row.name: row for row in session.exec(select(EventRow).where(event.c.campaign_id == campaign.id))}
    named = sa.select(milestone.c.event, milestone.c.name).where(
        milestone.c.campaign_id == campaign.id,
        milestone.c.event.is_not(None),
        milestone.c.withdrawn_at.is_(None),
    )
    found = milestone.c.requirement.startswith(FOUND)
    waiting: dict[str, list[str]] = {}
    for name, about in session.execute(named.where(~found).order_by(milestone.c.id)).tuples():
        waiting.setdefault(name, []).append(about)
    counted = named.where(found).with_only_columns(milestone.c.event, sa.func.count())
    for name, number in session.execute(counted.group_by(milestone.c.event)).tuples():
        waiting.setdefault(name, []).append(PROBLEMS.format(n=number))
    return [
        Awaited(name, row.at if row else None, row.first_at if row else None, tuple(about))
        for name, about in waiting.items()
        for row in (rows.get(name),)
    ]


def record(
    session: Session,
    campaign: Running,
    name: str,
    at: datetime,
    now: datetime,
    actor: str,
    *,
    again: bool = False,
    reason: str | None = None,
) -> Happened:
    """Record that `name` happened at `at`; what counts from it takes its date and the rungs that follow.

    `again` dates anew what is recorded already; the first instant stays. Raises Faulty, Refused.
    """
    locks.alone(session, campaign.id)
    kept = session.get(EventRow, (campaign.id, name), with_for_update=True, populate_existing=True)
    check(session, campaign, name, at, now, kept.at if kept else None, again)
    changed = _changed(session, campaign, name, at)
    moved = tuple(dated(row, planned) for row, planned in changed)
    made = Happened(name, at, kept.at if kept else None, moved)
    _keep(session, campaign, kept, name, at, now, actor)
    says = f"“{name}”：{DATED_ANEW if kept else DATED}"
    for row, planned in changed:
        if row.opened_at is not None:
            take(session, campaign, row, planned, now, actor, says)
    follow(session, campaign, now, actor, says)
    laying.rederive(session, campaign, now, actor, says, anew=True)
    journal(session, campaign, made, now, actor, reason)
    found = ledger_recounting.by_event(session, campaign, name, now, actor, says)
    return replace(made, dated=(*made.dated, *found))


def check(
    session: Session,
    campaign: Running,
    name: str,
    at: datetime,
    now: datetime,
    kept: datetime | None,
    again: bool,
) -> None:
    """Whether an event can be recorded; `kept`: when it was, where it is already. Raises Faulty, Refused."""
    known = awaited(session, campaign)
    if name not in [one.name for one in known]:
        offered = "、".join(one.name for one in known)
        says = f"没有期限从“{name}”算起；" + (
            f"可以记录的有 {offered}" if offered else "这次专项行动没有这样的期限"
        )
        raise Faulty([Fault("事项", says)])
    if at > now + SOON:
        raise Faulty([Fault("时间", f"“{name}”还没有发生：所写时间在现在之后")])
    if campaign.row.closed_at is not None:
        raise Refused("专项行动已经办结或取消，不再记录事项")
    if kept is None:
        return
    local = f"{kept.astimezone(campaign.zone):%Y-%m-%d %H:%M}"
    if not again:
        raise Refused(f"“{name}”已记录在 {local}；时间确有变化的，请加 again（--again）重新记录")
    if kept == at:
        raise Refused(f"“{name}”已记录在 {local}，与现在所写相同")


def _changed(
    session: Session, campaign: Running, name: str, at: datetime
) -> list[tuple[Milestone, PlannedMilestone]]:
    """Milestones whose date (or opening, while they are not open) comes from the event and will differ."""
    planned = planned_again(session, campaign, {name: at}).milestones
    counting = {(one.requirement, one.period): one for one in planned if one.event == name}
    rows = session.exec(
        select(Milestone).where(milestone.c.campaign_id == campaign.id).order_by(milestone.c.id)
    )
    both = [(row, counting[key]) for row in rows if (key := (row.requirement, row.period)) in counting]
    return [(row, one) for row, one in both if differs(row, one)]


def _keep(
    session: Session,
    campaign: Running,
    kept: EventRow | None,
    name: str,
    at: datetime,
    now: datetime,
    actor: str,
) -> None:
    row = kept or EventRow(campaign_id=campaign.id, name=name, at=at, first_at=at, by=actor, recorded_at=now)
    row.at, row.by, row.recorded_at = at, actor, now
    session.add(row)
    session.flush()


def journal(
    session: Session, campaign: Running, made: Happened, now: datetime, actor: str, reason: str | None
) -> None:
    """The fact, with every date that follows from it."""
    dates = {str(one.id): iso(one.after) for one in made.dated}
    note(
        session,
        now,
        "event.recorded",
        actor,
        campaign_id=campaign.id,
        unit_id=made.under.id if made.under else None,
        before=iso(made.before),
        after=made.at.isoformat(),
        reason=reason,
        event=made.name,
        dates=dates,
    )
