"""A new version of a plan and the words of its own ledger that a person has corrected."""

from __future__ import annotations

from typing import Any

from states.records import ledger_amending, ledger_moving, renewed, renewing
from states.records.campaigns import running
from states.records.renewing import Version

LEDGER = """
ledger:
  columns: [问题]
  rows:
    - {no: 1, project: 收费, problem: 不公示, measures: [公示], departments: [办公室], due: 4月}
    - {no: 2, project: 台账, problem: 无台账, measures: [建账], departments: [办公室], due: 5月}
"""


def amend(stage: Any, no: int, **values: Any) -> None:
    with stage.store.write() as session:
        campaign = running(session, 1)
        item = ledger_moving.locked(session, campaign, no, None, None)
        ledger_amending.amend(session, campaign, item, values, stage.at("2026-03-05 10:00"), "test")


def words(stage: Any, no: int) -> tuple[Any, ...]:
    from states.records.tables import LedgerItem

    one = stage.one(LedgerItem, LedgerItem.no == no)
    return one.project, one.problem, one.measures, one.departments, one.due_words


def test_words_that_a_person_corrected_stay_and_the_draft_says_what_the_version_says(stage: Any) -> None:
    text = stage.template(stage.phases, stage.requirements, stage.ladders, LEDGER)
    stage.launch(text)
    amend(stage, 1, problem="门诊收费不公示", measures=["上墙公示", "网上公示"], due="2026年4月20日")
    amend(stage, 2, departments=["监督处"])
    before = stage.local(stage.milestone("ledger-1").due_at)
    other = (
        text.replace("version: 1", "version: 2")
        .replace("不公示", "公示不全")
        .replace("[建账]", "[建账, 核对]")
    )
    with stage.store.read() as session:
        drafted = renewing.draft(session, 1, Version(other), stage.at("2026-03-06 09:00"))
    assert [one for one in drafted.warnings if "台账" in one] == [
        "台账第1项的问题由人改为“门诊收费不公示”，新版写“公示不全”：保留现有的；要照新版的，换版后在台账中改"
    ]
    with stage.store.write() as session:
        renewed.renew(session, 1, Version(other), stage.at("2026-03-06 09:00"), "test")
    measures = ["上墙公示", "网上公示"]
    assert words(stage, 1) == ("收费", "门诊收费不公示", measures, ["办公室"], "2026年4月20日")
    assert words(stage, 2) == ("台账", "无台账", ["建账", "核对"], ["监督处"], "5月")
    assert stage.local(stage.milestone("ledger-1").due_at) == before


def test_of_the_plans_own_columns_each_is_kept_or_taken_by_itself(stage: Any) -> None:
    own = LEDGER.replace("[问题]", "[问题, 责任领导, 成效, 备注]")
    own = own.replace("due: 4月}", "due: 4月, leaders: [局长], more: {成效: 无, 备注: 急}}")
    text = stage.template(stage.phases, stage.requirements, stage.ladders, own)
    stage.launch(text)
    amend(stage, 1, more={"责任领导": "局长", "成效": "已公示", "备注": "缓"})
    other = (
        text.replace("version: 1", "version: 2")
        .replace("[局长]", "[副局长]")
        .replace("备注: 急", "备注: 特急")
    )
    with stage.store.write() as session:
        drafted = renewed.renew(session, 1, Version(other), stage.at("2026-03-06 09:00"), "test")
    assert [one for one in drafted.warnings if "台账" in one] == [
        "台账第1项的“备注”由人改为“缓”，新版写“特急”：保留现有的；要照新版的，换版后在台账中改"
    ]
    from states.records.tables import LedgerItem

    assert stage.one(LedgerItem, LedgerItem.no == 1).more == {
        "责任领导": "副局长",
        "成效": "已公示",
        "备注": "缓",
    }


def test_departments_of_a_new_version_take_it_over_and_the_draft_says_so(stage: Any) -> None:
    text = stage.template(stage.phases, stage.requirements, stage.ladders, LEDGER)
    stage.launch(text)
    amend(stage, 2, departments=["监督处"])
    other = text.replace("version: 1", "version: 2")
    other = other.replace("[建账], departments: [办公室]", "[建账], departments: [办公室, 监督处]")
    with stage.store.write() as session:
        drafted = renewed.renew(session, 1, Version(other), stage.at("2026-03-06 09:00"), "test")
    (said,) = [one for one in drafted.warnings if "台账第2项" in one]
    assert "由人改为“监督处”，新版改为“办公室；监督处”" in said
    assert words(stage, 2)[3] == ["办公室", "监督处"]
    assert {stage.owed("ledger-2", code).status for code in ("R-D1", "R-D2")} == {"open"}
