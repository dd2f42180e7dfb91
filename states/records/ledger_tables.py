"""The table of found problems; it can be had from `tables`."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel


class LedgerItem(SQLModel, table=True):
    """A found problem with its measures, departments and deadline; its state is kept in step with its obligations.

    Its milestones have the requirement `ledger-<no>`, one for each step of its type; `milestone_id` is the last.
    `unit_id` is where the problem is, `found_by` how it was found (None: it came with the plan), `lenient` 自查从宽
    (None: the plan has no self-check window), `done` the numbers of the measures that are closed, `more` what stands in
    the columns of the plan's own, by their titles.
    """

    __tablename__ = "ledger_item"
    __table_args__ = (sa.UniqueConstraint("campaign_id", "no"),)
    id: int = Field(default=None, primary_key=True)
    campaign_id: int = Field(foreign_key="campaign.id")
    milestone_id: int
    no: int
    project: str
    problem: str
    measures: list[str] = Field(default_factory=list, sa_type=sa.JSON)
    departments: list[str] = Field(default_factory=list, sa_type=sa.JSON)
    due_words: str
    standing: bool = False
    type: str | None = None
    unit_id: int
    state: str = "open"
    since: datetime
    version: int = 1
    lead: str | None = None
    found_by: str | None = None
    reported_at: datetime | None = None
    lenient: bool | None = None
    lenient_why: str | None = None
    done: list[int] = Field(default_factory=list, sa_type=sa.JSON)
    closed_at: datetime | None = None
    reviewed_at: datetime | None = None
    reopened: int = 0
    handed_to: str | None = None
    handed_no: str | None = None
    handed_at: datetime | None = None
    withdrawn_at: datetime | None = None
    more: dict[str, str] = Field(default_factory=dict, sa_type=sa.JSON)
