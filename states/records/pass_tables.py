"""The tables of ways in without a session: passes that were ended early, and addresses of people's calendars."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel


class PassStop(SQLModel, table=True):
    """Passes for an obligation written up to `at` are good for nothing any more."""

    __tablename__ = "pass_stop"
    obligation_id: int = Field(
        sa_type=sa.BigInteger, primary_key=True, sa_column_kwargs={"autoincrement": False}
    )
    at: datetime
    by: str


class CalendarFeed(SQLModel, table=True):
    """The address at which somebody's calendar reads his dates; of what it holds only a hash is kept."""

    __tablename__ = "calendar_feed"
    account_id: int = Field(
        foreign_key="account.id", primary_key=True, sa_column_kwargs={"autoincrement": False}
    )
    sha256: str = Field(unique=True)
    made_at: datetime
