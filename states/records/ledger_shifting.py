"""Problems found meanwhile take other dates, in set statements: put off with the whole campaign like the rows of the plan,
or counted anew (`ledger_recounting`).

One ledger has one clock: else of two rows of a department the one that came with the plan would wait for the flood to pass
and the one found last week would not. What is closed, or a standing one whose interim date is met, keeps its date.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from states.closing import CLOSED, WITHDRAWN
from states.records.campaigns import Running
from states.records.columns import slices
from states.records.core import journal, ledger_item, milestone, notice, obligation, proposal, timer, unit
from states.records.journal import iso
from states.records.ledger_following import AT_ONCE
from states.records.ledger_steps import dated
from states.records.matters import of_milestone
from states.records.redated import Dated
from states.records.tables import Milestone
from states.records.timers import timers
from states.template import Kind

REDATED = "ledger.redated"


def found_dates(
    session: Session, campaign: Running, which: sa.ColumnElement[bool] | None = None
) -> list[Any]:
    """The dates that problems found meanwhile still have to meet; `which`: over `milestone` and `unit`."""
    if which is None:
        which = milestone.c.due_at.is_not(None)
    one = ledger_item.c
    met = sa.and_(one.standing, one.reviewed_at.is_not(None))
    about = (*(milestone.c.id, milestone.c.name, milestone.c.words, milestone.c.due_at, milestone.c.ladder),)
    written = (milestone.c.period, one.type, one.due_words, one.reported_at, unit.c.path)
    statement = sa.select(*about, milestone.c.expected, one.id.label("item"), one.no, one.unit_id, *written)
    going = one.found_by.is_not(None), one.state.not_in((CLOSED, WITHDRAWN)), ~met
    wanted = statement.select_from(ledger_item).join(milestone, dated()).join(unit, unit.c.id == one.unit_id)
    wanted = wanted.where(one.campaign_id == campaign.id, *going, which)
    return list(session.execute(wanted.order_by(milestone.c.id)))


def shift(
    session: Session,
    campaign: Running,
    rows: Sequence[Any],
    moved: Callable[[Any], datetime | None],
    now: datetime,
    actor: str,
    says: str,
    *,
    held: bool = True,
) -> tuple[Dated, ...]:
    """Give `rows` (`found_dates`) the dates that `moved` says; None leaves one where it is.

    `held`: by a person's decision, so that a calendar that arrives later leaves it.
    """
    groups: dict[tuple[datetime, str | None], list[Any]] = defaultdict(list)
    for row in rows:
        if (after := moved(row)) is not None:
            groups[after, row.ladder].append(row)
    made: list[Dated] = []
    for (after, ladder), alike in groups.items():
        for some in slices(alike, AT_ONCE):
            _quiet(session, [row.id for row in some], now, says)
            _put_off(session, campaign, some, ladder, after, now, held=held)
            facts = [_fact(campaign, row, after, now, actor, says) for row in some]
            session.execute(sa.insert(journal), facts)
        made += [Dated(row.id, row.name, row.words, row.due_at, after, row.expected) for row in alike]
    return tuple(sorted(made, key=lambda one: one.id))


def _quiet(session: Session, keys: Sequence[int], now: datetime, says: str) -> None:
    """Rungs of the old common date, and what they had put in the way and nobody has heard."""
    cohort = timer.c.phase_id == 0, timer.c.milestone_id.in_(keys), timer.c.obligation_id == 0
    going = sa.update(timer).where(*cohort, timer.c.done_at.is_(None))
    session.execute(going.values(done_at=now, outcome=says))
    theirs = sa.select(obligation.c.id).select_from(milestone.join(obligation, of_milestone()))
    common = theirs.where(milestone.c.id.in_(keys), obligation.c.due_at.is_(None))
    for table, waiting in ((notice, "pending"), (proposal, "proposed")):
        hanging = table.c.obligation_id.in_(common), table.c.state.in_((waiting, "held"))
        session.execute(sa.update(table).where(*hanging).values(state="withdrawn"))


def _put_off(
    session: Session,
    campaign: Running,
    rows: Sequence[Any],
    ladder: str | None,
    after: datetime,
    now: datetime,
    *,
    held: bool,
) -> None:
    keys = [row.id for row in rows]
    first = sa.func.coalesce(milestone.c.original_due_at, milestone.c.due_at, after)
    values = {"due_at": after, "original_due_at": first, "held": held}
    session.execute(sa.update(milestone).where(milestone.c.id.in_(keys)).values(values))
    last = sa.select(timer.c.milestone_id, sa.func.max(timer.c.cycle)).where(
        timer.c.phase_id == 0, timer.c.milestone_id.in_(keys), timer.c.obligation_id == 0
    )
    cycles = dict(session.execute(last.group_by(timer.c.milestone_id)).tuples().all())
    planned = Milestone(
        id=0,
        campaign_id=campaign.id,
        requirement="",
        period="",
        name="",
        kind=Kind.ledger,
        ladder=ladder,
        due_at=after,
    )
    rungs = [one.model_dump(exclude={"id"}) for one in timers(campaign, planned, after, now, could_open=now)]
    fresh = [{**one, "milestone_id": key, "cycle": cycles.get(key, -1) + 1} for key in keys for one in rungs]
    if fresh:
        session.execute(sa.insert(timer), fresh)


def _fact(
    campaign: Running, row: Any, after: datetime, now: datetime, actor: str, says: str
) -> dict[str, Any]:
    dates = {"due_at": [iso(row.due_at), iso(after)]}
    return {
        "at": now,
        "kind": REDATED,
        "actor": actor,
        "campaign_id": campaign.id,
        "unit_id": row.unit_id,
        "reason": says,
        "payload": {"item": row.item, "no": row.no, "milestone": row.id, "changes": dates},
        "item_id": row.item,
    }
