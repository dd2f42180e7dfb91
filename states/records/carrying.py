"""Windows and events of units below a unit that carries a campaign out at its own level: they hold in the campaign below.

What was dated above stands there with a fixed date, so a window takes with it the dates that its place has from the level
above, brought forward like all others. A date of its own that the lower level set for something holds for all its units.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, select

from states import adopting
from states.adopting import Terms
from states.plan import plan
from states.reading import load
from states.records import laying, local_windows, owners_dates
from states.records.campaigns import Running
from states.records.core import local_event, unit
from states.records.core import milestone as milestones
from states.records.journal import iso, note
from states.records.local_windows import Placed, window_of
from states.records.localities import LocalEvent
from states.records.tables import LocalWindow, Milestone, PhaseRow, Unit

CARRIED = "上级已另定，随承接带入"
SAID = "上级为{unit}另定的期限（{what}到{day}）随之带入"


def windows(session: Session, parent: Running, owner: Unit, now: datetime) -> list[Placed]:
    """Windows above of units below the owner that are not over."""
    found = local_windows.placed(session, parent)
    return [
        one
        for one in found
        if one.path != owner.path and one.path.startswith(owner.path) and one.row.closes_at > now
    ]


def sentences(session: Session, parent: Running, owner: Unit, now: datetime) -> list[str]:
    """What adopting takes along, for whoever tries it."""
    rows = session.exec(select(PhaseRow).where(PhaseRow.campaign_id == parent.id))
    names = {one.key: laying.name_of(parent, one) for one in rows}
    return [
        SAID.format(
            unit=session.get_one(Unit, one.row.unit_id).name,
            what=names[one.row.phase],
            day=f"{one.row.closes_at.astimezone(parent.zone):%Y-%m-%d}",
        )
        for one in windows(session, parent, owner, now)
    ]


def carry(session: Session, parent: Running, child: Running, terms: Terms, now: datetime, actor: str) -> None:
    """Write them into the campaign below, which has just been launched, and let its dates follow."""
    owner = session.get_one(Unit, child.row.owner_id)
    found, events = windows(session, parent, owner, now), _events(session, parent, owner)
    for one in found:
        _lay(session, parent, child, one, terms, now, actor)
    for event in events:
        session.add(LocalEvent(**{**event.model_dump(), "campaign_id": child.id}))
    session.flush()
    if found or events:
        laying.rederive(session, child, now, actor, CARRIED)


def _events(session: Session, parent: Running, owner: Unit) -> list[LocalEvent]:
    below = sa.and_(unit.c.path.startswith(owner.path), unit.c.id != owner.id)
    kept = select(LocalEvent).join(unit, unit.c.id == local_event.c.unit_id)
    return list(session.exec(kept.where(local_event.c.campaign_id == parent.id, below)))


def _lay(
    session: Session,
    parent: Running,
    child: Running,
    above: Placed,
    terms: Terms,
    now: datetime,
    actor: str,
) -> None:
    row = above.row
    reason = f"{CARRIED}：{row.reason}"
    kept = row.model_dump(exclude={"id", "campaign_id", "reason", "dates"})
    dates = _dates(session, parent, child, above, terms)
    session.add(LocalWindow(**kept, campaign_id=child.id, reason=reason, dates=dates))
    note(
        session,
        now,
        "phase.window",
        actor,
        campaign_id=child.id,
        unit_id=row.unit_id,
        after=iso(row.closes_at),
        reason=reason,
        phase=row.phase,
        parent=parent.id,
    )


def _dates(session: Session, parent: Running, child: Running, above: Placed, terms: Terms) -> dict[str, str]:
    """Requirement and period → when it is due there, of what is due there on another day than for everybody else."""
    place = session.get_one(Unit, above.row.unit_id)
    real = owners_dates.above(session, parent, place)
    text = adopting.derive(real, replace(terms, dates={}), child.row.template_version)
    own = {written.rpartition(".")[0] for written in terms.dates}
    row = child.row
    planned = plan(load(text), row.start, row.fills, child.calendar).milestones
    there = {(one.requirement, one.period): one.due_at for one in planned}
    mine = select(Milestone).where(Milestone.campaign_id == child.id, ~milestones.c.local)
    found = {}
    for one in session.exec(mine):
        due = there.get((one.requirement, one.period))
        concerned = window_of(child, one) == above.row.phase and one.requirement not in own
        if concerned and due is not None and due != one.due_at:
            found[f"{one.requirement}@{one.period}"] = due.isoformat()
    return found
