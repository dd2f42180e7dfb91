"""The sheet that goes with a mail too short for all it is about: every line of it, one by one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

from states.documents.writing import Sheet, write
from states.letters import Attachment, Line
from states.records.behind import XLSX

COLUMNS = (("单位", 30), ("事项", 36), ("期限", 18), ("督办", 10), ("缘由", 50), ("专项行动", 30))


def line_sheet(lines: Sequence[Line], day: date, zone: ZoneInfo) -> Attachment:
    """Unit, item, due, rung, and why it came to this person, by item and unit."""
    ordered = sorted(lines, key=lambda line: (line.campaign, line.what, line.rung, line.unit))
    rows = [
        (line.unit, line.what, _due(line, zone), line.rung, _why(line), line.campaign) for line in ordered
    ]
    return Attachment(f"督办事项_逐项_{day}.xlsx", write([Sheet("逐项", COLUMNS, rows)]), XLSX)


def _due(line: Line, zone: ZoneInfo) -> str:
    return f"{line.due.astimezone(zone):%Y-%m-%d %H:%M}" if line.due else line.due_words


def _why(line: Line) -> str:
    climbed = f"{line.via}的接收人空缺，逐级转送" if line.via else ""
    return "；".join(part for part in (line.reason, climbed) if part)
