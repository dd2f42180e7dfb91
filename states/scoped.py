"""What a template says of who owes what: scopes that someone can be in, deadlines that someone answers for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from states.kinds import KIND_WORDS, KINDS
from states.ownership import OWNERSHIP_WORDS, OWNERSHIPS
from states.walking import Found, Item, listed
from states.yamltext import Path

SCOPED = ("phases", "workstreams", "requirements", "coverage", "sampling")
ANSWERING = ("lead", "responsible", "scope")


def disagreements(data: Item) -> Found:
    """Scopes nobody is in, dates nobody answers for."""
    for path, scope in _scopes(data):
        yield from _kinds(path, scope)
        yield from _grades(path, scope)
        yield from _beds(path, scope)
        yield from _ownership(path, scope)
        yield from _direct(path, scope)
    for path, stream in listed(data, "workstreams"):
        if any(stream.get(who) for who in ANSWERING):
            continue
        if stream.get("due") is not None:
            yield (*path, "due"), "写了期限，还要写由谁办理：lead（牵头）或 responsible（责任），或范围 scope"
        elif stream.get("owed") is True:
            yield (*path, "owed"), "要下达，还要写由谁办理：lead（牵头）或 responsible（责任），或范围 scope"


def _scopes(data: Item) -> Iterator[tuple[Path, Item]]:
    for name in SCOPED:
        for path, item in listed(data, name):
            if isinstance(item.get("scope"), dict):
                yield (*path, "scope"), item["scope"]


def _kinds(path: Path, scope: Item) -> Found:
    for number, kind in enumerate(_some(scope, "kinds")):
        if isinstance(kind, str) and kind not in KIND_WORDS:
            known = "、".join(KINDS.values())
            yield (*path, "kinds", number), f"没有“{kind}”这种单位类别；可用的有 {known}"


def _grades(path: Path, scope: Item) -> Found:
    for number, grade in enumerate(_some(scope, "grades")):
        if isinstance(grade, str) and not grade.strip():
            yield (*path, "grades", number), "等级不能为空；没有等级的单位用 kinds 或 codes 指明"
    if _some(scope, "grades") and _some(scope, "departments"):
        yield (*path, "grades"), "写了 departments 就只由这些部门办理，部门没有等级，请删去一种"


def _beds(path: Path, scope: Item) -> Found:
    least, most = scope.get("beds_from"), scope.get("beds_to")
    if isinstance(least, int) and isinstance(most, int) and least > most:
        yield (*path, "beds_from"), f"床位数不少于 {least} 又不多于 {most}，没有单位在其中"
    for name in ("beds_from", "beds_to"):
        if scope.get(name) is not None and _some(scope, "departments"):
            yield (*path, name), "写了 departments 就只由这些部门办理，部门没有床位，请删去一种"


def _ownership(path: Path, scope: Item) -> Found:
    for number, word in enumerate(_some(scope, "ownership")):
        if isinstance(word, str) and word not in OWNERSHIP_WORDS:
            known = "、".join(OWNERSHIPS)
            yield (*path, "ownership", number), f"没有“{word}”这种举办性质；可用的有 {known}"
    if _some(scope, "ownership") and _some(scope, "departments"):
        yield (*path, "ownership"), "写了 departments 就只由这些部门办理，部门没有举办性质，请删去一种"


def _direct(path: Path, scope: Item) -> Found:
    if scope.get("direct") is True and _some(scope, "departments"):
        yield (*path, "direct"), "写了 departments 就只由这些部门办理，部门不是直属单位，请删去一种"


def _some(scope: Item, name: str) -> list[Any]:
    value = scope.get(name)
    return value if isinstance(value, list) else []
