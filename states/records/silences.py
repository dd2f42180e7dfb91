"""Silences: for a while nobody is told anything of a unit, a subtree, a requirement or a campaign.

What falls in the meantime is decided as ever and held back as it stands. Afterwards, with the first mails of a working
day, of each obligation only the highest rung speaks; the lower ones are recorded as skipped.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, select

from states.errors import Conflict, Fault, Faulty, NotFound, Refused
from states.records.campaigns import Running
from states.records.columns import slices
from states.records.core import milestone, notice, proposal, silence, unit
from states.records.journal import note
from states.records.respite import Silence
from states.records.scopes import below, paths_of
from states.records.tables import Milestone, Unit

SYSTEM = "system"
LONGEST = timedelta(days=366)
AT_ONCE = 1_000
HELD: sa.ColumnElement[str] = sa.literal_column(
    "'held'"
)  # written out, so that SQLite sees that its partial index serves


@dataclass(frozen=True)
class Wanted:
    """What is to be silent up to and with the day `until`: `unit` or `under` (with those below), a requirement, or all."""

    until: date
    reason: str
    unit: str | None = None
    under: str | None = None
    requirement: str | None = None


def impose(session: Session, campaign: Running, wanted: Wanted, now: datetime, actor: str) -> Silence:
    """Hold back what is told of it from now on. Raises Faulty, Refused with every reason."""
    until = min(wanted.until, (now + 2 * LONGEST).date())  # what is later is refused all the same
    ends = datetime.combine(until + timedelta(days=1), time(0), campaign.zone).astimezone(now.tzinfo)
    place = _place(session, campaign, wanted)
    said = _refusals(campaign, wanted, ends, now)
    if said:
        raise Refused(*said)
    row = Silence(
        campaign_id=campaign.id,
        unit_id=place.id if place else None,
        below=wanted.under is not None,
        requirement=wanted.requirement,
        reason=wanted.reason.strip(),
        author=actor,
        at=now,
        ends_at=ends,
    )
    session.add(row)
    session.flush()
    _note(session, row, "silence.imposed", now, actor, row.reason)
    return row


def _place(session: Session, campaign: Running, wanted: Wanted) -> Unit | None:
    if wanted.unit is not None and wanted.under is not None:
        raise Faulty([Fault("under", "“unit”（只这个单位）与“under”（连同下级）只写一种")])
    if wanted.requirement is not None:
        known = select(Milestone.requirement).where(Milestone.campaign_id == campaign.id).distinct()
        keys = sorted(session.exec(known))
        if wanted.requirement not in keys:
            raise Faulty(
                [Fault("requirement", f"没有“{wanted.requirement}”这项要求；已有的有 {'、'.join(keys)}")]
            )
    code = wanted.unit or wanted.under
    if code is None:
        return None
    paths_of(session, [code])
    place = session.exec(select(Unit).where(Unit.code == code)).one()
    owner = session.get_one(Unit, campaign.row.owner_id)
    if not place.path.startswith(owner.path):
        raise Refused(f"{place.name}不属{owner.name}管辖")
    return place


def _refusals(campaign: Running, wanted: Wanted, ends: datetime, now: datetime) -> list[str]:
    said = []
    if campaign.row.closed_at is not None:
        said.append("专项行动已经办结或取消，不必静默")
    if not wanted.reason.strip():
        said.append("静默须写明理由")
    if ends <= now:
        said.append(f"{wanted.until.isoformat()} 已经过去，请写今后的日期")
    if ends - now > LONGEST:
        said.append(f"静默最长{LONGEST.days}天；更久的请暂停单位或专项行动")
    return said


def end(session: Session, campaign: Running, number: int, now: datetime, actor: str) -> Silence:
    """End it before its day. Raises NotFound, Conflict when it is over."""
    wanted = select(Silence).where(Silence.id == number, Silence.campaign_id == campaign.id)
    row = session.exec(wanted.with_for_update().execution_options(populate_existing=True)).first()
    if row is None:
        raise NotFound(f"这次专项行动中没有第 {number} 号静默")
    if row.ended_at is not None or row.ends_at <= now:
        at = (row.ended_at or row.ends_at).astimezone(campaign.zone)
        raise Conflict(f"第 {number} 号静默已于 {at:%Y-%m-%d %H:%M} 结束")
    row.ended_at, row.ended_by = now, actor
    session.add(row)
    session.flush()
    _note(session, row, "silence.ended", now, actor, None)
    return row


def listed(
    session: Session, campaign: Running, path: str | None = None
) -> list[tuple[Silence, Unit | None, int]]:
    """Silences, newest first, each with its unit and how many notices wait; `path`: only what concerns units there."""
    rows = session.exec(
        select(Silence).where(Silence.campaign_id == campaign.id).order_by(silence.c.id.desc())
    )
    found = []
    for row in rows:
        place = session.get_one(Unit, row.unit_id) if row.unit_id is not None else None
        if path is None or place is None or place.path.startswith(path) or path.startswith(place.path):
            found.append((row, place, _waiting(session, row)))
    return found


def _waiting(session: Session, row: Silence) -> int:
    held = sa.select(sa.func.count()).select_from(notice).where(notice.c.state == HELD)
    return int(session.execute(held.where(_about(session, row, notice))).scalar_one())


def active(session: Session, now: datetime) -> list[Silence]:
    """Those in force at `now`."""
    going = select(Silence).where(silence.c.ended_at.is_(None), silence.c.ends_at > now)
    return list(session.exec(going.order_by(silence.c.id)))


# -- holding back and letting go ---------------------------------------------------------------------


def hold(session: Session, now: datetime) -> list[Silence]:
    """What waits to be told and falls under a silence is held back; returns the silences in force."""
    going = active(session, now)
    for row in going:
        for table, waiting in ((notice, "pending"), (proposal, "proposed")):
            concerned = (table.c.state == waiting, _about(session, row, table))
            session.execute(sa.update(table).where(*concerned).values(state="held"))
    return going


def release(session: Session, now: datetime, going: Sequence[Silence]) -> None:
    """What no silence covers any more is told: of each obligation the highest rung, and everything else."""
    for key in sorted({key for table in (notice, proposal) for key in _holding(session, table)}):
        still = [row for row in going if row.campaign_id == key]
        told = _release_notices(session, key, still, now)
        proposed = _release_proposals(session, key, still)
        if told[0] + told[1] + proposed:
            note(
                session,
                now,
                "silence.flushed",
                SYSTEM,
                campaign_id=key,
                told=told[0],
                skipped=told[1],
                proposed=proposed,
            )


def _holding(session: Session, table: sa.Table) -> Iterable[int]:
    """Campaigns of which something is held back."""
    return session.execute(sa.select(table.c.campaign_id).where(table.c.state == HELD).distinct()).scalars()


def _free(session: Session, table: sa.Table, campaign_id: int, still: Iterable[Silence]) -> list[Any]:
    covered = [sa.not_(_about(session, row, table)) for row in still]
    return [table.c.state == HELD, table.c.campaign_id == campaign_id, *covered]


def _release_notices(
    session: Session, campaign_id: int, still: list[Silence], now: datetime
) -> tuple[int, int]:
    """How many are told now, and how many are skipped."""
    columns = (notice.c.id, notice.c.key, notice.c.kind, notice.c.obligation_id, notice.c.rung)
    held = session.execute(sa.select(*columns).where(*_free(session, notice, campaign_id, still))).all()
    rungs = [one for one in held if one.kind == "rung"]
    keys = sorted({one.obligation_id for one in rungs})
    for some in slices(keys, AT_ONCE):
        fresh = sa.select(*columns).where(notice.c.obligation_id.in_(some), notice.c.state == "pending")
        rungs += session.execute(fresh.where(notice.c.kind == "rung")).all()
    top: dict[int, tuple[int, int]] = {}
    for one in rungs:
        top[one.obligation_id] = max(top.get(one.obligation_id, (-1, -1)), _height(one))
    skipped = [one.id for one in rungs if _height(one) < top[one.obligation_id]]
    told = [one.id for one in held if one.kind != "rung" or _height(one) == top[one.obligation_id]]
    for some in slices(told, AT_ONCE):  # decided anew: time that a person asked for is not lost through us
        session.execute(sa.update(notice).where(notice.c.id.in_(some)).values(state="pending", at=now))
    _set(session, notice, skipped, "skipped")
    return len(told), len(skipped)


def _height(one: Any) -> tuple[int, int]:
    """Cycle and rung; the cycle stands in the key, see `notifying.notify`."""
    return int(one.key.split(":")[2]), one.rung


def _release_proposals(session: Session, campaign_id: int, still: list[Silence]) -> int:
    """The highest of each obligation waits for its leader."""
    columns = (proposal.c.id, proposal.c.obligation_id, proposal.c.cycle, proposal.c.rung)
    free = sa.select(*columns).where(*_free(session, proposal, campaign_id, still))
    rows = session.execute(free.order_by(proposal.c.cycle, proposal.c.rung)).all()
    last = {one.obligation_id: one.id for one in rows}
    _set(session, proposal, list(last.values()), "proposed")
    _set(session, proposal, [one.id for one in rows if last[one.obligation_id] != one.id], "superseded")
    return len(last)


def _set(session: Session, table: sa.Table, keys: Sequence[int], state: str) -> None:
    for some in slices(keys, AT_ONCE):
        session.execute(sa.update(table).where(table.c.id.in_(some)).values(state=state))


def _about(session: Session, row: Silence, table: sa.Table) -> sa.ColumnElement[bool]:
    """Over notices or proposals: those that a silence covers."""
    found = [table.c.campaign_id == row.campaign_id]
    if row.unit_id is not None and row.below:
        path = session.execute(sa.select(unit.c.path).where(unit.c.id == row.unit_id)).scalar_one()
        found.append(table.c.unit_id.in_(sa.select(unit.c.id).where(below(path))))
    elif row.unit_id is not None:
        found.append(table.c.unit_id == row.unit_id)
    if row.requirement is not None:
        of = milestone.c.campaign_id == row.campaign_id, milestone.c.requirement == row.requirement
        found.append(table.c.milestone_id.in_(sa.select(milestone.c.id).where(*of)))
    return sa.and_(*found)


def _note(session: Session, row: Silence, kind: str, now: datetime, actor: str, reason: str | None) -> None:
    note(
        session,
        now,
        kind,
        actor,
        campaign_id=row.campaign_id,
        unit_id=row.unit_id,
        after=row.ends_at.isoformat(),
        reason=reason,
        silence=row.id,
        below=row.below,
        requirement=row.requirement,
    )
