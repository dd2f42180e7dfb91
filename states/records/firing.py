"""Rungs whose time has come: timers into notices and proposals, a slice of units in one transaction each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, select

from states import ladder
from states.audience import Audience, Directory, audience
from states.records.campaigns import Running, running
from states.records.columns import insert_new, obligation_span
from states.records.core import campaign as campaign_table
from states.records.core import obligation, proposal, run, timer, unit
from states.records.directory import directory, note_vacancies
from states.records.journal import note
from states.records.scopes import owing, participating
from states.records.settling import OPEN
from states.records.tables import (
    Milestone,
    Notice,
    Obligation,
    PhaseRow,
    Proposal,
    Timer,
    Unit,
)
from states.template import Phase, Role, Rung, Scope

SLICE = 5_000
SYSTEM = "system"
UNREACHED = "没有可通知的人"


@dataclass(frozen=True)
class Owing:
    """One unit that still owes what a timer is about."""

    key: int
    unit_id: int
    cycle: int = 0


def fire_next(
    session: Session, now: datetime, *, after_due: bool, aside: Collection[int] = (), claimed: list[int]
) -> int | None:
    """Serve one slice of the earliest timer that is due and not `aside`; None when there is none left.

    The timer is judged again under its lock: where a higher rung of the same due date has come too, only the
    higher one speaks and this one is recorded as skipped. `claimed` receives its id, whatever happens after.
    """
    one = _claim(session, now, after_due, aside)
    if one is None:
        return None
    claimed.append(one.id)
    campaign = running(session, one.campaign_id)
    if one.rung == 0:
        return _announce(session, campaign, one, now)
    if _higher_is_due(session, one, now):
        return _finish(session, campaign, one, now, ladder.MUTED_BY_HIGHER)
    return _serve(session, campaign, one, now)


def waiting(session: Session, now: datetime) -> int:
    """How many timers should have fired by now."""
    late = awake().where(timer.c.fire_at <= now, timer.c.done_at.is_(None))
    return int(session.execute(sa.select(sa.func.count()).select_from(late.subquery())).scalar_one())


def awake() -> sa.Select[Any]:
    """Ids of timers whose campaign is running."""
    return (
        sa.select(timer.c.id)
        .join(campaign_table, campaign_table.c.id == timer.c.campaign_id)
        .where(
            ~campaign_table.c.state.like("%.suspended"),
            campaign_table.c.state.not_in(("closed", "cancelled")),
        )
    )


def _claim(session: Session, now: datetime, after_due: bool, aside: Collection[int]) -> Timer | None:
    due = (
        awake()
        .where(timer.c.done_at.is_(None), timer.c.fire_at <= now, timer.c.after_due == after_due)
        .where(timer.c.id.not_in(aside))
        .order_by(timer.c.fire_at, timer.c.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=timer)
    )
    key = session.execute(due).scalar()
    return session.get(Timer, key, populate_existing=True) if key is not None else None


def _higher_is_due(session: Session, one: Timer, now: datetime) -> bool:
    higher = sa.select(timer.c.id).where(
        timer.c.phase_id == one.phase_id,
        timer.c.milestone_id == one.milestone_id,
        timer.c.obligation_id == one.obligation_id,
        timer.c.cycle == one.cycle,
        timer.c.rung > one.rung,
        timer.c.fire_at <= now,
        timer.c.outcome.is_distinct_from(ladder.MISSED_AT_OPENING),
    )
    return one.cursor == 0 and session.execute(higher.limit(1)).scalar() is not None


def _finish(
    session: Session, campaign: Running, one: Timer, now: datetime, outcome: str, served: int = 0
) -> int:
    """Close a timer; returns `served`, the units of its last slice."""
    one.done_at, one.outcome = now, outcome
    session.add(one)
    session.flush()
    note(
        session,
        now,
        "rung.done",
        SYSTEM,
        campaign_id=campaign.id,
        after=outcome,
        timer=one.id,
        milestone=one.milestone_id,
        rung=one.rung,
        units=one.served,
    )
    return served


# -- rungs ------------------------------------------------------------------------------------------


def _serve(session: Session, campaign: Running, one: Timer, now: datetime) -> int:
    milestone = session.get_one(Milestone, one.milestone_id)
    steps = campaign.ladder(milestone)
    if steps is None or one.rung > len(steps.rungs):
        return _finish(session, campaign, one, now, "方案中没有这一级")
    rung = steps.rungs[one.rung - 1]
    rows = _owing(session, one)
    reason = _reason(session, campaign, one, milestone, rung, now)
    if rung.confirm:
        _propose(session, one, milestone, rung, rows, reason, now)
    else:
        _notify(session, campaign, one, milestone, rung, rows, reason, now)
    one.served += len(rows)
    if len(rows) == SLICE:
        one.cursor = rows[-1].key
        session.add(one)
        return len(rows)
    if one.served:
        _tell_coordinator(session, campaign, f"t:{one.id}", rung.name, milestone.name, one, now)
    return _finish(session, campaign, one, now, "fired", len(rows))


def _reason(
    session: Session, campaign: Running, one: Timer, milestone: Milestone, rung: Rung, now: datetime
) -> str:
    due = milestone.due_at
    if one.obligation_id:
        due = session.get_one(Obligation, one.obligation_id).due_at or due
    if due is None:
        return ladder.reason(rung, milestone.name, milestone.words)
    local, today = due.astimezone(campaign.zone), now.astimezone(campaign.zone).date()
    words = f"{local.month}月{local.day}日{local:%H:%M}"
    return ladder.reason(rung, milestone.name, words, campaign.calendar.between(local.date(), today))


def _owing(session: Session, one: Timer) -> list[Owing]:
    """The next slice of units that still owe it; suspended units are left in peace."""
    statement = (
        sa.select(obligation.c.id, obligation.c.unit_id)
        .join(
            run,
            sa.and_(run.c.campaign_id == obligation.c.campaign_id, run.c.unit_id == obligation.c.unit_id),
        )
        .where(obligation.c.status.in_(OPEN), ~run.c.state.like("%.suspended"))
    )
    if one.obligation_id:
        statement = statement.where(obligation.c.id == one.obligation_id, obligation.c.id > one.cursor)
    else:
        first, last = obligation_span(one.milestone_id)
        statement = statement.where(
            obligation.c.id.between(max(first, one.cursor + 1), last), obligation.c.due_at.is_(None)
        )
    rows = session.execute(statement.order_by(obligation.c.id).limit(SLICE)).tuples()
    return [Owing(key, unit_id, one.cycle) for key, unit_id in rows]


def _notify(
    session: Session,
    campaign: Running,
    one: Timer,
    milestone: Milestone,
    rung: Rung,
    rows: list[Owing],
    reason: str,
    now: datetime,
) -> None:
    roles = [*rung.to, *rung.cc]
    owner_id = campaign.row.owner_id
    people = directory(session, [row.unit_id for row in rows], roles, owner_id)

    def key(row: Owing, email: str) -> str:
        return f"r:{row.key}:{row.cycle}:{one.rung}:{email}"

    notices = _notices(rows, roles, owner_id, people, key, session, now)
    _insert(
        session,
        Notice,
        [
            {
                **notice,
                "campaign_id": campaign.id,
                "kind": "rung",
                "milestone_id": milestone.id,
                "rung": one.rung,
                "name": rung.name,
                "urgent": rung.urgent,
                "reason": reason,
                "at": now,
            }
            for notice in notices
        ],
    )


def _notices(
    rows: Iterable[Owing],
    roles: list[Role],
    owner_id: int,
    people: Directory,
    key: Callable[[Owing, str], str],
    session: Session,
    now: datetime,
) -> list[dict[str, Any]]:
    """One row per person; a role nobody can be found for is kept as a row in state `vacant`."""
    made: list[dict[str, Any]] = []
    vacancies: dict[tuple[int, Role], None] = {}
    for row in rows:
        found: Audience = audience(roles, row.unit_id, owner_id, people)
        vacancies.update(dict.fromkeys(found.vacancies))
        about = {"unit_id": row.unit_id, "obligation_id": row.key}
        for recipient in found.recipients:
            person = recipient.person
            made.append(
                {
                    **about,
                    "key": key(row, person.email),
                    "role": recipient.role.value,
                    "email": person.email,
                    "person": person.name,
                    "via_unit_id": recipient.instead_of,
                    "state": "pending",
                }
            )
        for role in found.unreached:
            nobody = {"email": "", "person": UNREACHED, "via_unit_id": None, "state": "vacant"}
            made.append({**about, "key": key(row, f"?{role.value}"), "role": role.value, **nobody})
    note_vacancies(session, vacancies, now)
    return made


def _propose(
    session: Session,
    one: Timer,
    milestone: Milestone,
    rung: Rung,
    rows: list[Owing],
    reason: str,
    now: datetime,
) -> None:
    keys = [row.key for row in rows]
    for start in range(0, len(keys), 500):
        session.execute(
            sa.update(proposal)
            .where(proposal.c.obligation_id.in_(keys[start : start + 500]), proposal.c.state == "proposed")
            .values(state="superseded")
        )
    _insert(
        session,
        Proposal,
        [
            {
                "campaign_id": one.campaign_id,
                "obligation_id": row.key,
                "milestone_id": milestone.id,
                "unit_id": row.unit_id,
                "rung": one.rung,
                "cycle": row.cycle,
                "name": rung.name,
                "letter": rung.letter,
                "audience": [role.value for role in (*rung.to, *rung.cc)],
                "reason": reason,
                "at": now,
                "state": "proposed",
            }
            for row in rows
        ],
    )


# -- announcements and the coordinator ----------------------------------------------------------------


def _announce(session: Session, campaign: Running, one: Timer, now: datetime) -> int:
    """A phase has opened: each unit hears once what it is and what it will owe."""
    phase = session.get_one(PhaseRow, one.phase_id)
    written = {item.key: item for item in campaign.template.phases}[phase.base]
    statement = (
        sa.select(run.c.unit_id)
        .join(unit, unit.c.id == run.c.unit_id)
        .where(run.c.campaign_id == campaign.id, run.c.unit_id > one.cursor)
        .where(*_concerned(session, campaign, written))
        .where(run.c.state.not_in(("closed", "exempt")), ~run.c.state.like("%.suspended"))
    )
    units = session.execute(statement.order_by(run.c.unit_id).limit(SLICE)).scalars().all()
    rows = [Owing(0, unit_id) for unit_id in units]
    roles, owner_id = list(written.announce), campaign.row.owner_id
    people = directory(session, units, roles, owner_id)

    def key(row: Owing, email: str) -> str:
        return f"p:{phase.id}:{row.unit_id}:{email}"

    common = {
        "campaign_id": campaign.id,
        "kind": "phase",
        "phase_id": phase.id,
        "rung": 0,
        "name": "下发",
        "urgent": False,
        "reason": f"“{phase.name}”阶段开始",
        "at": now,
    }
    notices = _notices(rows, roles, owner_id, people, key, session, now)
    _insert(session, Notice, [{**notice, **common} for notice in notices])
    one.served += len(rows)
    if len(rows) == SLICE:
        one.cursor = units[-1]
        session.add(one)
        return len(rows)
    _tell_coordinator(session, campaign, f"p:{phase.id}", "阶段开始", phase.name, one, now)
    return _finish(session, campaign, one, now, "fired", len(rows))


def _concerned(session: Session, campaign: Running, written: Phase) -> list[sa.ColumnElement[bool]]:
    """Conditions over `unit` for whom a phase is there: those of its scope."""
    if written.scope == Scope():
        return [participating(campaign.row.owner_id)]
    owner = session.get_one(Unit, campaign.row.owner_id)
    return owing(session, written.scope.model_dump(), owner)


def _tell_coordinator(
    session: Session, campaign: Running, key: str, name: str, what: str, one: Timer, now: datetime
) -> None:
    """One line for the coordinator per rung or phase, however many units it concerned."""
    owner_id = campaign.row.owner_id
    roles = [Role.coordinator]
    people = directory(session, [owner_id], roles, owner_id)
    common = {
        "campaign_id": campaign.id,
        "kind": "figures",
        "milestone_id": one.milestone_id,
        "rung": one.rung,
        "name": name,
        "urgent": False,
        "reason": f"“{what}”{name}，涉及 {one.served} 个单位",
        "at": now,
    }
    notices = _notices(
        [Owing(0, owner_id)], roles, owner_id, people, lambda _, email: f"c:{key}:{email}", session, now
    )
    _insert(session, Notice, [{**notice, **common} for notice in notices])


def _insert(session: Session, table: type[Notice] | type[Proposal], rows: list[dict[str, Any]]) -> None:
    """Insert what is not there yet: a repeated round finds its keys taken."""
    if rows:
        session.execute(insert_new(session, table), rows)


def unfired(session: Session, campaign_id: int) -> list[Timer]:
    """Timers still to come, earliest first."""
    statement = select(Timer).where(Timer.campaign_id == campaign_id, Timer.done_at == None)  # noqa: E711
    return list(session.exec(statement.order_by(Timer.fire_at)))  # type: ignore[arg-type]
