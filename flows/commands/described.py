"""The figures of a campaign, as data for programs and as tables for people."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from flows.commands import shown

if TYPE_CHECKING:
    from states.progress import Beside, Tally
    from states.records.board import Lagging, Listed
    from states.records.campaigns import Running
    from states.records.told.levels import ChildTold


def tally_data(campaign: Running, found: Tally, now: datetime) -> dict[str, Any]:
    """The figures of a campaign, for programs; the sub-totals of `states` add up to `units`."""
    from states.records.reading_campaigns import beside, reporting, stage

    return {
        "campaign": {
            "id": campaign.id,
            "title": campaign.row.title,
            "template": campaign.row.template_key,
            "state": stage(campaign.machines, campaign.row.state),
        },
        "as_of": shown.iso(now, campaign.zone),
        "units": found.units,
        "states": [{**stage(campaign.machines, key), "units": number} for key, number in found.by_state],
        "outcomes": [{"outcome": name, "units": number} for name, number in found.by_outcome],
        "beside": [beside(one, campaign.zone) for one in found.beside],
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
    from states.records.reading_campaigns import stage

    return {
        "code": one.code,
        "name": one.name,
        "state": stage(campaign.machines, one.state),
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
