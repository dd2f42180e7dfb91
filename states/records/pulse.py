"""What a scrape asks of the database: how long the oldest of each kind of work has waited.

Each is a look at the end of an index, so that it costs the same with ten rows and with a million. What has to be counted
over many rows is counted by the watchdog, and read from its last word.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session

from states.records import commit_order, outbox, webhook_sending
from states.records.chain import lagging
from states.records.core import campaign, journal, mail, timer, webhook, webhook_delivery

KINDS = ("digest", "figures", "urgent")  # of mails
QUEUED = sa.text("mail.state = 'queued'")  # conditions as their indexes have them
LEASED = sa.text("mail.state = 'queued' AND mail.claimed_by IS NOT NULL")
UNFIRED = sa.text("timer.done_at IS NULL")
ASLEEP = sa.or_(campaign.c.state.like("%.suspended"), campaign.c.state.in_(("closed", "cancelled")))


def look(session: Session, now: datetime, lease: timedelta = outbox.LEASE) -> dict[str, float]:
    """Seconds and, of webhooks, counts; 0 where nothing waits. `lease`: how long a mail is one process's."""
    unsent = {kind: _oldest(session, mail.c.queued_at, QUEUED, mail.c.kind == kind) for kind in KINDS}
    return {
        "oldest_unfired_seconds": _age(_unfired(session, now), now),
        "oldest_unsent_seconds": _age(min(filter(None, unsent.values()), default=None), now),
        "oldest_unsent_urgent_seconds": _age(unsent["urgent"], now),
        "oldest_untaken_seconds": _age(_oldest(session, mail.c.next_try_at, QUEUED), now),
        "oldest_lease_seconds": _age(_leased(session, lease), now),
        "changes_unnumbered_seconds": _age(commit_order.oldest_uncertain(session), now),
        **lagging.ages(session, now),
        **_webhooks(session, now),
    }


def size(session: Session) -> float:
    """Bytes of the database on disk."""
    if session.get_bind().dialect.name == "postgresql":
        return float(session.execute(sa.text("SELECT pg_database_size(current_database())")).scalar_one())
    pages, each = (
        session.execute(sa.text(f"PRAGMA {name}")).scalar_one() for name in ("page_count", "page_size")
    )
    return float(pages * each)


def _unfired(session: Session, now: datetime) -> datetime | None:
    """When the oldest rung that nobody has served was due; rungs of campaigns that stand still wait for nobody."""
    asleep = list(session.execute(sa.select(campaign.c.id).where(ASLEEP)).scalars())
    due = sa.select(timer.c.fire_at).where(UNFIRED, timer.c.fire_at <= now)
    if asleep:
        due = due.where(timer.c.campaign_id.not_in(asleep))
    return session.execute(due.order_by(timer.c.fire_at).limit(1)).scalar()


def _oldest(
    session: Session, column: sa.Column[datetime], *where: sa.TextClause | sa.ColumnElement[bool]
) -> datetime | None:
    return session.execute(sa.select(column).where(*where).order_by(column).limit(1)).scalar()


def _leased(session: Session, lease: timedelta) -> datetime | None:
    """When the oldest mail was claimed that somebody still holds."""
    ends = _oldest(session, mail.c.next_try_at, LEASED)
    return ends - lease if ends is not None else None


def _webhooks(session: Session, now: datetime) -> dict[str, float]:
    """How far those that are told are behind, what was given up, how many are paused."""
    rows = session.execute(sa.select(webhook.c.state, webhook.c.cursor, webhook.c.claimed_until)).all()
    told = [one.cursor for one in rows if one.state == "active"]
    head = commit_order.head(session) if told else 0
    first = min(told, default=head)
    held = min((one.claimed_until for one in rows if one.claimed_until is not None), default=None)
    dead = sa.select(sa.func.count()).select_from(webhook_delivery).where(sa.text("state = 'dead'"))
    return {
        "webhook_behind_events": max(0, head - first),
        "webhook_behind_seconds": _age(_at(session, first, head), now),
        "webhook_lease_seconds": _age(held - webhook_sending.LEASE if held is not None else None, now),
        "webhook_dead": float(session.execute(dead).scalar_one()),
        "webhook_paused": sum(one.state == "paused" for one in rows),
    }


def _at(session: Session, after: int, head: int) -> datetime | None:
    """When the first fact after this number was written."""
    spans = commit_order.spans(session, after, min(after + 1, head))
    if not spans:
        return None
    return session.execute(sa.select(journal.c.at).where(spans.where()).limit(1)).scalar()


def _age(at: datetime | None, now: datetime) -> float:
    return max(0.0, (now - at).total_seconds()) if at is not None else 0.0
