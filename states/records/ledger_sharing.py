"""Who owes an item of the ledger from now on: who does no more is let off, who does again owes it again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from states.records import settling
from states.records.campaigns import Running
from states.records.columns import insert_new, obligation_id, obligation_span
from states.records.core import obligation
from states.records.settling import UNSETTLED
from states.records.tables import Milestone, Obligation

LEFT = "责任部门调整，不再承担"
NEW_DEPARTMENTS = "责任部门调整"


def share_out(
    session: Session, campaign: Running, one: Milestone, ids: Sequence[int], now: datetime, actor: str
) -> None:
    first, last = obligation_span(one.id)
    leaving = [obligation.c.id.between(first, last), obligation.c.unit_id.not_in(ids)]
    for key in settling.locked(session, [*leaving, obligation.c.status.in_(UNSETTLED)]):
        settling.settle(session, campaign, key, "waive", now, actor, reason=LEFT)
    again = [
        obligation.c.id.between(first, last),
        obligation.c.unit_id.in_(ids),
        obligation.c.status == "waived",
    ]
    keys = settling.locked(session, again)
    settling.note_acts(session, campaign, "reassign", "open", keys, now, actor, NEW_DEPARTMENTS)
    settling.change_all(
        session, keys, {"status": "open", "settled_at": None, "version": obligation.c.version + 1}
    )
    fresh = [
        Obligation(
            id=obligation_id(one.id, key),
            campaign_id=campaign.id,
            milestone_id=one.id,
            unit_id=key,
            status="open",
        ).model_dump()
        for key in ids
    ]
    session.execute(insert_new(session, Obligation), fresh)
    one.expected = len(ids)
    session.add(one)
    session.flush()
