"""Runs that Prefect would keep for ever: swept, so that the round's place is free for the next minute's run.

A worker that dies between taking a run and starting it leaves it Pending, and nothing in Prefect ever looks at it
again; one that crashes before it begins is retried without end. A run that lasts longer than a lease is over for us,
whatever Prefect's automations saw: they go by events, and a server that lost its database for a while has lost some,
or hears none any more. Whoever knows the server sweeps: the pages of every machine, and each run that begins.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flows.prefect_http import Prefect, Unanswered
from states.settings import Settings

log = logging.getLogger("duban.prefect")

DEPLOYMENT = "duban"
PENDING_FOR = timedelta(seconds=120)  # a start takes a second, the slowest seen took 27
RETRIED_FOR = timedelta(minutes=10)  # after its slot; later runs have done its work long since
LEAST = timedelta(seconds=150)
"""However short a lease is: the automation that sees a silent run, and tries it again, comes first."""
EVERY = 30.0  # seconds between two looks
MOST = 200  # runs looked at together


@dataclass(frozen=True)
class Run:
    """A run that has not ended: its state and what kind of state that is, since when, and for which slot it was."""

    id: str
    name: str
    state: str
    kind: str
    since: datetime
    slot: datetime

    def why(self, now: datetime, longest: timedelta, pending_for: timedelta = PENDING_FOR) -> str:
        """Why it is to be given up, or "" when it is not; `longest`: how long a run may last."""
        since = (now - self.since).total_seconds()
        if self.kind == "PENDING" and since > pending_for.total_seconds():
            return f"交给执行端 {since:.0f} 秒仍未开始，执行端已不在；下一轮补做"
        if self.kind == "RUNNING" and since > longest.total_seconds():
            return f"已运行 {since:.0f} 秒，超过一次占用的时间，按中断处理；下一轮补做"
        if self.state == "AwaitingRetry" and now - self.slot > RETRIED_FOR:
            return f"应在 {(now - self.slot).total_seconds() / 60:.0f} 分钟前运行，后面的轮次已补做，不再重试"
        return ""


def sweep(server: Prefect, longest: timedelta, pending_for: timedelta = PENDING_FOR) -> list[Run]:
    """Cancel what is stuck; the runs that were. Raises Unanswered. Harmless in any number of processes at once.

    A worker calls a run that it took Submitting, then Pending: the kind counts, not the name.
    """
    states = {
        "operator": "or_",
        "type": {"any_": ["PENDING", "RUNNING"]},
        "name": {"any_": ["AwaitingRetry"]},
    }
    told = server.post(
        "flow_runs/filter",
        {
            "deployments": {"name": {"any_": [DEPLOYMENT]}},
            "flow_runs": {"state": states},
            "sort": "EXPECTED_START_TIME_ASC",
            "limit": MOST,
        },
    )
    found = [(run, why) for run in _runs(told.body or ()) if (why := run.why(told.at, longest, pending_for))]
    for run, why in found:
        state = {"type": "CANCELLED", "name": "Cancelled", "message": why}
        server.post(f"flow_runs/{run.id}/set_state", {"state": state})
        log.warning("Prefect 运行 %s 卡住（%s）：%s", run.name, run.state, why)
    return [run for run, _ in found]


def _runs(rows: Iterable[dict[str, Any]]) -> list[Run]:
    return [
        Run(
            row["id"],
            row["name"],
            row["state"]["name"],
            row["state"]["type"],
            datetime.fromisoformat(row["state"]["timestamp"]),
            datetime.fromisoformat(row["expected_start_time"]),
        )
        for row in rows
    ]


def lasts(settings: Settings) -> timedelta:
    """How long a run may last before it counts as dead: a lease, after which what it held is anybody's."""
    return max(timedelta(seconds=settings.lease_seconds), LEAST)


@contextmanager
def swept(settings: Settings, every: float = EVERY) -> Iterator[None]:
    """Sweep now and then in a thread, as long as this lasts; nothing where no server was named."""
    ending = threading.Event()
    if settings.prefect_api_url:
        server = Prefect(settings.prefect_api_url, settings.prefect_auth)
        threading.Thread(
            target=_keep, args=[server, lasts(settings), ending, every], name="sweeper", daemon=True
        ).start()
    try:
        yield
    finally:
        ending.set()


def _keep(server: Prefect, longest: timedelta, ending: threading.Event, every: float) -> None:
    while not ending.wait(every):
        try:
            sweep(server, longest)
        except Unanswered as error:  # asked again the next time
            log.info("%s", error)
