"""What is written in a form: read, judged field by field, and kept as JSON. A blank stays a blank, never a nought."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from states.forms import FieldType, Form, FormField, Split

Value = int | Decimal | str | date
TEXT_LONGEST = 5_000
DIGITS = Decimal(10) ** 15  # what a spreadsheet keeps
PLACES = 2
THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
BLANKS = "不知道或没有统计的请留空"


@dataclass(frozen=True)
class Figure:
    """One thing that was written; `as_of`: as of which day, where it was told."""

    value: Value
    as_of: date | None = None


@dataclass(frozen=True)
class Problem:
    """What is wrong with one field."""

    field: str
    says: str


class _Wrong(Exception):
    pass


def read(form: Form, sent: Mapping[str, Any], today: date) -> tuple[dict[str, Figure], list[Problem]]:
    """What was sent, and every problem with it, each at its field.

    A field is sent as its value or as `{"value": …, "as_of": …}`; None and empty words are blanks.
    """
    found: dict[str, Figure] = {}
    problems = [
        Problem(key, f"表中没有这一项；有 {'、'.join(one.key for one in form.fields)}")
        for key in sent
        if form.field(key) is None
    ]
    for field in form.fields:
        try:
            figure = _figure(field, sent.get(field.key), today)
        except _Wrong as wrong:
            problems.append(Problem(field.key, f"“{field.name}”{wrong}"))
            continue
        if figure is not None:
            found[field.key] = figure
    wrong_keys = {one.field for one in problems}
    for split in form.splits:
        if wrong_keys.isdisjoint((split.total, *split.parts)):
            problems += _adds_up(form, split, found)
    return found, problems


def missing(form: Form, figures: Mapping[str, Figure]) -> list[Problem]:
    """Required fields that are still blank."""
    return [
        Problem(one.key, f"“{one.name}”必填，还是空的")
        for one in form.fields
        if one.required and one.key not in figures
    ]


def stored(figures: Mapping[str, Figure]) -> dict[str, Any]:
    """As JSON: what is blank is not in it; decimals and days as text."""
    return {
        key: {"value": _plain(one.value), **({"as_of": one.as_of.isoformat()} if one.as_of else {})}
        for key, one in figures.items()
    }


def restored(form: Form, kept: Mapping[str, Any]) -> dict[str, Figure]:
    """Back from JSON; what the form has no more, or has as another type now, is left out."""
    found = {}
    for field in form.fields:
        one = kept.get(field.key)
        if one is None:
            continue
        try:
            value = _value(field, one["value"])
        except _Wrong:
            continue
        if value is not None:
            found[field.key] = Figure(value, date.fromisoformat(one["as_of"]) if "as_of" in one else None)
    return found


def _plain(value: Value) -> int | str:
    if isinstance(value, int):
        return value
    return value.isoformat() if isinstance(value, date) else str(value)


# -- one field ------------------------------------------------------------------------------------------


def _figure(field: FormField, sent: Any, today: date) -> Figure | None:
    as_of = None
    if isinstance(sent, Mapping):
        if odd := [str(key) for key in sent if key not in ("value", "as_of")]:
            raise _Wrong(f"只写 value（数值）和 as_of（截至日期），没有“{odd[0]}”")
        as_of = _as_of(sent.get("as_of"), today)
        sent = sent.get("value")
    value = _value(field, sent)
    if value is None:
        if as_of is not None:
            raise _Wrong("只有截至日期，没有内容；两处都留空或都填写")
        return None
    _within(field, value)
    return Figure(value, as_of)


def _as_of(sent: Any, today: date) -> date | None:
    if sent is None or (isinstance(sent, str) and not sent.strip()):
        return None
    day = sent if isinstance(sent, date) else _day(sent)
    if day > today:
        raise _Wrong(f"截至日期 {day} 还没有到")
    return day


def _value(field: FormField, sent: Any) -> Value | None:
    if isinstance(sent, str):
        sent = sent.strip()
    if sent is None or sent == "":
        return None
    match field.type:
        case FieldType.integer:
            return _integer(sent)
        case FieldType.decimal:
            return _decimal(sent, field.places or PLACES)
        case FieldType.date:
            return _day(sent)
        case FieldType.choice:
            return _choice(sent, field.choices)
        case FieldType.text:
            return _text(sent)


def _number(sent: Any) -> Decimal | None:
    """None for what is no number."""
    if isinstance(sent, bool) or (isinstance(sent, float) and not math.isfinite(sent)):
        return None
    if isinstance(sent, int | float | Decimal):
        return Decimal(str(sent))
    if not isinstance(sent, str):
        return None
    plain = unicodedata.normalize("NFKC", sent).strip()
    if THOUSANDS.fullmatch(plain):
        plain = plain.replace(",", "")
    if re.fullmatch(r"[+-]?\d{1,40}(\.\d{1,40})?", plain) is None:
        return None
    try:
        return Decimal(plain)
    except InvalidOperation:
        return None


def _integer(sent: Any) -> int:
    found = _number(sent)
    if found is None or abs(found) >= DIGITS or found != found.to_integral_value():
        raise _Wrong(f"应为整数，写的是“{_shown(sent)}”；{BLANKS}")
    return int(found)


def _decimal(sent: Any, places: int) -> Decimal:
    found = _number(sent)
    if found is None or abs(found) >= DIGITS:
        raise _Wrong(f"应为数字，写的是“{_shown(sent)}”；{BLANKS}")
    if found != round(found, places):
        raise _Wrong(f"最多 {places} 位小数，写的是“{_shown(sent)}”")
    return found.normalize() if found != found.to_integral_value() else found.quantize(Decimal(1))


def day_of(text: str) -> date | None:
    """2026-12-05, 2026/12/5 or 2026年12月5日; None for anything else."""
    found = DAY.fullmatch(unicodedata.normalize("NFKC", text).strip())
    try:
        return date(int(found[1]), int(found[2]), int(found[3])) if found else None
    except ValueError:
        return None


def _day(sent: Any) -> date:
    found = day_of(sent) if isinstance(sent, str) else None
    if found is None:
        raise _Wrong(f"应为日期，如 2026-12-05，写的是“{_shown(sent)}”")
    return found


def _choice(sent: Any, choices: tuple[str, ...]) -> str:
    if sent not in choices:
        raise _Wrong(f"没有“{_shown(sent)}”这个选项；可选 {'、'.join(choices)}")
    return str(sent)


def _text(sent: Any) -> str:
    if not isinstance(sent, str):
        raise _Wrong("应为文字")
    if "\0" in sent:
        raise _Wrong("含有不能保存的字符")
    if len(sent) > TEXT_LONGEST:
        raise _Wrong(f"最多 {TEXT_LONGEST} 个字，现有 {len(sent)} 个")
    return sent


def _shown(sent: Any) -> str:
    if isinstance(sent, bool):
        return "true" if sent else "false"
    text = " ".join(str(sent).split())
    return text if len(text) <= 30 else text[:29] + "…"


def _within(field: FormField, value: Value) -> None:
    if not isinstance(value, int | Decimal):
        return
    if field.minimum is not None and value < Decimal(str(field.minimum)):
        raise _Wrong(f"不能小于 {field.minimum:g}，写的是 {value}")
    if field.maximum is not None and value > Decimal(str(field.maximum)):
        raise _Wrong(f"不能大于 {field.maximum:g}，写的是 {value}")


# -- parts and their total ------------------------------------------------------------------------------


def _adds_up(form: Form, split: Split, figures: Mapping[str, Figure]) -> Iterator[Problem]:
    """Nothing is said of what is not known: a blank total, or blank parts while the others do not exceed it."""
    total = figures.get(split.total)
    parts = {key: figures[key] for key in split.parts if key in figures}
    if total is None or not parts:
        return
    name, whole_known = _name(form, split.total), len(parts) == len(split.parts)
    if len({one.as_of for one in (total, *parts.values())}) > 1:
        if whole_known:
            yield Problem(split.total, f"“{name}”与各分项的截至日期不同，不能相加；请统一")
        return
    added = sum((Decimal(str(one.value)) for one in parts.values()), Decimal(0))
    whole = Decimal(str(total.value))
    said = "、".join(f"{_name(form, key)} {one.value}" for key, one in parts.items())
    if whole_known and added != whole:
        yield Problem(split.total, f"“{name}”是 {total.value}，各分项相加是 {added}（{said}）；请核对")
    elif added > whole and _blanks_add(form, split, parts):
        yield Problem(split.total, f"“{name}”是 {total.value}，已填的分项相加已是 {added}（{said}）；请核对")


def _blanks_add(form: Form, split: Split, parts: Mapping[str, Figure]) -> bool:
    """Whether the blank parts can only add to the sum."""
    blank = [form.field(key) for key in split.parts if key not in parts]
    return all(one is not None and one.minimum is not None and one.minimum >= 0 for one in blank)


def _name(form: Form, key: str) -> str:
    field = form.field(key)
    return field.name if field else key
