"""What the inspectors found: three rows, two of them for good, and every quarter an inspection of every unit.

Working days that matter: 劳动节 1–5 May 2026 off, Saturday 9 May worked; 中秋 25–27 September off. So: 27 28 29 30
April | 6 7 8 9 | 11–15 | 18 May, and 22 23 24 | 28 29 30 September.
"""

from __future__ import annotations

from datetime import timedelta

from states.records import quotas
from states.records.campaigns import running
from states.records.quotas import Done
from states.records.tables import LedgerItem

KEY = "county-inspection-feedback"
START, LAUNCH = "2026-03-02", "2026-03-02 08:00"
HELD = "liaison department_head deputy_leader principal"
UNITS = (
    ("R", "示例县卫生健康委", "authority", "县", None, "coordinator office group_leader principal liaison"),
    ("B", "卫健委办公室", "department", "", "R", "liaison department_head"),
    ("F", "法治监督股", "department", "", "R", "liaison department_head"),
    ("D", "专项工作督查小组", "department", "", "R", "liaison department_head"),
    ("H", "示例县人民医院", "hospital", "二级", "R", HELD),
    ("T", "示例镇卫生院", "township_centre", "一级", "R", HELD),
)
NAMES = {
    **{
        f"督查{quarter}": f"对各单位的专项督查（2026年第{'一二三四'[quarter - 1]}季度）"
        for quarter in (1, 2, 3, 4)
    },
    "组织": "组织领导方面问题整改（各机构）",
    "镇组织": "组织领导方面问题整改（各机构）",
    "政治": "政治站位方面问题整改（各机构）",
    "治理": "综合治理方面问题整改（各机构）",
    "股室政治": "政治站位方面问题整改（委各股室）",
    "股室治理": "综合治理方面问题整改（委各股室）",
    "移送": "扫黑除恶对象移送",
    "线索": "涉黑涉恶问题线索上报、移交",
    "台账1": "台账第1项（政治站位方面）",
    "台账2": "台账第2项（综合治理方面）",
    "台账3": "台账第3项（组织领导方面）",
    "股室台账3": "台账第3项（组织领导方面）",
}

# 完成时限:20__年__月__日前完成, for the institutions and for the row itself.
BLANKS = """
organisation.due 2026-04-30
"""
CHOSEN = {"ends": "2026-12-31"}  # no end is written; the quarters of this year are inspected
DATES = """
组织  2026-04-30 18:00   # 20__年__月__日前完成
台账3 2026-04-30 18:00
政治  立行立改并长期坚持 # no date, and it stays
治理  立行立改并长期坚持
股室政治 立行立改并长期坚持 # 责任单位: 卫健委各股室
股室治理 立行立改并长期坚持
移送  及时               # 及时移送公安机关依法处理
台账1 立行立改并长期坚持
台账2 立行立改并长期坚持
线索  及时               # 对发现的涉黑涉恶问题线索及时上报、移交
督查1 2026-03-31 18:00   # 每季度拟对各单位至少开展1次专项督查: by the quarter's last day
督查2 2026-06-30 18:00
督查3 2026-09-30 18:00
督查4 2026-12-31 18:00
"""

