"""duban quota …, duban coverage …, duban draw: what was done how often, which units were reached, what is drawn."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.commands import given, report_shown, shown
from states import clock

if TYPE_CHECKING:
    from states.records.drawing import Wish
    from states.records.quotas import Done
    from states.records.reaching import Reach
    from states.records.session import Store
    from states.records.told.shares import DrawTold

quota = typer.Typer(no_args_is_help=True, help="次数要求：登记、导入、完成情况")
coverage = typer.Typer(no_args_is_help=True, help="覆盖面：登记已检查的单位、导入、完成情况")
Json = Annotated[bool, typer.Option("--json", help="输出 JSON")]
Campaign = Annotated[int, typer.Argument(metavar="ID", help="专项行动编号")]
Code = Annotated[str, typer.Argument(metavar="UNIT", help="单位代码")]
Day = Annotated[date | None, typer.Option(metavar="DATE", parser=given.a_day, help="哪一天；默认今天")]
List = Annotated[Path, typer.Argument(metavar="FILE", help="名单（xlsx 或 csv）")]
Apply = Annotated[bool, typer.Option("--apply", help="写入；不加则只显示会怎样")]


# -- quotas -----------------------------------------------------------------------------------------------


@quota.command("add")
def add(
    campaign_id: Campaign,
    code: Code,
    requirement: Annotated[str, typer.Argument(metavar="REQUIREMENT", help="要求的代号")],
    says: Annotated[str, typer.Option(help="做了什么，一两句话")],
    day: Day = None,
    place: Annotated[str, typer.Option(help="地点")] = "",
) -> None:
    """登记一次；哪一期由日期定。够了次数即自动报送。"""
    from states.records.quotas import Done

    numbers = _record(campaign_id, [Done(code, requirement, day or _today(), says, place, code)], True)
    shown.say(f"已登记，编号 {numbers[0]}")


@quota.command("import")
def import_(campaign_id: Campaign, file: List, apply: Apply = False) -> None:
    """导入各单位已办的各次：单位代码、事项（代号）、日期、内容、地点。有一处错就一次也不登记。"""
    from states.documents import recordlist
    from states.records.quotas import Done

    rows = recordlist.read(given.file_bytes(file), file.name, recordlist.DONE, ("says", "requirement"))
    found = [
        Done(
            *(one.cells["code"], one.cells["requirement"], one.day, one.cells["says"]),
            *(one.cells.get("place", ""), one.where),
        )
        for one in rows
    ]
    _record(campaign_id, found, apply)
    shown.say(f"已登记 {len(found)} 次" if apply else f"试算：可登记 {len(found)} 次；加 --apply 写入")


def _today() -> date:
    return clock.now().astimezone(given.settings().zone).date()


def _record(campaign_id: int, found: list[Done], apply: bool) -> list[int]:
    """In one transaction, which a trial takes back."""
    from states.records import quotas
    from states.records.campaigns import running

    with given.opened(given.settings()) as store, store.act(dry_run=not apply) as session:
        return quotas.record(session, running(session, campaign_id), found, clock.now(), given.actor())


@quota.command("withdraw")
def withdraw(
    campaign_id: Campaign,
    number: Annotated[int, typer.Argument(metavar="NO", help="登记的编号")],
    reason: Annotated[str, typer.Option(help="理由")],
) -> None:
    """撤回一次登记；撤回后次数不够的，退回单位重办。"""
    from states.records import quotas
    from states.records.campaigns import running

    with given.opened(given.settings()) as store, store.write() as session:
        quotas.withdraw(session, running(session, campaign_id), number, reason, clock.now(), given.actor())
    shown.say(f"已撤回 {number}")


@quota.command("list")
def list_(
    campaign_id: Campaign,
    requirement: Annotated[
        str | None, typer.Argument(metavar="REQUIREMENT", help="只看这项要求（代号）")
    ] = None,
    unit: Annotated[str | None, typer.Option(help="一个单位的各次（须写明 REQUIREMENT）")] = None,
    period: Annotated[str, typer.Option(help="哪一期，如 2026-12")] = "",
    as_json: Json = False,
) -> None:
    """每期几个单位达到、没有达到；--unit 列出一个单位的各次。"""
    from states.records import owed_by, share_acting
    from states.records.campaigns import running

    with given.opened(given.settings()) as store, store.read() as session:
        if unit is not None and requirement is not None:
            key = owed_by.key_of(session, running(session, campaign_id), unit, requirement, period)
            one = share_acting.events(session, given.everything(), campaign_id, key)
            report_shown.events(one, as_json)
            return
        if unit is not None:
            raise typer.BadParameter("--unit 要同时写明 REQUIREMENT")
        told = share_acting.standings(session, given.everything(), campaign_id, clock.now(), requirement)
    report_shown.quotas(told, as_json)


# -- coverage ---------------------------------------------------------------------------------------------


@coverage.command("add")
def reach(
    campaign_id: Campaign,
    codes: Annotated[list[str], typer.Argument(metavar="UNIT…", help="已检查的单位代码")],
    day: Day = None,
    target: Annotated[str, typer.Option(help="计入哪项覆盖面；不写则计入范围内有它的各项")] = "",
    says: Annotated[str, typer.Option(help="说明")] = "",
) -> None:
    """登记已检查（走到）的单位。"""
    from states.records.reaching import Reach

    on = day or _today()
    new = _reach(campaign_id, [Reach(one, on, target, says, one) for one in given.listed(codes)], True)
    shown.say(f"新登记 {new} 个单位")


@coverage.command("import")
def import_reached(campaign_id: Campaign, file: List, apply: Apply = False) -> None:
    """导入已检查的单位：单位代码、日期、说明、覆盖面（可不写）。有一处错就一个也不登记。"""
    from states.documents import recordlist
    from states.records.reaching import Reach

    rows = recordlist.read(given.file_bytes(file), file.name, recordlist.REACHED)
    found = [
        Reach(one.cells["code"], one.day, one.cells.get("target", ""), one.cells.get("says", ""), one.where)
        for one in rows
    ]
    new = _reach(campaign_id, found, apply)
    shown.say(f"新登记 {new} 条" if apply else f"试算：会新登记 {new} 条；加 --apply 写入")


def _reach(campaign_id: int, found: list[Reach], apply: bool) -> int:
    from states.records import reaching
    from states.records.campaigns import running

    with given.opened(given.settings()) as store, store.act(dry_run=not apply) as session:
        return reaching.record(session, running(session, campaign_id), found, clock.now(), given.actor())


@coverage.command("remove")
def unreach(
    campaign_id: Campaign,
    code: Code,
    day: Annotated[date, typer.Option(metavar="DATE", parser=given.a_day, help="登记的是哪一天")],
    reason: Annotated[str, typer.Option(help="理由")],
    target: Annotated[str, typer.Option(help="登记时写的覆盖面")] = "",
) -> None:
    """撤回登记错了的。"""
    from states.errors import NotFound
    from states.records import reaching
    from states.records.campaigns import running
    from states.records.reaching import Reach

    with given.opened(given.settings()) as store, store.write() as session:
        campaign, gone = running(session, campaign_id), Reach(code, day, target)
        removed = reaching.remove(session, campaign, gone, reason, clock.now(), given.actor())
        if not removed:
            raise NotFound(f"没有 {code} 在 {day} 的登记")
    shown.say(f"已撤回 {removed} 条")


@coverage.command("list")
def show(
    campaign_id: Campaign,
    target: Annotated[str | None, typer.Option(help="列出这项覆盖面的各单位")] = None,
    as_json: Json = False,
) -> None:
    """每项覆盖面百分之几、是否达到目标；--target 列出各单位。"""
    from states.records import share_acting

    with given.opened(given.settings()) as store, store.read() as session:
        if target is not None:
            units = share_acting.units_reached(session, given.everything(), campaign_id, target, clock.now())
            report_shown.units_reached(units, as_json)
            return
        told = share_acting.coverage(session, given.everything(), campaign_id, clock.now())
    report_shown.coverage(told, as_json)


# -- draws ------------------------------------------------------------------------------------------------


def draw(
    campaign_id: Campaign,
    sampling: Annotated[
        str | None,
        typer.Argument(metavar="SAMPLING", help="方案的哪项抽查：名称或第几项；不写则列出历次"),
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--list", help="编号清单，每行一个编号，不写个人信息；不写则从单位中抽")
    ] = None,
    seed: Annotated[str | None, typer.Option(help="种子；不写则抽取时随机产生")] = None,
    percent: Annotated[int | None, typer.Option(min=1, max=100, help="方案没有写的，抽百分之几")] = None,
    count: Annotated[int | None, typer.Option(min=1, help="方案没有写的，抽几个")] = None,
    reason: Annotated[str | None, typer.Option(help="重抽的理由")] = None,
    apply: Annotated[bool, typer.Option("--apply", help="抽取并留存；不加则只试算")] = False,
    as_json: Json = False,
) -> None:
    """随机抽取：种子和清单留存，凭它们在任何机器上都能抽出同样的结果。抽过的重抽须写明理由。"""
    from states import draws
    from states.documents import recordlist
    from states.records import share_acting
    from states.records.drawing import Wish

    if sampling is None:
        _list_draws(campaign_id, as_json)
        return
    ids, warnings = None, list[str]()
    if file is not None:
        found, warnings = draws.checked(recordlist.ids(given.file_bytes(file), file.name))
        ids = tuple(found)
    wish = Wish(sampling, ids, percent, count)
    with given.opened(given.settings()) as store:
        if apply:
            told = _draw(store, campaign_id, wish, seed, reason)
        else:
            with store.read() as session:
                told = share_acting.try_draw(session, given.everything(), campaign_id, wish, seed)
    report_shown.draw({**told, "warnings": warnings}, as_json)


def _draw(store: Store, campaign_id: int, wish: Wish, seed: str | None, reason: str | None) -> DrawTold:
    from states.records import drawing, share_acting
    from states.records.campaigns import running

    with store.write() as session:
        campaign = running(session, campaign_id)
        chosen = seed or share_acting.new_seed()
        row = drawing.make(session, campaign, wish, chosen, clock.now(), given.actor(), reason)
        return share_acting.draw_told(row, campaign)


def _list_draws(campaign_id: int, as_json: bool) -> None:
    from states.records import share_acting
    from states.records.campaigns import running

    with given.opened(given.settings()) as store, store.read() as session:
        known = running(session, campaign_id).template.sampling
        told = share_acting.draws_made(session, given.everything(), campaign_id)
    samplings = [(one.name, one.of, _share(one.percent, one.count)) for one in known]
    report_shown.draws(told, samplings, as_json)


def _share(percent: int | None, count: int | None) -> str:
    if percent is not None:
        return f"{percent}%"
    return f"{count} 个" if count is not None else "方案没有写"
