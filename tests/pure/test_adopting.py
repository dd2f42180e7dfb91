"""A lower level's plan: everything from above is in it, no date is later, and additions only add."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from in_china import at
from states.adopting import Above, Terms, derive, inherited, plain, text_of
from states.errors import Faulty
from states.plan import Plan, plan
from states.reading import load, shipped
from states.template import Template
from states.workdays import Workdays, published

ZONE = ZoneInfo("Asia/Shanghai")
CALENDAR = Workdays.of(*published())
START = date(2026, 3, 2)
TEXT = """
key: sample
version: 4
title: 示例专项行动
phases:
  - {key: check, name: 自查自纠, window: 为期2周, tasks: [逐项自查]}
  - {key: mend, name: 集中整治, opens: after_previous, window: 为期4周}
  - {key: sum, name: 总结提升, opens: by_hand, window: 为期2周}
requirements:
  - {key: report, name: 自查报告, phase: check, due: 启动后10日内, checklist: [{key: a, text: 逐条对照}]}
  - {key: rule, name: 制度, phase: mend, due: 原则上3月底前并长期坚持}
  - {key: weekly, name: 周报, phase: mend, kind: report, every: 每周五}
  - {key: blank, name: 方案, due: __月__日前}
  - {key: someday, name: 会议, due: 适时}
  - {key: summary, name: 总结, phase: sum, due: 阶段开始后10日内}
ladder: main
ladders:
  main:
    rungs:
      - {at: -3d, name: 提醒, to: [liaison]}
      - {at: +3wd, name: 督促, to: [principal]}
ledger:
  columns: [问题]
  rows:
    - {no: 1, project: 示例, problem: 不公示, measures: [公示], departments: [办公室], due: 4月}
"""
FILLS = {"blank.due": "2026-03-20"}


def above(text: str = TEXT, fills: Mapping[str, str] = FILLS, opened: frozenset[str] = frozenset()) -> Above:
    template = load(text)
    planned = plan(template, START, fills, CALENDAR)
    return Above(
        template,
        fills,
        at("2026-03-02"),
        planned.ends_at,
        {one.key: (one.opens_at, one.closes_at) for one in planned.phases},
        opened,
        {(one.requirement, one.period): (one.opens_at, one.due_at) for one in planned.milestones},
    )


def derived(terms: Terms = Terms(), over: Above | None = None) -> Template:  # noqa: B008
    return load(derive(over or above(), terms, 5))


def dated(template: Template, start: date = date(2026, 3, 4)) -> Plan:
    return plan(template, start, {}, CALENDAR)


def dues(found: Plan) -> dict[str, str]:
    return {
        f"{one.requirement}@{one.period}".rstrip("@"): f"{one.due_at.astimezone(ZONE):%m-%d %H:%M}"
        for one in found.milestones
        if one.due_at is not None
    }


def faults(terms: Terms, over: Above | None = None) -> list[str]:
    with pytest.raises(Faulty) as caught:
        derive(over or above(), terms, 5)
    return [str(fault) for fault in caught.value.faults]


@pytest.mark.parametrize("key", sorted(shipped()))
def test_a_plan_written_out_reads_back_as_itself(key: str) -> None:
    template = load(shipped()[key])
    assert load(text_of(plain(template))) == template


def test_every_date_is_three_working_days_before_the_one_above() -> None:
    # above: Thu 12 March, Tue 31 March, Fridays, Fri 20 March, 30 April (Thu); 6 April is 清明节
    assert dues(dated(derived())) == {
        "report": "03-09 18:00",
        "rule": "03-26 18:00",
        "weekly@2026-W12": "03-17 18:00",
        "weekly@2026-W13": "03-24 18:00",
        "weekly@2026-W14": "03-31 18:00",
        "weekly@2026-W15": "04-07 18:00",
        "blank": "03-17 18:00",
        "ledger-1": "04-27 18:00",
    }


def test_it_does_not_matter_when_the_lower_level_starts() -> None:
    template = derived()
    assert dues(dated(template)) == dues(dated(template, date(2026, 3, 11)))


def test_firmness_and_standing_stay_with_the_date() -> None:
    rule = next(one for one in dated(derived()).milestones if one.requirement == "rule")
    assert (rule.soft, rule.standing) == (True, True)
    assert rule.words == "原则上2026年3月31日18:00前并长期坚持（提前3个工作日）"


def test_windows_are_those_above_and_what_was_opened_by_hand_opens_by_itself() -> None:
    real = above(opened=frozenset({"check", "mend", "sum"}))
    real.phases["sum"] = (at("2026-05-06 09:30"), at("2026-05-19 18:00"))  # type: ignore[index]
    phases = {one.key: one for one in dated(derived(over=real)).phases}
    assert phases["mend"].opens_at == at("2026-03-16")
    assert (phases["sum"].opens, phases["sum"].opens_at) == ("on_date", at("2026-05-06"))
    assert phases["sum"].closes_at == at("2026-05-19 18:00")
    assert next(one for one in dated(derived()).phases if one.key == "sum").opens == "by_hand"


def test_a_lead_of_its_own_for_one_thing_and_for_one_period() -> None:
    terms = Terms(ahead="1wd", leads={"report": "0d", "weekly@2026-W13": "2d"})
    found = dues(dated(derived(terms)))
    assert (found["report"], found["weekly@2026-W13"], found["weekly@2026-W12"]) == (
        "03-12 18:00",
        "03-25 18:00",
        "03-19 18:00",
    )


def test_a_period_brought_forward_past_its_beginning_begins_earlier_too() -> None:
    weekly = [one for one in dated(derived(Terms(ahead="5wd"))).milestones if one.requirement == "weekly"]
    assert all(one.opens_at < one.due_at for one in weekly)


def test_a_date_of_its_own_is_taken_as_it_is_and_must_not_be_later() -> None:
    assert dues(dated(derived(Terms(dates={"report.due": "2026-03-11"}))))["report"] == "03-11 18:00"
    assert faults(Terms(dates={"report.due": "2026-03-13"})) == [
        "report.due：不得晚于上级的期限（2026年3月12日18:00前）"
    ]
    assert "请写明确的日期" in faults(Terms(dates={"report.due": "启动后3日内"}))[0]
    assert "承接时只可写" in faults(Terms(dates={"check.until": "2026-03-13"}))[0]


@pytest.mark.parametrize(
    ("terms", "says"),
    [
        (Terms(ahead="-3wd"), "ahead：“-3wd”应写作"),
        (Terms(ahead="3x"), "ahead：“3x”应写作"),
        (Terms(leads={"nothing": "1d"}), "nothing：上级方案里没有这项要求"),
    ],
)
def test_a_lead_that_makes_no_sense_is_refused(terms: Terms, says: str) -> None:
    assert faults(terms)[0].startswith(says)


ADDED = """
title: 示例县专项行动
phases:
  - {key: check, tasks: [县级复核]}
  - {key: visit, name: 走访, parallel: true, window: 为期2周}
