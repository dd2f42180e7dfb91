"""The sixty days: one window without phases, an office that dispatches every week, clues to be cleared by the end.

Working days of spring 2026: 清明 4–6 April off; 劳动节 1–5 May off; Saturday 9 May worked. So from 27 April on:
27 28 29 30 | 6 7 8 9 May | 11–15 | 18.
"""

from __future__ import annotations

KEY = "district-sixty-days"
LAUNCH = "2026-02-27 15:00"
HELD = "liaison department_head deputy_leader principal"
UNITS = (
    ("R", "示例区卫生健康局", "authority", "区", None, "coordinator office group_leader principal"),
    ("O", "局扫黑办公室", "department", "", "R", "liaison department_head"),
    ("H", "示例区人民医院", "hospital", "二级", "R", HELD),
    ("C", "示例社区卫生服务中心", "community_centre", "一级", "R", HELD),
)
NAMES = {
    **{f"W{week}": f"集中行动调度（2026年第{week}周）" for week in range(10, 19)},
    **{f"通报{month}": f"集中行动情况通报（2026年{month}月）" for month in (3, 4)},
    "方案": "具体工作方案",
    "余下方案": "具体工作方案",
    "清零": "上级交办到期线索查结清零",
    "余下清零": "上级交办到期线索查结清零",
    "措施": "行政监管和司法建议的专门整治措施",
    "包案": "屡发不绝突出问题的领导包案挂牌整治",
    "重点": "重点领域打击",
    "台账": "工作台账",
    "上报": "发现问题上报",
    "宣传": "集中宣传活动",
    "典型": "扫黑除恶先进典型宣传",
    "警示片": "典型案例警示教育片",
    "暗访": "集中暗访活动",
    "奖励": "举报奖励和举报人保护",
}

# 自__月__日至__月__日: the two blanks of the text. 具体工作方案 has no date there; this coordinator gives it one.
BLANKS = """
begins        2026-03-02
ends          2026-04-30   # 2 March to 30 April are 60 days, first and last included
"""
CHOSEN = {"work-plan.due": "2026-03-13"}
DATES = """
方案    2026-03-13 18:00   # 各单位要结合工作实际,制定具体工作方案: no date of its own, the coordinator's
清零    2026-04-30 18:00   # 确保行动期间把所有上级交办到期线索查结清零: the end of the action
W10     2026-03-08 18:00   # 一周一调度: no day is named, so the week's last
W11     2026-03-15 18:00
W12     2026-03-22 18:00
W13     2026-03-29 18:00
W14     2026-04-05 18:00   # in 清明
W15     2026-04-12 18:00
W16     2026-04-19 18:00
W17     2026-04-26 18:00
W18     2026-04-30 18:00   # 一周一调度, and four of this week's days are left: with the end of the action
通报3   2026-03-31 18:00   # 一月一通报: the month's last day
通报4   2026-04-30 18:00
上报    及时               # 发现问题及时上报
包案    未注明日期         # 限期整改: by when, its leader says case by case
措施    未注明日期
重点    未注明日期
台账    未注明日期
宣传    未注明日期         # 组织开展一次集中宣传活动: no date
典型    未注明日期
警示片  未注明日期
暗访    未注明日期
奖励    未注明日期
"""

