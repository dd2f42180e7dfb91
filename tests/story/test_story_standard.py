"""The standard plan from 23 November 2026 across the turn of the year: 24 weeks, 2027 not yet published.

Days were counted with a calendar of 2026–27 in hand. November and December 2026 have no day off on a weekday and
no working weekend; 2027 has no arrangement yet, so only the holidays that the law puts on a date are
days off (1 January, 1 and 2 May), and all its dates are provisional. A periodic report that would fall due on a day
off falls due on the working day before.
"""

from __future__ import annotations

from pathlib import Path

import pytest

KEY = "standard-four-phase"
HELD = "liaison department_head deputy_leader principal"
UNITS = (
    ("R", "示例市卫生健康委员会", "authority", "市", None, "coordinator office group_leader principal"),
    ("B", "示例甲县卫生健康局", "authority", "县", "R", HELD),
    ("H1", "示例甲县人民医院", "hospital", "二级", "B", HELD),
    ("H2", "示例甲县中医院", "tcm_hospital", "二级", "B", HELD),
    ("C", "示例甲县惠民诊所", "clinic", "", "B", "principal"),  # nobody else there
)
OWING = ("B", "H1", "H2", "C")
# What the clinic has nobody for, its bureau hears.
VACANT = {("C", "联络员"): "B", ("C", "科室负责人"): "B", ("C", "分管领导"): "B"}
NAMES = {
    **{f"W{week}": f"周报（2026年第{week}周）" for week in range(48, 54)},  # 2026 has 53 ISO weeks
    **{f"W{week:02}": f"周报（2027年第{week}周）" for week in range(1, 19)},
    **{f"M{month}": f"月小结（2026年{month}月）" for month in (11, 12)},
    **{f"M{month:02}": f"月小结（2027年{month}月）" for month in range(1, 5)},
    "方案": "实施方案",
    "动员会": "动员会",
    "自查报告": "自查报告",
    "台账": "问题整改台账",
    "整改报告": "整改情况报告",
    "总结": "工作总结",
}

# 动员部署 为期2周 from Monday 11-23: 14 days, the last is Sunday 12-06. 自查自纠 为期6周 (42 days) from the Monday
# after; 集中整治 为期12周 (84); 总结提升 为期4周 (28). 24 weeks = 168 days: 11-23 + 167 = 05-09.
WINDOWS = """
mobilise    2026-11-23 00:00 — 2026-12-06 18:00
self-check  2026-12-07 00:00 — 2027-01-17 18:00（暂定）
rectify     2027-01-18 00:00 — 2027-04-11 18:00（暂定）
summarise   2027-04-12 00:00 — 2027-05-09 18:00（暂定）
"""
DATES = """
方案      2026-12-02 18:00          # 阶段结束前3个工作日: before Sunday 12-06 come Fri 4, Thu 3, Wed 2
动员会    2026-11-30 18:00          # 阶段结束前5个工作日: Fri 4, Thu 3, Wed 2, Tue 1, Mon 30
自查报告  2027-01-11 18:00（暂定）  # 5 before Sunday 01-17: 15, 14, 13, 12, 11
台账      2027-01-13 18:00（暂定）  # 3 before Sunday 01-17: 15, 14, 13
整改报告  2027-04-05 18:00（暂定）  # 5 before Sunday 04-11: 9, 8, 7, 6, 5 (清明 will move it once published)
总结      2027-05-03 18:00（暂定）  # 5 before Sunday 05-09: 7, 6, 5, 4, 3 (likewise 五一)
M11       2026-11-25 18:00          # 每月25日前, the first within the campaign two days after the launch
M12       2026-12-25 18:00
M01       2027-01-25 18:00（暂定）
M02       2027-02-25 18:00（暂定）
M03       2027-03-25 18:00（暂定）
M04       2027-04-23 18:00（暂定）  # 04-25 is a Sunday; 05-25 lies after the end
W48       2026-11-27 18:00          # 每周五: 24 Fridays from 11-27 to 05-07
W49       2026-12-04 18:00
W50       2026-12-11 18:00
W51       2026-12-18 18:00
W52       2026-12-25 18:00
W53       2026-12-31 18:00（暂定）  # New Year's Day is off
W01       2027-01-08 18:00（暂定）
W02       2027-01-15 18:00（暂定）
W03       2027-01-22 18:00（暂定）
W04       2027-01-29 18:00（暂定）
W05       2027-02-05 18:00（暂定）
W06       2027-02-12 18:00（暂定）
W07       2027-02-19 18:00（暂定）
W08       2027-02-26 18:00（暂定）
W09       2027-03-05 18:00（暂定）
W10       2027-03-12 18:00（暂定）
W11       2027-03-19 18:00（暂定）
W12       2027-03-26 18:00（暂定）
W13       2027-04-02 18:00（暂定）
W14       2027-04-09 18:00（暂定）
W15       2027-04-16 18:00（暂定）
W16       2027-04-23 18:00（暂定）
W17       2027-04-30 18:00（暂定）
W18       2027-05-07 18:00（暂定）
"""

