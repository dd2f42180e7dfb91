"""The city's plan against neglect: three steps without dates begun by hand, a target by the end of 2019, water tests.

Working days: Sunday 29 September worked, 1–7 October off, Saturday 12 October worked; 1 January 2020 off.
"""

from __future__ import annotations

import pytest

from states.errors import Refused
from states.records.tables import PhaseRow

KEY = "public-interest-neglect"
START, LAUNCH = "2019-09-16", "2019-09-16 09:00"
HELD = "liaison department_head deputy_leader principal"
UNITS = (
    ("R", "示例市卫生健康委员会", "authority", "市", None, f"{HELD} coordinator office group_leader"),
    (
        "D",
        "办公室",
        "department",
        "",
        "R",
        "liaison department_head",
    ),  # there is no 医政中医股: the city stands in
    ("H", "示例市人民医院", "hospital", "二级", "R", HELD),
    ("T", "示例镇卫生院", "township_centre", "一级", "R", HELD),
    ("C", "示例市疾控中心", "cdc", "市", "R", HELD),
)
OF_ALL = {
    "方案": "专项整治实施方案",
    "动员会": "动员会议",
    "儿童": "儿童血液病和儿童恶性肿瘤信息台账",
    "意见": "群众意见和建议（梳理汇总）",
    "分析": "专项整治查摆问题分析报告",
    "台账": "问题整改台账",
    "整改方案": "专项整改方案",
    "整改": "整改落实",
    "承诺": "整改承诺",
    "公布": "公布整改情况",
    "回头看": "“回头看”",
    "总结": "总结报告",
}
OF_THE_CENTRE = {
    "采样": "采样检测工作计划",
    "水质": "分散式贫困户饮水水质检测",
    "汇总": "饮水监测情况汇总反馈",
    **{f"监测{month}": f"集中式供水循环监测（2019-{month:02}）" for month in range(9, 13)},
}
BLANK_SPOTS = "贫困乡村缺卫生医疗机构、缺合格医生的问题"
NAMES = {**OF_ALL, **OF_THE_CENTRE, "空白点": BLANK_SPOTS}
OWING = {**dict.fromkeys(OF_ALL, "HTC"), **dict.fromkeys(OF_THE_CENTRE, "C"), "空白点": "DR"}

BLANK = {"water-monitoring.every": "每月"}  # 定期循环监测: how often the text does not say
CHOSEN = {"ends": "2019-12-31"}  # nor until when
DATES = """
方案     未注明日期        # (一)动员部署 has no date
动员会   未注明日期
意见     未注明日期        # (二)自查自纠 neither
分析     未注明日期
台账     未注明日期
整改方案 未注明日期
整改     即知即改          # 整改落实要坚持即知即改
承诺     及时              # 并及时向群众做出整改承诺,公布整改情况
公布     及时
回头看   未注明日期        # nor (三)总结提升
总结     未注明日期
儿童     未注明日期        # 建立信息台账和信息录入工作
采样     未注明日期        # 制订采样检测工作计划
水质     未注明日期        # 对全市15个乡镇分散式所有贫困户饮水进行水质检测
汇总     未注明日期        # 并将形成情况汇总反馈
监测9    2019-09-30 18:00  # 对6个集中式供水的乡镇采取定期循环监测
监测10   2019-10-31 18:00
监测11   2019-11-30 18:00
监测12   2019-12-31 18:00
空白点   2019-12-31 18:00  # 力争到2019年底前,全面消除…“空白点”(牵头科室:办公室、医政中医股
"""

