"""The two sheets beside a work report: 通报排名 of the regions, and the weekly 调度表 of the units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from states.documents.papersheet import Paper, write_paper
from states.documents.reportwords import day
from states.documents.writing import Sheet, Value
from states.worked import Figures, Region, Worked

RANKED = (
    ("名次", 6),
    ("地区（单位）", 26),
    ("单位数", 8),
    ("应报", 8),
    ("按时", 8),
    ("迟报", 8),
    ("零报告", 8),
    ("未报", 8),
    ("报送率%", 9),
    ("应销号", 8),
    ("销号", 8),
    ("销号率%", 9),
    ("逾期未整改", 10),
)
WEEKLY = (
    ("单位代码", 14),
    ("单位名称", 28),
    ("所处阶段", 16),
    ("本周到期", 9),
    ("本周报送", 9),
    ("累计未报", 9),
    ("下周到期", 9),
    ("本周被督办", 10),
    ("调度意见", 24),
)


@dataclass(frozen=True)
class WeekLine:
    """One unit in one week; the last column of the sheet is for the coordinator's pen."""

    code: str
    name: str
    state: str
    due: int
    handed_in: int
    missing: int
    coming: int
    told: int


def ranking(found: Worked) -> bytes:
    """Regions in order of 报送率, then 销号率; equals share a place. The last line adds up."""
    rows: list[Sequence[Value]] = [_ranked(place, one) for place, one in found.places]
    rows.append(("", "合计", *_figures(found.whole)))
    about = f"{found.owner}　截至{day(found.day)}；先比报送率，再比销号率，相同的并列"
    return write_paper(Sheet("通报", RANKED, rows), Paper(f"{found.title}情况通报", about))


def _ranked(place: int | None, one: Region) -> Sequence[Value]:
    return (place, one.name, *_figures(one.figures))


def _figures(one: Figures) -> Sequence[Value]:
    handed = one.handed
    came_in = (handed.due, handed.on_time, handed.late_filled, handed.nil, handed.missing)
    return (
        *(one.units, *came_in, _percent(handed.rate)),
        *(one.items_to_close, one.items_closed, _percent(one.closing), one.items_overdue),
    )


def _percent(rate: float | None) -> Value:
    return None if rate is None else round(100 * rate, 1)


def weekly(title: str, about: str, lines: Sequence[WeekLine]) -> bytes:
    """Units with anything due, missing or coming, those with most missing first."""
    rows: list[Sequence[Value]] = [
        (one.code, one.name, one.state, one.due, one.handed_in, one.missing, one.coming, one.told, None)
        for one in lines
    ]
    totals = [
        sum(getattr(one, name) for one in lines) for name in ("due", "handed_in", "missing", "coming", "told")
    ]
    rows.append(("", "合计", "", *totals, None))
    return write_paper(Sheet("调度", WEEKLY, rows), Paper(f"{title}周调度表", about))
