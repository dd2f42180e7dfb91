"""Moves of a campaign itself, by hand: onward, pause, end, and back; through the machine, under the row's lock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, select

from states import machine
from states.errors import Conflict, Faulty, NotFound, Refused
from states.machine import Choice, Moved, Standing
from states.records import opening
from states.records.campaigns import Running, running
from states.records.columns import changed
from states.records.core import journal, milestone, notice, proposal, timer
from states.records.core import phase as phase_table
from states.records.journal import note
from states.records.tables import Campaign, PhaseRow

ENDS = ("close", "cancel")
MISSED_WHILE_AWAY = "暂停或办结期间已过时间"


@dataclass(frozen=True)
class Brought:
    """What a move brought with it: milestones handed out, by name, and how much fell silent, by the journal's words."""

    opened: tuple[str, ...]
    silenced: Mapping[str, int]


def choices(campaign: Running) -> list[Choice]:
    """Every move of the campaign, open or with its refusals in words."""
    return machine.choices(campaign.machines, _standing(campaign))


def move(
    session: Session,
    campaign_id: int,
    name: str,
    now: datetime,
    actor: str,
    *,
    reason: str | None = None,
    version: int | None = None,
) -> Running:
    """Make one move and return the campaign after it.

    `advance` opens the next phase with everything that is due in it. Raises NotFound, Faulty for an unknown move,
    Refused with sentences, Conflict when `version` is not the present one.
    """
    if name not in machine.MOVES["campaign"]:
        raise Faulty([f"没有“{name}”这个动作；可用的有 {'、'.join(machine.MOVES['campaign'])}"])
    campaign = _locked(session, campaign_id)
    row = campaign.row
    if version is not None and version != row.version:
        label = machine.state_name(campaign.machines, row.state).label
        raise Conflict(f"这次专项行动刚刚被他人改动（现为“{label}”，版本 {row.version}），请刷新后再试")
    moved = machine.move(campaign.machines, _standing(campaign), name, reason)
    if name == "advance":
        _advance(session, campaign, moved, now, actor, reason)
    else:
        _write(session, campaign, moved, now, actor, reason)
    return campaign


def open_beside(
    session: Session,
    campaign_id: int,
    key: str,
    now: datetime,
    actor: str,
    *,
    reason: str | None = None,
) -> tuple[Running, PhaseRow]:
    """Open a phase beside the row, by hand or before its date, with everything that is due in it.

    Raises NotFound for an unknown phase, Refused with sentences.
    """
    campaign = _locked(session, campaign_id)
    found = select(PhaseRow).where(PhaseRow.campaign_id == campaign.id, phase_table.c.withdrawn_at.is_(None))
    phases = {one.key: one for one in session.exec(found.order_by(phase_table.c.id))}
    if key not in phases:
        raise NotFound(f"没有“{key}”这个阶段；已有的有 {'、'.join(phases)}")
    refusals = _beside_refusals(campaign, phases[key])
    if refusals:
        raise Refused(*refusals)
    opening.open_beside(session, campaign, phases[key], now, actor, reason)
    opening.open_milestones(session, campaign, now)
    return campaign, phases[key]


def _beside_refusals(campaign: Running, phase: PhaseRow) -> list[str]:
    row = campaign.row
    label = machine.state_name(campaign.machines, row.state).label
    said = []
    if phase.ord is not None:
        said.append(f"“{phase.name}”不是并行阶段，请用专项行动的动作 advance（进入下一阶段）")
    elif phase.opened_at is not None:
        said.append(f"“{phase.name}”已于{phase.opened_at.astimezone(campaign.zone):%Y-%m-%d %H:%M}开始")
    if row.ord == 0 or row.closed_at is not None or row.state.endswith(machine.SUSPENDED):
        said.append(f"专项行动现为“{label}”，进行之中才能开始并行阶段")
    return said


def brought(session: Session, campaign: Running, now: datetime) -> Brought:
    """What the move just made at `now` brought with it; asked within its transaction."""
    session.flush()
    opened = sa.select(milestone.c.name).where(
        milestone.c.campaign_id == campaign.id, milestone.c.opened_at == now
    )
    moved = sa.select(journal.c.payload).where(
        journal.c.campaign_id == campaign.id, journal.c.kind == "campaign.moved", journal.c.at == now
    )
    payload = session.execute(moved.order_by(journal.c.id.desc()).limit(1)).scalar() or {}
    names = session.execute(opened.order_by(milestone.c.due_at, milestone.c.id)).scalars()
    return Brought(tuple(names), {key: n for key, n in payload.items() if isinstance(n, int) and n})


def _locked(session: Session, campaign_id: int) -> Running:
    lock = select(Campaign).where(Campaign.id == campaign_id).with_for_update()
    session.exec(lock.execution_options(populate_existing=True)).first()
    return running(session, campaign_id)


def _standing(campaign: Running) -> Standing:
    return Standing(campaign.row.state, campaign.row.ord, of="campaign")


def _advance(
    session: Session, campaign: Running, moved: Moved, now: datetime, actor: str, reason: str | None
) -> None:
    entered = select(PhaseRow).where(PhaseRow.campaign_id == campaign.id, PhaseRow.key == moved.after)
    opening.open_phase(session, campaign, session.exec(entered).one(), now, actor)
    opening.open_all(session, campaign, now)
    if reason:
        note(
            session,
            now,
            "campaign.explained",
            actor,
            campaign_id=campaign.id,
            after=moved.after,
            reason=reason,
        )


def _write(
    session: Session, campaign: Running, moved: Moved, now: datetime, actor: str, reason: str | None
) -> None:
    row, since = campaign.row, campaign.row.since
    row.state, row.ord, row.since = moved.after, moved.ord, now
    row.version += 1
    row.closed_at = now if moved.move in ENDS else None
    session.add(row)
    session.flush()
    counts = _quiet(session, campaign, moved.move, since, now)
    note(
        session,
        now,
        "campaign.moved",
        actor,
        campaign_id=campaign.id,
        before=moved.before,
        after=moved.after,
        reason=reason,
        move=moved.move,
        **counts,
    )


def _quiet(session: Session, campaign: Running, move: str, since: datetime, now: datetime) -> dict[str, int]:
    """What falls silent with a move, and how much of it, for the journal."""
    if move in ("resume", "reopen"):
        return {"rungs_missed": _skip_missed(session, campaign, since, now)}
    kinds = ("rung", "phase") if move in ENDS else ("rung",)
    counts = {
        "notices_withdrawn": changed(
            session,
            sa.update(notice)
            .where(notice.c.state.in_(("pending", "held")), notice.c.campaign_id == campaign.id)
            .where(notice.c.kind.in_(kinds))
            .values(state="withdrawn"),
        )
    }
    if move == "cancel":
        counts["proposals_withdrawn"] = changed(
            session,
            sa.update(proposal)
            .where(proposal.c.campaign_id == campaign.id, proposal.c.state.in_(("proposed", "held")))
            .values(state="withdrawn"),
        )
    return counts


def _skip_missed(session: Session, campaign: Running, since: datetime, now: datetime) -> int:
    """Rungs whose time passed while nobody was asked are not sent afterwards, as with a unit that was suspended."""
    return changed(
        session,
        sa.update(timer)
        .where(timer.c.done_at.is_(None), timer.c.fire_at.between(since, now), timer.c.rung > 0)
        .where(timer.c.campaign_id == campaign.id)
        .values(done_at=now, outcome=MISSED_WHILE_AWAY),
    )
