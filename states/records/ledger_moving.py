"""Moves of one item of the ledger, through its machine; what is owed for it goes with it in the same transaction."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, select

from states import actorwords, closing
from states.closing import Facts
from states.errors import Conflict, Faulty, Refused
from states.machine import Choice, Moved
from states.records import ledger_reach, ledger_withdrawing, locks, settling
from states.records.access import EVERYTHING, Scope
from states.records.campaigns import Running
from states.records.columns import obligation_span
from states.records.core import journal, ledger_item, obligation
from states.records.journal import note_item
from states.records.ledger_following import checks, marks, milestones_of
from states.records.settling import OPEN
from states.records.tables import LedgerItem, Milestone

BACK = ("return", "partial", "reopen")
OVERTAKEN = "台账第{no}项刚刚被他人改动（现为“{state}”，版本 {version}{last}），请刷新后再试"
NOT_RUNNING = "专项行动{why}，不能办理台账"


def move(
    session: Session,
    campaign: Running,
    no: int,
    name: str,
    now: datetime,
    actor: str,
    *,
    scope: Scope | None = None,
    reason: str | None = None,
    version: int | None = None,
    measures: tuple[int, ...] = (),
) -> LedgerItem:
    """Make one move of one item. `measures`: for `partial`, the numbers of those that are done.

    Raises NotFound, NotAllowed, Faulty, Refused with every sentence, Conflict when `version` is not the present one.
    """
    closing.known(name)
    if measures and name != "partial":
        raise Faulty(["只有部分销号（partial）才写明措施的序号"])
    check_running(campaign)
    locks.beside_others(session, campaign.id)
    item = locked(session, campaign, no, scope, version)
    facts = facts_of(session, campaign, item, scope)
    moved = closing.decide(facts, name, reason, measures)
    _settle(session, campaign, item, name, now, actor, reason or _partly(measures))
    _write(session, item, moved, now, actor, reason, measures)
    return item


def choices(
    session: Session, campaign: Running, item: LedgerItem, scope: Scope | None = None
) -> list[Choice]:
    """Every move of an item, open or with its refusals in words."""
    return closing.choices(facts_of(session, campaign, item, scope))


def check_running(campaign: Running) -> None:
    """Raises Refused while the campaign has not begun, is suspended, or is over."""
    row = campaign.row
    if row.closed_at is not None:
        raise Refused(NOT_RUNNING.format(why="已经结束"))
    if row.state.endswith(".suspended"):
        raise Refused(NOT_RUNNING.format(why="已暂停"))
    if row.ord == 0:
        raise Refused(NOT_RUNNING.format(why="还没有开始"))


def locked(
    session: Session, campaign: Running, no: int, scope: Scope | None, version: int | None
) -> LedgerItem:
    """One item, kept from others until the transaction ends. Raises NotFound, NotAllowed, Conflict."""
    key = ledger_reach.item_seen(session, scope or EVERYTHING, campaign, no)
    statement = select(LedgerItem).where(LedgerItem.id == key).with_for_update()
    item = session.exec(statement.execution_options(populate_existing=True)).one()
    if version is not None and version != item.version:
        raise Conflict(_overtaken(session, item))
    return item


def facts_of(session: Session, campaign: Running, item: LedgerItem, scope: Scope | None) -> Facts:
    """What the guards ask for."""
    asker = scope or EVERYTHING
    answering = ledger_reach.parts(session, item.id)
    return Facts(
        item.state,
        checks(campaign),
        item.standing,
        len(item.measures),
        tuple(item.done),
        tuple(_early(session, campaign, item)),
        ledger_reach.others(asker, answering),
        ledger_reach.kept_from(session, asker, campaign, item, answering),
    )


def _early(session: Session, campaign: Running, item: LedgerItem) -> Iterator[str]:
    """Names of the dates before the last one for which something is not handed in."""
    for one in milestones_of(session, campaign, item.no):
        if one.id == item.milestone_id:
            continue
        span = obligation.c.id.between(*obligation_span(one.id))
        still = sa.select(obligation.c.id).where(span, obligation.c.status.in_(OPEN)).limit(1)
        if session.execute(still).first() is not None:
            yield one.name.partition("·")[2] or one.name


def _overtaken(session: Session, item: LedgerItem) -> str:
    """That somebody else was quicker, and what they did."""
    mine = journal.c.item_id == item.id
    rows = sa.select(journal.c.kind, journal.c.actor).where(mine).order_by(journal.c.id.desc())
    found = session.execute(rows.limit(1)).first()
    last = f"；{actorwords.actor(found.actor)}：{kind_name(found.kind)}" if found else ""
    return OVERTAKEN.format(no=item.no, state=closing.STATES[item.state], version=item.version, last=last)


def kind_name(kind: str) -> str:
    """What a journal row of an item is called."""
    return KINDS.get(kind) or closing.MOVES.get(kind.removeprefix("ledger."), kind)


KINDS = {
    "ledger.added": "登记",
    "ledger.followed": "随应办事项变动",
    "ledger.amended": "修改",
    "ledger.handed_over": "移交",
    "ledger.restored": "恢复",
    "ledger.redated": "期限顺延",
}


def _settle(
    session: Session,
    campaign: Running,
    item: LedgerItem,
    name: str,
    now: datetime,
    actor: str,
    reason: str | None,
) -> None:
    """What the move does to what is owed; steps before the last stay done when the item goes back."""
    dates = milestones_of(session, campaign, item.no)
    if name in BACK:
        _each(session, campaign, dates[-1:], "return", ("submitted", "accepted", "nil"), now, actor, reason)
    elif name == "claim":
        _each(session, campaign, dates, "submit", OPEN, now, actor, reason)
    elif name in ("close", "review"):
        _each(session, campaign, dates, "submit", OPEN, now, actor, reason)
        _each(session, campaign, dates, "accept", ("submitted",), now, actor, reason)
    elif name == "withdraw":
        ledger_withdrawing.let_off(session, campaign, [item.id], now, actor, reason)


def _each(
    session: Session,
    campaign: Running,
    dates: list[Milestone],
    act: str,
    sources: tuple[str, ...],
    now: datetime,
    actor: str,
    reason: str | None,
) -> None:
    for one in dates:
        span = obligation.c.id.between(*obligation_span(one.id))
        wanted = sa.select(obligation.c.id).where(span, obligation.c.status.in_(sources))
        for key in session.execute(wanted.order_by(obligation.c.id)).scalars().all():
            settling.settle(session, campaign, key, act, now, actor, reason=reason)


def _partly(measures: tuple[int, ...]) -> str | None:
    listed = "、".join(str(one) for one in sorted(set(measures)))
    return f"第{listed}条措施已完成，其余继续整改" if measures else None


def _write(
    session: Session,
    item: LedgerItem,
    moved: Moved,
    now: datetime,
    actor: str,
    reason: str | None,
    measures: tuple[int, ...],
) -> None:
    done = sorted({*item.done, *measures})
    values = {"state": moved.after, "version": item.version + 1, "done": done}
    if moved.after != moved.before:
        values["since"] = now
    values |= marks(moved.before, moved.after, now)
    if moved.move == "review":
        values["reviewed_at"] = now
    session.execute(sa.update(ledger_item).where(ledger_item.c.id == item.id).values(values))
    note_item(
        session,
        now,
        f"ledger.{moved.move}",
        actor,
        item,
        before=moved.before,
        after=moved.after,
        reason=reason,
        **({"measures": sorted(set(measures))} if measures else {}),
    )
    session.refresh(item)
