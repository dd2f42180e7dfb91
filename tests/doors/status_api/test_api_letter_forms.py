"""Forms of letters over HTTP: fetched, edited, checked, set for all or for one unit, taken back."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from states.documents import letterdocx
from states.documents.zipping import fixed, parts_of

NAME = "约谈通知书"
F = "/letter-forms"
DECIDED = {"person": "王示例", "reason": "三次催办没有回音"}


@pytest.fixture(params=["sqlite"])
def world(request: pytest.FixtureRequest, world_of: Any, tmp_path: Path) -> Any:
    """On one database: forms are single rows, which the command line's tests write on both."""
    with world_of(request, tmp_path) as made:
        yield made


def edited(before: str, after: str) -> bytes:
    parts = parts_of(letterdocx.default(NAME))
    text = parts["word/document.xml"].decode()
    assert before in text
    return fixed({**parts, "word/document.xml": text.replace(before, after).encode()})


def send(world: Any, content: bytes, key: dict[str, str] | None = None, **asked: Any) -> Any:
    answer = world.client.post(
        f"/api/v1{F}/{NAME}",
        content=content,
        params={"filename": "约谈.docx", **asked},
        headers={**(key or world.all), "Content-Type": "application/octet-stream"},
    )
    return world._checked(answer)


def forms(world: Any, key: dict[str, str] | None = None) -> list[tuple[str | None, bool]]:
    listed = world.get(F, key).json()["items"]
    return [(one["unit"], one["own"]) for one in listed if one["name"] == NAME]


def told(world: Any) -> str:
    """The text of the letter that is made now."""
    waiting = world.get("/campaigns/1/proposals", params={"state": "proposed"}).json()["items"]
    made = world.post(f"/campaigns/1/proposals/{waiting[0]['id']}/confirm", DECIDED).json()["letter"]
    content = world.get(f"/campaigns/1/letters/{made['id']}/file").content
    with ZipFile(BytesIO(content)) as archive:
        return archive.read("word/document.xml").decode()


def test_a_form_is_fetched_edited_checked_set_used_and_taken_back(world: Any) -> None:
    fetched = world.get(f"{F}/{NAME}")
    assert fetched.content == letterdocx.default(NAME)
    assert "filename*=UTF-8''%E7%BA%A6%E8%B0%88" in fetched.headers["content-disposition"]
    mine = edited("请提前准备", "请携带身份证件，提前准备")
    tried = send(world, mine, dry_run=True).json()
    assert (tried["applied"], "主送" in tried["fields"]) == (False, True)
    assert forms(world) == [(None, False)]
    assert send(world, mine).json()["applied"] is True
    assert forms(world) == [(None, True)]
    world.at("2026-11-27 10:00")
    assert "请携带身份证件" in told(world)
    back = world.client.delete(f"/api/v1{F}/{NAME}", headers=world.all)
    assert back.status_code == 200
    assert "请携带身份证件" not in told(world)
    assert world.client.delete(f"/api/v1{F}/{NAME}", headers=world.all).status_code == 404


def test_a_broken_tag_is_named_with_its_paragraph_and_the_form_stays(world: Any) -> None:
    refused = send(world, edited("{{ 主送 }}", "{{ 主宋 }}"))
    assert refused.status_code == 422
    assert "没有“主宋”这个字段，是不是“主送”？" in refused.text
    assert send(world, b"PK\x03\x04 no docx").status_code == 422
    assert forms(world) == [(None, False)]


def test_a_key_sets_forms_where_it_is_trusted_and_nowhere_else(world: Any) -> None:
    county = world.key("county", write=True, under="A")
    once = world.key("once", write=True, campaigns=[1])
    content = edited("请提前准备", "请认真准备")
    for key, asked in ((county, {}), (county, {"unit": "B"}), (once, {}), (once, {"unit": "A"})):
        assert send(world, content, key, **asked).status_code == 403
        assert send(world, content, key, dry_run=True, **asked).status_code == 403
    assert send(world, content, world.key("reader")).status_code == 403
    assert send(world, content, county, unit="A").status_code == 200
    assert forms(world, county) == [(None, False), ("A", True)]
    assert forms(world, world.key("west", under="B")) == [(None, False)]
    assert world.get(f"{F}/{NAME}", county, params={"unit": "B"}).status_code == 403
    assert world.get(f"{F}/{NAME}", county, params={"unit": "A"}).content != letterdocx.default(NAME)


def test_a_form_with_pictures_and_a_report_of_many_units_may_be_larger_than_other_bodies(world: Any) -> None:
    parts = {**parts_of(letterdocx.default(NAME)), "word/media/seal.png": bytes(range(256)) * 6_000}
    large = BytesIO()
    with ZipFile(large, "w") as archive:  # stored as it is, as pictures are
        for name, content in parts.items():
            archive.writestr(name, content)
    assert send(world, large.getvalue(), dry_run=True).status_code == 200
    assert send(world, bytes(3_000_000), dry_run=True).status_code == 413
    answer = world.client.post(
        "/api/v1/campaigns/1/forms/import",
        content=bytes(1_500_000),
        params={"requirement": "report", "filename": "报表.xlsx"},
        headers=world.all,
    )
    assert answer.status_code == 422, "read and judged"
