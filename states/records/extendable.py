"""Whether a later date may be asked for now, whichever it would be: for the act, and for the pages that offer it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session

from states import extending
from states.extensions import Extensions
from states.records import settling
from states.records.campaigns import Running
from states.records.core import extension, milestone, obligation
from states.records.tables import Milestone, Obligation


@dataclass(frozen=True)
class Owed:
    """An obligation with its milestone, the date in force, and the rules for a later one."""

    campaign: Running
    row: Obligation
    milestone: Milestone
    rule: Extensions

    @property
    def due(self) -> datetime | None:
        return self.row.due_at or self.milestone.due_at


def owed(campaign: Running, row: Obligation, about: Milestone) -> Owed:
    """With the nearest rules of the plan."""
    return Owed(campaign, row, about, extending.rules(campaign.template, about.requirement))


def all_owed(session: Session, of: Sequence[tuple[Running, int]]) -> list[Owed]:
    """Several that are there, read at once; `of`: each by its campaign and number."""
    keys = [key for _campaign, key in of]
    rows = sa.select(Obligation, Milestone).join(Milestone, milestone.c.id == obligation.c.milestone_id)
    found = session.execute(rows.where(obligation.c.id.in_(keys))).tuples()
    by_key = {row.id: (row, about) for row, about in found}
    return [owed(campaign, *by_key[key]) for campaign, key in of]


def refusals(session: Session, several: Sequence[Owed], now: datetime) -> dict[int, list[str]]:
    """By the number of each obligation, why no later date can be asked for at `now`; nothing where one can."""
    keys = [one.row.id for one in several]
    waiting = sa.select(extension.c.obligation_id, extension.c.id).where(
        extension.c.obligation_id.in_(keys), extension.c.state == "asked"
    )
    numbers = dict(session.execute(waiting).tuples().all())
    return {one.row.id: [*_refusals(one, now), *_asked(numbers.get(one.row.id))] for one in several}


def closed(campaign: Running) -> list[str]:
    """That nothing is put off any more in a campaign that is over."""
    return ["专项行动已经办结或取消，不再延期"] if campaign.row.closed_at is not None else []


def words(campaign: Running, at: datetime) -> str:
    return f"{at.astimezone(campaign.zone):%Y-%m-%d %H:%M}"


def _refusals(about: Owed, now: datetime) -> list[str]:
    said = closed(about.campaign) + _standing(about)
    if about.due is None:
        return [*said, f"“{about.milestone.name}”没有期限，无须延期"]
    return said + _timely(about, about.due, now)


def _asked(number: int | None) -> list[str]:
    return [f"第 {number} 号延期申请还没有决定，不能再申请"] if number is not None else []


def _standing(about: Owed) -> list[str]:
    if about.milestone.withdrawn_at is not None:
        return [f"“{about.milestone.name}”已撤销，不再办理"]
    if about.row.status not in settling.OPEN:
        return [f"“{about.milestone.name}”{settling.STATUS_NAMES[about.row.status]}，无须延期"]
    return []


def _timely(about: Owed, due: datetime, now: datetime) -> list[str]:
    campaign = about.campaign
    if now > due:
        return [f"期限（{words(campaign, due)}）已过，过期后不能再申请延期"]
    last = extending.last_moment(about.rule, due, campaign.calendar, campaign.zone)
    if now > last:
        return [f"延期须在{about.rule.before}申请，最迟{words(campaign, last)}，现已过"]
    return []
