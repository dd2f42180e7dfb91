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
from states.records import figures, matters, scopes
from states.records.campaigns import Running, running
from states.records.core import campaign as campaigns
from states.records.core import milestone, obligation, phase, run, unit
from states.records.matters import Matters, due_in_force, within
from states.records.scopes import Selection
from states.records.settling import OPEN
from states.records.tables import Health, Milestone, PhaseRow, Unit
from states.records.then import NEVER
from states.template import Kind

LEDGER = "台账 {number} 项"
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
    """What is due at one moment and how far it has come: of `expected` units `handed_in` have, `missing` still owe it.

    One milestone, or `number` items of the ledger that have this date, as one; `key` is the first of their milestones.
    """

    key: int
    name: str
    kind: str
    due_at: datetime | None
    provisional: bool
    opened: bool
    handed_in: int = 0
    missing: int = 0
    number: int = 1

    @classmethod
    def of(cls, row: Milestone, handed_in: int = 0, missing: int = 0) -> Node:
        """A milestone by itself."""
        opened = row.opened_at is not None
        return cls(row.id, row.name, row.kind, row.due_at, row.provisional, opened, handed_in, missing)

    @property
    def expected(self) -> int:
        return self.handed_in + self.missing


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


def last_event(beats: Iterable[Health]) -> datetime | None:
    """The latest event that a demonstration has lived through: it leaps, and between events nothing runs. None in earnest."""
    return next((one.at for one in beats if one.name == DEMO_STEP), None)


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


def nodes(
    session: Session,
    campaign: Running,
    owed: Iterable[Matters] | None = None,
    path: str | None = None,
    *,
    whole: bool = True,
) -> list[Node]:
    """Everything with a date, in the order of the dates, and how far the units at or below `path` have come with it;
    `owed`: what these owe, where it was counted already. But for the `whole`, what is asked of none of them is left out."""
    dated = select(Milestone).where(*_dated(campaign), milestone.c.kind != Kind.ledger)
    rows = session.exec(dated.order_by(milestone.c.due_at, milestone.c.id))
    counts: Counter[tuple[int, str]] = Counter()
    for one in matters.of_campaign(session, campaign.id, NEVER, path) if owed is None else owed:
        counts[one.milestone, one.counted.status] += one.counted.number
    planned = [_node(row, counts) for row in rows]
    asked = [one for one in planned if whole or not one.opened or one.expected]
    found = [*asked, *_of_ledger(session, campaign, path, whole=whole)]
    return sorted(found, key=lambda one: (one.due_at or NEVER, one.key))


def _dated(campaign: Running) -> tuple[sa.ColumnElement[bool], ...]:
    mine = milestone.c.campaign_id == campaign.id
    return mine, milestone.c.due_at.is_not(None), milestone.c.withdrawn_at.is_(None)


def _node(row: Milestone, counts: Counter[tuple[int, str]]) -> Node:
    handed_in = sum(counts[row.id, status] for status in HANDED_IN)
    return Node.of(row, handed_in, sum(counts[row.id, status] for status in OPEN))


def _of_ledger(session: Session, campaign: Running, path: str | None, *, whole: bool) -> list[Node]:
    """The items of the ledger by their dates: so many rows as dates, however many items there are."""
    theirs = sa.and_(matters.of_milestone(), *within(path, obligation.c.unit_id))
    statuses = (HANDED_IN, OPEN)
    sums = [sa.func.sum(sa.case((obligation.c.status.in_(some), 1), else_=0)) for some in statuses]
    handed_in, missing = (one.label(name) for one, name in zip(sums, ("handed_in", "missing"), strict=True))
    one, opened = milestone.c, milestone.c.opened_at.is_not(None).label("opened")
    each = (
        sa.select(one.id, one.name, one.due_at, one.provisional, opened, handed_in, missing)
        .select_from(milestone.outerjoin(obligation, theirs))
        .where(*_dated(campaign), one.kind == Kind.ledger)
        .group_by(one.id)
        .subquery()
    )
    alike = each.c.due_at, each.c.provisional, each.c.opened
    number, both = sa.func.count(), (sa.func.sum(each.c.handed_in), sa.func.sum(each.c.missing))
    asked = [] if whole else [sa.or_(~each.c.opened, each.c.handed_in + each.c.missing > 0)]
    statement = sa.select(*alike, *both, number, sa.func.min(each.c.id), sa.func.min(each.c.name))
    return [
        Node(
            key,
            name if number == 1 else LEDGER.format(number=number),
            Kind.ledger,
            due,
            provisional,
            bool(opened),
            int(handed_in),
            int(missing),
            number,
        )
        for due, provisional, opened, handed_in, missing, number, key, name in session.execute(
            statement.where(*asked).group_by(*alike)
        ).tuples()
    ]


def lagging(
    session: Session, campaign: Running, now: datetime, limit: int | None = None, path: str | None = None
) -> list[Lagging]:
    """Units (at or below `path`) with something overdue or behind the campaign, the most overdue first."""
    late = _overdue(campaign, now).subquery()
    is_behind = figures.behind_condition(session, campaign, now)
    statement = (
        sa.select(
            unit.c.code, unit.c.name, run.c.state, is_behind.label("behind"), late.c.number, late.c.since
        )
        .select_from(
            run.join(unit, unit.c.id == run.c.unit_id).outerjoin(late, late.c.unit_id == run.c.unit_id)
        )
        .where(run.c.campaign_id == campaign.id, sa.or_(late.c.number.is_not(None), is_behind))
        .where(*within(path, run.c.unit_id))
        .order_by(sa.func.coalesce(late.c.number, 0).desc(), unit.c.sort_key, unit.c.code)
        .limit(limit)
    )
    return [
        Lagging(
            code, name, state, state_name(campaign.machines, state).label, bool(behind), number or 0, since
        )
        for code, name, state, behind, number, since in session.execute(statement).tuples()
    ]


def _overdue(campaign: Running, now: datetime) -> sa.Select[Any]:
    due = due_in_force()
    return (
        sa.select(obligation.c.unit_id, sa.func.count().label("number"), sa.func.min(due).label("since"))
        .select_from(milestone.join(obligation, matters.of_milestone()))
        .where(*matters.overdue(campaign.id, now))
        .group_by(obligation.c.unit_id)
    )