requirements:
  - {key: own, name: 县级专报, phase: check, due: 启动后5日内}
  - {key: report, checklist: [{key: b, text: 附照片}]}
ladders:
  main:
    rungs:
      - {at: -1wd, name: 再提醒, to: [liaison]}
ledger:
  rows:
    - {no: 2, project: 示例, problem: 无台账, measures: [建账], departments: [办公室]}
notes: [县级补充说明]
"""


def test_additions_stand_beside_what_is_inherited() -> None:
    found = derived(Terms(additions=ADDED))
    assert found.title == "示例县专项行动"
    assert found.phases[0].tasks == ("逐项自查", "县级复核")
    assert [one.key for one in found.phases] == ["check", "mend", "sum", "visit"]
    assert [rung.name for rung in found.ladders["main"].rungs] == ["提醒", "再提醒", "督促"]
    assert [item.key for item in next(r for r in found.requirements if r.key == "report").checklist] == [
        "a",
        "b",
    ]
    assert found.requirements[-1].key == "own"
    assert "own" not in found.ahead
    assert [row.no for row in found.ledger.rows] == [1, 2]  # type: ignore[union-attr]
    assert "县级补充说明" in found.notes
    assert dues(dated(found))["own"] == "03-09 18:00"  # from the day it starts below, 4 March


@pytest.mark.parametrize(
    ("added", "says"),
    [
        ("version: 9", "第1行 version：“version”由上级方案规定，下级不能改"),
        ("ends: 2027年1月1日", "第1行 ends：“ends”由上级方案规定，下级不能改"),
        ("requirements:\n  - {key: report, due: 2026年12月1日}", "第2行 requirements[0].due：“report”是上级规定的"),
        ("requirements:\n  - {key: report, required: false}", "第2行 requirements[0].required：“report”是上级规定的"),
        ("phases:\n  - {key: check, until: 2027年1月1日}", "第2行 phases[0].until：“check”是上级规定的"),
        ("phases:\n  - {key: extra, name: 另加}", "第2行 phases[0]：下级增加的阶段须写 parallel: true"),
        ("ladders:\n  main: {source: {doc: a, place: b}}", "第2行 ladders.main：给上级的梯次只可增加 rungs"),
        ("ledger:\n  rows:\n    - {no: 1, project: a, problem: b, measures: [], departments: []}",
         "第3行 ledger.rows[0].no：上级台账已有“1”，不能改"),
        ("ledger:\n  columns: [甲]", "第2行 ledger.columns：台账的“columns”由上级规定"),
        # faults of form and of sense are told where the additions have them, not where they came to stand
        ("requirements:\n  - {key: own, name: 专报, due: 胡说八道}", "第2行 requirements[0].due："),
        ("requirements:\n  - {key: own, nmae: 专报}", "第2行 requirements[0].nmae：没有“nmae”这个字段"),
        ("ladders:\n  main:\n    rungs:\n      - {at: -3d, name: 又提醒, to: [liaison]}", "第4行 ladders.main.rungs[0]"),
        ("surprise: 1", "第1行 surprise：没有“surprise”这个字段"),
    ],
)  # fmt: skip
def test_what_would_change_the_inherited_or_is_wrong_is_told_by_its_line(added: str, says: str) -> None:
    assert any(one.startswith(says) for one in faults(Terms(additions=added))), faults(Terms(additions=added))


def test_places_that_come_from_above_are_known() -> None:
    real = above()
    asked: dict[str, Any] = dict.fromkeys(("report.due", "check.until", "ledger-1.due", "ends", "own.due"))
    assert [inherited(real, place) for place in asked] == [True, True, True, True, False]


def test_a_lead_for_something_that_is_not_there_makes_no_template() -> None:
    with pytest.raises(Faulty, match="没有“ghost”这项要求"):
        load(TEXT + "ahead: {ghost: 3wd}\n")
    with pytest.raises(Faulty, match="不带正负号"):
        load(TEXT + "ahead: {report: +3wd}\n")
