"""YAML as a person would write it: block style, quotes only where they are needed, a comment behind a value."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from states.yamltext import DECIMAL, INTEGER, PLAIN

_SAFE = re.compile(r"[\u2e80-\u9fff\uf900-\ufaffA-Za-z0-9_“《〔（＿×].*", re.DOTALL)
_UNSAFE = re.compile(r": |:$| #|[\t\n\r]|^(?:---|\.\.\.)")
INDENT = "  "


@dataclass(frozen=True)
class Commented:
    """A value with a comment behind it."""

    value: Any
    comment: str


def lines(data: Mapping[str, Any]) -> Iterator[str]:
    """The lines of a mapping."""
    for key, value in data.items():
        yield from _pair(key, value)


def _pair(key: str, value: Any) -> Iterator[str]:
    value, comment = _parted(value)
    if isinstance(value, Mapping) and value:
        yield f"{key}:{comment}"
        yield from (INDENT + line for line in lines(value))
    elif isinstance(value, list) and value and not _short(value):
        yield f"{key}:{comment}"
        for item in value:
            yield from (INDENT + line for line in _item(item))
    else:
        yield f"{key}: {_inline(value)}{comment}"


def _parted(value: Any) -> tuple[Any, str]:
    return (value.value, f"  # {value.comment}") if isinstance(value, Commented) else (value, "")


def _item(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for number, line in enumerate(lines(value)):
            yield ("- " if number == 0 else INDENT) + line
    else:
        yield f"- {scalar(value)}"


def _short(value: list[Any]) -> bool:
    """Words that fit on one line."""
    return all(isinstance(one, str) for one in value) and sum(map(len, value)) <= 60


def _inline(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(scalar(one, flow=True) for one in value)}]"
    return "{}" if isinstance(value, Mapping) else scalar(value)


def scalar(value: Any, *, flow: bool = False) -> str:
    """A word as YAML: plain where it reads back as the same word, else in double quotes."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    text = str(value)
    plain = _SAFE.fullmatch(text) and not _UNSAFE.search(text) and text == text.strip()
    number = INTEGER.fullmatch(text) or DECIMAL.fullmatch(text) or text in PLAIN
    if plain and not number and not (flow and re.search(r"[,\[\]{}]", text)):
        return text
    return json.dumps(text, ensure_ascii=False)
