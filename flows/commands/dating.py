"""duban campaign date: give a date to what has none, or another date, while the campaign runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from flows.commands import given, shown
from flows.commands.happening import dated_data, dated_rows
from states import clock

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from states.records.redated import Dated


def date(
    campaign_id: Annotated[int, typer.Argument(metavar="ID", help="专项行动编号")],
    fills: Annotated[
        list[str],
        typer.Option("--set", metavar="位置=日期", help="给哪一处定期限，如 report.due=12月5日前；可多次"),
    ],
    reason: Annotated[str | None, typer.Option(help="理由")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只显示哪些期限随之确定，不写入")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """给方案没有写期限的事项定期限，或改定期限；应办单位从此按新期限收到提醒。"""
    from states.records import dating
    from states.records.campaigns import running

    settings, now = given.settings(), clock.now()
    with given.opened(settings) as store, store.act(dry_run=dry_run) as session:
        campaign = running(session, campaign_id)
        moved = dating.give(session, campaign, given.fills(fills), now, given.actor(), reason)
        zone = campaign.zone
    _show(moved, zone, dry_run, as_json)


def _show(moved: tuple[Dated, ...], zone: ZoneInfo, dry_run: bool, as_json: bool) -> None:
    if as_json:
        shown.as_json({"dry_run": dry_run, "dated": dated_data(moved, zone)})
        return
    shown.table(("事项", "方案原文", "原期限", "期限", "应办单位"), dated_rows(moved, zone))
    if not moved:
        shown.say("没有期限因此改变")
    if dry_run:
        shown.tried("去掉 --dry-run 即定下")
