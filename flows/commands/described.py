"""A draft of a campaign and its figures, as data for programs and as tables for people."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from flows.commands import shown

if TYPE_CHECKING:
    from states.machine import Machines
    from states.phasing import PlannedPhase
    from states.plan import PlannedMilestone
    from states.progress import Beside, Tally
    from states.records.board import Lagging, Listed
    from states.records.campaigns import Running
    from states.records.launch import Draft
    from states.records.told.levels import ChildTold

OPENS = {"on_date": "按日期", "after_previous": "接上一阶段", "by_hand": "人工开启"}


def draft_data(draft: Draft, kinds: Mapping[str, int]) -> dict[str, Any]:
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


def show_draft(draft: Draft, kinds: Mapping[str, int]) -> None:
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


def state_data(machines: Machines, state: str) -> dict[str, Any]:
    from states.machine import state_name

    name = state_name(machines, state)
    return {"key": name.key, "name": name.name, "stage": name.stage}


def tally_data(campaign: Running, found: Tally, now: datetime) -> dict[str, Any]:
    """The figures of a campaign, for programs; the sub-totals of `states` add up to `units`."""
    from states.records.reading_campaigns import reporting

    return {
        "campaign": {
            "id": campaign.id,
            "title": campaign.row.title,
            "template": campaign.row.template_key,
            "state": state_data(campaign.machines, campaign.row.state),
        },
        "as_of": shown.iso(now, campaign.zone),
        "units": found.units,
        "states": [{**state_data(campaign.machines, key), "units": number} for key, number in found.by_state],
        "outcomes": [{"outcome": name, "units": number} for name, number in found.by_outcome],
        "beside": [_beside_data(one, campaign.zone) for one in found.beside],
        "behind": found.behind,
        "open": found.open,
        "overdue": found.overdue,
        "submitted": found.submitted,
        "settled": found.settled,
        "reporting": reporting(found.reporting),
        "ledger": {
            "closed": found.ledger_closed,
            "total": found.ledger_total,
            "standing": found.ledger_standing,
            "reviewed": found.ledger_reviewed,
            "rate": found.closing_rate,
        },
        "coverage": [{**vars(one), "percent": one.percent, "met": one.met} for one in found.coverage],
        "counted": [vars(one) for one in found.counted],
        "proposals": found.proposals,
        "vacancies": found.vacancies,
    }


def _beside_data(one: Beside, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "key": one.key,
        "name": one.name,
        "period": one.period,
        "opened": one.opened,
        "opens_at": shown.iso(one.opens_at, zone),
        "closes_at": shown.iso(one.closes_at, zone),
        "open": one.open,
        "submitted": one.submitted,
        "settled": one.settled,
        "overdue": one.overdue,
    }


def _beside_row(one: Beside, zone: ZoneInfo) -> tuple[object, ...]:
    first, last = shown.day_words(one.opens_at, zone), shown.day_words(one.closes_at, zone)
    done = f"{one.owed - one.open}/{one.owed}" if one.owed else ""
    return one.name, one.key, "已开始" if one.opened else "未开始", first, last, done, one.overdue or ""


def show_tally(campaign: Running, found: Tally, now: datetime) -> None:
    from states.machine import state_name

    label = state_name(campaign.machines, campaign.row.state).label
    shown.say(
        f"{campaign.row.title}（编号 {campaign.id}）：{label}；截至 {shown.day_words(now, campaign.zone)}"
    )
    shown.table(
        ("单位状态", "单位数"),
        [(state_name(campaign.machines, key).label, number) for key, number in found.by_state]
        + [("合计", found.units)],
    )
    shown.table(
        ("并行阶段", "代号", "", "开始", "结束", "已报/应报", "逾期"),
        [_beside_row(one, campaign.zone) for one in found.beside],
    )
    shown.table(("办结结果", "单位数"), found.by_outcome if len(campaign.template.outcomes) > 1 else ())
    said = found.reporting
    shown.table(
        ("指标", "数", "说明"),
        [
            ("落后单位", found.behind, "所处阶段早于专项行动，且该阶段时间已过"),
            ("逾期事项", found.overdue, "期限已过仍未报送"),
            ("待办事项", found.open, f"已报送待审核 {found.submitted}，已办结 {found.settled}"),
            ("报送率", shown.percent(said.rate), f"应报 {said.due}：按时 {said.on_time}、逾期 {said.late}、零报告 {said.nil}{shown.late_nil(said.late_nil)}、未报 {said.missing}"),
            ("台账销号", shown.percent(found.closing_rate), _closed_of(found)),
            *((one.name, f"{one.done}/{one.expected}", f"{one.units} 个单位中 {one.told} 个已报数") for one in found.counted),
            *((one.name, f"{one.percent:g}%" if one.percent is not None else "—", f"{one.reached}/{one.total}，目标 {one.target}%{'' if one.met else '，未达到'}") for one in found.coverage),
            ("待确认", found.proposals, "约谈、通报等须有人确认"),
            ("空缺", found.vacancies, "没有人担任或邮箱退信的角色"),
        ],
    )  # fmt: skip


def show_children(found: list[ChildTold]) -> None:
    """Campaigns below, each with its own figures: they are not added to those above."""
    rows = [
        (one["campaign"]["id"], one["owner"]["name"], one["campaign"]["state"]["name"], one["units"], one["overdue"], shown.percent(one["share"]), one["waiting"] or "")
        for one in found
    ]  # fmt: skip
    shown.table(("编号", "承接单位", "阶段", "单位", "逾期", "已办结", "待决定的上级变化"), rows, "下级承接")


def lagging_data(one: Lagging, campaign: Running) -> dict[str, Any]:
    return {
        "code": one.code,
        "name": one.name,
        "state": state_data(campaign.machines, one.state),
        "behind": one.behind,
        "overdue": one.overdue,
        "since": shown.iso(one.since, campaign.zone),
    }


def show_lagging(found: list[Lagging], campaign: Running) -> None:
    rows = [
        (one.code, one.name, one.label, "落后" if one.behind else "", one.overdue, shown.day_words(one.since, campaign.zone))
        for one in found
    ]  # fmt: skip
    shown.table(
        ("代码", "单位", "状态", "", "逾期", "最早期限"), rows, f"落后或有逾期的单位（{len(rows)} 个）"
    )


def listed_data(one: Listed) -> dict[str, Any]:
    return {
        "id": one.id,
        "title": one.title,
        "template": one.template,
        "state": {"key": one.state, "label": one.label},
        "owner": one.owner,
        "units": one.units,
        "start": one.start.isoformat(),
        "ends_at": one.ends_at.isoformat() if one.ends_at else None,
    }


def _closed_of(found: Tally) -> str:
    """How many items are closed, of those that can be; and the standing ones beside them."""
    if not found.ledger_total:
        return "没有台账"
    to_close = f"{found.ledger_closed}/{found.ledger_total - found.ledger_standing}"
    if not found.ledger_standing:
        return to_close
    return f"{to_close}；长期坚持 {found.ledger_standing} 项只复查，已复查 {found.ledger_reviewed}"
