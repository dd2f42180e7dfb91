"""What a key may see: units of its subtree, campaigns in which one of them takes part. Everything else is refused
in one and the same sentence, whether it exists or not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import Session

from states.errors import Fault, Faulty, NotAllowed, NotFound
from states.records.access import Scope
from states.records.campaigns import Running, running
from states.records.core import campaign as campaigns
from states.records.core import run, unit
from states.records.reads import OUTSIDE
from states.records.scopes import below

NAMED = 5  # units that are named where several are meant


class UnitRow(NamedTuple):
    """A unit as far as access needs it."""

    id: int
    code: str
    name: str
    path: str


def within(scope: Scope) -> list[sa.ColumnElement[bool]]:
    """Conditions over `unit`: none for a key without a subtree."""
    return [] if scope.path is None else [below(scope.path)]


def units_within(scope: Scope, column: Any) -> list[sa.ColumnElement[bool]]:
    """The same over a column that holds unit ids."""
    return [] if scope.path is None else [column.in_(sa.select(unit.c.id).where(below(scope.path)))]


def campaigns_seen(scope: Scope) -> list[sa.ColumnElement[bool]]:
    """Conditions over `campaign`."""
    conditions: list[sa.ColumnElement[bool]] = []
    if scope.campaigns is not None:
        conditions.append(campaigns.c.id.in_(sorted(scope.campaigns)))
    if scope.path is not None:
        owned = campaigns.c.owner_id.in_(sa.select(unit.c.id).where(below(scope.path)))
        part = sa.select(run.c.unit_id).join(unit, unit.c.id == run.c.unit_id)
        part = part.where(run.c.campaign_id == campaigns.c.id, below(scope.path))
        conditions.append(sa.or_(owned, part.exists()))
    return conditions


def seen_ids(session: Session, scope: Scope) -> list[int]:
    """Numbers of the campaigns that are seen."""
    return list(session.execute(sa.select(campaigns.c.id).where(*campaigns_seen(scope))).scalars())


def campaign_seen(session: Session, scope: Scope, campaign_id: int) -> Running:
    """The campaign, if the key may see it. Raises NotAllowed, NotFound."""
    scope.check_campaign(campaign_id)
    if scope.path is not None:
        asked = sa.select(campaigns.c.id).where(campaigns.c.id == campaign_id, *campaigns_seen(scope))
        if session.execute(asked).first() is None:
            raise NotAllowed(f"编号为 {campaign_id} 的专项行动不在授权范围内")
    return running(session, campaign_id)


def unit_seen(session: Session, scope: Scope, code: str) -> UnitRow:
    """The unit, if the key may see it. Raises NotAllowed, NotFound."""
    statement = sa.select(unit.c.id, unit.c.code, unit.c.name, unit.c.path).where(unit.c.code == code)
    row = session.execute(statement).first()
    if row is None and scope.path is None:
        raise NotFound(f"单位表中没有代码 {code}")
    if row is None or (scope.path is not None and not row.path.startswith(scope.path)):
        raise NotAllowed(OUTSIDE)
    return UnitRow(*row)


def names(session: Session, codes: Sequence[str]) -> dict[str, str]:
    """What units are called, by their codes."""
    asked = sa.select(unit.c.code, unit.c.name).where(unit.c.code.in_(codes))
    return dict(session.execute(asked).tuples().all())


def code_meant(session: Session, scope: Scope, words: str, place: str) -> str:
    """The code of the unit in reach that somebody means by its code, its name or a part of its name. What is in no
    case a name stays, for whoever looks codes up. Raises Faulty where several are called so, or none."""
    words = words.strip()
    if words.isascii():
        return words
    called = sa.or_(unit.c.code == words, unit.c.name.contains(words, autoescape=True))
    order = unit.c.code != words, unit.c.name != words, unit.c.sort_key
    statement = sa.select(unit.c.code, unit.c.name).where(called, *within(scope)).order_by(*order)
    found = session.execute(statement.limit(NAMED + 1)).tuples().all()
    if not found:
        raise Faulty([Fault(place, f"没有名称里有“{words}”的单位")])
    same = [str(code) for code, name in found if words in (code, name)]
    if found[0][0] == words or len(found) == 1 or len(same) == 1:
        return same[0] if same else str(found[0][0])
    named = "、".join(f"{name}（{code}）" for code, name in found[:NAMED])
    more = "等" if len(found) > NAMED else ""
    raise Faulty([Fault(place, f"名称里有“{words}”的单位不止一个，请写全称或代码：{named}{more}")])


def paths_seen(session: Session, scope: Scope, codes: list[str], place: str) -> list[str]:
    """Paths of units that were named. Raises NotAllowed, or Faulty with every unknown code."""
    statement = sa.select(unit.c.code, unit.c.path).where(unit.c.code.in_(codes), *within(scope))
    found = dict(session.execute(statement).tuples().all())
    missing = [code for code in dict.fromkeys(codes) if code not in found]
    if missing and scope.path is not None:
        raise NotAllowed(OUTSIDE)
    if missing:
        raise Faulty([Fault(place, f"单位表中没有代码 {code}") for code in missing])
    return [found[code] for code in codes]


def runs(session: Session, scope: Scope, campaign: Running) -> bool:
    """Whether the key holds the unit that runs the campaign."""
    return scope.path is None or owner(session, campaign).path.startswith(scope.path)


def owner(session: Session, campaign: Running) -> UnitRow:
    """The unit that runs the campaign."""
    statement = sa.select(unit.c.id, unit.c.code, unit.c.name, unit.c.path)
    return UnitRow(*session.execute(statement.where(unit.c.id == campaign.row.owner_id)).one())


def check_owner(session: Session, scope: Scope, campaign: Running) -> None:
    """What concerns a whole campaign needs a key that holds the unit that runs it. Raises NotAllowed."""
    if not runs(session, scope, campaign):
        raise NotAllowed("授权只管一部分单位，不能办理整个专项行动的事")
