"""The four new sectors: six months from a blank month, three phases in months, a first report unlike the later ones.

Working days that matter: 端午 19–21 June 2026 off; 中秋 25–27 September, 国庆 1–7 October off. So: 18 | 22 23 24 25 26 |
29 30 June, and 30 September | 8 October.
"""

from __future__ import annotations

from states.records.tables import Campaign

KEY = "city-new-four-sectors"
START, LAUNCH = "2026-06-01", "2026-05-29 15:00"
HELD = "liaison department_head deputy_leader principal"
UNITS = (
    ("R", "示例市卫生健康委", "authority", "市", None, "coordinator office group_leader principal liaison"),
    ("L", "示例县卫生健康局", "authority", "县", "R", HELD),
    ("H", "示例市人民医院", "hospital", "三级", "R", HELD),
    ("M", "医政医管股", "department", "", "R", "liaison department_head"),
    ("F", "法监股", "department", "", "R", "liaison department_head"),
)  # the other sections that lead are not there: the commission stands in
SHORT = {
    "方案": "具体实施方案（盖章）",
    "首报": "整治工作开展情况（首次）",
    **{f"月报{month}": f"整治工作开展情况（2026年{month}月）" for month in range(7, 12)},
    "反馈": "问题线索反馈",
    "一案": "一案一整治",
    "总结": "专项整治工作总结",
    "简报": "涉医违法违规线索和简报信息",
    "学法": "《反有组织犯罪法》学习宣传",
    "举报": "涉医违法违规行为举报方式公开",
}
LED = {  # 牵头科室
    "预警": ("加强预警防范", "R M"),  # 信访办、医政医管股
    "执业": ("大力整治违规执业", "F"),
    "民营": ("民营医院专项督查行动", "M"),
    "广告": ("整治虚假违法医疗广告", "M"),
    "养老": ("打击整治养老诈骗", "R"),  # 老龄健康股
    "主题": ("深入开展主题活动", "R"),  # 秘书股、党风廉政与行风办
    "行风": ("持续开展行风建设", "R"),  # 党风廉政与行风办
}
SHORT |= {short: name for short, (name, _) in LED.items()}
NAMES = {**SHORT, **{f"县{short}": name for short, name in SHORT.items()}}  # the county's alone by then

# Every blank in the order of the text; the right side is what this story's coordinator decides.
BLANKS = """
begins               2026年6月     # 整治活动自20__年__月开始,为期6个月
investigate.from     2026年6月     # 一深入摸排线索20__年__月
investigate.until    2026年6月
rectify.from         2026年7月     # 二全面开展整治20__年__月至__月
rectify.until        2026年10月
consolidate.from     2026年11月    # 三总结巩固提升20__年__月
consolidate.until    2026年11月
local-plan.due       2026-06-24    # 于__月__日前将…实施方案和整治工作开展情况盖章送委扫黑办
monthly-report.every 每月5日前     # 以后每月__日前报送每月整治工作开展情况
"""
WINDOWS = """
investigate 2026-06-01 00:00 — 2026-06-30 18:00
rectify     2026-07-01 00:00 — 2026-10-31 18:00
consolidate 2026-11-01 00:00 — 2026-11-30 18:00
"""
DATES = """
方案   2026-06-24 18:00
首报   2026-06-24 18:00
月报7  2026-07-05 18:00   # 以后: 5 June would be before the first
月报8  2026-08-05 18:00
月报9  2026-09-05 18:00
月报10 2026-10-05 18:00   # in 国庆
月报11 2026-11-05 18:00
总结   2026-11-30 18:00   # 总结巩固提升…各地各单位要总结专项整治工作
反馈   及时               # 及时将摸排出来的问题线索反馈给公安、政法、司法等部门
简报   及时               # 要及时报送涉医违法违规线索和简报信息
一案   未注明日期
预警   未注明日期         # 牵头科室:信访办、医政医管股: none of the seven tasks has a date
执业   未注明日期         # 牵头科室:法监股
民营   未注明日期         # 牵头科室:医政医管股
广告   未注明日期         # 牵头科室:医政医管股
养老   未注明日期         # 牵头科室:老龄健康股
主题   未注明日期         # 牵头科室:秘书股、党风廉政与行风办
行风   未注明日期         # 牵头科室:党风廉政与行风办
学法   未注明日期
举报   未注明日期
"""

