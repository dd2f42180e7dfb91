"""The table of what the rounds have counted over all time, in all processes."""

from __future__ import annotations

from sqlmodel import Field, SQLModel


class Meter(SQLModel, table=True):
    """A sum that only grows: `name`, of what (`label`: a job, a reason, a bound in seconds). Some dozens of rows."""

    name: str = Field(primary_key=True)
    label: str = Field(primary_key=True)
    value: float
