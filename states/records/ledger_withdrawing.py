"""Items that should never have been written down, or that the plan has no more: kept, but owed and counted no longer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session

from states.closing import OPEN, WITHDRAWN
from states.records import ledger_following, settling
from states.records.campaigns import Running
from states.records.columns import slices
from states.records.core import ledger_item, milestone, obligation, timer
from states.records.ledger_following import AT_ONCE
from states.records.ledger_steps import dated
from states.records.matters import spans
from states.records.settling import UNSETTLED

WITHDREW, RESTORED = "ledger.withdraw", "ledger.restored"
GONE = "方案中已没有这一项，或启动时略过"
BACK = "新版方案又有这一项"


def let_off(
    session: Session, campaign: Running, keys: Sequence[int], now: datetime, actor: str, reason: str | None
) -> None:
    """What is owed for these items is owed no more, and nobody is reminded of it; what was settled stays settled."""
    for part in slices(keys, AT_ONCE):
        some = ledger_item.c.id.in_(part)
        dates = sa.select(milestone.c.id).select_from(ledger_item).join(milestone, dated()).where(some)
        milestones = list(session.execute(dates).scalars())
        owed = settling.locked(session, [spans(milestones), obligation.c.status.in_(UNSETTLED)])
        settling.note_acts(session, campaign, "waive", "waived", owed, now, actor, reason)
        settling.silence(session, owed, now)
        values = {"status": "waived", "settled_at": now, "version": obligation.c.version + 1}
        settling.change_all(session, owed, values)
        _stop(session, milestones, now, reason)


def _stop(session: Session, milestones: Sequence[int], now: datetime, reason: str | None) -> None:
    cohort = timer.c.phase_id == 0, timer.c.milestone_id.in_(milestones), timer.c.obligation_id == 0
    going = sa.update(timer).where(*cohort, timer.c.done_at.is_(None))
    session.execute(going.values(done_at=now, outcome=reason))
    session.execute(sa.update(milestone).where(milestone.c.id.in_(milestones)).values(withdrawn_at=now))


def keep_up(session: Session, campaign: Running, now: datetime, actor: str) -> None:
    """Rows of the plan all of whose dates it has withdrawn are withdrawn, and back again where it has them anew.

    One that a person withdrew stays so: its dates do not come back.
    """
    one = ledger_item.c
    alive = sa.exists().where(dated()).correlate(ledger_item)
    mine = one.campaign_id == campaign.id, one.found_by.is_(None)
    gone = sa.select(one.id, one.state).where(*mine, one.state != WITHDRAWN, ~alive)
    groups: dict[str, list[int]] = defaultdict(list)
    for key, state in session.execute(gone.order_by(one.id)):
        groups[state].append(key)
    for state, keys in groups.items():
        ledger_following.write(session, campaign, keys, state, WITHDRAWN, WITHDREW, now, actor, GONE)
    back = sa.select(one.id, one.no).where(*mine, one.state == WITHDRAWN, alive)
    found = list(session.execute(back.order_by(one.id)).tuples())
    if found:
        keys = [key for key, _no in found]
        ledger_following.write(session, campaign, keys, WITHDRAWN, OPEN, RESTORED, now, actor, BACK)
        ledger_following.follow(session, campaign, [no for _key, no in found], now, actor)
