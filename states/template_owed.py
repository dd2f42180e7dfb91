"""What a template asks for, and what follows when it is late: requirements, ladders."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from states.evidence import NOTHING_ASKED, Evidence
from states.extensions import Extensions
from states.forms import Form
from states.frozen import Frozen, Key, Name, Source, Words
from states.template_words import Role, Scope, Shift


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
    evidence: Evidence = Field(default=NOTHING_ASKED, description="报送时须附什么；不写则不限")
    to: str | None = None
    copies: tuple[str, ...] = ()
    per: Per | None = Field(default=None, description="由单位内各科室或每个人分别办理，单位报数")
    minimum: Annotated[int, Field(ge=1)] | None = Field(default=None, description="每期不少于几次（件）")
    checklist: tuple[CheckItem, ...] = ()
    form: Form | None = Field(default=None, description="报表要填的各项；不写则不限形式")
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
