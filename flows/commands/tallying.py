"""duban campaign tally: how many departments or persons have done their part, told and summed."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.commands import given, shown
from flows.commands.options import Json
from states import clock

if TYPE_CHECKING:
    from states.progress import Counted

PER = {"departments": "科室", "persons": "个人"}


def tally(
    campaign_id: Annotated[int, typer.Argument(metavar="ID", help="专项行动编号")],
    code: Annotated[
        str | None, typer.Argument(metavar="UNIT", help="单位代码；不写则列出全部单位的合计")
    ] = None,
    requirement: Annotated[
        str | None, typer.Argument(metavar="REQUIREMENT", help="要求的键，如 pledge")
    ] = None,
    expected: Annotated[int | None, typer.Option(min=0, help="应办几个科室（几人）")] = None,
    done: Annotated[int | None, typer.Option(min=0, help="已办几个科室（几人）")] = None,
    as_of: Annotated[
        date | None, typer.Option(metavar="DATE", parser=given.a_day, help="截至哪一天；默认今天")
    ] = None,
    period: Annotated[str, typer.Option(help="定期报送的哪一期，如 2026-12")] = "",
    as_json: Json = False,
) -> None:
    """按科室或个人报数：某单位应办几、已办几；只写 ID 则列出各项合计。"""
    from states.records import counting, figures
    from states.records.campaigns import running
    from states.records.counting import Numbers

    settings, now = given.settings(), clock.now()
    if code is None:
        with given.opened(settings) as store, store.read() as session:
            found = figures.tally(session, running(session, campaign_id), now, worst=0).counted
        _show(found, as_json)
        return
    if requirement is None or expected is None or done is None:
        raise typer.BadParameter("报数要写明 UNIT REQUIREMENT --expected 应办数 --done 已办数")
    with given.opened(settings) as store, store.write() as session:
        campaign = running(session, campaign_id)
        key = counting.owed_key(session, campaign, code, requirement, period)
        counting.count(session, campaign, key, Numbers(expected, done, as_of), now, given.actor())
    told: dict[str, Any] = {"unit": code, "requirement": requirement, "expected": expected, "done": done}
    if as_json:
        shown.as_json({"campaign": campaign_id, "obligation": key, **told})
        return
    shown.say(f"{code}：{requirement} 应办 {expected}，已办 {done}")


def _show(found: tuple[Counted, ...], as_json: bool) -> None:
    if as_json:
        shown.as_json([vars(one) for one in found])
        return
    rows = [
        (one.name, PER[one.per], f"{one.told}/{one.units}", one.expected, one.done, one.expected - one.done)
        for one in found
    ]
    shown.table(("事项", "按", "已报数单位", "应办", "已办", "还差"), rows)
    if not rows:
        shown.say("没有按科室或个人报数的事项")
