"""duban calendar: the working days of a year, once they are published."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from flows.commands import given, shown
from flows.commands.options import Json
from states import clock
from states.errors import Faulty

if TYPE_CHECKING:
    from states.records.redating import Redate

app = typer.Typer(no_args_is_help=True, help="工作日历：载入新公布的年份")


@app.callback()
def root() -> None:
    """A group with one command stays a group."""


@app.command()
def load(
    year: Annotated[int, typer.Argument(min=2000, max=2100, help="年份")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="xlsx 或 csv，两列：日期、上班（1/0）")],
    apply: Annotated[bool, typer.Option("--apply", help="写入；不加则只显示哪些期限会改变")] = False,
    as_json: Json = False,
) -> None:
    """载入一年的放假和调休安排；先显示进行中的行动有哪些期限随之改变，加 --apply 才写入。"""
    from states.documents.sheet import read
    from states.documents.yearlist import parse_year
    from states.records import calendar, redating

    settings, now = given.settings(), clock.now()
    found = parse_year(read(given.file_bytes(file), file.name), year)
    if found.faults:
        raise Faulty(found.faults)
    with given.opened(settings) as store, store.act(dry_run=not apply) as session:
        calendar.load_year(session, year, found.days, file.name, now, given.actor())
        moved = redating.apply(session, now, given.actor()) if apply else redating.changes(session, now)
    if as_json:
        shown.as_json(_as_data(year, found.days, moved, apply, settings.zone))
        return
    _show(year, found.days, moved, apply, settings.zone)


def _show(year: int, days: dict[date, bool], moved: list[Redate], applied: bool, zone: ZoneInfo) -> None:
    from states.documents.yearlist import doubt

    worked = sum(days.values())
    if says := doubt(year, days):
        shown.hint(f"提示：{says}")
    shown.say(f"{year} 年：{len(days) - worked} 个工作日放假，{worked} 个周末上班")
    rows = [
        (one.campaign_id, _named(one), shown.day_words(one.before, zone), shown.day_words(one.after, zone), _mark(one))
        for one in moved
    ]  # fmt: skip
    shown.table(("行动", "事项", "原期限", "新期限", ""), rows, f"期限的变化（{len(rows)} 项）")
    shown.say("已写入" if applied else "什么都没有写入；确认无误后加 --apply")


def _named(one: Redate) -> str:
    return f"{one.name}（{one.place}及其下级）" if one.place else one.name


def _mark(one: Redate) -> str:
    if one.before != one.after:
        return "改期"
    return shown.PROVISIONAL if one.provisional else "由暂定转为确定"


def _as_data(
    year: int, days: dict[date, bool], moved: list[Redate], applied: bool, zone: ZoneInfo
) -> dict[str, Any]:
    def words(at: datetime | None) -> str | None:
        return shown.iso(at, zone)

    return {
        "year": year,
        "applied": applied,
        "days": {day.isoformat(): worked for day, worked in sorted(days.items())},
        "changes": [
            {
                "campaign": one.campaign_id,
                "milestone": one.milestone_id,
                "name": one.name,
                "place": one.place,
                "before": words(one.before),
                "after": words(one.after),
                "provisional": one.provisional,
            }
            for one in moved
        ],
    }
