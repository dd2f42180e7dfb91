"""Dates that are given or changed while a campaign runs: what is open takes them at once, the rest when it opens."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlmodel import Session, select

from states import sanity
from states.errors import Fault, Faulty, Refused
from states.plan import Plan, PlannedMilestone
from states.records import laying, locks, rearming
from states.records.campaigns import Running
from states.records.core import milestone
from states.records.journal import iso, note, note_milestone
from states.records.redated import Dated
from states.records.replanning import follow, planned_again
from states.records.tables import Milestone
from states.records.timers import next_cycle, timers
from states.template import Template

GIVEN = "期限由协调员确定"


def give(
    session: Session,
    campaign: Running,
    fills: Mapping[str, str],
    now: datetime,
    actor: str,
    reason: str | None = None,
) -> tuple[Dated, ...]:
    """Fill blanks, or date what the plan leaves undated, after the start: `fills` as at a start (place → words).

    What follows from a date given takes it too; what a person has decided on, or is over, keeps its date.
    Raises Faulty for a place that is not there or words that name no date, Refused for dates already past.
    """
    locks.alone(session, campaign.id)
    if campaign.row.closed_at is not None:
        raise Refused("专项行动已经办结或取消，不再定期限")
    if not fills:
        raise Faulty([Fault("--set", "请写明给哪一处定期限，如 report.due=12月5日前")])
    both = {**campaign.row.fills, **fills}
    again = planned_again(session, campaign, fills=both)
    odd = _impossible(campaign.template, fills, both, again)
    if odd:
        raise Refused(*odd.values(), places=odd)
    changed = _changed(session, campaign, again.milestones)
    _check(campaign, fills, changed, now)
    moved = tuple(dated(row, planned) for row, planned in changed)
    before = {place: campaign.row.fills.get(place) for place in fills}
    campaign.row.fills = {**campaign.row.fills, **fills}
    session.add(campaign.row)
    session.flush()
    says = f"{GIVEN}：{reason}" if reason else GIVEN
    for row, planned in changed:
        if row.opened_at is not None:
            take(session, campaign, row, planned, now, actor, says)
    follow(session, campaign, now, actor, says)
    laying.rederive(session, campaign, now, actor, says, anew=True)
    _note(session, campaign, before, dict(fills), moved, now, actor, reason)
    return moved


def _impossible(
    template: Template, fills: Mapping[str, str], both: Mapping[str, str], again: Plan
) -> dict[str, str]:
    """What can't be meant of the dates given, by place: no such day, or one before it all begins."""
    same = {place for group in template.same if {*group} & fills.keys() for place in group}
    odd = {one.place: one.says("所填") for one in again.blanks if one.place in same | fills.keys()}
    doubts = sanity.doubts(template, both, again, given=fills)
    return odd | {one.place: one.says for one in doubts if one.impossible}


def _changed(
    session: Session, campaign: Running, planned: Iterable[PlannedMilestone]
) -> list[tuple[Milestone, PlannedMilestone]]:
    again = {(one.requirement, one.period): one for one in planned}
    rows = session.exec(
        select(Milestone).where(milestone.c.campaign_id == campaign.id).order_by(milestone.c.id)
    )
    both = [(row, again[key]) for row in rows if (key := (row.requirement, row.period)) in again]
    return [(row, one) for row, one in both if differs(row, one)]


def _check(
    campaign: Running,
    fills: Mapping[str, str],
    changed: list[tuple[Milestone, PlannedMilestone]],
    now: datetime,
) -> None:
    late = [one for _row, one in changed if one.due_at is not None and one.due_at < now]
    if late:
        places = sanity.places_of(campaign.template, {**campaign.row.fills, **fills}, late)
        names = "、".join(dict.fromkeys(one.name for one in late))
        raise Refused(f"这样定，期限已在现在之前：{names}；请另定日期（{'、'.join(places)}）", places=places)


def _note(
    session: Session,
    campaign: Running,
    before: Mapping[str, str | None],
    after: Mapping[str, str],
    moved: tuple[Dated, ...],
    now: datetime,
    actor: str,
    reason: str | None,
) -> None:
    note(
        session,
        now,
        "campaign.dated",
        actor,
        campaign_id=campaign.id,
        reason=reason,
        fills={"before": dict(before), "after": dict(after)},
        dates={str(one.id): iso(one.after) for one in moved},
    )


def differs(row: Milestone, planned: PlannedMilestone) -> bool:
    """Not where a person decided on the date, nor where the plan has it no more."""
    if row.held or row.withdrawn_at is not None:
        return False
    return row.due_at != planned.due_at or (row.opened_at is None and row.opens_at != planned.opens_at)


def dated(row: Milestone, planned: PlannedMilestone) -> Dated:
    units = row.expected if row.opened_at is not None else 0
    return Dated(row.id, row.name, planned.words, row.due_at, planned.due_at, units)


def take(
    session: Session,
    campaign: Running,
    row: Milestone,
    planned: PlannedMilestone,
    now: datetime,
    actor: str,
    says: str,
) -> None:
    """An open milestone takes its date: all its units at once, but those that have a date of their own."""
    before = row.due_at
    row.due_at, row.provisional = planned.due_at, planned.provisional
    row.words, row.filled = planned.words, planned.filled
    row.original_due_at = row.original_due_at or planned.due_at
    session.add(row)
    session.flush()
    arm(session, campaign, row, now, says)
    said = {"before": iso(before), "after": iso(planned.due_at), "reason": says}
    note_milestone(session, now, "milestone.redated", actor, row, **said)


def arm(session: Session, campaign: Running, row: Milestone, now: datetime, why: str) -> None:
    """All rungs of the new date; those of an earlier one, and what they put in the way, fall silent."""
    rearming.withdraw(session, row)
    rearming.stop(session, row, now, why)
    if row.due_at is not None:
        cycle = next_cycle(session, row.id)
        session.add_all(timers(campaign, row, row.due_at, now, cycle=cycle, could_open=now))
    session.flush()
