"""Many proposals decided at once: one person, one reason, one transaction; each with its own letter and journal rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlmodel import Session

from states.errors import Fault, Faulty, NotAllowed
from states.records import confirming, discretion, ledger_moving, locks, settling
from states.records.access import Scope
from states.records.campaigns import Running
from states.records.core import milestone, obligation, proposal, unit
from states.records.papers import LetterRow
from states.records.scopes import below

MOST = 500  # of one transaction: letters are made in it, and nobody else takes a number meanwhile
WHICH = "请写明办理哪些：编号、哪一级、哪项要求、哪个单位及其下级；若是全部待确认的，只写 all: true"


@dataclass(frozen=True)
class Which:
    """Proposals that wait; what is empty does not restrict. `under`: the path of a unit."""

    ids: tuple[int, ...] = ()
    name: str | None = None
    requirement: str | None = None
    under: str | None = None


@dataclass(frozen=True)
class Decision:
    """What is decided of all of them, by whom and why; `letter`: another kind that the plan lists."""

    confirmed: bool
    person: str
    reason: str
    letter: str | None = None


class Left(NamedTuple):
    """One that was not decided, and why."""

    proposal: int
    says: str


@dataclass(frozen=True)
class Many:
    """Who was decided on; `letters` in the order of their numbers; `later`: as many more wait beyond one transaction."""

    decided: tuple[int, ...]
    left: tuple[Left, ...]
    letters: tuple[LetterRow, ...]
    later: int


class _One(NamedTuple):
    id: int
    obligation: int
    state: str
    status: str
    name: str
    path: str


def decide(
    session: Session,
    scope: Scope,
    campaign: Running,
    which: Which,
    decision: Decision,
    now: datetime,
    actor: str,
    *,
    everything: bool = False,
    dry_run: bool = False,
    most: int = MOST,
) -> Many:
    """Decide whatever waits of `which`, at most so many; what can't be is left with its reason.

    Raises NotAllowed, Faulty, Refused.
    """
    if (which == Which()) != everything:
        raise Faulty([Fault("filter", WHICH)])
    confirming.check_words(decision.person.strip(), decision.reason.strip())
    confirming.kind(campaign, decision.letter)
    discretion.check(session, campaign.id, {"reason": decision.reason}, actor, now)
    ledger_moving.check_running(campaign)
    if not dry_run:
        locks.alone(session, campaign.id)
    rows = _chosen(session, scope, campaign, which)
    left = [Left(one.id, said) for one in rows if (said := _why_not(session, scope, campaign, one, decision))]
    out = {one.proposal for one in left}
    able = [one for one in rows if one.id not in out]
    now_on = able[:most]
    if dry_run or not now_on:
        return Many(tuple(one.id for one in now_on), tuple(left), (), len(able) - len(now_on))
    settling.locked(session, [obligation.c.id.in_(sorted({one.obligation for one in now_on}))])
    letters = [decide_one(session, campaign, one.id, decision, now, actor) for one in now_on]
    made = tuple(one for one in letters if one is not None)
    return Many(tuple(one.id for one in now_on), tuple(left), made, len(able) - len(now_on))


def decide_one(
    session: Session, campaign: Running, key: int, decision: Decision, now: datetime, actor: str
) -> LetterRow | None:
    """Decide a single one; the letter that follows, if one does. Raises as `confirming.confirm`."""
    words = decision.person, decision.reason, now, actor
    if decision.confirmed:
        return confirming.confirm(session, campaign, key, *words, letter=decision.letter)
    confirming.dismiss(session, campaign, key, *words)
    return None


def _chosen(session: Session, scope: Scope, campaign: Running, which: Which) -> list[_One]:
    """What is named, whatever has become of it; of the rest what waits. In the order in which they came up."""
    statement = (
        sa.select(
            *(proposal.c.id, proposal.c.obligation_id, proposal.c.state),
            *(obligation.c.status, proposal.c.name, unit.c.path),
        )
        .join(obligation, obligation.c.id == proposal.c.obligation_id)
        .join(unit, unit.c.id == proposal.c.unit_id)
        .join(milestone, milestone.c.id == proposal.c.milestone_id)
        .where(proposal.c.campaign_id == campaign.id)
    )
    if scope.path is not None:
        statement = statement.where(below(scope.path))
    for column, wanted in ((proposal.c.name, which.name), (milestone.c.requirement, which.requirement)):
        statement = statement.where(column == wanted) if wanted is not None else statement
    if which.under is not None:
        statement = statement.where(below(which.under))
    named = proposal.c.id.in_(which.ids) if which.ids else proposal.c.state == "proposed"
    rows = [_One(*row) for row in session.execute(statement.where(named).order_by(proposal.c.id))]
    if unknown := sorted({*which.ids} - {one.id for one in rows}):
        raise Faulty([Fault("ids", f"没有编号为 {key} 的待确认措施，或不在所选范围内") for key in unknown])
    return rows


def _why_not(session: Session, scope: Scope, campaign: Running, one: _One, decision: Decision) -> str | None:
    if not confirming.may_decide(session, scope, campaign, one.path):
        raise NotAllowed(confirming.not_yours(session, campaign))
    if one.state != "proposed":
        return confirming.overtaken(session, campaign, confirming.found(session, campaign, one.id))
    if one.status not in settling.OPEN:
        return confirming.settled(one.name, one.status, "confirmed" if decision.confirmed else "dismissed")
    return None
