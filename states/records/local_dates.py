"""Dates of some units: what follows from their windows and events is kept with them, and moves what they still owe.

All in statements over many units: one row and one timer a rung for each place, however many units are below it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, select

from states.records import own_dates, rearming, settling
from states.records.campaigns import Running
from states.records.columns import changed
from states.records.core import milestone as milestones
from states.records.core import obligation, timer, unit
from states.records.fanning import fan_out
from states.records.local_facts import Facts, Place, dates
from states.records.localities import LocalDate
from states.records.tables import Milestone
from states.records.timers import common, next_cycle, timers


@dataclass(frozen=True)
class Shifted:
    """A milestone whose date is another one below a unit: how many unsettled obligations take it at once."""

    milestone: Milestone
    before: datetime | None
    after: datetime | None
    obligations: int
    unit_id: int = 0


@dataclass(frozen=True)
class Act:
    """In whose name dates move, and why. `anew`: a person decided, so every rung of the new date speaks;
    `at_once`: what is over already is demanded at once. `could_open`: it has just been handed out, and could since.
    """

    now: datetime
    actor: str
    reason: str
    anew: bool = True
    at_once: bool = False
    could_open: datetime | None = None


def derive(session: Session, facts: Facts, act: Act, under: str = "/") -> list[Shifted]:
    """Every date that follows from facts at or below the unit of the path `under`, written and moved."""
    going = select(Milestone).where(
        Milestone.campaign_id == facts.campaign.id, milestones.c.withdrawn_at.is_(None)
    )
    found = (
        list(session.exec(going.order_by(milestones.c.due_at.nulls_first(), milestones.c.id)))
        if facts.all
        else []
    )
    return [one for milestone in found for one in derive_one(session, facts, milestone, act, under)]


def derive_one(
    session: Session, facts: Facts, milestone: Milestone, act: Act, under: str = "/"
) -> Iterator[Shifted]:
    """The same for one milestone."""
    rows = dates(session, milestone.id)
    for place, due in expected(facts, milestone, rows, act.now, under):
        row = rows.get(place.unit_id)
        moved = _take(session, facts.campaign, milestone, place, row, due, act)
        if moved or due != milestone.due_at or (milestone.local and row is None):
            yield Shifted(milestone, milestone.due_at, due, moved, place.unit_id)


def expected(
    facts: Facts,
    milestone: Milestone,
    rows: dict[int, LocalDate],
    now: datetime,
    under: str = "/",
    due_at: datetime | None = None,
) -> Iterator[tuple[Place, datetime | None]]:
    """Places with a date of their own for a milestone. `due_at`: what everybody else's is about to be."""
    usual = due_at or milestone.due_at
    for place in facts.places(milestone):
        if not place.path.startswith(under):
            continue
        due = facts.due(milestone, place, usual)
        known = place.unit_id in rows
        if milestone.local:
            if known or _reaches(facts, milestone, place, now):
                yield place, due
        elif known or (due is not None and (due != usual or place.nested)):
            yield place, due


def _reaches(facts: Facts, milestone: Milestone, place: Place, now: datetime) -> bool:
    """Whether the plan asks for it there, and it is not over."""
    there = facts.there(milestone, place)
    return there is not None and there.opens_at is not None and (there.due_at is None or there.due_at > now)


def _take(
    session: Session,
    campaign: Running,
    milestone: Milestone,
    place: Place,
    row: LocalDate | None,
    due: datetime | None,
    act: Act,
) -> int:
    """Keep the date and move to it whoever still owes; returns how many."""
    new = row is None
    if row is None:
        row = LocalDate(campaign_id=campaign.id, milestone_id=milestone.id, unit_id=place.unit_id)
    same, before = not new and row.due_at == due, row.due_at
    row.due_at = due
    session.add(row)
    session.flush()
    if milestone.opened_at is None:
        return 0
    if milestone.local and new and act.could_open is None:
        milestone.expected += fan_out(session, campaign, milestone, again=True)
        session.add(milestone)
    if due is None:
        return 0
    moved = _move(session, campaign, milestone, place, row, due, act)
    if not same or act.could_open is not None:
        _arm(session, campaign, milestone, row, due, act, before)
    return moved


def _move(
    session: Session,
    campaign: Running,
    milestone: Milestone,
    place: Place,
    row: LocalDate,
    due: datetime,
    act: Act,
) -> int:
    """What takes the date: a date that a person has of his own (after a return) is only ever put off."""
    own, by = obligation.c.due_at, obligation.c.local_id
    elsewhere = sa.and_(by.is_not(None), sa.or_(own != due, by != row.id))
    alone = sa.and_(by.is_(None), own < due)
    usual = [own.is_(None)] if milestone.due_at != due or milestone.local else []
    units = sa.select(unit.c.id).where(*place.units())
    moving = [*own_dates.whose(milestone, units), sa.or_(elsewhere, alone, *usual)]
    if act.could_open is None:
        changing, why = [*moving, own.is_distinct_from(due)], (act.now, act.actor, act.reason)
        own_dates.note_where(session, campaign, milestone, changing, due, *why)
    settling.silence_where(session, milestone.id, sa.select(obligation.c.id).where(*moving), act.now)
    values = {"due_at": due, "local_id": row.id, "version": obligation.c.version + 1}
    return changed(session, sa.update(obligation).where(*moving).values(**values))


def _arm(
    session: Session,
    campaign: Running,
    milestone: Milestone,
    row: LocalDate,
    due: datetime,
    act: Act,
    before: datetime | None = None,
) -> None:
    """One timer a rung for all of the place; rungs of an earlier date of it fall silent."""
    mine = common(milestone.id, row.id)
    spoken = set() if act.anew else rearming.spoken(session, milestone.id, row.id)
    session.execute(
        sa.update(timer).where(*mine, timer.c.done_at.is_(None)).values(done_at=act.now, outcome=act.reason)
    )
    could_open = act.could_open or (act.now if act.at_once else None)
    cycle = next_cycle(session, milestone.id)
    made = timers(
        campaign,
        milestone,
        due,
        act.now,
        cycle=cycle,
        could_open=could_open,
        local_id=row.id,
        turn=bool(milestone.period and act.could_open),
    )
    session.add_all([one for one in made if one.rung not in spoken or rearming.again(one, before, act.now)])
    session.flush()


def climb_anew(session: Session, campaign: Running, milestone: Milestone, act: Act) -> None:
    """Other rungs under the dates that places have."""
    for row in dates(session, milestone.id).values():
        if row.due_at is not None:
            _arm(session, campaign, milestone, row, row.due_at, act)
