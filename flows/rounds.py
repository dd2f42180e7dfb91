"""The rounds: what happens by itself, each safe at any rhythm and in any number of processes at once.

open_due: phases and milestones whose time has come. remind, escalate: rungs before and after a due date.
deliver: digests composed and sent. webhooks: other systems told of what changed. seal: the journal, and once a day its
root. watchdog: what should have happened and has not.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from uuid import uuid4

from flows import sent
from flows.mailer import AnswerKind, Mailer, Smtp, mailer
from states import clock, loglines, marks, tracing
from states.letters import Message, render
from states.passes import PATH
from states.records import health, once, outbox, passing, rounds, schema, session, sweeping, webhook_sending
from states.records.backup import holding
from states.records.chain import sealer, signing
from states.records.meters import Meters
from states.records.outbox import MailHours
from states.records.rounds import Answer
from states.records.session import Store
from states.records.vault import Vault
from states.settings import Settings

JOBS = ("open_due", "remind", "escalate", "deliver", "webhooks", "seal", "watchdog")
AWAKE = ("seal", "watchdog")
TICKS_KEPT = timedelta(days=7)
ANSWERS_KEPT = timedelta(days=30)
UPLOADS_TAKE = timedelta(days=1)

log = logging.getLogger("duban.rounds")


@dataclass(frozen=True)
class RoundReport:
    """What one round did; `done` counts what it is about (openings, units told, mails)."""

    job: str
    at: datetime
    done: int
    notes: tuple[str, ...] = ()
    figures: dict[str, float] = field(default_factory=dict)
    blocked: tuple[str, ...] = ()
    """Why our own post took no mail, whoever it was for."""
    counts: Meters = field(default_factory=Meters)
    """What is added up over all rounds."""


@lru_cache(maxsize=8)
def store_of(settings: Settings) -> Store:
    """The store of these settings, one per process."""
    return session.store_of(settings)


def mail_hours(settings: Settings) -> MailHours:
    """When ordinary mail may go out."""
    return MailHours(settings.zone, settings.mail_opens, settings.mail_closes)


def run(job: str, settings: Settings, now: datetime | None = None) -> RoundReport:
    """One round against the database and mail server of `settings`, at `now` (the present when None)."""
    store, at, began = store_of(settings), now or clock.now(), clock.elapsed()
    tracing.begin(settings.traces)
    with marks.in_round(job) as present, tracing.span(f"round {job}") as told:
        told.tell(duban_round=job, duban_round_id=present.number)
        if said := schema.unfit(store):  # newer code has changed it while this process ran
            raise schema.NoDatabase(said)
        report = _held(store, job, at) or _ROUNDS[job](store, settings, at)
        told.tell(duban_done=report.done)
        seconds = clock.elapsed() - began
        counts = {**report.counts, ("round_seconds", job): seconds, ("round_done", job): float(report.done)}
        words = "；".join(report.notes) or f"完成 {report.done} 项"
        figures = {**report.figures, "seconds": round(seconds, 3)}
        health.beat(store, f"round:{job}", True, words, at, figures, counts)
        about = {"done": report.done, "seconds": round(seconds, 3)}
        log.info("round %s: %s in %.3f s", job, report.done, seconds, extra={loglines.ABOUT: about})
    return report


def _held(store: Store, job: str, now: datetime) -> RoundReport | None:
    """A record that was put back waits for a word of what went out meanwhile; it is sealed and watched all the same."""
    if job in AWAKE:
        return None
    with store.read() as session:
        found = holding.held(session)
    return RoundReport(job, now, 0, (holding.words(found),)) if found else None


def tick(settings: Settings, now: datetime | None = None) -> list[RoundReport]:
    """One round of everything due, then delivery; for cron, and for any number of processes at once.

    A round that fails holds none of the others up; what failed is raised at the end, together. Without `now` each
    round reads the time for itself, since the leases of the last count from there.
    """
    reports: list[RoundReport] = []
    faults: list[Exception] = []
    for job in JOBS:
        try:
            reports.append(run(job, settings, now))
        except Exception as error:
            faults.append(error)
    if faults:
        raise ExceptionGroup("some rounds failed", faults)
    return reports


def claim_tick(settings: Settings, job: str, slot: datetime) -> bool:
    """Whether this process is the one that runs `job` in `slot`."""
    return health.claim_tick(store_of(settings), job, slot, clock.now())


def note_health(settings: Settings, name: str, ok: bool, detail: str, now: datetime) -> None:
    """Write the last word of a part that runs by itself; shown in /readyz."""
    health.beat(store_of(settings), name, ok, detail, now)


def open_due(store: Store, _settings: Settings, now: datetime) -> RoundReport:
    return RoundReport("open_due", now, rounds.open_due(store, now))


def remind(store: Store, _settings: Settings, now: datetime) -> RoundReport:
    return _fired("remind", store, now, after_due=False)


def escalate(store: Store, _settings: Settings, now: datetime) -> RoundReport:
    return _fired("escalate", store, now, after_due=True)


def _fired(job: str, store: Store, now: datetime, *, after_due: bool) -> RoundReport:
    counts = Meters()
    done = rounds.fire(store, now, after_due=after_due, counts=counts)
    return RoundReport(job, now, done, counts=counts)


def deliver(store: Store, settings: Settings, now: datetime) -> RoundReport:
    hours = mail_hours(settings)
    composed = rounds.compose(store, now, hours)
    post = mailer(settings.smtp_url, settings.mail_from)
    try:
        done = rounds.deliver(
            store,
            sender(post, settings, now),
            now,
            worker_name(),
            hours,
            timedelta(seconds=settings.lease_seconds),
        )
    finally:
        post.close()
    with store.read() as session:
        waiting, by_day = outbox.waiting(session, now), outbox.by_day(session, now, hours)
    if waiting:
        done.notes.append(f"有 {waiting} 封邮件试过未能发出，等待重试")
    figures: dict[str, float] = {
        "composed": composed,
        "sent": done.sent,
        "deferred": done.deferred,
        "refused": done.refused,
        "waiting": waiting,
        "mail_hours": by_day,
    }
    for name in ("sent", "deferred", "refused", "withdrawn"):
        done.counts["mails", name] = getattr(done, name)
    notes, blocked = (tuple(dict.fromkeys(said)) for said in (done.notes, done.blocked))
    return RoundReport("deliver", now, done.sent, notes, figures, blocked, done.counts)


def webhooks(store: Store, settings: Settings, now: datetime) -> RoundReport:
    with store.read() as session:
        if not webhook_sending.standing(session).any:
            return RoundReport("webhooks", now, 0)
    from flows import hooks  # where nobody is to be told nothing of HTTP is loaded

    post = hooks.Post(settings.trusted_networks)
    done = hooks.deliver(store, post.send, now, worker_name(), settings.source)
    with store.read() as session:
        standing = webhook_sending.standing(session)
    notes = tuple(dict.fromkeys([*done.notes, *standing.paused]))
    figures: dict[str, float] = {
        "sent": done.sent,
        "failed": done.failed,
        "dead": standing.dead,
        "waiting": standing.waiting,
        "paused": len(standing.paused),
    }
    counts = Meters({("webhook_messages", name): getattr(done, name) for name in ("sent", "failed", "dead")})
    return RoundReport("webhooks", now, done.sent, notes, figures, counts=counts)


def seal(store: Store, settings: Settings, now: datetime) -> RoundReport:
    done = sealer.seal(store, now)
    notes = [f"有 {done.waiting} 个写流水的事务未结束，其后的下一轮再封存"] if done.waiting else []
    try:
        signing.sign(store, settings, now, daily=True)
    except signing.NoKey as error:  # another machine may have it; if none has, the watchdog says so
        notes.append(error.detail)
    return RoundReport("seal", now, done.rows, tuple(notes), {"sealed": done.rows, "waiting": done.waiting})


def watchdog(store: Store, settings: Settings, now: datetime) -> RoundReport:
    sweeping.clear(Vault(settings.files), clock.now() - UPLOADS_TAKE)  # the disk goes by the real clock
    health.forget_ticks(store, now - TICKS_KEPT)
    once.forget(store, now - ANSWERS_KEPT)
    with store.write() as session:
        webhook_sending.forget(session, now - webhook_sending.KEPT)
    found = health.look(store, now, timedelta(seconds=settings.lease_seconds))
    return RoundReport("watchdog", now, len(found.troubles), tuple(found.troubles), found.figures)


def sender(post: Mailer, settings: Settings, now: datetime) -> Callable[[Message], Answer]:
    """Write a message as a letter and hand it to the post."""

    signer = passing.signer(settings)

    def send(message: Message) -> Answer:
        def passes(obligation: int) -> str:
            return PATH + signer.write(obligation, message.to, message.queued_at or now)

        letter = render(
            message,
            sender=settings.mail_from,
            base_url=settings.mail_link,
            now=now,
            zone=settings.zone,
            passes=passes,
        )
        answer = post.send(letter)
        if answer.kind is AnswerKind.sent:
            sent.note(settings.home, letter.message_id, clock.now())
        if isinstance(post, Smtp):
            tracing.present().tell(server_address=post.server.host, server_port=post.server.port)
        return Answer(answer.kind.value, answer.detail, letter.message_id, answer.ours, answer.silent)

    return send


def worker_name() -> str:
    """Who holds a lease: no two processes, and no two rounds of one, share it."""
    return f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"


_ROUNDS: dict[str, Callable[[Store, Settings, datetime], RoundReport]] = {
    "open_due": open_due,
    "remind": remind,
    "escalate": escalate,
    "deliver": deliver,
    "webhooks": webhooks,
    "seal": seal,
    "watchdog": watchdog,
}
