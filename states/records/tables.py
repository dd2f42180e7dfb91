"""The tables of campaigns; those of what is told are in `dispatch`, of units in `organisation`, of the service in
`machinery` (the latter two can be had from here). Rows that fan out over units carry no foreign keys.

They are only ever written from rows that exist, in one statement, and a key check per row would halve the
speed of a launch. Instants are aware and stored in UTC. States are plain text, since templates define them.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from states.records.columns import big_key, index_where, wide
from states.records.ledger_tables import LedgerItem
from states.records.machinery import ApiKey, Health, Idempotency, Tick
from states.records.organisation import CalendarDay, CalendarYear, Contact, Unit, Vacancy

__all__ = [
    "ApiKey",
    "CalendarDay",
    "CalendarYear",
    "Campaign",
    "Contact",
    "EventRow",
    "Health",
    "Idempotency",
    "Journal",
    "LedgerItem",
    "LevelChange",
    "LocalWindow",
    "Milestone",
    "Obligation",
    "PhaseRow",
    "TallyRow",
    "Tick",
    "Unit",
    "UnitRun",
    "Vacancy",
]


class Campaign(SQLModel, table=True):
    """One run of one template version; the template's text is frozen with it.

    `selection`: which units it was started for. A campaign re-issued by a lower level has `parent_id`, and in
    `adopted` what that level added and decided (see `states.adopting.Terms`); `above_seen` is the last journal row of
    the campaign above that was looked at for changes.
    """

    id: int = Field(default=None, primary_key=True)
    template_key: str
    template_version: int
    template_sha256: str
    template_text: str
    title: str
    owner_id: int = Field(foreign_key="unit.id")
    parent_id: int | None = Field(default=None, foreign_key="campaign.id", index=True)
    adopted: dict[str, Any] | None = Field(default=None, sa_type=sa.JSON)
    above_seen: int = Field(default=0, sa_type=sa.BigInteger)
    selection: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)
    state: str
    ord: int
    since: datetime
    version: int = 1
    start: date
    launched_at: datetime
    fills: dict[str, str] = Field(default_factory=dict, sa_type=sa.JSON)
    warnings: list[str] = Field(default_factory=list, sa_type=sa.JSON)
    ends_at: datetime | None = None
    closed_at: datetime | None = None


class PhaseRow(SQLModel, table=True):
    """A phase of one campaign: its planned window and when it really opened.

    `ord` is its place in the row of phases that units walk through; None for one that stands beside it. `base` is its
    key in the template, from which the key of an occurrence (`period`) of a phase that comes again differs.
    `withdrawn_at`: a later version of the plan has it no more; it has no `ord` then.
    """

    __tablename__ = "phase"
    __table_args__ = (sa.UniqueConstraint("campaign_id", "key"), sa.UniqueConstraint("campaign_id", "ord"))
    id: int = Field(default=None, primary_key=True)
    campaign_id: int = Field(foreign_key="campaign.id")
    key: str
    name: str
    ord: int | None = None
    opens: str
    review: bool
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    opened_at: datetime | None = None
    provisional: bool = False
    base: str = ""
    period: str = ""
    withdrawn_at: datetime | None = None


class LocalWindow(SQLModel, table=True):
    """One phase ends at another time for one unit and those below it; what follows is in `localities.LocalDate`.

    `dates`: dates that go with it, by `requirement@period`, where it was carried down from a level above (`carrying`).
    """

    __tablename__ = "local_window"
    __table_args__ = (sa.UniqueConstraint("campaign_id", "phase", "unit_id"),)
    id: int = Field(default=None, primary_key=True)
    campaign_id: int = Field(foreign_key="campaign.id")
    phase: str
    unit_id: int = Field(foreign_key="unit.id")
    closes_at: datetime
    reason: str
    author: str
    at: datetime
    dates: dict[str, str] = Field(default_factory=dict, sa_type=sa.JSON)


class Milestone(SQLModel, table=True):
    """One occurrence of a requirement in one campaign, with one due instant shared by all its units.

    `held`: a person decided on its date against what the plan says, so replanning leaves it. `withdrawn_at`: it is
    asked of nobody any more (a later version lacks it, or it was over before it was handed out) and kept as history.
    `local`: only places with a date of their own for it (`localities.LocalDate`) owe it.
    """

    __table_args__ = (
        sa.UniqueConstraint("campaign_id", "requirement", "period"),
        index_where("opened_at IS NULL", "ix_milestone_to_open", "opens_at"),
    )
    id: int = Field(default=None, primary_key=True)
    campaign_id: int = Field(foreign_key="campaign.id")
    requirement: str
    period: str
    name: str
    kind: str
    phase: str | None = None
    ladder: str | None = None
    words: str = ""
    filled: str = ""
    opens_at: datetime | None = None
    due_at: datetime | None = None
    original_due_at: datetime | None = None
    provisional: bool = False
    soft: bool = False
    standing: bool = False
    required: bool = True
    review: bool = False
    nil: bool = False
    per: str | None = None
    event: str | None = None
    scope: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)
    opened_at: datetime | None = None
    expected: int = 0
    held: bool = False
    withdrawn_at: datetime | None = None
    local: bool = False


class EventRow(SQLModel, table=True):
    """Something that happened in a campaign and that dates count from; `first_at` is kept when it is dated anew."""

    __tablename__ = "event"
    campaign_id: int = Field(primary_key=True, foreign_key="campaign.id")
    name: str = Field(primary_key=True)
    at: datetime
    first_at: datetime
    by: str
    recorded_at: datetime


class UnitRun(SQLModel, table=True):
    """Campaign x unit: the state machine instance. `ord` is the state's place in the order of phases."""

    __tablename__ = "unit_run"
    campaign_id: int = Field(primary_key=True)
    unit_id: int = Field(primary_key=True)
    state: str
    ord: int = Field(sa_type=sa.SmallInteger)
    since: datetime
    version: int = 1
    outcome: str | None = None


