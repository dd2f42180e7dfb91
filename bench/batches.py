"""How many mails a delivery claims at a time: the rate at which they go out, for sizes from one to a thousand.

Every mail of a batch waits for a lease when its process dies, so the smallest size that costs nothing is the right one.
The post is a real SMTP server in a process of its own that throws everything away; PostgreSQL alone, since where there is
one process nobody else takes mails up.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from functools import partial

import sqlalchemy as sa

from bench import world
from bench.alternation import alternate, beside, seconds
from bench.databases import POSTGRESQL, Bench, tidy
from bench.due_round import HOURS, MOMENT
from bench.report import Row
from bench.serve import free_port
from flows.mailer import Mailer, mailer
from flows.rounds import sender
from states import settings
from states.letters import Message
from states.records import rounds
from states.records.outbox import BATCH
from states.records.session import Store

SIZES = (1, 10, BATCH, 200, 1_000)
FOREVER = timedelta(hours=2)
FROM = "duban@example.org"


def rows(bench: Bench) -> Iterator[Row]:
    """One row a size, each beside the same mails written and handed over without any record."""
    mails = bench.scale.callers_units // 4
    with bench.store(POSTGRESQL) as store, post_office() as url, closing(mailer(url, FROM)) as post:
        queue = Queue(store, post, mails)
        sides = [queue.bare, *(partial(queue.deliver, size) for size in SIZES)]
        bare, *figures = alternate(bench.scale.http_repeats, *sides)
        label = "written and handed over, nothing recorded"
        for size, rates in zip(SIZES, figures, strict=True):
            name = f"{mails:,} mails, {size:,} claimed at a time"
            yield beside(name, POSTGRESQL, "mails/s", rates, label, bare)


class Queue:
    """A database in which so many mails wait, again and again."""

    def __init__(self, store: Store, post: Mailer, mails: int) -> None:
        self.store, self.mails = store, mails
        given = {"DUBAN_MAIL_FROM": FROM, "DUBAN_BASE_URL": "https://duban.example.org"}
        self._send = sender(post, settings.read(given), MOMENT)
        world.populate(store, mails, clinics=mails, contacts=True)
        world.launched(store, world.text(1, due=True))
        rounds.decide(store, MOMENT, HOURS)
        self._seen: list[Message] = []
        rounds.deliver(store, self._noted, MOMENT, "bench", HOURS, FOREVER)
        self._again()

    def _noted(self, message: Message) -> rounds.Answer:
        self._seen.append(message)
        return rounds.Answer("sent", "", "<bench@example.org>")

    def bare(self) -> float:
        """Mails a second when all there is to do is to write and to hand over."""
        took = seconds(lambda: [self._send(one) for one in self._seen])
        return len(self._seen) / took

    def deliver(self, size: int) -> float:
        """Mails a second of a delivery round with batches of this size."""
        sent: list[int] = []
        took = seconds(lambda: sent.append(self._round(size)))
        if sent != [len(self._seen)]:
            raise RuntimeError(f"the round sent {sent} of {len(self._seen)} mails")
        self._again()
        return sent[0] / took

    def _round(self, size: int) -> int:
        return rounds.deliver(self.store, self._send, MOMENT, "bench", HOURS, FOREVER, size).sent

    def _again(self) -> None:
        with self.store.write() as session:
            session.execute(_QUEUED, {"at": MOMENT})
        tidy(self.store, "mail", "journal", "notice")


@contextmanager
def post_office() -> Iterator[str]:
    """The address of an SMTP server that takes everything and keeps nothing."""
    port = free_port()
    sink = ["-n", "-l", f"127.0.0.1:{port}", "-c", "aiosmtpd.handlers.Sink"]
    process = subprocess.Popen([sys.executable, "-m", "aiosmtpd", *sink])
    try:
        for _ in range(200):
            with closing(socket.socket()) as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"smtp://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


_QUEUED = sa.text(
    "UPDATE mail SET state = 'queued', next_try_at = :at, claimed_by = NULL, tries = 0, sent_at = NULL,"
    " message_id = NULL"
)
