"""The rounds as loops of short transactions. Each can run in many processes at once, at any rhythm.

`flows.rounds` calls them by the real clock, `foretell` by a virtual one: preview and sender are the same code.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from states.clock import elapsed
from states.letters import Message
from states.records import drafting, firing, opening, outbox
from states.records.campaigns import running
from states.records.outbox import Claim, MailHours
from states.records.session import Store
from states.records.tables import Campaign, Notice

log = logging.getLogger("duban.rounds")


@dataclass(frozen=True)
class Answer:
    """What became of a mail: `sent`, `temporary` or `permanent`, with the server's words and the Message-ID."""

    kind: str
    detail: str = ""
    message_id: str = ""


@dataclass
class Delivered:
    """What one delivery round did."""

    sent: int = 0
    deferred: int = 0
    refused: int = 0
    withdrawn: int = 0
    notes: list[str] = field(default_factory=list)


Send = Callable[[Message], Answer]


def open_due(store: Store, now: datetime) -> int:
    """Open phases and milestones whose time has come; a campaign that fails does not hold up the others."""
    with store.read() as session:
        due = opening.due_campaigns(session, now)
    count, faults = 0, []
    for key in due:
        try:
            count += _open_one(store, key, now)
        except Exception as error:
            log.exception("opening campaign %s failed", key)
            faults.append(error)
    if faults:
        raise ExceptionGroup("some campaigns could not be opened", faults)
    return count


def _open_one(store: Store, key: int, now: datetime) -> int:
    with store.write() as session:
        lock = sa.select(Campaign.id).where(Campaign.id == key).with_for_update(skip_locked=True)  # type: ignore[call-overload]
        if session.execute(lock).scalar() is None:
            return 0
        return opening.open_all(session, running(session, key), now)


def fire(store: Store, now: datetime, *, after_due: bool) -> int:
    """Serve every rung that is due before (or after) its date; a timer that fails is set aside and reported."""
    count, faults = 0, []
    aside: set[int] = set()
    while True:
        claimed: list[int] = []
        try:
            with store.write() as session:
                served = firing.fire_next(session, now, after_due=after_due, aside=aside, claimed=claimed)
        except Exception as error:
            log.exception("timer %s failed", claimed)
            if not claimed:
                raise
            faults.append(error)
            aside.update(claimed)
            continue
        if served is None:
            break
        count += served
    if faults:
        raise ExceptionGroup("some rungs could not be served", faults)
    return count


def compose(store: Store, now: datetime, hours: MailHours) -> int:
    """Bind the pending notices of the moment into mails."""
    total = 0
    while True:
        with store.write() as session:
            made = outbox.compose(session, now, hours)
        if not made:
            return total
        total += made


def deliver(store: Store, send: Send, now: datetime, who: str, *, papers: bool = True) -> Delivered:
    """Send what is queued, one transaction a mail; stop before the leases run out.

    `papers` False leaves out figures and sheets, for a preview that only asks who hears of what.
    """
    done = Delivered()
    while True:
        began = elapsed()
        with store.write() as session:
            claims = outbox.claim(session, now, who)
        if not claims:
            return done
        with store.read() as session:
            drafted = drafting.drafts(session, [one.id for one in claims], now, papers=papers)
        for place, claim in enumerate(claims):
            if timedelta(seconds=elapsed() - began) > outbox.LEASE / 2:
                with store.write() as session:
                    outbox.release(session, claims[place:], now)
                done.notes.append("邮件服务器太慢，本轮未发完，下一轮继续")
                return done
            _deliver_one(store, send, now, claim, drafted[claim.id], done)


def _deliver_one(
    store: Store, send: Send, now: datetime, claim: Claim, drafted: drafting.Drafted, done: Delivered
) -> None:
    answer = _try(send, drafted.message) if drafted.message is not None else Answer("withdrawn")
    with store.write() as session:
        if drafted.settled:
            session.execute(
                sa.update(Notice).where(Notice.id.in_(drafted.settled)).values(state="withdrawn")  # type: ignore[attr-defined]
            )
        if answer.kind == "sent":
            outbox.mark_sent(session, claim, now, answer.message_id)
            done.sent += 1
        elif answer.kind == "withdrawn":
            outbox.mark_withdrawn(session, claim, now)
            done.withdrawn += 1
        elif answer.kind == "permanent":
            outbox.mark_refused(session, claim, now, answer.detail)
            done.refused += 1
        else:
            outbox.mark_deferred(session, claim, now, answer.detail)
            done.deferred += 1
            done.notes.append(answer.detail)


def _try(send: Send, message: Message) -> Answer:
    """A mail that cannot even be written must not stop the others: it is deferred and reported."""
    try:
        return send(message)
    except Exception as error:
        log.exception("mail %s could not be written", message.key)
        return Answer("temporary", f"写不成这封邮件：{error}")


def cycle(
    store: Store, send: Send, now: datetime, hours: MailHours, who: str, *, papers: bool = True
) -> Delivered:
    """One round of everything due, then delivery."""
    open_due(store, now)
    fire(store, now, after_due=False)
    fire(store, now, after_due=True)
    compose(store, now, hours)
    return deliver(store, send, now, who, papers=papers)
