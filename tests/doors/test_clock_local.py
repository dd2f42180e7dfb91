"""The clock of one machine: slots, the claim, health, stopping. No Prefect in this file."""

from __future__ import annotations

import multiprocessing
import sqlite3
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from flows import local, rounds
from flows.local import LocalClock, slot_of
from flows.turns import Turn
from states import settings
from states.records import health, schema
from states.records.session import connect

NOON = datetime(2026, 12, 5, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Report:
    job: str
    at: datetime
    done: int


class House:
    """Rounds, claims and health of one machine, written down."""

    def __init__(self) -> None:
        self.ran: list[tuple[str, datetime]] = []
        self.claimed: set[tuple[str, datetime]] = set()
        self.health: dict[str, tuple[bool, str]] = {}
        self.fault: Exception | None = None
        self.lasts = 0.0
        self.began = threading.Event()

    def run(self, job: str, now: datetime) -> Report:
        self.began.set()
        time.sleep(self.lasts)
        if self.fault:
            raise self.fault
        self.ran.append((job, now))
        return Report(job, now, 3)

    def claim(self, job: str, slot: datetime) -> bool:
        won = (job, slot) not in self.claimed
        self.claimed.add((job, slot))
        return won

    def note(self, name: str, ok: bool, detail: str, now: datetime) -> None:
        self.health[name] = (ok, detail)

    def clock(self, *jobs: str, **more) -> LocalClock:
        return LocalClock(jobs or ("remind",), self.run, self.claim, self.note, **more)


class Prefect:
    """Stands where Prefect would: runs the round or says why not."""

    def __init__(self, trouble: str = "", starting: bool = False) -> None:
        self.trouble, self.starting, self.told = trouble, starting, []
        self.ready, self.url = not starting, "http://127.0.0.1:4200/api"

    def start(self) -> None:
        self.told.append("start")

    def run(self, job: str, turn: Turn) -> str:
        if self.trouble == "raise":
            raise RuntimeError("the event loop is closed")
        if not self.trouble:
            turn.by_flow()
        return self.trouble

    def hurry(self) -> None:
        self.told.append("hurry")

    def stop(self) -> None:
        self.told.append("stop")


@pytest.mark.parametrize(
    ("now", "every", "slot"),
    [
        (NOON, 60, NOON),
        (NOON + timedelta(seconds=59, microseconds=999999), 60, NOON),
        (NOON + timedelta(seconds=60), 60, NOON + timedelta(seconds=60)),
        (NOON + timedelta(seconds=59), 30, NOON + timedelta(seconds=30)),
        (NOON.astimezone(ZoneInfo("Asia/Shanghai")), 60, NOON),
    ],
)
def test_a_slot_is_the_start_of_the_interval_in_utc(now, every, slot):
    assert slot_of(now, every) == slot
    assert slot_of(now, every).tzinfo is UTC


def test_a_slot_claimed_by_another_clock_is_not_run():
    house = House()
    clock = house.clock(now=lambda: NOON + timedelta(seconds=20))
    house.claimed.add(("remind", NOON))
    assert clock.tick("remind") is None
    assert house.ran == []
    assert clock.tick("deliver") is not None


def test_a_round_is_told_the_time_of_its_tick():
    house = House()
    now = NOON + timedelta(seconds=20)
    house.clock(now=lambda: now).tick("remind")
    assert house.ran == [("remind", now)]


def test_a_round_that_fails_is_seen_in_health_and_its_next_slot_runs():
    house, times = House(), iter([NOON, NOON, NOON + timedelta(seconds=60)])
    clock = house.clock(now=lambda: next(times))
    house.fault = OSError("磁盘已满")
    with pytest.raises(OSError, match="磁盘已满"):
        clock.tick("remind")
    ok, detail = house.health["round:remind"]
    assert not ok
    assert "磁盘已满" in detail
    house.fault = None
    assert clock.tick("remind") is not None


def test_a_round_runs_even_when_health_cannot_be_written():
    house = House()

    def note(*_: object) -> None:
        raise OSError("磁盘已满")

    clock = LocalClock(["remind"], house.run, house.claim, note, skin=Prefect("没有应答"), now=lambda: NOON)
    with pytest.raises(OSError, match="磁盘已满"):
        clock.tick("remind")
    assert house.ran == [("remind", NOON)]


@pytest.mark.parametrize(
    ("prefect", "ok", "words"),
    [
        (Prefect(), True, "正常"),
        (Prefect("没有应答"), False, "没有应答；轮次照常直接运行"),
        (Prefect("raise"), False, "出错（RuntimeError）；轮次照常直接运行"),
        (Prefect("正在启动", starting=True), True, "正在启动；轮次照常直接运行"),
    ],
)
def test_with_or_without_prefect_the_round_runs_once_and_health_says_how(prefect, ok, words):
    house = House()
    house.clock(skin=prefect, now=lambda: NOON).tick("remind")
    assert house.ran == [("remind", NOON)]
    assert house.health["prefect"][0] is ok
    assert words in house.health["prefect"][1]


def test_the_clock_ticks_at_once_and_then_at_every_slot():
    house = House()
    clock = house.clock("open_due", "remind", every=1)
    clock.start()
    time.sleep(2.3)
    clock.stop()
    for job in ("open_due", "remind"):
        ran = [at for name, at in house.ran if name == job]
        assert len(ran) in (3, 4)
        assert all(later.microsecond < 500_000 for later in ran[1:]), "not at the start of the slot"
    assert len(house.claimed) == len(house.ran)


def test_a_clock_that_is_set_back_an_hour_does_not_wait_for_the_hour_to_come_again():
    house = House()
    clock = house.clock(every=1)
    clock.start()
    assert house.began.wait(5)
    for job in clock._scheduler.get_jobs():  # as it stands when an hour has been taken back
        job.modify(next_run_time=job.next_run_time + timedelta(hours=1))
    before = len(house.ran)
    time.sleep(3.2)
    clock.stop()
    assert len(house.ran) - before >= 1


def test_the_clock_tells_where_prefect_is_once_it_answers_and_never_without_it():
    prefect = Prefect(starting=True)
    clock = House().clock(skin=prefect)
    assert clock.prefect_url is None
    prefect.ready = True
    assert clock.prefect_url == "http://127.0.0.1:4200/api"
    assert House().clock().prefect_url is None


def test_stopping_finishes_the_round_that_runs_and_begins_no_other():
    house, prefect = House(), Prefect("没有应答")
    house.lasts = 0.5
    clock = house.clock(every=60, skin=prefect)
    clock.start()
    assert house.began.wait(5)
    clock.stop()
    assert len(house.ran) == 1
    assert prefect.told == ["start", "hurry", "stop"]


def test_a_clock_that_never_began_stops_in_peace():
    house, prefect = House(), Prefect("没有应答")
    house.clock(skin=prefect).stop()
    assert (house.ran, prefect.told) == ([], ["hurry", "stop"])


def test_a_round_longer_than_its_interval_is_not_overtaken():
    house = House()
    house.lasts = 1.6
    clock = house.clock(every=1)
    clock.start()
    time.sleep(2.2)
    clock.stop()
    starts = [at for _, at in house.ran]
    assert len(starts) <= 2
    assert all(later - earlier > timedelta(seconds=1.6) for earlier, later in pairwise(starts))


def test_the_clock_does_not_import_prefect():
    seen = subprocess.run(
        [sys.executable, "-c", "import flows.local, sys; print('prefect' in sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert seen.stdout.strip() == "False"


def test_the_real_rounds_tick_on_a_real_record_and_lite_says_that_prefect_is_off(tmp_path):
    given = settings.read({"DUBAN_HOME": str(tmp_path)}, tmp_path)
    store = connect(given.database_url)
    schema.upgrade(store)
    clock = local.of(given, lite=True, every=60)
    clock.start()
    end = time.monotonic() + 30
    names: dict[str, bool] = {}
    while len(names) <= len(rounds.JOBS) and time.monotonic() < end:
        time.sleep(0.1)
        with store.read() as session:
            names = {beat.name: beat.ok for beat in health.beats(session)}
    clock.stop()
    store.close()
    assert names == dict.fromkeys(["prefect", *(f"round:{job}" for job in rounds.JOBS)], True)


def _one_of_four(home: Path, seconds: float) -> None:
    """A clock in a process of its own over the record in `home`; what ran is written beside it."""
    given = settings.read({"DUBAN_HOME": str(home)}, home)

    def run(job: str, now: datetime) -> Report:
        with sqlite3.connect(home / "ran.db", timeout=30) as ran:
            ran.execute("INSERT INTO ran VALUES (?, ?)", (job, slot_of(now, 1).isoformat()))
        return Report(job, now, 1)

    claim = partial(rounds.claim_tick, given)
    clock = LocalClock(("open_due", "remind", "deliver"), run, claim, lambda *_: None, every=1)
    clock.start()
    time.sleep(seconds)
    clock.stop()


@pytest.mark.slow
def test_four_clocks_over_one_record_run_each_slot_once(tmp_path):
    store = connect(settings.read({"DUBAN_HOME": str(tmp_path)}, tmp_path).database_url)
    schema.upgrade(store)
    with sqlite3.connect(tmp_path / "ran.db") as ran:
        ran.execute("CREATE TABLE ran (job TEXT, slot TEXT)")
    spawn = multiprocessing.get_context("spawn")
    clocks = [spawn.Process(target=_one_of_four, args=(tmp_path, 5.0)) for _ in range(4)]
    for each in clocks:
        each.start()
    try:
        for each in clocks:
            each.join(60)
        assert [each.exitcode for each in clocks] == [0, 0, 0, 0]
    finally:
        for each in clocks:
            each.kill()
    with sqlite3.connect(tmp_path / "ran.db") as ran:
        counts = ran.execute("SELECT count(*) FROM ran GROUP BY job, slot").fetchall()
    with store.read() as session:
        slots = session.execute(sa.text("SELECT count(*) FROM tick")).scalar_one()
    store.close()
    assert set(counts) == {(1,)}
    assert len(counts) == slots
    assert slots >= 3 * 5
