"""After a restore the rounds hold: mails went out after the backup of which the record knows nothing.

Who knows what went out says so, and the rounds go on. Until the moment at which the old service stopped, the days are lived
through once more, as a preview does, and the mails of those days come to be under the keys that they had; those that went
out are marked as sent, the others wait in the queue. So none goes twice, and none of those that never went is lost.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session

from states.errors import Refused
from states.records import foretell, outbox, rounds
from states.records.backup.holding import held
from states.records.core import mail, restored
from states.records.journal import note
from states.records.outbox import MailHours
from states.records.session import Store

WHO = "resume"
EVERYTHING = 1_000_000
Went = Callable[[str], str | None]
"""Mail's key → the Message-ID under which it went out, or None."""


@dataclass
class Resumed:
    """What was found on the way: mails that had gone out, and those that wait now."""

    gone: int = 0
    waiting: int = 0


def resume(
    store: Store, now: datetime, by: str, how: str, hours: MailHours, until: datetime | None, went: Went
) -> Resumed:
    """Go on. `until`: when the old service stopped (None: nothing went out after the backup). Raises Refused.

    Killed on the way it can be called again.
    """
    with store.read() as session:
        found = held(session)
    if found is None:
        raise Refused("没有什么要继续的：这个数据库不是刚恢复的，轮次没有停")
    if until is not None and not found.taken_at <= until <= now:
        raise Refused(f"原来的服务停下的时刻应在备份（{found.taken_at:%Y-%m-%d %H:%M} UTC）之后、现在之前")
    done = Resumed()
    if until is not None:
        _live_through(store, found.taken_at, until, hours, went, done)
    with store.write() as session:
        queued = sa.select(sa.func.count()).select_from(mail).where(mail.c.state == "queued")
        done.waiting = int(session.execute(queued).scalar_one())
        session.execute(
            sa.update(restored).where(restored.c.resumed_at.is_(None)).values(resumed_at=now, how=how)
        )
        until_ = until.isoformat() if until else None
        note(session, now, "store.resumed", by, after=how, until=until_, gone=done.gone, waiting=done.waiting)
    return done


def _live_through(
    store: Store, since: datetime, until: datetime, hours: MailHours, went: Went, done: Resumed
) -> None:
    now: datetime | None = since
    while now is not None and now <= until:
        rounds.decide(store, now, hours)
        with store.write() as session:
            done.gone += _mark(session, now, went)
        with store.read() as session:
            now = foretell.next_event(session, now, hours)


def _mark(session: Session, now: datetime, went: Went) -> int:
    """Mark as sent what went out; the rest waits on."""
    gone, rest = 0, []
    for claim in outbox.claim(session, now + outbox.LONGEST_LEASE, WHO, EVERYTHING):
        message_id = went(claim.key)
        if message_id is not None and outbox.mark_sent(session, claim, now, message_id):
            gone += 1
        else:
            rest.append(claim)
    outbox.release(session, rest, now)
    return gone
