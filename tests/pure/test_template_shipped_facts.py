"""What seven plans say besides their dates: papers, shares, offices, other campaigns; held against their text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from states.reading import load, shipped
from states.template import Template


def template(key: str) -> Template:
    return load(shipped()[key])


@pytest.mark.parametrize(
    ("key", "papers"),
    [
        ("district-sixty-days", ["通报", "行政监管和司法建议"]),
        ("county-inspection-feedback", ["通报"]),
        ("county-insurance-sweep", ["通报"]),
        (
            "city-new-four-sectors",
            ["纪律检查建议书", "监察建议书", "司法建议书", "检察建议书", "公安提示函", "通报表扬"],
        ),
        ("county-outstanding-issues", ["三书一函", "通报", "奖励"]),
        ("sichuan-2017-122", ["通报"]),
    ],
)
def test_the_papers_go_by_the_words_of_the_plan(key: str, papers: list[str]) -> None:
    assert [one.name for one in template(key).letters] == papers


@pytest.mark.parametrize(
    ("key", "ladder", "steps"),
    [
        ("district-sixty-days", "accountability", "通报 约谈 挂牌督办 问责"),
        ("county-great-sweep", "supervision", "重点督查"),
        ("county-inspection-feedback", "accountability", "通报 约谈 执纪问责"),
        ("county-insurance-sweep", "accountability", "通报 约谈 考核扣分 追责"),
        ("insurance-appraisal", "accountability", "约谈 问责"),
        ("county-medical-field", "reminders", ""),
        ("city-new-four-sectors", "accountability", "约谈问责 追究责任"),
    ],
)
def test_what_has_consequences_is_what_the_plan_threatens(key: str, ladder: str, steps: str) -> None:
    plan = template(key)
    assert plan.ladder == ladder
    assert " ".join(rung.name for rung in plan.ladders[ladder].rungs if rung.confirm) == steps


def test_the_rows_of_the_feedback_name_offices_and_no_person() -> None:
    ledger = template("county-inspection-feedback").ledger
    assert ledger is not None
    assert ledger.columns == ("存在问题", "整改措施", "责任领导", "责任单位", "完成时限")
    assert {row.leaders for row in ledger.rows} == {("党组书记", "党组成员")}
    assert [(row.no, len(row.measures), row.due) for row in ledger.rows] == [
        (1, 4, "立行立改并长期坚持"),
        (2, 5, "立行立改并长期坚持"),
        (3, 3, "20__年__月__日前完成"),
    ]


def test_the_quarters_inspection_reaches_every_unit_once() -> None:
    plan = template("county-inspection-feedback")
    (inspection,) = [one for one in plan.requirements if one.every]
    assert (inspection.every, inspection.minimum, [one.percent for one in plan.coverage]) == (
        "每季度",
        1,
        [100],
    )


def test_the_five_tasks_have_their_departments_and_months() -> None:
    assert [
        (one.name, " ".join(one.responsible), one.due) for one in template("county-medical-field").workstreams
    ] == [
        ("医疗乱象专项治理行动", "医政医管科 卫生健康综合执法大队", "__月底前"),
        ("民营医院专项巡查", "卫生健康综合执法大队 医政医管科", "__月底前"),
        ("医院安防系统建设项目", "安全生产科", "__月底前"),
        ("血液安全技术核查抽查", "卫生健康综合执法大队 医政医管科", "__月底前"),
        ("打击非法采供血行为", "卫生健康综合执法大队 县红十字会办公室", "长期坚持，__月底前取得明显成效"),
    ]


def test_the_seven_tasks_have_their_leads() -> None:
    assert [" ".join(one.lead) for one in template("city-new-four-sectors").workstreams] == [
        "信访办 医政医管股",
        "法监股",
        "医政医管股",
        "医政医管股",
        "老龄健康股",
        "秘书股 党风廉政与行风办",
        "党风廉政与行风办",
    ]


def test_the_focuses_of_a_search_are_a_checklist() -> None:
    found = {
        key: [len(one.checklist) for one in template(key).requirements if one.checklist]
        for key in ("district-sixty-days", "county-great-sweep", "county-insurance-sweep")
    }
    assert found == {"district-sixty-days": [10], "county-great-sweep": [4], "county-insurance-sweep": [8]}


@pytest.mark.parametrize("key", ["county-outstanding-issues", "sichuan-2017-122"])
def test_the_two_first_plans_say_how_they_go_with_others(key: str) -> None:
    plan = template(key)
    assert len(plan.links) == 4
    assert all(link.how for link in plan.links)
    assert all(stream.tasks for stream in plan.workstreams) == (key == "sichuan-2017-122")


def test_the_page_of_what_is_left_out_has_a_row_for_every_real_plan() -> None:
    docs = Path(__file__).parents[2] / "docs"
    page = (docs / "fidelity.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| `([a-z0-9-]+)` ", page, re.MULTILINE)
    assert sorted(told) == sorted(set(shipped()) - {"standard-four-phase"})
    assert "](fidelity.md)" in (docs / "templates.md").read_text(encoding="utf-8")
