"""The tables of what is told: when a rung falls, who must hear what, what waits for a person, which mail carries it.

They fan out over units and carry no foreign keys, like those in `tables`.
"""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from states.records.columns import big_key, index_where


class Timer(SQLModel, table=True):
    """One rung of one milestone for all its units, for those with a local date (`local_id`), of one obligation with a
    due date of its own, or (rung 0) the announcement of a phase. `cursor` is the last obligation served: a large cohort
    is served in slices, one transaction each. `cycle` grows with each new date; no two dates of a unit share one.
    `held`: it has been through its units once and comes back for those that it put off (see `fairness`).
    """

    __table_args__ = (
        sa.UniqueConstraint("phase_id", "milestone_id", "obligation_id", "rung", "cycle"),
        index_where("done_at IS NULL", "ix_timer_unfired", "fire_at", "campaign_id"),
    )
    id: int = big_key()
    campaign_id: int
    phase_id: int = 0
    milestone_id: int = 0
    obligation_id: int = Field(default=0, sa_type=sa.BigInteger)
    local_id: int = 0
    rung: int
    cycle: int = 0
    after_due: bool
    fire_at: datetime
    cursor: int = Field(default=0, sa_type=sa.BigInteger)
    served: int = 0
    held: bool = False
    done_at: datetime | None = None
    outcome: str | None = None


class Notice(SQLModel, table=True):
    """One fact one person must hear: a row before it is a mail."""

    __table_args__ = (
        sa.UniqueConstraint("key"),
        index_where("state = 'pending'", "ix_notice_pending", "email"),
        index_where("state IN ('pending', 'held')", "ix_notice_of_obligation", "obligation_id"),
        index_where("state = 'held'", "ix_notice_held", "campaign_id"),
        index_where("state = 'vacant'", "ix_notice_vacant", "campaign_id"),
        sa.Index("ix_notice_mail", "mail_id"),
        sa.Index("ix_notice_unit", "unit_id"),
    )
    id: int = big_key()
    key: str
    campaign_id: int
    kind: str
    unit_id: int
    obligation_id: int = Field(default=0, sa_type=sa.BigInteger)
    milestone_id: int = 0
    phase_id: int = 0
    rung: int = 0
    name: str
    role: str
    email: str
    person: str
    via_unit_id: int | None = None
    urgent: bool = False
    reason: str
    at: datetime
    state: str
    letter_id: int | None = None
    mail_id: int | None = Field(default=None, sa_type=sa.BigInteger)


class Proposal(SQLModel, table=True):
    """A rung with consequences that waits for a named person to confirm or dismiss it.

    `state`: proposed, then confirmed or dismissed (by the person `decided_by`, who said `answer`), superseded by a
    higher rung, or withdrawn because the unit has answered.
    """

    __table_args__ = (
        sa.UniqueConstraint("obligation_id", "rung", "cycle"),
        index_where("state = 'held'", "ix_proposal_held", "campaign_id"),
    )
    id: int = big_key()
    campaign_id: int = Field(index=True)
    obligation_id: int = Field(sa_type=sa.BigInteger)
    milestone_id: int
    unit_id: int
    rung: int
    cycle: int = 0
    name: str
    letter: str | None = None
    audience: list[str] = Field(default_factory=list, sa_type=sa.JSON)
    reason: str
    at: datetime
    state: str = "proposed"
    decided_at: datetime | None = None
    decided_by: str | None = None
    decided_with: str | None = None
    answer: str | None = None


class Mail(SQLModel, table=True):
    """One mail to one person; its key and Message-ID are fixed before the first try. `since`: when the first of its
    notices was decided."""

    __table_args__ = (
        sa.UniqueConstraint("key"),
        index_where("state = 'queued'", "ix_mail_to_send", "next_try_at"),
        index_where("state = 'queued'", "ix_mail_oldest", "kind", "queued_at"),
        index_where("state = 'queued' AND claimed_by IS NOT NULL", "ix_mail_leased", "next_try_at"),
        index_where("state IN ('failed', 'refused')", "ix_mail_in_vain", "state", "queued_at"),
    )
    id: int = big_key()
    key: str
    batch: str
    kind: str
    email: str
    person: str
    day: date
    state: str = "queued"
    tries: int = 0
    next_try_at: datetime
    since: datetime | None = None
    claimed_by: str | None = None
    queued_at: datetime
    sent_at: datetime | None = None
    message_id: str | None = None
    error: str | None = None
