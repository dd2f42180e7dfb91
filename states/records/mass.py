"""Moves of many units at once, in SQL built from the machine's own table.

The guards are the machine's: a move that is `filed` needs every required obligation of the phase handed in, a
`guarded` one needs them settled, and one that `waits` leads into no phase that the campaign has not opened.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from states import machine
from states.errors import Faulty, Refused
from states.machine import Edge
from states.records import discretion, ledger_following, locks, owing, settling, waiving
from states.records.campaigns import Running
from states.records.columns import changed, obligation_span
from states.records.core import journal, obligation, run, unit
from states.records.moving import NOTHING_OWED, check_outcome, outcome_of
from states.records.tables import Milestone

SYSTEM = "system"


@dataclass(frozen=True)
class Mass:
    """What a mass move did or, as a dry run, would do: how many units, and how many could not."""

    move: str
    moved: int
    refused: int


def mass_move(
    session: Session,
    campaign: Running,
    name: str,
    chosen: list[sa.ColumnElement[bool]],
    now: datetime,
    actor: str,
    *,
    reason: str | None = None,
    outcome: str | None = None,
    dry_run: bool = False,
) -> Mass:
    """Make the same move of every chosen unit (`chosen`: conditions over `unit_run`) for which it is open."""
    if name not in machine.MOVES["unit"]:
        raise Faulty([f"没有“{name}”这个动作；可用的有 {'、'.join(machine.MOVES['unit'])}"])
    check_outcome(campaign, name, outcome)
    edges = [edge for edge in machine.table(campaign.machines) if edge.move == name]
    if any(edge.needs_reason for edge in edges) and not (reason or "").strip():
        raise Refused(f"“{machine.MOVE_NAMES[name]}”须写明理由")
    discretion.check(session, campaign.id, {"reason": reason}, actor, now)
    if not dry_run:
        locks.alone(session, campaign.id)
    total = _count(session, [run.c.campaign_id == campaign.id, *chosen])
    moved = 0
    # Judge every source state before the first write, so that no unit is moved twice in one go.
    ready = [(edge, [*_open(session, campaign, edge), *chosen]) for edge in reversed(edges)]
    for edge, conditions in ready:
        outcome_of(campaign, edge.dest, outcome)
        if dry_run:
            moved += _count(session, conditions)
        else:
            moved += _set_move(session, campaign, edge, conditions, now, actor, reason, outcome)
    return Mass(name, moved, total - moved)


def start_all(session: Session, campaign: Running, now: datetime) -> int:
    """Every waiting unit enters the first phase; after a launch on the day itself none is waiting."""
    waiting = sa.exists().where(run.c.campaign_id == campaign.id, run.c.state == campaign.machines.unit.start)
    if not session.execute(sa.select(waiting)).scalar():
        return 0
    return mass_move(session, campaign, "start", [], now, SYSTEM).moved


def advance_settled(session: Session, campaign: Running, now: datetime, *, left_behind: bool = False) -> int:
    """Units whose phase is done follow the campaign, as far as they can; returns how many moves that made.

    Who owes nothing in a phase has nothing to be reviewed: a department that is in it for its ledger rows.
    `left_behind`: only out of phases that the campaign has left.
    """
    made = 0
    locks.alone(session, campaign.id)
    for edge in machine.table(campaign.machines):
        if left_behind and machine.ord_of(campaign.machines, edge.source) >= campaign.row.ord:
            continue
        if edge.move == "submit":
            ready = [*_open(session, campaign, edge), *_not_idle(session, campaign, edge)]
            made += _set_move(session, campaign, edge, ready, now, SYSTEM, None, None)
        if edge.move == "approve" and _leads_to_open_phase(campaign, edge):
            idle = [*_open(session, campaign, edge), *_owes_nothing(session, campaign, edge)]
            made += _set_move(session, campaign, edge, idle, now, SYSTEM, NOTHING_OWED, None)
    return made


def _not_idle(session: Session, campaign: Running, edge: Edge) -> list[sa.ColumnElement[bool]]:
    """Who owes nothing enters no review before it can pass it: nobody is to look for something to review."""
    onward = campaign.machines.unit.edge(edge.dest, "approve")
    if onward is None or onward.dest == machine.CLOSED or _leads_to_open_phase(campaign, onward):
        return []
    return [sa.not_(sa.and_(*_owes_nothing(session, campaign, onward)))]


def _owes_nothing(session: Session, campaign: Running, edge: Edge) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = [sa.literal(edge.dest != machine.CLOSED)]
    for milestone in settling.required(session, campaign, edge.source.split(".")[0]):
        first, last = obligation_span(milestone.id)
        owing = sa.select(obligation.c.unit_id).where(obligation.c.id.between(first, last))
        conditions.append(run.c.unit_id.not_in(owing))
    return conditions


def _open(session: Session, campaign: Running, edge: Edge) -> list[sa.ColumnElement[bool]]:
    """The guards of one edge as conditions over `unit_run`."""
    conditions = [run.c.campaign_id == campaign.id, run.c.state == edge.source]
    if machine.at_rest(campaign.row.state, edge.move):
        return [*conditions, sa.false()]
    if not (edge.guarded or edge.filed):
        return conditions
    if edge.waits and not _leads_to_open_phase(campaign, edge):
        return [*conditions, sa.false()]
    blocking = settling.UNSETTLED if edge.guarded else settling.OPEN
    for milestone in settling.required(session, campaign, edge.source.split(".")[0]):
        if milestone.opened_at is None:
            conditions.append(_outside(session, campaign, milestone))
            continue
        first, last = obligation_span(milestone.id)
        owed = sa.select(obligation.c.unit_id).where(
            obligation.c.id.between(first, last), obligation.c.status.in_(blocking)
        )
        conditions.append(run.c.unit_id.not_in(owed))
    return conditions


def _outside(session: Session, campaign: Running, milestone: Milestone) -> sa.ColumnElement[bool]:
    """Over `unit_run`: who will not owe a milestone that is still to be opened."""
    bound = owing.conditions(session, campaign, milestone)
    return run.c.unit_id.not_in(sa.select(unit.c.id).where(*bound)) if bound else sa.false()


def _leads_to_open_phase(campaign: Running, edge: Edge) -> bool:
    target = machine.state_name(campaign.machines, edge.dest)
    return target.key == "closed" or target.ord <= campaign.row.ord


def _count(session: Session, conditions: list[sa.ColumnElement[bool]]) -> int:
    return int(session.execute(sa.select(sa.func.count()).select_from(run).where(*conditions)).scalar_one())


def _set_move(
    session: Session,
    campaign: Running,
    edge: Edge,
    conditions: list[sa.ColumnElement[bool]],
    now: datetime,
    actor: str,
    reason: str | None,
    outcome: str | None,
) -> int:
    """One UPDATE and one journal row a unit, in one statement where the database can."""
    if edge.move == "exempt":
        leaving = sa.select(run.c.unit_id).where(*conditions).order_by(run.c.unit_id).with_for_update()
        units = session.execute(leaving).scalars().all()
        waiving.waive_many(session, campaign, units, now, actor, reason or "")
        ledger_following.follow_units(session, campaign, units, now, actor)
    values = {
        "state": edge.dest,
        "ord": machine.ord_of(campaign.machines, edge.dest),
        "since": now,
        "version": run.c.version + 1,
        "outcome": outcome_of(campaign, edge.dest, outcome),
    }
    changing = sa.update(run).where(*conditions).values(values)
    if session.get_bind().dialect.name == "postgresql":
        moved = changing.returning(run.c.unit_id).cte("moved")
        rows = _facts(campaign, edge, now, actor, reason, moved.c.unit_id)
        return changed(session, sa.insert(journal).from_select(_COLUMNS, rows))
    facts = _facts(campaign, edge, now, actor, reason, run.c.unit_id).where(*conditions)
    session.execute(sa.insert(journal).from_select(_COLUMNS, facts))
    return changed(session, changing)


_COLUMNS = ["at", "kind", "actor", "campaign_id", "unit_id", "before", "after", "reason", "payload"]


def _facts(
    campaign: Running, edge: Edge, now: datetime, actor: str, reason: str | None, units: Any
) -> sa.Select[Any]:
    return sa.select(
        sa.literal(now, journal.c.at.type),
        sa.literal("unit.moved"),
        sa.literal(actor),
        sa.literal(campaign.id),
        units,
        sa.literal(edge.source),
        sa.literal(edge.dest),
        sa.literal(reason, sa.String),
        sa.literal({"move": edge.move}, journal.c.payload.type),
    )