class Obligation(SQLModel, table=True):
    """What one unit owes for one milestone. `due_at` is set only where it differs from the milestone's.

    `local_id`: the `localities.LocalDate` that it has this date from; None where it was given to this unit alone.
    """

    id: int = Field(sa_column=sa.Column(wide(), primary_key=True, autoincrement=False))
    campaign_id: int
    milestone_id: int
    unit_id: int
    status: str
    due_at: datetime | None = None
    submitted_at: datetime | None = None
    settled_at: datetime | None = None
    late: bool = False
    version: int = 1
    local_id: int | None = None


class TallyRow(SQLModel, table=True):
    """Below a unit: of `expected` departments or persons `done` have done their part, as of a local day."""

    __tablename__ = "tally"
    obligation_id: int = Field(sa_column=sa.Column(wide(), primary_key=True, autoincrement=False))
    expected: int
    done: int
    as_of: date
    by: str
    at: datetime


class LevelChange(SQLModel, table=True):
    """What changed above, proposed to the campaign `campaign_id` below; its coordinator accepts or declines.

    `text`: the template as it would be then (None: it can't be derived, `faults` say why). `items`: what differs.
    """

    __tablename__ = "level_change"
    id: int = Field(default=None, primary_key=True)
    campaign_id: int = Field(foreign_key="campaign.id", index=True)
    parent_id: int
    at: datetime
    reason: str
    text: str | None = None
    sha256: str
    items: list[dict[str, Any]] = Field(default_factory=list, sa_type=sa.JSON)
    faults: list[str] = Field(default_factory=list, sa_type=sa.JSON)
    state: str = "proposed"
    decided_at: datetime | None = None
    decided_by: str | None = None
    answer: str | None = None


class Journal(SQLModel, table=True):
    """Append-only record of every fact, written in the transaction of the fact.

    `item_id`: the item of the ledger that it is about; its history is found by an index that other facts are not in.
    """

    __table_args__ = (
        sa.Index("ix_journal_subject", "campaign_id", "unit_id"),
        index_where("item_id IS NOT NULL", "ix_journal_item", "item_id"),
    )
    id: int = big_key()
    at: datetime
    campaign_id: int | None = None
    unit_id: int | None = None
    kind: str
    actor: str
    before: str | None = None
    after: str | None = None
    reason: str | None = None
    payload: dict[str, Any] | None = Field(default=None, sa_type=sa.JSON)
    item_id: int | None = None
