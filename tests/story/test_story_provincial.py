"""The provincial plan of 2017 as it was issued on Tuesday 22 August: 33 ledger rows, two phases at once in November.

Working days that matter, from the holiday arrangements of 2017 and 2018: Saturday 30 September worked; 1–8 October
off; 30 December to 1 January off. Otherwise Monday to Friday.
"""

from __future__ import annotations

import re

import pytest

from states.errors import Refused
from states.records.tables import LedgerItem, Milestone

KEY = "sichuan-2017-122"
HELD = "liaison department_head deputy_leader principal"
UNITS = (
    ("R", "示例省卫生和计划生育委员会", "authority", "省", None, f"{HELD} coordinator office group_leader"),
    ("D1", "医政医管处", "department", "", "R", "liaison department_head"),
    ("D2", "办公室", "department", "", "R", "liaison"),
    ("D3", "规财处", "department", "", "R", "department_head"),
    ("B", "示例市卫生和计划生育委员会", "authority", "市", "R", HELD),
    ("P", "示例省人民医院", "hospital", "省", "R", HELD),
    ("H", "示例市妇幼保健院", "mch_hospital", "市", "B", "department_head deputy_leader principal"),
)
OWING = ("B", "P", "H")
VACANT = {("H", "联络员"): "B", ("D2", "科室负责人"): "R", ("D3", "联络员"): "R"}
# Three of the departments of the ledger are in the unit list; the commission itself stands in for the others.
ABSENT = {
    *("办公室相关处室", "机关纪委", "审批处", "药政处", "省药采中心", "人教处", "政法处", "监督处", "流管处"),
    *("疾控处", "重传处", "基卫处", "食安处", "信统处", "妇幼处", "指导处"),
    *("省中医药管理局", "机关相关处室", "家发处"),  # named for a subject only: no row of the ledger is theirs
}
DEPARTMENTS = {
    **{f"L{no}": ("R",) for no in range(1, 34)},
    **{f"L{no}": ("D1",) for no in (1, 2, 3, 27, 28)},  # 医政医管处
    "L29": ("D1", "R"),  # 医政医管处、机关纪委
    "L4": ("D2",),  # 办公室
    "L6": ("D2", "R"),  # 办公室、机关纪委
    **{f"L{no}": ("D3",) for no in (14, 15, 16, 17, 21)},  # 规财处
    # what 机关纪委, which is not there, has
    **dict.fromkeys(("委L6", "委L29", "明查暗访", "抽查检查"), ("R",)),
    "医L29": ("D1",),
    "办L6": ("D2",),
    "监管": ("B",),  # 各级卫生计生行政部门
    "重点一": ("D1", "R"),  # 医政医管处、妇幼处、基卫处、省中医药管理局
    "重点二": ("D2", "R"),  # 机关纪委…办公室
    "重点三": ("D3", "R"),  # 规财处、机关相关处室
    "重点四": ("D3", "R"),  # 疾控处、重传处、规财处、妇幼处、基卫处
    "重点五": ("D1", "R"),  # 医政医管处、基卫处、妇幼处、监督处
    "重点六": ("R",),  # 指导处、妇幼处、家发处、流管处
    **{f"委重点{n}": ("R",) for n in "一二三四五"},
}
PROJECTS = {
    "医疗服务": range(1, 4),
    "行政权力运行": range(4, 14),
    "项目资金监管": range(14, 21),
    "公共卫生服务": range(21, 27),
    "医德医风建设": range(27, 30),
    "计划生育服务": range(30, 34),
}
SUBJECTS = {  # 四、工作重点, each with its offices
    "一": "进一步改进医疗服务质量",
    "二": "进一步规范行政权力运行",
    "三": "进一步强化项目资金监管",
    "四": "进一步提升公共卫生管理",
    "五": "进一步加强医德医风建设",
    "六": "进一步推进计划生育服务",
}
NAMES = {
    **{f"L{no}": f"台账第{no}项（{project}）" for project, rows in PROJECTS.items() for no in rows},
    "实施方案": "本部门单位实施方案",
    "工作方案": "自查自纠问题工作方案",
    "工作台账": "工作台账",
    "全面总结": "全面总结",
    "督查检查": "督查检查",
    "抽查检查": "抽查检查及结果通报",
    "明查暗访": "明查暗访",
    **{f"{whose}重点{n}": subject for whose in ("", "委") for n, subject in SUBJECTS.items()},
    "医L29": "台账第29项（医德医风建设）",
    "办L6": "台账第6项（行政权力运行）",
    "查摆": "逐项查摆",
    "机制": "组织机构和工作运行机制",
    "时间表": "时间表、作战图",
    "监管": "对所属医疗卫生机构的监督管理",
    "委L6": "台账第6项（行政权力运行）",
    "委L29": "台账第29项（医德医风建设）",
    "宣传": "宣传",
    "现场会": "清退违纪款物现场会",
}
WINDOWS = """
self-check 2017-08-01 00:00 — 2017-08-31 18:00   # 自查自纠（8月）
rectify    2017-09-01 00:00 — 2017-11-30 18:00   # 整改落实（9月-11月）
inspect    2017-11-01 00:00 — 2017-12-31 18:00   # 督导检查（11月-12月）
"""
DATES = """
L1       2017-08-31 18:00   # 8月底前并长期坚持
L2       2017-08-31 18:00   # 8月底前并长期坚持
L3       2017-08-31 18:00   # 8月底前并长期坚持
L4       2017-08-31 18:00   # 8月 (though its second measure says 年底前)
L5       2017-08-31 18:00   # 8月
L6       2017-08-31 18:00   # 8月
L7       2017-09-30 18:00   # 9月
L8       2017-08-31 18:00   # 8月
L9       2017-08-31 18:00   # 8月
L10      2017-08-31 18:00   # 8月
L11      2017-09-30 18:00   # 9月
L12      2017-08-31 18:00   # 8月
L13      长期坚持           # no date at all
L14      2017-11-30 18:00   # 11月
L15      2017-09-30 18:00   # 9月
L16      2017-11-30 18:00   # 11月
L17      2017-08-31 18:00   # 8月
L18      2017-09-30 18:00   # 9月
L19      2017-12-31 18:00   # 12月
L20      2017-09-30 18:00   # 9月
L21      2017-08-31 18:00   # 8月
L22      2017-09-30 18:00   # 9月
L23      2017-09-30 18:00   # 9月
L24      2017-09-30 18:00   # 9月底
L25      2017-09-30 18:00   # 9月
L26      2017-09-30 18:00   # 9月
L27      2017-08-31 18:00   # 8月并长期坚持
L28      2017-07-31 18:00   # 8月前并长期坚持: before August, three weeks over on the day of issue
L29      2017-08-31 18:00   # 8月
L30      2017-09-30 18:00   # 9月并长期坚持
L31      2017-11-30 18:00   # 11月
L32      2017-08-31 18:00   # 8月并长期坚持
L33      2017-09-30 18:00   # 9月
全面总结 2017-12-31 18:00   # 要…进行全面总结，年底适时组织督查检查
督查检查 2017-12-31 18:00
工作方案 边查边改           # no date
实施方案 未注明日期
工作台账 未注明日期
抽查检查 未注明日期
明查暗访 不定期
宣传     未注明日期
现场会   未注明日期
查摆     未注明日期         # 自查自纠: 梳理画像，逐项查摆
机制     未注明日期         # 要建立健全组织机构
时间表   未注明日期         # 倒排时间表，挂出作战图
监管     未注明日期         # 各级卫生计生行政部门…加强对所属医疗卫生机构的监督管理
重点一   未注明日期         # 四、工作重点: no dates
重点二   未注明日期
重点三   未注明日期
重点四   未注明日期
重点五   未注明日期
重点六   未注明日期
"""
STANDING = {1, 2, 3, 13, 27, 28, 30, 32}  # the eight tails 长期坚持
BY_31_AUGUST = {1, 2, 3, 4, 5, 6, 8, 9, 10, 12, 17, 21, 27, 28, 29, 32}

