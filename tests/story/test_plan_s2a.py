"""The county's medical conduct plan of 2023, its months filled as a coordinator would, from August to December.

Working days that matter, from the holiday arrangement of 2023 and 2024: 中秋 and 国庆 29 September–6 October off;
Saturday 7 and Sunday 8 October worked; 30 December–1 January off. Otherwise Monday to Friday.
"""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from states.records import core, figures, reaching
from states.records.campaigns import running
from states.records.reaching import Reach

KEY = "county-medical-conduct-2023"
HELD = "liaison department_head deputy_leader principal"
UNITS = (
    ("R", "示例县卫生健康局", "authority", "县", None, f"{HELD} coordinator office group_leader"),
    ("D", "医政医管科", "department", "", "R", "liaison department_head"),
    ("H1", "示例县人民医院", "hospital", "二级", "R", HELD),
    ("H2", "示例县中医院", "tcm_hospital", "二级", "R", HELD),
    ("T", "示例镇卫生院", "township_centre", "一级", "R", HELD),
    ("C", "示例诊所", "clinic", "", "R", "principal"),  # nobody else there: the bureau hears
)
OWING = ("H1", "H2", "T", "C")
VACANT = {("C", "联络员"): "R", ("C", "科室负责人"): "R", ("C", "分管领导"): "R"}
NAMES = {
    "名单": "专职行风建设人员名单",
    "会议": "工作会议",
    "自查": "自查工作",
    "风险点": "重点环节风险点管控（各公立医疗机构）",  # of 人民医院 alone it is known that it is public
    "监督员": "聘请社会各界行风监督员",
    "渠道": "行风问题投诉举报渠道",
    "举报受理": "“红包”、回扣问题举报受理工作",
    "案件": "案件台账",
    "曝光": "曝光典型案件、清理整顿不规范机构",
    "机制": "主要领导负总责、分管领导具体抓的工作机制",
    "宣传": "宣传教育",
    "开始": "“整治”阶段开始",  # it asks nothing of the institutions themselves
    "暗访": "专项巡查暗访",
    "总结": "单位专项整治行动总结",
    "区域总结": "本区域内专项整治工作总结和评估",
}
OF_THE_DEPARTMENT = ("暗访", "区域总结")
OF_PUBLIC_ONES = ("风险点",)

# Every blank of the text, in its order; the right side is what this story's coordinator decides.
BLANKS = """
begins           2023年8月       # 专项整治时间为2023年XX月-XX月
ends             2023年12月
self-check.until 2023-09-15      # 自查阶段(2023年XX月15日前)
rectify.from     2023年10月      # 整治阶段(2023年XX月-XX月)
rectify.until    2023年11月
summarise.from   2023年12月      # 总结阶段(2023年XX月)
summarise.until  2023年12月
"""
WINDOWS = """
self-check 2023-08-01 00:00 — 2023-09-15 18:00
rectify    2023-10-01 00:00 — 2023-11-30 18:00
summarise  2023-12-01 00:00 — 2023-12-31 18:00
"""
DATES = """
名单     2023-08-15 18:00  # 人员名单请于8月15日前上报医政医管科: no year and in no phase
会议     2023-09-15 18:00  # 自查阶段…各医疗机构组织召开工作会议: the end of that phase
自查     2023-09-15 18:00  # 自查阶段…要按照本方案要求开展自查工作
风险点   未注明日期        # 三、工作任务: 各公立医疗机构…要有完备的风险点管控措施, in no phase and without a date
监督员   2023-09-15 18:00  # 自查阶段…聘请社会各界行风监督员
渠道     2023-09-15 18:00  # 自查阶段…规范行风问题投诉举报渠道
举报受理 未注明日期        # 要确定专门人员…: no date
案件     未注明日期        # 建立案件台账
曝光     未注明日期        # 曝光一批典型违法违规案件,清理整顿一批管理不规范的医疗机构
机制     未注明日期        # 建立主要领导负总责、分管领导具体抓的工作机制
宣传     未注明日期        # 各医疗机构要通过宣传…
暗访     未注明日期        # 持续开展专项巡查暗访
总结     2023-12-31 18:00  # 总结阶段…单位专项整治行动总结报送卫健局医政医管科
区域总结 2023-12-31 18:00  # 总结阶段…对本区域内专项整治工作情况进行总结和评估
"""

