"""duban campaign adopt, changes, accept, decline, repeat: campaigns of lower levels, and the same again."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.commands import given, renewing, shown
from flows.commands.options import Campaign, Json
from states import clock
from states.errors import Refused

if TYPE_CHECKING:
    from sqlmodel import Session

    from states.records.launch import Draft
    from states.records.levels import Adoption

Change = Annotated[int, typer.Argument(metavar="N", help="上级变化的编号，见 duban campaign changes")]
Leads = Annotated[
    list[str], typer.Option("--lead", metavar="要求=1wd", help="某项（或 要求@期）比上级提前多少，可多次")
]
Fills = Annotated[list[str], typer.Option("--set", metavar="位置=日期", help="本级自定的日期，可多次")]
FRESH = "上级刚有改动，是否牵涉本级，下一轮列出（服务运行时不必等多久，也可运行 duban tick）"


def adopt(
    parent_id: Annotated[int, typer.Argument(metavar="PARENT_ID", help="上级专项行动编号")],
    owner: Annotated[str, typer.Option(metavar="CODE", help="承接的单位代码")],
    template: Annotated[Path | None, typer.Option(metavar="FILE", help="增加的部分（YAML）")] = None,
    ahead: Annotated[str, typer.Option(metavar="3wd", help="各项比上级提前多少")] = "3wd",
    leads: Leads = [],  # noqa: B006
    fills: Fills = [],  # noqa: B006
    units: Annotated[list[str], typer.Option("--units", metavar="CODES", help="只要这些单位")] = [],  # noqa: B006
    under: Annotated[list[str], typer.Option("--under", metavar="CODES", help="只要这些单位及其下级")] = [],  # noqa: B006
    kinds: Annotated[list[str], typer.Option("--kinds", metavar="KINDS", help="只要这些类别")] = [],  # noqa: B006
    title: Annotated[str | None, typer.Option(help="名称；默认为上级名称加本单位")] = None,
    past: Annotated[
        str | None,
        typer.Option(metavar="keep|skip", help="已过的期限：keep 照旧下达，skip 上级已过的不再下达"),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只显示会怎样，不启动")] = False,
    as_json: Json = False,
) -> None:
    """下级承接上级的专项行动：上级各项都在，期限提前，可以增加。"""
    from states.adopting import Terms
    from states.records import levels
    from states.records.scopes import Selection

    if past not in (None, "keep", "skip"):
        raise typer.BadParameter("只能写 keep 或 skip", param_hint="--past")
    settings, now = given.settings(), clock.now()
    terms = Terms(ahead, given.fills(leads), {}, given.file_text(template) if template else "", title)
    chosen = Selection(given.listed(units), given.listed(under), given.kinds(kinds))
    wanted = levels.Adoption(owner, terms, given.fills(fills), chosen, past)
    with given.opened(settings) as store:
        if dry_run:
            with store.read() as session:
                found = levels.draft(session, parent_id, wanted, now)
                kinds_of = _kinds(session, wanted)
            _show_draft(found.draft, kinds_of, found.refusals, found.handed_down, as_json)
            return
        with store.write() as session:
            found = levels.draft(session, parent_id, wanted, now)
            key = levels.adopt(session, parent_id, wanted, now, given.actor())
    _show_adopted(key, parent_id, found.draft, found.handed_down, as_json)


def _show_adopted(key: int, parent_id: int, draft: Draft, handed_down: int, as_json: bool) -> None:
    units = draft.participants
    if as_json:
        shown.as_json({"campaign": key, "parent": parent_id, "units": units, "handed_down": handed_down})
        return
    shown.say(*(f"提示：{warning}" for warning in draft.warnings))
    shown.say(f"已承接：编号 {key}，{units} 个单位参加；上级中 {handed_down} 个单位改由本级督办")


def _kinds(session: Session, wanted: Adoption) -> dict[str, int]:
    from states.records import board, scopes

    return board.participants(session, wanted.selection, scopes.owner_of(session, wanted.owner))


def _show_draft(
    draft: Draft, kinds: dict[str, int], refusals: tuple[str, ...], handed_down: int, as_json: bool
) -> None:
    from flows.commands import draft_shown

    if as_json:
        data = {**draft_shown.data(draft, kinds), "refusals": list(refusals), "handed_down": handed_down}
        shown.as_json({"dry_run": True, **data})
    else:
        draft_shown.show(draft, kinds)
        shown.say(f"上级中 {handed_down} 个单位将改由本级督办（在上级记为免办）")
    if refusals:
        raise Refused(*refusals)
    if not as_json:
        shown.tried("去掉 --dry-run 即承接")


def changes(campaign_id: Campaign, as_json: Json = False) -> None:
    """上级改了什么，本级要不要随之调整。"""
    from states.records import proposing
    from states.records.campaigns import running

    with given.opened(given.settings()) as store, store.read() as session:
        zone = running(session, campaign_id).zone
        found = [one.model_dump(exclude={"text"}) for one in proposing.listed(session, campaign_id)]
        fresh = campaign_id in proposing.to_look_at(session)
    if as_json:
        shown.as_json(found)
        return
    rows = [
        (one["id"], shown.day_words(one["at"], zone), one["reason"], proposing.STATES[one["state"]])
        for one in found
    ]
    shown.table(("编号", "时间", "内容", ""), rows)
    for one in found:
        if one["state"] == "proposed":
            shown.table(("项", "现为", "改为"), [_line(item) for item in one["items"]], f"第 {one['id']} 号")
            shown.say(*one["faults"])
    if fresh:
        shown.say(FRESH)
    elif not found:
        shown.say("上级没有变化")


def _line(item: dict[str, Any]) -> tuple[str, str, str]:
    return item["name"], str(item["before"] or "—"), str(item["after"] or "—")


def accept(
    campaign_id: Campaign,
    change_id: Change,
    keep: renewing.Keep = [],  # noqa: B006
    recompute: renewing.Recompute = [],  # noqa: B006
    leads: Leads = [],  # noqa: B006
    fills: Fills = [],  # noqa: B006
    reason: Annotated[str | None, typer.Option(help="说明")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只显示会怎样，不调整")] = False,
    as_json: Json = False,
) -> None:
    """随上级调整：改动的期限随上级，--keep 所列各项除外。"""
    from states.records import proposing
    from states.records.proposing import Following

    settings, now = given.settings(), clock.now()
    following = Following(
        given.listed(keep), given.listed(recompute), given.fills(leads), given.fills(fills), reason
    )
    with given.opened(settings) as store:
        with store.read() as session:
            found = proposing.preview(session, campaign_id, change_id, now, following)
            renewing.show(session, found, as_json=as_json, dry_run=dry_run)
        if dry_run:
            return
        with store.write() as session:
            proposing.accept(session, campaign_id, change_id, now, given.actor(), following)
    if not as_json:
        shown.say(f"已随上级调整，现行第 {found.template.version} 版")


def decline(
    campaign_id: Campaign,
    change_id: Change,
    reason: Annotated[str, typer.Option(help="理由，告知上级")],
) -> None:
    """不随上级调整，本级照旧。"""
    from states.records import proposing

    settings, now = given.settings(), clock.now()
    with given.opened(settings) as store, store.write() as session:
        proposing.decline(session, campaign_id, change_id, now, given.actor(), reason)
    shown.say("本级照旧，理由将告知上级")


def repeat(
    campaign_id: Campaign,
    start: Annotated[date, typer.Option("--start", metavar="DATE", parser=given.a_day, help="启动日期")],
    fills: Fills = [],  # noqa: B006
    title: Annotated[str | None, typer.Option(help="名称；默认与上次相同")] = None,
    past: Annotated[str | None, typer.Option(metavar="keep", help="keep：已过的期限照旧下达")] = None,
    apply: Annotated[bool, typer.Option("--apply", help="启动；不写则只试算")] = False,
    as_json: Json = False,
) -> None:
    """再办一次：同样的单位，同一方案的最新版本。默认只试算，加 --apply 启动。"""
    from flows.commands import draft_shown
    from states.records import board, launch, repeating, scopes

    if past not in (None, "keep"):
        raise typer.BadParameter("只能写 keep", param_hint="--past")
    settings, now = given.settings(), clock.now()
    with given.opened(settings) as store, store.write() if apply else store.read() as session:
        order = repeating.order(session, campaign_id, start, given.fills(fills), title=title, past=past)
        drafted = launch.draft(session, order, now)
        kinds = board.participants(session, order.selection, scopes.owner_of(session, order.owner))
        key = launch.launch(session, order, now, given.actor()) if apply else None
    if as_json:
        shown.as_json({"dry_run": not apply, "campaign": key, **draft_shown.data(drafted, kinds)})
    else:
        draft_shown.show(drafted, kinds)
    if drafted.refusals:
        raise Refused(*drafted.refusals)
    if apply and not as_json:
        shown.say(f"已启动：编号 {key}")
    elif not as_json:
        shown.tried("加 --apply 即启动")
