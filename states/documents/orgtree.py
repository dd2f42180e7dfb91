"""The tree of units as code -> code of the unit above. Linear and without recursion: a list may hold a million."""

from __future__ import annotations

from collections.abc import Mapping


def cycles(parents: Mapping[str, str | None]) -> list[tuple[str, ...]]:
    """Every ring of units that are above one another, each once, in the order child, parent, grandparent …"""
    walk_of: dict[str, int] = {}
    found = []
    for walk, start in enumerate(parents):
        path = []
        code: str | None = start
        while code is not None and code in parents and code not in walk_of:
            walk_of[code] = walk
            path.append(code)
            code = parents[code]
        if code is not None and walk_of.get(code) == walk:
            found.append(tuple(path[path.index(code) :]))
    return found


def parents_first(parents: Mapping[str, str | None]) -> list[str]:
    """All codes, a unit after the one above it; there must be no cycle. Else in the given order."""
    placed: dict[str, None] = {}
    for start in parents:
        path = []
        code: str | None = start
        while code is not None and code in parents and code not in placed:
            path.append(code)
            code = parents[code]
        placed.update(dict.fromkeys(reversed(path)))
    return list(placed)
