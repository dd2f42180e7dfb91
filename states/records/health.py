"""Heartbeats, the fence between clocks, and the watchdog's look at what should have happened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, select

from states.records import fairness, meters, opening, pulse
from states.records.backup import holding
from states.records.chain import lagging
from states.records.columns import changed, insert_new
from states.records.core import health, mail, milestone, tick, vacancy
from states.records.core import notice as notices
from states.records.meters import Counts
from states.records.outbox import LEASE
from states.records.session import Store
from states.records.tables import Health, Tick

LATE = timedelta(minutes=15)
REMEMBERED = timedelta(days=30)
IN_VAIN = sa.text("state IN ('failed', 'refused')")  # as the index has it


@dataclass(frozen=True)
class Look:
    """What the watchdog saw: troubles in words, and figures (seconds, counts) for the metrics."""

    troubles: tuple[str, ...]
    figures: dict[str, float]


AHEAD = timedelta(minutes=5)  # no two machines' clocks are further apart
ROUND = "round:"


def beat(
    store: Store,
    name: str,
    ok: bool,
    detail: str,
    now: datetime,
    figures: dict[str, float] | None = None,
    counts: Counts | None = None,
) -> None:
    """Write the last word of one part, and add up what it counted; of a round also whether it went well."""
    row = Health(name=name, ok=ok, at=now, detail=detail[:500], figures=figures or {})
    ended = {("rounds", f"{name.removeprefix(ROUND)}:{'ok' if ok else 'failed'}"): 1.0}
    with store.write() as session:
        meters.add(session, {**(counts or {}), **(ended if name.startswith(ROUND) else {})})
        session.execute(insert_new(session, Health), [row.model_dump()])
        values = row.model_dump(exclude={"name"})
        session.execute(sa.update(health).where(health.c.name == name).values(**values))


def answers(store: Store) -> None:
    """Ask the database something small; raises what it raises when it is away."""
    with store.read() as session:
        session.execute(sa.select(health.c.name).limit(1)).first()


def beats(session: Session) -> list[Health]:
    """The last word of every part."""
    return list(session.exec(select(Health).order_by(Health.name)))


def claim_tick(store: Store, job: str, slot: datetime, now: datetime) -> bool:
    """True for the one caller that gets (job, slot).

    Slots that have not come yet were claimed by a clock that has been set back since: they are free again.
    """
    with store.write() as session:
        session.execute(sa.delete(tick).where(tick.c.job == job, tick.c.slot > now + AHEAD))
        return changed(session, insert_new(session, Tick).values(job=job, slot=slot, at=now)) == 1


def forget_ticks(store: Store, before: datetime) -> None:
    """Old slots are of no use."""
    with store.write() as session:
        session.execute(sa.delete(tick).where(tick.c.slot < before))


def look(store: Store, now: datetime, lease: timedelta = LEASE) -> Look:
    """Oldest unfired rung, oldest unsent mail, what failed, what nobody could be told."""
    with store.read() as session:
        seen = pulse.look(session, now, lease)
        failed = _count(session, mail, IN_VAIN)
        given_up = _count(
            session, mail, sa.and_(IN_VAIN, mail.c.state == "failed", mail.c.queued_at > now - REMEMBERED)
        )
        vacant = _count(session, vacancy, sa.true())
        unheard = _count(session, notices, sa.text("state = 'vacant'"))
        late_openings = opening.due_campaigns(session, now - LATE)
        lost = fairness.credited_since(session, now - REMEMBERED)
        waiting = sa.and_(milestone.c.opened_at.is_(None), milestone.c.withdrawn_at.is_(None))
        unopened = _count(session, milestone, waiting)
        sealed = lagging.figures(session, now)
        size = pulse.size(session)
        held = holding.held(session)
    rung, outbox = seen["oldest_unfired_seconds"], seen["oldest_unsent_seconds"]
    figures = {
        **seen,
        "mails_failed": failed,
        "vacancies": vacant,
        "unheard": unheard,
        "milestones_to_open": unopened,
        "credited_obligations": lost.obligations,
        "credited_days": lost.days,
        "rungs_put_off": lost.waiting,
        "database_bytes": size,
        **sealed,
    }
    waits = [holding.words(held)] if held else []
    troubles = (*waits, *_troubles(rung, outbox, given_up, late_openings, unheard), *lagging.troubles(sealed))
    return Look(troubles, {**figures, "troubles": len(troubles)})


def _troubles(
    rung: float, outbox: float, given_up: int, late_openings: Sequence[int], unheard: int
) -> Iterator[str]:
    if rung > LATE.total_seconds():
        yield f"有提醒已过时 {rung / 60:.0f} 分钟仍未触发"
    if outbox > LATE.total_seconds():
        yield f"有邮件已等待 {outbox / 60:.0f} 分钟仍未发出"
    if given_up:
        yield f"有 {given_up} 封邮件一周未能发出，已放弃，请检查邮件服务器和收件地址"
    if late_openings:
        yield f"专项行动 {late_openings} 有阶段或事项应开未开"
    if unheard:
        yield f"有 {unheard} 条通知无人可送"


def _count(session: Session, table: sa.Table, condition: sa.ColumnElement[bool] | sa.TextClause) -> int:
    return int(session.execute(sa.select(sa.func.count()).select_from(table).where(condition)).scalar_one())
