"""The tables of what is otherwise for one unit and those below it; windows of phases are in `tables.LocalWindow`.

The nearest above a unit counts. A table, not a column of the units: most campaigns have none of it.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel


class LocalEvent(SQLModel, table=True):
    """Something that happened to one unit (and those below it) and that dates count from; `first_at` is kept."""

    __tablename__ = "local_event"
    campaign_id: int = Field(primary_key=True, foreign_key="campaign.id")
    name: str = Field(primary_key=True)
    unit_id: int = Field(primary_key=True, foreign_key="unit.id")
    at: datetime
    first_at: datetime
    by: str
    recorded_at: datetime


class LocalDate(SQLModel, table=True):
    """When a milestone is due for one unit and those below it, where a window or an event of theirs says so."""

    __tablename__ = "local_date"
    __table_args__ = (sa.UniqueConstraint("milestone_id", "unit_id"),)
    id: int = Field(default=None, primary_key=True)
    campaign_id: int = Field(foreign_key="campaign.id", index=True)
    milestone_id: int
    unit_id: int = Field(foreign_key="unit.id")
    due_at: datetime | None = None
