"""Webhooks over HTTP: for those who see everything, with a secret that is shown once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from flows import hooks
from states.records.webhook_sending import Answer

HOOK = {"name": "示例系统", "url": "https://example.org/duban?token=hidden", "types": ["duban.obligation.*"]}


def test_from_the_first_day_to_the_last(world: Any) -> None:
    made = world.post("/webhooks", HOOK)
    assert made.status_code == 201
    assert made.headers["cache-control"] == "no-store"
    assert made.json()["secret"].startswith("whsec_")
    (shown,) = world.get("/webhooks").json()["items"]
    assert shown == world.get("/webhooks/1").json() == made.json()["webhook"]
    assert "hidden" not in world.get("/webhooks").text
    assert "whsec_" not in world.get("/webhooks").text
    again = world.post("/webhooks", HOOK)
    assert (again.status_code, "示例系统" in again.text) == (409, True)
    kept = world.post("/webhooks", {**HOOK, "name": "另一个"}, headers={"Idempotency-Key": "x"})
    assert kept.status_code == 422, "its answer holds a secret, which is kept nowhere"
    world.hand_in("A-H1", "report", "list")
    tried = world.post("/webhooks/1/test").json()
    answers = [Answer(204), Answer(422), Answer(422), Answer(422), Answer(422)]

    def send(_url: str, _headers: Mapping[str, str], _body: bytes) -> Answer:
        return answers.pop(0)

    at = world.hands.at
    for _ in range(4):
        hooks.deliver(world.store, send, at, "one", "x")
        waiting = world.get("/webhooks/1/deliveries", params={"state": "queued"}).json()["items"]
        at = max([at, *(_instant(one["next_try"]) for one in waiting)])
    dead = world.get("/webhooks/1/deliveries", params={"state": "dead"}).json()["items"]
    assert [(one["events"], one["tries"], one["status"]) for one in dead] == [(2, 4, 422)]
    first = world.get("/webhooks/1/deliveries", params={"limit": 1}).json()
    rest = world.get("/webhooks/1/deliveries", params={"limit": 1, "cursor": first["next"]}).json()
    assert [one["id"] for one in [*first["items"], *rest["items"]]] == [dead[0]["id"], tried["id"]]
    assert world.post("/webhooks/1/replay", {"number": dead[0]["number"]}).json() == {"replayed": 1}
    assert world.post("/webhooks/1/replay", {}).status_code == 409
    assert world.post("/webhooks/1/pause", {"reason": "示例"}).json()["state"] == "paused"
    assert world.post("/webhooks/1/pause", {"reason": "示例"}).status_code == 409
    assert world.post("/webhooks/1/resume").json()["state"] == "active"
    assert world.client.delete("/api/v1/webhooks/1", headers=world.all).json()["name"] == "示例系统"
    for path in ("", "/deliveries"):
        assert world.get(f"/webhooks/1{path}").status_code == 404
    assert world.client.delete("/api/v1/webhooks/1", headers=world.all).status_code == 404


def _instant(words: str) -> Any:
    from datetime import UTC, datetime, timedelta

    return datetime.fromisoformat(words).astimezone(UTC) + timedelta(seconds=1)


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
def test_who_sees_a_part_sets_up_nothing_and_sees_none(world: Any) -> None:
    assert world.post("/webhooks", HOOK).status_code == 201
    for narrow in (
        world.key("east", write=True, under="A"),
        world.key("one", write=True, campaigns=[1]),
        world.key("root", write=True, under="S"),
    ):
        assert world.post("/webhooks", {**HOOK, "name": "另一个"}, narrow).status_code == 403
        for path in ("/webhooks", "/webhooks/1", "/webhooks/1/deliveries"):
            assert world.get(path, narrow).status_code == 403
        for act in ("pause", "resume", "test", "replay"):
            body = {"reason": "示例"} if act == "pause" else {}
            assert world.post(f"/webhooks/1/{act}", body, narrow).status_code == 403
        assert world.client.delete("/api/v1/webhooks/1", headers=narrow).status_code == 403
    assert world.get("/webhooks", world.key("reader")).status_code == 403, "for those who run or administer"


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
def test_what_is_wrong_with_one_is_said_at_its_place(world: Any) -> None:
    for change, place in (
        ({"url": "https://127.0.0.1/"}, "url"),
        ({"url": "http://example.org/"}, "url"),
        ({"url": "https://a:b@example.org/"}, "url"),
        ({"types": ["duban.mail.*"]}, "types"),
        ({"under": "Z"}, "Z"),
        ({"campaigns": [99]}, "campaigns"),
        ({"after": "99999"}, "after"),
        ({"name": "两\n行"}, "name"),
    ):
        answer = world.post("/webhooks", {**HOOK, **change})
        assert answer.status_code == 422, (change, answer.text)
        assert place in {one["place"] for one in answer.json()["faults"]}, answer.text
