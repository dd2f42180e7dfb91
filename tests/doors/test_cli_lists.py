"""What the commands do with every list: read it to its end, then print it."""

from __future__ import annotations

import json

import pytest

from flows.commands import given, shown
from states.records.told import Page

MANY = list(range(1, 2 * given.PAGE + 2))


def page(after: int, limit: int) -> Page[int]:
    items = [one for one in MANY if one > after][:limit]
    return {"items": items, "next": str(items[-1]) if items[-1] < MANY[-1] else None}


def test_a_list_of_several_pages_is_read_to_its_end() -> None:
    assert given.pages(page) == MANY


def test_a_list_is_json_or_a_table_or_a_sentence_that_there_is_none(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def printed(found: list[int], *, raw: bool) -> str:
        shown.listing(found, ("一倍", "两倍"), lambda one: (one, 2 * one), "没有", raw=raw)
        return capsys.readouterr().out

    assert json.loads(printed([21], raw=True)) == [21]
    assert json.loads(printed([], raw=True)) == []
    assert printed([21], raw=False).split() == ["一倍", "两倍", "─" * 13, "21", "42"]
    assert printed([], raw=False) == "没有\n"
