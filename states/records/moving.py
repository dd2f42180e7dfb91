"""Moves of one unit, through the machine; `mass` moves many. Each move is one update and one journal row."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import Session, select

from states import machine
from states.errors import Conflict, Faulty, NotFound, Refused
from states.evidence import NOTHING_SHOWN, Shown
from states.machine import Choice, Moved, Standing
from states.records import ledger_following, locks, owing, settling, waiving
from states.records.campaigns import Running
from states.records.columns import changed, obligation_id, unit_of
from states.records.core import obligation, run
from states.records.journal import note
from states.records.tables import Obligation, UnitRun

SYSTEM = "system"
NOTHING_OWED = "本阶段没有应办事项，无须审核"
OVERTAKEN = "这个单位刚刚被他人改动（现为“{now}”，版本 {version}），请刷新后再试"


def run_of(session: Session, campaign: Running, unit_id: int, *, lock: bool = False) -> UnitRun:
    """The run of a unit; raises NotFound when it does not take part."""
    statement = select(UnitRun).where(UnitRun.campaign_id == campaign.id, UnitRun.unit_id == unit_id)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    found = session.exec(statement).first()
    if found is None:
        raise NotFound("这个单位没有参加这次专项行动")
    return found


def standing(session: Session, campaign: Running, row: UnitRun, wanted: str | None = None) -> Standing:
    """The facts that the guards ask for; of one `wanted` move only what its own guards need."""
    edge = campaign.machines.unit.edge(row.state, wanted) if wanted else None
    free = wanted is not None and (edge is None or not (edge.guarded or edge.filed))
    unsettled, unfiled = ([], []) if free else _pending(session, campaign, row)
    return Standing(
        row.state,
        row.ord,
        tuple(unsettled),
        tuple(unfiled),
        opened=campaign.row.ord,
        campaign=campaign.row.state,
    )


def choices(session: Session, campaign: Running, unit_id: int) -> list[Choice]:
    """Every move of one unit, open or with its refusals in words."""
    return machine.choices(campaign.machines, standing(session, campaign, run_of(session, campaign, unit_id)))


def move(
    session: Session,
    campaign: Running,
    unit_id: int,
    name: str,
    now: datetime,
    actor: str,
    *,
    reason: str | None = None,
    version: int | None = None,
    outcome: str | None = None,
) -> Moved:
    """Make one move of one unit. Raises Refused (with sentences), Conflict when `version` is not the present one."""
    if name not in machine.MOVES["unit"]:
        raise Faulty([f"没有“{name}”这个动作；可用的有 {'、'.join(machine.MOVES['unit'])}"])
    check_outcome(campaign, name, outcome)
    locks.beside_others(session, campaign.id)
    row = run_of(session, campaign, unit_id, lock=True)
    if version is not None and version != row.version:
        label = machine.state_name(campaign.machines, row.state).label
        raise Conflict(OVERTAKEN.format(now=label, version=row.version))
    moved = machine.move(campaign.machines, standing(session, campaign, row, name), name, reason)
    _write(session, campaign, row, moved, now, actor, reason, outcome_of(campaign, moved.after, outcome))
    return moved


def outcome_of(campaign: Running, after: str, wanted: str | None) -> str | None:
    """The outcome that goes with the state `after`; raises Refused for one that the template does not have."""
    allowed = campaign.template.outcomes
    if wanted is not None and wanted not in allowed:
        raise Refused(f"没有“{wanted}”这种结果；方案规定的有 {'、'.join(allowed)}")
    if after != machine.CLOSED:
        return None
    return wanted or allowed[0]


def check_outcome(campaign: Running, name: str, wanted: str | None) -> None:
    """Raises Refused for an outcome given with a move that closes nobody."""
    if wanted is not None and all(
        edge.dest != machine.CLOSED for edge in machine.table(campaign.machines) if edge.move == name
    ):
        raise Refused(f"“{machine.MOVE_NAMES[name]}”不是办结，不写结果")


def _write(
    session: Session,
    campaign: Running,
    row: UnitRun,
    moved: Moved,
    now: datetime,
    actor: str,
    reason: str | None,
    outcome: str | None,
) -> None:
    done = changed(
        session,
        sa.update(run)
        .where(
            run.c.campaign_id == row.campaign_id, run.c.unit_id == row.unit_id, run.c.version == row.version
        )
        .values(state=moved.after, ord=moved.ord, since=now, version=row.version + 1, outcome=outcome),
    )
    if done != 1:
        raise Conflict("这个单位刚刚被他人改动，请刷新后再试")
    note(
        session,
        now,
        "unit.moved",
        actor,
        campaign_id=campaign.id,
        unit_id=row.unit_id,
        before=moved.before,
        after=moved.after,
        reason=reason,
        move=moved.move,
    )
    if moved.move == "exempt":
        waiving.waive_all(session, campaign, row.unit_id, now, actor, reason or "")
        ledger_following.follow_units(session, campaign, [row.unit_id], now, actor)
    after = {"state": moved.after, "ord": moved.ord, "since": now, "version": row.version + 1}
    for name, value in {**after, "outcome": outcome}.items():
        set_committed_value(row, name, value)


def _pending(session: Session, campaign: Running, row: UnitRun) -> tuple[list[str], list[str]]:
    """Names of the required obligations of the unit's phase that are not settled, and not handed in."""
    milestones = settling.required(session, campaign, row.state.split(".")[0])
    ids = {obligation_id(one.id, row.unit_id): one for one in milestones}
    found = session.execute(
        sa.select(obligation.c.id, obligation.c.status).where(obligation.c.id.in_(list(ids)))
    )
    status = dict(found.tuples().all())
    coming = [one for one in milestones if one.opened_at is None]
    held = owing.holding(session, campaign, coming, row.unit_id)
    return pending((one.name, one.id in held, status.get(key)) for key, one in ids.items())


