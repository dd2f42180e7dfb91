"""Whom a granted extension reaches: the obligations that take the date, within the caps, and the dates they had."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session

from states import extending
from states.extending import Use
from states.records import own_dates, settling
from states.records.columns import obligation_span, slices
from states.records.core import extended, obligation, unit
from states.records.extendable import Owed
from states.records.scopes import below
from states.records.tables import Milestone, Unit


def concerned(
    session: Session, about: Owed, whom: str, place: Unit | None, until: datetime
) -> tuple[list[int], int]:
    """Obligations that take the date: all that are due earlier and within the caps. And how many the caps leave out."""
    if whom == "unit":
        return [about.row.id], 0
    units = sa.select(unit.c.id) if place is None else sa.select(unit.c.id).where(below(place.path))
    earlier = sa.func.coalesce(obligation.c.due_at, sa.literal(about.milestone.due_at)) < until
    keys = settling.locked(session, [*own_dates.whose(about.milestone, units), earlier])
    used_up = _used_up(session, about, until)
    return [key for key in keys if key not in used_up], len(used_up & set(keys))


def _used_up(session: Session, about: Owed, until: datetime) -> set[int]:
    """Obligations of the milestone that had extensions before and whose caps allow none to `until`."""
    if about.rule.limit is None and about.rule.total is None:
        return set()
    rows = session.execute(
        sa.select(extended.c.obligation_id, extended.c.before, extended.c.after, obligation.c.due_at)
        .join(obligation, obligation.c.id == extended.c.obligation_id)
        .where(extended.c.obligation_id.between(*obligation_span(about.milestone.id)))
    )
    spans: dict[int, list[extending.Span]] = {}
    due: dict[int, datetime] = {}
    for key, before, after, own in rows.tuples():
        spans.setdefault(key, []).append((before, after))
        due[key] = own or about.milestone.due_at or until
    campaign = about.campaign
    return {
        key
        for key, had in spans.items()
        if extending.refused_by(
            about.rule, Use(len(had), tuple(had)), (due[key], until), campaign.calendar, campaign.zone
        )
    }


def by_date(session: Session, milestone: Milestone, keys: Sequence[int]) -> dict[datetime, list[int]]:
    """The same by the date in force until now."""
    groups: dict[datetime, list[int]] = {}
    for some in slices(keys, settling.AT_ONCE):
        rows = sa.select(obligation.c.id, obligation.c.due_at).where(obligation.c.id.in_(some))
        for key, own in session.execute(rows.order_by(obligation.c.id)).tuples():
            if (due := own or milestone.due_at) is not None:
                groups.setdefault(due, []).append(key)
    return groups


def own(session: Session, keys: Sequence[int]) -> list[int]:
    """Those that have a date of their own."""
    found: list[int] = []
    for some in slices(keys, settling.AT_ONCE):
        own = sa.select(obligation.c.id).where(obligation.c.id.in_(some), obligation.c.due_at.is_not(None))
        found += session.execute(own.order_by(obligation.c.id)).scalars()
    return found
