"""The tables of the sealed journal. The journal itself is not touched by sealing: whoever writes it pays nothing."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from states.records.columns import wide


class JournalBatch(SQLModel, table=True):
    """Rows `first`..`last` of the journal, sealed together; `members`: which of these numbers are rows.

    `total`: rows up to here. `leaves`: the digests of the rows, side by side. `prev`: the hash of the batch before.
    """

    __tablename__ = "journal_batch"
    no: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    prev: str
    first: int = Field(sa_type=sa.BigInteger)
    last: int = Field(sa_type=sa.BigInteger)
    rows: int
    total: int = Field(sa_type=sa.BigInteger)
    members: str
    at: datetime
    leaves: bytes
    hash: str


class JournalSalt(SQLModel, table=True):
    """The keys of the rows of a batch, side by side, apart from what they bind. An erasure makes noughts of one."""

    __tablename__ = "journal_salt"
    no: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    salts: bytes


class JournalErased(SQLModel, table=True):
    """A sealed row from which something was erased: what its key had bound, and a new key for what is left."""

    __tablename__ = "journal_erased"
    journal_id: int = Field(sa_column=sa.Column(wide(), primary_key=True, autoincrement=False))
    commitment: bytes
    salt: bytes


class JournalRoot(SQLModel, table=True):
    """The signed line that stands for everything up to a batch."""

    __tablename__ = "journal_root"
    batch: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    nth: int
    at: datetime
    line: str


class JournalKey(SQLModel, table=True):
    """A public key with which roots are signed."""

    __tablename__ = "journal_key"
    id: str = Field(primary_key=True)
    public: bytes
    since: datetime


NAMES = frozenset(
    str(one.__tablename__) for one in (JournalBatch, JournalSalt, JournalErased, JournalRoot, JournalKey)
)
