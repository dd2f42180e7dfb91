"""What the first page and `campaign status` show of a campaign beside its figures: reads only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, select

from states.documents.columns import ROLES
from states.machine import state_name
from states.progress import HANDED_IN
from states.records import figures, scopes
from states.records.campaigns import Running, running
from states.records.columns import obligation_span
from states.records.core import campaign as campaigns
from states.records.core import milestone, obligation, phase, run, unit
from states.records.local_windows import may_be_late
from states.records.scopes import Selection
from states.records.settling import OPEN
from states.records.tables import Health, Milestone, PhaseRow, Unit

DEMO_CLOCK = "demo_clock"
OVER = "over"  # figure of that clock: 1 once the demonstration has come to its end
DEMO_STEP = "demo"  # the last event that the demonstration lived through with all its rounds, and how it went
ROLE_NAMES = {role.value: words[0] for role, words in ROLES.items()} | {"parent_principal": "上级主要负责人"}


@dataclass(frozen=True)
class Listed:
    """A campaign as a line of a list; `units` take part in it."""

    id: int
    title: str
    template: str
    state: str
    label: str
    owner: str
    units: int
    start: date
    ends_at: datetime | None
    closed: bool


@dataclass(frozen=True)
class Node:
    """A milestone and how far it has come: of `expected` units `handed_in` have, `missing` still owe it."""

    row: Milestone
    expected: int
    handed_in: int
    missing: int


@dataclass(frozen=True)
class Lagging:
    """A unit with overdue matters or behind the campaign; `since` is the oldest due date it has missed."""

    code: str
    name: str
    state: str
    label: str
    behind: bool
    overdue: int
    since: datetime | None


def present(session: Session, now: datetime) -> datetime:
    """The instant to show: that of the demonstration's clock while there is one, else `now`."""
    row = session.get(Health, DEMO_CLOCK)
    return datetime.fromisoformat(row.detail) if row is not None else now


def is_over(session: Session) -> bool:
    """Whether this is a demonstration that has come to its end: its clock stands."""
    row = session.get(Health, DEMO_CLOCK)
    return row is not None and bool(row.figures.get(OVER))


def is_demo(session: Session) -> bool:
    """Whether this is the database of the demonstration: everything in it is invented."""
    return session.get(Health, DEMO_CLOCK) is not None


def listed(session: Session, only: Iterable[int] | None = None) -> list[Listed]:
    """Every campaign (or those of `only`), running ones first, the newest on top."""
    statement = sa.select(campaigns.c.id).order_by(campaigns.c.closed_at.is_not(None), campaigns.c.id.desc())
    if only is not None:
        statement = statement.where(campaigns.c.id.in_(list(only)))
    counted = (
        sa.select(run.c.campaign_id, sa.func.count())
        .select_from(
            run.join(campaigns, campaigns.c.id == run.c.campaign_id).join(unit, unit.c.id == run.c.unit_id)
        )
        .where(scopes.participating(campaigns.c.owner_id))
        .group_by(run.c.campaign_id)
    )
    units = dict(session.execute(counted).tuples().all())
    return [_listed(session, running(session, key), units) for key in session.execute(statement).scalars()]


def _listed(session: Session, campaign: Running, units: dict[int, int]) -> Listed:
    row = campaign.row
    return Listed(
        id=row.id,
        title=row.title,
        template=row.template_key,
        state=row.state,
        label=state_name(campaign.machines, row.state).label,
        owner=session.get_one(Unit, row.owner_id).name,
        units=units.get(row.id, 0),
        start=row.start,
        ends_at=row.ends_at,
        closed=row.closed_at is not None,
    )


def participants(session: Session, selection: Selection, owner: Unit) -> dict[str, int]:
    """How many units of each kind a selection holds."""
    counted = sa.select(unit.c.kind, sa.func.count()).where(*scopes.chosen(session, selection, owner))
    return dict(session.execute(counted.group_by(unit.c.kind).order_by(unit.c.kind)).tuples().all())


