"""A POST sent twice happens once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

from states.records.core import campaign, idempotency, journal


def start(world: Any, key: str, **more: Any) -> Any:
    body = {"text": world.template, "start": "2026-11-02", **more}
    return world.post("/campaigns", body, headers={"Idempotency-Key": key})


def campaigns(world: Any) -> int:
    with world.store.read() as session:
        return int(session.execute(sa.select(sa.func.count()).select_from(campaign)).scalar_one())


def test_the_same_request_gets_the_same_answer_and_happens_once(world: Any) -> None:
    first, again = start(world, "k1"), start(world, "k1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert campaigns(world) == 2


def test_another_key_is_another_request(world: Any) -> None:
    assert start(world, "k1").json()["id"] != start(world, "k2").json()["id"]
    assert campaigns(world) == 3


def test_the_same_key_for_another_request_is_a_conflict(world: Any) -> None:
    start(world, "k1")
    for other in (
        start(world, "k1", title="改过的示例"),
        world.post("/campaigns/1/units/A-H1/moves", {"move": "suspend"}, headers={"Idempotency-Key": "k1"}),
    ):
        assert (other.status_code, other.json()["type"]) == (409, "urn:duban:conflict")
        assert "Idempotency-Key" in other.json()["detail"]
        assert "Idempotency-Key" in other.json()["title"], "nobody else has changed anything"
    assert campaigns(world) == 2
    assert world.get("/campaigns/1/units/A-H1/moves").json()["version"] == 1


def test_keys_of_two_callers_do_not_meet(world: Any) -> None:
    start(world, "k1")
    body = {"text": world.template, "start": "2026-11-02"}
    other = world.key("other", write=True)
    answer = world.post("/campaigns", body, other, headers={"Idempotency-Key": "k1"})
    assert answer.status_code == 201
    assert "idempotency-replayed" not in answer.headers
    assert campaigns(world) == 3


def test_what_was_refused_may_be_tried_again_with_the_same_key(world: Any) -> None:
    def submit() -> Any:
        body = {"move": "submit"}
        return world.post("/campaigns/1/units/A-H1/moves", body, headers={"Idempotency-Key": "k1"})

    assert submit().status_code == 409
    with world.store.read() as session:
        assert session.execute(sa.select(idempotency)).all() == []
    world.hand_in("A-H1", "report")
    with world.store.write() as session:
        session.execute(
            sa.text("UPDATE obligation SET status = 'submitted' WHERE unit_id = :u"), _unit(world)
        )
    assert submit().status_code == 200


def _unit(world: Any) -> dict[str, int]:
    return {"u": world.id_of("A-H1")}


def test_of_many_at_once_one_executes_and_all_get_its_answer(world: Any) -> None:
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _n: start(world, "k1"), range(6)))
    assert {one.status_code for one in answers} == {201}
    assert len({one.content for one in answers}) == 1
    assert sum("idempotency-replayed" in one.headers for one in answers) == 5
    assert campaigns(world) == 2


def test_an_act_sent_twice_is_journalled_once(world: Any) -> None:
    key = world.owes("A-H1", "report")
    for _turn in range(2):
        answer = world.post(
            f"/campaigns/1/obligations/{key}/submit", {"text": "示例"}, headers={"Idempotency-Key": "k1"}
        )
        assert answer.status_code == 200
    with world.store.read() as session:
        kinds = session.execute(sa.select(journal.c.kind).where(journal.c.kind.like("obligation.%")))
        assert sorted(kinds.scalars()) == ["obligation.handed", "obligation.submit"]


@pytest.mark.parametrize("key", ["", "x" * 201, "密钥".encode(), "a\tb"])
def test_a_key_that_is_none_is_a_fault(world: Any, key: Any) -> None:
    answer = start(world, key)
    assert answer.status_code == 422, answer.text
    assert answer.json()["faults"][0]["place"] == "Idempotency-Key"
    assert campaigns(world) == 1
