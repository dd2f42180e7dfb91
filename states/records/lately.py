"""What happened lately in a campaign, for its page: mails, what waits for a person, vacant roles, facts. Reads only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, select

from states.records import figures
from states.records.campaigns import Running
from states.records.columns import milestone_of
from states.records.core import journal, mail, milestone, notice, proposal, unit, vacancy
from states.records.dispatch import Mail, Proposal
from states.records.tables import Milestone

JOURNAL_READ = 200  # rows looked at for the latest lines; what is alike becomes one line
FACTS = ("id", "at", "unit_id", "kind", "actor", "before", "after", "reason", "payload")


@dataclass(frozen=True)
class Happened:
    """A line of the journal; `units` how many it stands for, `more`: or more, as no further rows were looked at."""

    at: datetime
    kind: str
    actor: str
    unit: str
    units: int
    before: str | None
    after: str | None
    reason: str | None
    payload: dict[str, Any]
    more: bool = False


def mails(session: Session, campaign: Running, limit: int) -> list[Mail]:
    """The latest mails that were handed over and speak of this campaign."""
    about = sa.select(notice.c.id).where(notice.c.mail_id == mail.c.id, notice.c.campaign_id == campaign.id)
    statement = select(Mail).where(mail.c.state == "sent", sa.exists(about)).order_by(mail.c.id.desc())
    return list(session.exec(statement.limit(limit)))


def rungs_of(session: Session, keys: list[int]) -> dict[int, dict[str, int]]:
    """What each mail told: name of the rung → how many notices."""
    statement = (
        sa.select(notice.c.mail_id, notice.c.name, sa.func.count())
        .where(notice.c.mail_id.in_(keys))
        .group_by(notice.c.mail_id, notice.c.name)
        .order_by(sa.func.min(notice.c.id))
    )
    found: dict[int, dict[str, int]] = {key: {} for key in keys}
    for key, name, number in session.execute(statement).tuples():
        found[key][name] = number
    return found


def proposals(session: Session, campaign: Running, limit: int) -> list[tuple[Proposal, str, str]]:
    """Steps that wait for a person, the latest first: the proposal, its unit's name, what it is about."""
    statement = (
        sa.select(Proposal, unit.c.name, milestone.c.name)
        .join(unit, unit.c.id == proposal.c.unit_id)
        .join(milestone, milestone.c.id == proposal.c.milestone_id)
        .where(proposal.c.campaign_id == campaign.id, proposal.c.state == "proposed")
        .order_by(proposal.c.id.desc())
    )
    return [(one, name, what) for one, name, what in session.execute(statement.limit(limit)).tuples()]


def vacancies(session: Session, campaign: Running, limit: int) -> list[tuple[str, str, datetime]]:
    """Roles nobody could be told in, those the figures count: unit, role, since when."""
    statement = (
        sa.select(unit.c.name, vacancy.c.role, vacancy.c.since)
        .join(unit, unit.c.id == vacancy.c.unit_id)
        .where(figures.vacant_in(campaign))
        .order_by(vacancy.c.since, unit.c.sort_key, vacancy.c.role)
    )
    return [(name, role, since) for name, role, since in session.execute(statement.limit(limit)).tuples()]


def happened(session: Session, campaign: Running, limit: int) -> list[Happened]:
    """The latest lines of the journal; the same fact of many units at one instant, about one matter, is one line."""
    read = rows(session, campaign, JOURNAL_READ)
    cut = read[-1].at if len(read) == JOURNAL_READ else None
    told = together(session, read, limit)
    return [replace(one, more=one.at == cut and one.units > 0) for one in told]


def rows(session: Session, campaign: Running, limit: int, *where: sa.ColumnElement[bool]) -> list[Any]:
    """The latest rows of the journal of which this holds."""
    asked = sa.select(*(journal.c[name] for name in FACTS)).where(
        journal.c.campaign_id == campaign.id, *where
    )
    return list(session.execute(asked.order_by(journal.c.id.desc()).limit(limit)))


def together(session: Session, told: Iterable[Any], limit: int) -> list[Happened]:
    """Rows of the journal as lines, so many at most."""
    found: dict[tuple[Any, ...], list[Any]] = {}
    for row in told:
        fact = _fact(row)
        if fact in found or len(found) < limit:
            found.setdefault(fact, []).append(row)
    names = _unit_names(session, {line[0].unit_id for line in found.values()})
    return [_happened(line, names) for line in found.values()]


def about(session: Session, told: Iterable[Happened]) -> dict[int, Milestone]:
    """The milestones that these lines speak of, by their numbers."""
    payloads = [one.payload for one in told]
    owed = {milestone_of(one["obligation"]) for one in payloads if "obligation" in one}
    keys = owed | {one["milestone"] for one in payloads if "milestone" in one}
    return {row.id: row for row in session.exec(select(Milestone).where(milestone.c.id.in_(keys)))}


def _fact(row: Any) -> tuple[Any, ...]:
    """What is alike in rows that are told together: all but the unit. What is of no unit stands by itself."""
    if row.unit_id is None:
        return (row.id,)
    said = row.payload or {}
    what = milestone_of(said.get("obligation", 0)), said.get("name")
    return row.at, row.kind, row.actor, row.before, row.after, row.reason, what


def _happened(line: list[Any], names: dict[int, str]) -> Happened:
    row = line[0]
    units = {one.unit_id for one in line if one.unit_id is not None}
    name = names.get(row.unit_id or 0, "") if len(units) == 1 else ""
    facts = row.before, row.after, row.reason, row.payload or {}
    return Happened(row.at, row.kind, row.actor, name, len(units), *facts)


def _unit_names(session: Session, keys: set[int | None]) -> dict[int, str]:
    found = session.execute(sa.select(unit.c.id, unit.c.name).where(unit.c.id.in_(keys)))
    return dict(found.tuples().all())
