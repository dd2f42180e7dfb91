"""One move of one unit in as few round trips as it takes; the same guards, the same rows as `moving.move`.

On SQLite one transaction under the write lock. On PostgreSQL what the guards ask is read first, then the move and
its journal line are one statement that only counts for the version that was read: whatever undoes what the guards
have seen changes the version.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from states import machine
from states.errors import Conflict, Refused
from states.machine import MOVE_NAMES, Moved, Standing
from states.records import judging
from states.records.access import Scope
from states.records.core import campaign, journal, milestone, obligation, run, unit
from states.records.moving import OVERTAKEN, pending
from states.records.pipelined import Pipelined, RolledBack
from states.records.prepared import Driver, Given, Hold, Prepared, Row
from states.records.reading_campaigns import stage
from states.records.reading_standing import Frozen, obligation_key, run_state
from states.records.reads import Statuses
from states.records.told import UnitMoved

LONG_WAY = frozenset({"exempt"})  # moves that do more than move


class Wish(NamedTuple):
    """What is asked for."""

    campaign_id: int
    code: str
    move: str
    reason: str | None
    version: int | None


class _Facts(NamedTuple):
    unit_id: int
    name: str
    path: str
    state: str
    ord: int
    version: int
    sha256: str
    campaign_state: str
    campaign_ord: int


class _Judged(NamedTuple):
    """A move whose guards stand open, and the values it writes."""

    frozen: Frozen
    made: Moved
    outcome: str | None
    values: dict[str, Any]


def may(scope: Scope, wish: Wish) -> bool:
    """Whether the short way can be taken; otherwise `acting.move_unit` does it, or says why not.

    What has a reason takes the long way: words are compared with who gave a clue.
    """
    if wish.move not in machine.MOVES["unit"] or wish.move in LONG_WAY or not scope.write or wish.reason:
        return False
    if judging.beyond(scope, wish.move):
        return False
    return scope.campaigns is None or wish.campaign_id in scope.campaigns


class Asked(NamedTuple):
    """One wish: whose, when."""

    scope: Scope
    wish: Wish
    now: datetime


def moves_locked(
    driver: Driver, statuses: Statuses, asked: Sequence[Asked]
) -> list[UnitMoved | Exception | None]:
    """On SQLite: several moves of one moment in one transaction; each as if alone.

    None for one that must be made the long way, Refused or Conflict for one that can't be made: neither has
    written anything.
    """
    with driver.locked() as held:
        return [_made(held, statuses, *one) for one in asked]


def _made(
    held: Hold, statuses: Statuses, scope: Scope, wish: Wish, now: datetime
) -> UnitMoved | Exception | None:
    facts = _facts(held.rows(_FACTS, campaign=wish.campaign_id, code=wish.code), scope, wish.move)
    if facts is None:
        return None
    frozen = statuses.frozen(wish.campaign_id, facts.sha256)
    phase = _asks(frozen, wish, facts)
    owed = held.rows(_PENDING, campaign=wish.campaign_id, unit=facts.unit_id, phase=phase) if phase else []
    if _still_coming(owed):
        return None
    try:
        judged = _judged(frozen, scope, wish, facts, owed)
    except Refused as error:
        return error
    judged.values["at"] = held.instant(now)
    if held.changed(_MOVE, **_only(judged.values, _MOVES)) != 1:
        return None
    held.changed(_NOTE, **_only(judged.values, _NOTES))
    return _told(judged, wish, facts, now)


async def move_together(
    reads: Pipelined, writes: Pipelined, statuses: Statuses, scope: Scope, wish: Wish, now: datetime
) -> UnitMoved | None:
    """On PostgreSQL: the move, together with others of this moment, or None when it must be made the long way.

    Raises Refused, Conflict.
    """
    facts = _facts(await reads.rows(_FACTS, campaign=wish.campaign_id, code=wish.code), scope, wish.move)
    if facts is None:
        return None
    if not statuses.has(facts.sha256):
        await asyncio.to_thread(statuses.frozen, wish.campaign_id, facts.sha256)
    frozen = statuses.frozen(wish.campaign_id, facts.sha256)
    phase = _asks(frozen, wish, facts)
    owed = (
        await reads.rows(_PENDING, campaign=wish.campaign_id, unit=facts.unit_id, phase=phase)
        if phase
        else []
    )
    if _still_coming(owed):
        return None
    judged = _judged(frozen, scope, wish, facts, owed)
    judged.values["at"] = now
    try:
        if await writes.changed(_MOVE_AND_NOTE, **judged.values) != 1:
            return None
    except RolledBack:
        return None
    return _told(judged, wish, facts, now)


def _facts(rows: list[Row], scope: Scope, name: str) -> _Facts | None:
    """None for what the key does not see, or may not judge: the long way says why."""
    found = _Facts(*rows[0]) if rows else None
    if found is not None and judging.own(scope, name, found.path):
        return None
    if found is None or (scope.path is not None and not found.path.startswith(scope.path)):
        return None
    return found


def _asks(frozen: Frozen, wish: Wish, facts: _Facts) -> str | None:
    """The phase whose obligations the guards ask for, if they ask."""
    edge = frozen.machines.unit.edge(facts.state, wish.move)
    return facts.state.split(".")[0] if edge is not None and (edge.guarded or edge.filed) else None


def _still_coming(owed: list[Row]) -> bool:
    """Whether something of the phase is still to be opened: whom that holds back is seen the long way."""
    return any(waits for _name, waits, _status in owed)


def _judged(frozen: Frozen, scope: Scope, wish: Wish, facts: _Facts, owed: list[Row]) -> _Judged:
    if wish.version is not None and wish.version != facts.version:
        label = machine.state_name(frozen.machines, facts.state).label
        raise Conflict(OVERTAKEN.format(now=label, version=facts.version))
    unsettled, unfiled = pending((name, bool(waits), status) for name, waits, status in owed)
    standing = Standing(
        facts.state,
        facts.ord,
        tuple(unsettled),
        tuple(unfiled),
        opened=facts.campaign_ord,
        campaign=facts.campaign_state,
    )
    made = machine.move(frozen.machines, standing, wish.move, wish.reason)
    outcome = frozen.template.outcomes[0] if made.after == machine.CLOSED else None
    key = {"campaign": wish.campaign_id, "unit": facts.unit_id, "version": facts.version}
    after = {"state": made.after, "ord": made.ord, "outcome": outcome}
    payload = json.dumps({"move": made.move})
    line = {"actor": scope.actor, "before": made.before, "reason": wish.reason, "payload": payload}
    return _Judged(frozen, made, outcome, key | after | line)


def _only(values: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: values[name] for name in names}


def _told(judged: _Judged, wish: Wish, facts: _Facts, now: datetime) -> UnitMoved:
    made, frozen = judged.made, judged.frozen
    return {
        "unit": {"code": wish.code, "name": facts.name},
        "move": {"key": made.move, "name": MOVE_NAMES[made.move]},
        "before": stage(frozen.machines, made.before),
        "state": run_state(frozen, made.after, now),
        "outcome": judged.outcome,
        "version": facts.version + 1,
    }


_MOVES = ("campaign", "unit", "version", "state", "ord", "at", "outcome")
_NOTES = ("campaign", "unit", "at", "actor", "before", "state", "reason", "payload")

_HERE = (Given("campaign", sa.Integer()), Given("unit", sa.Integer()))

_FACTS = Prepared(
    sa.select(
        *(unit.c.id, unit.c.name, unit.c.path, run.c.state, run.c.ord, run.c.version),
        *(campaign.c.template_sha256, campaign.c.state.label("campaign_state"), campaign.c.ord.label("at")),
    )
    .select_from(
        unit.join(run, run.c.unit_id == unit.c.id).join(campaign, campaign.c.id == run.c.campaign_id)
    )
    .where(unit.c.code == Given("code", sa.String()), run.c.campaign_id == _HERE[0])
)
_PENDING = Prepared(
    sa.select(milestone.c.name, milestone.c.opened_at.is_(None), obligation.c.status)
    .select_from(milestone.outerjoin(obligation, obligation.c.id == obligation_key(milestone.c.id, _HERE[1])))
    .where(milestone.c.campaign_id == _HERE[0], milestone.c.phase == Given("phase", sa.String()))
    .where(milestone.c.required, milestone.c.withdrawn_at.is_(None))
    .order_by(milestone.c.id)
)
_CHANGE = (
    sa.update(run)
    .where(run.c.campaign_id == _HERE[0], run.c.unit_id == _HERE[1])
    .where(run.c.version == Given("version", sa.Integer()))
    .values(
        state=Given("state", sa.String()),
        ord=Given("ord", sa.SmallInteger()),
        since=Given("at", run.c.since.type),
        version=run.c.version + 1,
        outcome=Given("outcome", sa.String()),
    )
)
_LINE = {
    "at": Given("at", journal.c.at.type),
    "campaign_id": _HERE[0],
    "unit_id": _HERE[1],
    "kind": sa.literal("unit.moved"),
    "actor": Given("actor", sa.String()),
    "before": Given("before", sa.String()),
    "after": Given("state", sa.String()),
    "reason": Given("reason", sa.String()),
    "payload": Given("payload", sa.String()),
}
_MOVE = Prepared(_CHANGE)
_NOTE = Prepared(sa.insert(journal).values(**_LINE))
_BY = _CHANGE.returning(run.c.unit_id).cte("moved")
_MOVE_AND_NOTE = Prepared(
    sa.insert(journal).from_select(
        list(_LINE),
        sa.select(*(sa.cast(value, journal.c[name].type) for name, value in _LINE.items())).select_from(_BY),
    )
)
