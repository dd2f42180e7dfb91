"""Walking a template as it was written, before anybody knows whether it has the right form."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from states.errors import Faulty
from states.yamltext import Path

Found = Iterator[tuple[Path, str]]
Item = dict[str, Any]

WORDS_MAX = 200


def listed(item: Item, name: str, path: Path = ()) -> Iterator[tuple[Path, Item]]:
    """The items of a list that have fields, each with its path."""
    value = item.get(name)
    for index, one in enumerate(value if isinstance(value, list) else ()):
        if isinstance(one, dict):
            yield (*path, name, index), one


def named(data: Item, name: str) -> Iterator[tuple[str, Item]]:
    """The same of a mapping, by name."""
    value = data.get(name)
    for key, one in value.items() if isinstance(value, dict) else ():
        if isinstance(one, dict):
            yield key, one


def rows(data: Item) -> Iterator[tuple[Path, Item]]:
    """The rows of the ledger."""
    ledger = data.get("ledger")
    yield from listed(ledger, "rows", ("ledger",)) if isinstance(ledger, dict) else ()


def types(data: Item) -> Iterator[tuple[Path, Item]]:
    """The types of issues that the ledger tells apart."""
    ledger = data.get("ledger")
    yield from listed(ledger, "types", ("ledger",)) if isinstance(ledger, dict) else ()


def doubled(items: Iterable[tuple[Path, Item]], name: str) -> Found:
    """Items that share what must tell them apart."""
    seen: dict[str | int, int] = {}
    for path, item in items:
        key = item.get(name)
        if not isinstance(key, str | int):
            continue
        if key in seen:
            yield (*path, name), f"“{key}”与第{seen[key]}项重复，请换一个"
        seen.setdefault(key, int(path[-1]) + 1)


def unknown(path: Path, item: Item, kind: str, known: list[Any]) -> Found:
    """A reference to something the template does not have."""
    key = item.get(str(path[-1]))
    if isinstance(key, str) and key not in known:
        offered = "、".join(str(one) for one in known if one)
        yield path, f"没有“{key}”这个{kind}；" + (f"已有的有 {offered}" if offered else f"方案没有写{kind}")


def readable(path: Path, item: Item, reads: Callable[[str], object]) -> Found:
    """Words of time that cannot be read."""
    words = item.get(str(path[-1]))
    if isinstance(words, str) and 0 < len(words.strip()) <= WORDS_MAX:
        try:
            reads(words.strip())
        except Faulty as error:
            yield from ((path, fault.says) for fault in error.faults)
