"""The rounds as loops of short transactions. Each can run in many processes at once, at any rhythm.

`flows.rounds` calls them by the real clock, `foretell` by a virtual one: preview and sender are the same code.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session

from states import tracing
from states.clock import elapsed
from states.letters import Message
from states.records import drafting, firing, opening, outbox, proposing
from states.records.campaigns import running
from states.records.core import notice
from states.records.meters import Meters
from states.records.outbox import Claim, MailHours
from states.records.session import Store
from states.records.tables import Campaign

LEASE_LOST = "有邮件发出时已过了占用时间，别的进程可能以同一 Message-ID 再发一次"

log = logging.getLogger("duban.rounds")


@dataclass(frozen=True)
class Answer:
    """What became of a mail: `sent`, `temporary` or `permanent`, with the server's words and the Message-ID.

    `ours`: our own post failed, whoever the mail was for. `silent`: it did not answer at all, and every further mail
    would wait as long as this one did. `unwritten`: it never came to be a mail.
    """

    kind: str
    detail: str = ""
    message_id: str = ""
    ours: bool = False
    silent: bool = False
    unwritten: bool = False

    @property
    def failure(self) -> str:
        """Why it did not go out, in one word of ours; empty where it did."""
        if self.kind in ("sent", "withdrawn"):
            return ""
        if self.kind == "permanent":
            return "refused"
        why = {"silent": self.silent, "post": self.ours, "unwritten": self.unwritten}
        return next((word for word, so in why.items() if so), "later")


@dataclass
class Delivered:
    """What one delivery round did."""

    sent: int = 0
    deferred: int = 0
    refused: int = 0
    withdrawn: int = 0
    notes: list[str] = field(default_factory=list)
    blocked: list[str] = field(default_factory=list)
    counts: Meters = field(default_factory=Meters)
    began: float = field(default_factory=elapsed)


Send = Callable[[Message], Answer]


def open_due(store: Store, now: datetime) -> int:
    """Open phases and milestones whose time has come, and propose to campaigns below what has changed above; a
    campaign that fails does not hold up the others.
    """
    with store.read() as session:
        due = sorted({*opening.due_campaigns(session, now), *opening.just_moved(session, now)})
    count, faults = 0, []
    for key in due:
        try:
            count += _open_one(store, key, now)
        except Exception as error:
            log.exception("opening campaign %s failed", key)
            faults.append(error)
    with store.read() as session:
        below = proposing.to_look_at(session)
    for key in below:
        try:
            with store.write() as session:
                proposing.look(session, key, now)
        except Exception as error:
            log.exception("looking above campaign %s failed", key)
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


def fire(store: Store, now: datetime, *, after_due: bool, counts: Meters | None = None) -> int:
    """Serve every rung that is due before (or after) its date; a timer that fails is set aside and reported.

    `counts` receives how late units were served.
    """
    count, faults = 0, []
    aside: set[int] = set()
    while True:
        claimed: list[firing.Claimed] = []
        try:
            with store.write() as session:
                served = firing.fire_next(session, now, after_due=after_due, aside=aside, claimed=claimed)
        except Exception as error:
            log.exception("timer %s failed", [one.id for one in claimed])
            if not claimed:
                raise
            faults.append(error)
            aside.update(one.id for one in claimed)
            continue
        if served is None:
            break
        count += served
        if counts is not None and served:
            counts.late("rung_late", (now - claimed[0].fire_at).total_seconds(), served)
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


def deliver(
    store: Store,
    send: Send,
    now: datetime,
    who: str,
    hours: MailHours,
    lease: timedelta = outbox.LEASE,
    batch: int = outbox.BATCH,
) -> Delivered:
    """Send what is queued, `batch` claimed at a time, one transaction a mail, until the round has lasted half a lease.

    What was put off or left behind by day is not sent by night, unless it is urgent. Leases count from `now`, so a round must end before the first of its own could pass to somebody else.
    """
    done = Delivered(began=elapsed())
    while claims := _claim(store, now, who, hours, lease, batch):
        drafted = _drafts(store, [one.id for one in claims], now)
        for place, claim in enumerate(claims):
            if timedelta(seconds=elapsed() - done.began) > lease / 2:
                with store.write() as session:
                    outbox.release(session, claims[place:], now)
                done.notes.append("本轮未发完，下一轮继续")
                return done
            with tracing.span("mail", "client", duban_mail=claim.id, duban_tries=claim.tries) as told:
                answer = _answer(send, drafted[claim.id], claim.id)
                told.tell(duban_outcome=answer.kind)
                if answer.failure:
                    told.failed(answer.failure)
            with store.write() as session:
                _record(session, claim, drafted[claim.id], answer, now, done)
                if answer.silent:
                    _put_off(session, claims[place + 1 :], now, answer.detail, done)
                    return done
    return done


def _put_off(session: Session, claims: list[Claim], now: datetime, why: str, done: Delivered) -> None:
    """A post that lets us wait is left alone for this round: the rest waits a minute, and no try is counted.

    The mail it fell silent over waits ever longer, so that it can't hold up the others for good.
    """
    outbox.release(session, claims, now)
    waiting = outbox.put_off(session, now, why)
    done.deferred += waiting
    if waiting:
        says = f"本轮不再使用这台邮件服务器，其余 {waiting} 封一分钟后再试"
        done.notes[-1] = done.blocked[-1] = f"{why}；{says}"


def deliver_at_once(store: Store, send: Send, now: datetime, who: str, hours: MailHours) -> Delivered:
    """As `deliver`, for a post office that only listens: a transaction a batch, without figures and sheets."""
    done = Delivered()
    while claims := _claim(store, now, who, hours):
        with store.write() as session:
            drafted = drafting.drafts(session, [one.id for one in claims], now, papers=False)
            for claim in claims:
                _record(
                    session, claim, drafted[claim.id], _answer(send, drafted[claim.id], claim.id), now, done
                )
    return done


def _claim(
    store: Store,
    now: datetime,
    who: str,
    hours: MailHours,
    lease: timedelta = outbox.LEASE,
    batch: int = outbox.BATCH,
) -> list[Claim]:
    with store.write() as session:
        by_night = not outbox.by_day(session, now, hours)
        return outbox.claim(session, now, who, batch, urgent_only=by_night, lease=lease)


def _drafts(store: Store, keys: list[int], now: datetime) -> dict[int, drafting.Drafted]:
    """All of a batch at once; where one of them can't be drafted, each by itself, so that it stops no other."""
    try:
        with store.read() as session:
            return drafting.drafts(session, keys, now)
    except Exception as error:
        if len(keys) == 1:
            log.exception("mail %s could not be drafted", keys[0])
            return {keys[0]: drafting.Drafted(None, (), _unwritten(error))}
    return {key: drafted for one in keys for key, drafted in _drafts(store, [one], now).items()}


