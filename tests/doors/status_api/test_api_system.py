"""Alive, ready, measured: what those who run it can ask without a key."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from fastapi.testclient import TestClient

from api.app import create_app
from states import clock
from states.records import health
from states.records.board import DEMO_CLOCK, DEMO_STEP


def beat(world: Any, name: str, *, ok: bool = True, minutes: int = 0, detail: str = "完成 0 项") -> None:
    health.beat(world.store, name, ok, detail, world.hands.at - timedelta(minutes=minutes), {"sent": 2.0})


def ready(world: Any) -> Any:
    return world.client.get("/readyz")


def test_it_is_alive(world: Any) -> None:
    answer = world.client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_without_any_round_the_clock_is_off_and_that_is_no_error(world: Any) -> None:
    answer = ready(world)
    assert answer.status_code == 200
    assert answer.json() == {
        "ready": True,
        "problems": [],
        "prefect": "没有使用",
        "credited": "没有",
        "parts": [],
    }


def test_rounds_that_run_are_shown(world: Any) -> None:
    beat(world, "round:deliver", minutes=9)
    answer = ready(world)
    assert answer.status_code == 200
    assert answer.json()["parts"] == [
        {"name": "round:deliver", "ok": True, "at": "2026-11-02T08:51:00+08:00", "detail": "完成 0 项"}
    ]


def test_a_round_that_fell_silent_is_named(world: Any) -> None:
    beat(world, "round:deliver")
    beat(world, "round:remind", minutes=25)
    answer = ready(world)
    assert answer.status_code == 503
    assert answer.json()["problems"] == ["轮次 remind 已有 25 分钟没有运行"]


def test_a_round_that_fails_is_named_with_what_it_said(world: Any) -> None:
    beat(world, "remind", ok=False, detail="轮次出错：示例")
    answer = ready(world)
    assert answer.status_code == 503
    assert answer.json()["problems"] == ["remind 出错：轮次出错：示例"]


def test_a_failure_of_long_ago_in_a_part_that_no_longer_runs_is_none(world: Any) -> None:
    beat(world, "remind", ok=False, minutes=60)
    assert ready(world).status_code == 200


def test_prefect_is_told_and_never_stands_in_the_way(world: Any) -> None:
    beat(world, "prefect", ok=False, detail="没有启动；轮次照常直接运行")
    answer = ready(world)
    assert answer.status_code == 200
    assert answer.json()["prefect"] == "没有启动；轮次照常直接运行"


def test_a_database_of_another_version_is_named(world: Any) -> None:
    with world.store.write() as session:
        session.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
        session.execute(sa.text("UPDATE shape SET oldest = '9999'"))
    answer = ready(world)
    assert answer.status_code == 503
    (problem,) = answer.json()["problems"]
    assert "数据库已由更新的 duban 升级（结构 9999" in problem


def test_a_demonstration_is_answered_on_its_own_clock(world: Any) -> None:
    shown = world.hands.at + timedelta(days=100)
    health.beat(world.store, DEMO_CLOCK, True, shown.isoformat(), shown)
    with TestClient(create_app(world.settings)) as client:
        answer = client.get("/api/v1/units/A-H1/status", headers=world.all).json()
    assert answer["as_of"] == "2027-02-10T09:00:00+08:00"
    assert answer["campaigns"][0]["overdue"] == 2


def demo_clock(world: Any, ago: timedelta) -> None:
    """The clock of a demonstration, last moved so long ago in real time."""
    health.beat(world.store, DEMO_CLOCK, True, world.hands.at.isoformat(), clock.now() - ago)


def test_a_demonstration_that_leaps_over_hours_is_ready(world: Any) -> None:
    beat(world, "round:deliver", minutes=799)
    assert ready(world).status_code == 503
    demo_clock(world, timedelta(seconds=5))
    beat(world, DEMO_STEP, minutes=799)
    beat(world, "round:remind")  # of the step that it is in the middle of
    assert ready(world).status_code == 200


def test_a_demonstration_whose_clock_stands_still_is_not_ready(world: Any) -> None:
    beat(world, "round:deliver", minutes=3)
    demo_clock(world, timedelta(minutes=3))
    answer = ready(world)
    assert answer.status_code == 503
    assert "演示的时钟已有 3 分钟没有走动" in answer.json()["problems"][0]


def test_a_demonstration_with_a_round_that_hangs_or_fails_says_which(world: Any) -> None:
    demo_clock(world, timedelta(seconds=5))
    beat(world, "round:deliver", minutes=60)
    beat(world, "round:remind")
    beat(world, DEMO_STEP)
    assert ready(world).json()["problems"] == ["轮次 deliver 已有 60 分钟没有运行"]
    beat(world, "round:deliver")
    beat(world, DEMO_STEP, ok=False, detail="磁盘已满")
    assert ready(world).json()["problems"] == ["demo 出错：磁盘已满"]
