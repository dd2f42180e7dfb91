"""duban as `duban up --lite` runs it, on a fast clock: rounds every few real seconds, the time of both from one clock.

The slots of the rounds go by the real clock, what they do by the fast one. SOAK_SINCE (seconds of the real clock) is when it began, SOAK_SPEED how many seconds pass in one, SOAK_EVERY the real
seconds between two rounds.
"""

from __future__ import annotations

import faulthandler
import logging
import os
import signal
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
    faulthandler.register(signal.SIGUSR1)  # where it hangs, if it does
    found = settings.read()
    loglines.set_up(found.log)
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    since, speed = float(os.environ["SOAK_SINCE"]), float(os.environ["SOAK_SPEED"])

    def now() -> datetime:
        return START + timedelta(seconds=(time.time() - since) * speed)

    def run(job: str, _at: datetime) -> rounds.RoundReport:
        return rounds.run(job, found, now())

    def note(name: str, ok: bool, detail: str, _at: datetime) -> None:
        rounds.note_health(found, name, ok, detail, now())

    clock = local.LocalClock(
        rounds.JOBS,
        run,
        lambda job, slot: rounds.claim_tick(found, job, slot),
        note,
        every=int(os.environ["SOAK_EVERY"]),
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
