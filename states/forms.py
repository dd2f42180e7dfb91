"""The form of a report: its fields with their types, and parts that must add up to a total. What the plan asks for.

Unknown figures stay blank; only a `required` field must be there when the report is handed in.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from states.frozen import Frozen, Key, Name, Source


class FieldType(StrEnum):
    """What can be written in a field."""

    integer = "integer"
    decimal = "decimal"
    text = "text"
    choice = "choice"
    date = "date"


NUMBERS = (FieldType.integer, FieldType.decimal)


class FormField(Frozen):
    """One figure, or one text, of a report."""

    key: Key
    name: Name
    type: FieldType = Field(
        default=FieldType.integer, description="integer 整数、decimal 小数、text 文字、choice 选项、date 日期"
    )
    unit: Annotated[str, Field(max_length=20)] = Field(default="", description="计量单位，如 条、万元")
    required: bool = Field(default=False, description="报送时必填；不写则可以留空（不知道的留空，不填 0）")
    minimum: float | None = Field(default=None, description="不小于")
    maximum: float | None = Field(default=None, description="不大于")
    places: Annotated[int, Field(ge=1, le=6)] | None = Field(
        default=None, description="最多几位小数，默认 2；只用于 decimal"
    )
    choices: tuple[Name, ...] = Field(default=(), description="可选的内容；只用于 choice")
    as_of: bool = Field(default=False, description="填报表中为这一项单列截至日期")
    note: str | None = Field(default=None, description="填写说明")
    source: Source | None = None

    @property
    def number(self) -> bool:
        return self.type in NUMBERS

    @property
    def title(self) -> str:
        """As a column is headed: 收缴金额（万元）."""
        return f"{self.name}（{self.unit}）" if self.unit else self.name


class Split(Frozen):
    """Parts that add up to a total."""

    total: Key = Field(description="合计是哪一项（字段的代号）")
    parts: tuple[Key, ...] = Field(min_length=2, description="各分项（字段的代号），相加应等于合计")


class Form(Frozen):
    """All fields of a report, in the order in which they are asked for."""

    fields: tuple[FormField, ...] = Field(min_length=1, description="要填的各项，按顺序")
    splits: tuple[Split, ...] = Field(default=(), description="哪些分项相加应等于哪个合计")
    note: str | None = Field(default=None, description="整张表的填写说明")
    source: Source | None = None

    def field(self, key: str) -> FormField | None:
        return next((one for one in self.fields if one.key == key), None)
