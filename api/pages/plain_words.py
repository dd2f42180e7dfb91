"""What lines of the journal without a sentence of their own are called: never by their keys."""

from __future__ import annotations

from collections.abc import Mapping

from states import clue
from states.records.ledger_moving import kind_name
from states.records.published import SUBJECTS

KINDS: Mapping[str, str] = {
    "campaign.extended": "专项行动延长",
    "campaign.adopted": "下级承接本方案",
    "campaign.renewed": "换用新版方案",
    "campaign.explained": "补写说明",
    "campaign.dated": "定下待定的日期",
    "phase.opened": "阶段开始",
    "phase.added": "阶段加入",
    "phase.changed": "阶段变动",
    "phase.dropped": "阶段不再举行",
    "phase.withdrawn": "阶段撤销",
    "level.proposed": "上级提出改动",
    "level.accepted": "接受上级的改动",
    "level.declined": "不接受上级的改动",
    "sampling.drawn": "抽取检查对象",
    "units.imported": "导入单位表",
    "unit.reached": "已被检查覆盖",
    "unit.unreached": "撤回检查覆盖",
    "obligation.handed": "交来材料",
    "obligation.filled": "填表",
    "obligation.links_stopped": "停用邮件里的链接",
    "milestone.dropped": "一项要求不再下达",
    "milestone.withdrawn": "撤销一项要求",
    "milestone.skipped": "跳过一期",
    "milestone.reworded": "要求换了写法",
    "milestone.rescoped": "要求换了范围",
    "milestone.held": "要求的期限待定",
    "milestone.added": "增加一项要求",
    "extension.asked": "申请延期",
    "extension.granted": "同意延期",
    "extension.refused": "不同意延期",
    "extension.withdrawn": "撤回延期申请",
    "proposal.confirmed": "确认措施",
    "proposal.declined": "不采取措施",
    "letter.made": "制成文书",
    "letter.handed": "送出文书",
    "letter.received": "签收文书",
    "letter.form": "更换文书样式",
    "clue.registered": "登记线索",
    "clue.named": "查看举报人",
    "clue.informant_seen": "查看举报人",
    "quota.done": "登记一次",
    "quota.undone": "撤回一次登记",
    "silence.imposed": "开始静默",
    "silence.ended": "结束静默",
    "silence.flushed": "补发静默期间的邮件",
    "clock.credited": "因系统中断补计时间",
    "rungs.retimed": "提醒和升级重新排期",
    "report.kept": "留存报告",
    "mail.again": "重发邮件",
    "mail.put_off": "邮件推迟",
}


def kind(key: str) -> str:
    """What happened, in words: of the very kind, or else what such things are about."""
    subject, _, verb = key.partition(".")
    if subject == "ledger":
        return f"台账{kind_name(key)}" if kind_name(key) != key else SUBJECTS["ledger"].partition("：")[0]
    if subject == "clue" and verb in clue.MOVES:
        return f"线索{clue.MOVES[verb]}"
    return KINDS.get(key) or SUBJECTS.get(subject, "其他").partition("：")[0]
