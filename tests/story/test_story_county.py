"""The county plan, whose every date is blank, filled as a coordinator would for September to November 2026.

Working days that matter, from the holiday arrangement of 2026: 中秋 25–27 September off; Sunday 20 September
worked; 国庆 1–7 October off; Saturday 10 October worked. So from 14 September on: 14 15 16 17 18 20 21 22 23 24 |
28 29 30 | 8 9 10 October | 12–16 | 19–23 | 26–30 | 2–6 November and Monday to Friday from there.
"""

from __future__ import annotations

import pytest

from states.errors import Faulty

KEY = "county-outstanding-issues"
HELD = "liaison department_head deputy_leader principal"
UNITS = (
    ("R", "示例县卫生健康局", "authority", "县", None, "coordinator office group_leader principal liaison"),
    ("G", "示例县医疗集团", "other", "县", "R", HELD),
    ("H1", "示例县人民医院", "hospital", "二级", "G", HELD),
    ("H2", "示例县中医院", "tcm_hospital", "二级", "G", HELD),
    ("T", "示例镇卫生院", "township_centre", "一级", "G", "department_head deputy_leader principal"),
)
OWING = ("G", "H1", "H2", "T")
HOSPITALS, INSTITUTIONS = ("H1", "H2"), ("H1", "H2", "T")  # 各医院; 各医疗机构: the group itself is neither
OWED_BY = {
    **dict.fromkeys(("方案", "会议", "摸排", "台账"), HOSPITALS),
    **dict.fromkeys(("整治报告", "长效机制", "自查", "会商", "三书一函"), INSTITUTIONS),
    "督导": ("R",),
    "二阶段": ("G", "T"),
}
VACANT = {("T", "联络员"): "G"}  # the township has no liaison: the group's hears
NAMES = {
    **{f"P{week}": f"进展情况（2026年第{week}周）" for week in range(36, 49)},
    **{f"F{month:02}": f"专项整治月报表（2026年{month}月）" for month in (9, 10, 11)},
    "方案": "本院专项整治工作方案",
    "会议": "部署会议",
    "摸排": "突出问题摸排和剖析",
    "台账": "工作台账（一案一档）",
    "一案": "一案一整治",
    "长效机制": "长效机制和政策制度",
    "自查": "自查",
    "整治报告": "整治报告",
    "总结": "专项整治总结",
    "调度会议": "调度会议",
    "会商": "专项整治会商",
    "领导": "主要领导第一责任人、分管领导靠前指挥",
    "三书一函": "“三书一函”督办交办等工作机制",
    "督导": "“点穴式”督导",
    "宣传": "专项整治行动宣传",
    "举报方式": "举报电话、信箱、电子网络公布",
    "二阶段": "“梳理摸排”阶段开始",  # it asks hospitals only
}

# Every blank of the text, in its order; the right side is what this story's coordinator decides.
BLANKS = """
begins           2026年9月        # 从20__年__月开始
ends             2026年11月底     # __月底结束
mobilise.until   2026-09-10       # 动员部署阶段__月__日前
investigate.from 2026-09-11       # 梳理摸排阶段__月__日至__日
investigate.until 2026-09-30
rectify.from     2026年10月       # 集中整治阶段__月至__月
rectify.until    2026年10月
summarise.from   2026年11月       # 总结提升阶段__月至__月
summarise.until  2026年11月
summary.due      2026-11-25       # 于__月__日前将专项整治总结上报
dispatch-meeting.every   不定期   # 定期召开调度会议: called as they come
joint-consultation.every 不定期   # 定期开展专项整治会商
"""
WINDOWS = """
mobilise    2026-09-01 00:00 — 2026-09-10 18:00
investigate 2026-09-11 00:00 — 2026-09-30 18:00
rectify     2026-10-01 00:00 — 2026-10-31 18:00
summarise   2026-11-01 00:00 — 2026-11-30 18:00
"""
DATES = """
方案     2026-09-10 18:00  # 动员部署阶段…各医院制定本院专项整治工作方案: the end of that phase
会议     2026-09-10 18:00  # 召开专门会议进行层层部署, the same
台账     2026-09-30 18:00  # 梳理摸排阶段…建立工作台账
摸排     2026-09-30 18:00  # 梳理摸排阶段…全面摸排…并对存在的问题进行剖析
一案     未注明日期        # 集中整治阶段…既坚持“一案一整治”
长效机制 2026-11-30 18:00  # 总结提升阶段…建立完善…长效机制
自查     2026-11-30 18:00  # 并组织开展自查
领导     未注明日期        # 主要领导人要严格落实第一责任人责任
三书一函 未注明日期        # 建立完善“三书一函”督办交办…等工作机制
督导     未注明日期        # 开展“点穴式”督导
宣传     未注明日期        # 广泛宣传专项整治行动的重大意义
举报方式 未注明日期        # 通过公布举报电话、信箱、电子网络等方式
整治报告 2026-11-30 18:00  # 总结提升阶段…形成整治报告,统一上报县卫健局
总结     2026-11-25 18:00
调度会议 不定期            # 定期召开调度会议: no interval, so no date
会商     不定期            # 定期开展专项整治会商
P36      2026-09-06 18:00  # 将进展情况…随扫黑除恶周报…上报: no day is named, so the week's last, Sunday
P37      2026-09-13 18:00
P38      2026-09-20 18:00  # a Sunday that is worked
P39      2026-09-27 18:00  # the last day of 中秋
P40      2026-10-04 18:00  # in 国庆
P41      2026-10-11 18:00
P42      2026-10-18 18:00
P43      2026-10-25 18:00
P44      2026-11-01 18:00
P45      2026-11-08 18:00
P46      2026-11-15 18:00
P47      2026-11-22 18:00
P48      2026-11-29 18:00
F09      2026-09-30 18:00  # 专项整治月报表: the month's last day
F10      2026-10-31 18:00
F11      2026-11-30 18:00
"""

