"""The great sweep: from now on, five phases whose dates are blank, a summary some days after each of them.

Working days that matter: 端午 19–21 June 2026 off. So: 15 16 17 18 | 22 23 24 25 26 June.
"""

from __future__ import annotations

KEY = "county-great-sweep"
START, LAUNCH = "2026-06-01", "2026-06-01 08:00"  # 从即日起: the day it is started
HELD = "liaison department_head deputy_leader principal"
UNITS = (
    ("R", "示例县卫生健康局", "authority", "县", None, "coordinator office group_leader principal"),
    ("O", "局扫黑除恶办公室", "department", "", "R", "liaison department_head"),
    ("H", "示例县人民医院", "hospital", "二级", "R", HELD),
    ("T", "示例镇卫生院", "township_centre", "一级", "R", HELD),
)
SUMMARIES = ("动员部署", "全面排查", "集中整治", "自查整改", "整章建制")
OF_UNITS = {
    "方案": "本部门具体工作方案",
    "班子": "专门领导班子",
    "排查": "拉网式大排查",
    "台账": "排查工作台账（统一格式逐项）",
    "线索": "重要线索和问题上报",
    "自查": "督查暗访和自查自纠",
    "制度": "工作机制和制度",
}
NAMES = {
    **OF_UNITS,
    **{f"镇{short}": name for short, name in OF_UNITS.items()},  # owed by the township alone by then
    **{f"结{number}": f"{phase}阶段总结" for number, phase in enumerate(SUMMARIES, 1)},
    "小结6": "工作小结（2026年6月）",
    "小结7": "工作小结（2026年7月）",
    "阶段": "“集中整治”阶段开始",  # a phase that asks the units for nothing: just that it began
    "研究": "领导小组研究重大问题",
    "督查": "检查和重点督查",
}

# Every blank in the order of the text; the right side is what this story's coordinator decides.
BLANKS = """
ends                    2026-07-31     # 从即日起至20__年__月__日止
mobilise.until          2026-06-05     # 1、动员部署阶段(20__年__月__日前)
investigate.from        2026-06-08     # 2、全面排查阶段(20__年__月__日至20__年__月__日)
investigate.until       2026-06-18
rectify.from            2026-06-22     # 3、集中整治阶段
rectify.until           2026-07-03
self-check.from         2026-07-06     # 4、自查整改阶段: after 集中整治, as the text has it
self-check.until        2026-07-17
institutions.from       2026-07-20     # 5、整章建制阶段
institutions.until      2026-07-31
monthly-summary.every   每月25日前     # 工作小结在每月__日前
summary-mobilise.due    在完成阶段工作5日内   # 阶段性总结在完成阶段工作__日内, printed once for all five
group-session.every     不定期         # 定期研究解决重大问题: the office calls them as they come
"""
WINDOWS = """
mobilise     2026-06-01 00:00 — 2026-06-05 18:00
investigate  2026-06-08 00:00 — 2026-06-18 18:00
rectify      2026-06-22 00:00 — 2026-07-03 18:00
self-check   2026-07-06 00:00 — 2026-07-17 18:00
institutions 2026-07-20 00:00 — 2026-07-31 18:00
"""
DATES = """
方案  2026-06-05 18:00   # 动员部署阶段…制定本部门具体工作方案: the end of that phase
班子  2026-06-05 18:00   # 成立专门领导班子
排查  2026-06-18 18:00   # 全面排查阶段…开展拉网式大排查
台账  2026-06-18 18:00   # 建立工作台账
自查  2026-07-17 18:00   # 自查整改阶段…开展本系统督查暗访和自查自纠
制度  2026-07-31 18:00   # 整章建制阶段…加强制度建设
结1   2026-06-10 18:00   # 阶段性总结在完成阶段工作5日内: 5 June and five days
结2   2026-06-23 18:00
结3   2026-07-08 18:00
结4   2026-07-22 18:00
结5   2026-08-05 18:00
小结6 2026-06-25 18:00   # 工作小结在每月25日前
小结7 2026-07-25 18:00   # a Saturday
线索  及时               # 重要线索和问题,要及时上报局扫黑办公室
研究  不定期             # 定期研究解决重大问题
督查  未注明日期         # 对…情况进行检查和重点督查
"""

