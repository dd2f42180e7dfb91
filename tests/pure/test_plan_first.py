"""A report whose first time differs: asked for when blank, and followed only by what falls due after it."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from states.plan import Plan, plan
from states.reading import load
from states.workdays import Workdays

CHINA = ZoneInfo("Asia/Shanghai")
TEXT = """
key: reports
version: 1
title: 示例专项行动
begins: 6月
ends: 9月
requirements:
  - {key: report, name: 开展情况, first: __月__日前, every: 每月__日前}
"""


def planned(**fills: str) -> Plan:
    given = {place.replace("_", "."): words for place, words in fills.items()}
    return plan(load(TEXT), date(2026, 6, 1), given, Workdays.of({}, (2026,)))


def dues(of: Plan) -> list[tuple[str, str]]:
    found = [(one.name, one.due_at) for one in of.milestones]
    return [(name, f"{at.astimezone(CHINA):%m-%d}") for name, at in found if isinstance(at, datetime)]


def test_both_blanks_of_a_first_and_a_later_date_are_named_at_once() -> None:
    assert [blank.place for blank in planned().blanks] == ["report.first", "report.every"]
    assert [blank.place for blank in planned(report_every="每月5日前").blanks] == ["report.first"]


def test_later_reports_begin_after_the_first() -> None:
    early = planned(report_first="6月20日前", report_every="每月5日前")
    assert dues(early) == [
        ("开展情况（首次）", "06-20"),
        ("开展情况（2026年7月）", "07-05"),
        ("开展情况（2026年8月）", "08-05"),
        ("开展情况（2026年9月）", "09-05"),
    ]
    same_day = planned(report_first="6月20日前", report_every="每月20日前")
    assert dues(same_day)[:2] == [("开展情况（首次）", "06-20"), ("开展情况（2026年7月）", "07-20")]
    before = planned(report_first="6月20日前", report_every="每月25日前")
    assert dues(before)[:2] == [("开展情况（首次）", "06-20"), ("开展情况（2026年6月）", "06-25")]
