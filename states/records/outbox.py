"""From notices to mails: composing the day's digests, claiming what is to be sent, marking what became of it.

Decide, record, send: a mail's key is fixed here, before the first try; a claim is a lease that runs out by
itself when its holder dies; a mail is marked in a transaction of its own right after the server's answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import lru_cache
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session

from states.records import fairness, firing, opening, replying, rerouting, silences
from states.records.calendar import workdays
from states.records.columns import changed, insert_new
from states.records.core import health, mail, notice, timer
from states.records.dispatch import Mail
from states.records.journal import note

AT_ONCE = 20_000
BATCH = 50
"""Mails claimed at a time: as many as wait for a lease when a process dies. Smaller ones are slower, larger ones hardly
faster: `python -m bench --only batch`."""
LEASE, LONGEST_LEASE = timedelta(minutes=10), timedelta(hours=1)
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=4)
FAR = 2 * LONGEST_WAIT
GIVES_UP_AFTER, TRIES_AT_LEAST = timedelta(days=7), 10
WAITS_FOR_ROUNDS = timedelta(hours=1)
ROUNDS = tuple(f"round:{name}" for name in ("open_due", "remind", "escalate", "deliver"))
STOPPED = timedelta(minutes=10)
"""Rounds of which none has ended for so long stood still: they come every minute."""
SYSTEM = "system"


@dataclass(frozen=True)
class MailHours:
    """When ordinary mail may go out: these local hours of working days."""

    zone: ZoneInfo
    opens: time
    closes: time

    def cover(self, local: datetime) -> bool:
        """Whether the local time of day lies within the hours."""
        return self.opens <= local.time() < self.closes


def compose(session: Session, now: datetime, hours: MailHours) -> int:
    """Turn pending notices into mails; returns how many.

    One digest a person and day, in mail hours; an urgent notice by itself, at any hour. Digests wait until the
    rounds of the moment are through, so that they hold all of the day's notices. What falls under a silence is held
    back, and let go with the digests of the first day after it.
    """
    local = now.astimezone(hours.zone)
    going = silences.hold(session, now)
    ordinary = by_day(session, now, hours) and not _rounds_behind(session, now)
    if ordinary:
        silences.release(session, now, going)
    made = _mails(session, now, "u:", notice.c.key, local, urgent=True)
    if ordinary:
        made += _mails(session, now, f"d:{local.date()}:", notice.c.email, local, urgent=False)
    return made


def by_day(session: Session, now: datetime, hours: MailHours) -> bool:
    """Whether ordinary mail may go out: in mail hours of a working day."""
    local = now.astimezone(hours.zone)
    return hours.cover(local) and workdays(session).is_workday(local.date())


def _rounds_behind(session: Session, now: datetime) -> bool:
    """Whether rungs or openings that are due are still undecided. Those of the last hour are waited for; older ones, as
    after a stop of ours, for an hour from the first notice they left waiting, so that one that fails holds nobody up for
    ever; and whoever delivers first after a stop waits for whoever decides first.

    It is as late as the latest notice that waits says: who decided it may have read the time after us, or on a clock that
    is ahead of ours, or our clock was set back.
    """
    now = max(now, _latest(session, now + WAITS_FOR_ROUNDS) or now)
    if not _undecided(session, now):
        return False
    since = now - WAITS_FOR_ROUNDS
    just = _waiting(session, since, now) and not _waiting(session, since - WAITS_FOR_ROUNDS, since)
    return just or _undecided(session, now, since) or _nobody_since(session, now - STOPPED)


def _nobody_since(session: Session, moment: datetime) -> bool:
    """Whether rounds have ended before, and none since then. The delivery that asks is one of them once it has ended."""
    ended = sa.select(sa.func.max(health.c.at)).where(health.c.name.in_(ROUNDS))
    last = session.execute(ended).scalar()
    return last is not None and last < moment


def _latest(session: Session, until: datetime) -> datetime | None:
    """When the last of the notices that wait for a digest was decided; what a wrong clock dated later than `until` does not
    count.
    """
    waits = sa.and_(notice.c.state == "pending", ~notice.c.urgent, notice.c.at <= until)
    return session.execute(sa.select(sa.func.max(notice.c.at)).where(waits)).scalar()


def _waiting(session: Session, after: datetime, until: datetime) -> bool:
    """Whether a notice that was decided between the two waits for a digest."""
    waits = sa.and_(notice.c.state == "pending", ~notice.c.urgent, notice.c.at > after, notice.c.at <= until)
    return session.execute(sa.select(notice.c.id).where(waits).limit(1)).first() is not None


def _undecided(session: Session, now: datetime, since: datetime = opening.EVER) -> bool:
    """Whether anything that was due between the two is undecided."""
    rungs = firing.awake().where(timer.c.done_at.is_(None), timer.c.fire_at.between(since, now))
    if session.execute(rungs.limit(1)).first() is not None:
        return True
    return bool(opening.due_campaigns(session, now, since))


def _mails(
    session: Session, now: datetime, prefix: str, by: sa.Column[str], local: datetime, *, urgent: bool
) -> int:
    """One mail per distinct `by` among the pending notices that has none yet, and its notices bound to it.

    Only a mail made here takes notices: one that exists may be on its way already. Returns 0 when no notice was
    bound, whatever was found: who asks until there is nothing left must come to an end.
    """
    pending = sa.and_(notice.c.state == "pending", notice.c.urgent == urgent)
    key = sa.literal(prefix) + by
    kind = sa.func.max(sa.case((notice.c.kind == "figures", "figures"), else_="digest"))
    rows = session.execute(
        sa.select(
            by, kind, sa.func.max(notice.c.email), sa.func.max(notice.c.person), sa.func.min(notice.c.at)
        )
        .where(pending, ~sa.exists().where(mail.c.key == key))
        .group_by(by)
        .order_by(by)
        .limit(AT_ONCE)
    ).all()
    if not rows:
        return 0
    batch = uuid4().hex
    common = {"batch": batch, "day": local.date(), "state": "queued", "tries": 0}
    common |= {"next_try_at": now, "queued_at": now}
    made = [{**common, **_mail(prefix, row, urgent=urgent)} for row in rows]
    session.execute(insert_new(session, Mail), made)
    bound = sa.select(mail.c.id).where(mail.c.key == key, mail.c.batch == batch)
    binding = (
        sa.update(notice)
        .where(pending, by.between(rows[0][0], rows[-1][0]), sa.exists(bound))
        .values(state="mailed", mail_id=bound.scalar_subquery())
    )
    return len(rows) if changed(session, binding) else 0


def _mail(prefix: str, row: sa.Row[Any], *, urgent: bool) -> dict[str, Any]:
    value, sort, email, name, since = row
    kind = "urgent" if urgent else sort
    return {"key": prefix + value, "kind": kind, "email": email, "person": name, "since": since}


@dataclass(frozen=True)
class Claim:
    """One mail that is `who`'s to send until the lease runs out; `tries` counts this one."""

    id: int
    key: str
    who: str
    tries: int
    queued_at: datetime
    since: datetime | None = None


