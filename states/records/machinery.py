"""The tables of the service itself: who runs which round, how its parts are, whose keys open the API."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel


class Tick(SQLModel, table=True):
    """The fence between clocks: whoever inserts the row runs the round of that slot."""

    job: str = Field(primary_key=True)
    slot: datetime = Field(primary_key=True)
    at: datetime


class Health(SQLModel, table=True):
    """The last word of each part that runs by itself; shown in /readyz and /metrics."""

    name: str = Field(primary_key=True)
    ok: bool
    at: datetime
    detail: str
    figures: dict[str, float] = Field(default_factory=dict, sa_type=sa.JSON)


class ApiKey(SQLModel, table=True):
    """A key of another system, hashed; scope: may it write, under which unit, in which campaigns.

    `informants`: it may see who gave a clue. `grant_id`: it is a person's and reaches as far as that grant, while it lives.
    """

    __tablename__ = "api_key"
    id: int = Field(default=None, primary_key=True)
    name: str
    prefix: str
    sha256: str = Field(unique=True)
    write: bool = False
    under: str | None = None
    campaigns: list[int] | None = Field(default=None, sa_type=sa.JSON)
    informants: bool = False
    grant_id: int | None = None
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None


class Idempotency(SQLModel, table=True):
    """The answer given to a POST, so that the same key gets the same answer again."""

    api_key_id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    key: str = Field(primary_key=True)
    request: str
    status: int
    body: str
    at: datetime


class Shape(SQLModel, table=True):
    """The oldest code that may work on the database as it is: the shape that it was made for (see `schema`)."""

    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    oldest: str


class Restored(SQLModel, table=True):
    """The record was put back as it stood at `taken_at`: rounds hold until somebody says what went out after that.

    `how`: what was said.
    """

    id: int = Field(default=None, primary_key=True)
    taken_at: datetime
    at: datetime
    by: str
    resumed_at: datetime | None = None
    how: str | None = None
