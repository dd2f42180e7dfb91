"""The same act on one milestone's obligations of many units, in SQL; one journal row each."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from states.errors import Refused
from states.records import asked, ledger_following, locks, settling, tallies
from states.records.campaigns import Running
from states.records.columns import obligation_span
from states.records.core import obligation
from states.records.settling import ACTS, Act
from states.records.tables import Milestone

RESULTS = {"nil": "nil", "accept": "accepted", "waive": "waived"}


def settle_many(
    session: Session,
    campaign: Running,
    milestone: Milestone,
    act: str,
    units: list[sa.ColumnElement[bool]],
    now: datetime,
    actor: str,
    reason: str | None = None,
    *,
    pretend: bool = False,
) -> int:
    """Do `act` (submit, nil, accept, waive) wherever it is open; `units` are conditions over `obligation`.

    What is done by departments or persons is handed in only where nobody is missing, what has a quota only where it is
    met, unless there is a `reason`; what has required fields only where they are filled.
    What needs evidence is handed in one by one; `pretend`: it is only played, as in a simulation.

    Raises Refused when it is open for none of them by its nature. The caller lets the units follow
    (`mass.advance_settled`).
    """
    wanted = _open(campaign, milestone, act, reason, pretend)
    locks.alone(session, campaign.id)
    after = RESULTS.get(act) or ("submitted" if milestone.review else "accepted")
    first, last = obligation_span(milestone.id)
    of_it = obligation.c.id.between(first, last)
    if act == "submit" and milestone.per is not None and not (reason or "").strip():
        units = [*units, tallies.complete()]
    if act == "submit" and not pretend:
        units = [*units, *asked.ready(campaign, milestone, explained=bool((reason or "").strip()))]
    items = ledger_following.hold(session, campaign, [first], act)
    keys = settling.locked(session, [of_it, obligation.c.status.in_(wanted.sources), *units])
    settling.note_acts(session, campaign, act, after, keys, now, actor, reason)
    settling.silence(session, keys, now)
    settling.change_all(session, keys, _values(act, after, milestone, now))
    ledger_following.follow(session, campaign, items, now, actor)
    return len(keys)


def _open(campaign: Running, milestone: Milestone, act: str, reason: str | None, pretend: bool) -> Act:
    """The act; raises Refused when it is open for nobody."""
    settling.check_living(campaign)
    wanted = ACTS.get(act)
    if wanted is None or act == "return":
        raise Refused(f"不能成批{wanted.name if wanted else act}")
    if act == "nil" and not milestone.nil:
        raise Refused(f"“{milestone.name}”不接受零报告")
    if wanted.needs_reason and not (reason or "").strip():
        raise Refused(f"“{wanted.name}”须写明理由")
    wants = campaign.requirement(milestone)
    if act == "submit" and not pretend and wants is not None and wants.evidence.asks:
        raise Refused(f"“{milestone.name}”须附材料，请各单位逐一报送")
    return wanted


def _values(act: str, after: str, milestone: Milestone, now: datetime) -> dict[str, Any]:
    values: dict[str, Any] = {"status": after, "version": obligation.c.version + 1}
    if after != "submitted":
        values["settled_at"] = now
    if act != "waive":
        due = sa.func.coalesce(obligation.c.due_at, sa.literal(milestone.due_at, obligation.c.due_at.type))
        first_time = obligation.c.submitted_at.is_(None)
        passed = sa.literal(now, obligation.c.due_at.type) > due
        values["late"] = sa.case((sa.and_(first_time, passed), True), else_=obligation.c.late)
        values["submitted_at"] = sa.func.coalesce(
            obligation.c.submitted_at, sa.literal(now, obligation.c.submitted_at.type)
        )
    return values