# The hospital hands in 方案 and 清零 in time; the community centre nothing. The office dispatches till W13 and
# writes the first 通报, then stops. Its own ladder: -1wd 提醒, +1wd 催办 (nobody reproves the office). The units':
# -3d 提醒, -1wd 提醒, +1wd 催办, then 通报、约谈、挂牌督办 (拟) and 问题严重的,严格依法依规进行问责 (拟).
DONE = """
2026-03-05 10:00 | O | weekly-dispatch 2026-W10
2026-03-11 10:00 | H | work-plan
2026-03-12 10:00 | O | weekly-dispatch 2026-W11
2026-03-19 10:00 | O | weekly-dispatch 2026-W12
2026-03-23 10:00 | O | weekly-dispatch 2026-W13
2026-03-31 16:00 | O | monthly-circular 2026-03
2026-04-28 10:00 | H | clear-clues
"""
TIMELINE = """
2026-03-02 一 | 下发       | 联络员                     | 行动：W10 通报3   # the office
2026-03-02 一 | 下发       | 联络员                     | 行动：方案 清零 措施 包案 重点 台账 上报 宣传 典型 警示片 暗访 奖励
2026-03-10 二 | 提醒       | 联络员                     | 方案
2026-03-12 四 | 提醒       | 联络员                     | 余下方案
2026-03-16 一 | 催办       | 联络员、科室负责人         | 余下方案
2026-03-18 三 | 拟通报     | 主要负责人、上级主要负责人 | 余下方案
2026-03-20 五 | 拟约谈     | 主要负责人、分管领导       | 余下方案
2026-03-24 二 | 拟挂牌督办 | 主要负责人、组长           | 余下方案
2026-03-27 五 | 拟问责     | 组长                       | 余下方案
2026-03-30 一 | 提醒       | 联络员                     | 通报3
2026-04-03 五 | 提醒       | 联络员                     | W14       # the working day before Sunday in 清明
2026-04-07 二 | 催办       | 联络员、科室负责人         | W14
2026-04-10 五 | 提醒       | 联络员                     | W15
2026-04-13 一 | 催办       | 联络员、科室负责人         | W15
2026-04-17 五 | 提醒       | 联络员                     | W16
2026-04-20 一 | 催办       | 联络员、科室负责人         | W16
2026-04-24 五 | 提醒       | 联络员                     | W17
2026-04-27 一 | 催办       | 联络员、科室负责人         | W17
2026-04-27 一 | 提醒       | 联络员                     | 清零      # 30 April less three days
2026-04-29 三 | 提醒       | 联络员                     | 余下清零 通报4 W18
2026-05-06 三 | 催办       | 联络员、科室负责人         | 余下清零 通报4 W18   # the first working day after 30 April
2026-05-08 五 | 拟通报     | 主要负责人、上级主要负责人 | 余下清零
2026-05-11 一 | 拟约谈     | 主要负责人、分管领导       | 余下清零  # 6 7 8 9 11: Saturday 9 May is worked
2026-05-13 三 | 拟挂牌督办 | 主要负责人、组长           | 余下清零
2026-05-18 一 | 拟问责     | 组长                       | 余下清零
"""


def owes(matter: str) -> tuple[str, ...]:
    if matter.startswith(("W", "通报")):
        return ("O",)
    return ("C",) if matter.startswith("余下") else ("H", "C")


def test_the_sixty_days_are_not_started_while_a_blank_is_open(staged, fills) -> None:
    staged.start_waits_for(fills, KEY, "2026-03-02", LAUNCH)


def test_the_dates_of_the_sixty_days_are_those_of_its_text(staged, fills) -> None:
    staged.launch(staged.order(KEY, "2026-03-02", {**fills, **CHOSEN}), LAUNCH)
    stated = dict(line.split(" ", 1) for line in staged.lines(DATES))
    assert staged.dates() == {NAMES[matter]: when for matter, when in stated.items()}
    assert staged.windows() == ["run 2026-03-02 00:00 — 2026-04-30 18:00"]


def test_the_office_dispatches_and_who_leaves_clues_open_climbs_the_ladder(staged, fills, plot) -> None:
    staged.launch(staged.order(KEY, "2026-03-02", {**fills, **CHOSEN}), LAUNCH)
    acts = [
        (when, staged.act(unit, matter, "submit"))
        for when, unit, matter in (line.split(" | ") for line in staged.lines(DONE))
    ]
    staged.live("2026-06-30 18:00", acts)
    words = plot("R", NAMES, owes, {}, {"H": "R", "C": "R"})
    assert staged.told().differs_from(words.told(TIMELINE)) == []
    assert staged.late("C") == staged.late("H") == staged.late("O") == set()
    assert staged.owed("C", "clear-clues").status == "open"
    assert staged.owed("H", "publicity-event").status == "open", "undated: open as long as the action runs"
