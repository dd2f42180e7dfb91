"""The tables of what gives a unit more time or peace: extensions that were asked for and granted, silences."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from states.records.columns import index_where, wide

ASKED = "state = 'asked'"


class Extension(SQLModel, table=True):
    """A later date that a unit asked for, and what was decided. Never more than one undecided for one obligation.

    `due_at` is the date in force when it was asked for, `original_due` the first that the plan gave. `whom` is whom it
    was granted to: `unit`, `under` (the units at or below `under_id`) or `all`; `until` is the date granted, `units`
    how many units took it.
    """

    __table_args__ = (index_where(ASKED, "ix_extension_asked", "obligation_id", unique=True),)
    id: int = Field(default=None, primary_key=True)
    campaign_id: int = Field(foreign_key="campaign.id", index=True)
    obligation_id: int = Field(sa_type=sa.BigInteger)
    milestone_id: int
    unit_id: int
    reason: str
    evidence: str = ""
    wanted_at: datetime
    due_at: datetime
    original_due: datetime
    asked_by: str
    asked_at: datetime
    decide_by: datetime
    state: str = "asked"
    whom: str = ""
    under_id: int | None = None
    until: datetime | None = None
    units: int = 0
    answer: str | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    version: int = 1


class Extended(SQLModel, table=True):
    """One obligation that an extension gave another date: what caps on number and total are counted from."""

    obligation_id: int = Field(sa_column=sa.Column(wide(), primary_key=True, autoincrement=False))
    extension_id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    before: datetime
    after: datetime


class Silence(SQLModel, table=True):
    """Nobody is told anything of it until `ends_at`: a unit (`below`: and those below it), a requirement, a campaign.

    `unit_id`, `requirement` None: any. `ended_at`: somebody ended it earlier.
    """

    id: int = Field(default=None, primary_key=True)
    campaign_id: int = Field(foreign_key="campaign.id", index=True)
    unit_id: int | None = None
    below: bool = False
    requirement: str | None = None
    reason: str
    author: str
    at: datetime
    ends_at: datetime
    ended_at: datetime | None = None
    ended_by: str | None = None