def phases(session: Session, campaign: Running) -> list[PhaseRow]:
    """The phases in their order, then those beside them in the order of their dates."""
    beside = phase.c.ord.is_(None)
    order = (beside, phase.c.ord, phase.c.opens_at.is_(None), phase.c.opens_at, phase.c.id)
    going = select(PhaseRow).where(PhaseRow.campaign_id == campaign.id, phase.c.withdrawn_at.is_(None))
    return list(session.exec(going.order_by(*order)))


def milestones(session: Session, campaign: Running) -> dict[int, Milestone]:
    """All of a campaign by their numbers."""
    rows = session.exec(select(Milestone).where(Milestone.campaign_id == campaign.id))
    return {row.id: row for row in rows}


def nodes(session: Session, campaign: Running) -> list[Node]:
    """Every milestone with a date, in the order of the dates, and how far the units have come with it."""
    dated = select(Milestone).where(Milestone.campaign_id == campaign.id, Milestone.due_at != None)  # noqa: E711
    going = dated.where(milestone.c.withdrawn_at.is_(None))
    rows = list(session.exec(going.order_by(milestone.c.due_at, milestone.c.id)))
    counts = _counts(session, campaign, [row.id for row in rows if row.opened_at is not None])
    return [_node(row, counts) for row in rows]


def _node(row: Milestone, counts: Counter[tuple[int, str]]) -> Node:
    handed_in = sum(counts[row.id, status] for status in HANDED_IN)
    missing = sum(counts[row.id, status] for status in OPEN)
    return Node(row, handed_in + missing, handed_in, missing)


def _counts(session: Session, campaign: Running, keys: list[int]) -> Counter[tuple[int, str]]:
    statement = (
        sa.select(obligation.c.milestone_id, obligation.c.status, sa.func.count())
        .where(_of(campaign, keys))
        .group_by(obligation.c.milestone_id, obligation.c.status)
    )
    return Counter({(key, status): number for key, status, number in session.execute(statement).tuples()})


def _of(campaign: Running, keys: list[int]) -> sa.ColumnElement[bool]:
    """Obligations between the first and the last of these milestones: one range of the primary key."""
    if not keys:
        return sa.false()
    first, last = obligation_span(min(keys))[0], obligation_span(max(keys))[1]
    return sa.and_(obligation.c.id.between(first, last), obligation.c.campaign_id == campaign.id)


def lagging(session: Session, campaign: Running, now: datetime, limit: int | None = None) -> list[Lagging]:
    """Units with something overdue or behind the campaign, the most overdue first."""
    late = _overdue(session, campaign, now).subquery()
    is_behind = figures.behind_condition(session, campaign, now)
    statement = (
        sa.select(
            unit.c.code, unit.c.name, run.c.state, is_behind.label("behind"), late.c.number, late.c.since
        )
        .select_from(
            run.join(unit, unit.c.id == run.c.unit_id).outerjoin(late, late.c.unit_id == run.c.unit_id)
        )
        .where(run.c.campaign_id == campaign.id, sa.or_(late.c.number.is_not(None), is_behind))
        .order_by(sa.func.coalesce(late.c.number, 0).desc(), unit.c.sort_key, unit.c.code)
        .limit(limit)
    )
    return [
        Lagging(
            code, name, state, state_name(campaign.machines, state).label, bool(behind), number or 0, since
        )
        for code, name, state, behind, number, since in session.execute(statement).tuples()
    ]


def _overdue(session: Session, campaign: Running, now: datetime) -> sa.Select[Any]:
    passed = sa.select(milestone.c.id).where(
        milestone.c.campaign_id == campaign.id, milestone.c.opened_at.is_not(None), may_be_late(campaign, now)
    )
    keys = list(session.execute(passed).scalars())
    due = sa.func.coalesce(obligation.c.due_at, milestone.c.due_at, type_=milestone.c.due_at.type)
    return (
        sa.select(obligation.c.unit_id, sa.func.count().label("number"), sa.func.min(due).label("since"))
        .select_from(obligation.join(milestone, milestone.c.id == obligation.c.milestone_id))
        .where(_of(campaign, keys), obligation.c.status.in_(OPEN), due < now)
        .group_by(obligation.c.unit_id)
    )
