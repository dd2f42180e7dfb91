"""Where a unit stands, from rows already read: its state, whether it is behind, what it owes, how far it has come
on the ladder. The same for the status, the lists and the bulk moves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from states.machine import SUSPENDED, Machines, state_name
from states.records.campaigns import Running
from states.records.columns import UNITS_AT_MOST
from states.records.figures import QUIET
from states.records.told import Escalation, NextDue, StateTold, instant
from states.template import Rung, Template


class Owed(NamedTuple):
    """Something still owed; with the rung that was last fired for its present due date, one row each."""

    key: int
    name: str
    ladder: str | None
    due: datetime | None
    provisional: bool
    rung: int | None = None
    fired_at: datetime | None = None


@dataclass(frozen=True)
class Frozen:
    """What never changes of a campaign: its template, machines and zone."""

    template: Template
    machines: Machines
    zone: ZoneInfo

    def rung(self, ladder: str | None, number: int) -> Rung | None:
        """Rung `number` (from 1) of a ladder, if the template has it."""
        steps = self.template.ladders.get(ladder or "")
        return steps.rungs[number - 1] if steps and number <= len(steps.rungs) else None


def frozen_of(campaign: Running) -> Frozen:
    """What never changes of it."""
    return Frozen(campaign.template, campaign.machines, campaign.zone)


def run_state(frozen: Frozen, state: str, since: datetime) -> StateTold:
    """A state with its names and the instant it began."""
    shown = state_name(frozen.machines, state)
    return {
        "key": shown.key,
        "name": shown.name,
        "stage": shown.stage,
        "since": instant(since, frozen.zone),
    }


def is_behind(state: str, at: int, campaign_at: int, closes_at: datetime | None, now: datetime) -> bool:
    """Whether the campaign has left the unit's phase and that phase's window is over; as `figures` counts it.

    `at`, `campaign_at`: place in the order of phases; `closes_at`: end of the unit's phase, None without a date.
    """
    if at >= campaign_at or state in QUIET or state.endswith(SUSPENDED):
        return False
    return at == 0 or closes_at is None or closes_at < now


class OwedFigures(NamedTuple):
    """How much a unit owes, how much of it is overdue, and what comes next."""

    open: int
    overdue: int
    next_due: NextDue | None


def owed_figures(owed: list[Owed], now: datetime, frozen: Frozen) -> OwedFigures:
    """The figures of what is still owed; `owed` may hold an obligation several times (once a rung)."""
    each = {one.key: one for one in owed}.values()
    overdue = sum(1 for one in each if one.due is not None and one.due < now)
    coming = [(one.due, one.key, one) for one in each if one.due is not None and one.due >= now]
    if not coming:
        return OwedFigures(len(each), overdue, None)
    due, key, one = min(coming)
    told: NextDue = {
        "obligation": key,
        "name": one.name,
        "due": instant(due, frozen.zone),
        "provisional": bool(one.provisional),
    }
    return OwedFigures(len(each), overdue, told)


def escalation(owed: list[Owed], state: str, since: datetime, frozen: Frozen) -> Escalation | None:
    """The highest rung that has taken effect; one that waits for confirmation, or found the unit suspended, has not."""
    paused = state.endswith(SUSPENDED)
    top: tuple[int, datetime, Rung] | None = None
    for one in owed:
        if one.rung is None or one.fired_at is None or (paused and one.fired_at > since):
            continue
        rung = frozen.rung(one.ladder, one.rung)
        if rung is not None and not rung.confirm and (top is None or (one.rung, one.fired_at) > top[:2]):
            top = (one.rung, one.fired_at, rung)
    if top is None:
        return None
    return {"rung": top[0], "name": top[2].name, "at": instant(top[1], frozen.zone)}


def obligation_key(milestone_id: sa.ColumnElement[int], unit_id: sa.ColumnElement[int]) -> Any:
    """`columns.obligation_id` in SQL."""
    return sa.cast(milestone_id, sa.BigInteger) * UNITS_AT_MOST + unit_id
