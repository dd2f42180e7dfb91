"""Headers of ledgers: which column is which, and what only looks like a header."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

_COLUMNS: tuple[tuple[str, str], ...] = (
    ("no", r"序号|编号"),
    ("due", r"时限|期限|完成时间|整改时间"),
    ("leaders", r"^(?!.*(?:单位|部门|科室|处室|股室)).*(?:责任领导|责任人|包案领导)"),
    ("lead", r"牵头"),
    ("departments", r"责任|牵头|部门|科室"),
    ("measures", r"措施|举措"),
    (
        "problem",
        r"(?:问题|表现)(?!.*(?:来源|性质|类别|类型|分类|时间|日期))",
    ),  # 问题来源 says something of a problem
    ("project", r"项目|类别|类型|领域|方面|分类|名称"),
)
_PROBLEM = re.compile(r"问题|表现")
_NAMING = ("no", "project", "problem")
_TOTAL = re.compile(r"(?:本页|本表|全部|各类)?(?:合|总|小|共|累)计(?:[:：]?\d{0,6}[项个条件]?)?")
ENOUGH = {"problem", "measures"}
HEADER = 10  # letters of the longest header


def is_header(cells: Sequence[str]) -> bool:
    return set(parts_of(cells).values()) >= ENOUGH


def tells_a_problem(cells: Sequence[str], columns: Mapping[int, str], header: Sequence[str]) -> bool:
    """Whether what reads like a header, below one, is a problem told in few words (作风问题, 完善措施): it has a number, or
    a long cell, or other words where those titles stand.
    """
    at = {key: place for place, key in columns.items()}
    number = flatly(cells[at["no"]]) if at.get("no", len(cells)) < len(cells) else ""
    if number and number == flatly(header[at["no"]]):
        return False
    found = parts_of(cells)
    there = all(found.get(at[key]) == key for key in ENOUGH)
    other = there and any(flatly(cells[at[key]]) != flatly(header[at[key]]) for key in ENOUGH)
    return other or bool(re.search(r"\d", number)) or any(len(flatly(cell)) > 2 * HEADER for cell in cells)


def parts_of(cells: Sequence[str]) -> dict[int, str]:
    """Which column is which; a cell is a header only while it is short."""
    found: dict[int, str] = {}
    short = {place: flat for place, cell in enumerate(cells) if len(flat := flatly(cell)) <= HEADER}
    for place, flat in short.items():
        key = next((key for key, words in _COLUMNS if re.search(words, flat)), None)
        if key and key not in found.values():
            found[place] = key
    if "problem" not in found.values() and (
        named := [n for n, flat in short.items() if _PROBLEM.search(flat)]
    ):
        found[named[0]] = "problem"
    return found


def total_of(cells: Sequence[str], columns: Mapping[int, str]) -> str:
    """合计, 小计: what a row calls itself that tells no problem and only adds up others; "" for any other row."""
    named = (flatly(cells[place]) for place, key in columns.items() if key in _NAMING and place < len(cells))
    return next((flat for flat in named if _TOTAL.fullmatch(flat)), "")


def flatly(cell: str) -> str:
    """Without what only breaks lines and spreads letters."""
    return re.sub(r"\s+", "", cell)
