"""From the feed to messages: one webhook is one sender's at a time, messages go out one after the other.

Decide, record, send: a message's numbers and id are committed before its first try, and what became of it in a
transaction of its own. A sender that dies leaves a message that is sent again, under the same id, when its lease is over.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, select

from states.errors import Faulty
from states.records import commit_order, feed, published, webhook_secrets, webhooks
from states.records.access import Scope
from states.records.columns import changed
from states.records.core import webhook, webhook_delivery
from states.records.feed_tables import Webhook, WebhookDelivery
from states.records.journal import note
from states.records.scopes import paths_of
from states.records.told.changes import EventTold

SYSTEM = "system"
LEASE = timedelta(minutes=4)
EVENTS = 100  # of one message at most
PAGES = 10  # looked at for one message; where nothing of them is wanted the next round goes on
KEPT = timedelta(days=30)  # messages that arrived are remembered
MINUTES = (1, 2, 5, 15, 30, 60, 120, 240, 480, 720)  # waits after each vain try: 28 hours
JITTER = 0.2  # of a wait is added at most
GONE = 410
REFUSED = frozenset({400, 413, 415, 422})  # the receiver lives and does not want this message
REFUSED_TRIES = 4


@dataclass(frozen=True)
class Parcel:
    """A message to be sent now."""

    webhook_id: int
    number: int
    message_id: str
    url: str = field(repr=False)
    secret: str = field(repr=False)
    body: bytes = field(repr=False)
    tries: int


@dataclass(frozen=True)
class Answer:
    """What the receiver said: the status, or None and why there is none."""

    status: int | None
    detail: str = ""

    @property
    def taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True)
class Standing:
    """How webhooks are: whether there are any, messages that wait or were given up, and who is paused, in words."""

    any: bool
    waiting: int
    dead: int
    paused: tuple[str, ...]


def standing(session: Session) -> Standing:
    """Of all of them."""
    counted = sa.select(webhook_delivery.c.state, sa.func.count()).group_by(webhook_delivery.c.state)
    counts = dict(
        session.execute(counted.where(webhook_delivery.c.state.in_(("queued", "dead")))).tuples().all()
    )
    columns = (webhook.c.state, webhook.c.name, webhook.c.why)
    rows = session.execute(sa.select(*columns).order_by(webhook.c.id)).tuples().all()
    paused = tuple(f"推送“{name}”已暂停：{why}" for state, name, why in rows if state == "paused")
    return Standing(bool(rows), counts.get("queued", 0), counts.get("dead", 0), paused)


def to_serve(session: Session, now: datetime) -> list[int]:
    """Webhooks with something to send, that nobody is sending to."""
    open_ = sa.and_(webhook_delivery.c.webhook_id == webhook.c.id, webhook_delivery.c.state == "queued")
    due = sa.exists().where(open_, webhook_delivery.c.next_try_at <= now)
    waits = sa.exists().where(open_, sa.not_(webhook_delivery.c.aside))
    fresh = sa.and_(webhook.c.cursor < commit_order.head(session), sa.not_(waits))
    wanted = sa.select(webhook.c.id).where(webhook.c.state == "active", _free(now), sa.or_(due, fresh))
    return list(session.execute(wanted.order_by(webhook.c.id)).scalars())


def claim(session: Session, key: int, who: str, now: datetime) -> bool:
    """Whether this webhook is `who`'s to serve until the lease runs out (LEASE from `now`)."""
    mine = sa.update(webhook).where(webhook.c.id == key, webhook.c.state == "active", _free(now))
    return changed(session, mine.values(claimed_by=who, claimed_until=now + LEASE)) == 1


def release(session: Session, key: int, who: str) -> None:
    """Let the next one have it."""
    mine = sa.update(webhook).where(webhook.c.id == key, webhook.c.claimed_by == who)
    session.execute(mine.values(claimed_by=None, claimed_until=None))


def next_parcel(session: Session, key: int, who: str, now: datetime, source: str) -> Parcel | None:
    """What is to be sent to it now, counted as tried; None: nothing, or it is not `who`'s any more.

    Raises Unreadable.
    """
    mine = sa.and_(webhook.c.id == key, webhook.c.claimed_by == who, webhook.c.state == "active")
    row = session.exec(select(Webhook).where(mine).with_for_update()).first()
    if row is None:
        return None
    try:
        scope = _scope(session, row)
    except Faulty as error:
        webhooks.stop(session, row, error.detail, now, SYSTEM)
        return None
    made = _due(session, key, now) or _cut(session, row, scope, now)
    if made is None:
        return None
    made.tries += 1
    made.next_try_at = now + LEASE
    session.add(made)
    session.flush()
    events = _events(session, row, scope, made, source)
    body = json.dumps(events, ensure_ascii=False, separators=(",", ":")).encode()
    opened = webhook_secrets.opened(session, row)
    return Parcel(key, made.id, made.message_id, opened.url, opened.secret, body, made.tries)


