"""Who will get what, when and why: the sender's own rounds on a virtual clock over a copy of the live data.

`run_through` is the virtual clock; it serves the preview of running campaigns and the simulation of new ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, SQLModel

from states.letters import Message
from states.records import rounds
from states.records.blank import shape
from states.records.calendar import workdays
from states.records.core import (
    account,
    account_grant,
    account_session,
    api_key,
    campaign,
    extension_file,
    handed_file,
    health,
    idempotency,
    journal,
    letter_form,
    letter_paper,
    login_attempt,
    mail,
    milestone,
    notice,
    obligation,
    oidc_attempt,
    phase,
    report_paper,
    stored_file,
    submission,
    tick,
    timer,
    webhook,
    webhook_delivery,
)
from states.records.journal_tables import NAMES as SEALED
from states.records.outbox import MailHours
from states.records.session import Store, memory

CHUNK = 5_000
HANDED = {stored_file.name, submission.name, handed_file.name, extension_file.name}
PAPERS = {letter_form.name, letter_paper.name, report_paper.name}
DOORS = {
    one.name
    for one in (
        *(api_key, account, account_grant, account_session, login_attempt, oidc_attempt),
        *(webhook, webhook_delivery),
    )
}
NOT_COPIED = {health.name, idempotency.name, journal.name, tick.name, *DOORS, *HANDED, *PAPERS, *SEALED}
"""What no round asks for. Secrets of those who log in or are called stay where they are."""
SETTLED_MAIL = ("sent", "withdrawn", "refused", "failed")
UNTOLD = ("pending", "held")  # held back by a silence, and told after it
WHO = "preview"


@dataclass(frozen=True)
class Foretold:
    """One mail as it will go out: when, to whom, what for. `reasons` has one sentence a line."""

    at: datetime
    key: str
    kind: str
    to: str
    name: str
    lines: tuple[tuple[str, str, str], ...]
    reasons: tuple[str, ...]


@contextmanager
def shadow(store: Store) -> Iterator[Store]:
    """A copy in memory of everything that is still going on; the live database is only read."""
    copy = memory()
    shape(copy)
    try:
        with store.read(one_moment=True) as live, copy.engine.connect() as target:
            for table in SQLModel.metadata.sorted_tables:
                if table.name not in NOT_COPIED:
                    _copy(live, target, table)
            target.commit()
        yield copy
    finally:
        copy.close()


def _copy(live: Session, target: sa.Connection, table: sa.Table) -> None:
    statement = sa.select(table)
    if table.name == mail.name:
        since = sa.select(sa.func.max(mail.c.day)).scalar_subquery()
        statement = statement.where(sa.or_(mail.c.state.not_in(SETTLED_MAIL), mail.c.day == since))
    if table.name == notice.name:
        statement = statement.where(sa.or_(notice.c.state.in_(UNTOLD), notice.c.mail_id.in_(_going(mail))))
    if table.name == obligation.name:
        running = sa.select(campaign.c.id).where(campaign.c.closed_at.is_(None))
        statement = statement.where(obligation.c.campaign_id.in_(running))
    rows = live.execute(statement.execution_options(yield_per=CHUNK)).mappings()
    for chunk in rows.partitions(CHUNK):
        target.execute(sa.insert(table), [dict(row) for row in chunk])


def _going(table: sa.Table) -> sa.Select[tuple[int]]:
    return sa.select(table.c.id).where(table.c.state == "queued")


def foretell(
    store: Store, start: datetime, end: datetime, hours: MailHours, campaign_id: int | None = None
) -> list[Foretold]:
    """Every mail from `start` to `end` (instants, both included) if nobody does anything meanwhile."""
    with shadow(store) as copy:
        found = run_through(copy, start, end, hours)
        if campaign_id is None:
            return found
        with copy.read() as session:
            keys = keys_about(session, campaign_id)
    return [one for one in found if one.key in keys]


def keys_about(session: Session, campaign_id: int) -> set[str]:
    statement = (
        sa.select(mail.c.key)
        .join(notice, notice.c.mail_id == mail.c.id)
        .where(notice.c.campaign_id == campaign_id)
    )
    return set(session.execute(statement).scalars())


def run_through(
    store: Store,
    start: datetime,
    end: datetime,
    hours: MailHours,
    act: Callable[[datetime], datetime | None] | None = None,
    progress: Callable[[datetime], None] | None = None,
) -> list[Foretold]:
    """Run the rounds from event to event. `act(now)` lets people act and says when they act next."""
    found: list[Foretold] = []
    for at, mails in steps(store, start, end, hours, act):
        found += mails
        if progress:
            progress(at)
    return found


def steps(
    store: Store,
    start: datetime,
    end: datetime,
    hours: MailHours,
    act: Callable[[datetime], datetime | None] | None = None,
) -> Iterator[tuple[datetime, list[Foretold]]]:
    """The same one event after the other, each with its mails: nothing is run beyond what is asked for."""
    now = start
    while now <= end:
        acts_next = act(now) if act else None
        yield now, _rounds_at(store, now, hours)
        with store.read() as session:
            after = next_event(session, now, hours)
        candidates = [at for at in (after, acts_next) if at is not None and at > now]
        if not candidates:
            return
        now = min(candidates)


def _rounds_at(store: Store, now: datetime, hours: MailHours) -> list[Foretold]:
    """The mails of one moment."""
    found: list[Foretold] = []

    def send(message: Message) -> rounds.Answer:
        found.append(_foretold(message, now))
        return rounds.Answer("sent")

    rounds.decide(store, now, hours)
    rounds.deliver_at_once(store, send, now, WHO, hours)
    return found


def _foretold(message: Message, now: datetime) -> Foretold:
    return Foretold(
        now,
        message.key,
        message.kind,
        message.to,
        message.name,
        tuple((line.rung, line.unit, line.what) for line in message.lines),
        tuple(dict.fromkeys(line.reason for line in message.lines)),
    )


def next_event(session: Session, now: datetime, hours: MailHours) -> datetime | None:
    """The next instant after `now` at which a round would find something to do."""
    awake = campaign.c.closed_at.is_(None)
    moments = [
        sa.select(sa.func.min(timer.c.fire_at)).where(timer.c.done_at.is_(None), timer.c.fire_at > now),
        sa.select(sa.func.min(phase.c.opens_at))
        .join(campaign, campaign.c.id == phase.c.campaign_id)
        .where(awake, phase.c.opened_at.is_(None), phase.c.opens_at > now, phase.c.opens != "by_hand")
        .where(phase.c.withdrawn_at.is_(None)),
        sa.select(sa.func.min(milestone.c.opens_at))
        .join(campaign, campaign.c.id == milestone.c.campaign_id)
        .where(awake, milestone.c.opened_at.is_(None), milestone.c.opens_at > now)
        .where(milestone.c.withdrawn_at.is_(None)),
        sa.select(sa.func.min(mail.c.next_try_at)).where(mail.c.state == "queued", mail.c.next_try_at > now),
    ]
    found = [session.execute(statement).scalar() for statement in moments]
    pending = sa.select(notice.c.id).where(notice.c.state.in_(UNTOLD)).limit(1)
    queued = sa.select(mail.c.id).where(mail.c.state == "queued").limit(1)
    if session.execute(pending).first() or session.execute(queued).first():
        found.append(next_mail_slot(session, now, hours))
    return min((at for at in found if at is not None), default=None)


def next_mail_slot(session: Session, now: datetime, hours: MailHours) -> datetime:
    """The next opening of mail hours after `now`."""
    calendar = workdays(session)
    local = now.astimezone(hours.zone)
    opens = datetime.combine(local.date(), hours.opens, hours.zone)
    if opens > local and calendar.is_workday(local.date()):
        return opens.astimezone(now.tzinfo)
    day = calendar.on_or_after(local.date() + timedelta(days=1))
    return datetime.combine(day, hours.opens, hours.zone).astimezone(now.tzinfo)
