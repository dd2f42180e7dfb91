"""A published year as people type it in: one row a day, whether it is worked; all its faults at once."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from states.documents.rows import Row, quoted
from states.errors import Fault

WORKED = ("1", "是", "班", "上班", "工作日", "补班", "调休上班", "true", "yes", "y")
OFF = ("0", "否", "休", "休息", "放假", "节假日", "false", "no", "n")
HEADERS = {
    "date": ("日期", "date", "day"),
    "working": ("上班", "是否上班", "工作日", "是否工作日", "working"),
}
TITLES = {"date": "日期", "working": "上班"}
SATURDAY = 5
FEWEST = 10  # days off on weekdays that a published year has at the very least
DAY = re.compile(r"(\d{4})[-/年.](\d{1,2})[-/月.](\d{1,2})(?!\d)")


@dataclass(frozen=True)
class YearList:
    """`days`: those that differ from Monday–Friday. With any fault it must not be loaded."""

    days: dict[date, bool]
    read: int
    faults: tuple[Fault, ...]


def parse_year(rows: Sequence[Row], year: int) -> YearList:
    """The days of `year` as a sheet lists them: every day, or only those that differ from Monday–Friday."""
    columns = _columns(rows)
    if columns is None:
        says = "第一行应有两列表头：日期、上班（1 上班，0 休息）"
        return YearList({}, 0, (Fault("表头", says, 1),))
    faults: list[Fault] = []
    found: dict[date, bool] = {}
    for row in rows[1:]:
        _take(row, columns, year, found, faults)
    if not found and not faults:
        faults.append(Fault("日期", "一天也没有；请列出放假和调休上班的日期"))
    differing = {day: worked for day, worked in found.items() if worked != (day.weekday() < SATURDAY)}
    return YearList(differing, len(found), tuple(faults))


def doubt(year: int, days: Mapping[date, bool]) -> str | None:
    """What is to be looked at again in a list without faults."""
    off = len(days) - sum(days.values())
    return f"{year} 年只有 {off} 个工作日放假，往年都在 15 天以上，请核对文件" if off < FEWEST else None


def _columns(rows: Sequence[Row]) -> tuple[int, int] | None:
    if not rows:
        return None
    cells = [cell.strip().lower() for cell in rows[0].cells]
    places = [next((n for n, cell in enumerate(cells) if cell in HEADERS[key]), None) for key in HEADERS]
    day, working = places
    return None if day is None or working is None else (day, working)


def _take(
    row: Row, columns: tuple[int, int], year: int, found: dict[date, bool], faults: list[Fault]
) -> None:
    day_cell, worked_cell = (row.cells[place].strip() if place < len(row.cells) else "" for place in columns)
    worked = worked_cell.lower()
    day = _day(day_cell)
    if day is None:
        faults.append(Fault(TITLES["date"], f"{quoted(day_cell)}不是日期，应写作 {year}-01-01", row.line))
    elif day.year != year:
        faults.append(Fault(TITLES["date"], f"{day} 不在 {year} 年", row.line))
    elif day in found:
        faults.append(Fault(TITLES["date"], f"{day} 写了两次", row.line))
    elif worked not in (*WORKED, *OFF):
        faults.append(Fault(TITLES["working"], f"{quoted(worked_cell)}应写 1（上班）或 0（休息）", row.line))
    else:
        found[day] = worked in WORKED


def _day(text: str) -> date | None:
    parts = DAY.match(text)
    try:
        return date(*map(int, parts.groups())) if parts else None
    except ValueError:
        return None
