"""A POST that is sent twice happens once: its key is taken in the transaction of what it does."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlmodel import Session

from states.errors import KeyReused
from states.records.columns import changed, insert_new
from states.records.core import idempotency
from states.records.session import Store
from states.records.tables import Idempotency

USED = "这个 Idempotency-Key 已用于另一个请求，请换一个"


class Answered(NamedTuple):
    """An answer that was given: its HTTP status and its body."""

    status: int
    body: str


def begin(session: Session, api_key_id: int, key: str, request: str, now: datetime) -> Answered | None:
    """Take `key` for `request` (a digest of it), or say what was answered. Raises KeyReused for another request.

    Of two at the same time the second waits here until the first has ended.
    """
    row = {"api_key_id": api_key_id, "key": key, "request": request, "status": 0, "body": "", "at": now}
    if changed(session, insert_new(session, Idempotency).values(**row)) == 1:
        return None
    asked = sa.select(idempotency.c.request, idempotency.c.status, idempotency.c.body).where(
        idempotency.c.api_key_id == api_key_id, idempotency.c.key == key
    )
    before, status, body = session.execute(asked).one()
    if before != request:
        raise KeyReused(USED)
    return Answered(status, body)


def finish(session: Session, api_key_id: int, key: str, status: int, body: str) -> None:
    """Keep the answer beside the key."""
    session.execute(
        sa.update(idempotency)
        .where(idempotency.c.api_key_id == api_key_id, idempotency.c.key == key)
        .values(status=status, body=body)
    )


def forget(store: Store, before: datetime) -> None:
    """Answers given before an instant: nobody sends those requests again."""
    with store.write() as session:
        session.execute(sa.delete(idempotency).where(idempotency.c.at < before))
