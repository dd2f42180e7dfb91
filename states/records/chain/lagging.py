"""Whether sealing and signing keep up, for the watchdog."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session

from states.records.chain import sealer
from states.records.core import journal_batch, journal_root

UNSEALED = timedelta(hours=1)
UNSIGNED = timedelta(days=2)


def figures(session: Session, now: datetime) -> dict[str, float]:
    """Rows that are not sealed, the age of the oldest of them and of the oldest batch under no root, in seconds."""
    return {"journal_unsealed": sealer.unsealed(session), **ages(session, now)}


def ages(session: Session, now: datetime) -> dict[str, float]:
    """The two ages alone: four looks at ends of indexes, however much there is."""
    signed = sa.select(sa.func.coalesce(sa.func.max(journal_root.c.batch), 0)).scalar_subquery()
    waiting = sa.select(journal_batch.c.at).where(journal_batch.c.no > signed)
    oldest = session.execute(waiting.order_by(journal_batch.c.no).limit(1)).scalar()
    return {
        "journal_unsealed_seconds": _age(sealer.oldest_unsealed(session), now),
        "journal_unsigned_seconds": _age(oldest, now),
    }


def troubles(told: dict[str, float]) -> Iterator[str]:
    """The same in words, where it is too much."""
    if told["journal_unsealed_seconds"] > UNSEALED.total_seconds():
        hours = told["journal_unsealed_seconds"] / 3600
        yield f"有 {told['journal_unsealed']:.0f} 行流水未封存，最早的已 {hours:.0f} 小时；请看封存轮次（seal）和未结束的数据库事务"
    if told["journal_unsigned_seconds"] > UNSIGNED.total_seconds():
        days = told["journal_unsigned_seconds"] / 86400
        yield f"封存的流水已 {days:.0f} 天没有签名，请看签名密钥是否在这台机器上（duban journal key）"


def _age(at: datetime | None, now: datetime) -> float:
    return max(0.0, (now - at).total_seconds()) if at is not None else 0.0
