"""The table of reports as of a day: made once, the same bytes for ever."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel


class ReportPaper(SQLModel, table=True):
    """One report of one campaign as of the end of a local day; `kind`: work, ranking, weekly."""

    __tablename__ = "report_paper"
    __table_args__ = (sa.UniqueConstraint("campaign_id", "kind", "as_of"),)
    id: int = Field(default=None, primary_key=True)
    campaign_id: int = Field(foreign_key="campaign.id")
    kind: str
    as_of: date
    sha256: str
    made_at: datetime
    made_by: str
    content: bytes
