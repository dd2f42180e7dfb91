"""The table of clues (线索). What an informant said of himself stands in it sealed, and nowhere else."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel


class ClueRow(SQLModel, table=True):
    """One clue of a campaign, numbered per year (`year`, `no`).

    `about_id` is the unit it speaks of, `handler_id` the unit that looks into it (None: the office itself); `due_on` the
    local day by which an answer is wanted; `sealed` the informant (None: anonymous); `result` what came of it.
    """

    __tablename__ = "clue"
    __table_args__ = (
        sa.UniqueConstraint("campaign_id", "year", "no"),
        sa.Index("ix_clue_about", "campaign_id", "about_id"),
    )
    id: int = Field(default=None, primary_key=True)
    campaign_id: int = Field(foreign_key="campaign.id")
    year: int
    no: int
    received_on: date
    channel: str
    grade: str
    text: str
    about_id: int = Field(foreign_key="unit.id")
    handler_id: int | None = Field(default=None, foreign_key="unit.id", index=True)
    due_on: date | None = None
    sealed: str | None = None
    state: str
    since: datetime
    version: int = 1
    handed_to: str | None = None
    handed_no: str | None = None
    result: str | None = None
    ledger_no: int | None = None
    closed_at: datetime | None = None
