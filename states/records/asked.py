"""What the plan asks of one milestone beyond its date: a form, a quota; and what still lacks before it is handed in."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import Session, select

from states import filled
from states.forms import Form
from states.quota import Period, Quota
from states.quota import quota_of as quota_in
from states.records.campaigns import Running
from states.records.core import milestone as milestones
from states.records.core import obligation, quota_event, report_figures
from states.records.reported import ReportFigures
from states.records.tables import Milestone, Obligation


def form_of(campaign: Running, milestone: Milestone) -> Form | None:
    """The form that its reports have; None where the plan gives none."""
    requirement = campaign.requirement(milestone)
    return requirement.form if requirement else None


def quota_of(campaign: Running, milestone: Milestone) -> Quota | None:
    """How often it must be done at least; None where once is all."""
    requirement = campaign.requirement(milestone)
    return quota_in(requirement, milestone.filled) if requirement else None


def period_of(campaign: Running, milestone: Milestone) -> Period:
    """The days whose events count towards a quota: from its opening to its date."""
    days = (milestone.opens_at, milestone.due_at)
    first, last = (at.astimezone(campaign.zone).date() if at is not None else None for at in days)
    return Period(first, last)


def current(session: Session, key: int) -> ReportFigures | None:
    """What is written in the form of one obligation."""
    mine = report_figures.c.obligation_id == key, report_figures.c.current.is_(True)
    no = session.execute(sa.select(report_figures.c.no).where(*mine)).scalar()
    return session.get(ReportFigures, (key, no), populate_existing=True) if no is not None else None


def lacking(session: Session, campaign: Running, milestone: Milestone, row: Obligation) -> list[str]:
    """What keeps it from being handed in whatever the reason: required fields that are blank."""
    form = form_of(campaign, milestone)
    if form is None or not any(one.required for one in form.fields):
        return []
    kept = current(session, row.id)
    blank = filled.missing(form, filled.restored(form, kept.values) if kept else {})
    return [one.says for one in blank]


def short(session: Session, campaign: Running, milestone: Milestone, row: Obligation) -> list[str]:
    """What keeps it from being handed in without a reason: a quota that is not met."""
    quota = quota_of(campaign, milestone)
    if quota is None:
        return []
    done = session.execute(sa.select(count_of(row.id))).scalar_one()
    if done >= quota.least:
        return []
    return [
        f"“{milestone.name}”{quota.words()}，已登记 {done}{quota.measure}；请先逐{quota.measure}登记，或写明理由"
    ]


def count_of(key: sa.ColumnElement[int] | int) -> sa.ScalarSelect[int]:
    """How many events count towards the quota of an obligation."""
    mine = quota_event.c.obligation_id == key, quota_event.c.withdrawn_at.is_(None)
    return sa.select(sa.func.count()).select_from(quota_event).where(*mine).scalar_subquery()


def ready(campaign: Running, milestone: Milestone, *, explained: bool) -> list[sa.ColumnElement[bool]]:
    """The same over `obligation` for many: nothing required is blank, and the quota is met unless `explained`."""
    found: list[sa.ColumnElement[bool]] = []
    form = form_of(campaign, milestone)
    if form is not None and any(one.required for one in form.fields):
        mine = report_figures.c.obligation_id == obligation.c.id
        written = sa.exists().where(mine, report_figures.c.current.is_(True), report_figures.c.complete)
        found.append(written)
    quota = quota_of(campaign, milestone)
    if quota is not None and not explained:
        found.append(count_of(obligation.c.id) >= quota.least)
    return found


def opened(session: Session, campaign: Running, requirement: str | None = None) -> list[Milestone]:
    """Milestones that units owe or owed, oldest first; of one requirement where it is named."""
    where = [milestones.c.campaign_id == campaign.id, milestones.c.opened_at.is_not(None)]
    where.append(milestones.c.withdrawn_at.is_(None))
    if requirement is not None:
        where.append(milestones.c.requirement == requirement)
    order = milestones.c.requirement, milestones.c.due_at, milestones.c.id
    return list(session.exec(select(Milestone).where(*where).order_by(*order)))
