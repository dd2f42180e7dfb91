"""duban template …: what plans there are, what one says, whether a file holds one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.commands import fromplan, given, reading, shown, sourced
from flows.commands.options import Json, Named
from states.errors import Fault, Faulty, NotFound

if TYPE_CHECKING:
    from states.template import Phase, Requirement, Template

app = typer.Typer(no_args_is_help=True, help="方案模板：列出、查看、检查、画状态图")
app.command()(fromplan.draft)
OPENS = {"on_date": "按日期", "after_previous": "接上一阶段", "by_hand": "人工开启"}


@app.command("list")
def list_(as_json: Json = False) -> None:
    """列出自带的模板。"""
    from states.reading import load, shipped

    found = [load(text) for text in shipped().values()]
    if as_json:
        shown.as_json([_brief(one) for one in found])
        return
    shown.table(
        ("模板", "版本", "名称", "阶段", "要求", "台账"),
        [
            (one.key, one.version, one.title, len(one.phases), len(one.requirements), _ledger_size(one) or "")
            for one in found
        ],
    )


@app.command()
def show(
    named: Named,
    summary: Annotated[bool, typer.Option("--summary", help="列成表：阶段、要求、梯次、台账")] = False,
    sources: Annotated[bool, typer.Option("--sources", help="列出每一条的出处：文件、位置、原句")] = False,
    as_json: Json = False,
) -> None:
    """输出模板原文，可存为文件后修改；加 --summary 列成表，加 --sources 列出处。"""
    from states.reading import load

    text = given.template_text(named)
    if sources:
        sourced.show(load(text), as_json)
        return
    if not (summary or as_json):
        shown.say(text.rstrip("\n"))
        return
    template = load(text)
    if as_json:
        shown.as_json(template.model_dump(mode="json", by_alias=True, exclude_none=True))
        return
    _show(template)


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="模板文件，可写多个")],
    as_json: Json = False,
) -> None:
    """检查模板文件，一次列出全部问题和所在行；有问题时以 1 结束。"""
    found = {str(file): _faults(file) for file in files}
    if as_json:
        shown.as_json(
            [
                {"file": name, "ok": not faults, "faults": [_fault(one) for one in faults]}
                for name, faults in found.items()
            ]
        )
    else:
        for name, faults in found.items():
            lines = [str(fault) for fault in faults] or ["没有问题"]
            shown.say(*(f"{name}：{line}" for line in lines))
    if any(found.values()):
        raise typer.Exit(1)


@app.command()
def diagram(named: Named) -> None:
    """把专项行动和单位两台状态机画成 mermaid 图。"""
    from states.machine import diagram as drawn
    from states.reading import load

    shown.say(drawn(load(given.template_text(named))).rstrip("\n"))


def _faults(file: Path) -> list[Fault]:
    from states.reading import load

    try:
        load(given.file_text(file))
    except Faulty as error:
        return error.faults
    except NotFound as error:
        return [Fault("", error.detail)]
    return []


def _fault(fault: Fault) -> dict[str, Any]:
    return {"line": fault.line, "place": fault.place, "says": fault.says}


def _brief(template: Template) -> dict[str, Any]:
    return {
        "key": template.key,
        "version": template.version,
        "title": template.title,
        "summary": template.summary,
        "phases": [{"key": phase.key, "name": phase.name} for phase in template.phases],
        "requirements": len(template.requirements),
        "ledger_rows": _ledger_size(template),
    }


def _ledger_size(template: Template) -> int:
    return len(template.ledger.rows) if template.ledger else 0


def _show(template: Template) -> None:
    shown.say(f"{template.title}（{template.key} 第 {template.version} 版）", template.summary or "")
    shown.table(
        ("阶段", "名称", "时间（方案原文）", "读作", "开启", "由谁", "审核"),
        [_phase(one) for one in template.phases],
        "阶段",
    )
    shown.table(
        ("要求", "名称", "阶段", "期限（方案原文）", "读作", "零报告", "审核"),
        [_requirement(one) for one in template.requirements],
        "要求",
    )
    for key, ladder in template.ladders.items():
        rows = [
            (
                rung.at,
                rung.name,
                shown.roles(rung.to),
                shown.roles(rung.cc),
                rung.letter or "",
                "须确认" if rung.confirm else "自动",
            )
            for rung in ladder.rungs
        ]
        shown.table(("时间", "梯次", "对象", "抄送", "文书", "方式"), rows, f"梯次 {key}")
    preset = [
        (row.no, row.project, row.due, "、".join(row.departments), row.problem[:40])
        for row in (template.ledger.rows if template.ledger else ())
    ]
    shown.table(("序号", "项目", "期限", "责任部门", "问题"), preset, f"台账（{len(preset)} 项）")


def _phase(one: Phase) -> tuple[str, ...]:
    window = _window(one.window, one.from_, one.until)
    times = "，".join(words for words in (one.every, window) if words)
    opens = "并行" if one.parallel else OPENS[one.opens]
    return (one.key, one.name, times, reading.of_phase(one), opens, one.by or "", "是" if one.review else "")


def _window(window: str | None, first: str | None, last: str | None) -> str:
    return window or " 至 ".join(part for part in (first, last) if part) or "未注明"


def _requirement(one: Requirement) -> tuple[str, ...]:
    every = one.every if isinstance(one.every, str) or one.every is None else one.every.rrule
    words = one.due or every or "未注明"
    read = reading.of_requirement(one)
    return (
        one.key,
        one.name,
        one.phase or "",
        words,
        read,
        "可" if one.nil else "",
        "是" if one.review else "",
    )
