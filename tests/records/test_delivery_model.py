"""The delivery protocol under everything at once, against a model: see the decision on the model of the delivery.

A few short runs by default. MODEL_EXAMPLES=number makes that many long ones, of MODEL_STEPS each, from MODEL_SEED; with
MODEL_SHRINK=1 a failure is made small. Long ones want `-o faulthandler_timeout=0 --timeout=0`.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine

from delivery_play import WHY, Play
from delivery_world import CALENDAR, CHINA, NEEDS, Duty, people
from interleaved import Process
from states.records import happening, laying
from states.records.session import connect

EXAMPLES = int(os.environ.get("MODEL_EXAMPLES", "0"))
STEPS = int(os.environ.get("MODEL_STEPS", "60"))
SEED = int(os.environ.get("MODEL_SEED", "1"))
JOBS = ("open_due", "remind", "escalate", "deliver", "deliver")
DOOMS = st.sampled_from(["", "", "", "", "before", "after"])
ANSWERS = st.sampled_from(["taken", "taken", "busy", "refused", "blocked", "hang", "dropped", "mute"])
NUMBERS = st.integers(0, 63)
WORKERS = st.integers(0, 2)
FIGURES: Counter[str] = Counter()
CODES = ("R1", "H1", "H2")


def stands(state: Delivery) -> bool:
    return bool(state.busy())


class Delivery(RuleBasedStateMachine):
    """Rules are what may happen; after each of them everything is judged."""

    make: Callable[[], AbstractContextManager[str]]

    def __init__(self) -> None:
        super().__init__()
        self.place = self.make()
        self.play = Play(self.place.__enter__())
        self.world = self.play.world

    @initialize(doom=DOOMS, days=st.integers(0, 5))
    def launched(self, doom: str, days: int) -> None:
        """A campaign begins and lives in peace for some days: the first date is on the fifth."""
        while not self.world.launch(doom=doom):
            doom = ""
        for _ in range(days):
            self.next_thing(morning=True, answer="taken")

    # -- rounds ---------------------------------------------------------------------------------------

    def busy(self) -> list[Process]:
        return [one for one in self.world.workers if one.place != "idle"]

    @rule(worker=WORKERS, job=st.sampled_from(JOBS), doom=DOOMS)
    def begins(self, worker: int, job: str, doom: str) -> None:
        """A round begins; where the worker stands in one already, that goes on."""
        if self.world.workers[worker].place == "idle":
            self.play.begins(worker, job, doom)
        else:
            self.play.goes_on(self.world.workers[worker], "taken", doom)

    @precondition(stands)
    @rule(worker=WORKERS, answer=ANSWERS, doom=DOOMS)
    def goes_on(self, worker: int, answer: str, doom: str) -> None:
        self.play.goes_on(self.busy()[worker % len(self.busy())], answer, doom)

    @precondition(stands)
    @rule(worker=WORKERS)
    def dies(self, worker: int) -> None:
        self.busy()[worker % len(self.busy())].go("die")

    @rule(answers=st.lists(ANSWERS, min_size=1, max_size=4))
    def ticks(self, answers: list[str]) -> None:
        self.play.tick(answers)

    @rule(morning=st.booleans(), answer=ANSWERS)
    def next_thing(self, morning: bool, answer: str) -> None:
        self.play.next_event(morning=morning)
        self.play.tick([answer, "taken"])

    @rule(answer=ANSWERS)
    def next_morning(self, answer: str) -> None:
        self.next_thing(morning=True, answer=answer)

    # -- time -----------------------------------------------------------------------------------------

    @rule(minutes=st.sampled_from([1, 4, 6, 11, 65, 300, 1440]))
    def time_passes(self, minutes: int) -> None:
        self.world.passes(timedelta(minutes=minutes))

    @rule(span=st.sampled_from([timedelta(hours=-1), timedelta(hours=1), timedelta(days=10)]), rare=NUMBERS)
    def the_clock_is_set(self, span: timedelta, rare: int) -> None:
        if rare < (6 if span.days == 10 else 20):
            self.world.set(self.world.now + span)

    # -- people ---------------------------------------------------------------------------------------

    def pick(self, which: int) -> Duty | None:
        duties = list(self.world.duties.values())
        return duties[which % len(duties)] if duties else None

    @rule(which=NUMBERS, name=st.sampled_from(sorted(NEEDS)), doom=DOOMS)
    def acts(self, which: int, name: str, doom: str) -> None:
        if (duty := self.pick(which)) is not None:
            self.play.acts(duty, name, doom)

    @rule(which=NUMBERS, days=st.integers(1, 6))
    def asks_for_more_time(self, which: int, days: int) -> None:
        duty = self.pick(which)
        if duty is not None and duty.now.due is not None:
            day = duty.now.due.astimezone(CHINA).date()
            self.play.asks(duty, CALENDAR.add(day, days).isoformat())

    @precondition(lambda self: self.play.asked())
    @rule(grant=st.booleans(), doom=DOOMS)
    def is_decided(self, grant: bool, doom: str) -> None:
        self.play.decides(self.play.asked()[0], doom, grant=grant)

    @rule(which=NUMBERS, days=st.integers(0, 4))
    def silence(self, which: int, days: int) -> None:
        if which < 20:
            self.play.silence((*CODES, None)[which % 4], days)

    @precondition(lambda self: self.play.going(quiet=True))
    @rule()
    def silence_ends(self) -> None:
        self.play.silence_ends(self.play.going(quiet=True)[0])

    @rule(which=NUMBERS)
    def rests(self, which: int) -> None:
        if which < 20:
            self.play.rests((*CODES, None)[which % 4])

    @precondition(lambda self: self.play.going(quiet=False))
    @rule(which=NUMBERS)
    def resumes(self, which: int) -> None:
        going = self.play.going(quiet=False)
        self.play.resumes(going[which % len(going)])

    @rule(hours=st.integers(0, 30), doom=DOOMS)
    def something_happens(self, hours: int, doom: str) -> None:
        then = self.world.now - timedelta(hours=hours)

        def record(session: Any) -> None:
            happening.record(
                session,
                self.world.campaign(session, self.world.key),
                "收到转办",
                then,
                self.world.now,
                "test",
            )

        if self.world.does(record, doom):
            self.play.redated()

    @rule(which=NUMBERS, phase=st.sampled_from(["check", "mend"]), days=st.integers(1, 8), doom=DOOMS)
    def a_place_gets_a_window(self, which: int, phase: str, days: int, doom: str) -> None:
        until = CALENDAR.add(self.world.now.astimezone(CHINA).date(), 5 + days).isoformat()
        lay = (self.world.key, phase, CODES[which % 3], until, self.world.now, "test", WHY)
        if self.world.does(lambda session: laying.lay(session, *lay), doom):
            self.play.redated()

    # -- after each step ------------------------------------------------------------------------------

    @invariant()
    def nothing_is_wrong(self) -> None:
        if not self.play.broken:
            self.play.judge()

    def teardown(self) -> None:
        try:
            if not self.play.broken and self.world.duties:
                self.play.until_quiet()
            FIGURES.update(self.play.figures() + Counter(runs=1))
            if EXAMPLES:
                sys.stderr.write(f"{dict(FIGURES)}\n")
        finally:
            self.world.close()
            self.place.__exit__(None, None, None)


# -- on each database ------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def peopled_file(upgraded_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("peopled") / "duban.db"
    shutil.copy(upgraded_file, path)
    made = connect(f"sqlite:///{path}")
    people(made)
    with made.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA journal_mode=DELETE")
        connection.exec_driver_sql("BEGIN")
    made.close()
    return path


def runs(make: Callable[[], AbstractContextManager[str]], examples: int, steps: int) -> None:
    machine = type("Machine", (Delivery,), {"make": staticmethod(make)})
    shrink = [Phase.shrink] if "MODEL_SHRINK" in os.environ else []
    chosen = settings(
        max_examples=EXAMPLES or examples,
        stateful_step_count=STEPS if EXAMPLES else steps,
        deadline=None,
        derandomize=not EXAMPLES,
        database=None,
        phases=[Phase.generate, *shrink],
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    FIGURES.clear()
    run_machine(seed(SEED)(machine) if EXAMPLES else machine, settings=chosen)
    assert FIGURES["mails"] > 10 * FIGURES["runs"], "something was sent at all"


def test_on_sqlite_nothing_is_lost_or_doubled(peopled_file: Path) -> None:
    memory = "/dev/shm" if Path("/dev/shm").is_dir() else None

    @contextmanager
    def make() -> Iterator[str]:
        with TemporaryDirectory(prefix="duban-model-", dir=memory) as folder:
            shutil.copy(peopled_file, Path(folder) / "duban.db")
            yield f"sqlite:///{folder}/duban.db"

    runs(make, 3, 25)


def test_on_postgresql_nothing_is_lost_or_doubled(databases: Any, upgraded_database: str) -> None:
    with databases.one(like=upgraded_database) as like:
        made = connect(like)
        people(made)
        made.close()
        runs(lambda: databases.one(like=like), 1, 20)
