"""duban units …: the organisation tree and its contacts, from a sheet."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.commands import given, shown
from flows.commands.options import Json
from states import clock
from states.errors import Fault, Faulty

if TYPE_CHECKING:
    from states.documents.unitlist import UnitDiff, UnitList
    from states.records.session import Store

app = typer.Typer(no_args_is_help=True, help="单位和联系人：从表格导入")
SHOWN = 30
Line = tuple[str, ...]
FIELDS = {
    "name": "名称",
    "kind": "类别",
    "level": "级别",
    "grade": "等级",
    "beds": "床位数",
    "ownership": "举办性质",
    "parent": "上级",
}


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="单位名单（xlsx 或 csv）")],
    apply: Annotated[bool, typer.Option("--apply", help="写入；不加则只显示会有哪些变化")] = False,
    as_json: Json = False,
) -> None:
    """导入单位名单。先显示变化，加 --apply 才写入；有一处问题就一行也不写。"""
    settings, content, now = given.settings(), given.file_bytes(file), clock.now()
    with given.opened(settings) as store:
        read, changes = _look(store, content, file.name)
        if read.faults:
            _refuse(read.faults, as_json)
        if apply:
            changes = _write(store, content, file.name, now)
    if as_json:
        shown.as_json(_as_data(read, changes, apply))
        return
    _show(read, changes)
    _conclude(changes, apply)


@app.command()
def template(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="写到哪里（.xlsx 或 .csv）")] = Path(
        "单位名单模板.xlsx"
    ),
    example: Annotated[
        bool, typer.Option("--example", help="写出填好的示例（一个虚构的县），可以直接导入试用")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="已有同名文件时覆盖")] = False,
) -> None:
    """写出空白的单位名单，xlsx 附填写说明；加 --example 写出填好的示例。"""
    given.written(file, _template(file, example=example), force)


def _template(file: Path, *, example: bool) -> bytes:
    """The list in the form that the file's name asks for."""
    from states.documents import unitsheet
    from states.documents.sheet import write, write_csv

    ending = file.suffix.lower()
    if ending not in (".xlsx", ".csv"):
        raise Faulty([Fault(str(file), "文件名须以 .xlsx 或 .csv 结尾")])
    listed = unitsheet.example_sheet() if example else unitsheet.blank_sheet()
    return write_csv(listed) if ending == ".csv" else write([listed, unitsheet.explained_sheet()])


def _look(store: Store, content: bytes, name: str) -> tuple[UnitList, UnitDiff]:
    from states.documents.sheet import read
    from states.documents.unitlist import diff, parse_units
    from states.records import roster

    with store.read() as session:
        existing = roster.recorded(session)
    found = parse_units(read(content, name), existing)
    return found, diff(found, existing)


def _write(store: Store, content: bytes, name: str, now: datetime) -> UnitDiff:
    """Judged and written under one lock: what was shown before may have changed since."""
    from states.documents.sheet import read
    from states.documents.unitlist import parse_units
    from states.records import roster

    rows = read(content, name)
    with shown.bar("写入单位") as progress, store.write() as session:
        existing = roster.recorded(session)
        return roster.apply(session, parse_units(rows, existing), existing, now, given.actor(), progress)


def _refuse(faults: tuple[Fault, ...], as_json: bool) -> None:
    if as_json:
        listed = [{"line": one.line, "place": one.place, "says": one.says} for one in faults]
        shown.as_json({"applied": False, "faults": listed})
        raise typer.Exit(1)
    raise Faulty([*faults, Fault("", f"共 {len(faults)} 处问题，什么都没有写入；请改正后再导入")])


def _show(read: UnitList, changes: UnitDiff) -> None:
    for warning in read.warnings:
        shown.hint(f"提示：{warning}")
    shown.table(
        ("变化", "代码", "名称", "内容"),
        [
            *_cut([("新增", row.code, row.name, row.parent or "") for row in changes.new]),
            *_cut(_changed(changes)),
        ],
    )
    contacts: list[Line] = [
        ("新增", row.code, shown.roles([row.role]), row.name, row.email) for row in changes.contacts_new
    ]
    contacts += [
        (
            "改名",
            one.contact.code,
            shown.roles([one.contact.role]),
            f"{one.before} → {one.contact.name}",
            one.contact.email,
        )
        for one in changes.contacts_changed
    ]
    contacts += [
        ("移除", code, shown.roles([one.role]), one.name, one.email) for code, one in changes.contacts_gone
    ]
    shown.table(("联系人", "单位", "角色", "姓名", "邮箱"), _cut(contacts))


def _changed(changes: UnitDiff) -> list[Line]:
    return [
        (
            "修改",
            change.unit.code,
            change.unit.name,
            "；".join(
                f"{FIELDS[one.field]} {one.before or '无'} → {one.after or '无'}" for one in change.fields
            ),
        )
        for change in changes.changed
    ]


def _cut(rows: list[Line]) -> list[Line]:
    """The first of many rows, and how many more there are."""
    if len(rows) <= SHOWN:
        return rows
    blank = [""] * (len(rows[0]) - 2)
    return [*rows[:SHOWN], ("…", f"另有 {len(rows) - SHOWN} 行", *blank)]


def _conclude(changes: UnitDiff, applied: bool) -> None:
    told = (
        f"新增 {len(changes.new)} 个单位，修改 {len(changes.changed)} 个，未变 {len(changes.unchanged)} 个；"
        f"联系人新增 {len(changes.contacts_new)}、改名 {len(changes.contacts_changed)}、移除 {len(changes.contacts_gone)}"
    )
    shown.say(f"已写入：{told}" if applied else f"试算：{told}")
    if not applied and not changes.empty:
        shown.say("什么都没有写入；确认无误后加 --apply")


def _as_data(read: UnitList, changes: UnitDiff, applied: bool) -> dict[str, Any]:
    return {
        "applied": applied,
        "new": [row.code for row in changes.new],
        "changed": [
            {"code": change.unit.code, **{one.field: [one.before, one.after] for one in change.fields}}
            for change in changes.changed
        ],
        "unchanged": len(changes.unchanged),
        "absent": list(changes.absent),
        "contacts": {
            "new": len(changes.contacts_new),
            "changed": len(changes.contacts_changed),
            "gone": len(changes.contacts_gone),
        },
        "warnings": [str(one) for one in read.warnings],
        "faults": [],
    }
