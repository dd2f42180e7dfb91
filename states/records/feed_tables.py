"""The tables of the change feed: in which order facts were committed, who is told of them, what became of each telling."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from states.records.columns import big_key, index_where, wide


class JournalSpan(SQLModel, table=True):
    """Journal rows `first_id` to `last_id`, all committed, numbered `first_seq` and on without a hole.

    Written on PostgreSQL alone: see `commit_order`.
    """

    __tablename__ = "journal_span"
    first_seq: int = Field(sa_column=sa.Column(wide(), primary_key=True, autoincrement=False))
    first_id: int = Field(sa_type=sa.BigInteger, unique=True)
    last_id: int = Field(sa_type=sa.BigInteger)


class JournalHead(SQLModel, table=True):
    """How far the numbering is. Every id up to `floor` is numbered or will never be a row.

    `seen`, `writers`: the last id that had been given out when these transactions were writing to the journal.
    """

    __tablename__ = "journal_head"
    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    seq: int = Field(default=0, sa_type=sa.BigInteger)
    floor: int = Field(default=0, sa_type=sa.BigInteger)
    seen: int = Field(default=0, sa_type=sa.BigInteger)
    writers: list[str] = Field(default_factory=list, sa_type=sa.JSON)


class Webhook(SQLModel, table=True):
    """Another system that is told of what happens: where, of what, how far it has been told (`cursor`).

    `claimed_by` may send until `claimed_until`. `secret` is the key of its signatures, sealed.
    """

    id: int = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    url: str
    secret: str
    under: str | None = None
    campaigns: list[int] | None = Field(default=None, sa_type=sa.JSON)
    types: list[str] | None = Field(default=None, sa_type=sa.JSON)
    state: str = "active"
    why: str | None = None
    cursor: int = Field(default=0, sa_type=sa.BigInteger)
    claimed_by: str | None = None
    claimed_until: datetime | None = None
    created_at: datetime
    by: str


class WebhookDelivery(SQLModel, table=True):
    """One message to one webhook: the events from `first_seq` to `last_seq`. Its id is fixed before the first try.

    `aside`: it holds up none of the messages after it (a trial, or a dead one that is sent again).
    """

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        sa.Index("ix_webhook_delivery_of", "webhook_id", "id"),
        index_where("state = 'queued'", "ix_webhook_delivery_open", "webhook_id"),
        index_where("state = 'dead'", "ix_webhook_delivery_dead", "webhook_id"),
    )
    id: int = big_key()
    webhook_id: int
    message_id: str
    kind: str
    first_seq: int = Field(sa_type=sa.BigInteger)
    last_seq: int = Field(sa_type=sa.BigInteger)
    events: int
    aside: bool = False
    state: str = "queued"
    tries: int = 0
    next_try_at: datetime
    queued_at: datetime
    sent_at: datetime | None = None
    status: int | None = None
    error: str | None = None