def pending(facts: Iterable[tuple[str, bool, str | None]]) -> tuple[list[str], list[str]]:
    """Of required things (name, whether it is still to be opened, status or None) those not settled, not handed in."""
    unsettled, unfiled = [], []
    for name, waits, status in facts:
        if waits or (status is not None and status not in settling.SETTLED):
            unsettled.append(name)
        if waits or status in settling.OPEN:
            unfiled.append(name)
    return unsettled, unfiled


def follow(session: Session, campaign: Running, unit_id: int, now: datetime) -> list[Moved]:
    """One unit follows the campaign after something of it was settled; see `advance_settled`."""
    made: list[Moved] = []
    row = session.get(UnitRun, (campaign.id, unit_id), populate_existing=True)
    while row is not None and (step := _next_step(session, campaign, row)) is not None:
        try:
            made.append(move(session, campaign, unit_id, step[0], now, SYSTEM, reason=step[1]))
        except Refused:
            return made
    return made


def _next_step(session: Session, campaign: Running, row: UnitRun) -> tuple[str, str | None] | None:
    """How a unit goes on by itself, with the reason: it hands in, and passes a review in which it owes nothing.

    None while the phase after such a review is not open: then it is not sent there either.
    """
    table = campaign.machines.unit
    submit, approve = table.edge(row.state, "submit"), table.edge(row.state, "approve")
    passing = approve or (table.edge(submit.dest, "approve") if submit else None)
    if passing is None or passing.dest == machine.CLOSED or not _idle(session, campaign, row):
        return "submit", None
    if machine.ord_of(campaign.machines, passing.dest) > campaign.row.ord:
        return None
    return ("approve", NOTHING_OWED) if approve else ("submit", None)


def _idle(session: Session, campaign: Running, row: UnitRun) -> bool:
    """Whether it owes nothing in its phase."""
    asked = settling.required(session, campaign, row.state.split(".")[0])
    owed = obligation.c.id.in_([obligation_id(one.id, row.unit_id) for one in asked])
    return session.execute(sa.select(obligation.c.id).where(owed)).first() is None


def act(
    session: Session,
    campaign: Running,
    obligation_key: int,
    name: str,
    now: datetime,
    actor: str,
    *,
    reason: str | None = None,
    version: int | None = None,
    shown: Shown = NOTHING_SHOWN,
) -> Obligation:
    """Do something to an obligation (see `settling.settle`); its unit, and the item of the ledger, follow.

    Raises NotFound, Refused, Conflict.
    """
    locks.beside_others(session, campaign.id)
    hold(session, campaign, unit_of(obligation_key), judge_again=name == "return")
    items = ledger_following.hold(session, campaign, [obligation_key], name)
    row = settling.settle(
        session, campaign, obligation_key, name, now, actor, reason=reason, version=version, shown=shown
    )
    ledger_following.follow(session, campaign, items, now, actor)
    follow(session, campaign, row.unit_id, now)
    return row


def hold(session: Session, campaign: Running, unit_id: int, *, judge_again: bool = False) -> None:
    """Nobody moves the unit meanwhile; `judge_again`: who has judged its guards before must judge them anew."""
    mine = sa.and_(run.c.campaign_id == campaign.id, run.c.unit_id == unit_id)
    if judge_again:
        session.execute(sa.update(run).where(mine).values(version=run.c.version + 1))
    else:
        session.execute(sa.select(run.c.unit_id).where(mine).with_for_update())