# Ladder: -5wd 提醒, +1wd 提醒 are sent; +3wd 约谈, +5wd 通报, +10wd 核查, +15wd 追责 wait (拟).
# 08-31 is a Thursday: 30 29 28 25 24 | 1 · 5 · 7 · 14 · 21 September.
# 09-30 is a worked Saturday: 29 28 27 26 25 | 9 · 11 · 13 · 20 · 27 October (after the holiday).
# 11-30 is a Thursday: 29 28 27 24 23 | 1 · 5 · 7 · 14 · 21 December.
# 12-31 is a Sunday: 29 28 27 26 25 | 2 · 4 · 8 · 15 · 22 January (the 1st is off).
NOBODY = """
2017-08-22 二 | 下发   | 联络员               | 自查自纠：实施方案 工作方案 宣传 现场会 查摆 机制 时间表 监管
2017-08-22 二 | 下发   | 联络员               | 自查自纠：重点一 重点二 重点三 重点四 重点五 重点六 明查暗访 L5 委L6 L7 L8 L9 L10 L11 L12 L13 L18 L19 L20 L22 L23 L24 L25 L26 委L29 L30 L31 L32 L33
2017-08-22 二 | 下发   | 联络员               | 自查自纠：L1 L2 L3 L27 医L29   # 医政医管处
2017-08-22 二 | 下发   | 联络员               | 自查自纠：L4 办L6                   # 办公室
2017-08-22 二 | 下发   | 联络员               | 自查自纠：L14 L15 L16 L17 L21       # 规财处
2017-08-22 二 | 提醒   | 联络员、科室负责人   | L28   # over already: demanded once, its other rungs are past
2017-08-24 四 | 提醒   | 联络员               | L1 L2 L3 L4 L5 L6 L8 L9 L10 L12 L17 L21 L27 L29 L32
2017-09-01 五 | 下发   | 联络员               | 整改落实：工作台账
2017-09-01 五 | 未办结 | 联络员               | 实施方案 工作方案 宣传 现场会 查摆 机制 时间表 监管
2017-09-01 五 | 提醒   | 联络员、科室负责人   | L1 L2 L3 L4 L5 L6 L8 L9 L10 L12 L17 L21 L27 L29 L32
2017-09-05 二 | 拟约谈 | 主要负责人、分管领导 | L1 L2 L3 L4 L5 L6 L8 L9 L10 L12 L17 L21 L27 L29 L32
2017-09-07 四 | 拟通报 | 主要负责人、上级主要负责人 | L1 L2 L3 L4 L5 L6 L8 L9 L10 L12 L17 L21 L27 L29 L32
2017-09-14 四 | 拟核查 | 主要负责人、组长     | L1 L2 L3 L4 L5 L6 L8 L9 L10 L12 L17 L21 L27 L29 L32
2017-09-21 四 | 拟追责 | 组长                 | L1 L2 L3 L4 L5 L6 L8 L9 L10 L12 L17 L21 L27 L29 L32
2017-09-25 一 | 提醒   | 联络员               | L7 L11 L15 L18 L20 L22 L23 L24 L25 L26 L30 L33
2017-10-09 一 | 提醒   | 联络员、科室负责人   | L7 L11 L15 L18 L20 L22 L23 L24 L25 L26 L30 L33
2017-10-11 三 | 拟约谈 | 主要负责人、分管领导 | L7 L11 L15 L18 L20 L22 L23 L24 L25 L26 L30 L33
2017-10-13 五 | 拟通报 | 主要负责人、上级主要负责人 | L7 L11 L15 L18 L20 L22 L23 L24 L25 L26 L30 L33
2017-10-20 五 | 拟核查 | 主要负责人、组长     | L7 L11 L15 L18 L20 L22 L23 L24 L25 L26 L30 L33
2017-10-27 五 | 拟追责 | 组长                 | L7 L11 L15 L18 L20 L22 L23 L24 L25 L26 L30 L33
2017-11-01 三 | 下发   | 联络员               | 督导检查：全面总结 督查检查
2017-11-01 三 | 下发   | 联络员               | 督导检查：抽查检查
2017-11-01 三 | 未办结 | 联络员               | 实施方案 工作方案 工作台账 宣传 现场会 查摆 机制 时间表 监管
2017-11-01 三 | 未办结 | 联络员               | 委重点一 委重点二 委重点三 委重点四 委重点五 重点六 明查暗访 L5 委L6 L7 L8 L9 L10 L11 L12 L13 L18 L19 L20 L22 L23 L24 L25 L26 委L29 L30 L31 L32 L33
2017-11-23 四 | 提醒   | 联络员               | L14 L16 L31
2017-12-01 五 | 提醒   | 联络员、科室负责人   | L14 L16 L31
2017-12-05 二 | 拟约谈 | 主要负责人、分管领导 | L14 L16 L31
2017-12-07 四 | 拟通报 | 主要负责人、上级主要负责人 | L14 L16 L31
2017-12-14 四 | 拟核查 | 主要负责人、组长     | L14 L16 L31
2017-12-21 四 | 拟追责 | 组长                 | L14 L16 L31
2017-12-25 一 | 提醒   | 联络员               | 全面总结 督查检查 L19
2018-01-02 二 | 提醒   | 联络员、科室负责人   | 全面总结 督查检查 L19
2018-01-04 四 | 拟约谈 | 主要负责人、分管领导 | 全面总结 督查检查 L19
2018-01-08 一 | 拟通报 | 主要负责人、上级主要负责人 | 全面总结 督查检查 L19
2018-01-15 一 | 拟核查 | 主要负责人、组长     | 全面总结 督查检查 L19
2018-01-22 一 | 拟追责 | 组长                 | 全面总结 督查检查 L19
"""
# The departments and the commission owe rows of the ledger only, which hold nobody back in a phase.
MOVES = """
2017-08-22 15:00 | 行动 | draft → self-check
2017-09-01 00:00 | 行动 | self-check → rectify
2017-09-01 00:00 | R | self-check → rectify
2017-09-01 00:00 | D1 | self-check → rectify
2017-09-01 00:00 | D2 | self-check → rectify
2017-09-01 00:00 | D3 | self-check → rectify
2017-11-01 00:00 | 行动 | rectify → inspect
2017-11-01 00:00 | R | rectify → inspect
2017-11-01 00:00 | D1 | rectify → inspect
2017-11-01 00:00 | D2 | rectify → inspect
2017-11-01 00:00 | D3 | rectify → inspect
"""

