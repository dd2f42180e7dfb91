"""duban as `duban up --lite` runs it, on a fast clock: rounds every few real seconds, the time of both from one clock.

SOAK_SINCE (seconds of the real clock) is when it began, SOAK_SPEED how many seconds pass in one, SOAK_EVERY the real
seconds between two rounds.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

from anyio import to_thread
from fastapi import FastAPI

from api.app import create_app as real
from bench.soak.world import START
from flows import local, rounds
from states import loglines, settings


def create_app() -> FastAPI:
    """The application, with the clock running beside it in this process."""
    found = settings.read()
    loglines.set_up(found.log)
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    since, speed = float(os.environ["SOAK_SINCE"]), float(os.environ["SOAK_SPEED"])

    def now() -> datetime:
        return START + timedelta(seconds=(time.time() - since) * speed)

    def note(name: str, ok: bool, detail: str, at: datetime) -> None:
        rounds.note_health(found, name, ok, detail, at)

    clock = local.LocalClock(
        rounds.JOBS,
        lambda job, at: rounds.run(job, found, at),
        lambda job, slot: rounds.claim_tick(found, job, slot),
        note,
        every=int(os.environ["SOAK_EVERY"]),
        now=now,
    )
    app = real(found, now=now)
    inner = app.router.lifespan_context

    @asynccontextmanager
    async def opened(served: FastAPI) -> AsyncIterator[Any]:
        async with inner(served) as state:
            clock.start()
            try:
                yield state
            finally:
                await to_thread.run_sync(clock.stop)

    app.router.lifespan_context = opened
    return app
