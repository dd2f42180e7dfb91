"""What several parts of a template speak of: roles, documents, whom it concerns, how far from a date."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from states.frozen import Frozen

Shift = Annotated[
    str,
    Field(
        pattern=r"^[+-]\d{1,3}(wd|d|w|h|m)$",
        description="相对期限的偏移：d 日、wd 工作日、w 周、m 月、h 小时",
    ),
]
Lead = Annotated[
    str,
    Field(pattern=r"^\d{1,3}(wd|d|w|m|h)$", description="比所写期限提前多少，如 3wd；0d 为不提前"),
]


class Role(StrEnum):
    """Who can be addressed. The first four are held in a unit; the others in the unit that runs the campaign."""

    liaison = "liaison"  # 联络员
    department_head = "department_head"  # 科室负责人
    deputy_leader = "deputy_leader"  # 分管领导
    principal = "principal"  # 主要负责人
    parent_principal = "parent_principal"  # 上级主管部门主要负责人
    office = "office"  # 领导小组办公室
    coordinator = "coordinator"  # 协调员
    group_leader = "group_leader"  # 领导小组组长


class Document(Frozen):
    """A document that the template was written from."""

    title: str
    number: str | None = None
    issuer: str | None = None
    issued: str | None = None


class Scope(Frozen):
    """Which participating units; an empty field does not restrict. Departments only where named by kind."""

    kinds: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    under: tuple[str, ...] = ()
    grades: tuple[str, ...] = Field(default=(), description="等级，如 三级甲等")
    beds_from: Annotated[int, Field(ge=0)] | None = Field(default=None, description="床位数不少于")
    beds_to: Annotated[int, Field(ge=0)] | None = Field(default=None, description="床位数不多于")
    ownership: tuple[str, ...] = Field(default=(), description="举办性质：公立、民营")
    direct: Literal[True] | None = Field(
        default=None, description="只含牵头单位的直属单位（单位表中上级单位是牵头单位的）"
    )
    departments: tuple[str, ...] = ()
