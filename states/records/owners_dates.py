"""What holds for the owner of a campaign below in the campaign above: the nearest window and date of a place over it."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, select

from states.adopting import Above, Window
from states.records import local_windows, replanning
from states.records.campaigns import Running
from states.records.columns import obligation_id
from states.records.core import extended, local_date, obligation, unit
from states.records.ledger_steps import FOUND
from states.records.tables import Milestone, PhaseRow, Unit

OF_PLACES = (
    "phase.window",
    "event.recorded",
    "extension.granted",
)  # journal rows about one unit that move dates of its own or of those below it


def above(session: Session, parent: Running, owner: Unit) -> Above:
    """The campaign above as it is really carried out for the unit that carries it out below."""
    row = parent.row
    kept = select(PhaseRow).where(PhaseRow.campaign_id == row.id, PhaseRow.withdrawn_at == None)  # noqa: E711
    phases = list(session.exec(kept))
    rows = list(session.exec(select(Milestone).where(Milestone.campaign_id == row.id)))
    planned = replanning.planned_again(session, parent)
    ends_of = windows(session, parent, owner, phases)
    whole = parent.template.whole
    last = [planned.ends_at, *(closes for _opens, closes in ends_of.values())]
    ends = max((at for at in last if at is not None), default=None) if planned.ends_at else None
    return Above(
        template=parent.template,
        fills=row.fills,
        begins=planned.begins_at,
        ends=ends_of[whole][1] if whole in ends_of else ends,
        phases=ends_of,
        opened=frozenset(one.key for one in phases if one.opened_at is not None),
        milestones=milestones(session, parent, owner, rows),
    )


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
    dates, granted = _dates(session, above, owner), _granted(session, owner, rows)
    return {
        (one.requirement, one.period): (one.opens_at, granted.get(one.id, dates.get(one.id, one.due_at)))
        for one in rows
        if not one.local or one.id in dates
    }


def _granted(session: Session, owner: Unit, rows: list[Milestone]) -> dict[int, datetime]:
    """Milestone → until when the owner was given more time for it; a return gives time to correct, and to nobody else."""
    planned = [one for one in rows if not one.requirement.startswith(FOUND)]
    owed = {obligation_id(one.id, owner.id): one.id for one in planned}
    longer = sa.exists().where(extended.c.obligation_id == obligation.c.id)
    found = sa.select(obligation.c.id, obligation.c.due_at).where(obligation.c.id.in_(owed), longer)
    return {owed[key]: at for key, at in session.execute(found).tuples() if at is not None}


def _dates(session: Session, above: Running, owner: Unit) -> dict[int, datetime | None]:
    line = [int(part) for part in owner.path.split("/") if part]
    found = sa.select(local_date.c.milestone_id, local_date.c.due_at)
    found = found.join(unit, unit.c.id == local_date.c.unit_id)
    found = found.where(local_date.c.campaign_id == above.id, local_date.c.unit_id.in_(line))
    return dict(session.execute(found.order_by(sa.func.length(unit.c.path), unit.c.id)).tuples().all())