# Ladder: -3wd 提醒, +1wd 催办 are sent; +3wd 约谈, +5wd 问责, +10wd 追究领导责任 wait (拟).
# 08-15 is a Tuesday: 14 11 10 | 16 · 18 · 22 · 29. 09-15 is a Friday: 14 13 12 | 18 · 20 · 22 ·, tenth: 18 19 20 21
# 22 25 26 27 28, Saturday 7 October. 12-31 is a Sunday: 29 28 27 | 2 · 4 · 8 · 15 January (the 1st is off).
NOBODY = """
2023-08-01 二 | 下发       | 联络员             | 自查：名单 会议 自查 监督员 渠道 举报受理 案件 曝光 机制 宣传 风险点
2023-08-10 四 | 提醒       | 联络员             | 名单
2023-08-16 三 | 催办       | 联络员、科室负责人 | 名单
2023-08-18 五 | 拟约谈     | 分管领导           | 名单
2023-08-22 二 | 拟问责     | 主要负责人         | 名单
2023-08-29 二 | 拟追究领导责任 | 主要负责人、组长 | 名单
2023-09-12 二 | 提醒       | 联络员             | 会议 自查 监督员 渠道
2023-09-18 一 | 催办       | 联络员、科室负责人 | 会议 自查 监督员 渠道
2023-09-20 三 | 拟约谈     | 分管领导           | 会议 自查 监督员 渠道
2023-09-22 五 | 拟问责     | 主要负责人         | 会议 自查 监督员 渠道
2023-10-07 六 | 下发       | 联络员             | 整治：开始       # opened on 10-01, a day off
2023-10-07 六 | 未办结     | 联络员             | 名单 会议 自查 监督员 渠道 举报受理 案件 曝光 机制 宣传 风险点
2023-10-07 六 | 下发       | 联络员             | 整治：暗访
2023-10-07 六 | 拟追究领导责任 | 主要负责人、组长 | 会议 自查 监督员 渠道
2023-12-01 五 | 下发       | 联络员             | 总结：总结 区域总结
2023-12-01 五 | 未办结     | 联络员             | 名单 会议 自查 监督员 渠道 举报受理 案件 曝光 机制 宣传 暗访 风险点
2023-12-27 三 | 提醒       | 联络员             | 总结 区域总结
2024-01-02 二 | 催办       | 联络员、科室负责人 | 总结 区域总结
2024-01-04 四 | 拟约谈     | 分管领导           | 总结 区域总结
2024-01-08 一 | 拟问责     | 主要负责人         | 总结 区域总结
2024-01-15 一 | 拟追究领导责任 | 主要负责人、组长 | 总结 区域总结
"""
# The department owes nothing that would hold it back.
MOVES = """
2023-08-01 00:00 | 行动 | draft → self-check
2023-08-01 00:00 | D | waiting → self-check
2023-08-01 00:00 | H1 | waiting → self-check
2023-08-01 00:00 | H2 | waiting → self-check
2023-08-01 00:00 | T | waiting → self-check
2023-08-01 00:00 | C | waiting → self-check
2023-10-01 00:00 | 行动 | self-check → rectify
2023-10-01 00:00 | D | self-check → rectify
2023-12-01 00:00 | 行动 | rectify → summarise
2023-12-01 00:00 | D | rectify → summarise
"""
# 人民医院 and 卫生院 do all that the phases ask.
DONE = """
2023-08-11 10:00 | H1 | conduct-staff-list
2023-08-14 10:00 | T | conduct-staff-list
2023-09-11 10:00 | H1 | kick-off-meeting
2023-09-11 10:01 | H1 | self-check-work
2023-09-13 10:02 | H1 | supervisors
2023-09-13 10:03 | H1 | report-channels
2023-09-14 10:00 | T | kick-off-meeting
2023-09-14 10:01 | T | self-check-work
2023-09-14 10:02 | T | supervisors
2023-09-14 10:03 | T | report-channels
2023-09-14 11:00 | H1 | case-ledger
2023-12-20 10:00 | H1 | unit-summary
2023-12-20 10:01 | T | unit-summary
"""
HOSPITAL = """
2023-08-01 二 | 下发   | 联络员 | 自查：名单 会议 自查 监督员 渠道 举报受理 案件 曝光 机制 宣传 风险点
2023-08-10 四 | 提醒   | 联络员 | 名单
2023-09-12 二 | 提醒   | 联络员 | 监督员 渠道
2023-10-07 六 | 下发   | 联络员 | 整治：开始
2023-10-07 六 | 未办结 | 联络员 | 举报受理 曝光 机制 宣传 风险点
2023-12-01 五 | 下发   | 联络员 | 总结：总结
2023-12-01 五 | 未办结 | 联络员 | 举报受理 曝光 机制 宣传 风险点
"""
HOSPITAL_MOVES = """
2023-08-01 00:00 | 行动 | draft → self-check
2023-08-01 00:00 | H1 | waiting → self-check
2023-10-01 00:00 | 行动 | self-check → rectify
2023-10-01 00:00 | H1 | self-check → rectify
2023-12-01 00:00 | 行动 | rectify → summarise
2023-12-01 00:00 | H1 | rectify → summarise
2023-12-21 10:00 | H1 | summarise → closed
"""
# 集中整治范围要实现辖区内医院(含中医院和妇幼保健院)全覆盖…: the bureau inspects both hospitals, one of the others.
INSPECTED = (("2023-10-10", "H1"), ("2023-10-12", "H1"), ("2023-11-07", "H2"), ("2023-11-20", "T"))
HALF = "其他类型医疗机构覆盖50%以上"
LAUNCH = "2023-07-28 15:00"


