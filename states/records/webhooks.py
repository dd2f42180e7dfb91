"""Webhooks: other systems that are told of changes. Set up by those who see everything; their secret is shown once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import uuid4
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session, select

from states.errors import Conflict, Fault, Faulty, NotAllowed, NotFound, Refused
from states.letters import plain
from states.outward import Network, target
from states.records import commit_order, published, webhook_secrets
from states.records.access import Scope
from states.records.columns import changed
from states.records.core import campaign, webhook, webhook_delivery
from states.records.feed_tables import Webhook, WebhookDelivery
from states.records.journal import note
from states.records.scopes import paths_of
from states.records.told.changes import DeliveryTold, WebhookMade, WebhookTold
from states.records.told.form import Page, instant, instant_or_none

LONGEST_NAME = 60
MOST = 100
STATES = ("queued", "sent", "dead")
NOT_YOURS = "推送由管理员设置：须用不限单位、不限行动的密钥"
TRIAL, FEED = "test", "feed"

Change = Literal["pause", "resume", "remove"]


@dataclass(frozen=True)
class Wish:
    """A webhook to be. `after`: the number from which on it is told; None: from now."""

    name: str
    url: str
    under: str | None = None
    campaigns: Sequence[int] | None = None
    types: Sequence[str] | None = None
    after: int | None = None


def check_whole(scope: Scope, *, write: bool = False) -> None:
    """Raises NotAllowed for a key that does not see everything."""
    if write:
        scope.check_write()
    if scope.path is not None or scope.campaigns is not None:
        raise NotAllowed(NOT_YOURS)


def add(session: Session, wish: Wish, trusted: Sequence[Network], now: datetime, actor: str) -> Webhook:
    """A new webhook, its secret sealed (see `webhook_secrets`). Raises Faulty, Refused where its name is taken, Unreadable."""
    target(wish.url, trusted)
    types = published.checked(wish.types)
    if not wish.name or plain(wish.name, LONGEST_NAME) != wish.name:
        raise Faulty([Fault("name", f"写明推送给谁，一行，最多 {LONGEST_NAME} 个字")])
    if wish.under is not None:
        paths_of(session, [wish.under])
    _check_campaigns(session, wish.campaigns or ())
    _check_room(session, wish.name)
    head = commit_order.head(session)
    if wish.after is not None and wish.after > head:
        raise Faulty([Fault("after", f"还没有这个序号，最后一条是 {head}")])
    row = Webhook(
        name=wish.name,
        url=webhook_secrets.shown(wish.url),
        secret="",
        under=wish.under,
        campaigns=sorted(set(wish.campaigns)) if wish.campaigns else None,
        types=types,
        cursor=head if wish.after is None else wish.after,
        created_at=now,
        by=actor,
    )
    session.add(row)
    session.flush()
    webhook_secrets.seal(session, row, wish.url)
    _note(session, row, "added", now, actor, under=row.under, campaigns=row.campaigns, types=row.types)
    return row


def made(
    session: Session, wish: Wish, trusted: Sequence[Network], now: datetime, actor: str, zone: ZoneInfo
) -> WebhookMade:
    """The same, told with its secret."""
    row = add(session, wish, trusted, now, actor)
    return {"webhook": one(session, zone, row.id), "secret": webhook_secrets.opened(session, row).secret}


def change(
    session: Session, key: int, act: Change, why: str, now: datetime, actor: str, zone: ZoneInfo
) -> WebhookTold:
    """Pause, resume or remove; how it is then, or was. Raises NotFound, Conflict."""
    if act == "remove":
        before = one(session, zone, key)
        remove(session, key, now, actor)
        return before
    if act == "pause":
        pause(session, key, why, now, actor)
    else:
        resume(session, key, now, actor)
    return one(session, zone, key)


def found(session: Session, key: int) -> Webhook:
    """One of them, to be changed. Raises NotFound."""
    row = session.exec(select(Webhook).where(webhook.c.id == key).with_for_update()).first()
    if row is None:
        raise NotFound(f"没有第 {key} 号推送")
    return row


def pause(session: Session, key: int, why: str, now: datetime, actor: str) -> None:
    """Send nothing more until it is resumed; nothing is lost meanwhile. Raises NotFound, Conflict."""
    row = found(session, key)
    if row.state == "paused":
        raise Conflict(f"“{row.name}”已经暂停")
    stop(session, row, why, now, actor)


def stop(session: Session, row: Webhook, why: str, now: datetime, actor: str) -> None:
    """The same from inside: by a sender that was told not to come again."""
    row.state, row.why = "paused", why
    session.add(row)
    session.flush()
    _note(session, row, "paused", now, actor, reason=why)


def resume(session: Session, key: int, now: datetime, actor: str) -> None:
    """Go on where it stopped, at once. Raises NotFound, Conflict."""
    row = found(session, key)
    if row.state == "active":
        raise Conflict(f"“{row.name}”没有暂停")
    row.state, row.why = "active", None
    session.add(row)
    mine = sa.and_(webhook_delivery.c.webhook_id == key, webhook_delivery.c.state == "queued")
    session.execute(sa.update(webhook_delivery).where(mine).values(next_try_at=now, tries=0))
    _note(session, row, "resumed", now, actor)


def remove(session: Session, key: int, now: datetime, actor: str) -> None:
    """For good, with its messages; what was done stands in the journal. Raises NotFound."""
    row = found(session, key)
    session.execute(sa.delete(webhook_delivery).where(webhook_delivery.c.webhook_id == key))
    session.delete(row)
    _note(session, row, "removed", now, actor)


def try_out(session: Session, key: int, now: datetime, actor: str) -> WebhookDelivery:
    """A message that says nothing, sent with the next round. Raises NotFound, Conflict for one that is paused."""
    row = found(session, key)
    if row.state != "active":
        raise Conflict(f"“{row.name}”已暂停：{row.why}；请先恢复")
    made = message(key, TRIAL, 0, 0, 1, now, aside=True)
    session.add(made)
    session.flush()
    _note(session, row, "tested", now, actor)
    return made


def replay(session: Session, key: int, number: int | None, now: datetime, actor: str) -> int:
    """Send a dead message again, or (None) all of them, under the ids they had. Raises NotFound, Refused."""
    row = found(session, key)
    dead = [webhook_delivery.c.webhook_id == key, webhook_delivery.c.state == "dead"]
    if number is not None:
        dead.append(webhook_delivery.c.id == number)
    values = {"state": "queued", "tries": 0, "next_try_at": now, "aside": True}
    count = changed(session, sa.update(webhook_delivery).where(*dead).values(**values))
    if not count:
        raise Refused("没有可以重发的：只有多次未能送达的消息可以重发")
    _note(session, row, "replayed", now, actor, messages=count)
    return count


def message(
    key: int, kind: str, first: int, last: int, events: int, now: datetime, *, aside: bool = False
) -> WebhookDelivery:
    """A message to be sent, with the id that it keeps."""
    return WebhookDelivery(
        webhook_id=key,
        message_id=f"msg_{uuid4().hex}",
        kind=kind,
        first_seq=first,
        last_seq=last,
        events=events,
        aside=aside,
        next_try_at=now,
        queued_at=now,
    )


def listed(session: Session, zone: ZoneInfo, key: int | None = None) -> list[WebhookTold]:
    """All of them, or one, without secrets."""
    waiting, dead = (_counted(state) for state in ("queued", "dead"))
    rows = sa.select(Webhook, waiting, dead).order_by(webhook.c.id)
    if key is not None:
        rows = rows.where(webhook.c.id == key)
    return [_told(row, zone, *counts) for row, *counts in session.execute(rows).tuples()]


def one(session: Session, zone: ZoneInfo, key: int) -> WebhookTold:
    """Raises NotFound."""
    if not (rows := listed(session, zone, key)):
        raise NotFound(f"没有第 {key} 号推送")
    return rows[0]


def deliveries(
    session: Session, zone: ZoneInfo, key: int, state: str | None, before: int, limit: int
) -> Page[DeliveryTold]:
    """Its messages, newest first, those before a number (0: all). Raises NotFound."""
    one(session, zone, key)
    wanted = select(WebhookDelivery).where(webhook_delivery.c.webhook_id == key)
    if state is not None:
        wanted = wanted.where(webhook_delivery.c.state == state)
    if before:
        wanted = wanted.where(webhook_delivery.c.id < before)
    rows = list(session.exec(wanted.order_by(webhook_delivery.c.id.desc()).limit(limit + 1)))
    items = [delivery(row, zone) for row in rows[:limit]]
    return {"items": items, "next": str(items[-1]["number"]) if len(rows) > limit else None}


def delivery(row: WebhookDelivery, zone: ZoneInfo) -> DeliveryTold:
    """A message as it is told."""
    return {
        "number": row.id,
        "id": row.message_id,
        "kind": row.kind,
        "first": str(row.first_seq),
        "last": str(row.last_seq),
        "events": row.events,
        "state": row.state,
        "tries": row.tries,
        "next_try": instant(row.next_try_at, zone) if row.state == "queued" else None,
        "queued": instant(row.queued_at, zone),
        "sent": instant_or_none(row.sent_at, zone),
        "status": row.status,
        "error": row.error,
    }


def _told(row: Webhook, zone: ZoneInfo, waiting: int, dead: int) -> WebhookTold:
    return {
        "id": row.id,
        "name": row.name,
        "url": row.url,
        "under": row.under,
        "campaigns": row.campaigns,
        "types": row.types,
        "state": row.state,
        "why": row.why,
        "cursor": str(row.cursor),
        "waiting": waiting,
        "dead": dead,
        "created": instant(row.created_at, zone),
        "by": row.by,
    }


def _counted(state: str) -> sa.ScalarSelect[int]:
    mine = (webhook_delivery.c.webhook_id == webhook.c.id, webhook_delivery.c.state == state)
    return sa.select(sa.func.count()).select_from(webhook_delivery).where(*mine).scalar_subquery()


def _check_campaigns(session: Session, keys: Sequence[int]) -> None:
    known = set(session.execute(sa.select(campaign.c.id).where(campaign.c.id.in_(keys))).scalars())
    missing = [str(key) for key in keys if key not in known]
    if missing:
        raise Faulty([Fault("campaigns", f"没有编号为 {'、'.join(missing)} 的专项行动")])


def _check_room(session: Session, name: str) -> None:
    names = list(session.execute(sa.select(webhook.c.name)).scalars())
    if name in names:
        raise Refused(f"已有名为“{name}”的推送；请换一个名称，或先删除原来的")
    if len(names) >= MOST:
        raise Refused(f"推送最多 {MOST} 个")


def _note(
    session: Session,
    row: Webhook,
    what: str,
    now: datetime,
    actor: str,
    reason: str | None = None,
    **more: Any,
) -> None:
    note(session, now, f"webhook.{what}", actor, after=row.name, reason=reason, webhook=row.id, **more)
