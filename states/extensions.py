"""What a plan says of extensions: until when one may be asked for, how often, how long in all, decided within what."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from states.frozen import Frozen, Source, Words

DECIDED_WITHIN = 3  # working days, where the plan says nothing

Amount = Annotated[str, Field(pattern=r"^\d{1,3}(wd|d|w)$")]


class Extensions(Frozen):
    """The rules of a plan (or of one requirement) for a later date."""

    before: Words | None = Field(
        default=None, description="最迟何时申请，照方案原文，如 届满前20个工作日；不写则到期前都可以"
    )
    limit: Annotated[int, Field(ge=1)] | None = Field(default=None, description="一个单位的一项最多延期几次")
    total: Amount | None = Field(
        default=None, description="一个单位的一项累计最多延期多久，如 30d、20wd（d 日、wd 工作日、w 周）"
    )
    decide: Annotated[int, Field(ge=1, le=99)] = Field(
        default=DECIDED_WITHIN, description="申请后几个工作日内决定；逾期提醒协调员"
    )
    source: Source | None = None
