"""A small invented region with one running campaign, served by the real application on both databases."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient
from httpx import Response
from pydantic import TypeAdapter

from api.app import create_app
from states import settings
from states.documents.unitlist import ContactRow, UnitList, UnitRow
from states.records import access, launch, roster
from states.records.core import unit
from states.records.foretell import run_through
from states.records.launch import Order
from states.records.outbox import MailHours
from states.records.session import Store, connect
from states.template import Role

ZONE = ZoneInfo("Asia/Shanghai")
HOURS = MailHours(ZONE, time(9), time(17, 30))
UNITS = (
    ("S", "示例市卫生健康委员会", "authority", None),
    ("S-D1", "示例办公室", "department", "S"),
    ("A", "示例东县卫生健康局", "authority", "S"),
    ("A-H1", "示例东县人民医院", "hospital", "A"),
    ("A-C1", "示例东县100%_惠民诊所", "clinic", "A"),
    ("B", "示例西县卫生健康局", "authority", "S"),
    ("B-H1", "示例西县人民医院", "hospital", "B"),
    ("B-H2", "示例西县中医院", "tcm_hospital", "B"),
)
TEMPLATE = """
key: two-phase
version: 3
title: 示例专项整治
phases:
  - {key: self-check, name: 自查自纠, from: 2026年11月2日, until: 2026年11月27日, review: true, announce: [liaison]}
  - {key: rectify, name: 集中整治, from: 2026年11月28日, until: 2026年12月31日}
requirements:
  - {key: report, name: 自查报告, phase: self-check, due: 2026年11月20日, review: true, form: {fields: [{key: found, name: 发现问题}]}}
  - {key: list, name: 问题清单, phase: self-check, due: 2026年11月25日, nil: true}
  - {key: summary, name: 整改总结, phase: rectify, due: 2026年12月25日}
ladder: main
ladders:
  main:
    rungs:
      - {at: -1wd, name: 提醒, to: [liaison]}
      - {at: +1wd, name: 催办, to: [liaison]}
      - {at: +2wd, name: 督促, to: [principal]}
      - {at: +5wd, name: 约谈, to: [principal], confirm: true, letter: 约谈通知书}
coverage:
  - {name: 医院覆盖面, percent: 100, by: closed, scope: {kinds: [hospital]}}
ledger:
  columns: [问题, 措施]
  rows:
    - {no: 1, project: 示例项目, problem: 收费不公示, measures: [上墙公示], departments: [示例办公室], due: 2026年12月10日}
    - {no: 2, project: 示例项目, problem: 台账不全, measures: [补齐台账], departments: [示例办公室], due: 12月底前并长期坚持}
outcomes: [办结, 阶段性办结]
"""
STARTED = datetime(2026, 11, 2, 9, tzinfo=ZONE).astimezone(UTC)


_adapters: dict[Any, TypeAdapter[Any]] = {}


def routes_below(routes: Any) -> Iterator[Any]:
    """All routes with a model of their answer, those of included routers too."""
    for one in routes:
        inner = getattr(one, "original_router", None) or getattr(one, "routes", None)
        if getattr(one, "response_model", None) is not None:
            yield one
        elif inner is not None:
            yield from routes_below(getattr(inner, "routes", inner))


class Hands:
    """The hands of a clock that a test sets."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