# The hospital hands in on the day of the first reminder, the county on that of the second; the first papers and
# October's report it hands in late, its summary never. Ladder: -3d 提醒, -1wd 提醒, +1wd 催办, +5wd 约谈问责 (拟),
# +10wd 追究责任 (拟). A reminder whose day lies before the month has begun
# comes on the first working morning of it.
DONE = """
2026-06-18 16:00 | H | local-plan
2026-06-18 16:00 | H | monthly-report 首次
2026-06-26 10:00 | L | local-plan
2026-06-26 10:00 | L | monthly-report 首次
2026-07-02 16:00 | H | monthly-report 2026-07
2026-07-03 16:00 | L | monthly-report 2026-07
2026-08-04 16:00 | H | monthly-report 2026-08
2026-08-04 16:00 | L | monthly-report 2026-08
2026-09-02 16:00 | H | monthly-report 2026-09
2026-09-04 16:00 | L | monthly-report 2026-09
2026-10-04 16:00 | H | monthly-report 2026-10
2026-10-08 16:00 | L | monthly-report 2026-10
2026-11-02 16:00 | H | monthly-report 2026-11
2026-11-04 16:00 | L | monthly-report 2026-11
2026-11-27 16:00 | H | summary
"""
TIMELINE = """
2026-06-01 一 | 下发       | 联络员               | 深入摸排线索：方案 首报 反馈 简报 学法 举报
2026-06-01 一 | 下发       | 联络员               | 深入摸排线索：预警 执业 民营 广告 养老 主题 行风   # 牵头科室
2026-06-18 四 | 提醒       | 联络员               | 方案 首报     # 24 June less three days is Sunday, in 端午
2026-06-23 二 | 提醒       | 联络员               | 县方案 县首报
2026-06-25 四 | 催办       | 联络员、科室负责人   | 县方案 县首报
2026-07-01 三 | 下发       | 联络员               | 全面开展整治：一案 月报7
2026-07-01 三 | 未办结     | 联络员               | 反馈 简报 学法 举报
2026-07-02 四 | 提醒       | 联络员               | 月报7
2026-07-03 五 | 提醒       | 联络员               | 县月报7
2026-08-03 一 | 提醒       | 联络员               | 月报8         # 2 August is a Sunday, Friday was still July: the first morning
2026-08-04 二 | 提醒       | 联络员               | 月报8
2026-09-02 三 | 提醒       | 联络员               | 月报9
2026-09-04 五 | 提醒       | 联络员               | 县月报9
2026-10-08 四 | 催办       | 联络员、科室负责人   | 县月报10      # 1–7 October are off
2026-11-02 一 | 下发       | 联络员               | 总结巩固提升：总结
2026-11-02 一 | 未办结     | 联络员               | 反馈 一案 简报 学法 举报
2026-11-02 一 | 提醒       | 联络员               | 月报11
2026-11-04 三 | 提醒       | 联络员               | 县月报11
2026-11-27 五 | 提醒       | 联络员               | 总结          # Monday 30: both reminders meet
2026-12-01 二 | 催办       | 联络员、科室负责人   | 县总结
2026-12-07 一 | 拟约谈问责 | 主要负责人、分管领导 | 县总结        # 对…责任不落实…的约谈问责
2026-12-14 一 | 拟追究责任 | 组长                 | 县总结        # 依法依纪追究相关人员责任
"""


def test_the_four_sectors_are_not_started_while_a_blank_is_open(staged, fills) -> None:
    staged.start_waits_for(fills, KEY, START, LAUNCH)


def test_the_dates_of_the_four_sectors_are_those_of_its_text(staged, fills) -> None:
    staged.launch(staged.order(KEY, START, fills), LAUNCH)
    assert staged.windows() == staged.lines(WINDOWS)
    stated = dict(line.split(" ", 1) for line in staged.lines(DATES))
    assert staged.dates() == {NAMES[matter]: when.strip() for matter, when in stated.items()}
    (campaign,) = staged.rows(Campaign)
    assert staged.local(campaign.ends_at) == "2026-11-30 18:00", "为期6个月 from 1 June"


def test_the_four_sectors_report_first_and_then_every_month(staged, fills, plot) -> None:
    staged.launch(staged.order(KEY, START, fills), LAUNCH)
    acts = [
        (when, staged.act(unit, matter, "submit"))
        for when, unit, matter in (line.split(" | ") for line in staged.lines(DONE))
    ]
    staged.live("2027-01-15 18:00", acts)

    def owes(matter: str) -> tuple[str, ...]:
        if matter in LED:
            return tuple(LED[matter][1].split())
        return ("L",) if matter.startswith("县") else ("H", "L")

    words = plot("R", NAMES, owes)
    assert staged.told().differs_from(words.told(TIMELINE)) == []
    assert staged.late("H") == set()
    assert staged.late("L") == {NAMES[one] for one in ("方案", "首报", "月报10")}
