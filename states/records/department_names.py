"""A department by the name that a plan gives it: 局医政医管科 of 示例县卫生健康局 is its 医政医管科."""

from __future__ import annotations

from collections.abc import Iterator

_ENDS = ("局", "委", "厅", "院", "中心", "委员会", "机关")
_ALONE = ("局", "委", "厅", "院", "中心", "机关", "局机关", "委机关", "厅机关", "院机关")
_OUR = "本我"
_AREAS = "省市县区州"
LEAST = 3
"""Characters of an abbreviated name without its area: 卫健局 says whose it is, 市委 does not."""


def names_of(name: str, owner: str) -> Iterator[str]:
    """What the department of `owner` may be called where units are listed, the name as written first.

    A name in front of it is taken off only where it is the owner's own, in full or abbreviated.
    """
    yield name
    for place in range(1, len(name) - 1):
        if _is_owner(name[:place], owner):
            yield name[place:]
    if not name.startswith(owner):
        yield owner + name


def _is_owner(head: str, owner: str) -> bool:
    if head == owner:
        return True
    head = head.lstrip(_OUR)
    if head in _ALONE:
        return _within(head.removesuffix("机关"), owner)
    told = head.removesuffix("机关")
    return told.endswith(_ENDS) and len(told.lstrip(_AREAS)) >= LEAST and _within(told, owner)


def _within(short: str, name: str) -> bool:
    """Whether every character of an abbreviation stands in the name, in its order."""
    rest = iter(name)
    return all(one in rest for one in short)
