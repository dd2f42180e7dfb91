"""What a template says of its phases: a row that can be walked, phases beside it that can begin, outcomes to end with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from states.dates import Anchors, parse, parse_cadence, resolve
from states.errors import Faulty
from states.moves import ONE_PHASE
from states.walking import Found, Item, listed, readable
from states.workdays import Workdays
from states.yamltext import Path

TURN = re.compile(r"\d{4}.*")
FIXED = Anchors(launch=datetime(2026, 1, 1, tzinfo=UTC), issued=None, year=2026)
SETS = ("kinds", "levels", "codes", "grades", "ownership")


def disagreements(data: Item) -> Found:
    """Phases that can't begin, dates that can't come again, scopes without anybody."""
    yield from _row(data)
    for path, phase in listed(data, "phases"):
        if phase.get("parallel") is True:
            yield from _beside(path, phase)
        if phase.get("every") is not None:
            yield from _again(path, phase, data)
    for path, requirement in listed(data, "requirements"):
        its = _phase_of(requirement, data)
        yield from _turns(path, requirement, its)
        yield from _apart(path, requirement, its)
    yield from _outcomes(data)


def _row(data: Item) -> Found:
    row = [(path, one) for path, one in listed(data, "phases") if one.get("parallel") is not True]
    if row and row[0][1].get("opens") == "after_previous":
        yield (*row[0][0], "opens"), "第一个阶段前面没有阶段，请写 on_date 或 by_hand"
    for path, phase in listed(data, "phases"):
        if not row and phase.get("key") == ONE_PHASE.key:
            yield (*path, "key"), f"各阶段都是并行的，“{ONE_PHASE.key}”留给专项行动自身，请换一个"


def _beside(path: Path, phase: Item) -> Found:
    dated = any(phase.get(name) is not None for name in ("window", "from", "until", "every"))
    if phase.get("opens") == "after_previous":
        yield (*path, "opens"), "并行阶段不排先后，请写 on_date 或 by_hand"
    elif not dated and phase.get("opens") != "by_hand":
        yield (*path, "opens"), "并行阶段没有写时间，请写 window、from 或 every，或写 opens: by_hand"
    if phase.get("review") is True:
        yield (
            (*path, "review"),
            "并行阶段不是单位所处的阶段，不能整体审核；要审核的写在要求里（review: true）",
        )


def _again(path: Path, phase: Item, data: Item) -> Found:
    yield from readable((*path, "every"), phase, parse_cadence)
    if phase.get("parallel") is not True:
        yield (*path, "every"), "周期性开展的阶段不占先后次序，请同时写 parallel: true"
    if phase.get("opens") == "by_hand":
        yield (*path, "opens"), "写了 every 的阶段按期自行开始，不能写 by_hand"
    for other, one in listed(data, "phases"):
        key, stem = one.get("key"), f"{phase.get('key')}-"
        if isinstance(key, str) and key.startswith(stem) and TURN.fullmatch(key.removeprefix(stem)):
            yield (*other, "key"), f"“{key}”会与“{phase.get('key')}”的某一期重名，请换一个"


def _phase_of(requirement: Item, data: Item) -> Item | None:
    return next(
        (one for _, one in listed(data, "phases") if one.get("key") == requirement.get("phase")), None
    )


def _turns(path: Path, requirement: Item, phase: Item | None) -> Found:
    """What a phase that comes again asks is dated from the phase: a day of the calendar would be the same each time."""
    if phase is None or phase.get("every") is None:
        return
    for name in ("opens", "due", "first"):
        if _is_fixed(requirement.get(name)):
            yield (*path, name), "所属阶段周期性开展，期限要从阶段算起，如 阶段结束前5个工作日"


def _is_fixed(words: object) -> bool:
    if not isinstance(words, str):
        return False
    try:
        return resolve(parse(words.strip()), FIXED, Workdays.of({}, ()), ZoneInfo("UTC")).at is not None
    except Faulty:
        return False


def _apart(path: Path, requirement: Item, phase: Item | None) -> Found:
    """A requirement and its phase that have nobody in common."""
    own, whole = (one.get("scope") if isinstance(one, dict) else None for one in (requirement, phase))
    if not (isinstance(own, dict) and isinstance(whole, dict)) or own.get("departments"):
        return
    if whole.get("departments"):
        if any(own.values()):
            yield (*path, "scope"), "所属阶段只由点名的部门办理，这里的单位范围没有单位，请删去一处"
        return
    for name in SETS:
        mine, theirs = set(_texts(own, name)), set(_texts(whole, name))
        if mine and theirs and not mine & theirs:
            yield (*path, "scope", name), "与所属阶段的范围没有共同的单位，这一项没有人办理"


def _texts(scope: Item, name: str) -> Iterator[str]:
    value: Any = scope.get(name)
    yield from (one for one in (value if isinstance(value, list) else ()) if isinstance(one, str))


def _outcomes(data: Item) -> Found:
    outcomes = data.get("outcomes")
    if not isinstance(outcomes, list):
        return
    if not outcomes:
        yield ("outcomes",), "至少写一种办结结果，如 [办结]"
    for number, one in enumerate(outcomes):
        if isinstance(one, str) and not one.strip():
            yield ("outcomes", number), "办结结果不能为空"
        elif one in outcomes[:number]:
            yield ("outcomes", number), f"“{one}”重复，请删去一处"
