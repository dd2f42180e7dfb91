"""What a template says of forms, quotas and shares: fields that exist, bounds that hold, words that can be counted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from states.dates import parse_cadence
from states.errors import Faulty
from states.forms import NUMBERS, FieldType
from states.walking import Found, Item, doubled, listed, readable
from states.yamltext import Path

ONE_TURN = ("每天", "每个工作日", "每周", "每旬", "每半月", "每月", "每季度", "每半年", "每年")


def disagreements(data: Item) -> Found:
    """Every place where a form, a quota or a share contradicts itself."""
    for path, requirement in listed(data, "requirements"):
        form = requirement.get("form")
        if isinstance(form, dict):
            yield from _form((*path, "form"), form)
        yield from _quota(path, requirement)
    for path, target in listed(data, "coverage"):
        yield from readable((*path, "every"), target, parse_cadence)
        yield from _turns(path, target)
    for name in ("coverage", "sampling"):
        yield from doubled(listed(data, name), "name")
    for path, sampling in listed(data, "sampling"):
        yield from _sampling(path, sampling)


def _form(path: Path, form: Item) -> Found:
    fields = list(listed(form, "fields", path))
    yield from doubled(fields, "key")
    yield from doubled(fields, "name")
    for place, field in fields:
        yield from _field(place, field)
    known = {str(field.get("key")): field for _, field in fields}
    for place, split in listed(form, "splits", path):
        yield from _split(place, split, known)


def _field(path: Path, field: Item) -> Found:
    kind = field.get("type", FieldType.integer)
    if kind == FieldType.choice and not field.get("choices"):
        yield (*path, "choices"), "选项（choice）要写明可选的内容"
    if kind != FieldType.choice and field.get("choices"):
        yield (*path, "choices"), "“choices”只用于选项（type: choice）"
    if kind != FieldType.decimal and field.get("places") is not None:
        yield (*path, "places"), "“places”只用于小数（type: decimal）"
    choices = [one for one in field.get("choices") or () if isinstance(one, str)]
    if len(set(choices)) != len(choices):
        yield (*path, "choices"), "有重复的选项，请删去"
    yield from _bounds(path, field, kind)


def _bounds(path: Path, field: Item, kind: object) -> Found:
    least, most = field.get("minimum"), field.get("maximum")
    for name, bound in (("minimum", least), ("maximum", most)):
        if bound is not None and kind not in NUMBERS:
            yield (*path, name), f"“{name}”只用于数字"
    if isinstance(least, int | float) and isinstance(most, int | float) and least > most:
        yield (*path, "minimum"), f"不小于 {least} 又不大于 {most}，什么也填不了"


def _split(path: Path, split: Item, known: dict[str, Item]) -> Found:
    parts = split.get("parts")
    named = [split.get("total"), *(parts if isinstance(parts, list) else ())]
    for key in named:
        field = known.get(key) if isinstance(key, str) else None
        if isinstance(key, str) and field is None:
            yield path, f"表中没有“{key}”这一项；有 {'、'.join(known)}"
        elif field is not None and field.get("type", FieldType.integer) not in NUMBERS:
            yield path, f"“{key}”不是数字，不能相加"
    if len(set(map(str, named))) != len(named):
        yield path, "合计和各分项有重复，请检查"
    units = {known[key].get("unit", "") for key in named if isinstance(key, str) and key in known}
    if len(units) > 1:
        yield path, f"合计和各分项的计量单位不同（{'、'.join(sorted(units))}），不能相加"


def _quota(path: Path, requirement: Item) -> Found:
    """A number of times that is given twice must be the same."""
    said = _said(requirement.get("every"))
    written = requirement.get("minimum")
    if isinstance(written, int) and said is not None and said != written:
        yield (*path, "minimum"), f"“every”写的是不少于 {said}，这里是 {written}，请改为一致"


def _said(words: Any) -> int | None:
    if not isinstance(words, str):
        return None
    try:
        return parse_cadence(words).minimum
    except Faulty:
        return None


def _turns(path: Path, target: Item) -> Found:
    """Periods of coverage are those of the calendar."""
    words = target.get("every")
    try:
        every = parse_cadence(words) if isinstance(words, str) else None
    except Faulty:
        return
    if every is not None and every.rhythm.value not in ONE_TURN:
        yield (*path, "every"), f"按期计算的覆盖面只能按 {'、'.join(ONE_TURN)}"


def _sampling(path: Path, sampling: Item) -> Iterator[tuple[Path, str]]:
    if sampling.get("percent") is not None and sampling.get("count") is not None:
        yield (*path, "count"), "“percent”与“count”只写一种"
