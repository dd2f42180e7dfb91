"""The delivery protocol under everything at once, against a model: see docs/decisions/0027.

A few short runs by default. MODEL_EXAMPLES=number makes that many long ones, MODEL_STEPS of MODEL_SEED.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine

import delivery_rules
from delivery_world import CALENDAR, CHINA, HOURS, NEEDS, Duty, Rest, World, look, people
from states.clock import elapsed
from states.records import (
    campaigning,
    core,
    deciding,
    foretell,
    granting,
    happening,
    laying,
    moving,
    rounds,
    silences,
)
from states.records.session import connect

EXAMPLES = int(os.environ.get("MODEL_EXAMPLES", "0"))
STEPS = int(os.environ.get("MODEL_STEPS", "60"))
WHY = "汛情"
JOBS = ("open_due", "remind", "escalate", "deliver")
DOOMS = st.sampled_from(["", "", "", "", "before", "after"])
ANSWERS = st.sampled_from(["taken", "taken", "busy", "refused", "blocked", "hang", "dropped", "mute"])
NUMBERS = st.integers(0, 63)
FIGURES: Counter[str] = Counter()


class Delivery(RuleBasedStateMachine):
    """Rules are what may happen; after each of them everything is judged."""

    make: Any = None

    def __init__(self) -> None:
        super().__init__()
        self.place = self.make()
        self.world: World = World(self.place.__enter__())
        self.before = self.world.seen
        self.dead = False

    @initialize(doom=DOOMS, days=st.integers(0, 5))
    def launched(self, doom: str, days: int) -> None:
        """A campaign begins and lives in peace for some days: the first date is on the fifth."""
        while not self.world.launch(doom=doom):
            doom = ""
        for _ in range(days):
            self.next_thing(morning=True, answer="taken")

    # -- rounds ---------------------------------------------------------------------------------------

    @rule(worker=st.integers(0, 2), job=st.sampled_from([*JOBS, "deliver"]), doom=DOOMS)
    def begins(self, worker: int, job: str, doom: str) -> None:
        """A round begins and stops at its first commit; where the worker stands in one, that goes on."""
        process = self.world.workers[worker]
        if process.place != "idle":
            return self.goes_on(worker, "taken", doom)
        with self.world.all_or_nothing(process, doom):
            process.begin(self.world.work(process, job))
        return None

    @precondition(lambda self: any(one.place != "idle" for one in self.world.workers))
    @rule(worker=st.integers(0, 2), answer=ANSWERS, doom=DOOMS)
    def goes_on(self, worker: int, answer: str, doom: str) -> None:
        busy = [one for one in self.world.workers if one.place != "idle"]
        process = busy[worker % len(busy)]
        if answer in ("hang", "mute") and process.place == "send":
            self.world.passes(timedelta(seconds=20))
        with self.world.all_or_nothing(process, doom):
            process.go(answer if process.place == "send" else "")

    @precondition(lambda self: any(one.place != "idle" for one in self.world.workers))
    @rule(worker=st.integers(0, 2))
    def dies(self, worker: int) -> None:
        busy = [one for one in self.world.workers if one.place != "idle"]
        busy[worker % len(busy)].go("die")

    @rule(answers=st.lists(ANSWERS, min_size=1, max_size=4))
    def ticks(self, answers: list[str]) -> None:
        """All rounds in one go, by whoever is free; the mail server answers in turn."""
        self.tick(answers)

    @rule(answer=ANSWERS)
    def next_morning(self, answer: str) -> None:
        self.next_thing(morning=True, answer=answer)

    @rule(morning=st.booleans(), answer=ANSWERS)
    def next_thing(self, morning: bool, answer: str) -> None:
        """Time passes until there is something to do, and it is done."""
        with self.world.store.read() as session:
            now = self.world.now
            slot = foretell.next_mail_slot(session, now, HOURS)
            after = slot if morning else foretell.next_event(session, now, HOURS) or slot
        self.world.passes(min(after, slot) - now)
        self.tick([answer, "taken"])

    def tick(self, answers: list[str]) -> None:
        process = next((one for one in self.world.workers if one.place == "idle"), None)
        if process is None:
            return
        given = iter(range(10_000))

        def otherwise() -> str:
            return answers[next(given) % len(answers)]

        process.begin(self.world.work(process, "tick", otherwise), stepping=False)

    # -- time -----------------------------------------------------------------------------------------

    @rule(minutes=st.sampled_from([1, 4, 6, 11, 65, 300, 1440]))
    def time_passes(self, minutes: int) -> None:
        self.world.passes(timedelta(minutes=minutes))

    @rule(span=st.sampled_from([timedelta(hours=-1), timedelta(hours=1), timedelta(days=10)]), rare=NUMBERS)
    def the_clock_is_set(self, span: timedelta, rare: int) -> None:
        if rare < (6 if span.days == 10 else 20):
            self.world.set(self.world.now + span)

    # -- people ---------------------------------------------------------------------------------------

    @rule(which=NUMBERS, name=st.sampled_from(sorted(NEEDS)), doom=DOOMS)
    def acts(self, which: int, name: str, doom: str) -> None:
        if (duty := self.pick(which)) is None:
            return
        wanted = self.world.expected(duty, name)

        def act(session: Any) -> None:
            campaign = self.world.campaign(session, duty.campaign)
            moving.act(session, campaign, duty.id, name, self.world.now, "test", reason=WHY)

        held = self.world.does(act, doom)
        assert (wanted is None) == bool(self.world.refused), f"{name} of {duty.now}: {self.world.refused}"
        if held and wanted is not None:
            self.world.changes(duty, wanted.status, wanted.due)

    @rule(which=NUMBERS, days=st.integers(1, 6), grant=st.booleans(), doom=DOOMS)
    def asks_for_more_time(self, which: int, days: int, grant: bool, doom: str) -> None:
        duty = self.pick(which)
        if duty is None or duty.now.due is None:
            return
        until = CALENDAR.add(duty.now.due.astimezone(CHINA).date(), days)

        def ask(session: Any) -> None:
            wanted = granting.Request(duty.id, until.isoformat(), WHY)
            granting.ask(session, self.world.campaign(session, duty.campaign), wanted, self.world.now, "test")

        def decide(session: Any) -> None:
            asked = sa_first(session, core.extension, core.extension.c.obligation_id == duty.id)
            decision = deciding.Decision(grant, reason=WHY)
            campaign = self.world.campaign(session, duty.campaign)
            deciding.decide(session, campaign, asked.id, decision, self.world.now, "test")

        if self.world.does(ask) and self.world.does(decide, doom) and grant:
            self.redated()

    def answers(self) -> None:
        """Whoever asked for more time hears no."""
        for one in look(self.world.store).extension:
            if one.state == "asked":
                no = deciding.Decision(False, reason=WHY)

                def decide(session: Any, one: Any = one, no: Any = no) -> None:
                    campaign = self.world.campaign(session, one.campaign_id)
                    deciding.decide(session, campaign, one.id, no, self.world.now, "test")

                assert self.world.does(decide)

    @rule(which=NUMBERS, days=st.integers(0, 4), everybody=st.booleans())
    def silence(self, which: int, days: int, everybody: bool) -> None:
        if which > 20:
            return
        code, unit = self.unit(which)
        until = self.world.now.astimezone(CHINA).date() + timedelta(days=days)
        made: list[Any] = []

        def impose(session: Any) -> None:
            wanted = silences.Wanted(until, WHY, None if everybody else code)
            made.append(
                silences.impose(session, self.world.campaign(session, 1), wanted, self.world.now, "test")
            )

        if self.world.does(impose):
            ends, number = made[0].ends_at, made[0].id
            rest = Rest(self.world.seq, None if everybody else unit, ends, quiet=True, number=number)
            self.world.rests.append(rest)

    @precondition(lambda self: any(one.quiet and one.over is None for one in self.world.rests))
    @rule()
    def silence_ends(self) -> None:
        place, row = next((n, one) for n, one in enumerate(self.world.rests) if one.quiet and one.over is None)

        def end(session: Any) -> None:
            silences.end(session, self.world.campaign(session, 1), row.number, self.world.now, "test")

        if self.world.does(end):
            self.world.end(place)

    @rule(which=NUMBERS, everybody=st.booleans(), rare=NUMBERS)
    def rests(self, which: int, everybody: bool, rare: int) -> None:
        _, unit = self.unit(which)
        wanted = None if everybody else unit
        if rare < 20 and not self.resting(wanted) and self.world.does(self.mover(wanted, "suspend")):
            self.world.rests.append(Rest(self.world.seq, wanted))

    @precondition(lambda self: any(not one.quiet and one.over is None for one in self.world.rests))
    @rule(which=NUMBERS)
    def resumes(self, which: int) -> None:
        going = [n for n, one in enumerate(self.world.rests) if not one.quiet and one.over is None]
        place = going[which % len(going)]
        if self.world.does(self.mover(self.world.rests[place].unit, "resume")):
            self.world.end(place)

    @rule(hours=st.integers(0, 30), doom=DOOMS)
    def something_happens(self, hours: int, doom: str) -> None:
        then = self.world.now - timedelta(hours=hours)

        def record(session: Any) -> None:
            campaign = self.world.campaign(session, 1)
            happening.record(session, campaign, "收到转办", then, self.world.now, "test")

        if self.world.does(record, doom):
            self.redated()

    @rule(which=NUMBERS, phase=st.sampled_from(["check", "mend"]), days=st.integers(1, 8), doom=DOOMS)
    def a_place_gets_a_window(self, which: int, phase: str, days: int, doom: str) -> None:
        code, _ = self.unit(which)
        until = CALENDAR.add(self.world.now.astimezone(CHINA).date(), 5 + days).isoformat()
        lay = (1, phase, code, until, self.world.now, "test", WHY)
        if self.world.does(lambda session: laying.lay(session, *lay), doom):
            self.redated()

    # -- what they need -------------------------------------------------------------------------------

    def pick(self, which: int) -> Duty | None:
        duties = list(self.world.duties.values())
        return duties[which % len(duties)] if duties else None

    def unit(self, which: int) -> tuple[str, int]:
        code = ("R1", "H1", "H2")[which % 3]
        return code, self.world.units[code]

    def resting(self, unit: int | None) -> bool:
        return any(not one.quiet and one.unit == unit and one.over is None for one in self.world.rests)

    def mover(self, unit: int | None, name: str) -> Any:
        def move(session: Any) -> None:
            if unit is None:
                campaigning.move(session, 1, name, self.world.now, "test", reason=WHY)
            else:
                campaign = self.world.campaign(session, 1)
                moving.move(session, campaign, unit, name, self.world.now, "test", reason=WHY)

        return move

    def redated(self) -> None:
        """Somebody moved dates: the model takes them as they stand now."""
        seen = look(self.world.store)
        milestones = seen.by_id("milestone")
        for row in seen.obligation:
            due, duty = row.due_at or milestones[row.milestone_id].due_at, self.world.duties.get(row.id)
            if duty is not None and due != duty.now.due:
                self.world.changes(duty, duty.now.status, due)

    # -- after each step ------------------------------------------------------------------------------

    @invariant()
    def nothing_is_wrong(self) -> None:
        if self.dead:
            return
        after = look(self.world.witness)
        self.world.learn(after)
        found = delivery_rules.judge(self.world, self.before, after)
        self.before = self.world.seen = after
        self.dead = bool(found)
        FIGURES["steps"] += 1
        assert not found, "\n".join(found)

    def teardown(self) -> None:
        try:
            if not self.dead and self.world.duties:
                self.until_quiet()
        finally:
            self.world.close()
            self.place.__exit__(None, None, None)

    def until_quiet(self) -> None:
        """Everybody rests no more, the post takes everything, and the rounds run until there is nothing to do."""
        for process in self.world.workers:
            if process.place != "idle":
                process.finish("taken")
        self.nothing_is_wrong()
        for turn in (True, False):  # the campaign first
            for place, one in enumerate(self.world.rests):
                if not one.quiet and one.over is None and turn == (one.unit is None):
                    assert self.world.does(self.mover(one.unit, "resume"))
                    self.world.end(place)
        self.answers()
        for _ in range(120):
            with self.world.store.read() as session:
                after = foretell.next_event(session, self.world.now, HOURS)
                hour = self.world.now + timedelta(hours=1)
                behind = session.execute(
                    core.timer.select().where(core.timer.c.done_at.is_(None))
                ).first() or session.execute(core.mail.select().where(core.mail.c.state == "queued")).first()
            if after is None and not behind:
                break
            self.world.passes(max((after or hour) - self.world.now, timedelta(minutes=1)))
            self.tick(["taken"])
            self.nothing_is_wrong()
        found = list(delivery_rules.at_the_end(self.world, self.before))
        self.dead = bool(found)
        FIGURES["runs"] += 1
        FIGURES.update(one.order for one in self.world.tries)
        keys = Counter(one.key for one in self.world.tries if one.arrived)
        FIGURES["mails"] += len(keys)
        FIGURES["repeats"] += sum(keys.values()) - len(keys)
        assert not found, "\n".join(found)


def sa_first(session: Any, table: Any, where: Any) -> Any:
    return session.execute(table.select().where(where).order_by(table.c.id.desc())).first()


@pytest.fixture
def elapsing() -> Iterator[None]:
    """The budget of a round goes by the world's time."""
    yield
    rounds.elapsed = elapsed


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


