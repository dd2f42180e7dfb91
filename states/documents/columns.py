"""The columns of a unit list: how their headers may be spelled, and the kinds of units.

Headers are compared without spaces, `_`, `-`, case, and marks like `*` or （必填）; order does not matter.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from states.documents.rows import Row, quoted
from states.errors import Fault
from states.template import Role

# key -> accepted headers; the first one is the title in the template.
UNIT_HEADERS: dict[str, tuple[str, ...]] = {
    "code": ("单位代码", "代码", "单位编码", "编码", "机构代码", "code"),
    "name": ("单位名称", "名称", "机构名称", "单位", "name"),
    "kind": ("类别", "单位类别", "单位类型", "类型", "kind"),
    "level": ("级别", "层级", "行政级别", "level"),
    "grade": ("等级", "医院等级", "机构等级", "grade"),
    "beds": ("床位数", "床位", "编制床位数", "编制床位", "实有床位数", "实有床位", "beds"),
    "ownership": ("举办性质", "公立民营", "办医性质", "ownership"),
    "parent": ("上级代码", "上级单位代码", "上级编码", "parent", "parent code"),
}
REQUIRED = ("code", "name")
# `parent_principal` is nobody's column: it is the principal of the unit above.
ROLES: dict[Role, tuple[str, ...]] = {
    Role.liaison: ("联络员",),
    Role.department_head: ("科室负责人",),
    Role.deputy_leader: ("分管领导",),
    Role.principal: ("主要负责人", "单位负责人"),
    Role.office: ("领导小组办公室", "办公室"),
    Role.coordinator: ("协调员",),
    Role.group_leader: ("组长", "领导小组组长"),
}
NAME_ENDINGS = ("姓名", "", "名字")
EMAIL_ENDINGS = ("邮箱", "电子邮箱", "邮箱地址", "邮件", "电子邮件", "email")
HEADER_SEARCH = 10  # a title or a note may stand above the headers


def _contact_headers() -> dict[str, tuple[str, ...]]:
    headers = {}
    for role, words in ROLES.items():
        names = [word + ending for word in words for ending in NAME_ENDINGS]
        emails = [word + ending for word in words for ending in EMAIL_ENDINGS]
        headers[f"{role}.name"] = (*names, f"{role}_name")
        headers[f"{role}.email"] = (*emails, f"{role}_email")
    return headers


HEADERS: dict[str, tuple[str, ...]] = UNIT_HEADERS | _contact_headers()
TITLES: dict[str, str] = {key: words[0] for key, words in HEADERS.items()}


def squeezed(header: str) -> str:
    """The header as it is compared."""
    plain = unicodedata.normalize("NFKC", header).lower()
    return re.sub(r"\((必填|选填|可不填)\)|[\s_*\-]", "", plain)


SPELLINGS: dict[str, str] = {squeezed(word): key for key, words in HEADERS.items() for word in words}


@dataclass(frozen=True)
class Header:
    """Where the columns stand: position -> key; `below` is the index of the first row under the headers."""

    columns: dict[int, str]
    below: int
    faults: tuple[Fault, ...] = ()
    warnings: tuple[Fault, ...] = ()


def locate(rows: Sequence[Row]) -> Header:
    """The header row among the first few: the one that names most columns. Faults say what is missing or doubled."""
    if not rows:
        return Header({}, 0, (Fault("", "表格是空的；请按模板填写后再导入"),))
    found = [
        {i: key for i, cell in enumerate(row.cells) if (key := SPELLINGS.get(squeezed(cell)))}
        for row in rows[:HEADER_SEARCH]
    ]
    best = max(range(len(found)), key=lambda index: len(found[index]))
    row, columns = rows[best], found[best]
    faults = [*_missing(row, columns), *_doubled(row, columns)]
    return Header(columns, best + 1, tuple(faults), tuple(_unknown(row, columns)))


def _missing(row: Row, columns: dict[int, str]) -> list[Fault]:
    return [
        Fault("表头", f"缺少“{TITLES[key]}”列；表头可写作 {'、'.join(HEADERS[key])}", row.line)
        for key in REQUIRED
        if key not in columns.values()
    ]


def _doubled(row: Row, columns: dict[int, str]) -> list[Fault]:
    faults = []
    first: dict[str, int] = {}
    for index, key in columns.items():
        if first.setdefault(key, index) != index:
            both = f"{quoted(row.cells[first[key]])}和{quoted(row.cells[index])}"
            faults.append(Fault("表头", f"{both}都是“{TITLES[key]}”列；请只留一列", row.line))
    return faults


def _unknown(row: Row, columns: dict[int, str]) -> list[Fault]:
    known = "、".join(TITLES.values())
    return [
        Fault("表头", f"不认识{quoted(cell)}列，未导入；可用的列有 {known}", row.line)
        for index, cell in enumerate(row.cells)
        if cell.strip() and index not in columns
    ]
