"""What departments answer for: workstreams, and issues with several dates, owed and closed step by step."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from states.records import core, figures, launch, reading_ledger
from states.records.access import Scope
from states.records.department_names import names_of
from states.records.dispatch import Timer
from states.records.ledger_items import Which
from states.records.tables import LedgerItem, Milestone, Obligation

EVERYTHING = Scope(1, "test", True, None, None)
TEXT = """
ladder: main
ladders: {main: {rungs: [{at: -1wd, name: 提醒, to: [liaison]}, {at: +1wd, name: 催办, to: [liaison]}]}}
workstreams:
  - {key: chaos, name: 医疗乱象, lead: [监督处, 不存在处], due: 3月底前}
  - {key: undated, name: 行风建设, lead: [监督处, 不存在室], owed: true}
ledger:
  columns: [问题]
  types:
    - key: major
      name: 重大问题
      steps: [{key: measure, name: 制定措施, due: 启动后10日内}, {key: cure, name: 整改到位, due: 启动后60日内}]
  rows:
    - {no: 1, project: 甲, problem: 一, measures: [改], departments: [办公室, 监督处], type: major}
    - {no: 2, project: 乙, problem: 二, measures: [改], departments: [监督处], due: 4月}
"""


def owing(stage) -> dict[str, set[str]]:
    codes = {key: code for code, key in stage.ids.items()}
    found: dict[str, set[str]] = {}
    for one in stage.rows(Milestone):
        owed = stage.rows(Obligation, Obligation.milestone_id == one.id)
        found[f"{one.requirement} {one.period}".strip()] = {codes[row.unit_id] for row in owed}
    return found


@pytest.fixture
def charged(stage):
    stage.launch(stage.template(TEXT))
    return stage


def test_departments_owe_what_they_lead_and_the_owner_stands_in_for_one_that_is_missing(charged) -> None:
    assert owing(charged) == {
        "workstream-chaos": {"R-D2", "R"},
        "workstream-undated": {"R-D2", "R"},
        "ledger-1 measure": {"R-D1", "R-D2"},
        "ledger-1 cure": {"R-D1", "R-D2"},
        "ledger-2": {"R-D2"},
    }
    assert len(charged.timers(Timer.milestone_id == charged.milestone("workstream-chaos").id)) == 2


def test_a_missing_department_of_a_workstream_is_said_at_the_launch(stage) -> None:
    with stage.store.read() as session:
        drafted = launch.draft(session, stage.order(stage.template(TEXT)), stage.at("2026-03-02 08:30"))
    said = "责任部门“不存在处”、“不存在室”等 2 个不在单位表中，由示例市卫生健康委员会代收"
    assert said in drafted.warnings


def test_a_department_named_with_its_office_before_it_is_that_department_and_the_launch_says_so(
    stage,
) -> None:
    named = TEXT.replace("不存在处", "市卫健委办公室").replace("lead: [监督处, 不存在室]", "lead: [委监督处]")
    order = stage.order(stage.template(named))
    with stage.store.read() as session:
        said = launch.draft(session, order, stage.at("2026-03-02 08:30")).warnings
    assert "责任部门“市卫健委办公室”（办公室）、“委监督处”（监督处）按括号里的单位表名称下达" in said
    stage.launch(stage.template(named))
    found = owing(stage)
    assert (found["workstream-chaos"], found["workstream-undated"]) == ({"R-D1", "R-D2"}, {"R-D2"})


def test_a_department_of_another_unit_that_bears_the_name_is_pointed_out(stage) -> None:
    with stage.store.write() as session:
        session.execute(sa.update(core.unit).where(core.unit.c.code == "R-D1").values(active=False))
        order = stage.order(stage.template(TEXT))
        said = launch.draft(session, order, stage.at("2026-03-02 08:30")).warnings
    assert "责任部门“办公室”是示例甲县卫生健康局的科室，不是牵头单位自己的，请核对" in said


@pytest.mark.parametrize(
    ("name", "ways"),
    [
        ("局医政科", ["局医政科", "医政科", "示例县卫生健康局局医政科"]),
        ("示例县卫生健康局医政科", ["示例县卫生健康局医政科", "医政科"]),
        ("县卫健局医政科", ["县卫健局医政科", "医政科", "示例县卫生健康局县卫健局医政科"]),
        ("市卫健局医政科", ["市卫健局医政科", "示例县卫生健康局市卫健局医政科"]),  # of another level
        ("县委办公室", ["县委办公室", "示例县卫生健康局县委办公室"]),  # not the bureau's own
        ("医保局医政科", ["医保局医政科", "示例县卫生健康局医保局医政科"]),  # another bureau
        ("医政科", ["医政科", "示例县卫生健康局医政科"]),  # listed with its bureau before it
    ],
)
def test_only_the_name_of_the_office_itself_is_taken_off_a_departments_name(
    name: str, ways: list[str]
) -> None:
    assert list(names_of(name, "示例县卫生健康局")) == ways


def test_an_item_with_several_dates_is_closed_when_every_department_has_settled_every_step(charged) -> None:
    def told() -> tuple[list[tuple[int, int, int, bool]], tuple[int, int]]:
        with charged.store.read() as session:
            items = reading_ledger.ledger(
                session, EVERYTHING, 1, Which(), charged.at("2026-03-10 10:00"), 0, 10
            )["items"]
            found = figures.tally(session, charged.campaign(session, 1), charged.at("2026-03-10 10:00"))
        rows = [(one["no"], one["answering"], one["settled"], one["closed"]) for one in items]
        return rows, (found.ledger_closed, found.ledger_total)

    def accept(period: str, code: str) -> None:
        key = charged.owed("ledger-1", code, period).id
        with charged.store.write() as session:
            from states.records import moving

            campaign, at = charged.campaign(session, 1), charged.at("2026-03-10 09:00")
            for name in ("submit", "accept"):
                moving.act(session, campaign, key, name, at, "test")

    assert told() == ([(1, 4, 0, False), (2, 1, 0, False)], (0, 2))
    accept("cure", "R-D1")
    accept("cure", "R-D2")
    assert told() == ([(1, 4, 2, False), (2, 1, 0, False)], (0, 2))
    accept("measure", "R-D1")
    accept("measure", "R-D2")
    assert told() == ([(1, 4, 4, True), (2, 1, 0, False)], (1, 2))


def test_an_item_is_told_with_its_type_and_the_dates_of_its_steps(charged) -> None:
    with charged.store.read() as session:
        first, second = reading_ledger.ledger(
            session, EVERYTHING, 1, Which(), charged.at("2026-03-10 10:00"), 0, 10
        )["items"]
    assert (first["type"], first["words"]) == ("重大问题", "制定措施：启动后10日内；整改到位：启动后60日内")
    assert [(one["key"], one["due"]) for one in first["steps"]] == [
        ("measure", "2026-03-12T18:00:00+08:00"),
        ("cure", "2026-05-01T18:00:00+08:00"),
    ]
    assert (first["due"], first["milestone"]) == (first["steps"][1]["due"], first["steps"][1]["milestone"])
    assert (second["type"], second["words"], [one["key"] for one in second["steps"]]) == (None, "4月", [""])
    assert [one.milestone_id for one in charged.rows(LedgerItem)] == [
        charged.milestone("ledger-1", "cure").id,
        charged.milestone("ledger-2").id,
    ]
