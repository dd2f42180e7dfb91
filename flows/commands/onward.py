"""duban campaign move: one move of a campaign itself, tried first if wished, or what moves it has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from flows.commands import given, moving, shown
from flows.commands.options import Json
from states import clock

if TYPE_CHECKING:
    from states.records.campaigning import Brought
    from states.records.campaigns import Running

SILENCED = {
    "notices_withdrawn": "条未发的通知不再发出",
    "proposals_withdrawn": "项待确认的措施撤回",
    "rungs_missed": "级在暂停或办结期间错过的提醒不再补发",
}


def move(
    campaign_id: Annotated[int, typer.Argument(metavar="ID", help="专项行动编号")],
    name: Annotated[
        str | None,
        typer.Argument(metavar="MOVE", help="动作，如 advance 或 进入下一阶段；不写则列出可做的动作"),
    ] = None,
    reason: Annotated[str | None, typer.Option(help="理由；取消、回头看必须写")] = None,
    version: Annotated[int | None, typer.Option(help="只在版本仍是这个数时办理")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只显示会怎样，不办理")] = False,
    as_json: Json = False,
) -> None:
    """推动专项行动走一步：进入下一阶段、暂停、恢复、办结、取消、回头看；不写 MOVE 则列出能不能做、为什么。"""
    from states.records import campaigning
    from states.records.campaigns import running

    settings, now = given.settings(), clock.now()
    with given.opened(settings) as store:
        if name is None:
            with store.read() as session:
                campaign = running(session, campaign_id)
            moving.show_choices(campaign.machines, campaigning.choices(campaign), as_json)
            return
        wanted = moving.english(name)
        with store.act(dry_run=dry_run) as session:
            before = running(session, campaign_id).row.state
            campaign = campaigning.move(
                session, campaign_id, wanted, now, given.actor(), reason=reason, version=version
            )
            brought = campaigning.brought(session, campaign, now)
    _show(campaign, wanted, before, brought, dry_run, as_json)


def _show(campaign: Running, name: str, before: str, brought: Brought, dry_run: bool, as_json: bool) -> None:
    from states.machine import state_name
    from states.records.reading_campaigns import stage

    row = campaign.row
    if as_json:
        shown.as_json(
            {
                "campaign": row.id,
                "move": name,
                "dry_run": dry_run,
                "before": stage(campaign.machines, before),
                "after": stage(campaign.machines, row.state),
                "version": row.version,
                "opened": list(brought.opened),
                "silenced": dict(brought.silenced),
            }
        )
        return
    first, last = (state_name(campaign.machines, state).label for state in (before, row.state))
    shown.say(f"{row.title}（编号 {row.id}）：{first} → {last}")
    if brought.opened:
        shown.say(f"下达 {len(brought.opened)} 个节点：{'、'.join(brought.opened)}")
    shown.say(*(f"{number} {SILENCED.get(what, what)}" for what, number in brought.silenced.items()))
    if dry_run:
        shown.tried("去掉 --dry-run 即办理")
