"""Unit lists to hand out: the empty one to fill in, and the recorded one to correct and bring back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import resources

from states.documents.columns import HEADERS, REQUIRED, ROLES, TITLES
from states.documents.delimited import read_delimited
from states.documents.rows import LIMITS
from states.documents.unitfacts import ContactFacts, UnitFacts
from states.documents.writing import Sheet, write
from states.kinds import KINDS

FILLED = "example-units.csv"
EXAMPLE_CODE = "SHILI-001"  # this row is never imported
EXAMPLE = {
    "code": EXAMPLE_CODE,
    "name": "示例县人民医院",
    "kind": "医院",
    "level": "县级",
    "grade": "二级甲等",
    "beds": "300",
    "ownership": "公立",
    "parent": "SHILI",
    "liaison.name": "王示例；李示例",
    "liaison.email": "wang@example.org；li@example.org",
    "principal.name": "赵示例",
    "principal.email": "zhao@example.org",
}
WIDTHS = {
    "code": 18,
    "name": 32,
    "parent": 18,
    "kind": 16,
    "level": 10,
    "grade": 12,
    "beds": 10,
    "ownership": 10,
}
EXPLAINED = {
    "code": "单位的唯一代码，英文字母、数字和 . _ -，最多40个字符；以后凭它认出同一单位",
    "name": "单位全称，最多100字",
    "kind": f"可用的有 {'、'.join(KINDS.values())}",
    "level": "如 省级、市级、县级、乡级",
    "grade": "如 三级甲等、二级甲等、一级；没有等级的留空",
    "beds": "床位数，整数；不知道的留空，没有床位的填 0",
    "ownership": "公立或民营；不知道的留空",
    "parent": "上级单位的代码，须在本表或系统中；顶层单位留空，改为没有上级时填“无”",
    "name of role": "可填多人，用“；”分隔，与邮箱一一对应",
    "email of role": "可填多个，用“；”分隔；留空则保持原有人员，填“无”则清空",
}


def template_sheet() -> bytes:
    """An empty xlsx to fill in: headers, an invented example row, and a sheet that explains every column."""
    return write([blank_sheet(), explained_sheet()])


def blank_sheet() -> Sheet:
    """The headers and one invented row, which is never imported."""
    return Sheet("单位名单", _columns(), [[EXAMPLE.get(key, "") for key in TITLES]])


def example_sheet() -> Sheet:
    """A filled list to try things with: an invented county with its bureau and four of its units."""
    content = (resources.files("states.documents") / FILLED).read_bytes()
    head, *rows = read_delimited(content, FILLED, LIMITS)
    keys = {title: key for key, title in TITLES.items()}
    columns = [(title, _width(keys[title])) for title in head.cells]
    return Sheet("单位名单", columns, [row.cells for row in rows])


def explained_sheet() -> Sheet:
    """How each column is filled in."""
    return Sheet(
        "填写说明",
        (("列名", 22), ("必填", 8), ("怎样填写", 60), ("表头也可写作", 60)),
        [
            (title, "是" if key in REQUIRED else "", _explained(key), "、".join(HEADERS[key][1:]))
            for key, title in TITLES.items()
        ],
    )


def units_sheet(existing: Mapping[str, UnitFacts]) -> Sheet:
    """The recorded units in the columns of the template; read again it changes nothing."""
    return Sheet("单位名单", _columns(), [list(_cells(code, facts)) for code, facts in existing.items()])


def _columns() -> list[tuple[str, float]]:
    return [(title, _width(key)) for key, title in TITLES.items()]


def _width(key: str) -> float:
    return WIDTHS.get(key, 26 if key.endswith(".email") else 16)


def _explained(key: str) -> str:
    return EXPLAINED.get(key) or EXPLAINED[f"{key.rpartition('.')[2]} of role"]


def _cells(code: str, facts: UnitFacts) -> Iterator[str]:
    yield from (code, facts.name, KINDS.get(facts.kind, facts.kind), facts.level, facts.grade)
    yield from ("" if facts.beds is None else str(facts.beds), facts.ownership, facts.parent or "")
    for role in ROLES:
        holders = [contact for contact in facts.contacts if contact.role == role]
        yield _names(holders)
        yield "；".join(contact.email for contact in holders)


def _names(holders: list[ContactFacts]) -> str:
    """Nothing when somebody's name is unknown: the names would no longer stand beside their addresses."""
    names = [contact.name for contact in holders]
    return "；".join(names) if all(names) else ""
