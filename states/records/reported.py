"""The tables of what units report: figures in forms, things done towards a quota, units reached, draws.

Like the others that fan out they carry no foreign keys to obligations.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from states.records.columns import wide


class ReportFigures(SQLModel, table=True):
    """What a unit wrote in the form of one report, the `no`-th time; the row that is `current` counts.

    `values`: field → value and, where told, as of which day; blanks are not in it. `complete`: nothing required was
    blank. `version` is the obligation's own after this was written.
    """

    __tablename__ = "report_figures"
    obligation_id: int = Field(sa_column=sa.Column(wide(), primary_key=True, autoincrement=False))
    no: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    current: bool = True
    complete: bool = True
    values: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)
    version: int
    by: str
    at: datetime


class QuotaEvent(SQLModel, table=True):
    """One thing done towards a quota: on which local day, where, what. Withdrawn ones count no more."""

    __tablename__ = "quota_event"
    id: int = Field(default=None, primary_key=True)
    campaign_id: int
    obligation_id: int = Field(sa_type=sa.BigInteger, index=True)
    day: date
    place: str = ""
    says: str
    by: str
    at: datetime
    withdrawn_at: datetime | None = None
    withdrawn_why: str | None = None


class Reached(SQLModel, table=True):
    """A unit was reached (inspected, visited) on a local day; `target`: the coverage it counts for, empty: all."""

    __tablename__ = "reached"
    __table_args__ = (sa.UniqueConstraint("campaign_id", "unit_id", "target", "day"),)
    id: int = Field(default=None, primary_key=True)
    campaign_id: int
    unit_id: int
    target: str = ""
    day: date
    says: str = ""
    by: str
    at: datetime


class DrawRow(SQLModel, table=True):
    """One draw with all it takes to repeat it: method, seed, list. `no` 2 and later were made again for a `reason`."""

    __tablename__ = "draw"
    __table_args__ = (sa.UniqueConstraint("campaign_id", "sampling", "no"),)
    id: int = Field(default=None, primary_key=True)
    campaign_id: int
    sampling: str
    no: int
    of: str
    method: str
    seed: str
    percent: int | None = None
    digest: str
    population: list[str] = Field(default_factory=list, sa_type=sa.JSON)
    drawn: list[str] = Field(default_factory=list, sa_type=sa.JSON)
    reason: str | None = None
    by: str
    at: datetime
