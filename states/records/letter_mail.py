"""A letter in the mail that carries it: its line and its docx."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from states.documents.letterfields import DOCX
from states.letters import Attachment, Line
from states.records.campaigns import Running
from states.records.core import letter, letter_paper


def letter_line(
    session: Session, told: Any, campaign: Running, unit: str, via: str | None, url: str
) -> list[Line]:
    """What the mail says of it."""
    name, number = session.execute(
        sa.select(letter.c.name, letter.c.number).where(letter.c.id == told.letter_id)
    ).one()
    return [
        Line(
            campaign=campaign.row.title,
            unit=unit,
            what=f"{name}{number}",
            due=None,
            due_words="",
            rung=told.name,
            reason=told.reason,
            via=via,
            url=url,
        )
    ]


def attached(session: Session, notices: Sequence[Any]) -> list[Attachment]:
    """The papers of the letters among `notices`."""
    keys = [one.letter_id for one in notices if one.letter_id is not None]
    if not keys:
        return []
    rows = session.execute(
        sa.select(letter.c.name, letter.c.number, letter_paper.c.content)
        .join(letter_paper, letter_paper.c.letter_id == letter.c.id)
        .where(letter.c.id.in_(keys))
        .order_by(letter.c.id)
    ).tuples()
    return [Attachment(file_of(name, number), content, DOCX) for name, number, content in rows]


def file_of(name: str, number: str) -> str:
    """约谈通知书〔2026〕1号.docx"""
    return f"{name}{number}.docx"
