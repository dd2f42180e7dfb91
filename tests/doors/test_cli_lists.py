"""What the commands do with every list: read it to its end, then print it."""

from __future__ import annotations

from flows.commands import given
from states.records.told import Page

MANY = list(range(1, 2 * given.PAGE + 2))


def page(after: int, limit: int) -> Page[int]:
    items = [one for one in MANY if one > after][:limit]
    return {"items": items, "next": str(items[-1]) if items[-1] < MANY[-1] else None}


def test_a_list_of_several_pages_is_read_to_its_end() -> None:
    assert given.pages(page) == MANY
