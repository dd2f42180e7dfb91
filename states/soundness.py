"""What a template must agree on with itself: names that exist, rungs in order, dates that can be read.

Judged on the data as written, so that faults of form elsewhere hide nothing; what has the wrong form is left to
the models.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from states import evidencing, extending, formed, printed, scoped, staged
from states.dates import cadence, parse, parse_cadence, parse_window
from states.errors import Faulty
from states.moves import NAMES
from states.walking import Found, Item, doubled, listed, named, readable, rows, types, unknown
from states.yamltext import Path

SHIFT = re.compile(r"([+-])(\d{1,3})(wd|d|w|h|m)")
HOURS: Mapping[str, float] = {"h": 1, "d": 24, "wd": 24 * 7 / 5, "w": 24 * 7, "m": 24 * 30}  # to compare only
STREAM_KEY = "workstream-"
LEDGER_KEY = re.compile(r"(?:ledger|found|letter)-\d+")
TIME = re.compile(r"\d{1,2}:\d{2}")


def disagreements(data: Item) -> Found:
    """Every place where the template contradicts itself, with what to do about it."""
    for check in (_whole, _keys, _references, _phases, _requirements, _ladders, _dates, _ahead, _sources):
        yield from check(data)
    yield from scoped.disagreements(data)
    yield from staged.disagreements(data)
    yield from extending.disagreements(data)
    yield from evidencing.disagreements(data)
    yield from formed.disagreements(data)
    yield from printed.disagreements(data)


def _whole(data: Item) -> Found:
    if not (data.get("phases") or data.get("requirements") or data.get("ledger") or data.get("workstreams")):
        yield (), "方案没有内容：“phases”、“requirements”、“ledger”、“workstreams”至少要写一样"
    if data.get("phases") and data.get("announce"):
        yield ("announce",), "“announce”只用于没有阶段的方案；有阶段的，写在各阶段里"
    zone = data.get("timezone")
    if isinstance(zone, str) and not _is_zone(zone):
        yield ("timezone",), f"没有“{zone}”这个时区，如 Asia/Shanghai"
    for key, document in named(data, "documents"):
        issued = document.get("issued")
        if isinstance(issued, str) and not _is_day(issued):
            yield ("documents", key, "issued"), "印发日期应写作 2017-08-22"


def _keys(data: Item) -> Found:
    yield from doubled(listed(data, "phases"), "key")
    yield from doubled(listed(data, "workstreams"), "key")
    yield from doubled(listed(data, "requirements"), "key")
    yield from doubled(rows(data), "no")
    yield from _types(data)
    for path, requirement in listed(data, "requirements"):
        yield from doubled(listed(requirement, "checklist", path), "key")
        key = requirement.get("key")
        if isinstance(key, str) and LEDGER_KEY.fullmatch(key):
            yield (*path, "key"), f"“{key}”是台账行自用的代号，请换一个"
        if isinstance(key, str) and key.startswith(STREAM_KEY):
            yield (*path, "key"), f"“{key}”是工作线自用的代号，请换一个"
    for path, phase in listed(data, "phases"):
        if isinstance(phase.get("key"), str) and phase["key"] in NAMES:
            yield (*path, "key"), f"“{phase['key']}”是系统自用的状态名，请换一个"


def _types(data: Item) -> Found:
    """Types of issues and their steps have keys of their own; `due` is the place of a row's own date."""
    yield from doubled(types(data), "key")
    for path, kind in types(data):
        yield from doubled(listed(kind, "steps", path), "key")
        for step_path, step in listed(kind, "steps", path):
            if step.get("key") == "due":
                yield (*step_path, "key"), "“due”是台账行自用的代号，请换一个"


def _references(data: Item) -> Found:
    phases = [phase.get("key") for _, phase in listed(data, "phases")]
    streams = [stream.get("key") for _, stream in listed(data, "workstreams")]
    ladders = [key for key, _ in named(data, "ladders")]
    for path, requirement in listed(data, "requirements"):
        yield from unknown((*path, "phase"), requirement, "阶段", phases)
        yield from unknown((*path, "workstream"), requirement, "工作线", streams)
        yield from unknown((*path, "ladder"), requirement, "梯次", ladders)
    for path, stream in listed(data, "workstreams"):
        yield from unknown((*path, "ladder"), stream, "梯次", ladders)
    yield from unknown(("ladder",), data, "梯次", ladders)
    ledger = data.get("ledger")
    if isinstance(ledger, dict):
        yield from unknown(("ledger", "ladder"), ledger, "梯次", ladders)
        yield from unknown(("ledger", "self_check"), ledger, "阶段", phases)
    for path, kind in types(data):
        yield from unknown((*path, "ladder"), kind, "梯次", ladders)
    for path, row in rows(data):
        yield from unknown((*path, "type"), row, "问题类型", [kind.get("key") for _, kind in types(data)])
        yield from _more(data, path, row)