# The hospital does all it is asked, the township nothing. The centre forgets October's tests; the office reports on
# the target, the city for 医政中医股 does not.
DONE = """
2019-09-23 10:00 | C | water-monitoring 2019-09
2019-09-25 10:00 | H | implementation-plan
2019-09-25 10:01 | H | kick-off-meeting
2019-09-26 10:00 | C | implementation-plan
2019-09-26 10:01 | C | kick-off-meeting
2019-10-10 10:00 | C | water-sampling-plan
2019-11-15 10:00 | H | opinions
2019-11-15 10:01 | H | analysis-report
2019-11-15 10:02 | H | problem-ledger
2019-11-15 10:03 | H | rectification-plan
2019-11-15 10:04 | H | rectification
2019-11-15 10:05 | H | public-promise
2019-11-15 10:06 | H | results-published
2019-11-19 10:00 | C | water-monitoring 2019-11
2019-12-10 10:00 | H | look-back
2019-12-10 10:01 | H | summary-report
2019-12-20 10:00 | C | water-monitoring 2019-12
2019-12-26 10:00 | D | workstream-villages-without-doctors
"""
# Ladder: -5wd 提醒, +1wd 催办 are sent; +5wd 问责追责 waits (拟). 10-31 is a Thursday: 30 29 28 25 24 | 1 · 4 5 6 7.
# 12-31 is a Tuesday: 30 27 26 25 24 | 2 January · 3 6 7 8. A letter before a matter: what that unit alone is told.
TIMELINE = """
2019-09-18 三 | 下发       | 联络员             | 动员部署：方案 动员会 儿童 采样 水质 汇总 监测9 D空白点
2019-10-15 二 | 下发       | 联络员             | 自查自纠：意见 分析 台账 整改方案 整改 承诺 公布
2019-10-15 二 | 未办结     | 联络员             | 儿童 T方案 T动员会 水质 汇总 监测10
2019-10-24 四 | 提醒       | 联络员             | 监测10
2019-11-01 五 | 催办       | 联络员、科室负责人 | 监测10
2019-11-07 四 | 拟问责追责 | 主要负责人、组长   | 监测10
2019-11-20 三 | 下发       | 联络员             | 总结提升：回头看 总结
2019-11-20 三 | 未办结     | 联络员             | 儿童 T方案 T动员会 水质 汇总 监测10
2019-11-20 三 | 未办结     | 联络员             | T意见 T分析 T台账 T整改方案 T整改 T承诺 T公布
2019-11-20 三 | 未办结     | 联络员             | C意见 C分析 C台账 C整改方案 C整改 C承诺 C公布
2019-12-24 二 | 提醒       | 联络员             | 空白点
2020-01-02 四 | 催办       | 联络员、科室负责人 | R空白点
2020-01-08 三 | 拟问责追责 | 主要负责人、组长   | R空白点
"""
# 对专项整治工作进行一次“回头看”…发现问题,立即整改: the hospital is closed and opened again.
MOVES = """
2019-09-18 10:00 | 行动 | draft → mobilise
2019-09-18 10:00 | H | waiting → mobilise
2019-09-18 10:00 | T | waiting → mobilise
2019-09-18 10:00 | C | waiting → mobilise
2019-10-15 10:00 | 行动 | mobilise → self-check
2019-10-15 10:00 | H | mobilise → self-check
2019-10-15 10:00 | C | mobilise → self-check
2019-11-20 10:00 | 行动 | self-check → summarise
2019-11-20 10:00 | H | self-check → summarise
2019-12-16 10:00 | H | summarise → closed
2019-12-23 10:00 | H | closed → summarise
"""


@pytest.fixture
def launched(staged):
    return staged.launch(staged.order(KEY, START, {**BLANK, **CHOSEN}), LAUNCH)


@pytest.fixture
def words(plot):
    names = NAMES | {f"{unit}{matter}": name for unit in "DRTC" for matter, name in NAMES.items()}

    def owes(matter: str) -> tuple[str, ...]:
        return tuple(OWING[matter]) if matter in OWING else (matter[0],)

    return plot("R", names, owes, {}, dict.fromkeys("DHTC", "R"))


def test_how_often_the_water_is_tested_is_asked_for(staged) -> None:
    order = staged.order(KEY, START, CHOSEN)
    drafted = staged.draft(order, LAUNCH)
    assert [(one.place, one.words) for one in drafted.plan.blanks] == [("water-monitoring.every", "定期")]
    with pytest.raises(Refused, match=r"--set water-monitoring\.every="):
        staged.launch(order, LAUNCH)
    assert staged.everything_launched() == 0


def test_that_the_fourth_subject_has_two_names_is_told(staged) -> None:
    drafted = staged.draft(staged.order(KEY, START, {**BLANK, **CHOSEN}), LAUNCH)
    (said,) = (one for one in drafted.warnings if "两处不一致" in one)
    assert "目标任务里写“聚焦医疗环境和骗取医疗保障基金问题”" in said
    assert "标题写“聚焦医疗环境和行业不正之风问题”" in said


def test_only_the_target_and_the_water_tests_have_dates(launched, words) -> None:
    stated = dict(line.split(" ", 1) for line in launched.lines(DATES))
    assert launched.dates() == {NAMES[matter]: when.strip() for matter, when in stated.items()}
    assert {one.opens_at for one in launched.rows(PhaseRow)} == {None}


def test_nothing_begins_before_a_coordinator_begins_it(launched) -> None:
    launched.live("2019-12-30 18:00")
    assert (launched.mails, launched.moves()) == ([], [])


def test_three_steps_without_dates_are_begun_by_hand_and_looked_back_on(launched, words) -> None:
    acts = [
        (when, launched.act(unit, matter, "submit"))
        for when, unit, matter in (line.split(" | ") for line in launched.lines(DONE))
    ]
    acts += [(f"{day} 10:00", launched.advance) for day in ("2019-09-18", "2019-10-15", "2019-11-20")]
    acts.append(("2019-12-16 10:00", launched.move("H", "close")))
    acts.append(("2019-12-23 10:00", launched.move("H", "reopen", reason="“回头看”发现收费问题")))
    launched.live("2020-01-31 18:00", acts)
    assert launched.told().differs_from(words.told(TIMELINE)) == []
    assert launched.moves("HTC") == launched.lines(MOVES)
