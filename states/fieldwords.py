"""What each field of a template means, in the words of those who write one.

The JSON schema (hints in an editor) and the reference in docs/templates.md are made of these and of the descriptions
that stand in the models themselves; a field without words fails a test.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

MODELS: Mapping[str, str] = {
    "Template": "模板",
    "Document": "文件",
    "Source": "出处",
    "Phase": "阶段",
    "Workstream": "工作线",
    "Requirement": "要求",
    "Cadence": "按规则的间隔",
    "CheckItem": "检查项",
    "Evidence": "须附材料",
    "Form": "报表",
    "FormField": "报表的一项",
    "Split": "分项与合计",
    "Scope": "范围",
    "Ladder": "梯次",
    "Rung": "梯次的一级",
    "Extensions": "延期规定",
    "Coverage": "覆盖面",
    "Sampling": "抽查",
    "LedgerPreset": "台账",
    "LedgerRow": "台账行",
    "IssueType": "问题类型",
    "Step": "问题类型的步骤",
    "LetterType": "文书",
    "Link": "关联行动",
    "Conflict": "矛盾",
}
ANYWHERE: Mapping[str, str] = {
    "key": "代号，在本模板里不重复，如 self-check",
    "name": "名称，照方案原文",
    "source": "出处",
    "scope": "哪些参加单位；不写则全体",
    "ladder": "逾期后用哪个梯次（ladders 里的名称）",
    "due": "期限，照方案原文",
    "tasks": "要做的事，照方案原文；写进阶段开始时的下发邮件，不催办",
}
WORDS: Mapping[str, Mapping[str, str]] = {
    "Template": {
        "key": "模板的键，全系统唯一，只用小写字母、数字、点、连字符",
        "version": "第几版，从 1 起；改了内容就加 1",
        "title": "行动的名称",
        "summary": "一两句话的说明",
        "timezone": "期限按哪个时区",
        "documents": "依据的文件：代号 → 文件",
        "same": "只印一处、用在几处的空白，各处一组",
        "phases": "阶段，按先后",
        "workstreams": "并行的工作线",
        "requirements": "要求：要交什么、何时交",
        "ladders": "催办梯次：名称 → 梯次",
        "ladder": "默认的梯次",
        "letters": "方案里写到的文书",
        "coverage": "要达到的覆盖面",
        "sampling": "随机抽查",
        "ledger": "随方案下发的问题台账",
        "outcomes": "办结时可选的结果",
        "links": "同时进行的其他行动",
        "conflicts": "方案自相矛盾的地方，照录，启动时提示",
        "notes": "启动时给人看的说明",
        "source": "行动起止的出处",
    },
    "Document": {
        "title": "文件名称",
        "number": "文号",
        "issuer": "印发机关",
        "issued": "印发日期，写作 2017-08-22，只作记录；“印发后…”从启动那天起算，不是同一天的用 --set issued=2026-11-23 写明",
    },
    "Source": {"doc": "documents 里的代号", "place": "在文件的哪里，如 二、实施步骤（一）", "text": "原句"},
    "Scope": {
        "kinds": "单位类别，如 医院、乡镇卫生院",
        "levels": "单位级别，如 县、二级",
        "codes": "单位代码",
        "under": "这些单位及其下级（代码）",
        "departments": "科室名称",
    },
    "Phase": {
        "opens": "怎样开始：on_date 按日期、after_previous 接上一阶段、by_hand 人工开启",
        "window": "起止，照方案原文，如 9月-11月；与 from、until 只写一种",
        "from": "开始，照方案原文",
        "until": "结束，照方案原文",
        "review": "单位报完后须经审核才进入下一阶段",
        "announce": "阶段开始时发给谁",
    },
    "Workstream": {
        "lead": "牵头科室",
        "responsible": "责任单位",
        "due": "这条工作线自己的完成时限；写了就由牵头科室负责交",
    },
    "Requirement": {
        "kind": "deliverable 材料、report 报表、meeting 会议、checklist 检查清单、quota 数量、ledger 台账、standing 长期",
        "phase": "属于哪个阶段（代号）",
        "workstream": "属于哪条工作线（代号）",
        "opens": "何时可以开始报，照方案原文",
        "every": "多久一次，如 每周五、每月25日前；与 due 只写一种",
        "required": "不报是否影响阶段完成",
        "keep_at_unit": "留在单位备查，不必上传，只须确认",
        "to": "报给谁，照方案原文",
        "copies": "同时抄送",
        "checklist": "逐项检查的内容",
    },
    "Cadence": {
        "rrule": "RFC 5545 规则，如 FREQ=WEEKLY;BYDAY=MO,TH",
        "time": "当天几点前，如 16:00；不写为下班时",
        "shift": "遇休息日：none 不变、previous 提前、next 顺延",
    },
    "CheckItem": {"text": "检查什么", "threshold": "标准，照方案原文，如 不少于30天"},
    "Ladder": {"rungs": "各级，按时间先后"},
    "Rung": {
        "name": "做什么，如 提醒、约谈、通报",
        "to": "发给哪些角色",
        "cc": "抄送哪些角色",
        "confirm": "须有人确认后才发（约谈、通报等）",
        "letter": "确认后发出的文书名称",
        "reply": "多久内回复，从发出起算",
        "urgent": "不等每天的汇总，单独发",
    },
    "Coverage": {"name": "名称", "percent": "百分之几"},
    "Sampling": {"name": "名称", "percent": "抽百分之几", "count": "抽几个"},
    "LedgerPreset": {
        "columns": "原表的列名：导出时照用；系统没有的栏目（如 责任领导、整改成效、备注）随每一项留存、导出和导入",
        "types": "问题类型，各有步骤和期限",
        "rows": "台账的行",
    },
    "LedgerRow": {
        "no": "序号",
        "project": "项目或类别",
        "problem": "问题",
        "measures": "措施，一条一项",
        "departments": "责任部门",
        "type": "问题类型（代号）；不写期限时用它的期限",
    },
    "IssueType": {"steps": "各步骤和期限"},
    "LetterType": {"name": "文书名称", "key": "代号，梯次可用它指明文书（同名而颜色不同的督办单）"},
    "Link": {"name": "行动名称"},
    "Conflict": {"says": "哪里不一致", "sources": "各处原句"},
}
ROLES: Mapping[str, str] = {
    "liaison": "联络员（单位）",
    "department_head": "科室负责人（单位）",
    "deputy_leader": "分管领导（单位）",
    "principal": "主要负责人（单位）",
    "parent_principal": "上级主管部门主要负责人",
    "office": "领导小组办公室（牵头单位）",
    "coordinator": "协调员（牵头单位）",
    "group_leader": "领导小组组长（牵头单位）",
}


def described(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with words at every field that has none of its own."""
    for model, fields in _models(schema):
        for name, field in fields.items():
            field["description"] = words_of(model, name, field)
    return schema


