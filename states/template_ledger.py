"""The ledger that comes with a plan: its columns, its classes of problems with dates of their own, its rows."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from states.frozen import Frozen, Key, Name, Source, Words


class Step(Frozen):
    """One of several dates that an issue of a type has."""

    key: Key
    name: Name
    due: Words
    source: Source | None = None


class IssueType(Frozen):
    """A class of problems with deadlines of its own, such as a measure within ten days and the cure within sixty."""

    key: Key
    name: Name
    steps: tuple[Step, ...] = Field(min_length=1)
    ladder: Key | None = None
    source: Source | None = None


class LedgerRow(Frozen):
    """One problem of the preset ledger: problem, measures, departments, deadline in the plan's words.

    A row of a `type` without a `due` of its own has the dates of its type.
    """

    no: int
    project: str
    problem: str
    measures: tuple[str, ...]
    departments: tuple[str, ...]
    leaders: tuple[str, ...] = Field(default=(), description="责任领导的职务（不写姓名）")
    more: dict[Name, str] = Field(
        default={}, description="方案另设的各栏（columns 里系统没有的栏目，如 备注）写了什么：栏目 → 文字"
    )
    due: Words | None = None
    type: Key | None = None
    source: Source | None = None


class LedgerPreset(Frozen):
    """Columns of the ledger and the rows that come with the plan."""

    columns: tuple[str, ...]
    ladder: Key | None = None
    checks: Literal[1, 2] = Field(default=1, description="销号前核查几级：1 一级；2 先县级核查，再市级销号")
    self_check: Key | None = Field(default=None, description="自查期是哪个阶段；自查发现并在其中报告的从宽")
    types: tuple[IssueType, ...] = ()
    rows: tuple[LedgerRow, ...] = ()
    source: Source | None = None

    def type_of(self, row: LedgerRow) -> IssueType | None:
        """The class of problems a row belongs to."""
        return next((one for one in self.types if one.key == row.type), None)
