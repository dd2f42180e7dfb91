"""The medical field: no phases, five tasks side by side, each owed by its departments and by the units it names.

Working days that matter in 2026: 中秋 25–27 September off, 国庆 1–7 October off, Saturday 10 October worked. So: 22 23
24 | 28 29 30 September | 8 9 10 October; and 26–30 October | 2 3 4 November; 23–27 | 30 November.
"""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from states.records import core
from states.records.tables import Milestone

KEY = "county-medical-field"
START, LAUNCH = "2026-09-01", "2026-08-31 15:00"
HELD = "liaison department_head deputy_leader principal"
HEAD = "liaison department_head"
UNITS = (
    ("R", "示例县卫生健康局", "authority", "县", None, "coordinator office group_leader principal liaison"),
    ("M", "医政医管科", "department", "", "R", HEAD),
    ("E", "卫生健康综合执法大队", "department", "", "R", HEAD),
    ("N", "安全生产科", "department", "", "R", HEAD),  # there is no 县红十字会办公室: the bureau stands in
    ("H", "示例县人民医院", "hospital", "二级", "R", HELD),
    ("P", "示例民营医院", "hospital", "一级", "R", HELD),
    ("Z", "示例民营中医院", "tcm_hospital", "一级", "R", HELD),  # a private hospital of another kind
    ("T", "示例镇卫生院", "township_centre", "一级", "R", HELD),
)
# matter: its name, who owes it (all of them until some have handed it in)
MATTERS = {
    "乱象": ("医疗乱象专项治理行动", "M E"),
    "余乱象": ("医疗乱象专项治理行动", "E"),
    "乱象各单位": ("医疗乱象专项治理（各医疗卫生单位）", "H P Z T"),
    "镇乱象": ("医疗乱象专项治理（各医疗卫生单位）", "T"),
    "巡查": ("民营医院专项巡查", "E M"),
    "民营": ("民营医院质量和安全隐患整改（各民营医院）", "P Z"),
    "余民营": ("民营医院质量和安全隐患整改（各民营医院）", "P"),
    "安防": ("医院安防系统建设项目", "N"),
    "安防医院": ("医院安防系统建设（二级及以上医院）", "H"),
    "血液": ("血液安全技术核查抽查", "E M"),
    "采供血": ("打击非法采供血行为", "E R"),
    "余采供血": ("打击非法采供血行为", "R"),
    "工作组": ("专项整治工作组", "H P Z T"),
    "线索": ("涉黑涉恶线索通报", "H P Z T"),
    "制度": ("监管制度完善", "H P Z T"),
}

# 完成时限 of the five tasks; the first three name units besides departments, who owe it by the same date.
BLANKS = """
chaos-units.due                  9月底前    # the plan prints one blank for the departments and the units: 1、…各医疗卫生单位。完成时限:__月底前
private-hospitals-units.due      10月底前   # 2、…各民营医院。完成时限:__月底前
security-units.due               11月底前   # 3、…二级及以上医院。完成时限:__月底前
workstream-blood-checks.due      10月底前   # 4、…完成时限:__月底前
workstream-illegal-blood.due     2026-11-30 # 5、…完成时限:长期坚持,__月底前取得明显成效
"""
DATES = """
乱象       2026-09-30 18:00
乱象各单位 2026-09-30 18:00
巡查       2026-10-31 18:00   # a Saturday
民营       2026-10-31 18:00
血液       2026-10-31 18:00
安防       2026-11-30 18:00
安防医院   2026-11-30 18:00
采供血     2026-11-30 18:00   # the interim date; the duty goes on
工作组     未注明日期         # 各单位要成立由主要领导牵头的专项整治工作组
线索       及时               # 线索及时向公安机关通报
制度       及时               # 要及时完善监管制度
"""

