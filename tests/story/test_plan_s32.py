"""An insurance bureau and its sections: three steps without dates, each begun by hand; a monthly report; no other units.

Working days of 2019: 端午 7–9 June off; 中秋 13–15 September off; Sunday 29 September worked; 国庆 1–7 October off;
Saturday 12 October worked. Otherwise Monday to Friday.
"""

from __future__ import annotations

import pytest

from states.errors import Refused
from states.records.tables import PhaseRow, UnitRun

KEY = "insurance-anti-gang"
START, LAUNCH = "2019-06-03", "2019-06-03 09:00"
UNITS = (
    ("R", "示例区医疗保障局", "authority", "区", None, "liaison principal coordinator office group_leader"),
    ("C", "示例区医疗保障中心", "other", "", "R", "liaison principal"),  # 局属单位: asked for clues alone
    ("O", "办公室", "department", "", "R", "liaison department_head"),
    ("A", "基金监管股", "department", "", "R", "liaison department_head"),
    ("B", "待遇保障股", "department", "", "R", "liaison department_head"),
    ("X", "示例中心财务科", "department", "", "C", "liaison"),  # no section of the bureau: asked nothing
)
OF_THE_OFFICE = {
    "专题": "专题会议",
    "方案": "工作方案",
    "动员": "动员会议",
    "宣传": "扫黑除恶专项斗争宣传",
    "机制": "工作机制",
    "细则": "督促检查、考核评价、责任追究的实施细则",
    "考评": "督查考评",
    **{f"例会{month}": f"领导小组办公室例会（2019年{month}月）" for month in range(6, 10)},
}
OF_ALL = {
    "线索": "涉黑涉恶线索通报",
    "专人": "信息采编、报送和联络专人",
    "重大": "重大信息",
    "法治": "扫黑除恶法治宣传教育",
    "有害": "有害信息的发现、封堵、删除",
    "举报人": "举报人保护措施",
    "责任人": "逐一落实责任人员",
    "薄弱": "存在问题和薄弱环节逐件整改",
    "排查": "定点医药机构全面排查",
    **{f"月报{month}": f"信息月报（2019年{month}月）" for month in range(6, 10)},
}
SECTIONS = ("O", "A", "B")
STAYING = ("重大", "法治", "有害", "举报人", "责任人", "薄弱")
OWING = {
    **dict.fromkeys(OF_THE_OFFICE, ("O",)),
    **dict.fromkeys(OF_ALL, SECTIONS),
    "线索": (*SECTIONS, "C"),
    # a mail that goes to the office alone
    **{f"办{matter}": ("O",) for matter in ("线索", "月报7", *STAYING)},
    "待遇月报7": ("B",),  # the others have handed theirs in
}
OWING |= dict.fromkeys(
    ("二步", "三步", "中心线索"), ("C",)
)  # no section is the centre's: only that a step begins
NAMES = {**OF_THE_OFFICE, **OF_ALL, **{f"办{matter}": name for matter, name in OF_ALL.items()}}
NAMES |= {"待遇月报7": OF_ALL["月报7"], "中心线索": OF_ALL["线索"]}
NAMES |= {"二步": "“营造氛围”阶段开始", "三步": "“形成合力”阶段开始"}

BLANK = {"regular-meeting.every": "每月"}  # 领导小组办公室定期召开例会: how often the text does not say
CHOSEN = {"ends": "2019-09-30"}  # the text names no end; without one no month follows another
DATES = """
专题   未注明日期        # 召开专题会议进行专题研究
方案   未注明日期        # 结合实际精心制定工作方案
动员   未注明日期        # 召开动员会议进行宣传动员
宣传   未注明日期        # 印发扫黑除恶专项斗争宣传资料
排查   未注明日期        # 深入到我区定点医药机构进行全面排查
线索   及时              # 涉黑涉恶线索,要及时向公安机关通报
专人   未注明日期        # 局各股室应指派专人
重大   及时              # 实行重大信息及时报送制度
法治   未注明日期        # 将扫黑除恶法治宣传教育与普法活动、作风建设结合起来
有害   及时              # 及时发现、封堵、删除有害信息
举报人 未注明日期        # 完善并严格落实举报人的相关保护措施
考评   未注明日期        # 由…领导小组办公室牵头具体负责督查考评
责任人 未注明日期        # 逐一落实责任人员
薄弱   未注明日期        # 逐件抓好整改落实和改进完善
机制   未注明日期        # 建立…信访工作机制…线索移交机制
细则   未注明日期        # 制定…实施细则
月报6  2019-06-30 18:00  # 和信息月报制度: no day is named, so the month's last
月报7  2019-07-31 18:00
月报8  2019-08-31 18:00
月报9  2019-09-30 18:00
例会6  2019-06-30 18:00  # 定期召开例会, monthly as the coordinator says
例会7  2019-07-31 18:00
例会8  2019-08-31 18:00
例会9  2019-09-30 18:00
"""

