"""The clock of one machine: every so many seconds, every round, once, whoever else ticks as well."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from flows.beside import Beside
from flows.turns import Turn
from states import clock, marks
from states.settings import Settings

if TYPE_CHECKING:
    from flows.rounds import RoundReport

log = logging.getLogger(__name__)

EVERY = 60  # seconds; the slots of the deployments in prefect.yaml are minutes too
SPREAD = 0.02  # of the interval: each round begins that much after the one before it

Run = Callable[[str, datetime], "RoundReport"]
Claim = Callable[[str, datetime], bool]
Note = Callable[[str, bool, str, datetime], None]


class Skin(Protocol):
    """What may run a round in the clock's stead; flows.beside.Beside is the one there is."""

    @property
    def starting(self) -> bool: ...
    @property
    def ready(self) -> bool: ...
    @property
    def url(self) -> str: ...
    def start(self) -> None: ...
    def run(self, job: str, turn: Turn) -> str: ...
    def hurry(self) -> None: ...
    def stop(self) -> None: ...


def slot_of(now: datetime, every: int) -> datetime:
    """The start of the interval of `every` seconds in which `now` lies, in UTC."""
    return datetime.fromtimestamp(now.timestamp() // every * every, UTC)


class LocalClock:
    """Ticks each job every `every` seconds; the one process that claims (job, slot) runs the round."""

    def __init__(
        self,
        jobs: Sequence[str],
        run: Run,
        claim: Claim,
        note: Note,
        *,
        every: int = EVERY,
        zone: ZoneInfo | None = None,
        skin: Skin | None = None,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        """`run(job, now)` is the round, which tells health when it went well; `note` tells the rest.

        `claim(job, slot)` is True for one caller; `skin` is how Prefect gets a round first.
        """
        self._jobs, self._run, self._claim, self._note = jobs, run, claim, note
        self._every, self._skin, self._now = every, skin, now
        self._said = ""
        self._over = threading.Event()
        self._scheduler = BackgroundScheduler(
            timezone=zone or UTC,
            executors={"default": ThreadPoolExecutor(len(jobs))},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    @property
    def prefect_url(self) -> str | None:
        """Where Prefect's API answers; None without Prefect and as long as it does not answer."""
        return self._skin.url if self._skin and self._skin.ready else None

    def start(self) -> None:
        """Begin to tick, at once for the slot that runs, and let Prefect come up meanwhile."""
        first = slot_of(clock.now(), self._every)
        for nth, job in enumerate(self._jobs):
            at = first + timedelta(seconds=nth * SPREAD * self._every)
            self._scheduler.add_job(
                self._ticked, "interval", [job], id=job, seconds=self._every, start_date=at, next_run_time=at
            )
        self._scheduler.start()
        threading.Thread(target=self._keep_up, name="clock", daemon=True).start()
        if self._skin:
            self._skin.start()

    def stop(self) -> None:
        """End the clock: a round that runs is finished, nothing new begins, Prefect ends last. One never started may too."""
        self._over.set()
        if self._skin:
            self._skin.hurry()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)
        if self._skin:
            self._skin.stop()

    def _keep_up(self) -> None:
        """A clock that was set back must not let the rounds wait until the old time comes again."""
        while not self._over.wait(self._every):
            for job in self._scheduler.get_jobs():
                waits = int((job.next_run_time - self._now()).total_seconds()) // self._every
                if waits > 1:
                    job.modify(next_run_time=job.next_run_time - timedelta(seconds=waits * self._every))

    def _ticked(self, job: str) -> None:
        """A tick whose failure is said once, as part of its round."""
        with marks.in_round(job):
            try:
                self.tick(job)
            except Exception:
                log.exception("round %s failed", job)

    def tick(self, job: str) -> RoundReport | None:
        """Run the round of the present slot, or None if another clock has it; raises what it raises."""
        now = self._now()
        if not self._claim(job, slot_of(now, self._every)):
            return None
        turn = Turn(partial(self._run, job, now))
        trouble = self._offer(job, turn)
        try:
            return turn.by_clock()
        except Exception as problem:
            self._note(f"round:{job}", False, f"轮次出错：{type(problem).__name__}: {problem}", self._now())
            raise
        finally:
            self._tell(trouble)

    def _offer(self, job: str, turn: Turn) -> str:
        """What is wrong with Prefect, if anything; it is never a reason not to run the round."""
        if self._skin is None:
            return ""
        try:
            return self._skin.run(job, turn)
        except Exception as problem:
            log.exception("Prefect")
            return f"出错（{type(problem).__name__}）"

    def _tell(self, trouble: str) -> None:
        if self._skin is None:
            return
        ok = not trouble or self._skin.starting
        words = f"{trouble}；轮次照常直接运行" if trouble else "正常"
        if words != self._said:
            log.log(logging.INFO if ok else logging.WARNING, "Prefect：%s", words)
        self._said = words
        self._note("prefect", ok, words, self._now())


def of(settings: Settings, *, lite: bool = False, every: int = EVERY) -> LocalClock:
    """The clock of this process over the real rounds; `lite`: without Prefect. Start it, stop it."""
    from flows import rounds

    def run(job: str, now: datetime) -> RoundReport:
        return rounds.run(job, settings, now)

    def note(name: str, ok: bool, detail: str, now: datetime) -> None:
        rounds.note_health(settings, name, ok, detail, now)

    if lite:
        note("prefect", True, "未启用（--lite）", clock.now())
    return LocalClock(
        rounds.JOBS,
        run,
        partial(rounds.claim_tick, settings),
        note,
        every=every,
        zone=settings.zone,
        skin=None if lite else Beside(settings.home / "prefect", settings.prefect_api_url),
    )
