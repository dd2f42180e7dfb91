"""duban obligations …: what is owed, what was handed in, what is decided about it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.commands import given, shown
from flows.commands.options import Campaign, Code, Json
from states import clock
from states.errors import Refused

if TYPE_CHECKING:
    from states.records.told import ObligationInFull, ObligationTold

app = typer.Typer(no_args_is_help=True, help="应办事项：列出、查看、通过、退回、免报、取出文件")
Requirement = Annotated[str, typer.Argument(metavar="REQUIREMENT", help="要求的键，如 report")]
Period = Annotated[str | None, typer.Option(help="定期报送的哪一期，如 2026-12")]
JUDGED = {"通过": "accept", "退回": "return", "免报": "waive"}


@app.command("list")
def list_(
    campaign_id: Campaign,
    unit: Annotated[str | None, typer.Option(help="只看这个单位（代码）")] = None,
    status: Annotated[list[str] | None, typer.Option(help="状态，如 open、returned、submitted")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="只看逾期的")] = False,
    as_json: Json = False,
) -> None:
    """列出应办事项：谁、什么、何时、报给谁、抄报谁。"""
    from states.records import reading_obligations
    from states.records.obligations_wanted import Wanted

    wanted = Wanted(unit, None, given.listed(status or ()), overdue or None)
    with given.opened(given.settings()) as store, store.read() as session:
        scope, now = given.everything(), clock.now()
        found = given.pages(partial(reading_obligations.page, session, scope, campaign_id, wanted, now))
    heads = ("单位", "代码", "事项", "要求", "状态", "期限", "报给", "抄报")
    shown.listing(found, heads, _line, "没有这样的应办事项", raw=as_json)


def _line(one: ObligationTold) -> tuple[object, ...]:
    status = one["status"]["name"] + ("（逾期）" if one["overdue"] else "")
    place = " ".join(part for part in (one["milestone"]["requirement"], one["milestone"]["period"]) if part)
    due = shown.minute(one["due"])
    to, copies = one["to"] or "", "、".join(one["copies"])
    return one["unit"]["name"], one["unit"]["code"], one["milestone"]["name"], place, status, due, to, copies


@app.command()
def show(
    campaign_id: Campaign, code: Code, requirement: Requirement, period: Period = None, as_json: Json = False
) -> None:
    """一个应办事项：要交什么，交过什么（每次），怎样处理。"""
    told = _full(campaign_id, code, requirement, period)
    if as_json:
        shown.as_json(told)
        return
    shown.say(" ".join(str(part) for part in _line(told) if part))
    for one in told["submissions"]:
        shown.say(*_handed(one))


def _handed(one: Any) -> list[str]:
    late, judged = "（逾期）" if one["late"] else "", one["judged"]
    lines = [f"第{one['version']}次 {one['act']['name']} {shown.minute(one['at'])}{late} {one['by']}"]
    if one["signer"] or one["seal"]:
        lines.append(f"  签发 {one['signer'] or '—'}　盖章 {one['seal'] or '—'}")
    lines += [f"  {line}" for line in (one["text"] or "").splitlines()]
    for file in one["files"]:
        caution = f"　注意：{file['caution']}" if file["caution"] else ""
        lines.append(
            f"  {file['number']}. {file['name']}（{file['size']} 字节）{file['sha256'][:12]}…{caution}"
        )
    if judged:
        lines.append(
            f"  {judged['act']['name']} {shown.minute(judged['at'])} {judged['reason'] or ''}".rstrip()
        )
    return lines


def _full(campaign_id: int, code: str, requirement: str, period: str | None) -> ObligationInFull:
    from states.records import addressed, reading_obligations
    from states.records.campaigns import running

    with given.opened(given.settings()) as store, store.read() as session:
        campaign = running(session, campaign_id)
        key = addressed.obligation_of(session, campaign, code, requirement, period)
        return reading_obligations.full(session, given.everything(), campaign, key, clock.now())


@app.command()
def judge(
    campaign_id: Campaign,
    code: Code,
    requirement: Requirement,
    act: Annotated[str, typer.Argument(metavar="ACT", help="accept 通过、return 退回、waive 免报")],
    reason: Annotated[str | None, typer.Option(help="理由；退回和免报必须写")] = None,
    period: Period = None,
    version: Annotated[int | None, typer.Option(help="只在版本仍是这个数时办理")] = None,
) -> None:
    """审核报来的：通过、退回（期限随之重排）或免报。"""
    from states.records import addressed, moving
    from states.records.campaigns import running
    from states.records.settling import STATUS_NAMES

    name = JUDGED.get(act, act)
    if name not in JUDGED.values():
        raise typer.BadParameter(f"没有“{act}”；可写 accept、return、waive，报送用 duban submit")
    with given.opened(given.settings()) as store, store.write() as session:
        campaign = running(session, campaign_id)
        key = addressed.obligation_of(session, campaign, code, requirement, period)
        terms: Any = {"reason": reason, "version": version}
        row = moving.act(session, campaign, key, name, clock.now(), given.actor(), **terms)
        status = STATUS_NAMES[row.status]
    shown.say(f"{code}：{requirement} {status}")


@app.command()
def fetch(
    campaign_id: Campaign,
    code: Code,
    requirement: Requirement,
    folder: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="放到哪个文件夹")] = Path(),
    number: Annotated[int | None, typer.Option("--handed", help="第几次报送的；默认最近一次")] = None,
    period: Period = None,
) -> None:
    """取出报送的文件，放到文件夹里；已有的同名文件不覆盖。"""
    from states.records.vault import Vault

    told = _full(campaign_id, code, requirement, period)
    handed = [one for one in told["submissions"] if number in (None, one["version"])][:1]
    files = [file for one in handed for file in one["files"]]
    if not files:
        raise Refused(f"{code} 的“{told['milestone']['name']}”没有报送过文件")
    places = [folder / f"{file['number']}-{file['name']}" for file in files]
    if taken := [str(place) for place in places if place.exists()]:
        raise Refused(*(f"{place} 已经存在" for place in taken))
    vault = Vault(given.settings().files)
    folder.mkdir(parents=True, exist_ok=True)
    for file, place in zip(files, places, strict=True):
        with vault.open(file["sha256"]) as content, place.open("xb") as out:
            while piece := content.read(1 << 20):
                out.write(piece)
        shown.say(f"{place}" + (f"　注意：{file['caution']}" if file["caution"] else ""))