# 待遇保障股 forgets July's report. The office meets and files in time, 基金监管股 too.
EVERY_MONTH = [("2019-06-25", "2019-06"), ("2019-07-25", "2019-07"), ("2019-08-26", "2019-08"), ("2019-09-25", "2019-09")]  # fmt: skip
DONE = [
    *((f"{day} 10:0{n}", unit, f"monthly-report {month}") for day, month in EVERY_MONTH for n, unit in enumerate("OAB")),
    *((f"{day} 14:00", "O", f"regular-meeting {month}") for day, month in EVERY_MONTH),
    *((f"2019-06-05 1{n}:00", unit, "officer") for n, unit in enumerate("OAB")),
    *((f"2019-06-10 1{n}:00", "O", matter) for n, matter in enumerate(("special-meeting", "work-plan", "kick-off-meeting"))),
    ("2019-07-12 10:00", "O", "publicity"),
]  # fmt: skip
FORGOTTEN = ("B", "monthly-report 2019-07")
# Ladder: -1wd 提醒 is sent; +1wd “点对点”通报, +3wd 约谈提醒, +10wd 倒查问责 wait (拟). 07-31 is a Wednesday: 30 | 1 ·
# 5 · tenth: 1 2 5 6 7 8 9 12 13 14. A step is told to the sections that it asks for something.
TIMELINE = """
2019-06-04 二 | 下发             | 联络员             | 精心组织：专题 方案 动员 机制 细则 考评 例会6 线索 专人 重大 法治 有害 举报人 责任人 薄弱 月报6
2019-07-08 一 | 下发             | 联络员             | 营造氛围：宣传 二步
2019-07-08 一 | 未办结           | 联络员             | 办线索 办重大 办法治 办有害 办举报人 办责任人 办薄弱 机制 细则 考评 例会7 办月报7 中心线索
2019-07-30 二 | 提醒             | 联络员             | 待遇月报7
2019-08-01 四 | 拟“点对点”通报 | 联络员、科室负责人 | 待遇月报7
2019-08-07 三 | 下发             | 联络员             | 形成合力：排查 三步
2019-08-07 三 | 未办结           | 联络员             | 线索 重大 法治 有害 举报人 责任人 薄弱 机制 细则 考评 例会8 月报8 待遇月报7
2019-08-05 一 | 拟约谈提醒       | 科室负责人         | 待遇月报7
2019-08-14 三 | 拟倒查问责       | 科室负责人、组长   | 待遇月报7
"""
MOVES = """
2019-06-04 10:00 | 行动 | draft → organise
2019-06-04 10:00 | C | waiting → organise
2019-06-04 10:00 | O | waiting → organise
2019-06-04 10:00 | A | waiting → organise
2019-06-04 10:00 | B | waiting → organise
2019-07-08 10:00 | 行动 | organise → publicise
2019-07-08 10:00 | C | organise → publicise
2019-07-08 10:00 | O | organise → publicise
2019-07-08 10:00 | A | organise → publicise
2019-07-08 10:00 | B | organise → publicise
2019-08-07 10:00 | 行动 | publicise → join-forces
2019-08-07 10:00 | C | publicise → join-forces
2019-08-07 10:00 | O | publicise → join-forces
2019-08-07 10:00 | A | publicise → join-forces
2019-08-07 10:00 | B | publicise → join-forces
"""


@pytest.fixture
def launched(staged):
    return staged.launch(staged.order(KEY, START, {**BLANK, **CHOSEN}), LAUNCH)


def test_how_often_the_office_meets_is_asked_for(staged) -> None:
    order = staged.order(KEY, START, CHOSEN)
    drafted = staged.draft(order, LAUNCH)
    assert [(one.place, one.words) for one in drafted.plan.blanks] == [("regular-meeting.every", "定期")]
    with pytest.raises(Refused, match=r"--set regular-meeting\.every="):
        staged.launch(order, LAUNCH)
    assert staged.everything_launched() == 0


def test_without_an_end_the_monthly_report_is_not_laid_out_and_the_launch_says_so(staged) -> None:
    drafted = staged.draft(staged.order(KEY, START, BLANK), LAUNCH)
    assert "“信息月报”没有结束日期，排不出各期" in drafted.warnings
    assert [one for one in drafted.plan.milestones if one.requirement == "monthly-report"] == []


def test_sections_alone_can_be_asked_but_there_must_be_one(story) -> None:
    story.people(UNITS[:1])
    drafted = story.draft(story.order(KEY, START, {**BLANK, **CHOSEN}), LAUNCH)
    assert drafted.refusals == ("没有单位参加：所选范围内没有单位",)


def test_the_months_are_laid_out_and_the_steps_have_no_date(launched) -> None:
    assert {launched.codes[one.unit_id] for one in launched.rows(UnitRun)} == {"O", "A", "B", "C"}
    stated = dict(line.split(" ", 1) for line in launched.lines(DATES))
    assert launched.dates() == {NAMES[matter]: when.strip() for matter, when in stated.items()}
    assert {one.opens_at for one in launched.rows(PhaseRow)} == {None}


def test_three_steps_begun_by_hand_reach_the_sections_they_ask(launched, plot) -> None:
    acts = [
        (when, launched.act(unit, matter, "submit"))
        for when, unit, matter in DONE
        if (unit, matter) != FORGOTTEN
    ]
    acts += [(f"{day} 10:00", launched.advance) for day in ("2019-06-04", "2019-07-08", "2019-08-07")]
    launched.live("2019-12-31 18:00", acts)
    words = plot("R", NAMES, OWING.__getitem__, {}, dict.fromkeys("OABC", "R"))
    assert launched.told().differs_from(words.told(TIMELINE)) == []
    assert launched.moves() == launched.lines(MOVES)
