"""duban extension ask, list, decide; duban campaign extend: later dates, for one or for all."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.commands import given, shown, submitting
from flows.commands.options import Campaign, Json
from states import clock

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlmodel import Session

    from states.records.session import Store
    from states.records.told import ExtensionDecided, ExtensionTold, MailsChange, Prolonged

app = typer.Typer(no_args_is_help=True, help="延期：申请、列出、决定")
DryRun = Annotated[bool, typer.Option("--dry-run", help="只显示会怎样、哪些邮件会变，不办理")]
Version = Annotated[int | None, typer.Option(help="只在版本仍是这个数时办理")]
TRIED = "去掉 --dry-run 即办理"


@app.command()
def ask(
    campaign_id: Campaign,
    obligation: Annotated[int, typer.Argument(metavar="OBLIGATION", help="应办事项编号")],
    until: Annotated[str, typer.Option(metavar="DATE", help="延到哪天，如 2026-12-15；或延多久，如 +10wd")],
    reason: Annotated[str, typer.Option(help="理由，必须写")] = "",
    evidence: Annotated[str, typer.Option(help="佐证：文号、说明或材料的名称")] = "",
    files: Annotated[list[Path] | None, typer.Option("--file", help="作为佐证的文件；可写几次")] = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """到期前申请延期。决定以前照原期限催办。"""
    from states.records import reading_respite
    from states.records.granting import Request
    from states.records.handing_in import Content

    settings, now = given.settings(), clock.now()
    wanted = Request(obligation, until, reason, evidence)
    with given.opened(settings) as store, ExitStack() as stack:
        arrived = submitting.arrived(settings, files or [], stack)
        content = Content(arrived=() if dry_run else arrived)
        with store.act(dry_run=dry_run) as session:
            made = reading_respite.ask(session, given.everything(), campaign_id, wanted, now, content)
    if as_json:
        shown.as_json({**made, "dry_run": dry_run})
        return
    if dry_run:
        shown.say(
            f"可以申请：{made['unit']['name']}“{made['name']}”{shown.minute(made['due'])} → {shown.minute(made['wanted'])}"
        )
        shown.tried(TRIED)
        return
    shown.say(f"已申请：第 {made['id']} 号，应于 {shown.minute(made['decide_by'])} 前决定")


@app.command("list")
def list_(
    campaign_id: Campaign,
    state: Annotated[
        str | None, typer.Option(metavar="STATE", help="asked 待决定、granted 已准予、refused 未准予")
    ] = None,
    as_json: Json = False,
) -> None:
    """列出延期申请，待决定的在前。"""
    from states.records import reading_respite
    from states.records.granting import STATES

    if state is not None and state not in STATES:
        raise typer.BadParameter(f"只能写 {'、'.join(STATES)}", param_hint="--state")
    with given.opened(given.settings()) as store, store.read() as session:
        seen = partial(reading_respite.page, session, given.everything(), campaign_id, state, clock.now())
        found = given.pages(seen)
    heads = ("编号", "单位", "事项", "期限", "申请延至", "", "决定", "理由")
    shown.listing(found, heads, _row, "没有延期申请", raw=as_json)


def _row(one: ExtensionTold) -> tuple[object, ...]:
    state = one["state"]["name"] + ("（逾期）" if one["overdue"] else "")
    decided = shown.minute(one["until"], "") or (
        one["answer"] or "" if one["decided_at"] else f"{shown.minute(one['decide_by'])}前"
    )
    return (
        one["id"],
        one["unit"]["name"],
        one["name"],
        shown.minute(one["due"]),
        shown.minute(one["wanted"]),
        state,
        decided,
        one["reason"] + (f"（附 {len(one['files'])} 个文件）" if one["files"] else ""),
    )


@app.command()
def decide(
    campaign_id: Campaign,
    number: Annotated[int, typer.Argument(metavar="N", help="申请的编号")],
    grant: Annotated[bool, typer.Option("--grant/--refuse", help="准予，或不准予")],
    until: Annotated[str | None, typer.Option(metavar="DATE", help="准予延到哪天；不写则照申请")] = None,
    reason: Annotated[str, typer.Option(help="理由；不准予时必须写")] = "",
    under: Annotated[str | None, typer.Option(metavar="CODE", help="准予这个单位及其下级")] = None,
    everyone: Annotated[bool, typer.Option("--all", help="准予全部单位")] = False,
    version: Version = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """准予（这个单位、--under 一个单位及其下级、--all 全部）或不准予；先用 --dry-run 看影响。"""
    from states.records import reading_respite
    from states.records.deciding import Decision

    if everyone and under:
        raise typer.BadParameter("--under 与 --all 只写一种", param_hint="--all")
    whom = "all" if everyone else "under" if under else "unit"
    wanted, now = Decision(grant, until, reason, whom, under, version), clock.now()

    def act(session: Session) -> tuple[ExtensionDecided, datetime]:
        scope = given.everything()
        return reading_respite.decide(session, scope, campaign_id, number, wanted, now, dry_run=dry_run)

    told = _done(campaign_id, act, now, dry_run)
    if as_json:
        shown.as_json(told)
        return
    made = told["extension"]
    date = f"，延至 {shown.minute(made['until'])}，{told['obligations']} 项" if made["until"] else ""
    shown.say(f"第 {made['id']} 号：{made['state']['name']}{date}", *told["notes"])
    shown.table(("影响",), [(one["says"],) for one in told["effects"]])
    _show_mails(told["mails"])


def extend(
    campaign_id: Campaign,
    by: Annotated[str, typer.Option(metavar="10wd", help="延多久：10wd、30d、2w、1m")],
    after: Annotated[date, typer.Option(metavar="DATE", parser=given.a_day, help="这一天以后的期限顺延")],
    reason: Annotated[str, typer.Option(help="理由，必须写")] = "",
    version: Version = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """整个行动延期：某天以后的阶段和期限一律顺延，各单位只通知一次；先用 --dry-run 看影响。"""
    from states.records import reading_respite
    from states.records.prolonging import Amount

    amount, now = Amount(by, after, reason, version), clock.now()

    def act(session: Session) -> tuple[Prolonged, datetime]:
        return reading_respite.prolong(session, given.everything(), campaign_id, amount, now, dry_run=dry_run)

    told = _done(campaign_id, act, now, dry_run)
    if as_json:
        shown.as_json(told)
        return
    shown.say(
        f"行动结束：{shown.minute(told['ends_before'])} → {shown.minute(told['ends'])}；{told['units']} 个单位得到通知"
    )
    shown.table(
        ("阶段", "原结束", "延至"),
        [(one["name"], shown.minute(one["before"]), shown.minute(one["after"])) for one in told["phases"]],
    )
    rows = [
        (one["name"], shown.minute(one["before"]), shown.minute(one["after"]), one["units"])
        for one in told["dates"]
    ]
    shown.table(("事项", "原期限", "延至", "应办单位"), rows)
    _show_mails(told["mails"])


def _done(
    campaign_id: int, act: Callable[[Session], tuple[Any, datetime]], now: datetime, dry_run: bool
) -> dict[str, Any]:
    with given.opened(given.settings()) as store:
        if dry_run:
            return _tried(store, campaign_id, act, now)
        with store.write() as session:
            return dict(act(session)[0])


def _tried(
    store: Store, campaign_id: int, act: Callable[[Session], tuple[Any, datetime]], now: datetime
) -> dict[str, Any]:
    from flows.rounds import mail_hours
    from states.records.campaigns import running
    from states.records.foreseeing import foresee

    with store.read() as session:
        zone = running(session, campaign_id).zone
    told, mails = foresee(store, act, now, mail_hours(given.settings()), campaign_id, zone)
    return {**told, "mails": mails}


def _show_mails(mails: MailsChange | None) -> None:
    if mails is None:
        return
    rows = [
        (word, shown.minute(one["at"]), one["to"], one["rung"], one["unit"], one["what"])
        for word, lines in (("不再发", mails["gone"]), ("改为发", mails["new"]))
        for one in lines[:20]
    ]
    shown.table(("邮件", "日期", "给谁", "", "单位", "事项"), rows)
    shown.say(f"到 {shown.minute(mails['until'])}：少 {mails['gone_count']} 条，多 {mails['new_count']} 条")
    shown.tried(TRIED)
