"""The same move of many items of the ledger, in set statements slice by slice; one journal row each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from states import closing
from states.closing import Facts
from states.errors import Refused
from states.records import (
    discretion,
    ledger_following,
    ledger_moving,
    ledger_reach,
    ledger_withdrawing,
    locks,
    settling,
)
from states.records.access import Scope
from states.records.campaigns import Running
from states.records.columns import slices
from states.records.core import ledger_item, milestone, obligation, unit
from states.records.ledger_following import AT_ONCE, checks
from states.records.ledger_steps import dated
from states.records.matters import of_milestone, spans
from states.records.settling import OPEN, UNSETTLED

IN_MASSES = ("start", "claim", "check", "close", "review", "withdraw")
OWED = {"claim": ("submit", "submitted", OPEN), "close": ("accept", "accepted", UNSETTLED)}
OWED["review"] = OWED["close"]


@dataclass(frozen=True)
class Mass:
    """What was done, or as a dry run would be: how many items, how many could not, and why (reason → how many)."""

    move: str
    moved: int
    refused: int
    why: dict[str, int]


def move_many(
    session: Session,
    campaign: Running,
    name: str,
    chosen: Sequence[sa.ColumnElement[bool]],
    now: datetime,
    actor: str,
    *,
    scope: Scope | None = None,
    reason: str | None = None,
    dry_run: bool = False,
) -> Mass:
    """Make the same move of every chosen item (`chosen`: conditions over `ledger_item`) for which it is open.

    What asks for another date or numbers goes one by one. Raises Faulty, Refused, and NotAllowed as `ledger_reach`.
    """
    if closing.known(name) not in IN_MASSES:
        raise Refused(f"“{closing.MOVES[name]}”须逐项办理")
    ledger_moving.check_running(campaign)
    discretion.check(session, campaign.id, {"reason": reason}, actor, now)
    if not dry_run:
        locks.alone(session, campaign.id)
    ways, why = _judged(session, campaign, name, _chosen(campaign, chosen, scope), scope, reason)
    if not dry_run:
        for (before, after), keys in ways.items():
            _owed(session, campaign, name, keys, now, actor, reason)
            ledger_following.write(
                session, campaign, keys, before, after, f"ledger.{name}", now, actor, reason
            )
    return Mass(name, sum(map(len, ways.values())), sum(why.values()), why)


def _judged(
    session: Session,
    campaign: Running,
    name: str,
    rows: sa.Select[Any],
    scope: Scope | None,
    reason: str | None,
) -> tuple[dict[tuple[str, str], list[int]], dict[str, int]]:
    """Which items go from which state to which, and for how many the move is refused why."""
    ways: dict[tuple[str, str], list[int]] = defaultdict(list)
    why: dict[str, int] = defaultdict(int)
    early = _early(session, campaign) if name == "claim" else frozenset()
    reach = _Reach(session, campaign, scope, name)
    for row in session.execute(rows):
        facts = Facts(
            row.state, checks(campaign), row.standing, early=("前面的步骤",) if row.id in early else ()
        )
        said = reach.refusal(row) or _refusal(facts, name, reason)
        if said:
            why[said] += 1
            continue
        edge = closing.table(checks(campaign)).edge(row.state, name)
        ways[row.state, edge.dest if edge else row.state].append(row.id)
    return ways, dict(why)


class _Reach:
    """Whether a key may make the move, by the unit of the item."""

    def __init__(self, session: Session, campaign: Running, scope: Scope | None, name: str) -> None:
        self.path = scope.path if scope else None
        self.barred = ledger_reach.beyond(scope, name) if scope else None
        owner = sa.select(unit.c.path).where(unit.c.id == campaign.row.owner_id)
        self.owner = str(session.execute(owner).scalar_one())
        self.name, self.two = name, checks(campaign) > 1

    def refusal(self, row: Any) -> str | None:
        if self.barred or self.path is None or self.owner.startswith(self.path):
            return self.barred
        if self.name in closing.LAST_WORD and self.two:
            return ledger_reach.LAST_LEVEL
        if self.name in ledger_reach.OURS:
            return ledger_reach.NOT_OURS
        return (
            None if row.path.startswith(self.path) and row.path != self.path else ledger_reach.CHECKED_ABOVE
        )


def _chosen(
    campaign: Running, chosen: Sequence[sa.ColumnElement[bool]], scope: Scope | None
) -> sa.Select[Any]:
    seen = ledger_reach.seen(scope) if scope else []
    columns = ledger_item.c.id, ledger_item.c.state, ledger_item.c.standing, unit.c.path
    statement = sa.select(*columns).join(unit, unit.c.id == ledger_item.c.unit_id)
    mine = ledger_item.c.campaign_id == campaign.id
    return statement.where(mine, *chosen, *seen).order_by(ledger_item.c.id).with_for_update(of=ledger_item)


def _refusal(facts: Facts, name: str, reason: str | None) -> str | None:
    choice = next(one for one in closing.choices(facts) if one.move == name)
    if choice.open and choice.needs_reason and not (reason or "").strip():
        return f"“{choice.name}”须写明理由"
    return choice.refusals[0] if choice.refusals else None


def _early(session: Session, campaign: Running) -> frozenset[int]:
    """Items for which an earlier date than the last is not handed in."""
    statement = (
        sa.select(ledger_item.c.id)
        .join(milestone, dated())
        .join(obligation, of_milestone())
        .where(
            ledger_item.c.campaign_id == campaign.id,
            ledger_item.c.type.is_not(None),
            milestone.c.id != ledger_item.c.milestone_id,
            obligation.c.status.in_(OPEN),
        )
    )
    return frozenset(session.execute(statement.distinct()).scalars())


def _owed(
    session: Session,
    campaign: Running,
    name: str,
    keys: Sequence[int],
    now: datetime,
    actor: str,
    reason: str | None,
) -> None:
    """What the move does to what is owed."""
    if name == "withdraw":
        ledger_withdrawing.let_off(session, campaign, keys, now, actor, reason)
    if name not in OWED:
        return
    act, after, sources = OWED[name]
    for part in slices(keys, AT_ONCE):
        some = ledger_item.c.id.in_(part)
        dates = sa.select(milestone.c.id).select_from(ledger_item).join(milestone, dated()).where(some)
        milestones = list(session.execute(dates).scalars())
        owed = settling.locked(session, [spans(milestones), obligation.c.status.in_(sources)])
        settling.note_acts(session, campaign, act, after, owed, now, actor, reason)
        settling.silence(session, owed, now)
        settling.change_all(session, owed, _values(after, now))


def _values(after: str, now: datetime) -> dict[str, Any]:
    instant = obligation.c.due_at.type
    own = sa.select(milestone.c.due_at).where(milestone.c.id == obligation.c.milestone_id).scalar_subquery()
    passed = sa.literal(now, instant) > sa.func.coalesce(obligation.c.due_at, own)
    late = sa.case((sa.and_(obligation.c.submitted_at.is_(None), passed), True), else_=obligation.c.late)
    values: dict[str, Any] = {"status": after, "version": obligation.c.version + 1, "late": late}
    values["submitted_at"] = sa.func.coalesce(obligation.c.submitted_at, sa.literal(now, instant))
    if after == "accepted":
        values["settled_at"] = now
    return values