def words_of(model: str, name: str, field: Mapping[str, Any]) -> str:
    """What the field means; empty when nobody has said it."""
    own = WORDS.get(model, {}).get(name) or field.get("description")
    return str(own or ANYWHERE.get(name, ""))


def reference(schema: dict[str, Any]) -> str:
    """The tables of all fields as Markdown, in the order of MODELS; models that it does not name come last."""
    models = dict(_models(schema))
    order = [*(name for name in MODELS if name in models), *(name for name in models if name not in MODELS)]
    parts = [_table(name, models[name], _required(schema, name)) for name in order]
    roles = "\n".join(f"| `{key}` | {words} |" for key, words in ROLES.items())
    return "\n".join([*parts, f"### 角色（to、cc、announce）\n\n| 写法 | 是谁 |\n|---|---|\n{roles}\n"])


def _models(schema: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "Template", schema["properties"]
    for name, model in schema.get("$defs", {}).items():
        if "properties" in model:
            yield name, model["properties"]


def _required(schema: Mapping[str, Any], model: str) -> list[str]:
    found = schema if model == "Template" else schema["$defs"][model]
    return list(found.get("required", ()))


def _table(model: str, fields: Mapping[str, Any], required: list[str]) -> str:
    rows = [
        f"| `{name}`{' *' if name in required else ''} | {_form(field)} | {words_of(model, name, field)} |"
        for name, field in fields.items()
    ]
    title = MODELS.get(model, model)
    return f"### {title}\n\n| 字段 | 写法 | 含义 |\n|---|---|---|\n" + "\n".join(rows) + "\n"


def _form(field: Mapping[str, Any]) -> str:
    """How the value is written."""
    if "$ref" in field:
        return _named(field["$ref"])
    if "anyOf" in field:
        forms = [_form(one) for one in field["anyOf"] if one.get("type") != "null"]
        return " 或 ".join(dict.fromkeys(forms))
    if field.get("type") == "array":
        return f"列表：{_form(field['items'])}" if "items" in field else "列表"
    if field.get("type") == "object":
        inner = field.get("additionalProperties") or next(iter(field["patternProperties"].values()))
        return f"若干 名称: {_form(inner)}"
    if "enum" in field:
        return "、".join(f"`{one}`" for one in field["enum"])
    return {"string": "文字", "integer": "整数", "number": "数", "boolean": "`true` 或 `false`"}.get(
        field.get("type", ""), ""
    )


def _named(reference: str) -> str:
    name = reference.rsplit("/", 1)[1]
    return {
        "Role": "角色",
        "Opens": "见右",
        "Kind": "见右",
        "Family": "见右",
        "FieldType": "见右",
        "Per": "`departments` 或 `persons`",
    }.get(name, MODELS.get(name, name))
