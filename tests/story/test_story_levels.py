"""A city's campaign carried out by a county: dates three working days ahead, a new date above, a yearly repeat.

Days were counted by hand in March 2026, which has no day off on a weekday: above Thursday 12 March, three working days
earlier is Monday 9; above Tuesday 17, earlier is Thursday 12.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from states.adopting import Terms
from states.records import foretell, launch, levels, proposing, reading_levels, renewed, repeating
from states.records.access import EVERYTHING
from states.records.campaigns import running
from states.records.launch import Order
from states.records.levels import Adoption
from states.records.renewing import Version

HELD = "liaison department_head principal"
UNITS = (
    ("R", "示例市卫生健康委员会", "authority", "市", None, "coordinator office principal"),
    ("B", "示例甲县卫生健康局", "authority", "县", "R", f"{HELD} coordinator"),
    ("H1", "示例甲县人民医院", "hospital", "二级", "B", HELD),
    ("H2", "示例甲县中医院", "tcm_hospital", "二级", "B", HELD),
    ("M", "示例市人民医院", "hospital", "三级", "R", HELD),
)
PLAN = """
key: city-plan
version: 1
title: 示例市专项行动
phases:
  - {key: check, name: 自查自纠, window: 为期3周}
requirements:
  - {key: report, name: 自查报告, phase: check, due: 启动后10日内}
ladder: main
ladders:
  main:
    rungs:
      - {at: -1wd, name: 提醒, to: [liaison]}
      - {at: +1wd, name: 催办, to: [liaison]}
"""
COUNTY = """
requirements:
  - {key: visit, name: 走访记录, phase: check, due: 启动后9日内}
"""
# day | rung | whose | what. The city asks the county and its own hospital, the county asks its two hospitals; on 4 March
# the city moves its date to the 17th, on the 6th the county follows with the 12th.
TIMELINE = """
2026-03-06 五 | 提醒 | H1 H2 | 自查报告    # for Monday 9, an hour before the county follows
2026-03-11 三 | 提醒 | H1 H2 | 自查报告    # put off past the old date, it is reminded of anew
2026-03-11 三 | 提醒 | H1 H2 | 走访记录    # 启动后9日内 from Tuesday 3 March is Thursday 12
2026-03-13 五 | 催办 | H1 H2 | 走访记录
2026-03-13 五 | 催办 | H1 H2 | 自查报告
2026-03-16 一 | 提醒 | B M   | 自查报告
2026-03-18 三 | 催办 | B M   | 自查报告
"""


@pytest.fixture
def lived(story: Any) -> Any:
    """The city starts on Monday 2 March, the county on Tuesday; nobody hands anything in."""
    story.people(UNITS)
    story.launch(Order(PLAN, date(2026, 3, 2), {}), "2026-03-02 08:30")

    def adopt(now: Any) -> None:
        with story.store.write() as session:
            wanted = Adoption("B", Terms(additions=COUNTY, title="示例甲县专项行动"))
            story.seen["child"] = levels.adopt(session, story.campaign, wanted, now, "test")

    def move(now: Any) -> None:
        text = PLAN.replace("version: 1", "version: 2").replace("启动后10日内", "启动后15日内")
        with story.store.write() as session:
            renewed.renew(session, story.campaign, Version(text, recompute=("report",)), now, "test")

    def accept(now: Any) -> None:
        with story.store.write() as session:
            (change,) = proposing.listed(session, story.seen["child"])
            story.seen["change"] = change.items
            proposing.accept(session, story.seen["child"], change.id, now, "test")
        story.seen["foretold"] = foretell.foretell(
            story.store, now, story.at("2026-03-20 18:00"), story.hours
        )

    acts = [("2026-03-03 08:30", adopt), ("2026-03-04 10:00", move), ("2026-03-06 10:00", accept)]
    return story.live("2026-03-20 18:00", acts)


def told(story: Any, mails: Any) -> set[tuple[str, str, str, str]]:
    return {
        (story.local(one.at)[:10], rung, story.named[unit], what)
        for one in mails
        for rung, unit, what in one.lines
        if rung in ("提醒", "催办") and "涉及" not in what  # what coordinators hear has its own words
    }


def test_the_timeline_is_the_one_worked_out_by_hand(lived: Any) -> None:
    expected = {
        (when.split()[0], rung, unit, what)
        for when, rung, units, what in (
            [part.strip() for part in line.split("|")] for line in lived.lines(TIMELINE)
        )
        for unit in units.split()
    }
    assert told(lived, lived.mails) == expected


def test_the_county_was_asked_before_its_date_moved(lived: Any) -> None:
    assert lived.seen["change"] == [
        {
            "what": "date",
            "key": "report",
            "name": "自查报告",
            "before": "2026-03-09 18:00",
            "after": "2026-03-12 18:00",
        }
    ]
    heard = [line for one in lived.mails for line in one.lines if line[0] == "上级变化"]
    assert [unit for _, unit, _ in heard] == ["示例甲县卫生健康局"]


def test_what_was_foretold_after_the_renewal_is_what_was_sent(lived: Any) -> None:
    since = lived.at("2026-03-06 10:00")
    sent = {(one.at, one.to, one.lines) for one in lived.mails if one.at > since}
    assert sent == {(one.at, one.to, one.lines) for one in lived.seen["foretold"] if one.at > since}
    assert sent


def test_each_level_has_its_own_figures_and_the_same_can_start_again(lived: Any) -> None:
    now = lived.at("2026-03-20 18:00")
    with lived.store.read() as session:
        above = reading_levels.summary(session, EVERYTHING, lived.campaign, now)
    (below,) = above["children"]
    assert (above["units"], above["overdue"], below["units"], below["overdue"]) == (4, 2, 2, 4)
    assert below["source"]["campaign"] == lived.seen["child"]
    with lived.store.write() as session:
        order = repeating.order(session, lived.campaign, date(2027, 3, 1), {})
        again = launch.launch(session, order, lived.at("2027-03-01 08:30"), "test")
        fresh = running(session, again).row
        assert (fresh.template_version, fresh.start - timedelta(days=364)) == (2, date(2026, 3, 2))