def _more(data: Item, path: Path, row: Item) -> Found:
    """What a row says in a column that the ledger has not."""
    columns, more = data["ledger"].get("columns"), row.get("more")
    known = columns if isinstance(columns, list) else []
    for name in more if isinstance(more, dict) else ():
        if name not in known:
            yield (
                (*path, "more"),
                f"“columns”里没有“{name}”这一栏；有 {'、'.join(map(str, known)) or '（没有）'}",
            )


def _phases(data: Item) -> Found:
    for path, phase in listed(data, "phases"):
        if phase.get("window") is not None and (phase.get("from") or phase.get("until")) is not None:
            yield (*path, "window"), "“window”与“from”、“until”只能写一种"


def _requirements(data: Item) -> Found:
    for path, requirement in listed(data, "requirements"):
        again = requirement.get("every") is not None
        if again and requirement.get("due") is not None:
            yield (*path, "due"), "“due”与“every”只能写一种；首次不同的写“first”"
        if not again and requirement.get("first") is not None:
            yield (*path, "first"), "“first”只与“every”同用；只报一次的写“due”"


def _ladders(data: Item) -> Found:
    for key, ladder in named(data, "ladders"):
        rungs = list(listed(ladder, "rungs", ("ladders", key)))
        for path, rung in rungs:
            yield from _rung(path, rung)
        for (_, before), (path, after) in pairwise(rungs):
            if _hours(before.get("at")) is None or _hours(after.get("at")) is None:
                continue
            if before["at"] == after["at"]:
                yield (*path, "at"), f"与上一级同在“{after['at']}”，请错开"
            elif (_hours(before["at"]) or 0) > (_hours(after["at"]) or 0):
                yield (*path, "at"), f"“{after['at']}”早于上一级的“{before['at']}”，各级请按时间先后排列"


def _rung(path: Path, rung: Item) -> Found:
    if rung.get("confirm") is True:
        if rung.get("letter") is None:
            yield path, "须经确认的一级要写“letter”（文书名称）"
    else:
        for name in ("letter", "reply"):
            if rung.get(name) is not None:
                yield (*path, name), f"“{name}”只用于须经确认（confirm: true）的一级"
    if (_hours(rung.get("reply")) or 1) < 0:
        yield (*path, "reply"), "回复期限应在文书发出之后，如 +3wd"


def _hours(shift: object) -> float | None:
    match = SHIFT.fullmatch(shift) if isinstance(shift, str) else None
    return float(match[1] + match[2]) * HOURS[match[3]] if match else None


def _dates(data: Item) -> Found:
    for name in ("begins", "ends"):
        yield from readable((name,), data, parse)
    for path, phase in listed(data, "phases"):
        yield from readable((*path, "window"), phase, parse_window)
        yield from readable((*path, "from"), phase, parse)
        yield from readable((*path, "until"), phase, parse)
    for path, stream in listed(data, "workstreams"):
        yield from readable((*path, "due"), stream, parse)
    for path, requirement in listed(data, "requirements"):
        for name in ("opens", "due", "first"):
            yield from readable((*path, name), requirement, parse)
        yield from readable((*path, "every"), requirement, parse_cadence)
        yield from _recurring((*path, "every"), requirement.get("every"))
    for path, row in rows(data):
        yield from readable((*path, "due"), row, parse)
    for path, kind in types(data):
        for step_path, step in listed(kind, "steps", path):
            yield from readable((*step_path, "due"), step, parse)


def _ahead(data: Item) -> Found:
    known = {str(one.get("key")) for _, one in listed(data, "requirements")}
    known |= {f"ledger-{one.get('no')}" for _, one in rows(data)}
    known |= {f"workstream-{one.get('key')}" for _, one in listed(data, "workstreams")}
    ahead = data.get("ahead")
    for place in ahead if isinstance(ahead, dict) else ():
        if str(place).partition("@")[0] not in known:
            yield ("ahead", place), f"没有“{str(place).partition('@')[0]}”这项要求"


def _recurring(path: Path, every: object) -> Found:
    if isinstance(every, dict) and isinstance(every.get("rrule"), str):
        time = every.get("time")
        try:
            cadence(every["rrule"], time if isinstance(time, str) and TIME.fullmatch(time) else None, "none")
        except Faulty as error:
            yield from ((path, fault.says) for fault in error.faults)


def _sources(data: Item) -> Found:
    known = [key for key, _ in named(data, "documents")]
    for path, source in _within((), data):
        doc = source.get("doc")
        if isinstance(doc, str) and doc not in known:
            yield (*path, "doc"), f"“documents”里没有“{doc}”"


def _within(path: Path, part: Any) -> Iterator[tuple[Path, Item]]:
    """Every `source` in the template."""
    if isinstance(part, list):
        for index, item in enumerate(part):
            yield from _within((*path, index), item)
    if isinstance(part, dict):
        for key, item in part.items():
            if key == "source" and isinstance(item, dict):
                yield (*path, key), item
            else:
                yield from _within((*path, key), item)


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