class World:
    """The application over one database, its clock, its keys, and the rounds."""

    template = TEMPLATE

    def __init__(self, url: str, folder: Path, **more: str) -> None:
        environment = {"DUBAN_HOME": str(folder), "DUBAN_DATABASE_URL": url, **more}
        self.settings = settings.read(environment)
        self.hands = Hands(STARTED)
        self.app = create_app(self.settings, now=self.hands)
        self.store: Store = self.app.state.store
        self.url = url
        self.client = TestClient(self.app)
        self.all = self.key("all", write=True)

    def key(self, name: str, **scope: Any) -> dict[str, str]:
        """Headers with a new key."""
        with self.store.write() as session:
            token = access.create(session, name, STARTED, **scope)
        return {"Authorization": f"Bearer {token}"}

    def get(self, path: str, key: dict[str, str] | None = None, **more: Any) -> Response:
        headers = {**(self.all if key is None else key), **more.pop("headers", {})}
        return self._checked(self.client.get(f"/api/v1{path}", headers=headers, **more))

    def post(self, path: str, body: Any = None, key: dict[str, str] | None = None, **more: Any) -> Response:
        headers = {**(self.all if key is None else key), **more.pop("headers", {})}
        return self._checked(self.client.post(f"/api/v1{path}", json=body, headers=headers, **more))

    def _checked(self, answer: Response) -> Response:
        """Every answer that any test gets has the shape that is documented."""
        if answer.status_code in (200, 201) and answer.headers["content-type"] == "application/json":
            path, method = answer.request.url.path, answer.request.method
            model, *_others = [  # the first that matches is the one that answers
                one.responses.get(answer.status_code, {}).get("model") or one.response_model
                for one in routes_below(self.app.routes)
                if one.path_regex.match(path) and method in one.methods
            ]
            _adapters.setdefault(model, TypeAdapter(model)).validate_json(answer.content)
        return answer

    def at(self, words: str) -> None:
        """Let the rounds run until `2026-11-23 10:00` local time, and read the clock then."""
        until = datetime.fromisoformat(words).replace(tzinfo=ZONE).astimezone(UTC)
        run_through(self.store, self.hands.at, until, HOURS)
        self.hands.at = until

    def id_of(self, code: str) -> int:
        with self.store.read() as session:
            return session.execute(sa.select(unit.c.id).where(unit.c.code == code)).scalar_one()

    def owes(self, code: str, requirement: str) -> int:
        """The number of an obligation."""
        found = self.get("/campaigns/1/obligations", params={"unit": code, "limit": 500}).json()["items"]
        return next(one["id"] for one in found if one["milestone"]["requirement"] == requirement)

    def hand_in(self, code: str, *requirements: str) -> None:
        for requirement in requirements:
            answer = self.post(f"/campaigns/1/obligations/{self.owes(code, requirement)}/submit")
            assert answer.status_code == 200, answer.text


SIZES = {"A-H1": ("二级甲等", 300), "B-H1": ("三级甲等", 800), "A-C1": ("", 0)}


def _organisation() -> UnitList:
    rows = tuple(
        UnitRow(code, name, kind, "", parent, 1, *SIZES.get(code, ())) for code, name, kind, parent in UNITS
    )
    roles = {"S": (Role.coordinator, Role.office, Role.principal)}
    people = tuple(
        ContactRow(code, role, f"王示例{code}", f"{role.value}.{code.lower()}@example.org", 1)
        for code, *_rest in UNITS
        for role in roles.get(code, (Role.liaison, Role.principal))
    )
    return UnitList(rows, people, ())


def _populate(store: Store) -> None:
    with store.write() as session:
        roster.apply(session, _organisation(), {}, STARTED, "test")
    with store.write() as session:
        launch.launch(session, Order(TEMPLATE, date(2026, 11, 2), {}), STARTED, "test")


@pytest.fixture(scope="session")
def populated_file(upgraded_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file to copy."""
    path = Path(shutil.copy(upgraded_file, tmp_path_factory.mktemp("api") / "populated.db"))
    store = connect(f"sqlite:///{path}")
    _populate(store)
    with store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()
    return path


@pytest.fixture(scope="session")
def populated_database(databases: Any, upgraded_database: str) -> Iterator[str]:
    """Address of a database on PostgreSQL to copy."""
    with databases.one(like=upgraded_database) as url:
        store = connect(url)
        _populate(store)
        store.close()
        yield url


@contextmanager
def opened(request: pytest.FixtureRequest, folder: Path, **more: str) -> Iterator[World]:
    """The region on the kind of database that `request` has as its parameter; `more`: settings."""
    with ExitStack() as stack:
        if request.param == "sqlite":
            shutil.copy(request.getfixturevalue("populated_file"), folder / "duban.db")
            url = f"sqlite:///{folder / 'duban.db'}"
        else:
            like = request.getfixturevalue("populated_database")
            url = stack.enter_context(request.getfixturevalue("databases").one(like=like))
        made = World(url, folder, **more)
        stack.enter_context(made.client)
        yield made


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """The region on 2 November 2026, 9:00, its campaign just started."""
    with opened(request, tmp_path) as made:
        yield made


@pytest.fixture(scope="session")
def world_of() -> Callable[..., AbstractContextManager[World]]:
    """For a file whose tests only look at one world: it is lived through once."""
    return opened
