"""Moves of many units by their page, on either database: what was shown is what is done."""

from __future__ import annotations

from typing import Any

from page_forms import hidden
from page_person import Person
from states.records.roles import Role

AT = "/campaigns/1/decisions/moves"


def test_many_are_moved_as_it_was_shown_and_once(world: Any) -> None:
    coordinator = Person(world, Role.coordinator)
    codes = [one["unit"]["code"] for one in world.get("/campaigns/1/units").json()["items"]][:2]
    typed = {"move": "suspend", "codes": " ".join(codes), "reason": "示例"}
    blank = hidden(coordinator.get(AT).text, "many")
    tried = coordinator.send(f"{AT}/try", **blank, **typed)
    assert "选中 2 个单位，其中 2 个会走这一步" in tried.text
    fields = hidden(tried.text, "many")
    assert coordinator.send(AT, **fields, **typed).status_code == 303
    assert coordinator.send(AT, **{**fields, "_once": "another"}, **typed).status_code == 409
    again = coordinator.send(f"{AT}/try", **blank, **typed)
    assert "其中 0 个会走这一步，2 个现在不能" in again.text
    told = world.get(f"/campaigns/1/units/{codes[0]}/moves").json()["moves"]
    (says,) = next(one["refusals"] for one in told if one["move"] == "suspend")
    assert again.text.count(says) == 2
