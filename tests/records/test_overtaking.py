"""A guard that was judged while somebody else was undoing what it saw: the move must not be made."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from threading import Event, Thread
from typing import Any

import pytest

from states.errors import Refused
from states.records import locks, mass, moving, swift
from states.records.access import Scope
from states.records.pipelined import Pipelined
from states.records.prepared import Driver
from states.records.reads import Statuses
from states.records.swift import Asked, Wish

NOW = "2026-03-10 10:00"
REVIEWED = """
phases:
  - {key: check, name: 自查自纠, window: 为期2周, review: true}
  - {key: mend, name: 集中整治, opens: after_previous, window: 为期2周}
requirements:
  - {key: report, name: 自查报告, phase: check, due: 启动后10日内}
"""
WRITER = Scope(key_id=1, name="test", write=True, path=None, campaigns=None)

WHERE_WRITERS_DO_NOT_QUEUE = pytest.mark.parametrize("shaped_url", ["postgresql"], indirect=True)


@pytest.fixture
def settled(stage) -> int:
    """A campaign whose units have handed everything in and wait for approval."""
    key = stage.launch(stage.template(REVIEWED))
    with stage.store.write() as session:
        for code in stage.participants:
            owed = stage.owed("report", code).id
            moving.act(session, stage.campaign(session, key), owed, "submit", stage.at(NOW), "test")
    assert set(stage.states(key).values()) == {"check.review"}
    return key


def by_hand(stage, key: int, code: str) -> None:
    with stage.store.write() as session:
        moving.move(session, stage.campaign(session, key), stage.ids[code], "approve", stage.at(NOW), "test")


def swiftly(stage, key: int, code: str) -> None:
    wish = Wish(key, code, "approve", None, None)
    statuses = Statuses(stage.store)
    if stage.store.sqlite:
        driver = Driver(stage.store)
        (made,) = swift.moves_locked(driver, statuses, [Asked(WRITER, wish, stage.at(NOW))])
        driver.close()
        if isinstance(made, Refused):
            raise made
        return
    asyncio.run(_together(stage, statuses, wish))


async def _together(stage, statuses: Statuses, wish: Wish) -> None:
    reads, writes = Pipelined(stage.store), Pipelined(stage.store, writes=True)
    try:
        await swift.move_together(reads, writes, statuses, WRITER, wish, stage.at(NOW))
    finally:
        await reads.close()
        await writes.close()


def in_mass(stage, key: int, _code: str) -> None:
    with stage.store.write() as session:
        mass.mass_move(session, stage.campaign(session, key), "approve", [], stage.at(NOW), "test")


@pytest.mark.parametrize("approve", [by_hand, swiftly, in_mass])
def test_what_is_being_returned_at_this_moment_is_not_approved(
    stage, settled, approve: Callable[[Any, int, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    returned, go_on = Event(), Event()
    broken: list[Exception] = []
    follow = moving.follow

    def late(*given: Any) -> Any:
        returned.set()
        go_on.wait(5)
        return follow(*given)

    monkeypatch.setattr(moving, "follow", late)

    def take_back() -> None:
        with stage.store.write() as session:
            owed = stage.owed("report", "R1-H1").id
            campaign = stage.campaign(session, settled)
            moving.act(session, campaign, owed, "return", stage.at(NOW), "test", reason="缺表")

    def approving() -> None:
        try:
            approve(stage, settled, "R1-H1")
        except Refused:
            pass
        except Exception as error:
            broken.append(error)

    first, second = Thread(target=take_back), Thread(target=approving)
    first.start()
    assert returned.wait(5)
    second.start()
    second.join(0.1)
    go_on.set()
    first.join()
    second.join()
    assert broken == []
    assert stage.owed("report", "R1-H1").status == "returned"
    assert stage.run("R1-H1").state == "check.review"


@WHERE_WRITERS_DO_NOT_QUEUE
def test_acts_of_single_units_go_beside_each_other_and_those_on_many_wait(stage, settled) -> None:
    """Otherwise every unit of a campaign would queue behind the slowest."""
    done: list[str] = []

    def one() -> None:
        with stage.store.write() as session:
            locks.beside_others(session, settled)
        done.append("one")

    def many() -> None:
        with stage.store.write() as session:
            locks.alone(session, settled)
        done.append("many")

    with stage.store.write() as session:
        locks.beside_others(session, settled)
        beside, waiting = Thread(target=one), Thread(target=many)
        beside.start()
        beside.join(5)
        waiting.start()
        waiting.join(0.3)
        assert done == ["one"]
    waiting.join(5)
    assert done == ["one", "many"]


@WHERE_WRITERS_DO_NOT_QUEUE
def test_a_move_that_waits_too_long_for_a_row_is_handed_back_with_nothing_written(stage, settled) -> None:
    """The others of its moment must not wait for a mass move that takes its time."""
    wish = Wish(settled, "R1-H1", "approve", None, None)

    async def asked() -> Any:
        reads, writes = Pipelined(stage.store), Pipelined(stage.store, writes=True)
        try:
            return await swift.move_together(
                reads, writes, Statuses(stage.store), WRITER, wish, stage.at(NOW)
            )
        finally:
            await reads.close()
            await writes.close()

    with stage.store.write() as session:
        moving.run_of(session, stage.campaign(session, settled), stage.ids["R1-H1"], lock=True)
        assert asyncio.run(asked()) is None
    assert stage.run("R1-H1").state == "check.review"
    assert stage.run("R1-H1").version == 2
    made = asyncio.run(asked())
    assert made["state"]["key"] == "mend"
