"""The tables of formal papers and of the fair clock: letters and their bytes, their numbers, forms that customers
set, time credited to units, rungs that wait for the one before.
"""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from states.records.columns import wide


class LetterRow(SQLModel, table=True):
    """A formal paper, made when a named person confirmed a proposal; `facts` is what its fields were filled with.

    `handed_at`: the mail server took it; `received_at`, `received_by`: 签收. The reply that it asks for (`reply`, an
    offset) is owed for milestone `reply_id`, which exists once the paper was handed over or received.
    """

    __tablename__ = "letter"
    __table_args__ = (
        sa.UniqueConstraint("proposal_id"),
        sa.UniqueConstraint("issuer_id", "name", "year", "seq"),
    )
    id: int = Field(default=None, primary_key=True)
    campaign_id: int = Field(index=True)
    proposal_id: int = Field(sa_type=sa.BigInteger)
    obligation_id: int = Field(sa_type=sa.BigInteger, index=True)
    milestone_id: int
    unit_id: int
    issuer_id: int
    name: str
    rung: str
    year: int
    seq: int
    number: str
    colour: str | None = None
    facts: dict[str, str] = Field(default_factory=dict, sa_type=sa.JSON)
    sha256: str
    size: int
    signer: str
    made_at: datetime
    reply: str | None = None
    handed_at: datetime | None = None
    received_at: datetime | None = None
    received_by: str | None = None
    reply_id: int | None = None


class LetterPaper(SQLModel, table=True):
    """The docx of a letter, apart from its row: lists and previews never read it."""

    __tablename__ = "letter_paper"
    letter_id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    content: bytes


class LetterCounter(SQLModel, table=True):
    """The last number given by `issuer_id` to letters of one name in one year; locked while one is given."""

    __tablename__ = "letter_counter"
    issuer_id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    name: str = Field(primary_key=True)
    year: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    last: int


class LetterForm(SQLModel, table=True):
    """A customer's own docx for letters of one name: of one issuing unit, or (0) of all."""

    __tablename__ = "letter_form"
    unit_id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    name: str = Field(primary_key=True)
    content: bytes
    sha256: str
    by: str
    at: datetime


class Credit(SQLModel, table=True):
    """Working days from `first` (not counted) to `last` that a unit lost through us on one obligation: the rungs
    after it come that much later.
    """

    obligation_id: int = Field(sa_column=sa.Column(wide(), primary_key=True, autoincrement=False))
    first: date = Field(primary_key=True)
    last: date
    days: int
    campaign_id: int = Field(index=True)
    unit_id: int
    why: str
    at: datetime


class PutOff(SQLModel, table=True):
    """A rung of a timer that one obligation does not get yet: the rung before it has not been handed to the mail
    server (`fire_at` empty), or time is credited and it comes at `fire_at`. `planned_at` is when the plan has it.
    """

    __tablename__ = "put_off"
    timer_id: int = Field(sa_column=sa.Column(wide(), primary_key=True, autoincrement=False))
    obligation_id: int = Field(sa_column=sa.Column(wide(), primary_key=True, autoincrement=False))
    planned_at: datetime
    fire_at: datetime | None = None
    judged_at: datetime
