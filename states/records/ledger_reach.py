"""What a key may do with an item: who answers claims, who stands above checks, who runs the campaign has the last word."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import sqlalchemy as sa
from sqlmodel import Session

from states.closing import LAST_WORD, MOVES
from states.errors import NotAllowed, NotFound
from states.records.access import Scope
from states.records.campaigns import Running
from states.records.core import ledger_item, milestone, obligation, unit
from states.records.ledger_following import checks
from states.records.ledger_steps import belongs, dated
from states.records.matters import of_milestone
from states.records.roles import Act
from states.records.scopes import below
from states.records.settling import OPEN
from states.records.tables import LedgerItem

OURS = frozenset({"start", "claim"})
CHECKED_ABOVE = "由上级核查：授权只管问题所在单位"
LAST_LEVEL = "由组织这次行动的单位办理：授权只管一部分单位"
NOT_OURS = "成批开始、申报由组织这次行动的单位办理；请逐项办理"
NOT_LEADING = "由牵头的{lead}申报；其他部门各自报送应办事项"
NOT_ALL = "这一项由{all}共同负责、没有牵头；请各自报送应办事项，或由上级申报"


class Part(NamedTuple):
    """One unit that answers for an item: how many of its dates it has not handed in."""

    unit_id: int
    name: str
    path: str
    open: int


def seen(scope: Scope) -> list[sa.ColumnElement[bool]]:
    """Conditions over `ledger_item`: the problem, or who answers for it, is in the key's subtree."""
    return [] if scope.path is None else [seen_below(scope.path)]


def seen_below(path: str) -> sa.ColumnElement[bool]:
    """The same for a subtree; what was withdrawn is still seen."""
    mine = sa.select(unit.c.id).where(below(path))
    answering = (
        sa.select(obligation.c.id)
        .select_from(milestone.join(obligation, of_milestone()))
        .where(belongs(), obligation.c.unit_id.in_(mine))
        .correlate(ledger_item)
    )
    return sa.or_(ledger_item.c.unit_id.in_(mine), answering.exists())


def item_seen(session: Session, scope: Scope, campaign: Running, no: int) -> int:
    """The id of an item that the key may see. Raises NotFound, NotAllowed."""
    mine = ledger_item.c.campaign_id == campaign.id, ledger_item.c.no == no
    found = session.execute(sa.select(ledger_item.c.id).where(*mine, *seen(scope))).scalar()
    if found is None and scope.path is not None:
        raise NotAllowed("这一项台账不在授权范围内")
    if found is None:
        raise NotFound(f"这次专项行动的台账中没有第{no}项")
    return int(found)


def parts(session: Session, item_id: int) -> list[Part]:
    """Who answers for an item, by their names."""
    still = sa.func.sum(sa.case((obligation.c.status.in_(OPEN), 1), else_=0))
    statement = (
        sa.select(unit.c.id, unit.c.name, unit.c.path, still)
        .select_from(ledger_item)
        .join(milestone, dated())
        .join(obligation, of_milestone())
        .join(unit, unit.c.id == obligation.c.unit_id)
        .where(ledger_item.c.id == item_id)
        .group_by(unit.c.id, unit.c.name, unit.c.path)
        .order_by(unit.c.id)
    )
    return [Part(key, name, path, int(number)) for key, name, path, number in session.execute(statement)]


def kept_from(
    session: Session, scope: Scope, campaign: Running, item: LedgerItem, answering: list[Part]
) -> Mapping[str, str]:
    """Move → why this key may not make it; empty for a key without a subtree."""
    barred = {move: says for move in MOVES if (says := beyond(scope, move))}
    if scope.path is None:
        return barred
    said: dict[str, str] = {}
    said |= dict.fromkeys(OURS, _not_ours(scope, item, answering) or "")
    where = _path(session, item.unit_id)
    owner = _path(session, campaign.row.owner_id)
    above = where.startswith(scope.path) and (where != scope.path or where == owner)
    whole = owner.startswith(scope.path)
    two = checks(campaign) > 1
    for move in MOVES:
        if move in LAST_WORD and two and not whole:
            said[move] = LAST_LEVEL
        elif move not in OURS and not above:
            said[move] = CHECKED_ABOVE
    return {move: says for move, says in {**said, **barred}.items() if says}


def beyond(scope: Scope, move: str) -> str | None:
    """Why somebody in this role never makes the move; None for keys, whose role the gate has asked."""
    act = Act.report if move in OURS else Act.judge
    return None if scope.role is None or scope.may(act) else scope.refusal(act)


def _not_ours(scope: Scope, item: LedgerItem, answering: list[Part]) -> str | None:
    if item.lead is not None:
        lead = [one for one in answering if one.name == item.lead] or answering
        return None if all(_within(scope, one) for one in lead) else NOT_LEADING.format(lead=item.lead)
    if all(_within(scope, one) for one in answering):
        return None
    return NOT_ALL.format(all="、".join(one.name for one in answering))


def others(scope: Scope, answering: list[Part]) -> tuple[str, ...]:
    """Who answers outside the key's subtree and has not handed in."""
    return tuple(one.name for one in answering if one.open and not _within(scope, one))


def _within(scope: Scope, one: Part) -> bool:
    return scope.path is None or one.path.startswith(scope.path)


def _path(session: Session, unit_id: int) -> str:
    return str(session.execute(sa.select(unit.c.path).where(unit.c.id == unit_id)).scalar_one())