# A city bureau (B) and 医政医管处 (D1) act. Row 1 is returned on Monday 08-28 at 10:00: three working days later is
# 08-31 at 10:00, its own date is later and stays.
DONE = """
2017-08-23 10:00 | D1 | submit | ledger-3
2017-08-23 10:05 | D1 | submit | ledger-29
2017-08-23 16:00 | D1 | accept | ledger-3
2017-08-23 16:05 | D1 | accept | ledger-29
2017-08-25 10:00 | D1 | submit | ledger-1
2017-08-28 10:00 | D1 | return | ledger-1
2017-08-28 11:00 | B  | submit | work-plan
2017-08-28 11:01 | B  | submit | self-examination
2017-08-29 10:00 | D1 | submit | ledger-28
2017-08-30 10:00 | D1 | submit | ledger-1
2017-08-31 10:00 | D1 | accept | ledger-1
2017-09-04 10:00 | D1 | submit | ledger-2            # late
2017-09-15 10:00 | B  | submit | implementation-plan
2017-12-04 10:00 | B  | submit | work-ledger
2017-12-20 10:00 | B  | submit | inspection
2018-01-03 10:00 | B  | submit | summary             # late
"""
BUREAU = """
2017-08-22 二 | 下发 | 联络员             | 自查自纠：实施方案 工作方案 宣传 现场会 查摆 机制 时间表 监管
2017-09-01 五 | 下发 | 联络员             | 整改落实：工作台账
2017-09-01 五 | 未办结 | 联络员             | 实施方案 宣传 现场会 机制 时间表 监管
2017-11-01 三 | 下发 | 联络员             | 督导检查：全面总结 督查检查
2017-11-01 三 | 未办结 | 联络员             | 工作台账 宣传 现场会 机制 时间表 监管
2017-12-25 一 | 提醒 | 联络员             | 全面总结
2018-01-02 二 | 提醒 | 联络员、科室负责人 | 全面总结
"""
DEPARTMENT = """
2017-08-22 二 | 下发   | 联络员               | 自查自纠：重点一 重点五 L1 L2 L3 L27 医L29
2017-08-22 二 | 提醒   | 联络员、科室负责人   | L28
2017-08-24 四 | 提醒   | 联络员               | L1 L2 L27
2017-09-01 五 | 提醒   | 联络员、科室负责人   | L2 L27
2017-09-05 二 | 拟约谈 | 主要负责人、分管领导 | L27
2017-09-07 四 | 拟通报 | 主要负责人、上级主要负责人 | L27
2017-09-14 四 | 拟核查 | 主要负责人、组长     | L27
2017-09-21 四 | 拟追责 | 组长                 | L27
"""
BUREAU_MOVES = """
2017-08-22 15:00 | 行动 | draft → self-check
2017-09-01 00:00 | 行动 | self-check → rectify
2017-09-01 00:00 | B | self-check → rectify
2017-11-01 00:00 | 行动 | rectify → inspect
2017-12-04 10:00 | B | rectify → inspect
2018-01-05 10:00 | B | inspect → closed
"""
# 整改落实 runs until 11-30 beside 督导检查, so a unit in it is not behind before.
BEHIND = {
    "2017-08-31 18:30": ("self-check", []),
    "2017-09-01 00:30": ("rectify", ["H", "P"]),
    "2017-11-15 10:00": ("inspect", ["H", "P"]),
    "2017-11-30 17:59": ("inspect", ["H", "P"]),
    "2017-11-30 18:01": ("inspect", ["B", "H", "P"]),
    "2017-12-04 12:00": ("inspect", ["H", "P"]),
}
LAUNCH = "2017-08-22 15:00"


