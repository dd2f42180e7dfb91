"""What a unit owes, found as a person names it: unit, requirement, period."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import Session

from states.errors import Fault, Faulty, NotFound
from states.records.campaigns import Running
from states.records.columns import obligation_id
from states.records.core import milestone, obligation, unit


def obligation_of(
    session: Session, campaign: Running, code: str, requirement: str, period: str | None = None
) -> int:
    """The number of what the unit `code` owes; `period` may be left out where there is only one.

    Raises NotFound, Faulty where the period must be named.
    """
    mine = milestone.c.campaign_id == campaign.id
    asked = sa.select(milestone.c.period, milestone.c.id).where(mine, milestone.c.requirement == requirement)
    found = dict(session.execute(asked.order_by(milestone.c.id)).tuples().all())
    if not found:
        known = session.execute(sa.select(milestone.c.requirement).where(mine).distinct()).scalars()
        raise NotFound(f"这次专项行动中没有“{requirement}”这一事项；有的是 {'、'.join(sorted(known))}")
    unit_id = session.execute(sa.select(unit.c.id).where(unit.c.code == code)).scalar()
    if unit_id is None:
        raise NotFound(f"单位表中没有代码 {code}")
    key = obligation_id(_one(found, requirement, period), unit_id)
    if session.execute(sa.select(obligation.c.id).where(obligation.c.id == key)).first() is None:
        raise NotFound(f"{code} 没有“{requirement}”这一应办事项，或还没有下达")
    return key


def _one(found: dict[str, int], requirement: str, period: str | None) -> int:
    if period is None and len(found) == 1:
        return next(iter(found.values()))
    if period is None and "" in found:
        return found[""]
    if period is None or period not in found:
        some = "、".join(one or "（无）" for one in list(found)[:12]) + ("…" if len(found) > 12 else "")
        raise Faulty([Fault("period", f"“{requirement}”有几期，请用 --period 写明是哪一期：{some}")])
    return found[period]