def runs(make: Any, examples: int, steps: int) -> None:
    machine = type("Machine", (Delivery,), {"make": staticmethod(make)})
    long = bool(EXAMPLES)
    chosen = settings(
        max_examples=EXAMPLES or examples,
        stateful_step_count=STEPS if long else steps,
        deadline=None,
        derandomize=not long,
        database=None,
        phases=[Phase.generate, *([Phase.shrink] if "MODEL_SHRINK" in os.environ else [])],
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    if long:
        machine = seed(int(os.environ.get("MODEL_SEED", "1")))(machine)
    FIGURES.clear()
    run_machine(machine, settings=chosen)
    print(dict(FIGURES))  # noqa: T201


@pytest.mark.usefixtures("elapsing")
def test_on_sqlite_nothing_is_lost_or_doubled(peopled_file: Path) -> None:
    @contextmanager
    def make() -> Iterator[str]:
        with TemporaryDirectory(prefix="duban-model-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
            shutil.copy(peopled_file, Path(folder) / "duban.db")
            yield f"sqlite:///{folder}/duban.db"

    runs(make, 12, 40)


@pytest.mark.usefixtures("elapsing")
def test_on_postgresql_nothing_is_lost_or_doubled(databases: Any, upgraded_database: str) -> None:
    with databases.one(like=upgraded_database) as like:
        made = connect(like)
        people(made)
        made.close()
        runs(lambda: databases.one(like=like), 3, 25)
