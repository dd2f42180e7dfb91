"""What units owe as it is told: a list in the order of the numbers, which never change, and one in full."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import Session

from states.errors import NotAllowed, NotFound
from states.records import acts_offered, reading_scope, submissions, tallies
from states.records.access import Scope
from states.records.campaigns import Running, running
from states.records.columns import milestone_of
from states.records.core import milestone, obligation, tally, timer, unit
from states.records.matters import due_in_force
from states.records.obligations_wanted import Wanted, chosen
from states.records.reading_scope import UnitRow
from states.records.reading_standing import obligation_key
from states.records.settling import OPEN, STATUS_NAMES
from states.records.tables import Milestone, Obligation
from states.records.told import (
    ObligationInFull,
    ObligationTold,
    Page,
    RungTold,
    instant,
    instant_or_none,
)


class Row(NamedTuple):
    """An obligation with what it is about and whose it is, as `columns` asks for it."""

    id: int
    campaign: int
    code: str
    name: str
    milestone: int
    requirement: str
    period: str
    about: str
    kind: str
    phase: str | None
    status: str
    due: datetime | None
    original_due: datetime | None
    words: str
    filled: str
    provisional: bool
    late: bool
    required: bool
    review: bool
    nil: bool
    per: str | None
    expected: int | None
    done: int | None
    as_of: date | None
    by: str | None
    submitted_at: datetime | None
    settled_at: datetime | None
    version: int


def columns() -> list[sa.ColumnElement[Any]]:
    """What `Row` holds, from `obligation`, `milestone`, `unit` and the numbers below the unit."""
    owed, of = obligation.c, milestone.c
    return [
        *(owed.id, owed.campaign_id, unit.c.code, unit.c.name.label("unit_name")),
        *(of.id.label("milestone"), of.requirement, of.period, of.name, of.kind, of.phase),
        *(owed.status, due_in_force().label("due"), of.original_due_at, of.words, of.filled, of.provisional),
        *(owed.late, of.required, of.review, of.nil, of.per),
        *(tally.c.expected, tally.c.done, tally.c.as_of, tally.c.by),
        *(owed.submitted_at, owed.settled_at, owed.version),
    ]


def with_unit(joined: sa.Join) -> sa.Join:
    """With the unit that owes it, and the numbers below the unit."""
    counted = tally.c.obligation_id == obligation.c.id
    return joined.join(unit, unit.c.id == obligation.c.unit_id).outerjoin(tally, counted)


def page(
    session: Session, scope: Scope, campaign_id: int, wanted: Wanted, now: datetime, after: int, limit: int
) -> Page[ObligationTold]:
    """Obligations that are wanted, at most `limit`, after number `after`. Raises NotAllowed, NotFound, Faulty."""
    campaign = reading_scope.campaign_seen(session, scope, campaign_id)
    joined = milestone.join(obligation, obligation.c.milestone_id == milestone.c.id)
    conditions = chosen(session, scope, campaign, wanted, now)
    statement = (
        sa.select(*columns()).select_from(with_unit(joined)).where(*conditions, obligation.c.id > after)
    )
    found = session.execute(statement.order_by(obligation.c.id).limit(limit + 1))
    rows = [Row(*row) for row in found]
    items = [told(row, campaign, now) for row in rows[:limit]]
    return {"items": items, "next": str(rows[limit - 1].id) if len(rows) > limit else None}


def count(session: Session, scope: Scope, campaign: Running, wanted: Wanted, now: datetime) -> int:
    """How many are on all pages together. Raises NotAllowed, NotFound, Faulty."""
    joined = milestone.join(obligation, obligation.c.milestone_id == milestone.c.id)
    joined = joined.join(unit, unit.c.id == obligation.c.unit_id)
    statement = sa.select(sa.func.count()).select_from(joined)
    conditions = chosen(session, scope, campaign, wanted, now)
    return int(session.execute(statement.where(*conditions)).scalar_one())


def of_unit(session: Session, campaign: Running, place: UnitRow, now: datetime) -> list[ObligationTold]:
    """Everything one unit owes or owed in a campaign, in the order of the numbers."""
    key = obligation_key(milestone.c.id, sa.literal(place.id))
    joined = milestone.join(obligation, obligation.c.id == key)
    statement = (
        sa.select(*columns()).select_from(with_unit(joined)).where(milestone.c.campaign_id == campaign.id)
    )
    rows = session.execute(statement.order_by(obligation.c.id))
    return [told(Row(*row), campaign, now) for row in rows]


def told(row: Row, campaign: Running, now: datetime) -> ObligationTold:
    """One obligation in the zone of its campaign."""
    zone, asked = campaign.zone, campaign.asked.get(row.requirement)
    return {
        "id": row.id,
        "campaign": row.campaign,
        "unit": {"code": row.code, "name": row.name},
        "milestone": {
            "id": row.milestone,
            "requirement": row.requirement,
            "period": row.period,
            "name": row.about,
            "kind": row.kind,
            "phase": row.phase,
        },
        "status": {"key": row.status, "name": STATUS_NAMES[row.status]},
        "due": instant_or_none(row.due, zone),
        "original_due": instant_or_none(row.original_due, zone),
        "words": row.words,
        "filled": row.filled or None,
        "provisional": row.provisional,
        "overdue": row.status in OPEN and row.due is not None and row.due < now,
        "late": row.late,
        "required": row.required,
        "review": row.review,
        "nil": row.nil,
        "to": asked.to if asked else None,
        "copies": list(asked.copies) if asked else [],
        "keep_at_unit": asked is not None and asked.keep_at_unit,
        "per": row.per,
        "tally": tallies.told(row.expected, row.done, row.as_of, row.by),
        "submitted_at": instant_or_none(row.submitted_at, zone),
        "settled_at": instant_or_none(row.settled_at, zone),
        "version": row.version,
    }


def campaign_of(session: Session, scope: Scope, key: int) -> Running:
    """The campaign of an obligation, if the key may see the unit that owes it. Raises NotAllowed, NotFound."""
    limited = scope.path is not None or scope.campaigns is not None
    statement = sa.select(obligation.c.campaign_id, unit.c.path).join(unit, unit.c.id == obligation.c.unit_id)
    row = session.execute(statement.where(obligation.c.id == key)).first()
    if row is None:
        says = f"没有编号为 {key} 的应办事项"
        raise NotAllowed("该应办事项不在授权范围内") if limited else NotFound(says)
    campaign_id, path = row
    if (scope.campaigns is not None and campaign_id not in scope.campaigns) or (
        scope.path is not None and not path.startswith(scope.path)
    ):
        raise NotAllowed("该应办事项不在授权范围内")
    return running(session, campaign_id)


def campaign_with(session: Session, scope: Scope, campaign_id: int, key: int) -> Running:
    """The campaign, when it is the one of that obligation and the key may see both. Raises NotAllowed, NotFound."""
    scope.check_campaign(campaign_id)
    campaign = campaign_of(session, scope, key)
    if campaign.id != campaign_id:
        raise NotFound(f"这次专项行动中没有编号为 {key} 的应办事项")
    return campaign


def in_full(session: Session, scope: Scope, key: int, now: datetime) -> ObligationInFull:
    """One obligation with its acts, its ladder and its texts. Raises NotAllowed, NotFound."""
    return full(session, scope, campaign_of(session, scope, key), key, now)


def full(session: Session, scope: Scope, campaign: Running, key: int, now: datetime) -> ObligationInFull:
    """The same for an obligation that is known to be seen."""
    joined = milestone.join(obligation, obligation.c.milestone_id == milestone.c.id)
    statement = sa.select(*columns()).select_from(with_unit(joined))
    row = Row(*session.execute(statement.where(obligation.c.id == key)).one())
    handed = submissions.told(session, campaign, key)
    return {
        **told(row, campaign, now),
        "acts": acts_offered.offered(session, scope, campaign, key),
        "rungs": _rungs(session, campaign, key),
        "evidence": submissions.asked(campaign, row.requirement),
        "submissions": handed,
        "texts": [
            {"at": one["at"], "by": one["by"], "text": one["text"]}
            for one in handed
            if one["text"] is not None
        ],
    }


def _rungs(session: Session, campaign: Running, key: int) -> list[RungTold]:
    """The rungs of the date in force: the milestone's, or those of the obligation's own latest date."""
    row = session.get_one(Obligation, key)
    local = row.local_id or 0
    own = row.id if row.due_at is not None and not local else 0
    statement = sa.select(
        *(timer.c.cycle, timer.c.rung, timer.c.fire_at, timer.c.after_due, timer.c.done_at, timer.c.outcome)
    ).where(
        timer.c.phase_id == 0,
        timer.c.milestone_id == milestone_of(key),
        timer.c.obligation_id == own,
        timer.c.local_id == local,
    )
    rows = session.execute(statement.order_by(timer.c.cycle, timer.c.rung)).all()
    steps = campaign.ladder(session.get_one(Milestone, row.milestone_id))
    rungs = steps.rungs if steps else ()
    return [
        {
            "rung": one.rung,
            "name": rungs[one.rung - 1].name,
            "at": instant(one.fire_at, campaign.zone),
            "after_due": one.after_due,
            "confirm": rungs[one.rung - 1].confirm,
            "done_at": instant_or_none(one.done_at, campaign.zone),
            "outcome": one.outcome,
        }
        for one in rows
        if one.cycle == rows[-1].cycle and one.rung <= len(rungs)
    ]
