"""Is it alive, can it work, how is it doing: for those who run it, without a key."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from anyio import to_thread
from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from api.house import House
from states import clock
from states.records import health, schema
from states.records.board import DEMO_CLOCK, last_event
from states.records.session import Store
from states.records.tables import Health

router = APIRouter(tags=["运行"])

SILENT = timedelta(minutes=10)
STUCK = timedelta(minutes=1)  # of real time, in which the clock of a demonstration has not moved
ROUND = "round:"
PREFECT = "prefect"
WATCHDOG = f"{ROUND}watchdog"
CREDITED = ("credited_days", "credited_obligations", "rungs_put_off")


class Alive(BaseModel):
    """The process answers."""

    status: str


class Part(BaseModel):
    """The last word of a part that runs by itself."""

    name: str
    ok: bool
    at: str
    detail: str


class Readiness(BaseModel):
    """Whether work gets done; `problems` says in words what is wrong. Prefect is never one of them.

    `credited`: what the fair clock gave back to units, which hinders nothing.
    """

    ready: bool
    problems: list[str]
    prefect: str
    credited: str
    parts: list[Part]


@router.get("/healthz", summary="进程在运行", response_model=Alive)
async def healthz() -> Response:
    return JSONResponse({"status": "ok"})


@router.get(
    "/readyz",
    summary="能否办理，哪里不对",
    response_model=Readiness,
    responses={503: {"model": Readiness, "description": "不能办理：problems 说明哪里不对"}},
)
async def readyz(request: Request) -> Response:
    house: House = request.app.state.house
    found = await to_thread.run_sync(look, house, limiter=house.watchers)
    return JSONResponse(found.model_dump(mode="json"), 200 if found.ready else 503)


@router.get("/metrics", summary="Prometheus 指标", response_class=Response)
async def metrics(request: Request) -> Response:
    """Prometheus 文本格式。"""
    house: House = request.app.state.house
    text = await to_thread.run_sync(_figures, house, limiter=house.watchers)
    return Response(text, media_type=CONTENT_TYPE_LATEST)


def _figures(house: House) -> bytes:
    return house.metrics.text(house.store, house.time.read, timedelta(seconds=house.settings.lease_seconds))


def look(house: House) -> Readiness:
    """How it is at the moment; what can't be read is a problem like others."""
    behind = schema.behind(house.store)
    if behind is not None:
        return Readiness(ready=False, problems=[behind], prefect="未知", credited="未知", parts=[])
    try:
        beats, demo = _beats(house.store)
    except sa.exc.SQLAlchemyError as error:
        said = f"数据库读不了：{error}"
        return Readiness(ready=False, problems=[said], prefect="未知", credited="未知", parts=[])
    problems = demo_troubles(beats, demo, clock.now()) if demo else troubles(beats, house.time.read())
    zone = house.settings.zone
    parts = [
        Part(
            name=one.name,
            ok=one.ok,
            at=one.at.astimezone(zone).isoformat(timespec="seconds"),
            detail=one.detail,
        )
        for one in beats
    ]
    prefect = next((one.detail for one in beats if one.name == PREFECT), "没有使用")
    return Readiness(
        ready=not problems, problems=problems, prefect=prefect, credited=credited(beats), parts=parts
    )


def credited(beats: list[Health]) -> str:
    """What the watchdog counted last: time lost through us in thirty days, rungs that wait."""
    told = next((one.figures for one in beats if one.name == WATCHDOG), {})
    days, owed, off = (int(told.get(name, 0)) for name in CREDITED)
    if not (days or off):
        return "没有"
    return f"30天内因邮件或轮次中断，{owed} 个应办事项共记入 {days} 个工作日；{off} 项逾期升级顺延等待"


def _beats(store: Store) -> tuple[list[Health], Health | None]:
    """The last words, and that of a demonstration's clock while one runs."""
    with store.read() as session:
        found = health.beats(session)
    demo = next((one for one in found if one.name == DEMO_CLOCK), None)
    return [one for one in found if one is not demo], demo


def demo_troubles(beats: list[Health], demo: Health, now: datetime) -> list[str]:
    """The same of a demonstration: it leaps from event to event, so what counts is the latest one it has lived
    through, and whether its clock still moves (`now` and the `at` of that clock are real time)."""
    lived = last_event(beats)
    said = troubles(beats, lived) if lived else []
    if now - demo.at > STUCK:
        minutes = int((now - demo.at) / timedelta(minutes=1))
        said.append(f"演示的时钟已有 {minutes} 分钟没有走动，请看启动演示的终端里说了什么")
    return said


def troubles(beats: list[Health], now: datetime) -> list[str]:
    """What keeps work from being done: rounds that fail or have fallen silent. No round at all: the clock is off."""
    said = []
    for one in beats:
        minutes = int((now - one.at) / timedelta(minutes=1))
        silent = now - one.at > SILENT
        if one.name.startswith(ROUND) and silent:
            said.append(f"轮次 {one.name.removeprefix(ROUND)} 已有 {minutes} 分钟没有运行")
        elif one.name != PREFECT and not one.ok and not silent:
            said.append(f"{one.name.removeprefix(ROUND)} 出错：{one.detail}")
    return said
