"""What callers send, and the shape of a problem. What they are told is in `states.records.told`.

Unknown fields are refused: a misspelt one must not pass for a wish.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal, get_args

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

NO_ZERO = r"^[^\x00]*$"

Words = Annotated[str, Field(max_length=200, pattern=NO_ZERO)]
Reason = Annotated[str, Field(max_length=2_000, pattern=NO_ZERO, description="理由")]
Text = Annotated[str, Field(min_length=1, max_length=20_000, pattern=NO_ZERO, description="报送的文字")]
Signer = Annotated[str, Field(min_length=1, max_length=100, pattern=NO_ZERO, description="签发人")]
Seal = Annotated[
    str, Field(min_length=1, max_length=200, pattern=NO_ZERO, description="盖章情况，如 已盖单位公章")
]
Earlier = Annotated[
    tuple[Annotated[str, Field(max_length=64, pattern=NO_ZERO)], ...],
    Field(max_length=20, description="以前交过的文件：SHA-256，或 应办事项编号/第几次"),
]
Code = Annotated[str, Field(min_length=1, max_length=100, pattern=NO_ZERO)]
Codes = Annotated[tuple[Code, ...], Field(max_length=5_000)]
Some = Annotated[tuple[Words, ...], Field(max_length=100)]
Beds = Annotated[int, Field(ge=0, le=99_999)]
Version = Annotated[int, Field(ge=1, le=2**31 - 1, description="看到的版本；已被他人改动时拒绝办理")]


def _names(annotation: Any, kind: type) -> bool:
    """Whether an annotation names a type, perhaps among others."""
    return annotation is kind or any(_names(one, kind) for one in get_args(annotation))


class Sent(BaseModel):
    """Something a caller sends."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def _no_yes_for_a_number(cls, sent: Any, info: ValidationInfo) -> Any:
        """JSON's true is no 1, false no 0: a number is written as one."""
        if isinstance(sent, bool) and info.field_name is not None:
            asked = cls.model_fields[info.field_name].annotation
            if _names(asked, int) and not _names(asked, bool):
                raise PydanticCustomError("int_type", "a number")
        return sent


class Move(Sent):
    """One move of one unit."""

    move: Words = Field(examples=["submit"])
    reason: Reason | None = None
    version: Version | None = None
    outcome: Words | None = Field(default=None, description="办结时的结果；默认为方案的第一种")


class CampaignMove(Sent):
    """One move of a campaign."""

    move: Words = Field(examples=["advance"])
    reason: Reason | None = None
    version: Version | None = None


class Happening(Sent):
    """Something happened that dates count from; what counts from it takes its date."""

    event: Words = Field(examples=["收到转办"], description="事项，照方案原文")
    at: AwareDatetime | None = Field(default=None, description="何时发生（带时区）；默认现在")
    under: Code | None = Field(default=None, description="只对这个单位及其下级发生；不写则对整个行动")
    again: bool = Field(default=False, description="已记录过的，改记为另一时间")
    reason: Reason | None = None
    dry_run: bool = Field(default=False, description="只看哪些期限随之确定，不记录")


class PhaseOpen(Sent):
    """A phase beside the row to open now."""

    reason: Reason | None = None


class LocalWindow(Sent):
    """Another end of a phase for a unit and those below it. Nothing is changed unless `dry_run` is false."""

    phase: Words | None = Field(
        default=None, examples=["self-check"], description="阶段代号；方案没有阶段的不写，即整个行动"
    )
    under: Code = Field(description="这个单位及其下级")
    until: Words = Field(examples=["2026-12-15"], description="结束日期，也可写时刻：2026-12-15 12:00")
    reason: Reason
    dry_run: bool = Field(default=True, description="只试算，不办理")


class Dating(Sent):
    """Dates for what has none yet, or other ones; what follows from them moves too."""

    set: dict[Words, Words] = Field(
        examples=[{"report.due": "12月5日前"}], description="位置 → 日期，写法与启动时的 --set 相同"
    )
    reason: Reason | None = None
    dry_run: bool = Field(default=False, description="只看哪些期限随之确定，不写入")


class Which(Sent):
    """Units of a campaign; empty fields do not restrict."""

    state: Some = Field(default=(), description="状态，如 self-check（各步）或 self-check.review（只这一步）")
    behind: bool | None = None
    overdue: bool | None = None
    under: Codes = Field(default=(), description="这些单位及其下级")
    kind: Some = Field(default=(), description="单位类别，如 hospital 或 医院")
    codes: Codes = ()
    q: Words | None = Field(default=None, description="名称或代码中的文字")
    grade: Some = Field(default=(), description="等级，如 三级甲等")
    beds_from: Beds | None = Field(default=None, description="床位数不少于；没有登记床位数的单位不在其中")
    beds_to: Beds | None = Field(default=None, description="床位数不多于")
    ownership: Some = Field(default=(), description="举办性质：公立、民营")
    all: Literal[True] | None = Field(default=None, description="全部单位；不加任何条件时必须写明")


