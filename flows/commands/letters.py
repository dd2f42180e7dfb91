"""duban letter …: letters, their receipt, and the forms that they are made of."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.commands import given, shown
from flows.commands.options import Campaign, Force, Json
from states import clock

if TYPE_CHECKING:
    from states.documents.lettercheck import Checked
    from states.records.told import LetterTold

app = typer.Typer(no_args_is_help=True, help="文书：列出、导出、签收、格式")
forms = typer.Typer(no_args_is_help=True, help="文书的格式：列出、导出、换成自己的、检查")
app.add_typer(forms, name="template")
Key = Annotated[int, typer.Argument(metavar="NO", help="文书编号")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="文书名称，如 约谈通知书")]
File = Annotated[Path, typer.Argument(metavar="FILE", help="Word、WPS 保存的 .docx")]
Unit = Annotated[str | None, typer.Option(help="只用于这个单位发出的文书（代码）；不写则用于全部")]


@app.command("list")
def list_(
    campaign_id: Campaign,
    unit: Annotated[str | None, typer.Option(help="只要发给这个单位的（代码）")] = None,
    as_json: Json = False,
) -> None:
    """列出文书：文号、何时交邮、何人签收、何时应回复。"""
    from states.records import reading_letters

    with given.opened(given.settings()) as store, store.read() as session:
        seen = partial(reading_letters.letters, session, given.everything(), campaign_id, unit)
        found = given.pages(seen)
    heads = ("编号", "文书", "单位", "事项", "决定人", "交邮", "签收", "应回复")
    shown.listing(found, heads, _line, "没有", raw=as_json)


def _line(one: LetterTold) -> tuple[object, ...]:
    what = one["id"], one["name"] + one["number"], one["unit"]["name"], one["about"], one["signer"]
    handed, answer = shown.minute(one["handed_at"], "未交邮"), shown.minute(one["reply_due"])
    return *what, handed, one["received_by"] or "未签收", answer


@app.command()
def save(
    campaign_id: Campaign,
    key: Key,
    file: Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="写到哪里")] = None,
    force: Force = False,
) -> None:
    """取出当时制成并寄出的那一份（docx）。"""
    from states.records import reading_letters

    with given.opened(given.settings()) as store, store.read() as session:
        name, content = reading_letters.paper(session, given.everything(), campaign_id, key)
    given.written(file or Path(name), content, force)


@app.command()
def acknowledge(
    campaign_id: Campaign,
    key: Key,
    by: Annotated[str, typer.Option("--by", help="签收人")],
    at: Annotated[
        datetime | None, typer.Option(parser=given.an_instant, help="何时签收，如 2026-12-05T09:00；默认现在")
    ] = None,
) -> None:
    """记下签收；回复期限从签收之日起算。"""
    from states.records import replying
    from states.records.campaigns import running

    settings = given.settings()
    received = given.located(at, settings.zone) if at else None
    with given.opened(settings) as store, store.write() as session:
        row = replying.receive(
            session, running(session, campaign_id), key, by, received, clock.now(), given.actor()
        )
        said = f"{row.name}{row.number}已由{row.received_by}签收"
    shown.say(said)


@forms.command("list")
def list_forms(as_json: Json = False) -> None:
    """列出各种文书的格式：自带的，或自己换上的。"""
    from states.documents.letterfields import FIELDS, WORDINGS
    from states.records import letter_forms

    with given.opened(given.settings()) as store, store.read() as session:
        found = letter_forms.forms(session, WORDINGS)
    if as_json:
        shown.as_json([vars(one) for one in found])
        return
    rows = [
        (one.name, one.unit or "全部", "自定" if one.own else "自带", one.by or "—", one.sha256[:12])
        for one in found
    ]
    shown.table(["文书", "发文单位", "格式", "由谁换上", "SHA-256"], rows)
    shown.say("可用的字段：", *(f"  {{{{ {name} }}}}  {means}" for name, means in FIELDS.items()))


@forms.command()
def export(
    name: Name,
    file: Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="写到哪里")] = None,
    unit: Unit = None,
    force: Force = False,
) -> None:
    """导出现用的格式，用 Word 或 WPS 修改后再用 set 换上。"""
    from states.records import letter_forms

    with given.opened(given.settings()) as store, store.read() as session:
        content = letter_forms.exported(session, name, unit)
    given.written(file or Path(f"{name}.docx"), content, force)


@forms.command("set")
def set_(name: Name, file: File, unit: Unit = None) -> None:
    """换成自己的格式；有一处问题就不换，逐条列出在第几段。"""
    from states.records import letter_forms

    content = given.file_bytes(file)
    with given.opened(given.settings()) as store, store.write() as session:
        found = letter_forms.put(session, name, content, file.name, clock.now(), given.actor(), unit)
    _checked(found)
    shown.say(f"“{name}”已换成 {file.name}；已作出的文书不变")


@forms.command()
def reset(name: Name, unit: Unit = None) -> None:
    """恢复自带的格式。"""
    from states.records import letter_forms

    with given.opened(given.settings()) as store, store.write() as session:
        letter_forms.reset(session, name, clock.now(), given.actor(), unit)
    shown.say(f"“{name}”已恢复自带的格式")


@forms.command()
def check(file: File, name: Annotated[str, typer.Option(help="当作哪种文书来试填")] = "约谈通知书") -> None:
    """检查一个格式：标签写坏的、没有的字段、被拆开的标签，都写明在第几段；什么也不保存。"""
    from states.records import letter_forms

    found = letter_forms.try_out(given.file_bytes(file), file.name, name)
    _checked(found)
    shown.say(f"{file.name} 可以使用；用到的字段：{'、'.join(sorted(found.fields))}")


def _checked(found: Checked) -> None:
    for one in found.mended:
        shown.hint(f"提醒：{one}")
