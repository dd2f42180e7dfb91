"""The page and the API count the same units: those that take part."""

from __future__ import annotations

import re
from typing import Any

from page_person import Person
from states.records.roles import Role


def page(world: Any) -> str:
    answer = Person(world, Role.coordinator).get("/campaigns/1")
    assert answer.status_code == 200, answer.text
    return str(answer.text)


def test_the_page_the_summary_and_the_list_count_the_same_units(world: Any) -> None:
    """The department with two rows of the ledger is in the list, and is none of them."""
    told = world.get("/campaigns/1/summary").json()
    html = page(world)
    shown = {int(number) for number in re.findall(r"(\d+) 个单位参加", html)}
    states = [int(number) for number in re.findall(r'</svg>\S+?<a href="[^"]+"><b>(\d+)</b></a></li>', html)]
    lines = world.get("/campaigns/1/units").json()["items"]
    assert told["units"] == sum(states) == len([one for one in lines if one["participating"]]) == 6
    assert shown == {6}
    assert [one["unit"]["code"] for one in lines if not one["participating"]] == ["S-D1"]


def test_a_draft_counts_the_units_that_will_take_part(world: Any) -> None:
    body = {"text": world.template, "start": "2026-11-02", "dry_run": True, "past": "keep"}
    answer = world.post("/campaigns", body)
    assert answer.json()["participants"] == 6
