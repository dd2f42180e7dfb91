"""The ledger of a campaign as a workbook to print, to fill in and to bring back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session

from states.closing import CLOSED, WITHDRAWN
from states.documents.ledgerfacts import Item
from states.documents.ledgersheet import ledger_sheet
from states.kinds import DEPARTMENT
from states.records import ledger_following, ledger_items
from states.records.access import Scope
from states.records.campaigns import Running
from states.records.core import unit
from states.records.ledger_items import Which
from states.records.scopes import below
from states.records.tables import Unit

MOST_OFFERED = 500


def export(
    session: Session, campaign: Running, which: Which, now: datetime, scope: Scope | None = None
) -> bytes:
    """Raises Faulty for a choice that names nothing."""
    chosen = ledger_items.conditions(session, which, now)
    found = ledger_items.items(session, campaign, scope, chosen)
    owner = session.get_one(Unit, campaign.row.owner_id)
    local = now.astimezone(campaign.zone)
    about = f"组织单位：{owner.name}    截至：{local:%Y年%m月%d日 %H:%M}    {_counted(found)}"
    title, offered = f"{campaign.row.title}问题台账", _departments(session, owner, scope)
    return ledger_sheet(found, title, about, offered, ledger_following.columns(campaign))


def _counted(found: Sequence[Item]) -> str:
    """How many count, how many of them are closed, and which are never closed or not counted."""
    going = [one for one in found if one.state != WITHDRAWN]
    standing = sum(one.standing for one in going)
    closed = sum(one.state == CLOSED and not one.standing for one in going)
    parts = [f"共{len(going)}项", f"应销号{len(going) - standing}项", f"已销号{closed}项"]
    parts += [f"长期坚持{standing}项"] if standing else []
    parts += [f"另有已撤销{len(found) - len(going)}项"] if len(going) < len(found) else []
    return "，".join(parts)


def _departments(session: Session, owner: Unit, scope: Scope | None) -> Sequence[str]:
    """What the drop-downs offer: departments of the unit that runs the campaign, or of the key's subtree."""
    path = scope.path if scope is not None and scope.path is not None else None
    where = below(path) if path else unit.c.parent_id == owner.id
    statement = sa.select(unit.c.name).where(unit.c.kind == DEPARTMENT, unit.c.active, where)
    names = session.execute(statement.order_by(unit.c.sort_key, unit.c.id).limit(MOST_OFFERED)).scalars()
    return list(dict.fromkeys(names))
