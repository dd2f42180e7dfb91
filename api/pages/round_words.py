"""What the rounds, and the other parts that run by themselves, are called where people look at them."""

from __future__ import annotations

import re

from states.records.board import DEMO_STEP
from states.records.health import ROUND

ROUNDS = {
    "open_due": ("开启", "到时间的阶段和事项下达给各单位"),
    "remind": ("提醒", "期限以前的提醒"),
    "escalate": ("催办", "期限以后的催办和升级"),
    "deliver": ("发邮件", "把通知合成邮件发出"),
    "webhooks": ("推送", "把变化告诉其他系统"),
    "seal": ("封存", "封存办理记录，每天签名一次"),
    "watchdog": ("巡查", "看应该发生的是否都已发生"),
}
OTHERS = {"prefect": "Prefect", "backup": "备份", DEMO_STEP: "演示"}
NAMED = re.compile(rf"^(?:轮次 )?({'|'.join(ROUNDS)})\b")


def called(name: str) -> str:
    """A part by the name under which it speaks."""
    job = name.removeprefix(ROUND)
    return ROUNDS[job][0] if job in ROUNDS else OTHERS.get(name, name)


def plainly(problems: list[str]) -> list[str]:
    """What `/readyz` says, with the rounds called as they are here."""
    named = {job: name for job, (name, _does) in ROUNDS.items()}
    return [NAMED.sub(lambda found: f"轮次“{named[found[1]]}”", says) for says in problems]