def claim(
    session: Session,
    now: datetime,
    who: str,
    limit: int = BATCH,
    *,
    urgent_only: bool = False,
    lease: timedelta = LEASE,
) -> list[Claim]:
    """Mails that are this caller's to send until the lease runs out (`lease` from `now`)."""
    due = (
        sa.select(mail.c.id, mail.c.key, mail.c.tries, mail.c.queued_at, mail.c.since)
        .where(mail.c.state == "queued", sa.or_(mail.c.next_try_at <= now, _left_ahead(now)))
        .order_by(mail.c.next_try_at, mail.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    if urgent_only:
        due = due.where(mail.c.kind == "urgent")
    claims = [Claim(id_, key, who, tries + 1, *at) for id_, key, tries, *at in session.execute(due).tuples()]
    if claims:
        session.execute(
            sa.update(mail)
            .where(mail.c.id.in_([one.id for one in claims]))
            .values(next_try_at=now + lease, claimed_by=who, tries=mail.c.tries + 1)
        )
    return claims


def _left_ahead(now: datetime) -> sa.ColumnElement[bool]:
    """Nobody holds it, and it waits longer than anything waits: it was put off by a clock that was ahead."""
    return sa.and_(mail.c.claimed_by.is_(None), mail.c.next_try_at > now + FAR)


def release(session: Session, claims: list[Claim], now: datetime) -> None:
    """Give back what was claimed and not tried."""
    for one in claims:
        session.execute(
            sa.update(mail)
            .where(mail.c.id == one.id, mail.c.claimed_by == one.who, mail.c.state == "queued")
            .values(next_try_at=now, claimed_by=None, tries=mail.c.tries - 1)
        )


def waiting(session: Session, now: datetime) -> int:
    """How many mails were tried in vain and wait for their next try."""
    tried = (mail.c.state == "queued", mail.c.next_try_at > now, mail.c.error.is_not(None))
    return int(session.execute(sa.select(sa.func.count()).select_from(mail).where(*tried)).scalar_one())


def put_off(session: Session, now: datetime, why: str) -> int:
    """Let everything that is due wait a little without a try of its own; how many there are is one fact."""
    due = sa.select(mail.c.id).where(mail.c.state == "queued", mail.c.next_try_at <= now)
    mine = mail.c.id.in_(due.with_for_update(skip_locked=True))
    number = changed(session, sa.update(mail).where(mine).values(next_try_at=now + FIRST_WAIT, error=why))
    if number:
        note(session, now, "mail.put_off", SYSTEM, reason=why, mails=number)
    return number


def mark_sent(session: Session, claim: Claim, now: datetime, message_id: str) -> bool:
    """The server took it. False when the lease had passed to somebody else meanwhile.

    What had waited for days is credited to the units that it told, and a letter counts as handed over.
    """
    if not _mark(session, claim, now, "sent", sent_at=now, message_id=message_id):
        return False
    fairness.credit_mail(session, claim.id, claim.since, now)
    if claim.key.startswith(replying.MAILED):
        replying.handed_over(session, claim.id, now)
    return True


def mark_withdrawn(session: Session, claim: Claim, now: datetime) -> bool:
    """Everything in it was settled before it went out."""
    return _mark(session, claim, now, "withdrawn")


def gives_up(claim: Claim, now: datetime) -> bool:
    """Whether this was the last try, if it was in vain."""
    return now - claim.queued_at > GIVES_UP_AFTER and claim.tries >= TRIES_AT_LEAST


def mark_deferred(session: Session, claim: Claim, now: datetime, detail: str) -> bool:
    """A passing fault: the same mail is tried again, each time after twice as long, for a week in which we did try."""
    if gives_up(claim, now):
        return _mark(session, claim, now, "failed", error=detail)
    wait = min(FIRST_WAIT * 2 ** min(claim.tries - 1, 10), LONGEST_WAIT)
    return _mark(session, claim, now, "queued", error=detail, next_try_at=now + wait)


def mark_refused(session: Session, claim: Claim, now: datetime, detail: str) -> bool:
    """The address is no good: it counts as vacant, and what it should have heard climbs on."""
    if not _mark(session, claim, now, "refused", error=detail):
        return False
    rerouting.bounce(session, session.get_one(Mail, claim.id, populate_existing=True), now, detail)
    return True


_MINE = sa.and_(mail.c.id == sa.bindparam("id_"), mail.c.claimed_by == sa.bindparam("who"))
_MARKING = sa.update(mail).where(_MINE, mail.c.state == "queued").values(claimed_by=None)
_KINDS = {"queued": "mail.deferred"}


@lru_cache(maxsize=16)
def _marking(state: str, *names: str) -> sa.Update:
    """Built once per kind of answer: marking is what a delivery round does most."""
    return _MARKING.values(state=state, **{name: sa.bindparam(f"to_{name}") for name in names})


def _mark(session: Session, claim: Claim, now: datetime, state: str, **values: Any) -> bool:
    given = {"id_": claim.id, "who": claim.who, **{f"to_{name}": value for name, value in values.items()}}
    if session.connection().execute(_marking(state, *values), given).rowcount != 1:
        return False
    kind, error = _KINDS.get(state, f"mail.{state}"), values.get("error")
    note(session, now, kind, SYSTEM, after=claim.key, reason=error, mail=claim.id, tries=claim.tries)
    return True
