"""What one unit owes, by the key of the requirement: how the command line names an obligation."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import Session

from states.errors import NotFound
from states.records import asked
from states.records.campaigns import Running
from states.records.columns import obligation_id
from states.records.core import obligation, unit


def key_of(session: Session, campaign: Running, code: str, requirement: str, period: str = "") -> int:
    """The number of an obligation. Raises NotFound, saying which periods there are."""
    found = asked.opened(session, campaign, requirement)
    if not found:
        known = sorted({one.requirement for one in asked.opened(session, campaign)})
        raise NotFound(f"没有“{requirement}”这项已下达的要求；已下达的有 {'、'.join(known) or '（没有）'}")
    milestone = next((one for one in found if one.period == period), None)
    if milestone is None:
        said = "、".join(one.period or "（不分期）" for one in found)
        raise NotFound(f"“{requirement}”没有“{period}”这一期；已下达的有 {said}（用 --period 写明）")
    unit_id = session.execute(sa.select(unit.c.id).where(unit.c.code == code)).scalar()
    if unit_id is None:
        raise NotFound(f"单位表中没有代码 {code}")
    key = obligation_id(milestone.id, unit_id)
    if session.execute(sa.select(obligation.c.id).where(obligation.c.id == key)).first() is None:
        raise NotFound(f"{code} 没有“{milestone.name}”这项任务")
    return key