@pytest.fixture
def launched(staged):
    return staged.launch(staged.order(KEY, "2017-08-22", past="keep"), LAUNCH)


@pytest.fixture
def words(plot):
    parents = {"B": "R", "P": "R", "H": "B", "D1": "R", "D2": "R", "D3": "R"}
    return plot("R", NAMES, lambda matter: DEPARTMENTS.get(matter, OWING), VACANT, parents)


def test_the_row_that_was_over_on_the_day_of_issue_asks_for_a_decision(staged) -> None:
    drafted = staged.draft(staged.order(KEY, "2017-08-22"), LAUNCH)
    said = "“台账第28项（医德医风建设）”的期限 8月前并长期坚持 已过"
    assert [one.startswith(said) for one in drafted.refusals] == [True]
    assert said in drafted.warnings
    with pytest.raises(Refused, match="台账第28项"):
        staged.launch(staged.order(KEY, "2017-08-22"), LAUNCH)
    kept = staged.draft(staged.order(KEY, "2017-08-22", past="keep"), LAUNCH)
    assert (kept.refusals, kept.participants) == ((), 3)
    (said,) = [one for one in kept.warnings if "不在单位表中" in one]
    assert set(re.findall("“(.+?)”", said)) == ABSENT


def test_the_33_rows_fall_due_as_their_words_say(launched, words) -> None:
    assert launched.windows() == launched.lines(WINDOWS)
    stated = dict(line.split(" ", 1) for line in launched.lines(DATES))
    assert launched.dates() == {words.names[matter]: when for matter, when in stated.items()}
    ends = launched.at("2017-08-31 18:00")
    due = {one.requirement: one.due_at for one in launched.rows(Milestone)}
    items = launched.rows(LedgerItem)
    dated = {one.no: due[f"ledger-{one.no}"] for one in items}
    assert len(items) == 33
    assert {no for no, at in dated.items() if at is not None and at <= ends} == BY_31_AUGUST
    assert {one.no for one in items if one.standing} == STANDING


