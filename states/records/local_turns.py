"""Milestones that only some units have: turns of a report that go on inside a longer window, and what their event opens."""

from __future__ import annotations

from dataclasses import asdict

import sqlalchemy as sa
from sqlmodel import Session, select

from states.plan import PlannedMilestone
from states.records import fanning
from states.records.core import local_date
from states.records.journal import note_milestone
from states.records.local_dates import Act
from states.records.local_facts import Fact, Facts, Key, Planned
from states.records.tables import Milestone
from states.records.timers import next_cycle, timers


def reconcile(session: Session, facts: Facts, act: Act) -> None:
    """Such milestones are there while some place asks for them; what everybody is asked for by now is ordinary."""
    kept = select(Milestone).where(Milestone.campaign_id == facts.campaign.id)
    rows = {(one.requirement, one.period): one for one in session.exec(kept)}
    if not facts.all and not any(one.local for one in rows.values()):
        return
    wanted = _wanted(facts, act)
    for key, row in rows.items():
        if row.local and (usual := facts.base().get(key)) is not None and usual.opens_at is not None:
            _share(session, facts, row, usual, act)
        elif row.local and key not in wanted:
            _give_up(session, facts, row, key, act)
    for key, planned in wanted.items():
        _ask(session, facts, rows.get(key), planned)
    session.flush()


def _wanted(facts: Facts, act: Act) -> Planned:
    """What the plan under some fact asks for beyond that of everybody else; of several dates the last."""
    found: Planned = {}
    for fact in facts.all:
        there = facts.under(
            fact.phase, fact.at if fact.phase else None, fact.event, fact.at if fact.event else None
        )
        for key, one in there.items():
            if _of(facts, fact, one) and _beyond(facts, key, one) and _comes(one, act):
                found[key] = _later(found.get(key), one)
    return found


def _of(facts: Facts, fact: Fact, one: PlannedMilestone) -> bool:
    window = one.phase or facts.campaign.template.whole
    return fact.phase in (None, window) and facts.asks(one.scope, fact.path)


def _beyond(facts: Facts, key: Key, one: PlannedMilestone) -> bool:
    usual = facts.base().get(key)
    return one.opens_at is not None and (usual is None or usual.opens_at is None)


def _comes(one: PlannedMilestone, act: Act) -> bool:
    return one.due_at is None or one.due_at > act.now


def _later(known: PlannedMilestone | None, one: PlannedMilestone) -> PlannedMilestone:
    return one if known is None or (one.due_at and known.due_at and one.due_at > known.due_at) else known


def _ask(session: Session, facts: Facts, row: Milestone | None, planned: PlannedMilestone) -> None:
    if row is None:
        row = Milestone(campaign_id=facts.campaign.id, original_due_at=planned.due_at, **asdict(planned))
    elif row.opened_at is not None or row.withdrawn_at is not None or row.held:
        return
    row.local = True
    row.opens_at, row.due_at, row.provisional = planned.opens_at, planned.due_at, planned.provisional
    session.add(row)


def _give_up(session: Session, facts: Facts, row: Milestone, key: Key, act: Act) -> None:
    """No place asks for it any more: where nobody has been asked it is as if it had never been there."""
    if row.opened_at is not None or row.withdrawn_at is not None:
        return
    session.execute(sa.delete(local_date).where(local_date.c.milestone_id == row.id))
    if key in facts.base():  # it waits again for what everybody else waits for
        row.local, row.opens_at, row.due_at = False, None, facts.base()[key].due_at
        session.add(row)
        return
    session.delete(row)
    said = {"reason": act.reason, "name": row.name}
    note_milestone(session, act.now, "milestone.dropped", act.actor, row, **said)


def _share(session: Session, facts: Facts, row: Milestone, usual: PlannedMilestone, act: Act) -> None:
    """Everybody is asked for it now; where it is handed out already the others get it too."""
    row.local = False
    row.due_at, row.provisional = usual.due_at, usual.provisional
    if row.opened_at is None:
        row.opens_at = usual.opens_at
    session.add(row)
    session.flush()
    if row.opened_at is None or row.withdrawn_at is not None:
        return
    row.expected += fanning.fan_out(session, facts.campaign, row, again=True)
    if row.due_at is not None:
        cycle = next_cycle(session, row.id)
        session.add_all(timers(facts.campaign, row, row.due_at, act.now, cycle=cycle, could_open=act.now))
    session.add(row)
