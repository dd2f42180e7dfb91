"""The tables of the world campaigns run in: units and the people who hold roles in them, and the working days."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from states.records.columns import bytewise


class Unit(SQLModel, table=True):
    """A node of the organisation tree. `path` lists the ids from the root: `/1/5/17/`.

    `grade` is 等级 (三级甲等), `beds` 床位数, None where nobody has told it; `ownership` 举办性质: 公立, 民营 or nothing.
    """

    id: int = Field(default=None, primary_key=True)
    code: str = Field(sa_column=sa.Column(bytewise(), nullable=False, unique=True))
    name: str
    kind: str
    level: str = ""
    grade: str = ""
    beds: int | None = None
    ownership: str = ""
    parent_id: int | None = Field(default=None, index=True)
    path: str = Field(default="/", sa_column=sa.Column(bytewise(), nullable=False, index=True))
    sort_key: str = ""
    active: bool = True


class Contact(SQLModel, table=True):
    """A person who holds a role in a unit."""

    __table_args__ = (sa.UniqueConstraint("unit_id", "role", "email"),)
    id: int = Field(default=None, primary_key=True)
    unit_id: int = Field(foreign_key="unit.id")
    role: str
    name: str
    email: str = Field(index=True)
    bounced_at: datetime | None = None
    bounce: str | None = None


class Vacancy(SQLModel, table=True):
    """A role without a reachable holder, found when somebody had to be told."""

    unit_id: int = Field(primary_key=True)
    role: str = Field(primary_key=True)
    reason: str
    since: datetime


class CalendarYear(SQLModel, table=True):
    """A year whose working days are published."""

    year: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    source: str
    loaded_at: datetime | None = None


class CalendarDay(SQLModel, table=True):
    """A day that differs from Monday–Friday."""

    day: date = Field(primary_key=True)
    working: bool
