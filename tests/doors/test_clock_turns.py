"""A round runs once, whatever Prefect does before, during or after it. No Prefect in this file."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from flows.turns import Flows, Turn

PATIENCE = 0.3


class Round:
    """A round that counts; the first `fails` attempts raise."""

    def __init__(self, fails: int = 0, lasts: float = 0.0) -> None:
        self.began: list[float] = []
        self.fails, self.lasts = fails, lasts

    def __call__(self) -> str:
        self.began.append(time.monotonic())
        time.sleep(self.lasts)
        if len(self.began) <= self.fails:
            raise OSError("数据库忙")
        return "report"


@contextmanager
def flows(
    call: Callable, answers: Callable[[], bool] = lambda: True, patience: float = PATIENCE
) -> Iterator[Flows]:
    made = Flows(call, answers, patience)
    try:
        yield made
    finally:
        made.close()


async def well(job: str, work: Callable) -> object:
    return await asyncio.to_thread(work)


async def never(job: str, work: Callable) -> None:
    await asyncio.sleep(60)


async def refused(job: str, work: Callable) -> None:
    raise ConnectionError("the server is gone")


async def lost_after(job: str, work: Callable) -> None:
    await asyncio.to_thread(work)
    raise ConnectionError("the server is gone")


async def hangs_after(job: str, work: Callable) -> None:
    await asyncio.to_thread(work)
    await asyncio.sleep(60)


async def tries_twice(job: str, work: Callable) -> object:
    try:
        return await asyncio.to_thread(work)
    except OSError:
        return await asyncio.to_thread(work)


@pytest.mark.parametrize(
    ("call", "trouble"),
    [
        (well, ""),
        (never, "没有按时"),
        (refused, "ConnectionError"),
        (lost_after, "ConnectionError"),
        (hangs_after, "没有按时"),
        (tries_twice, ""),
    ],
)
def test_a_round_runs_once_and_soon_and_prefects_trouble_is_told(call, trouble):
    work = Round()
    began = time.monotonic()
    with flows(call) as through:
        turn = Turn(work)
        said = through.run("remind", turn)
        report = turn.by_clock()
    assert report == "report"
    assert len(work.began) == 1
    assert work.began[0] - began < PATIENCE + 1
    assert (trouble in said) if trouble else said == ""


def test_a_flow_that_comes_too_late_finds_the_round_done():
    work, gate, late = Round(), threading.Event(), []

    async def dawdles(job: str, turn: Callable) -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            late.append(await asyncio.to_thread(turn))
            gate.set()

    with flows(dawdles) as through:
        turn = Turn(work)
        through.run("remind", turn)
        turn.by_clock()
        assert gate.wait(5)
    assert len(work.began) == 1
    assert late[0] in (None, "report")


def test_a_flow_may_try_a_failed_round_again_but_the_clock_does_not():
    work = Round(fails=1)
    with flows(tries_twice) as through:
        turn = Turn(work)
        assert through.run("remind", turn) == ""
        assert turn.by_clock() == "report"
    assert len(work.began) == 2

    work = Round(fails=9)
    with flows(well) as through:
        turn = Turn(work)
        assert through.run("remind", turn) == "", "a round that fails is not Prefect's fault"
        with pytest.raises(OSError, match="数据库忙"):
            turn.by_clock()
    assert len(work.began) == 1


def test_a_long_round_is_waited_for_however_long():
    work = Round(lasts=PATIENCE * 4)
    with flows(well) as through:
        turn = Turn(work)
        assert through.run("deliver", turn) == ""
        assert turn.by_clock() == "report"
    assert len(work.began) == 1


def test_a_server_that_does_not_answer_is_not_called():
    called = []

    async def call(job: str, turn: Callable) -> None:
        called.append(job)

    with flows(call, answers=lambda: False) as through:
        assert "没有应答" in through.run("remind", Turn(Round()))
    assert called == []


def test_after_a_disappointment_prefect_rests_and_costs_nothing():
    called = []

    async def call(job: str, turn: Callable) -> None:
        called.append(job)
        await asyncio.sleep(60)

    with flows(call) as through:
        through.run("remind", Turn(Round()))
        began = time.monotonic()
        assert "不再使用" in through.run("escalate", Turn(Round()))
        assert time.monotonic() - began < PATIENCE / 2
    assert called == ["remind"]


def test_flows_begin_one_after_another_and_run_side_by_side():
    beginning, most = [], []

    async def call(job: str, turn: Callable) -> object:
        beginning.append(job)
        most.append(len(beginning))
        await asyncio.sleep(0.05)
        beginning.remove(job)
        return await asyncio.to_thread(turn)

    rounds = [Round(lasts=0.25) for _ in range(4)]
    with flows(call) as through:
        threads = [threading.Thread(target=through.run, args=(str(n), Turn(r))) for n, r in enumerate(rounds)]
        began = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        took = time.monotonic() - began
    assert max(most) == 1
    assert [len(r.began) for r in rounds] == [1, 1, 1, 1]
    assert took < 4 * 0.3, "rounds waited for each other, not only beginnings"


def test_one_who_stops_waits_for_the_round_and_not_for_prefect():
    work = Round(lasts=0.3)
    with flows(never, patience=20) as through:
        turn = Turn(work)
        threading.Timer(0.1, through.hurry).start()
        began = time.monotonic()
        assert through.run("remind", turn) == ""
        assert turn.by_clock() == "report"
        assert time.monotonic() - began < 5
    assert len(work.began) == 1


def test_a_server_started_anew_is_asked_again_at_once():
    calls = [refused, well]

    async def call(job: str, work: Callable) -> object:
        return await calls.pop(0)(job, work)

    with flows(call) as through:
        assert through.run("remind", Turn(Round()))
        through.forgive()
        assert through.run("remind", Turn(Round())) == ""