def mark(session: Session, parcel: Parcel, who: str, answer: Answer, now: datetime) -> str | None:
    """Write down what became of it: `sent`, `queued` or `dead`; None when the lease had passed to somebody else."""
    mine = sa.and_(webhook.c.id == parcel.webhook_id, webhook.c.claimed_by == who)
    row = session.exec(select(Webhook).where(mine).with_for_update()).first()
    made = session.get(WebhookDelivery, parcel.number, populate_existing=True)
    if row is None or made is None or made.state != "queued":
        return None
    made.status, made.error = answer.status, None if answer.taken else _words(answer)
    if answer.taken:
        made.state, made.sent_at = "sent", now
    elif answer.status == GONE:
        made.tries, made.next_try_at = 0, now
        if row.state == "active":
            webhooks.stop(session, row, "对方回答 410：不再接收", now, SYSTEM)
    else:
        _try_again(session, row, made, answer, now)
    session.add(made)
    session.flush()
    return made.state


def wait(message_id: str, tries: int) -> timedelta:
    """How long to leave it after that many vain tries: longer each time, and not the same for all."""
    digest = hashlib.sha256(f"{message_id}:{tries}".encode()).digest()
    share = int.from_bytes(digest[:4]) / 2**32
    return timedelta(minutes=MINUTES[tries - 1] * (1 + JITTER * share))


def forget(session: Session, before: datetime) -> None:
    """Messages that arrived before an instant."""
    old = (webhook_delivery.c.state == "sent", webhook_delivery.c.sent_at < before)
    session.execute(sa.delete(webhook_delivery).where(*old))


def _free(now: datetime) -> sa.ColumnElement[bool]:
    return sa.or_(webhook.c.claimed_until.is_(None), webhook.c.claimed_until <= now)


def _scope(session: Session, row: Webhook) -> Scope:
    path = paths_of(session, [row.under])[row.under] if row.under else None
    campaigns = frozenset(row.campaigns) if row.campaigns is not None else None
    return Scope(0, row.name, False, path, campaigns)


def _due(session: Session, key: int, now: datetime) -> WebhookDelivery | None:
    """A message whose time has come; those aside first, since they wait for nobody."""
    wanted = select(WebhookDelivery).where(
        webhook_delivery.c.webhook_id == key,
        webhook_delivery.c.state == "queued",
        webhook_delivery.c.next_try_at <= now,
    )
    return session.exec(wanted.order_by(webhook_delivery.c.aside.desc(), webhook_delivery.c.id)).first()


def _cut(session: Session, row: Webhook, scope: Scope, now: datetime) -> WebhookDelivery | None:
    """The next message of the feed, unless the one before it has not arrived."""
    before = sa.select(webhook_delivery.c.id).where(
        webhook_delivery.c.webhook_id == row.id,
        webhook_delivery.c.state == "queued",
        sa.not_(webhook_delivery.c.aside),
    )
    if session.execute(before.limit(1)).first() is not None:
        return None
    first = row.cursor
    for _ in range(PAGES):
        page = feed.page(session, scope, row.cursor, EVENTS, "", types=row.types)
        if page.next == row.cursor:
            break
        row.cursor = page.next
        if page.events:
            session.add(row)
            return webhooks.message(row.id, webhooks.FEED, first + 1, page.next, len(page.events), now)
    session.add(row)
    return None


def _events(
    session: Session, row: Webhook, scope: Scope, made: WebhookDelivery, source: str
) -> list[EventTold]:
    if made.kind == webhooks.TRIAL:
        return [published.trial(made.message_id, made.queued_at, source)]
    found: list[EventTold] = []
    after = made.first_seq - 1
    while after < made.last_seq:
        page = feed.page(session, scope, after, EVENTS, source, types=row.types, until=made.last_seq)
        found, after = found + page.events, page.next
    return found


def _try_again(session: Session, row: Webhook, made: WebhookDelivery, answer: Answer, now: datetime) -> None:
    """Later; or never, and then who refused this one gets the next, while who was not there at all is left alone."""
    refused = answer.status in REFUSED
    if made.tries < (REFUSED_TRIES if refused else len(MINUTES) + 1):
        made.next_try_at = now + wait(made.message_id, made.tries)
        return
    made.state = "dead"
    about: dict[str, Any] = {
        "webhook": row.id,
        "message": made.message_id,
        "first": made.first_seq,
        "last": made.last_seq,
    }
    note(session, now, "webhook.dead", SYSTEM, after=row.name, reason=made.error, **about)
    if not refused and not made.aside and row.state == "active":
        webhooks.stop(session, row, f"多次未能送达，最后一次：{made.error}", now, SYSTEM)


def _words(answer: Answer) -> str:
    if answer.status is None:
        return answer.detail[:300]
    if 300 <= answer.status < 400:
        return f"对方回答 {answer.status}，要求转到别处；推送不跟随转址，请改用最终的网址"
    return f"对方回答 {answer.status}"
