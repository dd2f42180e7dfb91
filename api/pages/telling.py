"""The journal and the notices in sentences that a person reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from api.pages import plain_words
from api.pages.wording import day
from states.errors import Faulty
from states.machine import state_name
from states.records.campaigns import Running
from states.records.columns import milestone_of
from states.records.lately import Happened
from states.records.settling import ACTS
from states.records.tables import Milestone

FIRED = "fired"


def sentence(line: Happened, campaign: Running, milestones: Mapping[int, Milestone]) -> str:
    """What happened; "" for what is not worth a line (a rung that concerned nobody)."""
    if line.kind == "rung.done":
        return _rung(line, campaign, milestones)
    told = SAID.get(line.kind)
    said = told(line, campaign, milestones) if told else _plainly(line, campaign, milestones)
    return said + _because(line)


def _plainly(line: Happened, campaign: Running, milestones: Mapping[int, Milestone]) -> str:
    """In the words for its kind: who, what, and of what."""
    subject, _, verb = line.kind.partition(".")
    if subject == "obligation":
        act = ACTS.get(verb)
        what = _what(milestone_of(line.payload.get("obligation", 0)), milestones)
        return f"{_who(line)}{act.name if act else plain_words.kind(line.kind)}{what}"
    if subject == "phase":
        return f"“{line.after or line.before}”{plain_words.kind(line.kind)}"
    until = f"至{day(line.after, campaign.zone)}" if line.kind in UNTIL and line.after else ""
    return f"{_who(line)}：{plain_words.kind(line.kind)}{until}"


def _launched(line: Happened, _campaign: Running, _milestones: Mapping[int, Milestone]) -> str:
    return f"启动，{line.payload.get('units', 0)} 个单位参加"


def _entered(line: Happened, campaign: Running, _milestones: Mapping[int, Milestone]) -> str:
    return f"专项行动进入“{_label(campaign, line.after)}”"


def _opened(line: Happened, _campaign: Running, _milestones: Mapping[int, Milestone]) -> str:
    return f"下达“{line.after}”，{line.payload.get('units', 0)} 个单位应办"


def _redated(line: Happened, _campaign: Running, milestones: Mapping[int, Milestone]) -> str:
    return f"{_what(line.payload.get('milestone', 0), milestones)}改期"


def _owed_redated(line: Happened, _campaign: Running, milestones: Mapping[int, Milestone]) -> str:
    return f"{_who(line)}{_what(milestone_of(line.payload.get('obligation', 0)), milestones)}改期"


def _counted(line: Happened, _campaign: Running, milestones: Mapping[int, Milestone]) -> str:
    what = _what(milestone_of(line.payload.get("obligation", 0)), milestones)
    return f"{_who(line)}报数{what}：已办/应办 {line.after}"


def _moved(line: Happened, campaign: Running, _milestones: Mapping[int, Milestone]) -> str:
    return f"{_who(line)}：{_label(campaign, line.before)} → {_label(campaign, line.after)}"


def _happened(line: Happened, _campaign: Running, _milestones: Mapping[int, Milestone]) -> str:
    dated = len(line.payload.get("dates", {}))
    return f"记录事项“{line.payload.get('event', '')}”，{dated} 个节点的期限随之确定"


def _window(line: Happened, _campaign: Running, _milestones: Mapping[int, Milestone]) -> str:
    """A phase that ends at another time somewhere."""
    name, number = line.payload.get("name", ""), line.payload.get("obligations", 0)
    return f"{_who(line)}“{name}”阶段另定结束时间，{number} 项改期"


def _phase_redated(line: Happened, _campaign: Running, _milestones: Mapping[int, Milestone]) -> str:
    return f"“{line.payload['name']}”阶段改期"


SAID: Mapping[str, Callable[[Happened, Running, Mapping[int, Milestone]], str]] = {
    "campaign.launched": _launched,
    "campaign.moved": _entered,
    "milestone.opened": _opened,
    "milestone.redated": _redated,
    "obligation.redated": _owed_redated,
    "obligation.counted": _counted,
    "unit.moved": _moved,
    "event.recorded": _happened,
    "phase.window": _window,
    "phase.redated": _phase_redated,
}
UNTIL = ("extension.asked", "extension.granted", "campaign.extended")  # what they say is a date


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
    if line.more:
        return f"至少 {line.units} 个单位"
    return line.unit or (f"{line.units} 个单位" if line.units else "本行动")


def _label(campaign: Running, state: str | None) -> str:
    try:
        return state_name(campaign.machines, state or "").label
    except Faulty:
        return state or ""


def _because(line: Happened) -> str:
    return f"（{line.reason}）" if line.reason else ""