# Who hands in late: 执法大队 on the second reminder,
# the private hospital on 催办, the township never. The plan reproves nobody; the ladder is all reminders: -5wd, -1wd,
# +1wd 催办, +3wd 督促.
DONE = """
2026-09-22 16:00 | M | submit | workstream-chaos
2026-09-22 16:00 | H | submit | chaos-units
2026-09-22 16:00 | P | submit | chaos-units
2026-09-22 16:00 | Z | submit | chaos-units
2026-09-29 16:00 | E | submit | workstream-chaos
2026-10-26 16:00 | E | submit | workstream-private-hospitals
2026-10-26 16:00 | M | submit | workstream-private-hospitals
2026-10-26 16:00 | E | submit | workstream-blood-checks
2026-10-26 16:00 | M | submit | workstream-blood-checks
2026-10-26 16:00 | Z | submit | private-hospitals-units
2026-11-02 16:00 | P | submit | private-hospitals-units
2026-11-23 16:00 | N | submit | workstream-security
2026-11-23 16:00 | H | submit | security-units
2026-11-23 16:00 | E | submit | workstream-illegal-blood
2026-11-27 16:00 | R | submit | workstream-illegal-blood
"""
TIMELINE = """
2026-09-01 二 | 下发 | 联络员               | 行动：民营 安防医院 乱象各单位 工作组 线索 制度
2026-09-01 二 | 下发 | 联络员               | 行动：乱象 巡查 血液 安防 采供血   # the bureau too, which stands in
2026-09-22 二 | 提醒 | 联络员               | 乱象 乱象各单位   # 29 28 24 23 22
2026-09-29 二 | 提醒 | 联络员               | 余乱象 镇乱象
2026-10-08 四 | 催办 | 联络员、科室负责人   | 镇乱象
2026-10-10 六 | 督促 | 分管领导、主要负责人 | 镇乱象            # 8, 9 and the worked Saturday
2026-10-26 一 | 提醒 | 联络员               | 巡查 血液 民营    # 31 October is a Saturday: 30 29 28 27 26
2026-10-30 五 | 提醒 | 联络员               | 余民营
2026-11-02 一 | 催办 | 联络员、科室负责人   | 余民营
2026-11-23 一 | 提醒 | 联络员               | 安防 安防医院 采供血
2026-11-27 五 | 提醒 | 联络员               | 余采供血
"""


@pytest.fixture
def staged(story):
    staged = story.people(UNITS)
    for code, ownership in (("H", "公立"), ("P", "民营"), ("Z", "民营")):
        with staged.store.write() as session:
            told = sa.update(core.unit).where(core.unit.c.code == code).values(ownership=ownership)
            session.execute(told)
    return staged


def test_the_medical_field_is_not_started_while_a_blank_is_open(staged, fills) -> None:
    staged.start_waits_for(fills, KEY, START, LAUNCH)


def test_the_dates_of_the_medical_field_are_those_of_its_text(staged, fills) -> None:
    staged.launch(staged.order(KEY, START, fills), LAUNCH)
    stated = dict(line.split(" ", 1) for line in staged.lines(DATES))
    assert staged.dates() == {MATTERS[matter][0]: when for matter, when in stated.items()}
    standing = [one.name for one in staged.rows(Milestone) if one.standing]
    assert standing == ["打击非法采供血行为"], "长期坚持, though the date was filled in bare"


def test_five_tasks_run_side_by_side_to_their_own_dates(staged, fills, plot) -> None:
    drafted = staged.draft(staged.order(KEY, START, fills), LAUNCH)
    assert [said for said in drafted.warnings if "代收" in said and said.startswith("责任部门")] == [
        "责任部门“县红十字会办公室”不在单位表中，由示例县卫生健康局代收"
    ]
    staged.launch(staged.order(KEY, START, fills), LAUNCH)
    acts = [
        (when, staged.act(unit, matter, name))
        for when, unit, name, matter in (line.split(" | ") for line in staged.lines(DONE))
    ]
    staged.live("2026-12-31 18:00", acts)
    names = {matter: name for matter, (name, _) in MATTERS.items()}
    words = plot("R", names, lambda matter: tuple(MATTERS[matter][1].split()))
    assert staged.told().differs_from(words.told(TIMELINE)) == []
    assert staged.rows(Milestone, Milestone.name == names["采供血"])[0].standing
    assert (staged.late("P"), staged.late("H")) == ({names["民营"]}, set())
