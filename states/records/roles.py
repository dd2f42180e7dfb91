"""What each role may do: the one table. Where (campaign, subtree) is the grant's affair."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Act(StrEnum):
    """A kind of thing to do, as large as somebody is trusted with it."""

    see = "see"  # read what lies in one's subtree and campaigns
    report = "report"  # hand in, answer, ask for time: what a unit does
    judge = "judge"  # accept, return, move, silence, decide: about the work of units
    confirm = "confirm"  # decide on rungs that have consequences
    run = "run"  # launch, date, renew, draw: what concerns a campaign
    informants = "informants"  # see who gave a clue
    administer = "administer"  # accounts and grants
    oneself = "oneself"  # one's own session and password


class Role(StrEnum):
    """Roles of people; the last two are keys of other systems."""

    coordinator = "coordinator"
    liaison = "liaison"
    leader = "leader"
    auditor = "auditor"
    administrator = "administrator"
    writer = "writer"
    reader = "reader"


PEOPLE = (Role.coordinator, Role.liaison, Role.leader, Role.auditor, Role.administrator)
WORDS: Mapping[Role, str] = {
    Role.coordinator: "协调员",
    Role.liaison: "联络员",
    Role.leader: "领导",
    Role.auditor: "审计员",
    Role.administrator: "管理员",
    Role.writer: "可以办理的密钥",
    Role.reader: "只能查询的密钥",
}
ACT_WORDS: Mapping[Act, str] = {
    Act.see: "查看",
    Act.report: "报送",
    Act.judge: "审核和推动",
    Act.confirm: "确认或驳回升级措施",
    Act.run: "组织专项行动",
    Act.informants: "查看举报人",
    Act.administer: "管理账号",
    Act.oneself: "管理自己的登录",
}
_ALWAYS = frozenset({Act.see, Act.oneself})
MAY: Mapping[Role, frozenset[Act]] = {
    Role.coordinator: _ALWAYS | {Act.report, Act.judge, Act.confirm, Act.run},
    Role.liaison: _ALWAYS | {Act.report},
    Role.leader: _ALWAYS | {Act.confirm},
    Role.auditor: _ALWAYS,
    Role.administrator: _ALWAYS | {Act.administer},
    Role.writer: _ALWAYS | {Act.report, Act.judge, Act.confirm, Act.run},
    Role.reader: _ALWAYS,
}
WRITING = frozenset(Act) - {Act.see, Act.oneself, Act.informants}
MAY_SEE_INFORMANTS = frozenset(
    {Role.coordinator, Role.auditor, Role.writer, Role.reader}
)  # where the grant says so


def writes(role: Role) -> bool:
    """Whether the role changes anything at all."""
    return bool(MAY[role] & WRITING)
