"""A record that was put back from a backup: its rounds hold until somebody says what went out after the backup."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session

from states.records.core import restored


@dataclass(frozen=True)
class Held:
    """Since when the rounds hold, and the moment of the record that was put back."""

    taken_at: datetime
    at: datetime
    by: str


def held(session: Session) -> Held | None:
    """Why the rounds hold; None where they do not."""
    row = session.execute(
        sa.select(restored.c.taken_at, restored.c.at, restored.c.by)
        .where(restored.c.resumed_at.is_(None))
        .order_by(restored.c.id)
    ).first()
    return Held(*row) if row else None


def words(found: Held) -> str:
    """For whoever looks at the rounds."""
    return (
        f"数据是从 {found.taken_at:%Y-%m-%d %H:%M} UTC 的备份恢复的，之后可能已发出过邮件：提醒、升级、发信、推送都停着，"
        "请用 duban resume 说明后继续"
    )
