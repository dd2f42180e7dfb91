"""One window, five tasks, and nothing in them dated: what the coordinator dates is reminded of, the rest stays open.

Working days that matter: Sunday 20 September 2026 worked, 中秋 25–27 off, 国庆 1–7 October off. So: 14 15 16 17 18 20 |
21 22 23 24 | 28 29 30 | 8 9 October.
"""

from __future__ import annotations

KEY = "insurance-appraisal"
START, LAUNCH = "2026-09-01", "2026-08-28 15:00"
HELD = "liaison department_head deputy_leader principal"
UNITS = (
    ("R", "示例市医疗保障局", "authority", "市", None, "coordinator office group_leader principal"),
    ("K", "示例基金监管科", "department", "", "R", HELD),
    ("D", "示例医疗保障事务中心", "other", "", "R", HELD),
)
NAMES = {
    "方案": "成效评价提升工作方案",
    "余方案": "成效评价提升工作方案",
    "会议": "成效评价专题会议",
    "余会议": "成效评价专题会议",
    "专题会": "扫黑除恶专项斗争工作专题会",
    "学习": "全体干部职工集体学习",
    "制度": "常态化开展扫黑除恶斗争相关制度",
    "走访": "医药机构和患者家庭走访",
    **{f"宣传{month}": f"常态化“扫黑除恶”宣传（2026年{month}月）" for month in (9, 10, 11)},
    "余宣传10": "常态化“扫黑除恶”宣传（2026年10月）",
    "整治": "医疗保障行业领域专项整治",
    "教育": "医保行业从业人员教育管理",
    "合作": "与定点医疗机构和定点药店深度合作",
    "来访": "群众来访接待和举报反馈渠道",
    "举报人": "线索摸排和举报人保护",
    "衔接": "线索发现移交、通报反馈等衔接机制",
    "处罚": "违反制度的处罚和触犯法律的移交",
    "网上": "网上正面宣传、网络舆情监控和舆论引导",
    "办法": "成效评价宣传办法",
    "汇报": "扫黑除恶进展情况汇报",
    "公开": "治理成果、打击战果公开",
    "培训": "学习培训",
    "排查": "医疗保障领域涉黑涉恶现象排查",
    "查实": "查实问题上报（附整改时限）",
}

BLANKS = """
begins                  2026-09-01   # 20__年__月__日至20__年__月__日
ends                    2026-11-30
regular-publicity.every 每月         # 定期开展常态化“扫黑除恶”宣传工作: how often the text does not say
"""
CHOSEN = {"work-plan.due": "2026-09-11", "appraisal-meeting.due": "2026-09-18"}  # dates of this coordinator
DATES = """
方案   2026-09-11 18:00
会议   2026-09-18 18:00
专题会 及时        # 及时召开扫黑除恶专项斗争工作专题会
学习   未注明日期  # 组织全体干部职工进行集体学习
制度   未注明日期  # 研究完善常态化开展扫黑除恶斗争相关制度
走访   未注明日期  # 深入各级医药机构和患者家庭进行走访
宣传9  2026-09-30 18:00  # 定期开展…宣传工作, monthly as the coordinator says
宣传10 2026-10-31 18:00  # a Saturday
宣传11 2026-11-30 18:00
整治   未注明日期  # 坚持边整治边宣传
教育   未注明日期  # 加强医保行业从业人员的教育管理
合作   未注明日期  # 加强与定点医疗机构和定点药店深度合作
来访   未注明日期  # 认真接待群众来访…畅通…渠道
举报人 未注明日期  # 严格落实举报人保护
衔接   未注明日期  # 完善…衔接机制
处罚   未注明日期  # 对于触犯法律的,移交司法部门
网上   未注明日期  # 网络舆情监控和舆论引导
办法   未注明日期
汇报   及时        # 及时向上级汇报扫黑除恶进展情况
公开   及时        # 及时将治理成果、打击战果…向群众公开
培训   未注明日期
排查   未注明日期
查实   及时        # 要及时上报市扫黑办,并明确整改时限
"""

# 基金监管科 does both on the afternoon of the first reminder; the centre writes its plan late and holds no meeting.
# Ladder: -3d 提醒, -1wd 提醒, +1wd 催办, 对整改落实不到位的,进行约谈 (拟), then 问责 (拟).
DONE = """
2026-09-08 16:00 | K | work-plan
2026-09-24 16:00 | K | regular-publicity 2026-09
2026-09-24 16:01 | D | regular-publicity 2026-09
2026-10-23 16:00 | K | regular-publicity 2026-10
2026-10-30 16:00 | D | regular-publicity 2026-10
2026-11-24 16:00 | K | regular-publicity 2026-11
2026-11-24 16:01 | D | regular-publicity 2026-11
2026-09-14 16:00 | D | work-plan
2026-09-15 16:00 | K | appraisal-meeting
"""
TIMELINE = """
2026-09-01 二 | 下发   | 联络员               | 行动：方案 会议 专题会 学习 制度 走访 宣传9 办法 汇报 公开 培训 排查 查实
2026-09-01 二 | 下发   | 联络员               | 行动：整治 教育 合作 来访 举报人 衔接 处罚 网上
2026-09-08 二 | 提醒   | 联络员               | 方案
2026-09-10 四 | 提醒   | 联络员               | 余方案
2026-09-14 一 | 催办   | 联络员、科室负责人   | 余方案
2026-09-15 二 | 提醒   | 联络员               | 会议
2026-09-17 四 | 提醒   | 联络员               | 余会议
2026-09-20 日 | 催办   | 联络员、科室负责人   | 余会议   # a Sunday that is worked
2026-09-24 四 | 拟约谈 | 主要负责人、分管领导 | 余会议   # 20 21 22 23 24
2026-09-24 四 | 提醒   | 联络员               | 宣传9    # 27 September is off, and so are the 26th and 25th
2026-10-28 三 | 提醒   | 联络员               | 余宣传10 # Saturday 31 October less three days
2026-10-30 五 | 提醒   | 联络员               | 余宣传10 # the working day before; the centre does it that afternoon
2026-10-09 五 | 拟问责 | 组长                 | 余会议   # 28 29 30 8 9
"""


def test_the_appraisal_is_not_started_while_a_blank_is_open(staged, fills) -> None:
    staged.start_waits_for(fills, KEY, START, LAUNCH)


def test_the_appraisal_has_no_date_but_its_window_and_what_a_person_gives(staged, fills) -> None:
    staged.launch(staged.order(KEY, START, {**fills, **CHOSEN}), LAUNCH)
    assert staged.windows() == ["run 2026-09-01 00:00 — 2026-11-30 18:00"]
    stated = dict(line.split(" ", 1) for line in staged.lines(DATES))
    assert staged.dates() == {NAMES[matter]: when.strip() for matter, when in stated.items()}


def test_the_appraisal_reminds_of_what_the_coordinator_dated(staged, fills, plot) -> None:
    staged.launch(staged.order(KEY, START, {**fills, **CHOSEN}), LAUNCH)
    acts = [
        (when, staged.act(unit, matter, "submit"))
        for when, unit, matter in (line.split(" | ") for line in staged.lines(DONE))
    ]
    staged.live("2026-12-31 18:00", acts)
    words = plot("R", NAMES, lambda matter: ("D",) if matter.startswith("余") else ("K", "D"))
    assert staged.told().differs_from(words.told(TIMELINE)) == []
    assert (staged.late("K"), staged.late("D")) == (set(), {"成效评价提升工作方案"})
    assert staged.owed("D", "visits").status == "open"
