"""Workstreams that are owed themselves, issues with several dates: planned, and refused where they are unsound."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from states.errors import Faulty
from states.plan import Plan, PlannedMilestone, plan
from states.reading import load
from states.workdays import Workdays

NEVER_OFF = Workdays.of({}, [2026])
CHINA = ZoneInfo("Asia/Shanghai")
HEAD = "key: example\nversion: 1\ntitle: 示例\n"
STREAMS = """
ladder: main
ladders: {main: {rungs: []}, hard: {rungs: []}}
workstreams:
  - {key: chaos, name: 医疗乱象, lead: [监督处], responsible: [办公室], due: 6月底前, ladder: hard}
  - {key: blood, name: 血液安全, responsible: [办公室, 监督处], due: __月底前}
  - {key: open, name: 民营医院, scope: {kinds: [医院]}, due: 长期坚持，9月底前取得明显成效}
  - {key: words, name: 不设期限, lead: [监督处]}
"""
TYPES = """
ladder: main
ladders: {main: {rungs: []}, hard: {rungs: []}}
ledger:
  columns: [问题, 措施]
  types:
    - key: major
      name: 重大问题
      ladder: hard
      steps:
        - {key: measure, name: 制定措施, due: 启动后10日内}
        - {key: cure, name: 整改到位, due: 启动后60日内}
    - key: plain
      name: 一般问题
      steps: [{key: cure, name: 整改到位, due: __月__日前}]
  rows:
    - {no: 1, project: 甲, problem: 一, measures: [改], departments: [监督处], type: major}
    - {no: 2, project: 乙, problem: 二, measures: [改], departments: [监督处], type: major, due: 5月底前}
    - {no: 3, project: 丙, problem: 三, measures: [改], departments: [监督处], type: plain}
    - {no: 4, project: 丁, problem: 四, measures: [改], departments: [监督处], type: plain}
    - {no: 5, project: 戊, problem: 五, measures: [改], departments: [监督处], due: 8月}
