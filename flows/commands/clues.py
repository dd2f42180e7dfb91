"""duban clue …: clues numbered one by one, moved, counted. Who gave one is never an argument, and asked for apart."""

from __future__ import annotations

import json
import sys
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from flows.commands import given, shown
from flows.commands.options import Campaign, Json
from states import clock
from states.errors import Fault, Faulty

if TYPE_CHECKING:
    from collections.abc import Mapping

    from states.records.told.clues import ClueInFull, ClueTold

app = typer.Typer(no_args_is_help=True, help="线索：登记、办理、统计；举报人信息加密保存")
Key = Annotated[int, typer.Argument(metavar="CLUE", help="线索编号，见 duban clue list")]
PARTS = {"name": "举报人姓名", "contact": "联系方式", "address": "住址"}


@app.command()
def add(
    campaign_id: Campaign,
    channel: Annotated[str, typer.Option(help="来源：信、网、电、访、转办")],
    grade: Annotated[str, typer.Option("--class", help="类别：重大、普通、行风")],
    about: Annotated[str, typer.Option(metavar="CODE", help="被反映单位的代码")],
    text: Annotated[str, typer.Option(help="反映的内容；不要写举报人的姓名和联系方式")],
    received: Annotated[str | None, typer.Option(metavar="DATE", help="收到的日期；默认今天")] = None,
    due: Annotated[str | None, typer.Option(metavar="DATE", help="办理期限")] = None,
    informant: Annotated[
        bool,
        typer.Option(
            "--informant", help="填写举报人信息：逐项提问，或从标准输入读 JSON（name、contact、address）"
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """登记一条线索，逐一编号。举报人信息不写在命令行上（会留在历史记录里），加 --informant 另行填写。"""
    from states.clue import CHANNELS, CLASSES
    from states.records import clues, reading_clues
    from states.records.campaigns import running
    from states.records.clues import Tip
    from states.records.sealing import seal

    settings, now = given.settings(), clock.now()
    told = _asked() if informant else None
    with given.opened(settings) as store, store.write() as session:
        campaign = running(session, campaign_id)
        tip = Tip(
            _key(CHANNELS, channel, "--channel"),
            _key(CLASSES, grade, "--class"),
            text,
            about,
            given.a_day(received) if received else now.astimezone(campaign.zone).date(),
            given.a_day(due) if due else None,
            told,
        )
        row = clues.register(session, campaign, given.everything(), tip, now, seal(settings), given.actor())
        found = reading_clues.in_full(session, campaign, given.everything(), row.id, now)
    _show(found, as_json)


@app.command("list")
def list_(
    campaign_id: Campaign,
    state: Annotated[
        list[str] | None, typer.Option(help="状态：已登记、办理中、已移交、已办结、不予受理")
    ] = None,
    channel: Annotated[list[str] | None, typer.Option(help="来源")] = None,
    grade: Annotated[list[str] | None, typer.Option("--class", help="类别")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="只列逾期未结的")] = False,
    as_json: Json = False,
) -> None:
    """列出线索，不含举报人。"""
    from states.clue import CHANNELS, CLASSES, STATES
    from states.records import reading_clues
    from states.records.campaigns import running
    from states.records.reading_clues import Which

    which = Which(
        tuple(_key(STATES, one, "--state") for one in given.listed(state or ())),
        tuple(_key(CHANNELS, one, "--channel") for one in given.listed(channel or ())),
        tuple(_key(CLASSES, one, "--class") for one in given.listed(grade or ())),
        overdue or None,
    )
    with given.opened(given.settings()) as store, store.read() as session:
        campaign = running(session, campaign_id)
        scope, now = given.everything(), clock.now()
        found = given.pages(partial(reading_clues.page, session, campaign, scope, which, now))
    heads = ("编号", "线索号", "收到", "来源", "类别", "被反映单位", "办理单位", "期限", "状态")
    shown.listing(found, heads, _line, "没有线索", raw=as_json)


@app.command()
def show(campaign_id: Campaign, key: Key, as_json: Json = False) -> None:
    """一条线索的内容、可做的动作和经过，不含举报人。"""
    from states.records import reading_clues
    from states.records.campaigns import running

    with given.opened(given.settings()) as store, store.read() as session:
        campaign = running(session, campaign_id)
        found = reading_clues.in_full(session, campaign, given.everything(), key, clock.now())
    _show(found, as_json)


@app.command()
def move(
    campaign_id: Campaign,
    key: Key,
    name: Annotated[
        str,
        typer.Argument(
            metavar="MOVE",
            help="take 受理、assign 转交办理、hand 移交、feed_back 反馈、close 办结、decline 不予受理、reopen 重新办理",
        ),
    ],
    text: Annotated[str | None, typer.Option(help="理由；办结和反馈时写结果")] = None,
    handler: Annotated[str | None, typer.Option(metavar="CODE", help="由哪个单位办理")] = None,
    to: Annotated[str | None, typer.Option(help="移交给哪个机关")] = None,
    number: Annotated[str | None, typer.Option(help="移交文号")] = None,
    ledger: Annotated[int | None, typer.Option(metavar="NO", help="查实后列入台账第几项")] = None,
    due: Annotated[str | None, typer.Option(metavar="DATE", help="办理期限改为")] = None,
    as_json: Json = False,
) -> None:
    """办理一条线索。"""
    from states.records import clues, reading_clues
    from states.records.campaigns import running
    from states.records.clues import Said
    from states.records.sealing import seal

    settings, now = given.settings(), clock.now()
    said = Said(text, handler, to, number, ledger, given.a_day(due) if due else None)
    with given.opened(settings) as store, store.write() as session:
        campaign = running(session, campaign_id)
        clues.move(session, campaign, given.everything(), key, name, now, seal(settings), said, given.actor())
        found = reading_clues.in_full(session, campaign, given.everything(), key, now)
    _show(found, as_json)


@app.command()
def informant(
    campaign_id: Campaign,
    key: Key,
    reason: Annotated[str, typer.Option(help="为什么要看；记入流水")],
    as_json: Json = False,
) -> None:
    """查看举报人。谁在何时为什么看过，记入流水。"""
    from states.records import clues
    from states.records.campaigns import running
    from states.records.sealing import seal

    settings = given.settings()
    with given.opened(settings) as store, store.write() as session:
        campaign = running(session, campaign_id)
        found = clues.informant(
            session, campaign, given.everything(), key, clock.now(), seal(settings), reason, given.actor()
        )
    if as_json:
        shown.as_json(found)
        return
    shown.say(*(f"{PARTS[part]}：{value}" for part, value in found.items()))


@app.command()
def figures(campaign_id: Campaign, as_json: Json = False) -> None:
    """线索总数、办结数、逾期数，按类别、来源、状态。"""
    from states.records import reading_clues
    from states.records.campaigns import running

    with given.opened(given.settings()) as store, store.read() as session:
        found = reading_clues.figures(session, running(session, campaign_id), given.everything(), clock.now())
    if as_json:
        shown.as_json(found)
        return
    shown.say(f"线索 {found['total']} 条，办结 {found['ended']} 条，逾期未结 {found['overdue']} 条")
    for title, counts in (("类别", found["classes"]), ("来源", found["channels"]), ("状态", found["states"])):
        shown.table(
            (title, "总数", "办结"), [(one["of"]["name"], one["total"], one["ended"]) for one in counts]
        )


@app.command("key")
def new_key() -> None:
    """给出一把新的加密密钥，写入 DUBAN_CLUE_KEY；多台机器共用一把，换密钥时新的写在前面，旧的留在后面。"""
    from cryptography.fernet import Fernet

    shown.say(Fernet.generate_key().decode())


def _asked() -> dict[str, str]:
    """The informant, asked for part by part, or as JSON where nobody sits at the terminal. Raises Faulty."""
    if sys.stdin.isatty():
        return {
            part: typer.prompt(f"{what}（可不填）", default="", show_default=False)
            for part, what in PARTS.items()
        }
    try:
        found = json.load(sys.stdin)
    except ValueError as error:
        raise Faulty([Fault("标准输入", "不是合法的 JSON")]) from error
    if not isinstance(found, dict) or not all(key in PARTS and isinstance(found[key], str) for key in found):
        raise Faulty([Fault("标准输入", f"应为一个对象，只有 {'、'.join(PARTS)} 几项，都是文字")])
    return found


def _key(names: Mapping[str, str], word: str, place: str) -> str:
    """The key of a word, Chinese or English. Raises Faulty."""
    found = next((key for key, name in names.items() if word in (key, name)), None)
    if found is None:
        raise Faulty([Fault(place, f"没有“{word}”；可用的有 {'、'.join(names.values())}")])
    return found


def _line(one: ClueTold) -> tuple[object, ...]:
    state = one["state"]["name"] + ("（逾期）" if one["overdue"] else "")
    handler = one["handler"]["name"] if one["handler"] else "—"
    due = shown.day_words(date.fromisoformat(one["due"])) if one["due"] else "—"
    kind = one["channel"]["name"], one["grade"]["name"], one["about"]["name"]
    return (one["id"], one["number"], one["received"], *kind, handler, due, state)


def _show(one: ClueInFull, as_json: bool) -> None:
    if as_json:
        shown.as_json(one)
        return
    who = "有，加密保存" if one["informant"] else "匿名"
    shown.say(f"{one['number']}（编号 {one['id']}） {one['state']['name']}", f"反映：{one['text']}")
    shown.say(f"被反映单位：{one['about']['name']}；举报人：{who}")
    if one["result"]:
        shown.say(f"结果：{one['result']}")
    shown.say(f"可以：{'、'.join(move['name'] for move in one['moves']) or '无'}")
    shown.table(
        ("时间", "谁", "事项", "说明"),
        [(fact["at"], fact["by"], fact["what"]["name"], fact["reason"] or "") for fact in one["history"]],
    )
