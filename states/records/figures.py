"""Counting for `states.progress`, by the database: of the runs of a campaign, and of what its units owe."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, select

from states.machine import CLOSED
from states.progress import Beside, Counted, Tally, overdue, reporting, total
from states.records import ledger_whole, local_windows, matters, reaching, tallies
from states.records.campaigns import Running
from states.records.core import milestone, obligation, phase, proposal, run, unit, vacancy
from states.records.matters import (
    Matters,
    handed_out,
    of_campaign,
    of_milestone,
    spans,
    within,
)
from states.records.settling import OPEN, SETTLED
from states.records.tables import Milestone, PhaseRow

QUIET = ("closed", "exempt")


def tally(
    session: Session,
    campaign: Running,
    now: datetime,
    worst: int = 10,
    path: str | None = None,
    owed: Sequence[Matters] | None = None,
) -> Tally:
    """The campaign in figures as it stands at `now`; `path`: only the units at or below the unit of that path; `owed`:
    what they owe, where it was counted already."""
    owed = of_campaign(session, campaign.id, now, path) if owed is None else owed
    counts = [one.counted for one in owed]
    ledger = ledger_whole.whole(session, campaign, path)
    return Tally(
        by_state=_by_state(session, campaign, path),
        by_outcome=_by_outcome(session, campaign, path),
        beside=tuple(_beside(session, campaign, owed)),
        behind=_behind(session, campaign, now, path),
        overdue=overdue(counts),
        open=total(counts, *OPEN),
        submitted=total(counts, "submitted"),
        settled=total(counts, "accepted", "nil", "waived"),
        reporting=reporting(counts),
        coverage=reaching.coverage(session, campaign, now, path),
        ledger_closed=ledger.closed,
        ledger_total=ledger.items,
        ledger_standing=ledger.standing,
        ledger_reviewed=ledger.reviewed,
        proposals=_proposals(session, campaign, path),
        vacancies=_vacancies(session, campaign, path),
        worst=_worst(session, campaign, now, worst, path),
        counted=_counted(session, campaign, path),
    )


def _by_state(session: Session, campaign: Running, path: str | None) -> tuple[tuple[str, int], ...]:
    statement = sa.select(run.c.state, sa.func.count()).where(run.c.campaign_id == campaign.id)
    statement = statement.where(*campaign.participants, *within(path, run.c.unit_id))
    found = Counter(dict(session.execute(statement.group_by(run.c.state)).tuples().all()))
    known = campaign.machines.unit.states
    return tuple((state, found[state]) for state in known if found[state])


def _by_outcome(session: Session, campaign: Running, path: str | None) -> tuple[tuple[str, int], ...]:
    """How the closed units ended, in the order of the template."""
    statement = sa.select(run.c.outcome, sa.func.count()).where(run.c.campaign_id == campaign.id)
    statement = statement.where(run.c.state == CLOSED, *campaign.participants, *within(path, run.c.unit_id))
    found = Counter(dict(session.execute(statement.group_by(run.c.outcome)).tuples().all()))
    return tuple((outcome, found[outcome]) for outcome in campaign.template.outcomes if found[outcome])


def _beside(session: Session, campaign: Running, owed: Sequence[Matters]) -> Iterator[Beside]:
    """Each phase beside the row, in the order of their dates."""
    beside = (PhaseRow.campaign_id == campaign.id, phase.c.ord.is_(None), phase.c.withdrawn_at.is_(None))
    order = (phase.c.opens_at.is_(None), phase.c.opens_at, phase.c.id)
    for one in session.exec(select(PhaseRow).where(*beside).order_by(*order)):
        counts = [matters.counted for matters in owed if matters.phase == one.key]
        yield Beside(
            key=one.key,
            name=one.name,
            period=one.period,
            opened=one.opened_at is not None,
            opens_at=one.opened_at or one.opens_at,
            closes_at=one.closes_at,
            open=total(counts, *OPEN),
            submitted=total(counts, "submitted"),
            settled=total(counts, *SETTLED),
            overdue=overdue(counts),
        )


def behind_condition(session: Session, campaign: Running, now: datetime) -> sa.ColumnElement[bool]:
    """A participant is behind when the campaign has left its phase and that phase's window is over for it."""
    rows = session.exec(select(PhaseRow).where(PhaseRow.campaign_id == campaign.id))
    left = {one.key: one for one in rows if one.ord is not None and one.ord < campaign.row.ord}
    over = {key for key, one in left.items() if one.closes_at is None or one.closes_at < now}
    places = [0, *(left[key].ord for key in over)] if campaign.row.ord > 0 else []
    is_over: sa.ColumnElement[bool] = run.c.ord.in_(places)
    windows = local_windows.placed(session, campaign) if left else []
    for one in windows:
        if one.row.phase in left and (one.row.closes_at < now) != (one.row.phase in over):
            within = sa.select(unit.c.id).where(*one.units(windows))
            here = sa.and_(run.c.ord == left[one.row.phase].ord, run.c.unit_id.in_(within))
            is_over = sa.and_(is_over, ~here) if one.row.phase in over else sa.or_(is_over, here)
    awake = sa.and_(run.c.state.not_in(QUIET), ~run.c.state.like("%.suspended"))
    return sa.and_(is_over, awake, *campaign.participants)


