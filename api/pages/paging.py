"""Lists by numbered pages: beyond the end stands the last page, never an empty one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, NamedTuple, TypeVar

from fastapi import Query

Number = Annotated[int, Query(ge=1, le=100_000)]
Shown = TypeVar("Shown")


class Place(NamedTuple):
    """The page that is shown, and how many there are."""

    page: int
    pages: int


def there(page: int, size: int, read: Callable[[int], tuple[Shown, int]]) -> tuple[Shown, Place]:
    """The page that was asked for, or the last; `read` gives a page, and how many rows of `size` a page there are in all."""
    found, number = read(page)
    pages = max(1, -(-number // size))
    if page <= pages:
        return found, Place(page, pages)
    return read(pages)[0], Place(pages, pages)