def test_where_nobody_hands_in_anything_the_provincial_ladder_runs_to_its_end(launched, words) -> None:
    launched.live("2018-03-31 18:00")
    assert launched.told().differs_from(words.told(NOBODY)) == []
    assert launched.mails_a_day() == {1}
    assert sorted(launched.moves()) == sorted(launched.lines(MOVES))
    assert launched.vacancies() == {("H", "liaison"), ("D2", "department_head"), ("D3", "liaison")}


def test_a_bureau_and_a_department_act_and_november_holds_two_phases(launched, words) -> None:
    acts = [
        (when, launched.act(unit, matter, name, reason="措施不具体" if name == "return" else None))
        for when, unit, name, matter in (line.split(" | ") for line in launched.lines(DONE))
    ]
    acts += [(moment, launched.look(launched.behind)) for moment in BEHIND]
    acts.append(("2018-01-05 10:00", launched.move("B", "close")))
    launched.live("2018-01-31 18:00", acts)
    for unit, timeline in (("B", BUREAU), ("D1", DEPARTMENT)):
        words.owes = lambda _, unit=unit: (unit,)
        assert launched.told([unit]).differs_from(words.told(timeline), "heard", "proposed") == []
    assert launched.moves(["B"]) == launched.lines(BUREAU_MOVES)
    assert launched.seen == BEHIND
    assert launched.late("D1") == {"台账第2项（医疗服务）", "台账第28项（医德医风建设）"}
    assert launched.late("B") == {"全面总结"}
