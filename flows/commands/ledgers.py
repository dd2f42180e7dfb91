"""duban ledger …: problems found, moved, out to a workbook and back in, and 销号率."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.commands import given, ledger_shown, shown
from flows.commands.options import Campaign, Json
from states import clock
from states.errors import Faulty

if TYPE_CHECKING:
    from collections.abc import Iterable

    from states.documents.ledgercolumns import Columns
    from states.documents.ledgerfile import LedgerFile
    from states.records.ledger_import import Looked, Terms
    from states.records.session import Store

app = typer.Typer(no_args_is_help=True, help="问题台账：登记、办理、导入、导出、销号率")
Number = Annotated[int, typer.Argument(metavar="NO", help="台账序号")]
StandIn = Annotated[bool, typer.Option("--stand-in", help="单位表中没有的责任部门，由问题所在单位代收")]
Undated = Annotated[bool, typer.Option("--undated", help="看不懂或没有写的期限，先照原文记下，暂不定期")]
More = Annotated[
    list[str] | None, typer.Option(help="方案台账另设的栏目：栏目=文字，如 责任领导=局长；可写几次")
]
FoundBy = Annotated[str, typer.Option(help="发现途径：自查、检查、举报、转办")]


@app.command("import")
def import_(
    campaign_id: Campaign,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="台账（xlsx、csv 或 docx）")],
    apply: Annotated[bool, typer.Option("--apply", help="写入；不加则只显示会有哪些变化")] = False,
    unit: Annotated[
        str | None, typer.Option(help="文件没有写单位的，问题在哪个单位（代码）；默认组织单位")
    ] = None,
    found_by: FoundBy = "检查",
    take: Annotated[
        list[str] | None,
        typer.Option(help="只取这些：+序号 新增的行，12 一项，12.due 一格；有冲突的须这样点名"),
    ] = None,
    due: Annotated[list[str] | None, typer.Option(help="看不懂的期限改写：序号=2026-12-31")] = None,
    stand_in: StandIn = False,
    undated: Undated = False,
    as_json: Json = False,
) -> None:
    """导入台账。先显示新增、逐格的改动和冲突，加 --apply 才写入；有一处问题就一行也不写。"""
    from states.documents import ledgerfile
    from states.records.ledger_import import Terms

    settings, content = given.settings(), given.file_bytes(file)
    terms = Terms(
        unit=unit,
        found_by=_found_by(found_by),
        due=given.fills(due or ()),
        stand_in=stand_in,
        undated=undated,
        take=frozenset(given.listed(take)) if take else None,
    )
    with given.opened(settings) as store:
        read = ledgerfile.read(content, file.name, _columns(store, campaign_id))
        looked, numbers = (
            _take(store, campaign_id, read, terms)
            if apply
            else (_look(store, campaign_id, read, terms), None)
        )
    ledger_shown.imported(looked, numbers, as_json)
    if looked.faults:
        raise typer.Exit(1)


def _columns(store: Store, campaign_id: int) -> Columns:
    from states.records import ledger_following
    from states.records.campaigns import running

    with store.read() as session:
        return ledger_following.columns(running(session, campaign_id))


def _look(store: Store, campaign_id: int, file: LedgerFile, terms: Terms) -> Looked:
    from states.records import ledger_import
    from states.records.campaigns import running

    with store.read() as session:
        return ledger_import.look(session, running(session, campaign_id), file, terms, clock.now())


def _take(store: Store, campaign_id: int, file: LedgerFile, terms: Terms) -> tuple[Looked, list[int]]:
    """Judged and written under one lock: what was shown before may have changed since."""
    from states.records import ledger_import
    from states.records.campaigns import running

    with store.write() as session:
        return ledger_import.apply(
            session, running(session, campaign_id), file, terms, clock.now(), given.actor()
        )


@app.command()
def export(
    campaign_id: Campaign,
    file: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="写到哪里")] = Path(
        "台账.xlsx"
    ),
    state: Annotated[list[str] | None, typer.Option(help="状态，如 rectifying")] = None,
    under: Annotated[list[str] | None, typer.Option(help="只要这些单位及其下级的问题（代码）")] = None,
    department: Annotated[str | None, typer.Option(help="只要这个部门负责的")] = None,
    force: Annotated[bool, typer.Option("--force", help="已有同名文件时覆盖")] = False,
) -> None:
    """导出台账（xlsx）：可打印，状态和部门有下拉列表；填好后用 duban ledger import 导回。"""
    from states.records import ledger_export
    from states.records.campaigns import running
    from states.records.ledger_items import Which

    given.check_free(file, force)
    which = Which(given.listed(state or ()), given.listed(under or ()), department)
    with given.opened(given.settings()) as store, store.read() as session:
        content = ledger_export.export(session, running(session, campaign_id), which, clock.now())
    given.written(file, content, force=True)


@app.command()
def add(
    campaign_id: Campaign,
    unit: Annotated[str, typer.Option(help="问题所在单位的代码")],
    project: Annotated[str, typer.Option(help="项目名称")],
    problem: Annotated[str, typer.Option(help="问题")],
    measure: Annotated[list[str], typer.Option(help="整改措施；可写几次")],
    found_by: FoundBy,
    due: Annotated[str | None, typer.Option(help="完成时限，照原文，如 8月底前并长期坚持")] = None,
    kind: Annotated[str | None, typer.Option("--type", help="问题类型（方案规定的），期限按类型分步")] = None,
    department: Annotated[list[str] | None, typer.Option(help="责任部门；可写几次")] = None,
    lead: Annotated[str | None, typer.Option(help="牵头部门")] = None,
    more: More = None,
    stand_in: StandIn = False,
    undated: Undated = False,
) -> None:
    """登记行动中发现的一个问题，随即下达给责任部门。"""
    from states.records import ledger_adding
    from states.records.campaigns import running
    from states.records.ledger_adding import Found

    found = Found(
        code=unit,
        project=project,
        problem=problem,
        measures=tuple(measure),
        departments=tuple(department or ()),
        lead=lead,
        due=due,
        type=kind,
        found_by=_found_by(found_by),
        stand_in=stand_in,
        undated=undated,
        more=_more(more or ()),
    )
    with given.opened(given.settings()) as store, store.write() as session:
        numbers = ledger_adding.add(
            session, running(session, campaign_id), [found], clock.now(), given.actor()
        )
    shown.say(f"已登记为台账第{numbers[0]}项")


@app.command()
def move(
    campaign_id: Campaign,
    no: Number,
    name: Annotated[
        str,
        typer.Argument(
            metavar="MOVE", help="start、claim、check、close、review、partial、return、reopen、withdraw"
        ),
    ],
    reason: Annotated[str | None, typer.Option(help="理由")] = None,
    measures: Annotated[
        list[int] | None, typer.Option(help="部分销号：已完成的是第几条措施；可写几次")
    ] = None,
) -> None:
    """办理一项台账：开始整改、申报、核查、销号、复查、部分销号、退回、回头看；写错的可撤销登记（withdraw）。"""
    from states.closing import STATES
    from states.records import ledger_moving
    from states.records.campaigns import running

    with given.opened(given.settings()) as store, store.write() as session:
        item = ledger_moving.move(
            session,
            running(session, campaign_id),
            no,
            name,
            clock.now(),
            given.actor(),
            reason=reason,
            measures=tuple(measures or ()),
        )
    shown.say(f"台账第{item.no}项：{STATES[item.state]}")


@app.command()
def handover(
    campaign_id: Campaign,
    no: Number,
    to: Annotated[str, typer.Option(help="移交给哪个机关")],
    number: Annotated[str, typer.Option(help="对方的文号")] = "",
) -> None:
    """移交：记下移交给哪个机关、对方的文号；这一项照常督办。"""
    from states.records import ledger_amending
    from states.records.campaigns import running

    with given.opened(given.settings()) as store, store.write() as session:
        campaign = running(session, campaign_id)
        item = ledger_amending.hand_over(session, campaign, no, to, number, clock.now(), given.actor())
    shown.say(
        f"台账第{item.no}项已移交{item.handed_to}" + (f"（{item.handed_no}）" if item.handed_no else "")
    )


@app.command("list")
def list_(
    campaign_id: Campaign,
    state: Annotated[list[str] | None, typer.Option(help="状态，如 rectifying")] = None,
    under: Annotated[list[str] | None, typer.Option(help="只要这些单位及其下级的问题（代码）")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="只要逾期的")] = False,
    as_json: Json = False,
) -> None:
    """列出台账各项。"""
    from states.records import ledger_items
    from states.records.campaigns import running
    from states.records.ledger_items import Which

    which = Which(given.listed(state or ()), given.listed(under or ()), overdue=overdue or None)
    now = clock.now()
    with given.opened(given.settings()) as store, store.read() as session:
        campaign = running(session, campaign_id)
        found = ledger_items.items(session, campaign, None, ledger_items.conditions(session, which, now))
    ledger_shown.listed(found, as_json)


@app.command()
def show(campaign_id: Campaign, no: Number, as_json: Json = False) -> None:
    """一项台账：内容、可做的动作、全部经过。"""
    from states.records import reading_ledger

    with given.opened(given.settings()) as store, store.read() as session:
        told: Any = reading_ledger.one(session, given.everything(), campaign_id, no)
    ledger_shown.one(told, as_json)


@app.command()
def rates(campaign_id: Campaign, as_json: Json = False) -> None:
    """销号率：合计、按地区、按牵头部门，以及反复出现的问题类别。"""
    from states.records import ledger_rates
    from states.records.campaigns import running

    with given.opened(given.settings()) as store, store.read() as session:
        told: Any = ledger_rates.count(session, running(session, campaign_id), clock.now())
    ledger_shown.figures(told, as_json)


def _more(pairs: Iterable[str]) -> dict[str, str]:
    """责任领导=局长 …; whether the ledger has such a column is said later."""
    found = {}
    for pair in pairs:
        title, sign, text = (part.strip() for part in pair.partition("="))
        if not (sign and title and text):
            raise typer.BadParameter(f"“{pair}”应写作 栏目=文字，如 责任领导=局长", param_hint="--more")
        found[title] = text
    return found


def _found_by(word: str) -> str:
    """By key or by its Chinese word; raises Faulty."""
    from states.closing import FOUND_BY

    keys = {name: key for key, name in FOUND_BY.items()} | {key: key for key in FOUND_BY}
    if word not in keys:
        raise Faulty([f"没有“{word}”这种发现途径；可用的有 {'、'.join(FOUND_BY.values())}"])
    return keys[word]
