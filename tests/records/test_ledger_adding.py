"""Problems found while a campaign runs: who owes them, when, who hears of them, and what is corrected later."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from states.errors import Faulty, Refused
from states.records import calendar, ledger_adding, ledger_amending, ledger_moving, redating, renewed
from states.records.campaigns import running
from states.records.dispatch import Timer
from states.records.ledger_adding import Found
from states.records.renewing import Version
from states.records.tables import Journal, LedgerItem, Milestone, Obligation, UnitRun

TEXT = """
phases:
  - {key: look, name: 自查自纠, window: 为期2周}
  - {key: mend, name: 集中整治, opens: after_previous, window: 为期12周}
ladder: main
ladders: {main: {rungs: [{at: -1wd, name: 提醒, to: [liaison]}, {at: +1wd, name: 催办, to: [liaison]}]}}
ledger:
  columns: [问题]
  types:
    - key: major
      name: 重大问题
      steps: [{key: measure, name: 制定措施, due: 启动后10日内}, {key: cure, name: 整改到位, due: 启动后60日内}]
"""
NOW = "2026-03-03 10:00"


@pytest.fixture
def begun(stage):
    stage.launch(stage.template(TEXT))
    return stage


def add(stage, when: str = NOW, **more: Any) -> list[int]:
    facts = {
        "code": "R1-H1",
        "project": "收费",
        "problem": "重复收费",
        "measures": ("退费", "培训"),
        "due": "3月20日前",
    }
    with stage.store.write() as session:
        return ledger_adding.add(
            session, running(session, 1), [Found(**{**facts, **more})], stage.at(when), "test"
        )


def amend(stage, no: int, when: str = NOW, **values: Any) -> None:
    terms = {key: values.pop(key) for key in ("stand_in", "undated") if key in values}
    with stage.store.write() as session:
        campaign = running(session, 1)
        item = ledger_moving.locked(session, campaign, no, None, None)
        ledger_amending.amend(session, campaign, item, values, stage.at(when), "test", **terms)


def owing(stage, no: int, *statuses: str) -> set[str]:
    codes = {key: code for code, key in stage.ids.items()}
    milestone = stage.milestone(f"found-{no}")
    rows = stage.rows(Obligation, Obligation.milestone_id == milestone.id)
    return {codes[one.unit_id] for one in rows if not statuses or one.status in statuses}


def test_the_unit_answers_or_the_departments_that_are_named_its_own_before_those_above(begun) -> None:
    add(begun)
    add(begun, code="R1", departments=("办公室",))
    add(begun, code="R1", departments=("监督处", "示例甲县中医院"), lead="办公室")
    assert [owing(begun, no) for no in (1, 2, 3)] == [{"R1-H1"}, {"R1-D1"}, {"R1-D1", "R-D2", "R1-H2"}]
    add(begun, departments=("市卫健委监督处",))
    assert owing(begun, 4) == {"R-D2"}, "named with its office before it"
    enrolled = {one.unit_id for one in begun.rows(UnitRun)}
    assert {begun.ids["R1-D1"], begun.ids["R-D2"]} <= enrolled


def test_a_department_that_is_not_there_is_named_unless_the_unit_stands_in(begun) -> None:
    before = begun.everything()
    with pytest.raises(Faulty, match="责任部门“医保科”不在单位表中"):
        add(begun, departments=("医保科",))
    assert begun.everything() == before
    add(begun, departments=("医保科",), stand_in=True)
    assert owing(begun, 1) == {"R1-H1"}


def test_the_ladder_of_a_problem_is_climbed_and_stops_with_the_claim(begun) -> None:
    add(begun)
    add(begun)
    with begun.store.write() as session:
        ledger_moving.move(session, running(session, 1), 2, "claim", begun.at(NOW), "test")
    begun.cycle("2026-03-19 10:00", "2026-03-23 10:00")
    lines = begun.lines(begun.address("liaison", "R1-H1"))
    told = [(rung, what) for rung, _unit, what in lines if what.startswith("台账")]
    assert told == [("提醒", "台账第1项（收费）"), ("催办", "台账第1项（收费）")]


def test_the_steps_of_a_class_count_from_the_report(begun) -> None:
    add(begun, "2026-03-09 10:00", due=None, type="major")
    due = {one.period: begun.local(one.due_at) for one in begun.rows(Milestone, Milestone.kind == "ledger")}
    assert due == {"measure": "2026-03-19 18:00", "cure": "2026-05-08 18:00"}
    assert begun.one(LedgerItem).due_words == "制定措施：启动后10日内；整改到位：启动后60日内"


def test_what_has_no_date_is_only_written_down_when_somebody_says_so(begun) -> None:
    for due in (None, "尽早抓一下", "__月__日前"):
        with pytest.raises(Faulty):
            add(begun, due=due)
        add(begun, due=due, undated=True)
    assert [one.due_words for one in begun.rows(LedgerItem)] == ["未注明日期", "尽早抓一下", "__月__日前"]
    assert begun.timers(Timer.milestone_id.in_([one.milestone_id for one in begun.rows(LedgerItem)])) == []


def test_the_self_check_window_decides_and_the_day_after_is_too_late(begun) -> None:
    add(begun, "2026-03-15 12:00", found_by="self")
    add(begun, "2026-03-16 12:00", found_by="self")
    add(begun, "2026-03-10 12:00", found_by="inspection")
    assert [one.lenient for one in begun.rows(LedgerItem)] == [True, False, False]
    assert begun.rows(LedgerItem)[1].lenient_why == (
        "自查发现而报告已晚：2026-03-16 报告，“自查自纠”至 2026-03-15"
    )


def test_nothing_is_written_down_while_the_campaign_rests(begun) -> None:
    from states.records import campaigning

    with begun.store.write() as session:
        campaigning.move(session, 1, "suspend", begun.at(NOW), "test")
    with pytest.raises(Refused, match="专项行动已暂停"):
        add(begun)


# -- corrected later --------------------------------------------------------------------------------------


def test_another_date_takes_its_rungs_with_it_and_the_first_stays_known(begun) -> None:
    add(begun)
    amend(begun, 1, due="4月10日前并长期坚持")
    milestone = begun.milestone("found-1")
    assert begun.local(milestone.due_at) == "2026-04-10 18:00"
    assert begun.local(milestone.original_due_at) == "2026-03-20 18:00"
    waiting = [one for one in begun.timers(Timer.milestone_id == milestone.id) if one.done_at is None]
    assert [begun.local(one.fire_at)[:10] for one in waiting] == ["2026-04-09", "2026-04-13"]
    item = begun.one(LedgerItem)
    assert (item.standing, item.version) == (True, 2)
    (fact,) = begun.journal("ledger.amended")
    assert fact.payload["changes"] == {"due": ["3月20日前", "4月10日前并长期坚持"]}


def test_other_departments_answer_from_now_on_and_who_does_no_more_is_let_off(begun) -> None:
    add(begun, code="R1", departments=("办公室", "监督处"))
    amend(begun, 1, departments=["监督处", "示例甲县中医院"])
    assert owing(begun, 1, "open") == {"R-D2", "R1-H2"}
    assert owing(begun, 1, "waived") == {"R1-D1"}
    amend(begun, 1, departments=["办公室"])
    assert owing(begun, 1, "open") == {"R1-D1"}, "who comes back owes it again"
    with pytest.raises(Faulty, match="责任部门“医保科”不在单位表中"):
        amend(begun, 1, departments=["医保科"])
    assert begun.one(LedgerItem).departments == ["办公室"]


def test_a_calendar_that_arrives_moves_the_dates_that_rested_on_it(begun) -> None:
    add(begun, due="收到转办后330日内")
    add(begun, due="发现后230个工作日内")
    before = {
        one.requirement: (one.due_at, one.provisional)
        for one in begun.rows(Milestone, Milestone.kind == "ledger")
    }
    assert before["found-2"][1]
    with begun.store.write() as session:
        off = {date(2027, 1, day): False for day in range(1, 16)}
        calendar.load_year(session, 2027, off, "示例通知", begun.at(NOW))
        redating.apply(session, begun.at(NOW), "test")
    after = {
        one.requirement: (one.due_at, one.provisional)
        for one in begun.rows(Milestone, Milestone.kind == "ledger")
    }
    assert not after["found-2"][1]
    assert after["found-2"][0] > before["found-2"][0]
    assert len(begun.rows(Journal, Journal.kind == "milestone.redated")) >= 1


def test_a_new_version_of_the_plan_leaves_what_was_found_alone_and_takes_no_number_twice(begun) -> None:
    add(begun)
    item, milestone = begun.one(LedgerItem), begun.milestone("found-1")
    text = begun.template(TEXT).replace("version: 1", "version: 2")
    row = "  rows: [{no: NO, project: 甲, problem: 一, measures: [改], departments: [办公室], due: 4月}]\n"

    def renew(no: int, version: str) -> None:
        wanted = Version(text.replace("version: 2", version) + row.replace("NO", str(no)))
        with begun.store.write() as session:
            renewed.renew(session, 1, wanted, begun.at("2026-03-04 10:00"), "test")

    with pytest.raises(Refused, match="新版台账的第1项，序号已由行动中登记的问题占用"):
        renew(1, "version: 2")
    renew(2, "version: 2")
    again = begun.one(LedgerItem, LedgerItem.no == 1)
    assert again.model_dump() == item.model_dump()
    assert begun.milestone("found-1").model_dump() == milestone.model_dump()
    assert owing(begun, 1, "open") == {"R1-H1"}
    assert begun.one(LedgerItem, LedgerItem.no == 2).unit_id == begun.ids["R"]