# Ladder: -3d 提醒, -1wd 提醒, +1wd 催办 are sent; +3wd 通报, +5wd 约谈, +7wd 挂牌督办, +10wd 重点管理, +15wd
# 一票否决 wait (拟). Two reminders that meet on one morning are one.
NOBODY = """
2026-09-01 二 | 下发       | 联络员                   | 动员部署：督导   # the bureau's own
2026-09-01 二 | 下发       | 联络员                   | 动员部署：方案 会议 P36 F09 总结 调度会议 会商 领导 宣传 举报方式 三书一函
2026-09-03 四 | 提醒       | 联络员                   | P36
2026-09-04 五 | 提醒       | 联络员                   | P36
2026-09-07 一 | 提醒       | 联络员                   | 方案 会议
2026-09-07 一 | 催办       | 联络员、科室负责人       | P36
2026-09-09 三 | 提醒       | 联络员                   | 方案 会议
2026-09-09 三 | 拟通报     | 主要负责人、上级主要负责人 | P36
2026-09-10 四 | 提醒       | 联络员                   | P37
2026-09-11 五 | 下发       | 联络员                   | 梳理摸排：摸排 台账 二阶段
2026-09-11 五 | 未办结     | 联络员                   | P36 F09 总结 调度会议 会商 领导 宣传 举报方式 三书一函   # the others come under their own rungs
2026-09-11 五 | 提醒       | 联络员                   | P37
2026-09-11 五 | 催办       | 联络员、科室负责人       | 方案 会议
2026-09-11 五 | 拟约谈     | 主要负责人、分管领导     | P36
2026-09-14 一 | 催办       | 联络员、科室负责人       | P37
2026-09-15 二 | 拟通报     | 主要负责人、上级主要负责人 | 方案 会议
2026-09-15 二 | 拟挂牌督办 | 主要负责人、组长         | P36
2026-09-16 三 | 拟通报     | 主要负责人、上级主要负责人 | P37
2026-09-17 四 | 提醒       | 联络员                   | P38
2026-09-17 四 | 拟约谈     | 主要负责人、分管领导     | 方案 会议
2026-09-18 五 | 提醒       | 联络员                   | P38
2026-09-18 五 | 拟约谈     | 主要负责人、分管领导     | P37
2026-09-18 五 | 拟重点管理 | 主要负责人、组长         | P36        # 7 8 9 10 11, 14 15 16 17 18
2026-09-20 日 | 拟挂牌督办 | 主要负责人、组长         | 方案 会议  # 11, 14 15 16 17 18, Sunday 20
2026-09-21 一 | 催办       | 联络员、科室负责人       | P38
2026-09-21 一 | 拟挂牌督办 | 主要负责人、组长         | P37        # 14 15 16 17 18 20 21
2026-09-23 三 | 拟通报     | 主要负责人、上级主要负责人 | P38
2026-09-23 三 | 拟重点管理 | 主要负责人、组长         | 方案 会议
2026-09-24 四 | 提醒       | 联络员                   | P39 F09 摸排 台账   # all three would fall into 中秋
2026-09-24 四 | 拟重点管理 | 主要负责人、组长         | P37
2026-09-24 四 | 拟一票否决 | 组长                     | P36
2026-09-28 一 | 催办       | 联络员、科室负责人       | P39
2026-09-28 一 | 拟约谈     | 主要负责人、分管领导     | P38        # 21 22 23 24, 28
2026-09-29 二 | 提醒       | 联络员                   | F09 摸排 台账
2026-09-30 三 | 提醒       | 联络员                   | P40        # both its reminders, before 国庆
2026-09-30 三 | 拟通报     | 主要负责人、上级主要负责人 | P39
2026-09-30 三 | 拟挂牌督办 | 主要负责人、组长         | P38
2026-10-08 四 | 下发       | 联络员                   | 集中整治：F10 一案   # opened on 10-01, a day off
2026-10-08 四 | 未办结     | 联络员                   | 方案 会议 P36 P37 P38 P39 总结 调度会议 会商 领导 宣传 举报方式 三书一函
2026-10-08 四 | 提醒       | 联络员                   | P41
2026-10-08 四 | 催办       | 联络员、科室负责人       | P40 F09 摸排 台账
2026-10-08 四 | 拟一票否决 | 组长                     | 方案 会议  # the 15th: 24 is the 11th, 28 29 30, 8
2026-10-09 五 | 拟约谈     | 主要负责人、分管领导     | P39
2026-10-09 五 | 拟一票否决 | 组长                     | P37
2026-10-10 六 | 提醒       | 联络员                   | P41        # Saturday, worked: the working day before Sunday 10-11
2026-10-10 六 | 拟通报     | 主要负责人、上级主要负责人 | P40 F09 摸排 台账
2026-10-10 六 | 拟重点管理 | 主要负责人、组长         | P38
2026-10-12 一 | 催办       | 联络员、科室负责人       | P41
2026-10-12 一 | 拟挂牌督办 | 主要负责人、组长         | P39
2026-10-13 二 | 拟约谈     | 主要负责人、分管领导     | P40 F09 摸排 台账
2026-10-14 三 | 拟通报     | 主要负责人、上级主要负责人 | P41
2026-10-15 四 | 提醒       | 联络员                   | P42
2026-10-15 四 | 拟挂牌督办 | 主要负责人、组长         | P40 F09 摸排 台账
2026-10-15 四 | 拟重点管理 | 主要负责人、组长         | P39
2026-10-16 五 | 提醒       | 联络员                   | P42
2026-10-16 五 | 拟约谈     | 主要负责人、分管领导     | P41
2026-10-16 五 | 拟一票否决 | 组长                     | P38
2026-10-19 一 | 催办       | 联络员、科室负责人       | P42
2026-10-20 二 | 拟挂牌督办 | 主要负责人、组长         | P41
2026-10-20 二 | 拟重点管理 | 主要负责人、组长         | P40 F09 摸排 台账
2026-10-21 三 | 拟通报     | 主要负责人、上级主要负责人 | P42
2026-10-22 四 | 提醒       | 联络员                   | P43
2026-10-22 四 | 拟一票否决 | 组长                     | P39
2026-10-23 五 | 提醒       | 联络员                   | P43
2026-10-23 五 | 拟约谈     | 主要负责人、分管领导     | P42
2026-10-23 五 | 拟重点管理 | 主要负责人、组长         | P41
2026-10-26 一 | 催办       | 联络员、科室负责人       | P43
2026-10-27 二 | 拟挂牌督办 | 主要负责人、组长         | P42
2026-10-27 二 | 拟一票否决 | 组长                     | P40 F09 摸排 台账
2026-10-28 三 | 提醒       | 联络员                   | F10
2026-10-28 三 | 拟通报     | 主要负责人、上级主要负责人 | P43
2026-10-29 四 | 提醒       | 联络员                   | P44
2026-10-30 五 | 提醒       | 联络员                   | P44 F10
2026-10-30 五 | 拟约谈     | 主要负责人、分管领导     | P43
2026-10-30 五 | 拟重点管理 | 主要负责人、组长         | P42
2026-10-30 五 | 拟一票否决 | 组长                     | P41
2026-11-02 一 | 下发       | 联络员                   | 总结提升：P45 F11 长效机制 自查 整治报告
2026-11-02 一 | 未办结     | 联络员                   | 方案 会议 摸排 台账 P36 P37 P38 P39 P40 P41 P42 P43 F09 总结 调度会议 会商 一案 领导 宣传 举报方式 三书一函
2026-11-02 一 | 催办       | 联络员、科室负责人       | P44 F10
2026-11-03 二 | 拟挂牌督办 | 主要负责人、组长         | P43
2026-11-04 三 | 拟通报     | 主要负责人、上级主要负责人 | P44 F10
2026-11-05 四 | 提醒       | 联络员                   | P45
2026-11-06 五 | 提醒       | 联络员                   | P45
2026-11-06 五 | 拟约谈     | 主要负责人、分管领导     | P44 F10
2026-11-06 五 | 拟重点管理 | 主要负责人、组长         | P43
2026-11-06 五 | 拟一票否决 | 组长                     | P42
2026-11-09 一 | 催办       | 联络员、科室负责人       | P45
2026-11-10 二 | 拟挂牌督办 | 主要负责人、组长         | P44 F10
2026-11-11 三 | 拟通报     | 主要负责人、上级主要负责人 | P45
2026-11-12 四 | 提醒       | 联络员                   | P46
2026-11-13 五 | 提醒       | 联络员                   | P46
2026-11-13 五 | 拟约谈     | 主要负责人、分管领导     | P45
2026-11-13 五 | 拟重点管理 | 主要负责人、组长         | P44 F10
2026-11-13 五 | 拟一票否决 | 组长                     | P43
2026-11-16 一 | 催办       | 联络员、科室负责人       | P46
2026-11-17 二 | 拟挂牌督办 | 主要负责人、组长         | P45
2026-11-18 三 | 拟通报     | 主要负责人、上级主要负责人 | P46
2026-11-19 四 | 提醒       | 联络员                   | P47
2026-11-20 五 | 提醒       | 联络员                   | P47 总结   # 11-25 less 3 days is Sunday: back to Friday
2026-11-20 五 | 拟约谈     | 主要负责人、分管领导     | P46
2026-11-20 五 | 拟重点管理 | 主要负责人、组长         | P45
2026-11-20 五 | 拟一票否决 | 组长                     | P44 F10
2026-11-23 一 | 催办       | 联络员、科室负责人       | P47
2026-11-24 二 | 提醒       | 联络员                   | 总结
2026-11-24 二 | 拟挂牌督办 | 主要负责人、组长         | P46
2026-11-25 三 | 拟通报     | 主要负责人、上级主要负责人 | P47
2026-11-26 四 | 提醒       | 联络员                   | P48
2026-11-26 四 | 催办       | 联络员、科室负责人       | 总结
2026-11-27 五 | 提醒       | 联络员                   | P48 F11 长效机制 自查 整治报告   # 11-30 is a Monday: both reminders meet
2026-11-27 五 | 拟约谈     | 主要负责人、分管领导     | P47
2026-11-27 五 | 拟重点管理 | 主要负责人、组长         | P46
2026-11-27 五 | 拟一票否决 | 组长                     | P45
2026-11-30 一 | 催办       | 联络员、科室负责人       | P48
2026-11-30 一 | 拟通报     | 主要负责人、上级主要负责人 | 总结
2026-12-01 二 | 催办       | 联络员、科室负责人       | F11 长效机制 自查 整治报告
2026-12-01 二 | 拟挂牌督办 | 主要负责人、组长         | P47
2026-12-02 三 | 拟通报     | 主要负责人、上级主要负责人 | P48
2026-12-02 三 | 拟约谈     | 主要负责人、分管领导     | 总结
2026-12-03 四 | 拟通报     | 主要负责人、上级主要负责人 | F11 长效机制 自查 整治报告
2026-12-04 五 | 拟约谈     | 主要负责人、分管领导     | P48
2026-12-04 五 | 拟挂牌督办 | 主要负责人、组长         | 总结
2026-12-04 五 | 拟重点管理 | 主要负责人、组长         | P47
2026-12-04 五 | 拟一票否决 | 组长                     | P46
2026-12-07 一 | 拟约谈     | 主要负责人、分管领导     | F11 长效机制 自查 整治报告
2026-12-08 二 | 拟挂牌督办 | 主要负责人、组长         | P48
2026-12-09 三 | 拟挂牌督办 | 主要负责人、组长         | F11 长效机制 自查 整治报告
2026-12-09 三 | 拟重点管理 | 主要负责人、组长         | 总结
2026-12-11 五 | 拟重点管理 | 主要负责人、组长         | P48
2026-12-11 五 | 拟一票否决 | 组长                     | P47
2026-12-14 一 | 拟重点管理 | 主要负责人、组长         | F11 长效机制 自查 整治报告
2026-12-16 三 | 拟一票否决 | 组长                     | 总结
2026-12-18 五 | 拟一票否决 | 组长                     | P48
2026-12-21 一 | 拟一票否决 | 组长                     | F11 长效机制 自查 整治报告
"""

