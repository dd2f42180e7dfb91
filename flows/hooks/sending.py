"""A round of webhooks: whoever has something to be told is told, each by one sender, several at a time."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from states import tracing
from states.clock import elapsed
from states.records import commit_order, webhook_sending
from states.records.sealing import Unreadable
from states.records.session import Store
from states.records.webhook_sending import LEASE, Answer, Parcel
from states.signature import headers

log = logging.getLogger("duban.webhooks")

AT_ONCE = 4  # receivers: one that hangs holds up none of the others
BATCH = "application/cloudevents-batch+json; charset=utf-8"

Send = Callable[[str, Mapping[str, str], bytes], Answer]


@dataclass
class Done:
    """What a round did, in messages."""

    sent: int = 0
    failed: int = 0
    dead: int = 0
    notes: list[str] = field(default_factory=list)

    def count(self, state: str | None, answer: Answer) -> None:
        """One more of them."""
        self.sent += state == "sent"
        self.dead += state == "dead"
        if state != "sent":
            self.failed += 1
            self.notes.append(answer.detail or f"对方回答 {answer.status}")


def deliver(store: Store, send: Send, now: datetime, who: str, source: str) -> Done:
    """Tell everybody what is new. Ends after half a lease, so that no webhook is held by two."""
    commit_order.advance(store)
    with store.read() as session:
        keys = webhook_sending.to_serve(session, now)
    done = Done()
    if keys:
        began = elapsed()
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="webhook") as pool:
            work = partial(_served, store, send, now, who, source, began, done)
            each = [pool.submit(copy_context().run, work, key) for key in keys]
        for one in each:
            one.result()
    return done


def serve(store: Store, send: Send, key: int, now: datetime, who: str, source: str) -> Done:
    """One of them alone, at once."""
    commit_order.advance(store)
    done = Done()
    _served(store, send, now, who, source, elapsed(), done, key)
    return done


def _served(
    store: Store, send: Send, now: datetime, who: str, source: str, began: float, done: Done, key: int
) -> None:
    """Message after message, until there is none, one does not arrive, or the time is over."""
    with store.write() as session:
        if not webhook_sending.claim(session, key, who, now):
            return
    try:
        while timedelta(seconds=elapsed() - began) < LEASE / 2:
            moment = now + timedelta(seconds=elapsed() - began)
            if not _sent_one(store, send, key, who, moment, source, done):
                break
    except Unreadable as error:  # another machine may have the key
        log.error("webhook %s: %s", key, error.detail)  # noqa: TRY400
        done.notes.append(error.detail)
    except Exception:
        log.exception("webhook %s could not be served", key)
        done.notes.append(f"第 {key} 号推送出错")
    with store.write() as session:
        webhook_sending.release(session, key, who)


def _sent_one(store: Store, send: Send, key: int, who: str, now: datetime, source: str, done: Done) -> bool:
    with store.write() as session:
        parcel = webhook_sending.next_parcel(session, key, who, now, source)
    if parcel is None:
        return False
    with tracing.span("webhook", "client", duban_webhook=parcel.webhook_id, duban_tries=parcel.tries) as told:
        answer = send(parcel.url, _headers(parcel, now), parcel.body)
        told.tell(http_response_status__code=answer.status or 0)
        if not answer.taken:
            told.failed("not taken")
    with store.write() as session:
        state = webhook_sending.mark(session, parcel, who, answer, now)
    done.count(state, answer)
    return state is not None


def _headers(parcel: Parcel, now: datetime) -> dict[str, str]:
    return {"Content-Type": BATCH, **headers(parcel.secret, parcel.message_id, now, parcel.body)}
