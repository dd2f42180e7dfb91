"""One round in one slot, and Prefect as a way to run it that may be late, slow or gone.

A round belongs to whoever takes its turn first: the flow, or the clock when the flow does not come.
Nobody runs it after that. So a Prefect that fails before the round costs seconds, and a Prefect that
fails after the round costs nothing.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, wait
from typing import TYPE_CHECKING, Any

from states.clock import elapsed

if TYPE_CHECKING:
    from flows.rounds import RoundReport

PATIENCE = 5.0  # seconds a flow may take to come to its round, and to end after it
RETRY_DELAY = 5.0  # seconds it waits by itself before it tries a failed round again
HASTE = 0.5  # seconds left for it when we stop
REST = 60.0  # seconds in which Prefect is not asked again after it disappointed
POLL = 0.02

Call = Callable[[str, Callable[[], Any]], Coroutine[Any, Any, Any]]


class Turn:
    """The right to run one round, once. `report` when it went well, `problem` when it did not."""

    def __init__(self, work: Callable[[], RoundReport]) -> None:
        self._work = work
        self._free = threading.Condition()
        self._owner: str | None = None
        self._running = False
        self._since = elapsed()
        self.report: RoundReport | None = None
        self.problem: Exception | None = None

    @property
    def begun(self) -> bool:
        return self._owner is not None

    @property
    def idle(self) -> float:
        """Seconds since it was offered or an attempt ended; 0 while it runs."""
        return 0.0 if self._running else elapsed() - self._since

    def offer(self) -> None:
        """From now on a flow may come for it."""
        self._since = elapsed()

    def by_flow(self) -> RoundReport | None:
        """For the flow: run it; again only if it failed; None when the clock has it."""
        return self._run() if self._take("flow") else self.report

    def by_clock(self) -> RoundReport:
        """For the clock, last: the report; runs it if nobody has; raises what the round raised."""
        if self._take("clock"):
            return self._run()
        with self._free:
            self._free.wait_for(lambda: not self._running)
        if self.report is None:
            raise self.problem or RuntimeError("a turn was taken and not run")
        return self.report

    def _take(self, who: str) -> bool:
        with self._free:
            if self._owner not in (None, who) or self.report is not None:
                return False
            self._owner, self._running = who, True
            return True

    def _run(self) -> RoundReport:
        try:
            self.report, self.problem = self._work(), None
        except Exception as problem:
            self.problem = problem
            raise
        finally:
            with self._free:
                self._since = elapsed()
                self._running = False
                self._free.notify_all()
        return self.report


class Flows:
    """Rounds as flows on one event loop in a thread of its own; `call` is flows.watch.call."""

    def __init__(self, call: Call, answers: Callable[[], bool], patience: float = PATIENCE) -> None:
        self._call, self._answers, self._patience = call, answers, patience
        self._rests_until = 0.0
        self._beginning = threading.Lock()
        self._closing = False
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="flows", daemon=True)
        self._thread.start()

    def run(self, job: str, turn: Turn) -> str:
        """Offer the turn to the flow; "" when all went well with Prefect, else what did not.

        One flow begins at a time: several at once make its server's SQLite wait for seconds.
        """
        with self._beginning:
            if elapsed() < self._rests_until:
                return "刚才没有按时运行轮次，一分钟内不再使用"
            if not self._answers():
                return "没有应答"
            turn.offer()
            future = asyncio.run_coroutine_threadsafe(self._attempt(job, turn), self._loop)
            self._wait(future, turn, until_it_runs=True)
        self._wait(future, turn)
        trouble = self._trouble(future, turn)
        if trouble:
            self._rests_until = elapsed() + REST
        return trouble

    def _wait(self, future: Future[Any], turn: Turn, until_it_runs: bool = False) -> None:
        while not future.done() and turn.idle <= self._allowed(turn):
            if until_it_runs and turn.begun:
                return
            wait([future], POLL)

    def _allowed(self, turn: Turn) -> float:
        """Seconds in which nothing need happen to the turn."""
        if self._closing:
            return HASTE
        return self._patience + (RETRY_DELAY if turn.problem else 0.0)

    async def _attempt(self, job: str, turn: Turn) -> Exception | None:
        """What the flow raised, returned: when nobody waits for it any more it is no error of ours."""
        try:
            await self._call(job, turn.by_flow)
        except Exception as problem:
            return problem
        return None

    def _trouble(self, future: Future[Exception | None], turn: Turn) -> str:
        if future.cancel() or future.cancelled():
            return "" if self._closing else "没有按时开始或记完本轮"
        problem = future.result()
        if problem is None or problem is turn.problem:
            return ""
        return f"出错（{type(problem).__name__}）"

    def warm(self) -> None:
        """Let Prefect load what it loads with its first flow; what goes wrong shows with the next."""
        first = asyncio.run_coroutine_threadsafe(self._call("ready", lambda: None), self._loop)
        wait([first], PATIENCE)

    def forgive(self) -> None:
        """Ask Prefect again at once: its server was started anew."""
        self._rests_until = 0.0

    def hurry(self) -> None:
        """From now on wait for rounds that run, hardly for Prefect."""
        self._closing = True

    def close(self) -> None:
        """Hand in what the flows logged and end the event loop; no round is running any more."""
        for handler in logging.getLogger("prefect.flow_runs").handlers:
            handler.flush()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)
        if not self._thread.is_alive():
            self._abandon(asyncio.all_tasks(self._loop))

    def _abandon(self, flows: set[asyncio.Task[Any]]) -> None:
        for flow in flows:
            flow.cancel()
        if flows:
            self._loop.run_until_complete(asyncio.wait(flows, timeout=1))
        self._loop.close()