# Ladder: -7d 提醒, -1wd 提醒, +1wd 催办, +3wd 督促 are sent; +5wd 约谈, +7wd 通报, +10wd 挂牌督办 wait (拟).
# A weekly report opens on its Monday, so that the reminder 7 days before its Friday has always passed: it has
# one reminder, on Thursday; then 催办 Mon, 督促 Wed, 约谈 Fri, 通报 Tue, 挂牌督办 Fri.
NOBODY = (Path(__file__).parent / "standard_nobody.txt").read_text(encoding="utf-8")
MOVES = """
2026-11-23 10:00 | 行动 | draft → mobilise
2026-12-07 00:00 | 行动 | mobilise → self-check
2027-01-18 00:00 | 行动 | self-check → rectify
2027-04-12 00:00 | 行动 | rectify → summarise
"""

# One hospital hands in nearly everything; its weekly reports on Wednesdays, the day before the reminder.
# 自查报告 is returned on Thursday 01-07 at 10:00: due anew on the third working day after, Tuesday 01-12 at 10:00
# (later than 01-11 18:00), with one reminder on the working day before.
DONE = """
2026-11-24 16:00 | submit | monthly-summary 2026-11
2026-11-26 15:00 | submit | kick-off-meeting
2026-11-27 09:30 | nil    | weekly-report 2026-W48
2026-12-03 08:30 | submit | weekly-report 2026-W49
2026-12-04 10:00 | submit | implementation-plan           # late: it was due on 12-02
2026-12-09 15:00 | submit | weekly-report 2026-W50
2026-12-16 15:00 | submit | weekly-report 2026-W51
2026-12-17 15:00 | submit | monthly-summary 2026-12
2026-12-23 15:00 | submit | weekly-report 2026-W52
2026-12-29 15:00 | submit | weekly-report 2026-W53     # on Tuesday: it is due on Thursday
2027-01-05 15:00 | submit | self-check-report
2027-01-06 15:00 | submit | weekly-report 2027-W01
2027-01-07 10:00 | return | self-check-report
2027-01-11 14:00 | submit | self-check-report
2027-01-11 15:00 | submit | problem-ledger
2027-01-13 15:00 | submit | weekly-report 2027-W02
2027-01-15 15:00 | submit | monthly-summary 2027-01
2027-01-20 15:00 | submit | weekly-report 2027-W03
"""
ONE_ACTS = """
2026-11-23 一 | 下发 | 联络员             | 动员部署：方案 动员会 W48 M11
2026-11-24 二 | 提醒 | 联络员             | M11
2026-11-25 三 | 提醒 | 联络员             | 方案
2026-11-26 四 | 提醒 | 联络员             | W48
2026-12-01 二 | 提醒 | 联络员             | 方案
2026-12-03 四 | 催办 | 联络员、科室负责人 | 方案      # W49 came in half an hour before its reminder
2026-12-07 一 | 下发 | 联络员             | 自查自纠：自查报告 台账 W50
2026-12-07 一 | 未办结 | 联络员           | M12       # open since 12-01
2027-01-04 一 | 提醒 | 联络员             | 自查报告
2027-01-06 三 | 提醒 | 联络员             | 台账
2027-01-11 一 | 提醒 | 联络员             | 自查报告  # the day before its own new date; the others had theirs on 01-08
2027-01-18 一 | 下发 | 联络员             | 集中整治：整改报告 W03
"""
# It follows the campaign by itself where all is settled, and goes to review once all is handed in; the review
# ends on the day after the next phase has opened.
ITS_MOVES = """
2026-11-23 10:00 | 行动 | draft → mobilise
2026-12-07 00:00 | 行动 | mobilise → self-check
2026-12-07 00:00 | H1 | mobilise → self-check
2027-01-11 15:00 | H1 | self-check → self-check.review
2027-01-18 00:00 | 行动 | self-check → rectify
2027-01-18 10:00 | H1 | self-check.review → rectify
"""