# The hospital hands in everything on the afternoon of its first reminder, the township nothing; the office files its
# summaries on the afternoon of theirs, June's 小结 a day late. Ladder: -3d 提醒, -1wd 提醒, +1wd 催办, +5wd 重点督查 (拟).
DONE = """
2026-06-02 16:00 | H | work-plan
2026-06-02 16:00 | H | leading-team
2026-06-09 16:00 | O | summary-mobilise
2026-06-15 16:00 | H | sweep
2026-06-15 16:00 | H | case-ledger
2026-06-22 16:00 | O | summary-investigate
2026-06-26 16:00 | O | monthly-summary 2026-06
2026-07-07 16:00 | O | summary-rectify
2026-07-14 16:00 | H | self-inspection
2026-07-21 16:00 | O | summary-self-check
2026-07-24 16:00 | O | monthly-summary 2026-07
2026-07-28 16:00 | H | rules
2026-08-04 16:00 | O | summary-institutions
"""
TIMELINE = """
2026-06-01 一 | 下发       | 联络员               | 动员部署：方案 班子 线索
2026-06-01 一 | 下发       | 联络员               | 动员部署：结1 小结6 研究 督查   # the office hears what it owes
2026-06-02 二 | 提醒       | 联络员               | 方案 班子
2026-06-04 四 | 提醒       | 联络员               | 镇方案 镇班子
2026-06-08 一 | 下发       | 联络员               | 全面排查：排查 台账
2026-06-08 一 | 下发       | 联络员               | 全面排查：结2
2026-06-08 一 | 未办结     | 联络员               | 结1 小结6 研究 督查
2026-06-08 一 | 未办结     | 联络员               | 线索          # the others come under 催办
2026-06-08 一 | 催办       | 联络员、科室负责人   | 镇方案 镇班子
2026-06-09 二 | 提醒       | 联络员               | 结1           # the office: 10 June less a working day
2026-06-12 五 | 拟重点督查 | 主要负责人、分管领导 | 镇方案 镇班子
2026-06-15 一 | 提醒       | 联络员               | 排查 台账
2026-06-17 三 | 提醒       | 联络员               | 镇排查 镇台账
2026-06-22 一 | 下发       | 联络员               | 集中整治：阶段
2026-06-22 一 | 未办结     | 联络员               | 线索 镇方案 镇班子
2026-06-22 一 | 下发       | 联络员               | 集中整治：结3
2026-06-22 一 | 未办结     | 联络员               | 小结6 研究 督查
2026-06-22 一 | 催办       | 联络员、科室负责人   | 镇排查 镇台账 # 18 June; 19–21 are off
2026-06-22 一 | 提醒       | 联络员               | 结2
2026-06-24 三 | 提醒       | 联络员               | 小结6
2026-06-26 五 | 催办       | 联络员、科室负责人   | 小结6
2026-06-26 五 | 拟重点督查 | 主要负责人、分管领导 | 镇排查 镇台账 # 22 23 24 25 26
2026-07-06 一 | 下发       | 联络员               | 自查整改：自查
2026-07-06 一 | 下发       | 联络员               | 自查整改：结4
2026-07-06 一 | 未办结     | 联络员               | 结3 小结7 研究 督查
2026-07-06 一 | 未办结     | 联络员               | 线索 镇方案 镇班子 镇排查 镇台账
2026-07-07 二 | 提醒       | 联络员               | 结3
2026-07-14 二 | 提醒       | 联络员               | 自查
2026-07-16 四 | 提醒       | 联络员               | 镇自查
2026-07-20 一 | 下发       | 联络员               | 整章建制：制度
2026-07-20 一 | 下发       | 联络员               | 整章建制：结5
2026-07-20 一 | 未办结     | 联络员               | 结4 小结7 研究 督查
2026-07-20 一 | 未办结     | 联络员               | 线索 镇方案 镇班子 镇排查 镇台账
2026-07-20 一 | 催办       | 联络员、科室负责人   | 镇自查
2026-07-21 二 | 提醒       | 联络员               | 结4
2026-07-24 五 | 提醒       | 联络员               | 小结7         # the working day before Saturday 25
2026-07-24 五 | 拟重点督查 | 主要负责人、分管领导 | 镇自查
2026-07-28 二 | 提醒       | 联络员               | 制度
2026-07-30 四 | 提醒       | 联络员               | 镇制度
2026-08-03 一 | 催办       | 联络员、科室负责人   | 镇制度
2026-08-04 二 | 提醒       | 联络员               | 结5
2026-08-07 五 | 拟重点督查 | 主要负责人、分管领导 | 镇制度
"""
# A summary that is due after its phase holds nobody back.
MOVES = """
2026-06-01 08:00 | 行动 | draft → mobilise
2026-06-08 00:00 | 行动 | mobilise → investigate
2026-06-08 00:00 | H | mobilise → investigate
2026-06-22 00:00 | 行动 | investigate → rectify
2026-06-22 00:00 | H | investigate → rectify
2026-07-06 00:00 | 行动 | rectify → self-check
2026-07-06 00:00 | H | rectify → self-check
2026-07-20 00:00 | 行动 | self-check → institutions
2026-07-20 00:00 | H | self-check → institutions
"""


def owes(matter: str) -> tuple[str, ...]:
    if matter.startswith(("结", "小结", "研究", "督查")):
        return ("O",)
    return ("T",) if matter.startswith("镇") else ("H", "T")


def test_the_sweep_is_not_started_while_a_blank_is_open(staged, fills) -> None:
    staged.start_waits_for(fills, KEY, START, LAUNCH)


def test_the_dates_of_the_sweep_are_those_of_its_text(staged, fills) -> None:
    staged.launch(staged.order(KEY, START, fills), LAUNCH)
    assert staged.windows() == staged.lines(WINDOWS)
    stated = dict(line.split(" ", 1) for line in staged.lines(DATES))
    assert staged.dates() == {NAMES[matter]: when for matter, when in stated.items()}


def test_the_sweep_goes_through_its_five_phases_as_written(staged, fills, plot) -> None:
    staged.launch(staged.order(KEY, START, fills), LAUNCH)
    acts = [
        (when, staged.act(unit, matter, "submit"))
        for when, unit, matter in (line.split(" | ") for line in staged.lines(DONE))
    ]
    staged.live("2026-09-01 18:00", acts)
    words = plot("R", NAMES, owes, {}, {"H": "R", "T": "R"})
    assert staged.told().differs_from(words.told(TIMELINE)) == []
    assert staged.moves(["H", "T"]) == staged.lines(MOVES)
    assert staged.late("O") == {"工作小结（2026年6月）"}
    assert staged.late("H") == set()
