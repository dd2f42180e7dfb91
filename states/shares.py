"""Shares that a plan asks for: so many percent of the units reached, so many drawn at random."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from states.frozen import Frozen, Name, Source, Words
from states.template_words import Scope


class Coverage(Frozen):
    """A share of the units of some kinds that must be reached."""

    name: Name
    percent: Annotated[int, Field(ge=1, le=100)]
    by: Literal["reached", "closed"] = Field(
        default="reached", description="怎样算覆盖：reached 登记为已检查（走到）、closed 单位已办结"
    )
    every: Words | None = Field(default=None, description="按期重新计算，如 每季度；只算本期登记的")
    scope: Scope = Scope()
    source: Source | None = None


class Sampling(Frozen):
    """A share or a number to be drawn at random: of what, in which units."""

    name: Name
    of: Name = Field(description="抽查对象，如 出院病人")
    percent: Annotated[int, Field(ge=1, le=100)] | None = None
    count: Annotated[int, Field(ge=1)] | None = None
    listed: bool = Field(default=False, description="从另行提供的编号清单中抽；不写则从范围内的参加单位中抽")
    scope: Scope = Scope()
    source: Source | None = None
