"""The change feed over HTTP: CloudEvents, a cursor that goes on, no further than the key reaches, and as a stream."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import TypeAdapter

from states.records import grants, published, sittings
from states.records.account_tables import Account
from states.records.asker import EVERYTHING
from states.records.core import journal
from states.records.grants import Grant
from states.records.journal import note
from states.records.roles import Role as AsRole
from states.records.told.changes import EventTold

EVENTS = TypeAdapter(list[EventTold])


def followed(world: Any, key: dict[str, str] | None = None, **params: Any) -> list[dict[str, Any]]:
    """Everything there is, page by page as a careful reader reads it."""
    found: list[dict[str, Any]] = []
    after = "0"
    while True:
        answer = world.get("/changes", key, params={"after": after, **params})
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/cloudevents-batch+json"
        found += EVENTS.validate_json(answer.content)
        if answer.headers["duban-next"] == after:
            return found
        assert f"after={answer.headers['duban-next']}" in answer.headers["link"]
        after = answer.headers["duban-next"]


@pytest.mark.parametrize("world", ["postgresql"], indirect=True)
def test_what_happens_is_told_once_in_order_whatever_the_size_of_a_page(world: Any) -> None:
    world.at("2026-11-23 10:00")
    world.hand_in("A-H1", "report")
    world.post(
        "/campaigns/1/moves", {"move": "suspend", "filter": {"all": True}, "dry_run": False, "reason": "示例"}
    )
    whole = followed(world, limit=500)
    assert followed(world, limit=7) == whole
    numbers = [int(one["id"]) for one in whole]
    assert numbers == sorted(set(numbers))
    assert [one["sequence"] for one in whole] == [f"{number:020}" for number in numbers]
    handed = next(one for one in whole if one["type"] == "duban.obligation.submit")
    assert handed["subject"] == "campaigns/1/units/A-H1"
    assert handed["data"] == {
        "campaign": 1,
        "unit": "A-H1",
        "before": "open",
        "after": "submitted",
        "obligation": world.owes("A-H1", "report"),
    }
    assert {"specversion", "id", "source", "type"} <= set(handed)
    assert datetime.fromisoformat(handed["time"]) == world.hands.at
    suspended = [one for one in whole if one["data"].get("move") == "suspend"]
    assert {one["data"]["unit"] for one in suspended} >= {"A", "A-H1", "A-C1", "B", "B-H1", "B-H2"}
    known = world.get("/changes", params={"after": "0"})
    again = world.get("/changes", params={"after": "0"}, headers={"If-None-Match": known.headers["etag"]})
    assert again.status_code == 304
    assert again.headers["duban-next"] == known.headers["duban-next"]


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
def test_some_types_alone_and_a_type_that_is_none(world: Any) -> None:
    world.hand_in("A-H1", "report", "list")
    some = followed(world, type=["duban.obligation.*", "duban.campaign.launched"])
    assert {one["type"] for one in some} == {"duban.obligation.submit", "duban.campaign.launched"}
    for wrong in ("mail.sent", "duban.mail.*", "duban.unit", "*", "duban.unit.*x"):
        answer = world.get("/changes", params={"type": wrong})
        assert answer.status_code == 422, wrong
    for after in ("x", "-1", "１", "1" * 19):
        assert world.get("/changes", params={"after": after}).status_code == 422, after
    ahead = world.get("/changes", params={"after": "99999"})
    assert ahead.status_code == 422
    assert "备份" in ahead.text


@pytest.mark.parametrize("world", ["postgresql"], indirect=True)
def test_a_key_follows_no_further_than_it_reads(world: Any) -> None:
    world.at("2026-11-27 10:00")
    world.hand_in("A-H1", "report")
    world.hand_in("B-H1", "report")
    clue = {"channel": "web", "grade": "conduct", "text": "示例", "about": "B-H1"}
    assert world.post("/campaigns/1/clues", clue).status_code == 201
    second = world.post(
        "/campaigns", {"text": world.template, "start": "2026-11-02", "title": "另一个", "past": "keep"}
    )
    other = second.json()["id"]
    whole = followed(world)
    assert {"A-H1", "B-H1"} <= {one["data"]["unit"] for one in whole}
    east = followed(world, world.key("east", under="A"))
    assert {one["data"]["unit"] for one in east} <= {"A", "A-H1", "A-C1", None}
    assert {one["data"]["unit"] for one in east} >= {"A-H1", None}
    of_all = {one["type"].split(".")[1] for one in east if one["data"]["unit"] is None}
    assert of_all <= set(published.WHOLE)
    assert not re.search("B-H1|units_|clue", json.dumps(east))
    one = followed(world, world.key("second", campaigns=[other]))
    assert {each["data"]["campaign"] for each in one} == {other}
    apart = world.key("apart", under="B-H2", campaigns=[other])
    assert {each["data"]["unit"] for each in followed(world, apart)} <= {"B-H2", None}


def test_who_sees_little_of_much_gets_on_all_the_same(world: Any) -> None:
    """A page looks at a bounded number of facts; its cursor is behind them even when none could be shown."""
    units = sa.text(
        "INSERT INTO journal (at, kind, actor, campaign_id, unit_id) "
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 25000) "
        "SELECT :at, 'unit.moved', 'x', 1, CAST(:unit AS integer) FROM n"
    ).bindparams(sa.bindparam("at", type_=journal.c.at.type))
    with world.store.write() as session:
        session.execute(units, {"at": world.hands.at, "unit": world.id_of("B-H1")})
        note(session, world.hands.at, "unit.moved", "x", campaign_id=1, unit_id=world.id_of("A-H1"))
    key = world.key("east", under="A-H1")
    first = world.get("/changes", key)
    assert 15_000 < int(first.headers["duban-next"]) < 25_000
    last = followed(world, key)[-1]
    assert last["type"], last["data"]["unit"] == ("duban.unit.moved", "A-H1")


PRIVATE = ("mail", "key", "address", "calendar", "contact", "report", "webhook")


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
def test_nothing_goes_out_that_was_not_meant_to(world: Any) -> None:
    """A season of everything: no sentence anybody wrote, no name, no address; and every kind of fact was thought of."""
    world.at("2026-11-23 10:00")
    world.post(
        "/campaigns/1/moves",
        {"move": "suspend", "filter": {"all": True}, "dry_run": False, "reason": "秘密理由"},
    )
    world.post(
        "/campaigns/1/moves",
        {"move": "resume", "filter": {"all": True}, "dry_run": False, "reason": "秘密理由"},
    )
    key = world.owes("A-H1", "report")
    world.post(f"/campaigns/1/obligations/{key}/submit", {"text": "秘密报送", "signer": "秘密签发人"})
    person = {"name": "秘密举报人", "contact": "13900000000"}
    clue = {"channel": "web", "grade": "conduct", "text": "秘密线索", "about": "A-H1", "informant": person}
    world.post("/campaigns/1/clues", clue)
    world.post("/campaigns/1/silences", {"until": "2026-11-25", "reason": "秘密理由"})
    body = {"before": "liaison.a@example.org", "email": "secret@example.org", "name": "秘密接手人"}
    world.post("/contacts/hand-over", body)
    world.at("2026-12-01 10:00")
    asked = world.get("/campaigns/1/proposals", params={"state": "proposed"}).json()["items"]
    world.post(
        f"/campaigns/1/proposals/{asked[0]['id']}/confirm", {"person": "秘密领导", "reason": "秘密理由"}
    )
    events = followed(world)
    told = json.dumps(events, ensure_ascii=False)
    assert not re.search("秘密|@|139|王示例|举报", told)
    assert "duban.letter.made" in told
    with world.store.read() as session:
        kinds = set(session.execute(sa.select(journal.c.kind).distinct()).scalars())
    silent = {kind for kind in kinds if not published.is_told(kind)}
    assert len(kinds) > 10
    assert {one["type"] for one in events} == {f"duban.{kind}" for kind in kinds - silent}
    assert {kind.partition(".")[0] for kind in silent} <= {*PRIVATE, "clue"}, silent


# -- as a stream --------------------------------------------------------------------------------------


class Reader:
    """Asks the application for a stream and takes what comes, as fast as it likes."""

    def __init__(self, world: Any, headers: dict[str, str], query: str = "") -> None:
        self.app, self.following = world.app, world.app.state.house.following
        self.taken, self.status, self.ended = "", 0, False
        self.takes = asyncio.Event()
        self.takes.set()
        self.gone = asyncio.Event()
        pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        self.scope = {
            "type": "http",
            "http_version": "1.1",
            "method": "GET",
            "path": "/api/v1/changes/stream",
            "raw_path": b"/api/v1/changes/stream",
            "root_path": "",
            "scheme": "http",
            "query_string": query.encode(),
            "headers": pairs,
            "server": ("test", 80),
            "client": ("test", 1),
        }

    async def read(self) -> None:
        await self.app(self.scope, self.receive, self.send)

    async def receive(self) -> dict[str, Any]:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            return
        await self.takes.wait()
        self.taken += message["body"].decode()
        self.ended = not message.get("more_body", False)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(one) for one in re.findall(r"^data: (.*)$", self.taken, re.MULTILINE)]

    @property
    def last(self) -> str:
        """What a browser would send as Last-Event-ID."""
        return re.findall(r"^id: (\d+)$", self.taken, re.MULTILINE)[-1]


async def until(true: Callable[[], object]) -> None:
    for _ in range(500):
        if true():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not happen")


@pytest.fixture
def quick(world: Any) -> Any:
    following = world.app.state.house.following
    following.poll, following.heartbeat, following.slow = 0.05, 0.2, 0.5
    return world


def happen(world: Any, number: int) -> None:
    """So many facts of a unit."""
    with world.store.write() as session:
        for _ in range(number):
            note(session, world.hands.at, "unit.moved", "x", campaign_id=1, unit_id=world.id_of("A-H1"))


def test_a_stream_tells_what_comes_and_resumes_where_it_was_cut(quick: Any) -> None:
    async def story() -> None:
        readers = [Reader(quick, quick.all) for _ in range(3)]
        narrow = Reader(quick, quick.key("west", under="B"))
        tasks = [asyncio.create_task(one.read()) for one in [*readers, narrow]]
        await until(lambda: all(": \n" in one.taken for one in readers))
        assert not any(one.events for one in readers), "begins now, not at the beginning"
        following = readers[0].following
        looks, reads = following.looks, following.reads
        await asyncio.sleep(0.5)
        assert following.looks - looks <= 11, "one look for all of them"
        assert following.reads - reads <= 1, "and nobody reads what nobody wrote"
        await asyncio.to_thread(happen, quick, 3)
        await until(lambda: all(len(one.events) == 3 for one in readers))
        assert following.reads - reads <= 4, "once for all who see the same, and once for the other"
        readers[0].gone.set()
        await tasks[0]
        await asyncio.to_thread(happen, quick, 250)
        back = Reader(quick, {**quick.all, "Last-Event-ID": readers[0].last})
        tasks.append(asyncio.create_task(back.read()))
        await until(lambda: len(back.events) == 250 and len(readers[1].events) == 253)
        assert back.events == readers[1].events[3:]
        await until(lambda: narrow.taken.endswith(f"id: {back.last}\n\n: \n\n"))
        assert narrow.events == [], "it is told how far it is, and nothing else"
        back.following.ending.set()
        await asyncio.wait_for(asyncio.gather(*tasks), 1)
        assert all(one.ended for one in readers[1:])

    asyncio.run(story())


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
def test_a_reader_that_takes_nothing_is_let_go_and_keeps_nothing_in_memory(quick: Any) -> None:
    async def story() -> None:
        slow = Reader(quick, quick.all, "after=0")
        slow.takes.clear()
        task = asyncio.create_task(slow.read())
        await asyncio.to_thread(happen, quick, 500)
        done, _ = await asyncio.wait({task}, timeout=3)
        assert done == {task}
        assert task.exception() is None
        slow.takes.set()
        assert (slow.taken, slow.ended) == ("", False), "cut, not ended"

    asyncio.run(story())


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
@pytest.mark.parametrize("revoked", [True, False])
def test_a_key_that_ends_ends_its_stream(quick: Any, revoked: bool) -> None:
    from states.records import access

    async def story() -> None:
        key = quick.key("short", days=1)
        reader = Reader(quick, key)
        keys = quick.app.state.house.keys
        task = asyncio.create_task(reader.read())
        await until(lambda: ": \n" in reader.taken)
        with quick.store.write() as session:
            if revoked:
                access.revoke(session, key["Authorization"][7:][: access.SHOWN], quick.hands.at)
        quick.hands.at += timedelta(days=0 if revoked else 1)
        keys._kept.clear()  # what a few seconds do
        await asyncio.wait_for(task, 2)
        assert reader.ended

    asyncio.run(story())


def test_a_grant_that_ends_ends_the_stream_of_its_session_and_a_stream_is_no_sign_of_life(quick: Any) -> None:
    with quick.store.write() as session:
        row = Account(login="wanglan", name="王示例", must_change=False, created_at=quick.hands.at)
        session.add(row)
        session.flush()
        granted = grants.give(session, EVERYTHING, row, Grant(AsRole.auditor), quick.hands.at, "test")
        token = sittings.open_(session, row, quick.hands.at, "test", "")

    async def story() -> None:
        reader = Reader(quick, {"Cookie": f"duban={token}"})
        task = asyncio.create_task(reader.read())
        await until(lambda: ": \n" in reader.taken)
        quick.hands.at += sittings.IDLE / 2
        reader.taken = ""
        await until(lambda: reader.taken.count(": \n") > 1)
        quick.app.state.house.seats.close()
        with quick.store.write() as session:
            kept = sittings.find(session, token, quick.hands.at)
            assert kept.seen_at == quick.hands.at - sittings.IDLE / 2
            grants.revoke(session, EVERYTHING, row, granted.id, quick.hands.at, "test")
        await asyncio.wait_for(task, 2)
        assert (reader.status, reader.ended) == (200, True)

    asyncio.run(story())


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
def test_what_no_stream_begins_with(quick: Any) -> None:
    following = quick.app.state.house.following
    for headers, query in (({"Last-Event-ID": "x"}, ""), ({"Last-Event-ID": "99999"}, ""), ({}, "after=-1")):
        answer = quick.get("/changes/stream" + (f"?{query}" if query else ""), headers=headers)
        assert answer.status_code == 422, (headers, query)
    following.most = 0
    following.ending.set()  # one that begins all the same ends at once
    full = quick.get("/changes/stream")
    assert (full.status_code, full.headers["retry-after"]) == (503, "10")


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
def test_who_reads_often_at_once_takes_no_place_from_others(quick: Any) -> None:
    following = quick.app.state.house.following
    following.of_one, following.most = 2, 4
    other, third = quick.key("other"), quick.key("third")

    async def story() -> None:
        tasks: list[asyncio.Task[None]] = []

        async def come(*keys: dict[str, str]) -> list[Reader]:
            """All at once; in the order of what became of them."""
            readers = [Reader(quick, key) for key in keys]
            tasks.extend(asyncio.create_task(one.read()) for one in readers)
            await until(lambda: all(one.status for one in readers))
            return sorted(readers, key=lambda one: one.status)

        own = await come(*[quick.all] * 5)
        assert [one.status for one in own] == [200, 200, 429, 429, 429]
        await until(lambda: "关闭不用的" in own[-1].taken)
        assert [one.status for one in await come(other, third, third)] == [200, 200, 503]
        own[0].gone.set()
        await until(lambda: following._readers.total() == 3)
        assert [one.status for one in await come(quick.all)] == [200], "there is room again"
        following.ending.set()
        await asyncio.gather(*tasks)
        assert not following._readers

    asyncio.run(story())
