"""What holds for the owner of a campaign below in the campaign above: the nearest window and date of a place over it."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session

from states.adopting import Window
from states.records import local_windows
from states.records.campaigns import Running
from states.records.core import local_date, unit
from states.records.tables import Milestone, PhaseRow, Unit

OF_PLACES = (
    "phase.window",
    "event.recorded",
)  # journal rows about one unit that move dates of those below it


def windows(session: Session, above: Running, owner: Unit, phases: list[PhaseRow]) -> dict[str, Window]:
    """Phase → its window as it is for the owner."""
    found: dict[str, Window] = {one.key: (one.opens_at, one.closes_at) for one in phases}
    for place in local_windows.placed(session, above):  # upper units first: the last is the nearest
        key = place.row.phase
        if key in found and owner.path.startswith(place.path):
            found[key] = (found[key][0], place.row.closes_at)
    return found


def milestones(
    session: Session, above: Running, owner: Unit, rows: list[Milestone]
) -> dict[tuple[str, str], Window]:
    """Requirement and period → when it opens and is due for the owner; what only other places owe is left out."""
    dates = _dates(session, above, owner)
    return {
        (one.requirement, one.period): (one.opens_at, dates.get(one.id, one.due_at))
        for one in rows
        if not one.local or one.id in dates
    }


def _dates(session: Session, above: Running, owner: Unit) -> dict[int, datetime | None]:
    line = [int(part) for part in owner.path.split("/") if part]
    found = sa.select(local_date.c.milestone_id, local_date.c.due_at)
    found = found.join(unit, unit.c.id == local_date.c.unit_id)
    found = found.where(local_date.c.campaign_id == above.id, local_date.c.unit_id.in_(line))
    return dict(session.execute(found.order_by(sa.func.length(unit.c.path), unit.c.id)).tuples().all())
