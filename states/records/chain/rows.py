"""A row of the journal as the chain sees it: JSON values, the same from both databases."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from states.chain.leaves import LEAF_BYTES, PLAIN, SAID, SALT_BYTES
from states.records.core import journal

COLUMNS = [journal.c[name] for name in (*PLAIN, *SAID)]
_NAMES = (*PLAIN, *SAID)
NONE = bytes(SALT_BYTES)  # where a key was


def read(row: Sequence[Any]) -> dict[str, Any]:
    """From a row of `COLUMNS`."""
    found = dict(zip(_NAMES, row, strict=True))
    found["at"] = instant(found["at"])
    return found


def instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def between(after: int | None, last: int | None) -> sa.Select[Any]:
    """Rows by their numbers, in order; None: without an end on that side."""
    wanted = sa.select(*COLUMNS).order_by(journal.c.id)
    wanted = wanted.where(journal.c.id > after) if after is not None else wanted
    return wanted.where(journal.c.id <= last) if last is not None else wanted


def salt_of(salts: bytes, place: int) -> bytes:
    return salts[place * SALT_BYTES : (place + 1) * SALT_BYTES]


def leaf_of(leaves: bytes, place: int) -> bytes:
    return leaves[place * LEAF_BYTES : (place + 1) * LEAF_BYTES]