def _unwritten(error: Exception) -> str:
    return f"写不成这封邮件：{error}"


def _answer(send: Send, drafted: drafting.Drafted, number: int) -> Answer:
    if drafted.trouble:
        return Answer("temporary", drafted.trouble, unwritten=True)
    if drafted.message is None:
        return Answer("withdrawn")
    return _try(send, drafted.message, number)


def _record(
    session: Session,
    claim: Claim,
    drafted: drafting.Drafted,
    answer: Answer,
    now: datetime,
    done: Delivered,
) -> None:
    if drafted.settled:
        settled = notice.c.id.in_(drafted.settled)
        session.execute(sa.update(notice).where(settled).values(state="withdrawn"))
    if answer.failure:
        over = answer.failure != "refused" and outbox.gives_up(claim, now)
        done.counts["mail_failures", "given_up" if over else answer.failure] += 1
    if answer.kind == "sent":
        if not outbox.mark_sent(session, claim, now, answer.message_id):
            done.notes.append(LEASE_LOST)
            done.counts["mail_failures", "lease_lost"] += 1
        done.sent += 1
        lasted = elapsed() - done.began
        done.counts.late("mail_late", (now - claim.queued_at).total_seconds() + lasted)
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
        if answer.ours:
            done.blocked.append(answer.detail)


def _try(send: Send, message: Message, number: int) -> Answer:
    """A mail that cannot even be written must not stop the others: it is deferred and reported."""
    try:
        return send(message)
    except Exception as error:
        log.exception("mail %s could not be written", number)
        return Answer("temporary", _unwritten(error), unwritten=True)


def decide(store: Store, now: datetime, hours: MailHours) -> None:
    """Everything due at `now`, up to the mails that are to be sent."""
    open_due(store, now)
    fire(store, now, after_due=False)
    fire(store, now, after_due=True)
    compose(store, now, hours)