# 中医院 hands in its weekly reports on Wednesday mornings. 方案 is returned on Friday 09-11 at 16:00: due anew
# three working days later (14, 15, 16), with one reminder on the 15th.
DONE = """
2026-09-02 10:00 | submit | weekly-progress 2026-W36
2026-09-08 16:00 | submit | kick-off-meeting
2026-09-09 10:00 | submit | weekly-progress 2026-W37
2026-09-09 10:30 | submit | hospital-plan
2026-09-11 16:00 | return | hospital-plan
2026-09-16 10:00 | submit | weekly-progress 2026-W38
2026-09-16 10:30 | submit | hospital-plan
2026-09-23 10:00 | submit | weekly-progress 2026-W39
2026-09-23 10:30 | submit | monthly-form 2026-09
2026-09-28 10:00 | submit | case-ledger
2026-09-28 10:01 | submit | sweep
2026-09-29 10:00 | submit | weekly-progress 2026-W40
2026-10-09 10:00 | submit | weekly-progress 2026-W41   # a week that begins with three days off
2026-10-14 10:00 | submit | weekly-progress 2026-W42
2026-10-27 10:00 | submit | weekly-progress 2026-W43   # late: it was due on Sunday 10-25
2026-10-27 15:00 | submit | monthly-form 2026-10
2026-10-28 10:00 | submit | weekly-progress 2026-W44
"""
ONE_ACTS = """
2026-09-01 二 | 下发 | 联络员             | 动员部署：方案 会议 P36 F09 总结 调度会议 会商 领导 宣传 举报方式 三书一函
2026-09-07 一 | 提醒 | 联络员             | 方案 会议
2026-09-09 三 | 提醒 | 联络员             | 方案
2026-09-11 五 | 下发 | 联络员             | 梳理摸排：摸排 台账
2026-09-11 五 | 未办结 | 联络员           | F09 总结 调度会议 会商 领导 宣传 举报方式 三书一函
2026-09-15 二 | 提醒 | 联络员             | 方案
2026-09-24 四 | 提醒 | 联络员             | 摸排 台账
2026-10-08 四 | 下发 | 联络员             | 集中整治：F10 一案
2026-10-08 四 | 未办结 | 联络员           | 总结 调度会议 会商 领导 宣传 举报方式 三书一函
2026-10-08 四 | 提醒 | 联络员             | P41
2026-10-22 四 | 提醒 | 联络员             | P43
2026-10-23 五 | 提醒 | 联络员             | P43
2026-10-26 一 | 催办 | 联络员、科室负责人 | P43
2026-11-02 一 | 下发 | 联络员             | 总结提升：P45 F11 长效机制 自查 整治报告
2026-11-02 一 | 未办结 | 联络员           | 总结 调度会议 会商 一案 领导 宣传 举报方式 三书一函
"""
# Launched on Friday 28 August, before it begins. 集中整治 asks for nothing that would hold a unit back; what holds
# hospitals back before asks nothing of the group, the township and the bureau.
MOVES = """
2026-09-01 00:00 | 行动 | draft → mobilise
2026-09-01 00:00 | R | waiting → mobilise
2026-09-01 00:00 | G | waiting → mobilise
2026-09-01 00:00 | H1 | waiting → mobilise
2026-09-01 00:00 | H2 | waiting → mobilise
2026-09-01 00:00 | T | waiting → mobilise
2026-09-11 00:00 | 行动 | mobilise → investigate
2026-09-11 00:00 | R | mobilise → investigate
2026-09-11 00:00 | G | mobilise → investigate
2026-09-11 00:00 | H2 | mobilise → investigate
2026-09-11 00:00 | T | mobilise → investigate
2026-10-01 00:00 | 行动 | investigate → rectify
2026-10-01 00:00 | R | investigate → rectify
2026-10-01 00:00 | G | investigate → rectify
2026-10-01 00:00 | H2 | investigate → rectify
2026-10-01 00:00 | T | investigate → rectify
2026-11-01 00:00 | 行动 | rectify → summarise
2026-11-01 00:00 | R | rectify → summarise
2026-11-01 00:00 | G | rectify → summarise
2026-11-01 00:00 | H2 | rectify → summarise
2026-11-01 00:00 | T | rectify → summarise
"""
AFTER_THE_HOLIDAY = """
“集中整治”阶段开始
此前下发，尚未办结
“进展情况（2026年第41周）”应于10月11日18:00前办结，到期前3日，按方案提醒
“进展情况（2026年第40周）”应于10月4日18:00前办结，逾期1个工作日，按方案催办
“专项整治月报表（2026年9月）”应于9月30日18:00前办结，逾期1个工作日，按方案催办
“工作台账（一案一档）”应于9月30日18:00前办结，逾期1个工作日，按方案催办
“突出问题摸排和剖析”应于9月30日18:00前办结，逾期1个工作日，按方案催办
"""
LAUNCH = "2026-08-28 15:00"


