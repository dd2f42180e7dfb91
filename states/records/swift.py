"""One move of one unit in as few round trips as it takes; the same guards, the same rows as `moving.move`.

On SQLite one transaction under the write lock. On PostgreSQL what the guards ask is read first, then the move and
its journal line are one statement that only counts for the version that was read.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from states import machine
from states.errors import Conflict
from states.machine import MOVE_NAMES, Moved, Standing
from states.records.access import Scope
from states.records.core import campaign, journal, milestone, obligation, run, unit
from states.records.moving import OVERTAKEN, pending
from states.records.prepared import Driver, Given, Hold, Prepared
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


def move_unit(
    driver: Driver, statuses: Statuses, scope: Scope, wish: Wish, now: datetime
) -> UnitMoved | None:
    """Make the move, or None when it must be made the long way (`acting.move_unit`), which then says why.

    Raises Refused, Conflict.
    """
    if wish.move not in machine.MOVES["unit"] or wish.move in LONG_WAY or not scope.write:
        return None
    if scope.campaigns is not None and wish.campaign_id not in scope.campaigns:
        return None
    if not driver.store.sqlite:
        facts = _facts(driver, scope, wish)
        with driver.hold() as held:
            return _moved(held, statuses, scope, wish, facts, now)
    with driver.locked() as held:
        return _moved(held, statuses, scope, wish, _facts(held, scope, wish), now)


def _facts(source: Driver | Hold, scope: Scope, wish: Wish) -> _Facts | None:
    rows = source.rows(_FACTS, campaign=wish.campaign_id, code=wish.code)
    found = _Facts(*rows[0]) if rows else None
    if found is None or (scope.path is not None and not found.path.startswith(scope.path)):
        return None
    return found


def _moved(
    held: Hold, statuses: Statuses, scope: Scope, wish: Wish, facts: _Facts | None, now: datetime
) -> UnitMoved | None:
    if facts is None:
        return None
    frozen = statuses.frozen(wish.campaign_id, facts.sha256)
    if wish.version is not None and wish.version != facts.version:
        label = machine.state_name(frozen.machines, facts.state).label
        raise Conflict(OVERTAKEN.format(now=label, version=facts.version))
    made = machine.move(frozen.machines, _standing(held, frozen, wish, facts), wish.move, wish.reason)
    outcome = frozen.template.outcomes[0] if made.after == machine.CLOSED else None
    if _write(held, scope, wish, facts, made, outcome, now) != 1:
        return None
    return {
        "unit": {"code": wish.code, "name": facts.name},
        "move": {"key": made.move, "name": MOVE_NAMES[made.move]},
        "before": stage(frozen.machines, made.before),
        "state": run_state(frozen, made.after, now),
        "outcome": outcome,
        "version": facts.version + 1,
    }


def _standing(held: Hold, frozen: Frozen, wish: Wish, facts: _Facts) -> Standing:
    edge = frozen.machines.unit.edge(facts.state, wish.move)
    unsettled: list[str] = []
    unfiled: list[str] = []
    if edge is not None and (edge.guarded or edge.filed):
        phase = facts.state.split(".")[0]
        rows = held.rows(_PENDING, campaign=wish.campaign_id, unit=facts.unit_id, phase=phase)
        unsettled, unfiled = pending((name, bool(waits), status) for name, waits, status in rows)
    return Standing(
        facts.state,
        facts.ord,
        tuple(unsettled),
        tuple(unfiled),
        opened=facts.campaign_ord,
        suspended=facts.campaign_state.endswith(machine.SUSPENDED),
    )


def _write(
    held: Hold, scope: Scope, wish: Wish, facts: _Facts, made: Moved, outcome: str | None, now: datetime
) -> int:
    key: dict[str, Any] = {"campaign": wish.campaign_id, "unit": facts.unit_id, "version": facts.version}
    after = {"state": made.after, "ord": made.ord, "at": held.instant(now), "outcome": outcome}
    payload = json.dumps({"move": made.move})
    line = {"actor": scope.actor, "before": made.before, "reason": wish.reason, "payload": payload}
    if not held.sqlite:
        return held.changed(_MOVE_AND_NOTE, **key, **after, **line)
    if held.changed(_MOVE, **key, **after) != 1:
        return 0
    about = {name: key[name] for name in ("campaign", "unit")}
    told = {name: after[name] for name in ("state", "at")}
    return held.changed(_NOTE, **about, **told, **line)


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
    .where(milestone.c.required)
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