@pytest.fixture
def launched(story):
    story.people(UNITS)
    order = story.order(KEY, "2026-11-23")
    assert story.draft(order, "2026-11-23 10:00").refusals == ()
    return story.launch(order, "2026-11-23 10:00")


@pytest.fixture
def words(plot):
    parents = {"B": "R", "H1": "B", "H2": "B", "C": "B"}
    return plot("R", NAMES, lambda _: OWING, VACANT, parents)


def test_the_dates_of_the_standard_plan_cross_the_turn_of_the_year(launched, words) -> None:
    assert launched.windows() == launched.lines(WINDOWS)
    stated = dict(line.split(" ", 1) for line in launched.lines(DATES))
    assert launched.dates() == {words.names[matter]: when for matter, when in stated.items()}


def test_where_nobody_hands_in_anything_the_standard_ladder_runs_to_its_end(launched, words) -> None:
    launched.live("2027-06-30 18:00")
    assert launched.told().differs_from(words.told(NOBODY)) == []
    assert launched.mails_a_day() == {1}
    assert launched.moves() == launched.lines(MOVES)


def test_a_vacant_role_of_the_clinic_is_kept_as_a_vacancy(launched) -> None:
    launched.live("2026-12-02 18:00")
    assert launched.vacancies() == {("C", "liaison"), ("C", "department_head"), ("C", "deputy_leader")}


def test_all_are_behind_from_the_first_day_of_the_second_phase(launched) -> None:
    moments = ("2026-12-06 18:30", "2026-12-07 00:30")
    launched.live("2026-12-07 12:00", [(moment, launched.look(launched.behind)) for moment in moments])
    assert launched.seen == {
        "2026-12-06 18:30": ("mobilise", []),
        "2026-12-07 00:30": ("self-check", ["B", "C", "H1", "H2"]),
    }


def test_a_hospital_that_hands_in_hears_only_of_what_it_still_owes(launched, words) -> None:
    acts = [
        (when, launched.act("H1", matter, name, reason="附件缺页" if name == "return" else None))
        for when, name, matter in (line.split(" | ") for line in launched.lines(DONE))
    ]
    acts.append(("2027-01-18 10:00", launched.move("H1", "approve")))
    launched.live("2027-01-21 18:00", acts)
    words.owes = lambda _: ("H1",)
    assert launched.told(["H1"]).differs_from(words.told(ONE_ACTS), "heard", "proposed") == []
    assert launched.moves(["H1"]) == launched.lines(ITS_MOVES)
    assert launched.late("H1") == {"实施方案"}
    assert launched.owed("H1", "weekly-report 2026-W48").status == "nil"
