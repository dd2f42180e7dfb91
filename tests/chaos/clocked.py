"""`duban` in a process of its own whose clock the experiment sets: `states.clock.now` adds what a file says.

It is the one place of the product that reads the time. Rounds of `duban up` come every two real seconds, and take place at
the time that was set: the scheduler itself goes by the real clock, which nobody sets. All else is as it is.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace

from states import clock

FILE, SKEW = "CHAOS_CLOCK", "CHAOS_SKEW"
EVERY = 2  # seconds between the rounds of a clock


def set_clock(file: Path, offset: timedelta) -> None:
    """From now on it is so much later for everybody who reads this file."""
    fresh = file.with_suffix(".new")
    fresh.write_text(str(offset.total_seconds()))
    os.replace(fresh, file)


def real() -> datetime:
    """What time it really is."""
    return datetime.now(UTC)  # noqa: TID251


def reads(file: Path, skew: float = 0.0) -> datetime:
    """What time it is by a file."""
    return real() + timedelta(seconds=float(file.read_text()) + skew)


if __name__ == "__main__":
    clock.now = partial(reads, Path(os.environ[FILE]), float(os.environ[SKEW]))
    if sys.argv[1] == "up":
        from flows import local

        local.of = partial(local.of, every=EVERY)  # type: ignore[assignment]
        local.clock = SimpleNamespace(now=real)  # type: ignore[attr-defined]
        local.LocalClock._keep_up = lambda _self: None  # type: ignore[method-assign]
    from flows.cli import app

    app()
