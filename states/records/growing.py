"""What a running campaign takes in when its plan grows: departments that answer for something, items of the ledger."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, select

from states.machine import ord_of
from states.records import (
    launch,
    ledger_following,
    ledger_kept,
    ledger_sharing,
    ledger_withdrawing,
    owing,
    scopes,
    scoping,
)
from states.records.campaigns import Running
from states.records.core import ledger_item, milestone, run, unit
from states.records.tables import LedgerItem, Milestone, Unit
from states.template import LedgerPreset


def enrol_departments(session: Session, campaign: Running, now: datetime) -> None:
    """A run for each department that the plan names now and that is not in the campaign yet."""
    owner = session.get_one(Unit, campaign.row.owner_id)
    names = scoping.department_names(campaign.template)
    here = unit.c.id.in_(sa.select(run.c.unit_id).where(run.c.campaign_id == campaign.id))
    by_kind = scoping.by_kind(session, campaign.template, owner, here)
    if not (names or by_kind):
        return
    asked = sa.or_(unit.c.id.in_(scopes.department_ids(session, names, owner)), *by_kind)
    enrol(session, campaign, asked, now)


def enrol(session: Session, campaign: Running, asked: sa.ColumnElement[bool], now: datetime) -> None:
    """A run for each unit (`asked`: a condition over `unit`) that is not in the campaign yet."""
    state = campaign.machines.unit.start
    if campaign.row.ord > 0:
        state = next(one.dest for one in campaign.machines.unit.edges if one.move == "start")
    inside = sa.select(run.c.unit_id).where(run.c.campaign_id == campaign.id)
    rows = sa.select(
        sa.literal(campaign.id),
        unit.c.id,
        sa.literal(state),
        sa.literal(ord_of(campaign.machines, state), sa.SmallInteger),
        sa.literal(now, run.c.since.type),
        sa.literal(1),
    ).where(asked, unit.c.id.not_in(inside))
    columns = ["campaign_id", "unit_id", "state", "ord", "since", "version"]
    session.execute(sa.insert(run).from_select(columns, rows))


def taken(session: Session, campaign_id: int, ledger: LedgerPreset | None) -> list[str]:
    """A sentence for each number that the plan gives to a row while a problem found meanwhile bears it."""
    numbers = [row.no for row in ledger.rows] if ledger else []
    found = sa.select(ledger_item.c.no).where(
        ledger_item.c.campaign_id == campaign_id,
        ledger_item.c.no.in_(numbers),
        ledger_item.c.found_by.is_not(None),
    )
    said = "新版台账的第{}项，序号已由行动中登记的问题占用；请在新版中换一个序号"
    return [said.format(no) for no in session.execute(found.order_by(ledger_item.c.no)).scalars()]


def take_ledger(
    session: Session, campaign: Running, before: LedgerPreset | None, now: datetime, actor: str
) -> None:
    """Items of the ledger say what the plan says now, but for what a person has corrected; rows that the plan has no more
    are withdrawn. `before`: what it said until now."""
    if campaign.template.ledger is not None:
        _take_rows(session, campaign, campaign.template.ledger, before, now, actor)
    ledger_withdrawing.keep_up(session, campaign, now, actor)


def _take_rows(
    session: Session,
    campaign: Running,
    ledger: LedgerPreset,
    before: LedgerPreset | None,
    now: datetime,
    actor: str,
) -> None:
    old, new, back = ledger_kept.by_no(before), ledger_kept.by_no(ledger), list[int]()
    mine = select(LedgerItem).where(LedgerItem.campaign_id == campaign.id)
    kept = {one.no: one for one in session.exec(mine)}
    rows = select(Milestone).where(Milestone.campaign_id == campaign.id).order_by(milestone.c.id)
    milestones = list(session.exec(rows))
    for row in ledger.rows:
        facts = launch.item_facts(ledger, row, milestones)
        item = kept.get(row.no)
        if item is None:
            item = launch.new_item(campaign.row, row.no, facts, now)
        else:
            facts = {**facts, **ledger_kept.kept(item, old.get(row.no), new[row.no])}
            if ledger_kept.taken_back(item, old.get(row.no), facts):
                back.append(row.no)
        item.sqlmodel_update(facts)
        session.add(item)
    session.flush()
    for no in back:
        for one in ledger_following.milestones_of(session, campaign, no):
            inside = sa.select(unit.c.id).where(*owing.conditions(session, campaign, one))
            ids = list(session.execute(inside.order_by(unit.c.id)).scalars())
            ledger_sharing.share_out(session, campaign, one, ids, now, actor)