# 责任股室 of row 3 are 办公室 and 法治监督股, and the institutions, for whom the commission holds the row. All three
# hand it in after the first reminder, the hospital its part too; the township does nothing. The inspectors are a day
# late in June. Ladder: -3d 提醒, -1wd 提醒, +1wd 催办, then 通报、约谈 and 执纪问责 (拟); the inspectors' own: -5wd, +1wd.
DONE = """
2026-03-24 16:00 | D | inspected | quarterly-inspection
2026-04-27 16:00 | B | submit | ledger-3
2026-04-27 16:00 | F | submit | ledger-3
2026-04-27 16:00 | R | submit | ledger-3
2026-04-27 16:00 | H | submit | organisation
2026-04-28 10:00 | B | accept | ledger-3
2026-04-28 10:00 | F | accept | ledger-3
2026-04-28 10:00 | R | accept | ledger-3
2026-07-01 16:00 | D | inspected | quarterly-inspection   # held on 30 June, told a day later
2026-09-22 16:00 | D | inspected | quarterly-inspection
2026-12-24 16:00 | D | inspected | quarterly-inspection
"""
TIMELINE = """
2026-03-02 一 | 下发       | 联络员                     | 行动：督查1         # the section that inspects
2026-03-02 一 | 下发       | 联络员                     | 行动：政治 治理 组织 线索 移送
2026-03-02 一 | 下发       | 联络员                     | 行动：股室政治 股室治理 股室台账3   # 卫健委各股室; 办公室、法治监督股 of row 3
2026-03-24 二 | 提醒       | 联络员                     | 督查1         # 30 27 26 25 24
2026-04-27 一 | 提醒       | 联络员                     | 组织 台账3
2026-04-29 三 | 提醒       | 联络员                     | 镇组织
2026-05-06 三 | 催办       | 联络员、科室负责人         | 镇组织
2026-05-08 五 | 拟通报     | 主要负责人、上级主要负责人 | 镇组织        # 采取通报约谈等措施
2026-05-11 一 | 拟约谈     | 主要负责人、分管领导       | 镇组织        # 6 7 8 9 11
2026-05-18 一 | 拟执纪问责 | 组长                       | 镇组织        # 依纪依规执纪问责
2026-06-23 二 | 提醒       | 联络员                     | 督查2
2026-07-01 三 | 催办       | 联络员、科室负责人         | 督查2
2026-09-22 二 | 提醒       | 联络员                     | 督查3         # 29 28 24 23 22: 中秋 between
2026-12-24 四 | 提醒       | 联络员                     | 督查4
"""


def owes(matter: str) -> tuple[str, ...]:
    owed = {"台账3": ("B", "F", "R"), "组织": ("H", "T"), "镇组织": ("T",)}
    owed |= {"股室政治": ("B", "F", "D"), "股室治理": ("B", "F", "D"), "股室台账3": ("B", "F")}
    return owed.get(matter, ("D",) if matter.startswith("督查") else ("H", "T"))


def test_the_rectification_is_not_started_while_a_blank_is_open(staged, fills) -> None:
    staged.start_waits_for(fills, KEY, START, LAUNCH)


def test_without_an_end_the_quarters_are_not_invented(staged, fills) -> None:
    drafted = staged.draft(staged.order(KEY, START, fills), LAUNCH)
    assert drafted.refusals == ()
    assert "“对各单位的专项督查”没有结束日期，排不出各期" in drafted.warnings
    assert not [one for one in drafted.plan.milestones if one.requirement == "quarterly-inspection"]


def test_the_dates_of_the_rectification_are_those_of_its_text(staged, fills) -> None:
    staged.launch(staged.order(KEY, START, {**fills, **CHOSEN}), LAUNCH)
    stated = dict(line.split(" ", 1) for line in staged.lines(DATES))
    assert staged.dates() == {NAMES[matter]: when.strip() for matter, when in stated.items()}
    assert [(row.no, row.standing) for row in staged.rows(LedgerItem)] == [(1, True), (2, True), (3, False)]


def inspected(staged, unit: str):
    """The inspectors write down an inspection; what is told on the first of a month was held the day before."""

    def do(now) -> list[int]:
        today = now.astimezone(staged.hours.zone).date()
        held = today - timedelta(days=1) if today.day == 1 else today
        with staged.store.write() as session:
            found = [Done(unit, "quarterly-inspection", held, "对各单位专项督查一遍")]
            return quotas.record(session, running(session, staged.campaign), found, now, "test")

    return do


def test_the_third_row_is_done_and_the_others_stay(staged, fills, plot) -> None:
    staged.launch(staged.order(KEY, START, {**fills, **CHOSEN}), LAUNCH)
    acts = [
        (when, inspected(staged, unit) if name == "inspected" else staged.act(unit, matter, name))
        for when, unit, name, matter in (line.split(" | ") for line in staged.lines(DONE))
    ]
    staged.live("2027-01-31 18:00", acts)
    words = plot("R", NAMES, owes, {}, {"H": "R", "T": "R"})
    assert staged.told().differs_from(words.told(TIMELINE)) == []
    assert staged.late("D") == {"对各单位的专项督查（2026年第二季度）"}
    assert {staged.owed(unit, "position").status for unit in ("H", "T")} == {"open"}
    assert staged.owed("R", "ledger-1").status == "open", "the commission stands in for 各股室"
