"""duban preview, simulate, tick: what will happen, what would happen, and what is due now."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from flows.commands import given, shown
from flows.commands.options import Json
from states import clock
from states.errors import Refused

if TYPE_CHECKING:
    from sqlmodel import Session

    from flows.rounds import RoundReport
    from flows.simulate import Day, Simulated
    from states.records.foretell import Foretold

JOBS = {
    "open_due": "开启",
    "remind": "提醒",
    "escalate": "升级",
    "deliver": "发信",
    "webhooks": "推送",
    "seal": "封存",
    "watchdog": "自查",
}


def preview(
    campaign_id: Annotated[int, typer.Argument(metavar="ID", help="专项行动编号")],
    first: Annotated[date, typer.Option("--from", metavar="DATE", parser=given.a_day, help="从哪天起")],
    last: Annotated[date, typer.Option("--to", metavar="DATE", parser=given.a_day, help="到哪天止（含）")],
    as_json: Json = False,
) -> None:
    """谁会在何时、因为什么收到邮件：用发信的同一套程序在虚拟时钟上推演，不改动任何数据。"""
    from flows.rounds import mail_hours
    from states.records.campaigns import running
    from states.records.foretell import foretell

    if last < first:
        raise typer.BadParameter("不能早于 --from", param_hint="--to")
    settings, real = given.settings(), clock.now()
    zone = settings.zone
    with given.opened(settings) as store:
        from states.records.board import present

        with store.read() as session:
            now = present(session, real)
            running(session, campaign_id)
        end = given.day_ends(last, zone)
        with shown.bar("推演"):
            found = foretell(store, now, end, mail_hours(settings), campaign_id)
        with store.read() as session:
            quiet = _quiet(session, campaign_id, now)
    chosen = [one for one in found if one.at.astimezone(zone).date() >= first]
    if as_json:
        shown.as_json([_mail_data(one, zone) for one in chosen])
        return
    _show_mails(chosen, zone)
    shown.say(*quiet)
    if end < now:
        shown.hint("所选日期都已过去；预览只能推演今后")


def _quiet(session: Session, campaign_id: int, now: datetime) -> list[str]:
    """The silences in force, in words: why somebody is not among those who get a mail."""
    from states.records import silences
    from states.records.campaigns import running

    campaign = running(session, campaign_id)
    found = silences.listed(session, campaign)
    return [
        f"静默：{place.name + ('及其下级' if row.below else '') if place else '全部单位'}"
        f"{f'的 {row.requirement}' if row.requirement else ''}，到{shown.day_words(row.ends_at, campaign.zone)}（{row.reason}）"
        for row, place, _held in found
        if row.ended_at is None and row.ends_at > now
    ]


def simulate(
    named: Annotated[str, typer.Argument(metavar="FILE|KEY", help="模板文件，或自带模板的键")],
    units: Annotated[int, typer.Option("--units", min=1, max=100_000, help="虚拟单位数")],
    until: Annotated[
        date | None, typer.Option(metavar="DATE", parser=given.a_day, help="到哪天止；默认到结束后30天")
    ] = None,
    start: Annotated[
        date | None, typer.Option(metavar="DATE", parser=given.a_day, help="启动日期；默认今天")
    ] = None,
    fills: Annotated[
        list[str], typer.Option("--set", metavar="位置=日期", help="填写或改动一处日期，可多次")
    ] = [],  # noqa: B006
    as_json: Json = False,
) -> None:
    """在内存里把整个行动走一遍：虚拟单位有早报、迟报和不报的，打印每天的邮件、梯次和状态。"""
    from flows.rounds import mail_hours
    from flows.simulate import simulate as live

    settings = given.settings()
    begins = start or clock.now().astimezone(settings.zone).date()
    if until is not None and until < begins:
        raise typer.BadParameter("不能早于启动日期", param_hint="--until")
    text = given.template_text(named)
    with shown.bar("模拟") as progress:
        lived = live(
            text,
            units,
            begins,
            mail_hours(settings),
            fills=given.fills(fills),
            until=until,
            progress=progress,
        )
    if as_json:
        shown.as_json(_lived_data(lived, begins, settings.zone))
        return
    _show_lived(lived)


def tick(
    now: Annotated[
        datetime | None,
        typer.Option(metavar="INSTANT", parser=given.an_instant, help="按这个时刻处理；默认现在"),
    ] = None,
    as_json: Json = False,
) -> None:
    """把到期的事都做一轮（开启、提醒、升级、发信、封存、自查）；可由 cron 调用，多个进程同时运行也无妨。"""
    from flows import rounds

    settings = given.warned(given.postal(given.settings()))
    with given.opened(settings):
        given.mailbox(settings)
        reports = rounds.tick(settings, given.located(now, settings.zone) if now else None)
    _show_rounds(reports, settings.zone, as_json=as_json)
    if blocked := [said for one in reports for said in one.blocked]:
        raise Refused(*(f"{said}。没有发出的邮件仍在待发" for said in blocked))


def _show_rounds(reports: list[RoundReport], zone: ZoneInfo, *, as_json: bool) -> None:
    if as_json:
        shown.as_json(
            [
                {
                    "job": one.job,
                    "at": shown.iso(one.at, zone),
                    "done": one.done,
                    "notes": list(one.notes),
                    "figures": one.figures,
                }
                for one in reports
            ]
        )
        return
    shown.table(
        ("轮次", "", "完成", "说明"),
        [(one.job, JOBS.get(one.job, ""), one.done, "；".join(one.notes)) for one in reports],
    )


def _mail_data(one: Foretold, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "at": shown.iso(one.at, zone),
        "key": one.key,
        "kind": one.kind,
        "to": one.to,
        "name": one.name,
        "lines": [{"rung": rung, "unit": unit, "what": what} for rung, unit, what in one.lines],
        "reasons": list(one.reasons),
    }


def _show_mails(found: list[Foretold], zone: ZoneInfo) -> None:
    rows = [
        (shown.day_words(one.at, zone), f"{one.name} <{one.to}>", what_of(one), one.reasons[0] if one.reasons else "")
        for one in found
    ]  # fmt: skip
    shown.table(("何时", "给谁", "什么", "为何"), rows)
    shown.say(f"共 {len(found)} 封邮件（假定期间无人办理）")


def what_of(one: Foretold) -> str:
    """The first two things of a mail; what it says of several units, or of two campaigns, is said once with its number."""
    counted = Counter(f"{rung}·{what}" for rung, _unit, what in one.lines)
    listed = [f"{said}（{number} 项）" if number > 1 else said for said, number in counted.items()]
    return "；".join(listed[:2]) + (f" 等 {len(one.lines)} 项" if len(listed) > 2 else "")


def _lived_data(lived: Simulated, start: date, zone: ZoneInfo) -> dict[str, Any]:
    tally = lived.tally
    return {
        "template": lived.template,
        "title": lived.title,
        "units": lived.units,
        "start": start.isoformat(),
        "until": lived.until.isoformat(),
        "warnings": list(lived.warnings),
        "mails": len(lived.mails),
        "people": lived.people,
        "days": [_day_data(day) for day in lived.days],
        "end": {
            "states": dict(tally.by_state),
            "behind": tally.behind,
            "overdue": tally.overdue,
            "reporting_rate": tally.reporting.rate,
            "ledger_rate": tally.closing_rate,
            "proposals": tally.proposals,
            "vacancies": tally.vacancies,
        },
        "timeline": [
            {"at": shown.iso(one.at, zone), "to": one.to, "kind": one.kind, "lines": [list(line) for line in one.lines]}
            for one in lived.mails
        ],
    }  # fmt: skip


def _day_data(day: Day) -> dict[str, Any]:
    return {
        "date": day.day.isoformat(),
        "provisional": day.provisional,
        "mails": day.mails,
        "rungs": dict(day.rungs),
        "proposed": dict(day.proposed),
        "campaign": day.campaign,
        "states": day.states,
    }


def _show_lived(lived: Simulated) -> None:
    shown.hint(*(f"提示：{warning}" for warning in lived.warnings))
    before: tuple[str, dict[str, int]] = ("", {})
    rows = []
    for day in lived.days:
        now = (day.campaign, day.states)
        if day.eventful or now != before:
            rows.append(_day_row(day, lived.labels, changed=now != before))
        before = now
    shown.table(("日期", "", "邮件", "梯次（人次）", "待确认", "行动阶段", "单位状态"), rows, lived.title)
    tally = lived.tally
    shown.say(
        f"{lived.units} 个单位，到 {shown.day_words(lived.until)}：发出 {len(lived.mails)} 封邮件给 {lived.people} 人；"
        f"落后 {tally.behind}、逾期 {tally.overdue}、报送率 {shown.percent(tally.reporting.rate)}、"
        f"待确认 {tally.proposals}、空缺 {tally.vacancies}"
    )


def _day_row(day: Day, labels: Any, *, changed: bool) -> tuple[object, ...]:
    def counted(found: Any) -> str:
        return " ".join(f"{labels.get(name, name)} {number}" for name, number in found.items())

    stands = (labels.get(day.campaign, day.campaign), counted(day.states)) if changed else ("", "")
    mark = shown.PROVISIONAL if day.provisional else ""
    return (
        shown.day_words(day.day),
        mark,
        day.mails or "",
        counted(day.rungs),
        counted(day.proposed),
        *stands,
    )
