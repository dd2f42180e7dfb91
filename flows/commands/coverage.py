"""duban coverage …: which units were reached."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from flows.commands import given, report_shown, shown
from flows.commands.options import Apply, Campaign, Code, Day, Json, ListFile
from states import clock

if TYPE_CHECKING:
    from states.records.reaching import Reach

app = typer.Typer(no_args_is_help=True, help="覆盖面：登记已检查的单位、导入、完成情况")


@app.command("add")
def add(
    campaign_id: Campaign,
    codes: Annotated[list[str], typer.Argument(metavar="UNIT…", help="已检查的单位代码")],
    day: Day = None,
    target: Annotated[str, typer.Option(help="计入哪项覆盖面；不写则计入范围内有它的各项")] = "",
    says: Annotated[str, typer.Option(help="说明")] = "",
) -> None:
    """登记已检查（走到）的单位。"""
    from states.records.reaching import Reach

    on = day or given.today()
    new = _reach(campaign_id, [Reach(one, on, target, says, one) for one in given.listed(codes)], True)
    shown.say(f"新登记 {new} 个单位")


@app.command("import")
def import_(campaign_id: Campaign, file: ListFile, apply: Apply = False) -> None:
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


@app.command("remove")
def remove(
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


@app.command("list")
def list_(
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
