"""Blanks that a plan prints once and means in several places: `same` names them, so that they are asked for once."""

from __future__ import annotations

from collections.abc import Iterator

from states.walking import Found, Item, listed, rows

PARTS = {
    "phases": ("from", "until", "every"),
    "requirements": ("due", "every", "first", "opens"),
}


def disagreements(data: Item) -> Found:
    """Places that are not there, or that stand in two groups; groups of one."""
    known, seen = set(_places(data)), set()
    for number, group in enumerate(data.get("same") or ()):
        if not isinstance(group, list):
            continue
        if len(group) < 2:
            yield ("same", number), "一组至少写两处，如 [report.due, workstream-blood.due]"
        for place in group:
            if not isinstance(place, str):
                continue
            if place not in known:
                yield (
                    ("same", number),
                    f"方案里没有“{place}”这一处，应写作 要求.due 之类，与 --set 的写法相同",
                )
            if place in seen:
                yield ("same", number), f"“{place}”写了两次"
            seen.add(place)


def _places(data: Item) -> Iterator[str]:
    yield from ("begins", "ends")
    for name, parts in PARTS.items():
        for _path, one in listed(data, name):
            yield from (f"{one.get('key')}.{part}" for part in parts)
    for _path, one in listed(data, "workstreams"):
        yield f"workstream-{one.get('key')}.due"
    for _path, one in rows(data):
        yield f"ledger-{one.get('no')}.due"
