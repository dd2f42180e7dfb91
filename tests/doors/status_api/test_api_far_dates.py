"""Dates at the edge of what a calendar holds are refused in a sentence, like any other that can't be meant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

FOUND = {
    "unit": "A-H1",
    "project": "收费",
    "problem": "重复收费",
    "measures": ["退费"],
    "due": "12月底前",
    "found_by": "self",
}
LAST, FIRST = "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+08:00"


@pytest.fixture(params=["sqlite"])
def world(request: pytest.FixtureRequest, world_of: Any, tmp_path: Path) -> Any:
    """On one database: it is never asked."""
    with world_of(request, tmp_path) as made:
        yield made


@pytest.mark.parametrize(
    ("path", "body", "status", "says"),
    [
        ("extend", {"by": "2wd", "after": "9999-12-31", "reason": "示例"}, 422, "最晚写到2099年"),
        ("silences", {"until": "9999-12-31", "reason": "示例"}, 409, "静默最长366天"),
        ("ledger", {"items": [{**FOUND, "reported_at": LAST}]}, 422, "报告时间超出范围"),
        ("ledger", {"items": [{**FOUND, "reported_at": FIRST}]}, 422, "报告时间超出范围"),
    ],
)
def test_a_date_beyond_every_plan_is_refused(
    world: Any, path: str, body: dict[str, Any], status: int, says: str
) -> None:
    answer = world.post(f"/campaigns/1/{path}", body)
    assert (answer.status_code, says in answer.text) == (status, True), answer.text