@pytest.fixture
def launched(staged, fills):
    with staged.store.write() as session:
        session.execute(sa.update(core.unit).where(core.unit.c.code == "H1").values(ownership="公立"))
    return staged.launch(staged.order(KEY, "2023-08-01", fills), LAUNCH)


@pytest.fixture
def words(plot):
    def owes(matter: str) -> tuple[str, ...]:
        if matter in OF_PUBLIC_ONES:
            return ("H1",)
        return ("D",) if matter in OF_THE_DEPARTMENT else OWING

    return plot("R", NAMES, owes, VACANT, dict.fromkeys((*OWING, "D"), "R"))


def test_a_launch_names_every_blank_of_the_conduct_plan_and_refuses(staged, fills) -> None:
    staged.start_waits_for(fills, KEY, "2023-08-01", LAUNCH)


def test_the_list_of_staff_is_due_in_august_though_it_belongs_to_no_phase(launched, words) -> None:
    assert launched.windows() == launched.lines(WINDOWS)
    stated = dict(line.split(" ", 1) for line in launched.lines(DATES))
    assert launched.dates() == {words.names[matter]: when for matter, when in stated.items()}


def test_where_nobody_hands_in_anything_the_conduct_plan_runs_to_its_end(launched, words) -> None:
    launched.live("2024-01-31 18:00")
    assert launched.told().differs_from(words.told(NOBODY)) == []
    assert launched.mails_a_day() == {1}
    assert launched.moves() == launched.lines(MOVES)
    assert launched.vacancies() == {("C", "liaison"), ("C", "department_head")}


def test_hospitals_are_covered_wholly_and_others_by_half(launched, words) -> None:
    acts = [
        (when, launched.act(unit, matter, "submit"))
        for when, unit, matter in (line.split(" | ") for line in launched.lines(DONE))
    ]
    acts += [(f"2023-12-21 10:0{n}", launched.move(unit, "close")) for n, unit in enumerate(("H1", "T"))]
    acts += [(f"{day} 16:00", inspected(launched, unit, day)) for day, unit in INSPECTED]
    seen = ("2023-10-12 18:00", "2023-11-30 18:00", "2023-12-22 10:00")
    acts += [(when, launched.look(lambda now: covered(launched, now))) for when in seen]
    launched.live("2024-01-31 18:00", acts)
    words.owes = lambda _: ("H1",)
    assert launched.told(["H1"]).differs_from(words.told(HOSPITAL), "heard", "proposed") == []
    assert launched.moves(["H1"]) == launched.lines(HOSPITAL_MOVES)
    assert launched.seen == {
        "2023-10-12 18:00": [("医院全覆盖", 100, 1, 2, 50.0, False), (HALF, 50, 0, 2, 0.0, False)],
        "2023-11-30 18:00": [("医院全覆盖", 100, 2, 2, 100.0, True), (HALF, 50, 1, 2, 50.0, True)],
        "2023-12-22 10:00": [("医院全覆盖", 100, 2, 2, 100.0, True), (HALF, 50, 1, 2, 50.0, True)],
    }


def inspected(told, unit: str, day: str):
    """The bureau inspects a unit and writes it down that afternoon."""

    def do(now) -> int:
        with told.store.write() as session:
            found = [Reach(unit, date.fromisoformat(day), "", "集中整治现场检查")]
            return reaching.record(session, running(session, told.campaign), found, now, "test")

    return do


def covered(told, now) -> list[tuple[str, int, int, int, float, bool]]:
    with told.store.read() as session:
        found = figures.tally(session, running(session, told.campaign), now).coverage
    return [(one.name, one.target, one.reached, one.total, one.percent, one.met) for one in found]