@pytest.fixture
def launched(staged, fills):
    return staged.launch(staged.order(KEY, "2026-09-01", fills), LAUNCH)


@pytest.fixture
def words(plot):
    return plot(
        "R",
        NAMES,
        lambda matter: OWED_BY.get(matter, OWING),
        VACANT,
        {"G": "R", "H1": "G", "H2": "G", "T": "G"},
    )


def test_a_launch_names_every_blank_of_the_county_plan_and_refuses(staged, fills) -> None:
    staged.start_waits_for(fills, KEY, "2026-09-01", LAUNCH)


def test_a_fill_that_is_a_blank_itself_or_fits_nowhere_fills_nothing(staged, fills) -> None:
    still = staged.draft(staged.order(KEY, "2026-09-01", {**fills, "summary.due": "__月__日前"}), LAUNCH)
    assert [blank.place for blank in still.plan.blanks] == ["summary.due"]
    with pytest.raises(Faulty, match=r"summary\.until"):
        staged.draft(staged.order(KEY, "2026-09-01", {**fills, "summary.until": "2026-11-25"}), LAUNCH)


def test_the_filled_dates_of_the_county_plan_go_around_the_holidays(launched, words) -> None:
    assert launched.windows() == launched.lines(WINDOWS)
    stated = dict(line.split(" ", 1) for line in launched.lines(DATES))
    assert launched.dates() == {words.names[matter]: when for matter, when in stated.items()}


