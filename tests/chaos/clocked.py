"""`duban` in a process of its own whose clock the experiment sets: `states.clock.now` adds what a file says.

It is the one place of the product that reads the time. Rounds of `duban up` come every two real seconds, and take place at
the time that was set: the scheduler itself goes by the real clock, which nobody sets. All else is as it is.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from fcntl import LOCK_EX, LOCK_NB, LOCK_SH, LOCK_UN, flock
from functools import partial
from pathlib import Path
from types import SimpleNamespace

from states import clock

FILE, SKEW = "CHAOS_CLOCK", "CHAOS_SKEW"
EVERY = 2  # seconds between the rounds of a clock


def set_clock(file: Path, now: datetime, patience: float = 0.0) -> None:
    """For everybody who reads this file it is `now`, and time runs on from there.

    A round keeps the time at which it began. Where the clock goes on in the middle of one, the lease of what it has in hand
    runs out and somebody else sends it too: the window of docs/reliability.md, that would look like a fault here. (On a busy
    machine six mails came twice because a round had stood still for 47 s and was taken for ended.) Until all rounds of
    `duban up` have ended, for `patience` seconds at most, the clock is left as it is and no other begins.
    """
    with file.with_suffix(".gate").open("a") as gate, file.with_suffix(".rounds").open("a") as rounds:
        flock(gate, LOCK_EX)
        ends = time.monotonic() + patience
        while not _nobody_else(rounds.fileno()) and time.monotonic() < ends:
            time.sleep(0.02)
        fresh = file.with_suffix(".new")
        fresh.write_text(str((now - real()).total_seconds()))
        os.replace(fresh, file)


def _nobody_else(lock: int) -> bool:
    try:
        flock(lock, LOCK_EX | LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def under_way(file: Path) -> Iterator[None]:
    """A round, from before it asks what time it is; one that is killed holds nobody up."""
    with file.with_suffix(".gate").open("a") as gate, file.with_suffix(".rounds").open("a") as rounds:
        flock(gate, LOCK_SH)
        flock(rounds, LOCK_SH)
        flock(gate, LOCK_UN)
        yield


def real() -> datetime:
    """What time it really is."""
    return datetime.now(UTC)  # noqa: TID251


def reads(file: Path, skew: float = 0.0) -> datetime:
    """What time it is by a file."""
    return real() + timedelta(seconds=float(file.read_text()) + skew)


if __name__ == "__main__":
    told = Path(os.environ[FILE])
    clock.now = partial(reads, told, float(os.environ[SKEW]))
    if sys.argv[1] == "up":
        from flows import local

        local.of = partial(local.of, every=EVERY)  # type: ignore[assignment]
        local.clock = SimpleNamespace(now=real)  # type: ignore[attr-defined]
        local.LocalClock.tick = under_way(told)(local.LocalClock.tick)  # type: ignore[method-assign]
        local.LocalClock._keep_up = lambda _self: None  # type: ignore[method-assign]
    from flows.cli import app

    app()
