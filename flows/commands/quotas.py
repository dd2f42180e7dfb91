"""duban quota …: what was done how often."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from flows.commands import given, report_shown, shown
from flows.commands.options import Apply, Campaign, Code, Day, Json, ListFile
from states import clock

if TYPE_CHECKING:
    from states.records.quotas import Done

app = typer.Typer(no_args_is_help=True, help="次数要求：登记、导入、完成情况")


@app.command("add")
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

    numbers = _record(campaign_id, [Done(code, requirement, day or given.today(), says, place, code)], True)
    shown.say(f"已登记，编号 {numbers[0]}")


@app.command("import")
def import_(campaign_id: Campaign, file: ListFile, apply: Apply = False) -> None:
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


def _record(campaign_id: int, found: list[Done], apply: bool) -> list[int]:
    """In one transaction, which a trial takes back."""
    from states.records import quotas
    from states.records.campaigns import running

    with given.opened(given.settings()) as store, store.act(dry_run=not apply) as session:
        return quotas.record(session, running(session, campaign_id), found, clock.now(), given.actor())


@app.command("withdraw")
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


@app.command("list")
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