class MassMove(Sent):
    """The same move of many units. Nothing is changed unless `dry_run` is false."""

    move: Words = Field(examples=["approve"])
    filter: Which
    reason: Reason | None = None
    outcome: Words | None = None
    dry_run: bool = Field(default=True, description="只数一数，不办理")


class Tally(Sent):
    """Of so many departments or persons so many have done their part."""

    expected: Annotated[int, Field(ge=0, le=9_999_999, description="应办数")]
    done: Annotated[int, Field(ge=0, le=9_999_999, description="已办数")]
    as_of: date | None = Field(default=None, description="截至哪一天；默认今天")


class Act(Sent):
    """Something done to an obligation."""

    reason: Reason | None = None
    version: Version | None = None
    text: Text | None = Field(default=None, description="随报送一并交上的文字；只用于 submit、nil、confirm")
    signer: Signer | None = None
    seal: Seal | None = None
    earlier: Earlier = ()
    tally: Tally | None = Field(default=None, description="按科室或个人报数；用于 count，也可随 submit")
    figures: Annotated[dict[str, Any], Field(max_length=200)] | None = Field(
        default=None,
        description="随报送一并填报表（整张）：字段代号 → 内容，或 {value, as_of}；只用于 submit",
    )


class Units(Sent):
    """Which units take part; empty fields do not restrict."""

    codes: Codes = ()
    under: Codes = ()
    kinds: Some = ()
    levels: Some = ()


class Launch(Sent):
    """A campaign to start, from a shipped template or from the text of one."""

    template: Words | None = Field(default=None, examples=["standard-four-phase"])
    text: Annotated[str, Field(max_length=500_000, pattern=NO_ZERO)] | None = Field(
        default=None, description="模板全文（YAML），代替 template"
    )
    start: Annotated[date, Field(ge=date(2000, 1, 1), le=date(2199, 12, 31))]
    fills: dict[Words, Words] = Field(
        default={},
        alias="set",
        max_length=500,
        description="空白处的日期，如 {'rectify.until': '2026-12-31'}",
    )
    units: Units = Units()
    owner: Code | None = Field(default=None, description="牵头单位代码；只有一个顶级单位时可不写")
    title: Annotated[Words, Field(min_length=1, pattern=r"^[^\x00\r\n]*$")] | None = None
    past: Literal["keep"] | None = Field(default=None, description="已过的期限照旧下达")
    dry_run: bool = Field(default=False, description="只看会怎样，不启动")


class FaultShown(BaseModel):
    """One thing wrong in what was sent."""

    place: str
    line: int | None
    says: str


class Problem(BaseModel):
    """RFC 9457. `refusals`: every reason why not; `places`: where a date can be set instead; `faults`: everything wrong in what was sent."""

    type: str = Field(examples=["urn:duban:refused"])
    title: str
    status: int
    detail: str
    refusals: list[str] | None = None
    places: list[str] | None = None
    faults: list[FaultShown] | None = None
    request_id: str | None = None


Additions = Annotated[str, Field(max_length=500_000, pattern=NO_ZERO, description="增加的部分（YAML）")]
Leads = Annotated[
    dict[Words, Words],
    Field(max_length=500, description="某项（或 某项@期）比上级提前多少，如 {'weekly': '1wd'}"),
]
Dates = Annotated[dict[Words, Words], Field(alias="set", max_length=500)]


class Adopt(Sent):
    """A campaign of a lower level that carries out this one. Nothing is started unless `dry_run` is false."""

    owner: Code = Field(description="承接的单位代码，须在上级牵头单位之下")
    additions: Additions = ""
    ahead: Words = Field(default="3wd", description="各项比上级提前多少，如 3wd、7d")
    leads: Leads = {}
    fills: Dates = {}
    units: Units = Units()
    title: Annotated[Words, Field(min_length=1, pattern=r"^[^\x00\r\n]*$")] | None = None
    past: Literal["keep", "skip"] | None = Field(
        default=None, description="已过的期限：keep 照旧下达，skip 上级已过的不再下达"
    )
    dry_run: bool = True


class Decide(Sent):
    """What was decided about a new version: requirements (or 要求@期) whose dates are kept, or follow it."""

    keep: Some = ()
    recompute: Some = ()
    leads: Leads = {}
    fills: Dates = {}
    reason: Reason | None = None
    dry_run: bool = True


class Renew(Decide):
    """A new version of a running campaign's plan: a shipped template, the text of one, or, for a campaign that
    carries out one above, its additions."""

    template: Words | None = None
    text: Annotated[str, Field(max_length=500_000, pattern=NO_ZERO)] | None = None
    additions: Additions | None = None


class Decline(Sent):
    """Why a campaign below stays as it is."""

    reason: Reason
