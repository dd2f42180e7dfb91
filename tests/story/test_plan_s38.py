"""The insurance system's plan has no phase and no date: only 定期报告涉黑恶线索, whose interval is asked for.

Working days that matter: 劳动节 1–5 May 2026 off, Saturday 9 May worked. So: 22 23 24 | 27 28 29 30 April | 6 7 8 9 |
11 12 May.
"""

from __future__ import annotations

import pytest

from states.errors import Refused

KEY = "county-insurance-sweep"
START, LAUNCH = "2026-03-02", "2026-03-02 08:00"
HELD = "liaison department_head deputy_leader principal"
UNITS = (
    ("R", "示例县医疗保障局", "authority", "县", None, f"{HELD} coordinator office group_leader"),
    ("O", "综合股", "department", "", "R", "liaison department_head"),  # 领导小组办公室设在…综合股
    ("A", "示例基金监管股", "department", "", "R", "liaison department_head"),
    ("B", "示例医保中心", "other", "", "R", HELD),
)
NAMES = {
    **{f"报告{month}": f"涉黑恶线索报告（2026年{month}月）" for month in (3, 4, 5)},
    "余报告4": "涉黑恶线索报告（2026年4月）",
    "排查": "涉黑涉恶问题排查",
    "处理": "涉及医保监管领域的调查处理",
    "移交": "涉及犯罪的线索移交",
    "宣传": "扫黑除恶宣传",
    "监管": "日常监管",
    "带头": "“一把手”带头、分管领导主抓、专门力量负责",
    "总牵头": "扫黑除恶专项斗争",
    "督查": "工作督查",
    "考评": "扫黑除恶专项工作督查考评机制",
}
OF_THE_OFFICE = ("总牵头", "督查", "考评")

BLANKS = "clue-report.every 每月25日前   # 定期报告涉黑恶线索: the interval is for a person to give"
CHOSEN = {"ends": "2026-05-31"}  # no end is written; this story's coordinator asks for three months
DATES = """
报告3 2026-03-25 18:00
报告4 2026-04-25 18:00   # a Saturday
报告5 2026-05-25 18:00
排查  未注明日期         # 全县医疗保障系统要认真排查
处理  及时               # 涉及医保监管领域的及时调查处理
带头  未注明日期         # “一把手”带头、分管领导主抓、专门力量负责
总牵头 未注明日期        # 领导小组办公室负责总牵头
考评  未注明日期         # 建立…督查考评机制
移交  及时               # 涉及犯罪的及时移交公安机关
宣传  未注明日期
监管  未注明日期         # 要结合日常检查,加大…检查力度
督查  未注明日期         # 加强工作督查: the office's
"""

# The two sections have nothing to report and say so; the centre reports in March and May, April's on 8 May.
# Ladder: -3d 提醒, -1wd 提醒, +1wd 催办, then 通报、约谈、考核扣分 and 严肃追责 (拟).
DONE = """
2026-03-20 16:00 | O | nil    | clue-report 2026-03
2026-03-20 16:00 | A | nil    | clue-report 2026-03
2026-03-23 10:00 | B | submit | clue-report 2026-03
2026-04-22 16:00 | O | nil    | clue-report 2026-04
2026-04-22 16:00 | A | nil    | clue-report 2026-04
2026-05-08 10:00 | B | submit | clue-report 2026-04
2026-05-22 16:00 | O | nil    | clue-report 2026-05
2026-05-22 16:00 | A | nil    | clue-report 2026-05
2026-05-22 16:00 | B | submit | clue-report 2026-05
"""
TIMELINE = """
2026-03-02 一 | 下发       | 联络员                     | 行动：报告3 排查 处理 移交 宣传 监管 带头
2026-03-02 一 | 下发       | 联络员                     | 行动：总牵头 督查 考评   # 综合股, where the office is
2026-03-20 五 | 提醒       | 联络员                     | 报告3     # 25 March less three days is Sunday: back to Friday
2026-04-22 三 | 提醒       | 联络员                     | 报告4
2026-04-24 五 | 提醒       | 联络员                     | 余报告4   # the working day before Saturday 25
2026-04-27 一 | 催办       | 联络员、科室负责人         | 余报告4
2026-04-29 三 | 拟通报     | 主要负责人、上级主要负责人 | 余报告4   # 予以通报
2026-05-06 三 | 拟约谈     | 主要负责人、分管领导       | 余报告4   # 27 28 29 30 6
2026-05-08 五 | 拟考核扣分 | 主要负责人、组长           | 余报告4   # handed in an hour later: no 追责 on the 12th
2026-05-22 五 | 提醒       | 联络员                     | 报告5     # Monday 25: both reminders meet
"""


def test_the_interval_of_the_reports_is_asked_for(staged, fills) -> None:
    with pytest.raises(Refused) as refused:
        staged.launch(staged.order(KEY, START), LAUNCH)
    (said,) = refused.value.refusals
    assert ("定期" in said, "--set clue-report.every=" in said) == (True, True)
    assert staged.everything_launched() == 0
    without_end = staged.draft(staged.order(KEY, START, fills), LAUNCH)
    assert "“涉黑恶线索报告”没有结束日期，排不出各期" in without_end.warnings


def test_nothing_else_of_the_insurance_plan_has_a_date(staged, fills) -> None:
    staged.launch(staged.order(KEY, START, {**fills, **CHOSEN}), LAUNCH)
    stated = dict(line.split(" ", 1) for line in staged.lines(DATES))
    assert staged.dates() == {NAMES[matter]: when.strip() for matter, when in stated.items()}


def test_who_does_not_report_clues_climbs_until_the_report_comes(staged, fills, plot) -> None:
    staged.launch(staged.order(KEY, START, {**fills, **CHOSEN}), LAUNCH)
    acts = [
        (when, staged.act(unit, matter, name))
        for when, unit, name, matter in (line.split(" | ") for line in staged.lines(DONE))
    ]
    staged.live("2026-06-30 18:00", acts)
    words = plot(
        "R",
        NAMES,
        lambda matter: (
            ("O",) if matter in OF_THE_OFFICE else ("B",) if matter == "余报告4" else ("O", "A", "B")
        ),
        {},
        dict.fromkeys("OAB", "R"),
    )
    assert staged.told().differs_from(words.told(TIMELINE)) == []
    assert (staged.late("A"), staged.late("B")) == (set(), {"涉黑恶线索报告（2026年4月）"})
    assert staged.owed("A", "clue-report 2026-03").status == "nil"
