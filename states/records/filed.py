"""The tables of what was handed in: a submission, its files by name, and each content once, by its hash."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from states.records.columns import big_key, bytewise


class StoredFile(SQLModel, table=True):
    """A content that lies in the vault. Written in the transaction of its first submission, never changed.

    `kind` is a key of `states.documents.filekinds.KINDS`; `caution` is for whoever opens it.
    """

    __tablename__ = "stored_file"
    sha256: str = Field(sa_column=sa.Column(bytewise(), primary_key=True))
    size: int = Field(sa_type=sa.BigInteger)
    kind: str
    caution: str | None = None
    by: str
    at: datetime


class Submission(SQLModel, table=True):
    """What one unit handed in for one obligation: the `version`-th time. Rows are added, never changed.

    `act` is submit, nil or confirm; `late`: after the date then in force; `addressee` and `copies` (抄报) as the plan
    said then.
    """

    __tablename__ = "submission"
    __table_args__ = (sa.UniqueConstraint("obligation_id", "version"),)
    id: int = big_key()
    obligation_id: int = Field(sa_type=sa.BigInteger)
    version: int
    act: str
    text: str | None = None
    signer: str | None = None
    seal: str | None = None
    addressee: str | None = None
    copies: list[str] = Field(default_factory=list, sa_type=sa.JSON)
    late: bool = False
    by: str
    at: datetime


class HandedFile(SQLModel, table=True):
    """A file of a submission: its content, and the name under which it was handed in."""

    __tablename__ = "handed_file"
    submission_id: int = Field(primary_key=True, sa_type=sa.BigInteger)
    number: int = Field(primary_key=True)
    sha256: str = Field(sa_column=sa.Column(bytewise(), nullable=False, index=True))
    name: str


class ExtensionFile(SQLModel, table=True):
    """A file that came with a request for a later date as its evidence."""

    __tablename__ = "extension_file"
    extension_id: int = Field(primary_key=True)
    number: int = Field(primary_key=True)
    sha256: str = Field(sa_column=sa.Column(bytewise(), nullable=False, index=True))
    name: str
