"""The Prefect skin of the rounds: one flow a round, named in prefect.yaml.

The only module that imports Prefect, which costs seconds and 80 MB: import it inside a function.
A worker calls a flow with nothing but its environment. The clock of one machine calls `call`, which
hands the flow the turn it shall run, so that the clock and the flow never both run it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import ContextVar
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from prefect import flow, get_run_logger
from prefect.runtime import flow_run

from states import clock, settings
from states.settings import Settings

if TYPE_CHECKING:
    from flows.rounds import RoundReport

ATTEMPTS = 5
"""How often one run is begun at most, however often it crashes: the automation that tries it again knows no end."""
HASTE = 2.0  # seconds that a sweep may keep a round from beginning
Work = Callable[[], Any]
_turn: ContextVar[Work | None] = ContextVar("turn", default=None)


def _run_name() -> str:
    """`remind-12-05T10:05:00+0800`: the round and its slot, in the machine's own zone."""
    slot: datetime = flow_run.scheduled_start_time
    return f"{flow_run.flow_name}-{slot.astimezone():%m-%dT%H:%M:%S%z}"


@flow(name="open_due", flow_run_name=_run_name, retries=2, retry_delay_seconds=5)
async def open_due() -> RoundReport:
    """Open what is due: phases, milestones, report periods."""
    return await _round("open_due")


@flow(name="remind", flow_run_name=_run_name, retries=2, retry_delay_seconds=5)
async def remind() -> RoundReport:
    """Decide the reminders that are due."""
    return await _round("remind")


@flow(name="escalate", flow_run_name=_run_name, retries=2, retry_delay_seconds=5)
async def escalate() -> RoundReport:
    """Fire every rung that is due, or propose it."""
    return await _round("escalate")


@flow(name="deliver", flow_run_name=_run_name, retries=2, retry_delay_seconds=5)
async def deliver() -> RoundReport:
    """Hand the mails that are owed to the mail server."""
    return await _round("deliver")


@flow(name="webhooks", flow_run_name=_run_name, retries=2, retry_delay_seconds=5)
async def webhooks() -> RoundReport:
    """Tell other systems what has changed."""
    return await _round("webhooks")


@flow(name="seal", flow_run_name=_run_name, retries=2, retry_delay_seconds=5)
async def seal() -> RoundReport:
    """Seal what was written to the journal; once a day, sign it."""
    return await _round("seal")


@flow(name="watchdog", flow_run_name=_run_name, retries=2, retry_delay_seconds=5)
async def watchdog() -> RoundReport:
    """Look for rounds that did not run and mails that did not go."""
    return await _round("watchdog")


@flow(name="ready", flow_run_name=_run_name)
async def ready() -> RoundReport:
    """Nothing. The first flow of a process loads much of Prefect, for a second; it shall not be a round."""
    return await _round("ready")


FLOWS = {each.name: each for each in (open_due, remind, escalate, deliver, webhooks, seal, watchdog, ready)}


async def call(job: str, turn: Work) -> Any:
    """Run `turn` as the flow `job` in this process; needs PREFECT_API_URL set before the import."""
    _turn.set(turn)
    return await FLOWS[job]()


async def _round(job: str) -> RoundReport:
    work = _turn.get() or partial(by_worker, job, flow_run.scheduled_start_time, flow_run.run_count)
    report: RoundReport = await asyncio.to_thread(work)
    get_run_logger().info("%s", report)
    return report


def by_worker(job: str, slot: datetime, attempt: int) -> RoundReport:
    """The round of one slot. The first attempt claims the slot; a retry holds it already, and there are few."""
    from flows import rounds  # the records behind it are of no use to whoever only names a flow
    from states import loglines, marks

    read = settings.read()
    loglines.set_up(read.log)
    with marks.in_round(job):
        _sweep(read)
        if attempt > ATTEMPTS:
            words = f"同一运行已中断 {attempt - 1} 次，不再重试，由下一轮补做"
            rounds.note_health(read, f"round:{job}", False, words, clock.now())
            return rounds.RoundReport(job, slot, 0, (words,))
        if attempt == 1 and not rounds.claim_tick(read, job, slot):
            return rounds.RoundReport(job, slot, 0, ("本时段已由另一时钟运行",))
        try:
            return rounds.run(job, read)
        except Exception as problem:
            words = f"轮次出错：{type(problem).__name__}: {problem}"
            rounds.note_health(read, f"round:{job}", False, words, clock.now())
            raise


def _sweep(read: Settings) -> None:
    """Free the places of runs that are stuck; a server that does not answer is no reason not to run the round."""
    from flows import stuck
    from flows.prefect_http import Prefect, Unanswered

    if read.prefect_api_url:
        try:
            server = Prefect(read.prefect_api_url, read.prefect_auth, HASTE)
            stuck.sweep(server, stuck.lasts(read))
        except Unanswered as error:
            get_run_logger().info("%s", error)
