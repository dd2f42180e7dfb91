"""Which obligations of a campaign are looked for: by whose they are, where they stand and when they are due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

import sqlalchemy as sa
from sqlmodel import Session

from states.errors import Fault, Faulty
from states.progress import HANDED_IN, OWED
from states.records import reading_scope
from states.records.access import Scope
from states.records.campaigns import Running
from states.records.columns import obligation_span
from states.records.core import milestone, obligation
from states.records.matters import due_in_force
from states.records.placed_after import placed_after
from states.records.reading_standing import obligation_key
from states.records.scopes import below
from states.records.settling import OPEN, STATUS_NAMES
from states.records.tables import Milestone

NIL = "nil"


@dataclass(frozen=True)
class Wanted:
    """Which obligations of a campaign; empty fields do not restrict. `due_from`, `due_until`: local days, both included;
    `reporting`: a field of `progress.Reporting`, for those that count in it; `beyond`: a place, for what comes after it on
    the board.
    """

    unit: str | None = None
    milestone: int | None = None
    statuses: tuple[str, ...] = ()
    overdue: bool | None = None
    under: tuple[str, ...] = ()
    due_from: date | None = None
    due_until: date | None = None
    reporting: str = ""
    beyond: str | None = None


def chosen(
    session: Session, scope: Scope, campaign: Running, wanted: Wanted, now: datetime
) -> list[sa.ColumnElement[bool]]:
    """Conditions over obligation, milestone and unit, within reach. Raises NotAllowed, NotFound, Faulty."""
    return [
        *_ids(session, scope, campaign, wanted),
        *reading_scope.within(scope),
        *_standing(wanted, now),
        *_about(session, scope, campaign, wanted),
    ]


def _ids(session: Session, scope: Scope, campaign: Running, wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    """Obligations by their numbers alone: those of a unit, of a milestone, or of the whole campaign."""
    opened = session.execute(
        sa.select(milestone.c.id).where(
            milestone.c.campaign_id == campaign.id, milestone.c.opened_at.is_not(None)
        )
    )
    keys = list(opened.scalars())
    if wanted.milestone is not None:
        if wanted.milestone not in keys and not _has_milestone(session, campaign, wanted.milestone):
            raise Faulty([Fault("milestone", f"这次专项行动中没有编号为 {wanted.milestone} 的节点")])
        keys = [key for key in keys if key == wanted.milestone]
    if wanted.unit is not None:
        place = reading_scope.unit_seen(session, scope, wanted.unit)
        return [
            milestone.c.id.in_(keys),
            obligation.c.id == obligation_key(milestone.c.id, sa.literal(place.id)),
        ]
    if not keys:
        return [sa.false()]
    span = (obligation_span(min(keys))[0], obligation_span(max(keys))[1])
    return [obligation.c.id.between(*span), obligation.c.campaign_id == campaign.id]


def _has_milestone(session: Session, campaign: Running, key: int) -> bool:
    row = session.get(Milestone, key)
    return row is not None and row.campaign_id == campaign.id


def _standing(wanted: Wanted, now: datetime) -> list[sa.ColumnElement[bool]]:
    unknown = [status for status in wanted.statuses if status not in STATUS_NAMES]
    if unknown:
        offered = "、".join(STATUS_NAMES)
        raise Faulty([Fault("status", f"没有“{status}”这个状态；可用的有 {offered}") for status in unknown])
    conditions: list[sa.ColumnElement[bool]] = []
    if wanted.statuses:
        conditions.append(obligation.c.status.in_(wanted.statuses))
    if wanted.overdue is not None:
        late = sa.and_(obligation.c.status.in_(OPEN), sa.func.coalesce(due_in_force() < now, sa.false()))
        conditions.append(late if wanted.overdue else sa.not_(late))
    if wanted.reporting:
        conditions.append(_counts_as(wanted.reporting, now))
    return conditions


def _counts_as(name: str, now: datetime) -> sa.ColumnElement[bool]:
    """Whether it counts in that field of `progress.Reporting`: the rule of `progress.counts_as`, for the database."""
    status = obligation.c.status
    handed, passed = status.in_(HANDED_IN), sa.func.coalesce(due_in_force() < now, sa.false())
    counts = {
        "due": sa.or_(handed, sa.and_(status.in_(OWED), passed)),
        "on_time": sa.and_(handed, ~obligation.c.late, status != NIL),
        "late": sa.and_(handed, obligation.c.late),
        "nil": status == NIL,
        "missing": sa.and_(status.in_(OWED), passed),
    }
    return counts[name]


def _about(session: Session, scope: Scope, campaign: Running, wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    """Whose they are and when they are due, by the date in force and the calendar of the campaign's place."""
    conditions = placed_after(session, scope, wanted.beyond)
    if wanted.under:
        paths = reading_scope.paths_seen(session, scope, list(wanted.under), "under")
        conditions.append(sa.or_(*(below(path) for path in paths)))
    if wanted.due_from is not None:
        conditions.append(due_in_force() >= datetime.combine(wanted.due_from, time(0), campaign.zone))
    if wanted.due_until is not None:
        conditions.append(due_in_force() <= datetime.combine(wanted.due_until, time.max, campaign.zone))
    return conditions
