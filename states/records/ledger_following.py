"""Items of the ledger follow what is owed for them: handed in, accepted, returned, waived; one journal row each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session

from states import closing
from states.closing import Owed
from states.documents import ledgercolumns
from states.documents.ledgercolumns import Columns
from states.errors import Refused
from states.records import discretion
from states.records.campaigns import Running
from states.records.columns import milestone_of, slices
from states.records.core import journal, ledger_item, milestone, obligation
from states.records.journal import note_from, payload
from states.records.ledger_steps import FOUND, PREFIX, dated, number_in
from states.records.matters import of_milestone, of_units
from states.records.settling import OPEN, SETTLED
from states.records.tables import Milestone

AT_ONCE = 500
FOLLOWED, REVIEWED = "ledger.followed", "ledger.review"
UNCHECKED = "台账第{no}项“{state}”，须先核查（check），才能销号"


def checks(campaign: Running) -> int:
    """On how many levels an item is checked before it is closed."""
    return campaign.template.ledger.checks if campaign.template.ledger else 1


def columns(campaign: Running) -> Columns:
    """Of the ledger, as the plan heads them."""
    return ledgercolumns.of(campaign.template.ledger)


def hold(session: Session, campaign: Running, keys: Iterable[int], act: str) -> list[int]:
    """Numbers of the items that these obligations belong to, kept from others until the transaction ends.

    Raises Refused where `act` would close an item that has not been checked on the first level.
    """
    milestones = {milestone_of(key) for key in keys}
    rows = sa.select(milestone.c.requirement).where(
        milestone.c.id.in_(milestones), milestone.c.campaign_id == campaign.id
    )
    found = [number_in(one) for one in session.execute(rows).scalars()]
    numbers = sorted({one for one in found if one is not None})
    if not numbers:
        return []
    mine = ledger_item.c.campaign_id == campaign.id, ledger_item.c.no.in_(numbers)
    columns = ledger_item.c.no, ledger_item.c.state, ledger_item.c.milestone_id
    locked = sa.select(*columns).where(*mine).order_by(ledger_item.c.id).with_for_update()
    for no, state, last in session.execute(locked):
        if act == "accept" and checks(campaign) > 1 and last in milestones and state != closing.CHECKED:
            raise Refused(UNCHECKED.format(no=no, state=closing.STATES[state]))
    return numbers


def follow(session: Session, campaign: Running, numbers: Collection[int], now: datetime, actor: str) -> None:
    """The items of these numbers take the states that go with what is owed for them now."""
    moved: dict[tuple[str, str], list[int]] = defaultdict(list)
    for key, before, after in _states(session, campaign, numbers):
        moved[before, after].append(key)
    for (before, after), keys in moved.items():
        write(session, campaign, keys, before, after, FOLLOWED, now, actor)


def follow_units(
    session: Session, campaign: Running, units: Sequence[int], now: datetime, actor: str
) -> None:
    """The same for every item that these units answer for."""
    mine = sa.select(ledger_item.c.id).where(ledger_item.c.campaign_id == campaign.id).limit(1)
    if session.execute(mine).first() is None:
        return
    for some in slices(units, AT_ONCE):
        _follow_some(session, campaign, some, now, actor)


def _follow_some(
    session: Session, campaign: Running, units: Sequence[int], now: datetime, actor: str
) -> None:
    of_items = sa.or_(milestone.c.requirement.startswith(PREFIX), milestone.c.requirement.startswith(FOUND))
    theirs = sa.select(obligation.c.milestone_id).where(of_units(campaign.id, units))
    rows = sa.select(milestone.c.requirement).where(
        milestone.c.campaign_id == campaign.id, of_items, milestone.c.id.in_(theirs)
    )
    found = {number_in(one) for one in session.execute(rows).scalars()}
    follow(session, campaign, [one for one in found if one is not None], now, actor)


def _states(session: Session, campaign: Running, numbers: Collection[int]) -> list[tuple[int, str, str]]:
    changed = []
    listed = sorted(numbers)
    for some in slices(listed, AT_ONCE):
        for key, state, standing, reviewed, owed in _counted(session, campaign, some):
            after = closing.following(state, owed, standing=standing)
            met = standing and not reviewed and owed.number == owed.settled
            if after != state or met:
                changed.append((key, state, after))
    return changed


def _counted(
    session: Session, campaign: Running, numbers: Sequence[int]
) -> list[tuple[int, str, bool, bool, Owed]]:
    def counted(statuses: Sequence[str]) -> sa.ColumnElement[int]:
        return sa.func.sum(sa.case((obligation.c.status.in_(statuses), 1), else_=0))

    statement = (
        sa.select(
            ledger_item.c.id,
            ledger_item.c.state,
            ledger_item.c.standing,
            ledger_item.c.reviewed_at,
            sa.func.count(),
            counted(OPEN),
            counted(SETTLED),
        )
        .join(milestone, dated())
        .join(obligation, of_milestone())
        .where(ledger_item.c.campaign_id == campaign.id, ledger_item.c.no.in_(numbers))
        .group_by(ledger_item.c.id)
        .order_by(ledger_item.c.id)
    )
    return [
        (key, state, standing, at is not None, Owed(int(number), int(still), int(settled)))
        for key, state, standing, at, number, still, settled in session.execute(statement)
    ]


def write(
    session: Session,
    campaign: Running,
    keys: Sequence[int],
    before: str,
    after: str,
    kind: str,
    now: datetime,
    actor: str,
    reason: str | None = None,
) -> None:
    """Many items go from one state to another: a journal row each, then one UPDATE, slice by slice."""
    discretion.check(session, campaign.id, {"reason": reason}, actor, now)
    fixed = {"at": now, "kind": kind, "actor": actor, "campaign_id": campaign.id}
    fixed |= {"before": before, "after": after, "reason": reason}
    literals = [sa.literal(value, journal.c[name].type) for name, value in fixed.items()]
    about = payload(session, item=ledger_item.c.id, no=ledger_item.c.no)
    values = {"state": after, "since": now, "version": ledger_item.c.version + 1}
    values |= marks(before, after, now)
    if kind == REVIEWED or (kind == FOLLOWED and after == closing.CHECKED):
        values["reviewed_at"] = now
    for part in slices(keys, AT_ONCE):
        some = ledger_item.c.id.in_(part)
        rows = sa.select(*literals, ledger_item.c.unit_id, ledger_item.c.id, about).where(some)
        note_from(session, [*fixed, "unit_id", "item_id", "payload"], rows)
        session.execute(sa.update(ledger_item).where(some).values(values))


def marks(before: str, after: str, now: datetime) -> dict[str, object]:
    """What a change of state leaves on the item beside the state."""
    if after == closing.CLOSED:
        return {"closed_at": now}
    if after == closing.WITHDRAWN:
        return {"withdrawn_at": now}
    if before == closing.WITHDRAWN:
        return {"withdrawn_at": None}
    if before == closing.CLOSED:
        return {"closed_at": None, "reopened": ledger_item.c.reopened + 1, "done": []}
    return {}


def milestones_of(session: Session, campaign: Running, no: int) -> list[Milestone]:
    """The dates of one item that still count, in their order."""
    wanted = sa.select(Milestone).where(
        milestone.c.campaign_id == campaign.id,
        milestone.c.requirement.in_([f"{PREFIX}{no}", f"{FOUND}{no}"]),
        milestone.c.withdrawn_at.is_(None),
    )
    return list(session.execute(wanted.order_by(milestone.c.id)).scalars())