def _behind(session: Session, campaign: Running, now: datetime, path: str | None) -> int:
    statement = sa.select(sa.func.count()).select_from(run).where(run.c.campaign_id == campaign.id)
    statement = statement.where(*within(path, run.c.unit_id))
    return _one(session, statement.where(behind_condition(session, campaign, now)))


def _worst(
    session: Session, campaign: Running, now: datetime, limit: int, path: str | None
) -> tuple[tuple[str, int], ...]:
    if not limit:
        return ()
    counted = (
        sa.select(obligation.c.unit_id, sa.func.count().label("number"))
        .select_from(milestone.join(obligation, of_milestone()))
        .where(*matters.overdue(campaign.id, now), *within(path, obligation.c.unit_id))
        .group_by(obligation.c.unit_id)
        .order_by(sa.text("number DESC"), obligation.c.unit_id)
        .limit(limit)
        .subquery()
    )
    statement = sa.select(unit.c.name, counted.c.number).join(counted, counted.c.unit_id == unit.c.id)
    statement = statement.order_by(counted.c.number.desc(), unit.c.sort_key, unit.c.id)
    return tuple((name, number) for name, number in session.execute(statement).tuples())


def _counted(session: Session, campaign: Running, path: str | None) -> tuple[Counted, ...]:
    per = select(Milestone).where(*handed_out(campaign.id), milestone.c.per.is_not(None))
    asked = list(session.exec(per))
    return tallies.counted(
        session, asked, [spans([one.id for one in asked]), *within(path, obligation.c.unit_id)]
    )


def _proposals(session: Session, campaign: Running, path: str | None) -> int:
    statement = sa.select(sa.func.count()).select_from(proposal)
    waiting = statement.where(proposal.c.campaign_id == campaign.id, proposal.c.state == "proposed")
    return _one(session, waiting.where(*within(path, proposal.c.unit_id)))


def _vacancies(session: Session, campaign: Running, path: str | None) -> int:
    statement = sa.select(sa.func.count()).select_from(vacancy)
    return _one(session, statement.where(vacant_in(campaign), *within(path, vacancy.c.unit_id)))


def vacancies(session: Session, campaigns: Iterable[Running]) -> int:
    """Vacant roles over several campaigns; one that concerns more than one is one."""
    anywhere = sa.or_(sa.false(), *(vacant_in(one) for one in campaigns))
    return _one(session, sa.select(sa.func.count()).select_from(vacancy).where(anywhere))


def vacant_in(campaign: Running) -> sa.ColumnElement[bool]:
    """Vacant roles of every unit that may be told something: those in the campaign and the one that runs it."""
    enrolled = sa.select(run.c.unit_id).where(run.c.campaign_id == campaign.id)
    return sa.or_(vacancy.c.unit_id.in_(enrolled), vacancy.c.unit_id == campaign.row.owner_id)


def _one(session: Session, statement: sa.Select[Any]) -> int:
    return int(session.execute(statement).scalar_one())
