"""duban silence add, list, end: for a while nobody is told of something."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from flows.commands import given, shown
from flows.commands.options import Campaign, Json
from states import clock

if TYPE_CHECKING:
    from states.records.told import SilenceTold

app = typer.Typer(no_args_is_help=True, help="静默：一段时间内不通知，过后只发最高一级")


@app.command()
def add(
    campaign_id: Campaign,
    until: Annotated[date, typer.Option(metavar="DATE", parser=given.a_day, help="到哪天止（含）")],
    reason: Annotated[str, typer.Option(help="理由，必须写")] = "",
    unit: Annotated[str | None, typer.Option(metavar="CODE", help="只这个单位")] = None,
    under: Annotated[str | None, typer.Option(metavar="CODE", help="这个单位及其下级")] = None,
    requirement: Annotated[str | None, typer.Option(metavar="KEY", help="只这一项要求（代号）")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只检查，不办理")] = False,
    as_json: Json = False,
) -> None:
    """静默一个单位、一个单位及其下级、一项要求，或（都不写）整个行动。"""
    from states.records import reading_silences
    from states.records.silences import Wanted

    wanted, now = Wanted(until, reason, unit, under, requirement), clock.now()
    with given.opened(given.settings()) as store, store.act(dry_run=dry_run) as session:
        made = reading_silences.impose(session, given.everything(), campaign_id, wanted, now)
    if as_json:
        shown.as_json({**made, "dry_run": dry_run})
        return
    shown.say(
        f"第 {made['id']} 号静默，到 {shown.minute(made['ends'])}"
        if not dry_run
        else "可以静默；什么都没有写入"
    )


@app.command("list")
def list_(campaign_id: Campaign, as_json: Json = False) -> None:
    """列出静默：谁、为什么、到何时、压着几条通知。"""
    from states.records import reading_silences

    with given.opened(given.settings()) as store, store.read() as session:
        found = reading_silences.quiet(session, given.everything(), campaign_id, clock.now())["items"]
    heads = ("编号", "单位", "要求", "", "到", "压着", "理由", "办理人")
    shown.listing(found, heads, _line, "没有静默", raw=as_json)


def _line(one: SilenceTold) -> tuple[object, ...]:
    place = (one["unit"]["name"] + ("及其下级" if one["below"] else "")) if one["unit"] else "全部单位"
    what, state = one["requirement"] or "各项", "静默中" if one["active"] else "已结束"
    return one["id"], place, what, state, one["ends"], one["held"], one["reason"], one["author"]


@app.command()
def end(
    campaign_id: Campaign,
    number: Annotated[int, typer.Argument(metavar="N", help="静默的编号")],
    as_json: Json = False,
) -> None:
    """提前结束一次静默；压着的通知随下一次发信发出。"""
    from states.records import reading_silences

    with given.opened(given.settings()) as store, store.write() as session:
        made = reading_silences.end(session, given.everything(), campaign_id, number, clock.now())
    if as_json:
        shown.as_json(made)
    else:
        shown.say(f"第 {number} 号静默已结束")
