"""Texts that a regular expression likes for long and then does not match: what makes a careless one take for ever.

Made from the pattern itself: whatever leads to a repeat, what it repeats many times, and an end that fits nowhere.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from re import _compiler as compiler  # type: ignore[attr-defined]
from re import _constants as said  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

ROOT = Path(__file__).parents[2]
PACKAGES = ("states", "api", "flows")
CALLS = {"compile", "search", "match", "fullmatch", "sub", "subn", "split", "findall", "finditer"}
REPEATS = (said.MAX_REPEAT, said.MIN_REPEAT, said.POSSESSIVE_REPEAT)
CHOSEN = (said.ANY, said.NOT_LITERAL, said.IN, said.CATEGORY)
CANDIDATES = "a0 9一年月日前、，（)-.%=\t~A第\x80"
MANY = 5  # repeats, from which on a pattern is pumped


def sources() -> Iterator[tuple[str, str]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations" not in path.parts:
                yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")


def literals() -> set[tuple[str, str]]:
    """Every pattern that stands in the source as one string, with its module."""
    found = set()
    for name, text in sources():
        for node in ast.walk(ast.parse(text)):
            match node:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id="re"), attr=call),
                    args=[ast.Constant(value=str(pattern)), *_],
                ) if call in CALLS:
                    found.add((name, pattern))
    return found


def kept() -> set[tuple[str, str]]:
    """Patterns that modules put together and keep under a name."""
    found = set()
    for name, text in sources():
        if "re." in text:
            module = import_module(name.removesuffix(".py").removesuffix("/__init__").replace("/", "."))
            patterns = (one for one in vars(module).values() if isinstance(one, re.Pattern))
            found |= {(name, one.pattern) for one in patterns if isinstance(one.pattern, str)}
    return found


def attacks(pattern: str, turns: int = 2) -> set[tuple[str, str]]:
    """What leads to each repeat, and what it repeats; `turns`: so many ways through alternatives."""
    tree = parser.parse(pattern)
    return {one for turn in range(turns) for one in _attacks(list(tree), "", turn)}


def _attacks(items: Sequence[Any], before: str, turn: int) -> Iterator[tuple[str, str]]:
    for place, (kind, value) in enumerate(items):
        head = before + sample(items[:place], turn)
        if kind in REPEATS and value[1] > MANY:
            yield head, sample(value[2], turn)
        for part in _inside(kind, value):
            yield from _attacks(list(part), head, turn)


def _inside(kind: Any, value: Any) -> Sequence[Any]:
    if kind in REPEATS:
        return [value[2]]
    if kind is said.BRANCH:
        return list(value[1])
    if kind is said.SUBPATTERN:
        return [value[3]]
    if kind in (said.ASSERT, said.ASSERT_NOT):
        return [value[1]]
    return [value] if kind is said.ATOMIC_GROUP else []


def sample(items: Sequence[Any], turn: int) -> str:
    """A text that these parts match."""
    return "".join(_one(kind, value, turn) for kind, value in items)


def _one(kind: Any, value: Any, turn: int) -> str:
    if kind is said.LITERAL:
        return chr(value)
    if kind in CHOSEN:
        return _among(kind, value, turn)
    if kind in REPEATS:
        return sample(value[2], turn) * (max(value[0], 1) if value[1] else 0)
    if kind is said.BRANCH:
        return sample(value[1][turn % len(value[1])], turn)
    if kind in (said.SUBPATTERN, said.ATOMIC_GROUP):
        return sample(value[3] if kind is said.SUBPATTERN else value, turn)
    return ""


def _among(kind: Any, value: Any, turn: int) -> str:
    alone = compiler.compile(parser.SubPattern(parser.State(), [(kind, value)]))
    listed = "".join(chr(one) for part, one in value if part is said.LITERAL) if kind is said.IN else ""
    ranges = "".join(chr(one[0]) for part, one in value if part is said.RANGE) if kind is said.IN else ""
    fits = [one for one in listed + ranges + CANDIDATES if alone.fullmatch(one)]
    return fits[turn % len(fits)] if fits else "a"
