"""duban campaign …: start one, list them, see how one stands; `onward`, `happening`, `tallying` do something about one."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.commands import (
    dating,
    extending,
    given,
    happening,
    levels,
    onward,
    renewing,
    shown,
    tallying,
    windows,
)
from flows.commands.options import Json, Named
from states import clock
from states.errors import Refused

if TYPE_CHECKING:
    from sqlmodel import Session

    from states.records.launch import Draft, Order

app = typer.Typer(no_args_is_help=True, help="专项行动：启动、列出、查看进展")
app.command("move")(onward.move)
app.command("tally")(tallying.tally)
app.command("event")(happening.event)
app.command("date")(dating.date)
app.command("renew")(renewing.renew)
for command in (levels.adopt, levels.changes, levels.accept, levels.decline, levels.repeat):
    app.command()(command)
app.command("extend")(extending.extend)
app.command("open")(windows.open_)
app.command("window")(windows.window)
Start = Annotated[date, typer.Option("--start", metavar="DATE", parser=given.a_day, help="启动日期")]
Units = Annotated[
    list[str], typer.Option("--units", metavar="CODES", help="只要这些单位（代码，可用逗号分隔）")
]
Under = Annotated[list[str], typer.Option("--under", metavar="CODES", help="只要这些单位及其下级")]
Kinds = Annotated[list[str], typer.Option("--kinds", metavar="KINDS", help="只要这些类别，如 医院,中医院")]
Fills = Annotated[list[str], typer.Option("--set", metavar="位置=日期", help="填写或改动一处日期，可多次")]


@app.command()
def start(
    named: Named,
    start: Start,
    units: Units = [],  # noqa: B006
    under: Under = [],  # noqa: B006
    kinds: Kinds = [],  # noqa: B006
    fills: Fills = [],  # noqa: B006
    owner: Annotated[str | None, typer.Option(metavar="CODE", help="牵头单位；默认为唯一的顶级单位")] = None,
    title: Annotated[str | None, typer.Option(help="名称；默认用模板的名称")] = None,
    past: Annotated[str | None, typer.Option(metavar="keep", help="keep：已过的期限照旧下达")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只显示日期、提示和参加单位，不启动")] = False,
    as_json: Json = False,
) -> None:
    """按模板启动一次专项行动。"""
    from states.records.launch import Order, draft, launch
    from states.records.scopes import Selection

    if past not in (None, "keep"):
        raise typer.BadParameter("只能写 keep", param_hint="--past")
    settings, now = given.settings(), clock.now()
    chosen = Selection(given.listed(units), given.listed(under), given.kinds(kinds))
    text = given.template_text(named)
    order = Order(text, start, given.fills(fills), chosen, owner, title, past)
    with given.opened(settings) as store:
        if dry_run:
            with store.read() as session:
                _show(draft(session, order, now), _kinds(session, order), as_json)
            return
        with store.write() as session:
            drafted = draft(session, order, now)
            key = launch(session, order, now, given.actor())
    _started(key, drafted, as_json, start if start > now.astimezone(settings.zone).date() else None)


@app.command("list")
def list_(as_json: Json = False) -> None:
    """列出专项行动。"""
    from flows.commands.described import listed_data
    from states.records import board

    with given.opened(given.settings()) as store, store.read() as session:
        found = board.listed(session)
    if as_json:
        shown.as_json([listed_data(one) for one in found])
        return
    shown.table(
        ("编号", "名称", "阶段", "牵头", "单位", "启动"),
        [(one.id, one.title, one.label, one.owner, one.units, one.start) for one in found],
    )
    if not found:
        shown.say("还没有专项行动；用 duban campaign start 启动")


@app.command()
def status(
    campaign_id: Annotated[int, typer.Argument(metavar="ID", help="专项行动编号")],
    behind: Annotated[bool, typer.Option("--behind", help="同时列出落后或有逾期的单位")] = False,
    as_json: Json = False,
) -> None:
    """一次专项行动的各项数字；加 --behind 列出落后的单位。"""
    from flows.commands import described
    from states.records import board, figures, reading_levels
    from states.records.campaigns import running

    settings, real = given.settings(), clock.now()
    with given.opened(settings) as store, store.read() as session:
        now = board.present(session, real)
        campaign = running(session, campaign_id)
        found = figures.tally(session, campaign, now)
        lagging = board.lagging(session, campaign, now) if behind else []
        below = reading_levels.children(session, given.everything(), campaign_id, now)
    if as_json:
        data = {**described.tally_data(campaign, found, now), "children": below}
        if behind:
            data["units_behind"] = [described.lagging_data(one, campaign) for one in lagging]
        shown.as_json(data)
        return
    described.show_tally(campaign, found, now)
    described.show_children(below)
    described.show_lagging(lagging, campaign)


def _kinds(session: Session, order: Order) -> dict[str, int]:
    from states.records import board, scopes

    return board.participants(session, order.selection, scopes.owner_of(session, order.owner))


def _show(drafted: Draft, kinds: dict[str, int], as_json: bool) -> None:
    """A dry run ends with the refusals that the launch would meet."""
    from flows.commands import draft_shown

    if as_json:
        shown.as_json({"dry_run": True, **draft_shown.data(drafted, kinds)})
    else:
        draft_shown.show(drafted, kinds)
    if drafted.refusals:
        raise Refused(*drafted.refusals)
    if not as_json:
        shown.tried("去掉 --dry-run 即启动")


def _started(key: int, drafted: Draft, as_json: bool, begins: date | None) -> None:
    """`begins`: the day to come on which it does, if it does not yet."""
    if as_json:
        result: dict[str, Any] = {
            "campaign": key,
            "units": drafted.participants,
            "warnings": drafted.warnings,
        }
        shown.as_json(result)
        return
    shown.say(*(f"提示：{warning}" for warning in drafted.warnings))
    to_come = f"，{shown.day_words(begins)}开始" if begins else ""
    shown.say(f"已启动：编号 {key}，{drafted.participants} 个单位参加{to_come}")
    shown.say(f"查看进展：duban campaign status {key}")
