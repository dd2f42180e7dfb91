"""What a plan says, as frozen data: phases, requirements, ladders, ledger preset, each with its source.

A template is written by a person in YAML (`load` lists all faults at once, see `states.reading`); dates stay
in the plan's own words (`8月底前并长期坚持`, `20__年__月__日前`) and are resolved by `states.plan` at launch.
A blank stays a blank.
The parts by subject: `template_words`, `template_owed`, `template_ledger`; all names can be had from here.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from states.extensions import Extensions
from states.frozen import Frozen, Key, Name, Source, Words
from states.shares import Coverage, Sampling
from states.template_ledger import IssueType, LedgerPreset, LedgerRow, Step
from states.template_owed import (
    Cadence,
    CheckItem,
    Kind,
    Ladder,
    Per,
    Requirement,
    Rung,
)
from states.template_words import Document, Lead, Role, Scope, Shift

__all__ = [
    "ONE_PHASE_KEY",
    "ONE_PHASE_NAME",
    "Cadence",
    "CheckItem",
    "Conflict",
    "Coverage",
    "Document",
    "Extensions",
    "Frozen",
    "IssueType",
    "Key",
    "Kind",
    "Ladder",
    "Lead",
    "LedgerPreset",
    "LedgerRow",
    "LetterType",
    "Link",
    "Name",
    "Opens",
    "Per",
    "Phase",
    "Requirement",
    "Role",
    "Rung",
    "Sampling",
    "Scope",
    "Shift",
    "Source",
    "Step",
    "Template",
    "Words",
    "Workstream",
    "answering",
    "stream_key",
]

ONE_PHASE_KEY, ONE_PHASE_NAME = "run", "进行"  # of a plan without phases


class Opens(StrEnum):
    """How a phase begins."""

    on_date = "on_date"
    after_previous = "after_previous"
    by_hand = "by_hand"


class Phase(Frozen):
    """A window of the campaign with its own requirements. `window` or `from`/`until`, in the plan's words.

    `parallel` phases stand beside the row of the others: units don't wait for them. `every` makes one come again and
    again inside the campaign (or inside its window).
    """

    key: Key
    name: Name
    opens: Opens = Opens.on_date
    window: Words | None = None
    from_: Words | None = Field(default=None, alias="from")
    until: Words | None = None
    review: bool = False
    announce: tuple[Role, ...] = ()
    tasks: tuple[str, ...] = ()
    parallel: bool = Field(default=False, description="与其他阶段并行，不占先后次序")
    every: Words | None = Field(
        default=None, description="周期性开展的阶段，如 每季度；须同时写 parallel: true"
    )
    scope: Scope = Field(default=Scope(), description="由哪些单位（层级、类别）办理；不写则全体")
    by: Name | None = Field(default=None, description="由谁组织，照方案原文，如 省级、县级、领导小组办公室")
    source: Source | None = None


class Workstream(Frozen):
    """One of several parallel subjects with its lead department.

    With `due` it is itself owed, by its lead departments (by the responsible ones where none leads); with `owed` also
    where the plan gives no date.
    """

    key: Key
    name: Name
    lead: tuple[str, ...] = ()
    responsible: tuple[str, ...] = ()
    leaders: tuple[str, ...] = Field(default=(), description="责任领导的职务（不写姓名）")
    tasks: tuple[str, ...] = ()
    target: str | None = Field(default=None, description="目标，照方案原文")
    scope: Scope = Scope()
    ladder: Key | None = None
    due: Words | None = None
    owed: bool = Field(default=False, description="没有写期限的也下达给牵头科室（没有牵头的，责任单位）")
    source: Source | None = None

    @property
    def charged(self) -> bool:
        """Whether somebody answers for the workstream as a whole."""
        return self.due is not None or self.owed


def answering(stream: Workstream) -> tuple[str, ...]:
    """The departments that answer for a workstream itself."""
    return stream.lead or stream.responsible


def stream_key(stream: Workstream) -> str:
    """The key of what is owed when the workstream itself is."""
    return f"workstream-{stream.key}"


class LetterType(Frozen):
    """A formal paper in the plan's own words: reproof, praise, or advice of another authority.

    A rung names one by its key or its name.
    """

    name: Name
    key: Key | None = None
    number: Annotated[
        str, Field(max_length=60, pattern=r"^[^{}\r\n]*(\{year\}[^{}\r\n]*)?\{n\}[^{}\r\n]*$")
    ] = Field(
        default="〔{year}〕{n}号", description="文号，{year} 年份、{n} 当年的顺序号，如 示卫督〔{year}〕{n}号"
    )
    colour: Literal["blue", "yellow", "red"] | None = Field(
        default=None, description="督办等级的颜色：blue 蓝、yellow 黄、red 红"
    )
    use: str | None = Field(default=None, description="何时使用，照方案原文")
    source: Source | None = None


class Link(Frozen):
    """Another campaign that this one goes with."""

    name: Name
    how: str | None = Field(default=None, description="如何联系，照方案原文，如 同步开展、随周报上报")
    source: Source | None = None


class Conflict(Frozen):
    """Where the plan contradicts itself: kept as written, shown to whoever starts a campaign."""

    about: str = Field(description="模板中的位置，如 ledger-4.due")
    says: str
    sources: tuple[Source, ...] = Field(min_length=1)


class Template(Frozen):
    """One version of one plan."""

    key: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]*$", max_length=60)]
    version: Annotated[int, Field(ge=1)]
    title: Name
    summary: str | None = None
    timezone: str = "Asia/Shanghai"
    documents: dict[str, Document] = Field(default={})
    announce: tuple[Role, ...] = Field(default=(), description="没有阶段的行动，开始时下发给谁")
    begins: Words | None = Field(default=None, description="行动开始，方案原文")
    ends: Words | None = Field(default=None, description="行动结束，方案原文")
    same: tuple[tuple[str, ...], ...] = Field(
        default=(), description="方案只印一处、用在几处的空白：各处一组，启动时只问一次"
    )
    phases: tuple[Phase, ...] = ()
    workstreams: tuple[Workstream, ...] = ()
    requirements: tuple[Requirement, ...] = ()
    ladders: dict[Key, Ladder] = Field(default={})
    ladder: Key | None = None
    ahead: dict[str, Lead] = Field(
        default={},
        description="要求（或 要求@期、ledger-号、workstream-键）比所写期限提前多少；下级承接上级方案时写入",
    )
    extensions: Extensions | None = Field(
        default=None, description="延期规定；不写则到期前都可申请，次数和时间不限"
    )
    letters: tuple[LetterType, ...] = ()
    coverage: tuple[Coverage, ...] = ()
    sampling: tuple[Sampling, ...] = ()
    ledger: LedgerPreset | None = None
    outcomes: tuple[str, ...] = ("办结",)
    links: tuple[Link, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    notes: tuple[str, ...] = ()
    source: Source | None = None

    def __hash__(self) -> int:
        return hash((self.key, self.version))

    def letter(self, named: str) -> LetterType:
        """The kind of letter that a rung names by key or name; one of that name where the plan lists none."""
        found = (one for one in self.letters if named in (one.key, one.name))
        return next(found, None) or LetterType(name=named)

    def begun(self, base: str) -> Phase:
        """The phase of that key; of a plan without phases the one that stands for the whole."""
        whole = Phase(key=ONE_PHASE_KEY, name=ONE_PHASE_NAME, announce=self.announce)
        return next((phase for phase in self.phases if phase.key == base), whole)

    @property
    def whole(self) -> str | None:
        """The key of the phase that stands for the whole, where no phases follow each other."""
        return None if self.main_phases else ONE_PHASE_KEY

    @property
    def main_phases(self) -> tuple[Phase, ...]:
        """The phases that follow each other; the others stand beside them."""
        return tuple(phase for phase in self.phases if not phase.parallel)