def test_where_nobody_hands_in_anything_the_county_ladder_runs_to_its_end(launched, words) -> None:
    launched.live("2027-01-31 18:00")
    assert launched.told().differs_from(words.told(NOBODY)) == []
    assert launched.mails_a_day() == {1}
    assert launched.moves() == [
        line for line in launched.lines(MOVES) if "H2 | " not in line or "waiting" in line
    ]
    assert launched.vacancies() == {("T", "liaison")}
    assert launched.reasons("H1", "2026-10-08") == set(launched.lines(AFTER_THE_HOLIDAY))


def test_a_hospital_that_hands_in_follows_the_county_plan_through_the_holidays(launched, words) -> None:
    acts = [
        (when, launched.act("H2", matter, name, reason="没有列出时间表" if name == "return" else None))
        for when, name, matter in (line.split(" | ") for line in launched.lines(DONE))
    ]
    acts += [(moment, launched.look(launched.behind)) for moment in ("2026-09-11 00:30", "2026-11-02 12:00")]
    launched.live("2026-11-02 18:00", acts)
    words.owes = lambda _: ("H2",)
    assert launched.told(["H2"]).differs_from(words.told(ONE_ACTS), "heard", "proposed") == []
    assert launched.moves() == launched.lines(MOVES)
    assert launched.seen == {
        "2026-09-11 00:30": ("investigate", ["H1"]),
        "2026-11-02 12:00": ("summarise", ["H1"]),
    }
    assert launched.late("H2") == {"进展情况（2026年第43周）"}
