"""What a plan says, as frozen data: phases, requirements, ladders, ledger preset, each with its source.

A template is written by a person in YAML (`load` lists all faults at once, see `states.reading`); dates stay
in the plan's own words (`8月底前并长期坚持`, `20__年__月__日前`) and are resolved by `states.plan` at launch.
A blank stays a blank.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from states.extensions import Extensions
from states.frozen import Frozen, Key, Name, Source, Words

Shift = Annotated[
    str,
    Field(
        pattern=r"^[+-]\d{1,3}(wd|d|w|h|m)$",
        description="相对期限的偏移：d 日、wd 工作日、w 周、m 月、h 小时",
    ),
]
ONE_PHASE_KEY, ONE_PHASE_NAME = "run", "进行"  # of a plan without phases

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
    departments: tuple[str, ...] = ()


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

    With `due` it is itself owed, by its lead departments (by the responsible ones where none leads).
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
    source: Source | None = None


def answering(stream: Workstream) -> tuple[str, ...]:
    """The departments that answer for a workstream itself."""
    return stream.lead or stream.responsible


def stream_key(stream: Workstream) -> str:
    """The key of what is owed when the workstream itself is."""
    return f"workstream-{stream.key}"


class Kind(StrEnum):
    """What sort of thing is owed."""

    deliverable = "deliverable"
    report = "report"
    meeting = "meeting"
    checklist = "checklist"
    quota = "quota"
    ledger = "ledger"
    standing = "standing"


class Cadence(Frozen):
    """Recurrence as RFC 5545, for what the Chinese words can't say.

    `time` is the local time of day it is due (end of office hours when absent); `shift` says where a date on
    a day off goes.
    """

    rrule: str
    time: Annotated[str, Field(pattern=r"^\d{1,2}:\d{2}$")] | None = None
    shift: Literal["none", "previous", "next"] = "none"


class CheckItem(Frozen):
    """One line of a checklist, with its threshold where the plan gives one."""

    key: Key
    text: str
    threshold: str | None = None
    source: Source | None = None


class Per(StrEnum):
    """Below a unit: who each give theirs, while the unit answers for the number."""

    departments = "departments"  # 科室
    persons = "persons"  # 个人


class Requirement(Frozen):
    """Something owed: once (`due`), again and again (`every`), or undated (neither: opened by hand)."""

    key: Key
    name: Name
    kind: Kind = Kind.deliverable
    phase: Key | None = None
    workstream: Key | None = None
    opens: Words | None = None
    due: Words | None = None
    every: Words | Cadence | None = None
    first: Words | None = Field(default=None, description="首次报送的期限，与以后各次不同时")
    carried_by: str | None = Field(default=None, description="随另一专项行动的报告一并报送")
    scope: Scope = Scope()
    required: bool = True
    review: bool = Field(default=False, description="报送后须经审核才算办结")
    nil: bool = Field(default=False, description="可作零报告")
    keep_at_unit: bool = False
    to: str | None = None
    copies: tuple[str, ...] = ()
    per: Per | None = Field(default=None, description="由单位内各科室或每个人分别办理，单位报数")
    minimum: Annotated[int, Field(ge=1)] | None = Field(default=None, description="每期不少于几次（件）")
    checklist: tuple[CheckItem, ...] = ()
    ladder: Key | None = None
    extensions: Extensions | None = Field(
        default=None, description="这一项的延期规定，代替整个方案的延期规定"
    )
    source: Source | None = None


class Rung(Frozen):
    """One step of a ladder: when (relative to the due instant), what, to whom, and whether a person confirms."""

    at: Shift
    name: Name
    to: tuple[Role, ...] = Field(min_length=1)
    cc: tuple[Role, ...] = ()
    confirm: bool = False
    letter: str | None = None
    reply: Shift | None = None
    urgent: bool = False
    source: Source | None = None


class Ladder(Frozen):
    """Rungs in the order of their time."""

    rungs: tuple[Rung, ...]
    source: Source | None = None


class Coverage(Frozen):
    """A share of the units of some kinds that must be reached."""

    name: Name
    percent: Annotated[int, Field(ge=1, le=100)]
    scope: Scope = Scope()
    source: Source | None = None


class Sampling(Frozen):
    """A share or a number to be drawn at random: of what, in which units."""

    name: Name
    of: Name = Field(description="抽查对象，如 出院病人")
    percent: Annotated[int, Field(ge=1, le=100)] | None = None
    count: Annotated[int, Field(ge=1)] | None = None
    scope: Scope = Scope()
    source: Source | None = None


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


class LetterType(Frozen):
    """A formal paper in the plan's own words: reproof, praise, or advice of another authority."""

    name: Name
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

    def begun(self, base: str) -> Phase:
        """The phase of that key; of a plan without phases the one that stands for the whole."""
        whole = Phase(key=ONE_PHASE_KEY, name=ONE_PHASE_NAME, announce=self.announce)
        return next((phase for phase in self.phases if phase.key == base), whole)

    @property
    def main_phases(self) -> tuple[Phase, ...]:
        """The phases that follow each other; the others stand beside them."""
        return tuple(phase for phase in self.phases if not phase.parallel)
