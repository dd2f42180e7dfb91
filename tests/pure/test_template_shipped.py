"""The templates that come with the product: they load, carry their sources, and say what the plans say."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from importlib import resources

import pytest
from pydantic import BaseModel

from states.frozen import Source
from states.machine import compile as compile_machines
from states.machine import table
from states.reading import load, schema, schema_text, shipped
from states.template import CheckItem, Step, Template

LADDER = re.compile(r"template\.ladders \S+")  # its rungs quote
REAL_PLANS = tuple(sorted(set(shipped()) - {"standard-four-phase"}))


def template(key: str) -> Template:
    return load(shipped()[key])


@pytest.mark.parametrize("key", sorted(shipped()))
def test_a_shipped_template_loads_under_its_own_name(key: str) -> None:
    assert template(key).key == key
    assert table(compile_machines(template(key)))


def test_these_are_shipped() -> None:
    assert set(shipped()) >= {
        "standard-four-phase",
        "county-outstanding-issues",
        "sichuan-2017-122",
        "district-sixty-days",
        "county-great-sweep",
        "county-inspection-feedback",
        "county-insurance-sweep",
        "insurance-appraisal",
        "county-medical-field",
        "city-new-four-sectors",
        "public-interest-neglect",
        "county-medical-conduct-2023",
        "hospital-kickbacks-2023",
        "premises-security",
        "insurance-anti-gang",
        "anti-gang-publicity",
        "central-inspection-support",
    }


def test_the_committed_schema_is_that_of_the_models() -> None:
    written = (resources.files("states") / "templates" / "template.schema.json").read_text("utf-8")
    assert written == schema_text(), "write states/templates/template.schema.json anew with schema_text()"


def test_the_schema_refuses_unknown_keys_and_knows_from() -> None:
    phase = schema()["$defs"]["Phase"]
    assert phase["additionalProperties"] is False
    assert "from" in phase["properties"]


def sourced(part: object, place: str = "template") -> Iterator[tuple[str, Source | None]]:
    """Every fact of a plan that must say where it comes from; what stands in a list speaks for its items."""
    if isinstance(part, BaseModel) and not isinstance(part, Source | CheckItem | Step):
        for name in type(part).model_fields:
            found = getattr(part, name)
            if name == "source":
                yield place, found
            else:
                yield from sourced(found, f"{place}.{name}")
    elif isinstance(part, tuple | dict):
        items = part.items() if isinstance(part, dict) else enumerate(part, 1)
        for key, one in items:
            yield from sourced(one, f"{place} {key}")


@pytest.mark.parametrize("key", REAL_PLANS)
def test_every_fact_of_a_real_plan_says_where_it_stands(key: str) -> None:
    plan = template(key)
    without = [
        fact
        for fact, source in sourced(plan)
        if source is None or source.doc not in plan.documents or not source.place
    ]
    assert without == []


@pytest.mark.parametrize("key", REAL_PLANS)
def test_the_facts_of_a_real_plan_quote_it(key: str) -> None:
    unquoted = [place for place, source in sourced(template(key)) if not (source and source.text)]
    assert [place for place in unquoted if ".ledger" not in place and not LADDER.fullmatch(place)] == []


@pytest.mark.parametrize("key", REAL_PLANS)
def test_a_conflict_of_a_real_plan_shows_both_sides(key: str) -> None:
    plan = template(key)
    quoted = [
        [one.text for one in conflict.sources if one.doc in plan.documents] for conflict in plan.conflicts
    ]
    assert all(texts and all(texts) for texts in quoted)


@pytest.mark.parametrize("key", REAL_PLANS)
def test_a_real_plan_says_that_the_times_of_its_rungs_are_ours(key: str) -> None:
    assert any("由本系统拟定" in note for note in template(key).notes)


def test_the_standard_ladder_is_this() -> None:
    plan = template("standard-four-phase")
    assert plan.ladder == "main"
    assert [
        (rung.at, rung.name, " ".join(rung.to), " ".join(rung.cc), rung.confirm, rung.letter, rung.reply)
        for rung in plan.ladders["main"].rungs
    ] == [
        ("-7d", "提醒", "liaison", "", False, None, None),
        ("-1wd", "提醒", "liaison", "", False, None, None),
        ("+1wd", "催办", "liaison department_head", "", False, None, None),
        ("+3wd", "督促", "deputy_leader", "office", False, None, None),
        ("+5wd", "约谈", "principal deputy_leader", "", True, "约谈通知书", "+3wd"),
        ("+7wd", "通报", "principal parent_principal", "", True, "通报", None),
        ("+10wd", "挂牌督办", "group_leader", "", True, "督办单", None),
    ]


def test_the_standard_plan_has_every_kind_of_letter_and_its_rungs_name_them() -> None:
    plan = template("standard-four-phase")
    kinds = {one.name: one.colour for one in plan.letters}
    assert set(kinds) >= {"提醒敦促函", "约谈通知书", "通报", "督办单", "整改通知书"}
    assert [kinds[f"{word}色督办单"] for word in "蓝黄红"] == ["blue", "yellow", "red"]
    assert {one.letter for one in plan.ladders["main"].rungs if one.confirm} <= set(kinds)


def test_the_standard_plan_leaves_no_blank() -> None:
    assert "__" not in shipped()["standard-four-phase"]
    plan = template("standard-four-phase")
    assert [(phase.name, phase.window, str(phase.opens), phase.review) for phase in plan.phases] == [
        ("动员部署", "为期2周", "on_date", False),
        ("自查自纠", "为期6周", "after_previous", True),
        ("集中整治", "为期12周", "after_previous", True),
        ("总结提升", "为期4周", "after_previous", False),
    ]
    assert [(one.name, one.phase, one.due or one.every, one.nil) for one in plan.requirements] == [
        ("实施方案", "mobilise", "阶段结束前3个工作日", False),
        ("动员会", "mobilise", "阶段结束前5个工作日", False),
        ("自查报告", "self-check", "阶段结束前5个工作日", False),
        ("问题整改台账", "self-check", "阶段结束前3个工作日", False),
        ("整改情况报告", "rectify", "阶段结束前5个工作日", False),
        ("工作总结", "summarise", "阶段结束前5个工作日", False),
        ("周报", None, "每周五，遇非工作日提前", True),
        ("月小结", None, "每月25日前，遇非工作日提前", False),
    ]
    assert [(one.percent, one.scope.kinds) for one in plan.coverage] == [
        (100, ("医院", "中医院", "妇幼保健院")),
        (50, ("乡镇卫生院", "社区中心", "门诊部", "诊所", "村卫生室")),
    ]
    assert plan.outcomes == ("办结", "阶段性办结")


def test_the_provincial_plan_overlaps_in_november() -> None:
    plan = template("sichuan-2017-122")
    assert [(phase.name, phase.window) for phase in plan.phases] == [
        ("自查自纠", "8月"),
        ("整改落实", "9月-11月"),
        ("督导检查", "11月-12月"),
    ]
    assert {document.issued for document in plan.documents.values()} == {"2017-08-22"}
    due = {one.key: one.due for one in plan.requirements}
    assert (due["summary"], due["inspection"]) == ("年底", "年底适时")
    assert "2017年8月至12月" in plan.notes[0], "the year that its dates do not carry"


def test_the_provincial_ledger_has_its_33_rows_with_their_own_words() -> None:
    plan = template("sichuan-2017-122")
    assert plan.ledger is not None
    rows = plan.ledger.rows
    assert plan.ledger.columns == ("项目名称", "问题清单", "具体措施", "责任部门", "完成时限")
    assert [row.no for row in rows] == list(range(1, 34))
    assert Counter(row.due for row in rows) == {
        "8月": 10,
        "9月": 10,
        "8月底前并长期坚持": 3,
        "11月": 3,
        "8月并长期坚持": 2,
        "9月并长期坚持": 1,
        "8月前并长期坚持": 1,
        "9月底": 1,
        "12月": 1,
        "长期坚持": 1,
    }
    assert Counter(row.project for row in rows) == {
        "医疗服务": 3,
        "行政权力运行": 10,
        "项目资金监管": 7,
        "公共卫生服务": 6,
        "医德医风建设": 3,
        "计划生育服务": 4,
    }
    assert all(row.problem.startswith(f"{row.no}.") for row in rows)
    assert [len(row.measures) for row in rows[:10]] == [4, 3, 1, 3, 2, 1, 3, 4, 1, 2]
    assert rows[28].departments == ("医政医管处", "机关纪委")


def test_the_county_plan_keeps_its_blanks_as_printed() -> None:
    plan = template("county-outstanding-issues")
    assert (plan.begins, plan.ends) == ("20__年__月", "__月底")
    assert [(phase.name, phase.window) for phase in plan.phases] == [
        ("动员部署", "__月__日前"),
        ("梳理摸排", "__月__日至__日"),
        ("集中整治", "__月至__月"),
        ("总结提升", "__月至__月"),
    ]
    periodic = [(one.name, one.every, one.carried_by) for one in plan.requirements if one.every]
    assert periodic == [
        ("进展情况", "每周", "扫黑除恶周报"),
        ("专项整治月报表", "每月", "扫黑除恶周报"),
        ("调度会议", "定期", None),
        ("专项整治会商", "定期", None),
    ]
    assert [one.due for one in plan.requirements if one.key == "summary"] == ["__月__日前"]
    assert [(rung.at, rung.name, rung.confirm) for rung in plan.ladders["accountability"].rungs] == [
        ("-3d", "提醒", False),
        ("-1wd", "提醒", False),
        ("+1wd", "催办", False),
        ("+3wd", "通报", True),
        ("+5wd", "约谈", True),
        ("+7wd", "挂牌督办", True),
        ("+10wd", "重点管理", True),
        ("+15wd", "一票否决", True),
    ]