"""


def planned(more: str, **fills: str) -> Plan:
    given = {place.replace("__", "-").replace("_", "."): value for place, value in fills.items()}
    return plan(load(HEAD + more), date(2026, 3, 2), given, NEVER_OFF)


def line(one: PlannedMilestone) -> tuple[str, str, str, str | None]:
    due = f"{one.due_at.astimezone(CHINA):%m-%d %H:%M}" if one.due_at else None
    return one.requirement, one.period, one.name, due


def test_a_workstream_with_a_date_is_owed_by_those_who_lead_it() -> None:
    made = planned(STREAMS)
    assert [line(one) for one in made.milestones] == [
        ("workstream-chaos", "", "医疗乱象", "06-30 18:00"),
        ("workstream-blood", "", "血液安全", None),
        ("workstream-open", "", "民营医院", "09-30 18:00"),
    ]
    assert [one.scope for one in made.milestones] == [
        {"departments": ["监督处"]},
        {"departments": ["办公室", "监督处"]},
        {"kinds": ["医院"]},
    ]
    assert [one.ladder for one in made.milestones] == ["hard", "main", "main"]
    assert {(one.kind, one.required, one.review) for one in made.milestones} == {
        ("deliverable", False, False)
    }
    assert made.milestones[2].standing is True
    assert [(one.place, one.name, one.words) for one in made.blanks] == [
        ("workstream-blood.due", "血液安全", "__月底前")
    ]


def test_a_workstream_without_a_date_is_owed_where_the_template_says_so() -> None:
    text = STREAMS.replace("lead: [监督处]}", "lead: [监督处], owed: true}")
    assert [line(one) for one in planned(text).milestones if one.requirement == "workstream-words"] == [
        ("workstream-words", "", "不设期限", None)
    ]
    dated = planned(text, workstream__words_due="2026-04-30").milestones[-1]
    assert (line(dated)[3], dated.scope, dated.required) == (
        "04-30 18:00",
        {"departments": ["监督处"]},
        False,
    )


def test_the_date_of_a_workstream_can_be_filled_in() -> None:
    made = plan(load(HEAD + STREAMS), date(2026, 3, 2), {"workstream-blood.due": "2026-04-30"}, NEVER_OFF)
    assert line(made.milestones[1])[3] == "04-30 18:00"
    with pytest.raises(Faulty, match=r"workstream-words.due：方案里没有这一处"):
        plan(load(HEAD + STREAMS), date(2026, 3, 2), {"workstream-words.due": "2026-04-30"}, NEVER_OFF)


def test_an_issue_of_a_type_has_a_date_for_every_step_unless_it_has_one_of_its_own() -> None:
    made = planned(TYPES)
    assert [line(one) for one in made.milestones] == [
        ("ledger-1", "measure", "台账第1项·制定措施", "03-12 18:00"),
        ("ledger-1", "cure", "台账第1项·整改到位", "05-01 18:00"),
        ("ledger-2", "", "台账第2项（乙）", "05-31 18:00"),
        ("ledger-3", "cure", "台账第3项·整改到位", None),
        ("ledger-4", "cure", "台账第4项·整改到位", None),
        ("ledger-5", "", "台账第5项（戊）", "08-31 18:00"),
    ]
    assert [one.ladder for one in made.milestones] == ["hard", "hard", "hard", "main", "main", "main"]
    assert {(one.kind, one.review) for one in made.milestones} == {("ledger", True)}


def test_a_blank_of_a_type_is_asked_for_once_and_may_be_filled_for_all_or_for_one() -> None:
    assert [(one.place, one.name) for one in planned(TYPES).blanks] == [
        ("ledger.plain.cure", "一般问题·整改到位")
    ]
    fills = {"ledger.plain.cure": "2026-06-01", "ledger-4.cure": "2026-07-01", "ledger-1.due": "2026-08-01"}
    made = plan(load(HEAD + TYPES), date(2026, 3, 2), fills, NEVER_OFF)
    assert made.blanks == ()
    assert [
        line(one) for one in made.milestones if one.requirement in ("ledger-1", "ledger-3", "ledger-4")
    ] == [
        ("ledger-1", "", "台账第1项（甲）", "08-01 18:00"),
        ("ledger-3", "cure", "台账第3项·整改到位", "06-01 18:00"),
        ("ledger-4", "cure", "台账第4项·整改到位", "07-01 18:00"),
    ]


ROW = "{no: 1, project: 甲, problem: 乙, measures: [丙], departments: [丁], type: major}"
STEP = "{key: cure, name: 改, due: 8月}"


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        (
            "workstreams: [{key: w, name: 甲, owed: true}]",
            "第4行 workstreams[0].owed：要下达，还要写由谁办理：lead（牵头）或 responsible（责任），或范围 scope",
        ),
        (
            "workstreams: [{key: w, name: 甲, due: 8月}]",
            "第4行 workstreams[0].due：写了期限，还要写由谁办理：lead（牵头）或 responsible（责任），或范围 scope",
        ),
        (
            "requirements: [{key: workstream-w, name: 甲}]",
            "第4行 requirements[0].key：“workstream-w”是工作线自用的代号，请换一个",
        ),
        (
            f"ledger:\n  columns: []\n  rows: [{ROW}]",
            "第6行 ledger.rows[0].type：没有“major”这个问题类型；方案没有写问题类型",
        ),
        (
            f"ledger:\n  columns: []\n  types: [{{key: a, name: 甲, steps: [{STEP}]}}]\n  rows: [{ROW}]",
            "第7行 ledger.rows[0].type：没有“major”这个问题类型；已有的有 a",
        ),
        (
            f"ledger:\n  columns: []\n  types:\n    - {{key: a, name: 甲, steps: [{STEP}]}}\n    - {{key: a, name: 乙, steps: [{STEP}]}}",
            "第8行 ledger.types[1].key：“a”与第1项重复，请换一个",
        ),
        (
            f"ledger:\n  columns: []\n  types: [{{key: a, name: 甲, steps: [{STEP}, {STEP}]}}]",
            "第6行 ledger.types[0].steps[1].key：“cure”与第1项重复，请换一个",
        ),
        (
            "ledger:\n  columns: []\n  types: [{key: a, name: 甲, steps: []}]",
            "第6行 ledger.types[0].steps：至少要有 1 项",
        ),
        (
            "ledger:\n  columns: []\n  types: [{key: a, name: 甲, steps: [{key: due, name: 改, due: 8月}]}]",
            "第6行 ledger.types[0].steps[0].key：“due”是台账行自用的代号，请换一个",
        ),
        (
            f"ledger:\n  columns: []\n  types: [{{key: a, name: 甲, ladder: b, steps: [{STEP}]}}]",
            "第6行 ledger.types[0].ladder：没有“b”这个梯次；方案没有写梯次",
        ),
        (
            "ledger:\n  columns: []\n  types: [{key: a, name: 甲, steps: [{key: b, name: 改, due: 某个好日子}]}]",
            "第6行 ledger.types[0].steps[0].due：看不懂期限“某个好日子”",
        ),
        (
            "requirements: [{key: a, name: 甲, per: 个人}]",
            "第4行 requirements[0].per：只能是 departments、persons 之一",
        ),
    ],
)  # fmt: skip
def test_what_nobody_could_answer_for_is_a_fault_of_its_line(more: str, fault: str) -> None:
    with pytest.raises(Faulty) as faulty:
        load(HEAD + more + "\n")
    (only,) = faulty.value.faults
    assert str(only).startswith(fault)
