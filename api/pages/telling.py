"""The journal and the notices in sentences that a person reads."""

from __future__ import annotations

from collections.abc import Mapping

from states.errors import Faulty
from states.machine import state_name
from states.records.campaigns import Running
from states.records.columns import milestone_of
from states.records.lately import Happened
from states.records.settling import ACTS
from states.records.tables import Milestone

ACTORS = {"system": "系统", "simulated:liaison": "各单位", "simulated:coordinator": "协调员", "demo": "演示"}
FIRED = "fired"


def actor(name: str) -> str:
    """`cli:wang` → 命令行 wang; `key:bigscreen` → 接口 bigscreen; people by their names."""
    kind, _, who = name.partition(":")
    known = ACTORS.get(name) or {"cli": "命令行", "key": "接口", "user": ""}.get(kind)
    return name if known is None else known if name in ACTORS else f"{known} {who}".strip()


def sentence(line: Happened, campaign: Running, milestones: Mapping[int, Milestone]) -> str:
    """What happened; "" for what is not worth a line (a rung that concerned nobody)."""
    subject, _, verb = line.kind.partition(".")
    if line.kind == "rung.done":
        return _rung(line, campaign, milestones)
    if line.kind == "milestone.opened":
        return f"下达“{line.after}”，{line.payload.get('units', 0)} 个单位应办"
    if line.kind == "milestone.redated":
        return f"{_what(line.payload.get('milestone', 0), milestones)}改期" + _because(line)
    if line.kind == "campaign.launched":
        return f"启动，{line.payload.get('units', 0)} 个单位参加"
    if subject == "phase":
        return _phase(line, verb) + _because(line)
    if subject == "campaign":
        return f"专项行动进入“{_label(campaign, line.after)}”" + _because(line)
    if subject == "unit":
        return f"{_who(line)}：{_label(campaign, line.before)} → {_label(campaign, line.after)}" + _because(
            line
        )
    if line.kind == "event.recorded":
        dated = len(line.payload.get("dates", {}))
        return f"记录事项“{line.payload.get('event', '')}”，{dated} 个节点的期限随之确定" + _because(line)
    if subject == "obligation":
        return _obligation(line, verb, milestones)
    return f"{line.kind} {line.after or ''}".strip() + _because(line)


def _obligation(line: Happened, verb: str, milestones: Mapping[int, Milestone]) -> str:
    what = _what(milestone_of(line.payload.get("obligation", 0)), milestones)
    if verb == "counted":
        return f"{_who(line)}报数{what}：已办/应办 {line.after}"
    if verb == "redated":
        return f"{_who(line)}{what}改期" + _because(line)
    act = ACTS.get(verb)
    return f"{_who(line)}{act.name if act else verb}{what}" + _because(line)


def _phase(line: Happened, verb: str) -> str:
    """A phase beside the row, or one that ends at another time somewhere."""
    if verb == "window":
        return f"{_who(line)}“{line.payload.get('name', '')}”阶段另定结束时间，{line.payload['obligations']} 项改期"
    if verb == "redated":
        return f"“{line.payload['name']}”阶段改期"
    return f"“{line.after or line.before}”阶段{'开始' if verb == 'opened' else '不再举行'}"


def _rung(line: Happened, campaign: Running, milestones: Mapping[int, Milestone]) -> str:
    units, milestone = line.payload.get("units", 0), milestones.get(line.payload.get("milestone", 0))
    if not units or line.after != FIRED:
        return ""
    if milestone is None:
        return f"通知阶段开始，{units} 个单位"
    ladder, place = campaign.ladder(milestone), line.payload["rung"]
    name = ladder.rungs[place - 1].name if ladder and place <= len(ladder.rungs) else f"第 {place} 级"
    return f"“{milestone.name}”{name}，{units} 个单位"


def _what(key: int, milestones: Mapping[int, Milestone]) -> str:
    return f"“{milestones[key].name}”" if key in milestones else ""


def _who(line: Happened) -> str:
    return line.unit or f"{line.units} 个单位"


def _label(campaign: Running, state: str | None) -> str:
    try:
        return state_name(campaign.machines, state or "").label
    except Faulty:
        return state or ""


def _because(line: Happened) -> str:
    return f"（{line.reason}）" if line.reason else ""
