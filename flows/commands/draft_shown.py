"""A draft of a campaign, as data for programs and as tables for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from flows.commands import shown

if TYPE_CHECKING:
    from states.phasing import PlannedPhase
    from states.plan import PlannedMilestone
    from states.records.launch import Draft

OPENS = {"on_date": "按日期", "after_previous": "接上一阶段", "by_hand": "人工开启"}


def data(draft: Draft, kinds: Mapping[str, int]) -> dict[str, Any]:
    """What a launch would make, for programs."""
    zone = ZoneInfo(draft.template.timezone)
    return {
        "template": draft.template.key,
        "version": draft.template.version,
        "title": draft.template.title,
        "owner": {"code": draft.owner.code, "name": draft.owner.name},
        "participants": {"total": draft.participants, "kinds": dict(kinds)},
        "phases": [_phase_data(one, zone) for one in draft.plan.phases],
        "milestones": [_milestone_data(one, zone) for one in draft.plan.milestones],
        "blanks": [{"place": one.place, "name": one.name, "words": one.words} for one in draft.plan.blanks],
        "warnings": list(draft.warnings),
        "refusals": list(draft.refusals),
        "places": list(draft.places),
    }


def _phase_data(one: PlannedPhase, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "key": one.key,
        "name": one.name,
        "opens": str(one.opens),
        "opens_at": shown.iso(one.opens_at, zone),
        "closes_at": shown.iso(one.closes_at, zone),
        "provisional": one.provisional,
    }


def _milestone_data(one: PlannedMilestone, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "requirement": one.requirement,
        "period": one.period,
        "name": one.name,
        "kind": str(one.kind),
        "phase": one.phase,
        "opens_at": shown.iso(one.opens_at, zone),
        "due_at": shown.iso(one.due_at, zone),
        "words": one.words,
        "filled": one.filled or None,
        "provisional": one.provisional,
        "soft": one.soft,
        "standing": one.standing,
        "event": one.event,
    }


def show(draft: Draft, kinds: Mapping[str, int]) -> None:
    """The dates of a draft, what is blank, what to mind, who takes part."""
    zone = ZoneInfo(draft.template.timezone)
    shown.say(f"{draft.template.title}（{draft.template.key} 第 {draft.template.version} 版）")
    shown.say(f"牵头：{draft.owner.name}；参加：{draft.participants} 个单位（{_by_kind(kinds)}）")
    shown.table(
        ("阶段", "开始", "结束", "开启", ""), [_phase_row(one, zone) for one in draft.plan.phases], "阶段"
    )
    shown.table(
        ("期限", "事项", "方案原文", "协调员填写", ""),
        [_milestone_row(one, zone) for one in _by_date(draft.plan.milestones)],
        f"节点（{len(draft.plan.milestones)} 个）",
    )
    shown.table(
        ("须填写", "位置", "方案原文"),
        [(one.name, one.place, one.words) for one in draft.plan.blanks],
        "空缺",
    )
    shown.say(*(f"提示：{warning}" for warning in draft.warnings))


def _by_kind(kinds: Mapping[str, int]) -> str:
    from states.kinds import KINDS

    return "、".join(f"{KINDS.get(kind, kind)} {number}" for kind, number in kinds.items()) or "没有单位"


def _phase_row(one: PlannedPhase, zone: ZoneInfo) -> tuple[str, ...]:
    first, last = shown.day_words(one.opens_at, zone), shown.day_words(one.closes_at, zone)
    return one.name, first, last, OPENS[one.opens], shown.PROVISIONAL if one.provisional else ""


def _milestone_row(one: PlannedMilestone, zone: ZoneInfo) -> tuple[str, ...]:
    marks = [
        shown.PROVISIONAL if one.provisional else "",
        "大致" if one.soft else "",
        "长期坚持" if one.standing else "",
        f"待“{one.event}”" if one.event and one.due_at is None else "",
    ]
    due = shown.day_words(one.due_at, zone)
    return due, one.name, one.words, one.filled, " ".join(mark for mark in marks if mark)


def _by_date(milestones: tuple[PlannedMilestone, ...]) -> list[PlannedMilestone]:
    """Dated ones in their order, the undated after them."""
    dated = [(one.due_at, place, one) for place, one in enumerate(milestones) if one.due_at]
    return [*(one for *_order, one in sorted(dated)), *(one for one in milestones if one.due_at is None)]
