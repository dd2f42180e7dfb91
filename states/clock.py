"""The only lines that read the time. Everything else is told what time it is."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)


def elapsed() -> float:
    """Seconds on a clock that never steps; for budgets within one process, never stored."""
    return time.monotonic()
