"""The standard plan from 1 September 2026, with rules for extensions, over the National Day and its worked Saturday.

自查自纠 为期6周 ends on Monday 26 October; its report is due five working days before, on Monday the 19th. Working
days back from there: 16 15 14 13 12, Saturday the 10th, 9 8 October, then 30 and 29 September: the tenth is the 29th.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest

from states.errors import Refused
from states.records import deciding, granting, silences
from states.records.campaigns import running
from states.records.deciding import Decision
from states.records.granting import Request
from states.records.silences import Wanted

HELD = "liaison department_head deputy_leader principal"
UNITS = (
    ("R", "示例市卫生健康委员会", "authority", "市", None, "coordinator office group_leader principal"),
    ("H1", "示例市人民医院", "hospital", "三级", "R", HELD),
    ("H2", "示例市中医院", "tcm_hospital", "三级", "R", HELD),
    ("H3", "示例市妇幼保健院", "mch_hospital", "三级", "R", HELD),
)
RULES = "\nextensions: {before: 届满前10个工作日, limit: 1, total: 10wd, decide: 3}\n"
WHY = "门诊楼进水，病历待修复"
REPORT = "自查报告"


def ask(story: Any, unit: str, until: str) -> Any:
    def do(now: datetime) -> None:
        key = story.owed(unit, "self-check-report").id
        with story.store.write() as session:
            granting.ask(session, running(session, story.campaign), Request(key, until, WHY), now, unit)

    return do


def decide(story: Any, number: int, **more: Any) -> Any:
    def do(now: datetime) -> None:
        with story.store.write() as session:
            campaign = running(session, story.campaign)
            deciding.decide(session, campaign, number, Decision(**more), now, "王示例")

    return do


def too_late(story: Any, unit: str) -> Any:
    def do(now: datetime) -> None:
        with pytest.raises(Refused, match="延期须在届满前10个工作日申请，最迟2026-09-29 18:00，现已过"):
            ask(story, unit, "+5wd")(now)

    return do


def hush(story: Any, unit: str, until: str) -> Any:
    def do(now: datetime) -> None:
        with story.store.write() as session:
            wanted = Wanted(date.fromisoformat(until), "省级评审期间", unit=unit)
            silences.impose(session, running(session, story.campaign), wanted, now, "王示例")

    return do


def heard(story: Any, unit: str, rungs: set[str]) -> list[str]:
    """Day and rung of what a unit's liaison and leaders were told of the report."""
    name = story.units[unit][0]
    return sorted(
        {
            f"{story_day(one)} {rung}"
            for one in story.mails
            for rung, about, what in one.lines
            if about == name and what == REPORT and rung in rungs
        }
    )


def story_day(mail: Any) -> str:
    from zoneinfo import ZoneInfo

    return f"{mail.at.astimezone(ZoneInfo('Asia/Shanghai')):%m-%d}"


def asked_to_decide(story: Any) -> list[str]:
    """On which days somebody was told that a request waits for a decision."""
    return [story_day(one) for one in story.mails for rung, _unit, _what in one.lines if rung == "延期待决定"]


def test_an_extension_over_the_national_day(story) -> None:
    order = story.people(UNITS).order("standard-four-phase", "2026-09-01")
    story.launch(replace(order, text=order.text + RULES), "2026-09-01 08:00")
    story.live(
        "2026-10-30 18:00",
        [
            ("2026-09-29 10:00", ask(story, "H1", "+5wd")),  # to 20 21 22 23 26 October
            ("2026-09-29 17:59", ask(story, "H2", "2026-10-28")),
            ("2026-09-29 18:01", too_late(story, "H3")),
            ("2026-10-08 10:30", hush(story, "H3", "2026-10-21")),
            ("2026-10-12 10:00", decide(story, 1, grant=True)),
            ("2026-10-20 10:00", decide(story, 2, grant=False, reason="材料不足")),
        ],
    )
    pressing = {"提醒", "催办", "督促"}
    # Reminded on the 12th of the old date while nobody had decided; then seven days and a day before the new one.
    assert heard(story, "H1", pressing) == [
        "10-12 提醒",
        "10-19 提醒",
        "10-23 提醒",
        "10-27 催办",
        "10-29 督促",
    ]
    # The rungs of the date in force went on meanwhile: 20 and 22 October.
    assert heard(story, "H2", pressing) == ["10-12 提醒", "10-16 提醒", "10-20 催办", "10-22 督促"]
    # Silent from the 8th to the 21st; on the 22nd the third day's rung speaks, what was held back below it does not.
    assert heard(story, "H3", pressing) == ["10-22 督促"]
    # To be decided by Friday 9 October: told on Saturday the 10th, which is worked, and after 12 13 14
    # again.
    assert sorted(asked_to_decide(story)) == ["10-10", "10-10", "10-15"]
    assert [story.owed(unit, "self-check-report").due_at for unit in ("H2", "H3")] == [None, None]
