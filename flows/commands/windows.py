"""duban campaign window, open: phases that end at another time for some units, phases opened by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from flows.commands import given, shown
from flows.commands.options import Campaign, Json
from states import clock

if TYPE_CHECKING:
    from states.records.campaigns import Running
    from states.records.laying import Laid
    from states.records.session import Store
    from states.records.told import LocalWindowTold

DryRun = Annotated[bool, typer.Option("--dry-run", help="只显示会怎样，不办理")]


def window(
    campaign_id: Campaign,
    phase: Annotated[
        str | None,
        typer.Argument(
            metavar="PHASE", help="阶段代号；方案没有阶段的不写。阶段和单位都不写则列出已另定的期限"
        ),
    ] = None,
    under: Annotated[str | None, typer.Option(metavar="CODE", help="这个单位及其下级")] = None,
    until: Annotated[
        str | None, typer.Option(metavar="DATE", help="结束日期，如 2026-12-15 或 '2026-12-15 12:00'")
    ] = None,
    reason: Annotated[str, typer.Option(help="理由，必须写")] = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """为一个单位及其下级另定某阶段（没有阶段的方案：整个行动）的结束时间：未办结的事项随之改期，以后下达的也照此办理。"""
    from states.records import laying, reading_windows

    settings, now = given.settings(), clock.now()
    with given.opened(settings) as store:
        if phase is None and under is None:
            _list(store, campaign_id, as_json)
            return
        if under is None or until is None:
            raise typer.BadParameter("还要写明单位和日期，如 --under 代码 --until 2026-12-15")
        with store.act(dry_run=dry_run) as session:
            laid = laying.lay(session, campaign_id, phase, under, until, now, given.actor(), reason)
            told = reading_windows.laid_told(laid, dry_run)
            if not as_json:
                _show(laid, dry_run)
    if as_json:
        shown.as_json(told)


def _list(store: Store, campaign_id: int, as_json: bool) -> None:
    from states.records import reading_windows
    from states.records.campaigns import running

    with store.read() as session:
        found = reading_windows.listed(session, running(session, campaign_id))
    heads = ("阶段", "单位", "结束", "原定", "理由", "办理人")
    shown.listing(found, heads, _line, "没有另定的期限", raw=as_json)


def _line(one: LocalWindowTold) -> tuple[object, ...]:
    phase, unit, planned = one["phase"]["name"], one["unit"]["name"], one["planned"] or "—"
    return phase, unit, one["closes_at"], planned, one["reason"], one["author"]


def _show(laid: Laid, dry_run: bool) -> None:
    from states.records.laying import name_of

    zone = laid.campaign.zone
    ends = shown.day_words(laid.row.closes_at, zone)
    what = name_of(laid.campaign, laid.phase)
    shown.say(f"{laid.unit.name}及其下级：{what}{ends}结束；{laid.obligations} 项改期")
    shown.table(
        ("事项", "原期限", "改到", "已下达", "项数"),
        [
            (
                one.milestone.name,
                shown.day_words(one.before, zone),
                shown.day_words(one.after, zone),
                "是" if one.milestone.opened_at else "否",
                one.obligations,
            )
            for one in laid.shifted
        ],
    )
    shown.say(*laid.notes)
    if dry_run:
        shown.tried("去掉 --dry-run 即办理")


def open_(
    campaign_id: Campaign,
    phase: Annotated[str, typer.Argument(metavar="PHASE", help="并行阶段的代号")],
    reason: Annotated[str | None, typer.Option(help="理由")] = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """人工开始（或提前开始）一个并行阶段，到时的事项随即下达。"""
    from states.records import campaigning
    from states.records.reading_campaigns import phase_told

    settings, now = given.settings(), clock.now()
    with given.opened(settings) as store, store.act(dry_run=dry_run) as session:
        campaign, opened = campaigning.open_beside(
            session, campaign_id, phase, now, given.actor(), reason=reason
        )
        names = campaigning.brought(session, campaign, now).opened
        told = phase_told(opened, campaign.zone)
        _say_opened(campaign, told["name"], names, dry_run, as_json)
    if as_json:
        shown.as_json({"campaign": campaign_id, "dry_run": dry_run, "phase": told, "milestones": names})


def _say_opened(campaign: Running, name: str, names: tuple[str, ...], dry_run: bool, as_json: bool) -> None:
    if as_json:
        return
    shown.say(f"{campaign.row.title}（编号 {campaign.id}）：“{name}”阶段开始")
    if names:
        shown.say(f"下达 {len(names)} 个节点：{'、'.join(names)}")
    if dry_run:
        shown.tried("去掉 --dry-run 即办理")
