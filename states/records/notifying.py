"""Who is told: notices, a row per person; proposals that wait for one; the coordinator's line about either."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from states.audience import Audience, audience
from states.records.campaigns import Running
from states.records.columns import insert_new, put_new, slices
from states.records.core import proposal
from states.records.directory import directory, note_vacancies
from states.records.dispatch import Notice, Proposal, Timer
from states.records.tables import Milestone
from states.template import Role, Rung

UNREACHED = "没有可通知的人"


@dataclass(frozen=True)
class Owing:
    """One unit that still owes what a timer is about."""

    key: int
    unit_id: int
    cycle: int = 0


def tell(
    session: Session,
    campaign: Running,
    rows: Sequence[Owing],
    roles: Sequence[Role],
    key: Callable[[Owing, str], str],
    fact: Mapping[str, Any],
    now: datetime,
) -> None:
    """A notice of `fact` to whoever holds `roles` for each of `rows`; `key(row, address)` is never told twice."""
    common = {**fact, "campaign_id": campaign.id, "at": now}
    notices = _notices(session, now, campaign.row.owner_id, rows, roles, key)
    put_new(session, Notice, notices, common)


def notify(
    session: Session,
    campaign: Running,
    one: Timer,
    rung: Rung,
    rows: Sequence[Owing],
    reason: str,
    now: datetime,
) -> None:
    """A rung that is sent by itself."""

    def key(row: Owing, email: str) -> str:
        return f"r:{row.key}:{row.cycle}:{one.rung}:{email}"

    fact = {
        "kind": "rung",
        "milestone_id": one.milestone_id,
        "rung": one.rung,
        "name": rung.name,
        "urgent": rung.urgent,
        "reason": reason,
    }
    tell(session, campaign, rows, [*rung.to, *rung.cc], key, fact, now)


def tell_coordinator(
    session: Session, campaign: Running, key: str, name: str, what: str, one: Timer, now: datetime
) -> None:
    """One line for the coordinator per rung or phase, however many units it concerned."""
    fact = {
        "kind": "figures",
        "milestone_id": one.milestone_id,
        "rung": one.rung,
        "name": name,
        "urgent": False,
        "reason": f"“{what}”{name}，涉及 {one.served} 个单位",
    }
    owner = [Owing(0, campaign.row.owner_id)]
    tell(session, campaign, owner, [Role.coordinator], lambda _, email: f"c:{key}:{email}", fact, now)


def propose(
    session: Session,
    one: Timer,
    milestone: Milestone,
    rung: Rung,
    rows: Sequence[Owing],
    reason: str,
    now: datetime,
) -> None:
    """A rung with consequences waits for a named person; the one before it on the same matter is superseded."""
    keys = [row.key for row in rows]
    for some in slices(keys, 500):
        same = proposal.c.obligation_id.in_(some)
        waiting = sa.update(proposal).where(same, proposal.c.state.in_(("proposed", "held")))
        session.execute(waiting.values(state="superseded"))
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


def _notices(
    session: Session,
    now: datetime,
    owner_id: int,
    rows: Sequence[Owing],
    roles: Sequence[Role],
    key: Callable[[Owing, str], str],
) -> list[dict[str, Any]]:
    """One row per person; a role nobody can be found for is kept as a row in state `vacant`."""
    people = directory(session, [row.unit_id for row in rows], roles, owner_id)
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


def _insert(session: Session, table: type[Notice] | type[Proposal], rows: list[dict[str, Any]]) -> None:
    """Insert what is not there yet: a repeated round finds its keys taken."""
    if rows:
        session.execute(insert_new(session, table), rows)
