"""Somebody's dates as a calendar programme subscribes to them: an address of his own that shows dates and does nothing."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session

from states.errors import NotFound
from states.records import duties, grants, reading_scope
from states.records.account_tables import Account
from states.records.asker import Scope
from states.records.columns import changed, insert_new
from states.records.core import account, account_grant, calendar_feed, milestone, unit
from states.records.core import campaign as campaigns
from states.records.journal import note
from states.records.pass_tables import CalendarFeed
from states.records.roles import Role

MOST = 500  # dates in one feed
BACK = timedelta(days=30)  # how long a campaign's own dates stay after they have passed
NO_SUCH = "没有这个日历，或它已停用"


@dataclass(frozen=True)
class Dated:
    """One entry: `key` stays the same when the date moves."""

    key: str
    at: datetime
    what: str
    where: str
    path: str
    words: str


def renew(session: Session, row: Account, now: datetime, actor: str) -> str:
    """A new address for somebody; the one before is good for nothing any more. Told this once."""
    text = secrets.token_urlsafe(24)
    values = {"sha256": _hash(text), "made_at": now}
    if changed(session, insert_new(session, CalendarFeed).values(account_id=row.id, **values)) == 0:
        session.execute(sa.update(calendar_feed).where(calendar_feed.c.account_id == row.id).values(**values))
    note(session, now, "account.calendar_opened", actor, after=row.login, account=row.id)
    return text


def stop(session: Session, row: Account, now: datetime, actor: str) -> None:
    """No address any more."""
    gone = sa.delete(calendar_feed).where(calendar_feed.c.account_id == row.id)
    if changed(session, gone):
        note(session, now, "account.calendar_closed", actor, after=row.login, account=row.id)


def since(session: Session, account_id: int) -> datetime | None:
    """When the present address was made; None where there is none."""
    asked = sa.select(calendar_feed.c.made_at).where(calendar_feed.c.account_id == account_id)
    return session.execute(asked).scalar()


def of(session: Session, text: str, now: datetime) -> list[Dated]:
    """The dates behind an address, the next first. Raises NotFound where it is none, or its account is closed."""
    living = sa.and_(calendar_feed.c.sha256 == _hash(text), account.c.disabled_at.is_(None))
    asked = sa.select(account.c.id).join(calendar_feed, calendar_feed.c.account_id == account.c.id)
    whose = session.execute(asked.where(living)).scalar()
    if whose is None:
        raise NotFound(NO_SUCH)
    found: dict[str, Dated] = {}
    for scope in _scopes(session, whose):
        found |= {one.key: one for one in _of_scope(session, scope, now)}
    return sorted(found.values(), key=lambda one: (one.at, one.key))[:MOST]


def _scopes(session: Session, account_id: int) -> list[Scope]:
    """All that somebody is granted, whatever he acts as at present."""
    joined = account_grant.join(account, account.c.id == account_grant.c.account_id)
    joined = joined.outerjoin(unit, unit.c.id == account_grant.c.unit_id)
    mine = sa.and_(account_grant.c.account_id == account_id, grants.alive_with_unit())
    rows = session.execute(sa.select(*grants.columns()).select_from(joined).where(mine))
    return [grants.scope_of(row, -account_id) for row in rows]


def _of_scope(session: Session, scope: Scope, now: datetime) -> list[Dated]:
    return _owed(session, scope, now) if scope.role is Role.liaison else _milestones(session, scope, now)


def _owed(session: Session, scope: Scope, now: datetime) -> list[Dated]:
    items, _number = duties.owed(session, scope, now, 0, MOST)
    return [
        Dated(
            key=f"obligation-{one.obligation['id']}",
            at=datetime.fromisoformat(one.obligation["due"]),
            what=f"{one.obligation['milestone']['name']}（{one.obligation['unit']['name']}）",
            where=one.campaign.row.title,
            path=f"/campaigns/{one.campaign.id}/obligations/{one.obligation['id']}",
            words=one.obligation["words"],
        )
        for one in items
        if one.obligation["due"]
    ]


def _milestones(session: Session, scope: Scope, now: datetime) -> list[Dated]:
    """The dates of the campaigns themselves, for who looks after them."""
    asked = (
        sa.select(milestone.c.id, milestone.c.name, milestone.c.due_at, milestone.c.words)
        .add_columns(campaigns.c.id.label("campaign"), campaigns.c.title)
        .join(campaigns, campaigns.c.id == milestone.c.campaign_id)
        .where(
            campaigns.c.closed_at.is_(None),
            milestone.c.withdrawn_at.is_(None),
            milestone.c.due_at > now - BACK,
            *reading_scope.campaigns_seen(scope),
        )
        .order_by(milestone.c.due_at, milestone.c.id)
        .limit(MOST)
    )
    return [
        Dated(f"milestone-{row.id}", row.due_at, row.name, row.title, f"/campaigns/{row.campaign}", row.words)
        for row in session.execute(asked)
    ]


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
