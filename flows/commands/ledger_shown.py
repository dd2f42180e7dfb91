"""The ledger on the terminal: what an import would do, items, one item, figures; as tables or as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from flows.commands import shown

if TYPE_CHECKING:
    from states.documents.ledgerdiff import CellChange, Changed
    from states.documents.ledgerfacts import Item
    from states.documents.ledgerfile import Line
    from states.records.ledger_import import Looked

SHOWN = 30
WIDE = 40


def imported(looked: Looked, numbers: list[int] | None, as_json: bool) -> None:
    """`numbers` of what was added, once it is written."""
    from states.records.ledger_acting import told

    if as_json:
        shown.as_json(told(looked, numbers))
        return
    diff = looked.diff
    cells = [(one, cell) for one in diff.changed for cell in one.cells]
    _show_differences(diff.added, cells)
    for fault in looked.faults:
        shown.hint(str(fault))
    if diff.totals:
        shown.hint(f"只是合计的行没有取：{'、'.join(diff.totals)}")
    if diff.passed:
        shown.hint(f"文件中的{'、'.join(f'“{title}”' for title in diff.passed)}这本台账没有，没有取")
    done = "已写入" if numbers is not None else "试算"
    shown.say(
        f"{done}：新增 {len(looked.added)} 项，改动 {looked.cells} 格；文件中另有新增 {len(diff.added) - len(looked.added)} 项、"
        f"改动 {len(cells) - looked.cells} 格没有取（冲突 {diff.conflicts} 格）；未变 {diff.unchanged} 项"
    )
    if looked.faults:
        shown.say(f"共 {len(looked.faults)} 处问题，什么都没有写入；请改正后再导入")
    elif numbers is None and (looked.added or looked.changed):
        shown.say("什么都没有写入；确认无误后加 --apply")


def _show_differences(added: Sequence[Line], cells: Sequence[tuple[Changed, CellChange]]) -> None:
    shown.table(
        ("新增", "项目", "问题", "完成时限"),
        [
            (one.mark, one.cells["project"], _cut(one.cells["problem"]), one.cells.get("due", ""))
            for one in added[:SHOWN]
        ],
    )
    shown.table(
        ("改动", "栏目", "原为", "改为", "位置", "冲突"),
        [
            (
                f"{one.item.no}.{cell.field}",
                cell.title,
                _cut(cell.before),
                _cut(cell.after),
                cell.place,
                cell.conflict,
            )
            for one, cell in cells[:SHOWN]
        ],
    )


def listed(found: Sequence[Item], as_json: bool) -> None:
    from states.closing import STATES

    if as_json:
        shown.as_json([vars(one) for one in found])
        return
    rows = [
        (one.no, one.unit, one.project, _cut(one.problem), one.lead or "、".join(one.departments), one.due, one.due_on or "—", STATES[one.state])
        for one in found
    ]  # fmt: skip
    shown.table(("序号", "单位", "项目", "问题", "责任", "完成时限", "到期", "状态"), rows)
    shown.say(f"共 {len(found)} 项")


def one(told: Any, as_json: bool) -> None:
    if as_json:
        shown.as_json(told)
        return
    shown.say(f"台账第{told['no']}项（{told['project']}）：{told['state']['name']}；{told['unit']['name']}")
    own = (f"{title}：{text}" for title, text in told["more"].items())
    shown.say(told["problem"], *(f"  {measure}" for measure in told["measures"]), *own)
    shown.say(
        f"责任：{'、'.join(told['departments']) or told['unit']['name']}；完成时限：{told['words']}（{told['due'] or '无日期'}）",
    )
    shown.table(
        ("编号", "责任单位", "步骤", "办理", "期限", "逾期", "报送次数"),
        [
            (
                *(owed["obligation"], owed["unit"]["name"], owed["step"], owed["status"]["name"]),
                *(owed["due"] or "—", "是" if owed["late"] else "", owed["submissions"]),
            )
            for owed in told["answers"]
        ],
    )
    shown.table(
        ("动作", "", "可以", "为什么不能"),
        [
            (move["move"], move["name"], "是" if move["open"] else "", "；".join(move["refusals"]))
            for move in told["moves"]
        ],
    )
    words = ("before", "after", "reason")
    shown.table(
        ("时间", "谁", "做了什么", "之前", "之后", "理由"),
        [
            (fact["at"], fact["by"], fact["what"]["name"], *(fact[one] or "" for one in words))
            for fact in told["history"]
        ],
    )


def figures(told: Any, as_json: bool) -> None:
    if as_json:
        shown.as_json(told)
        return
    for key, title in (("regions", "地区"), ("departments", "牵头部门"), ("recurring", "反复出现的类别")):
        total = [told["whole"]] if key != "recurring" else []
        shown.table(
            (title, "项数", "应销号", "已销号", "长期坚持", "已复查", "逾期", "单位数", "回头看", "销号率"),
            [
                (
                    one["name"],
                    one["items"],
                    one["items"] - one["standing"],
                    one["closed"],
                    one["standing"],
                    one["kept"],
                    one["overdue"],
                    one["units"],
                    one["reopened"],
                    shown.percent(one["rate"]),
                )
                for one in (*told[key], *total)
            ],
        )
    if not told["whole"]["items"]:
        shown.say("没有台账")


def _cut(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= WIDE else flat[: WIDE - 1] + "…"
