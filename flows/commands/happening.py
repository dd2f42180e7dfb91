"""duban campaign event: record what dates count from, tried first if wished, or list what is waited for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.commands import given, shown
from flows.commands.options import Json
from states import clock

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from states.records.happening import Happened
    from states.records.redated import Dated
    from states.records.told import EventTold


def event(
    campaign_id: Annotated[int, typer.Argument(metavar="ID", help="专项行动编号")],
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="事项，照方案原文，如 收到转办；不写则列出有哪些、哪些已记录"),
    ] = None,
    at: Annotated[
        datetime | None,
        typer.Option(metavar="INSTANT", parser=given.an_instant, help="何时发生；默认现在"),
    ] = None,
    under: Annotated[
        str | None, typer.Option(metavar="CODE", help="只对这个单位及其下级发生；不写则对整个行动")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="已记录过的，改记为另一时间")] = False,
    reason: Annotated[str | None, typer.Option(help="理由")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只显示哪些期限随之确定，不记录")] = False,
    as_json: Json = False,
) -> None:
    """记录一件事项已经发生（收到转办、督导组要求 …），从它算起的期限随之确定。"""
    from states.records import campaigns, reading_events
    from states.records.reading_events import Event

    now = clock.now()
    with given.opened(given.settings()) as store:
        if name is None:
            with store.read() as session:
                found = reading_events.listed(session, campaigns.running(session, campaign_id))
            _list(found, as_json)
            return
        with store.act(dry_run=dry_run) as session:
            campaign = campaigns.running(session, campaign_id)
            when = given.located(at, campaign.zone) if at else now
            happened = Event(name.strip(), when, under, again, reason)
            made = reading_events.happen(session, campaign, happened, now, given.actor())
            place, code = (made.under.name, made.under.code) if made.under else ("", None)
            data = {**_data(made, campaign.zone), "under": code}
    if as_json:
        shown.as_json({"dry_run": dry_run, **data})
    else:
        _show(made, place, campaign.zone, dry_run)


def _list(found: list[EventTold], as_json: bool) -> None:
    if as_json:
        shown.as_json(found)
        return
    rows = [(one["name"], _words(one["at"]), "、".join(one["milestones"])) for one in found]
    shown.table(("事项", "已记录", "从它算起的"), rows)
    below = [
        (one["name"], each["unit"]["name"], _words(each["at"])) for one in found for each in one["below"]
    ]
    if below:
        shown.table(("事项", "单位及其下级", "已记录"), below)
    if not found:
        shown.say("这次专项行动没有从某一事项算起的期限")


def _words(at: str | None) -> str:
    return shown.day_words(datetime.fromisoformat(at) if at else None)


def _show(made: Happened, place: str, zone: ZoneInfo, dry_run: bool) -> None:
    before = f"（原为 {shown.day_words(made.before, zone)}）" if made.before else ""
    of = f"{place}及其下级：" if place else ""
    shown.say(f"{of}{made.name}：{shown.day_words(made.at, zone)}{before}")
    rows = dated_rows(made.dated, zone)
    shown.table(("事项", "方案原文", "原期限", "期限", "应办单位"), rows)
    if not rows:
        shown.say("没有期限因此改变")
    if dry_run:
        shown.tried("去掉 --dry-run 即记录")


def _data(made: Happened, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "event": made.name,
        "at": shown.iso(made.at, zone),
        "before": shown.iso(made.before, zone),
        "dated": dated_data(made.dated, zone),
    }


def dated_rows(moved: Sequence[Dated], zone: ZoneInfo) -> list[tuple[str | int, ...]]:
    """Milestones whose date changes, as rows of a table."""
    return [
        (one.name, one.words, shown.day_words(one.before, zone), shown.day_words(one.after, zone), one.units)
        for one in moved
    ]


def dated_data(moved: Sequence[Dated], zone: ZoneInfo) -> list[dict[str, Any]]:
    """The same for programs."""
    return [
        {
            "milestone": one.id,
            "name": one.name,
            "words": one.words,
            "before": shown.iso(one.before, zone),
            "after": shown.iso(one.after, zone),
            "units": one.units,
        }
        for one in moved
    ]
