"""The same campaign again, another year: the same choice of units from the newest version of the same plan."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import sqlalchemy as sa
from sqlmodel import Session

from states.errors import Refused
from states.reading import load, shipped
from states.records.campaigns import running
from states.records.core import campaign as campaigns
from states.records.core import unit
from states.records.launch import Order
from states.records.scopes import Selection


def order(
    session: Session,
    campaign_id: int,
    start: date,
    fills: Mapping[str, str],
    *,
    title: str | None = None,
    past: str | None = None,
) -> Order:
    """What to launch. Dates filled in for the last time are not taken over: they were that year's.

    Raises NotFound, Refused for one that carries out a campaign above.
    """
    campaign = running(session, campaign_id)
    row = campaign.row
    if row.parent_id is not None:
        raise Refused("这是承接上级的专项行动；上级再次启动后，请用 duban campaign adopt 承接")
    owner = session.execute(sa.select(unit.c.code).where(unit.c.id == row.owner_id)).scalar_one()
    own_title = row.title if row.title != campaign.template.title else None
    chosen = Selection(**{name: tuple(values) for name, values in row.selection.items() if values})
    return Order(
        newest(session, row.template_key), start, fills, chosen, owner, title=title or own_title, past=past
    )


def newest(session: Session, key: str) -> str:
    """The text of the newest version of a plan: the one that comes with the product, or the latest one carried out."""
    latest = (
        sa.select(campaigns.c.template_version, campaigns.c.template_text)
        .where(campaigns.c.template_key == key, campaigns.c.parent_id.is_(None))
        .order_by(campaigns.c.template_version.desc(), campaigns.c.id.desc())
        .limit(1)
    )
    version, text = session.execute(latest).tuples().one()
    ours = shipped().get(key)
    if ours is not None and load(ours).version >= version:
        return ours
    return str(text)
