"""The units of a campaign as they are told: chosen by a filter, page by page, and one in full.

A page is ordered by the unit's number, which never changes: a walk over the pages sees every unit once, whatever
moves meanwhile.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlmodel import Session

from states.errors import Fault, Faulty
from states.machine import MOVES
from states.records import escalated, judging, moving, reading_obligations, reading_scope
from states.records.access import Scope
from states.records.campaigns import Running
from states.records.core import milestone, obligation, phase, run, unit
from states.records.figures import behind_condition
from states.records.local_windows import closing, may_be_late
from states.records.matters import due_in_force
from states.records.placed_after import placed_after
from states.records.reading_campaigns import choice
from states.records.reading_standing import (
    Owed,
    frozen_of,
    is_behind,
    obligation_key,
    owed_figures,
    run_state,
)
from states.records.reads import unit_in
from states.records.scopes import below, kind_keys, participating, sized
from states.records.settling import OPEN
from states.records.told import Page, UnitInFull, UnitLine, UnitListed, UnitMoves, instant

ESCAPE = "\\"


@dataclass(frozen=True)
class Wanted:
    """Which units of a campaign; empty fields do not restrict. `states`: state keys, with or without a stage;
    `beyond`: a place, for what comes after it on the board.
    """

    states: tuple[str, ...] = ()
    behind: bool | None = None
    overdue: bool | None = None
    under: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    q: str | None = None
    grades: tuple[str, ...] = ()
    beds_from: int | None = None
    beds_to: int | None = None
    ownership: tuple[str, ...] = ()
    escalated: bool | None = None
    beyond: str | None = None


class _Row(NamedTuple):
    id: int
    code: str
    name: str
    kind: str
    parent: str | None
    level: str
    grade: str
    beds: int | None
    ownership: str
    state: str
    ord: int
    since: datetime
    version: int
    outcome: str | None
    closes_at: datetime | None
    participating: bool


def chosen(
    session: Session, scope: Scope, campaign: Running, wanted: Wanted, now: datetime
) -> list[sa.ColumnElement[bool]]:
    """Conditions over `unit_run`, within the key's subtree. Raises Faulty for what the filter names and isn't there."""
    conditions = [run.c.campaign_id == campaign.id, *_states(campaign, wanted.states)]
    if wanted.behind is not None:
        late = behind_condition(session, campaign, now)
        conditions.append(late if wanted.behind else ~late)
    if wanted.overdue is not None:
        owes = _overdue(campaign, now)
        conditions.append(owes if wanted.overdue else ~owes)
    if wanted.escalated is not None:
        heard = escalated.condition(campaign, now)
        conditions.append(heard if wanted.escalated else ~heard)
    about = [*reading_scope.within(scope), *_about(session, scope, wanted)]
    if about:
        conditions.append(run.c.unit_id.in_(sa.select(unit.c.id).where(*about)))
    return conditions


def _states(campaign: Running, states: Sequence[str]) -> list[sa.ColumnElement[bool]]:
    """`self-check` stands for every stage of it, `self-check.review` and `self-check.suspended` for one."""
    if not states:
        return []
    table = campaign.machines.unit.states
    keys = {state: (one.key, one.stage) for state, one in table.items()}
    offered = list(dict.fromkeys(key if at is None else f"{key}.{at}" for key, at in keys.values()))
    unknown = [state for state in states if state not in offered and state not in table]
    if unknown:
        raise Faulty(
            [Fault("state", f"没有“{state}”这个状态；可用的有 {'、'.join(offered)}") for state in unknown]
        )
    found = [
        state
        for state, (key, at) in keys.items()
        if key in states or state in states or (at is not None and f"{key}.{at}" in states)
    ]
    return [run.c.state.in_(found)]


def _overdue(campaign: Running, now: datetime) -> sa.ColumnElement[bool]:
    key = obligation_key(milestone.c.id, run.c.unit_id)
    owed = sa.select(obligation.c.id).select_from(milestone.join(obligation, obligation.c.id == key))
    return owed.where(
        milestone.c.campaign_id == campaign.id,
        may_be_late(campaign, now),
        obligation.c.status.in_(OPEN),
        due_in_force() < now,
    ).exists()


def _about(session: Session, scope: Scope, wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    conditions = placed_after(session, scope, wanted.beyond)
    if wanted.under:
        paths = reading_scope.paths_seen(session, scope, list(wanted.under), "under")
        conditions.append(sa.or_(*(below(path) for path in paths)))
    if wanted.codes:
        paths = reading_scope.paths_seen(session, scope, list(wanted.codes), "codes")
        conditions.append(unit.c.path.in_(paths))
    if wanted.kinds:
        conditions.append(unit.c.kind.in_(kind_keys(wanted.kinds)))
    size = {"grades": wanted.grades, "beds_from": wanted.beds_from, "beds_to": wanted.beds_to}
    conditions += sized({**size, "ownership": wanted.ownership})
    if wanted.q:
        some = f"%{_literally(wanted.q)}%"
        conditions.append(
            sa.or_(*(sa.func.lower(one).like(some, escape=ESCAPE) for one in (unit.c.name, unit.c.code)))
        )
    return conditions


def _literally(words: str) -> str:
    for sign in (ESCAPE, "%", "_"):
        words = words.replace(sign, ESCAPE + sign)
    return words.lower()


def page(
    session: Session,
    scope: Scope,
    campaign_id: int,
    wanted: Wanted,
    now: datetime,
    after: int,
    limit: int,
) -> Page[UnitLine]:
    """Units that are wanted, at most `limit`, after the one numbered `after`. Raises NotAllowed, NotFound, Faulty."""
    campaign = reading_scope.campaign_seen(session, scope, campaign_id)
    conditions = chosen(session, scope, campaign, wanted, now)
    rows = _rows(session, campaign, [*conditions, run.c.unit_id > after], limit + 1)
    owed = _owed(session, campaign, [row.id for row in rows[:limit]])
    items = [_line(campaign, row, *owed[row.id], now) for row in rows[:limit]]
    return {"items": items, "next": str(rows[limit - 1].id) if len(rows) > limit else None}


def _rows(
    session: Session, campaign: Running, conditions: list[sa.ColumnElement[bool]], limit: int
) -> list[_Row]:
    parent = unit.alias("parent")
    joined = (
        run.join(unit, unit.c.id == run.c.unit_id)
        .outerjoin(parent, parent.c.id == unit.c.parent_id)
        .outerjoin(phase, sa.and_(phase.c.campaign_id == run.c.campaign_id, phase.c.ord == run.c.ord))
    )
    statement = sa.select(
        *(unit.c.id, unit.c.code, unit.c.name, unit.c.kind, parent.c.code.label("parent")),
        *(unit.c.level, unit.c.grade, unit.c.beds, unit.c.ownership),
        *(run.c.state, run.c.ord, run.c.since, run.c.version, run.c.outcome, closing().label("closes_at")),
        participating(campaign.row.owner_id).label("participating"),
    ).select_from(joined)
    found = session.execute(statement.where(*conditions).order_by(run.c.unit_id).limit(limit))
    return [_Row(*row) for row in found]


Owing = tuple[list[Owed], int]


def _owed(session: Session, campaign: Running, units: list[int]) -> dict[int, Owing]:
    """What each unit owes, and how many things it has handed in that wait for a check."""
    found: dict[int, Owing] = defaultdict(lambda: ([], 0))
    if not units:
        return found
    joined = run.join(milestone, milestone.c.campaign_id == run.c.campaign_id).join(
        obligation, obligation.c.id == obligation_key(milestone.c.id, run.c.unit_id)
    )
    statement = (
        sa.select(
            *(run.c.unit_id, obligation.c.status),
            *(obligation.c.id, milestone.c.name, milestone.c.ladder, due_in_force(), milestone.c.provisional),
        )
        .select_from(joined)
        .where(run.c.campaign_id == campaign.id, run.c.unit_id.in_(units))
        .where(milestone.c.opened_at.is_not(None), obligation.c.status.in_((*OPEN, "submitted")))
    )
    for unit_id, status, *owed in session.execute(statement):
        owing, submitted = found[unit_id]
        if status == "submitted":
            found[unit_id] = (owing, submitted + 1)
        else:
            found[unit_id] = ([*owing, Owed(*owed)], submitted)
    return found


def _line(campaign: Running, row: _Row, owed: list[Owed], submitted: int, now: datetime) -> UnitLine:
    frozen = frozen_of(campaign)
    figures = owed_figures(owed, now, frozen)
    return {
        "unit": _unit(row),
        "state": run_state(frozen, row.state, row.since),
        "participating": bool(row.participating),
        "behind": bool(row.participating)
        and is_behind(row.state, row.ord, campaign.row.ord, row.closes_at, now),
        "open": figures.open,
        "overdue": figures.overdue,
        "submitted": submitted,
        "next_due": figures.next_due,
        "outcome": row.outcome,
        "version": row.version,
    }


def _unit(row: _Row) -> UnitListed:
    return {
        "code": row.code,
        "name": row.name,
        "kind": row.kind,
        "parent": row.parent,
        "level": row.level,
        "grade": row.grade,
        "ownership": row.ownership,
        "beds": row.beds,
    }


def moves(session: Session, scope: Scope, campaign_id: int, code: str) -> UnitMoves:
    """The moves of one unit with their refusals. Raises NotAllowed, NotFound."""
    campaign = reading_scope.campaign_seen(session, scope, campaign_id)
    place = reading_scope.unit_seen(session, scope, code)
    row = moving.run_of(session, campaign, place.id)
    kept = judging.refusals(session, scope, campaign, MOVES["unit"], place.id)
    offered = [
        replace(one, open=False, refusals=(kept[one.move],)) if one.move in kept else one
        for one in moving.choices(session, campaign, place.id)
    ]
    return {
        "unit": {"code": place.code, "name": place.name},
        "state": run_state(frozen_of(campaign), row.state, row.since),
        "version": row.version,
        "moves": [choice(campaign.machines, one) for one in offered],
    }


def in_full(session: Session, scope: Scope, campaign_id: int, code: str, now: datetime) -> UnitInFull:
    """One unit with everything it owes or owed. Raises NotAllowed, NotFound."""
    campaign = reading_scope.campaign_seen(session, scope, campaign_id)
    place = reading_scope.unit_seen(session, scope, code)
    told, one = unit_in(session, campaign, code, now)
    return {
        **one,
        "unit": told,
        "as_of": instant(now, campaign.zone),
        "obligations": reading_obligations.of_unit(session, campaign, place, now),
    }
