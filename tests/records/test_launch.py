"""Launching: what a draft says, what is refused, what is written, and that nothing is half written."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from states.errors import Faulty, Refused
from states.reading import shipped
from states.records import core, launch, opening
from states.records.launch import Order
from states.records.scopes import Selection
from states.records.tables import Campaign, LedgerItem, Milestone, Obligation, PhaseRow, UnitRun

BLANKS = """
phases:
  - {key: check, name: 自查自纠, from: 20__年__月__日, until: __月__日前}
requirements:
  - {key: plan, name: 实施方案, phase: check, due: __月__日前}
  - {key: news, name: 月报, phase: check, every: 每月__日前}
"""
NEXT_YEAR = """
phases:
  - {key: look, name: 自查, window: 2026年3月至2026年12月}
  - {key: mend, name: 整改, window: 2027年1月至2027年12月}
requirements:
  - {key: mended, name: 整改报告, phase: mend, due: 12月20日前}
"""
LEDGER = """
requirements:
  - {key: plan, name: 实施方案, due: 启动后10日内}
  - {key: own, name: 监督处专报, due: 启动后10日内, scope: {departments: [监督处]}}
ledger:
  columns: [项目, 问题, 措施, 部门, 期限]
  rows:
    - {no: 1, project: 甲, problem: 问题一, measures: [措施], departments: [监督处, 办公室], due: 3月底前}
    - {no: 2, project: 乙, problem: 问题二, measures: [措施], departments: [规财处], due: 3月底前并长期坚持}
"""


def drafted(stage, order: Order, now: str = "2026-03-02 08:30"):
    with stage.store.read() as session:
        return launch.draft(session, order, stage.at(now))


def test_a_draft_names_every_blank_by_its_place_and_a_launch_refuses_until_all_are_filled(stage) -> None:
    text = stage.template(BLANKS)
    found = drafted(stage, stage.order(text))
    places = ("check.from", "check.until", "plan.due", "news.every")
    assert [one.place for one in found.plan.blanks] == list(places)
    assert all(any(f"--set {place}=" in said for said in found.refusals) for place in places)
    assert any("--set plan.due=日期 填写" in said for said in found.refusals)
    assert any("--set news.every=间隔（如 每月25日前） 填写" in said for said in found.refusals)
    with pytest.raises(Refused) as caught:
        stage.launch(text)
    assert caught.value.refusals == list(found.refusals)
    fills = {"check.from": "2026-03-02", "check.until": "2026-06-30", "plan.due": "2026-03-20"}
    assert [one.place for one in drafted(stage, stage.order(text, fills=fills)).plan.blanks] == ["news.every"]
    stage.launch(text, fills={**fills, "news.every": "每月25日前"})
    assert stage.local(stage.milestone("plan").due_at) == "2026-03-20 18:00"


def test_a_draft_writes_nothing(stage) -> None:
    before = stage.everything()
    drafted(stage, stage.order())
    assert stage.everything() == before


def test_a_fill_for_an_unknown_place_is_refused_with_the_places_that_are_near(stage) -> None:
    with pytest.raises(Faulty) as caught:
        drafted(stage, stage.order(fills={"chek.from": "2026-03-02"}))
    assert [fault.place for fault in caught.value.faults] == ["chek.from"]
    assert "check.from" in caught.value.detail


def test_a_fill_that_is_no_date_is_refused_with_its_place(stage) -> None:
    with pytest.raises(Faulty) as caught:
        drafted(stage, stage.order(fills={"report.due": "哪天都行"}))
    assert [fault.place for fault in caught.value.faults] == ["report.due"]


def test_dates_already_past_are_warned_of_and_need_a_decision(stage) -> None:
    order = stage.order(start="2026-02-20")
    found = drafted(stage, order, "2026-03-03 08:30")
    assert any("自查报告" in said and "已过" in said for said in found.warnings)
    assert any("--past keep" in said for said in found.refusals)
    with pytest.raises(Refused, match="自查报告"):
        stage.launch(start="2026-02-20", now="2026-03-03 08:30")
    kept = stage.launch(start="2026-02-20", now="2026-03-03 08:30", past="keep")
    assert any("已过" in said for said in stage.one(Campaign, Campaign.id == kept).warnings)


def test_a_phase_that_would_end_before_it_begins_is_refused_with_its_place(stage) -> None:
    found = drafted(stage, stage.order(fills={"check.from": "2026-03-20", "check.until": "2026-03-10"}))
    said = "“自查自纠”阶段的结束（2026-03-10）早于开始（2026-03-20），请改 --set check.until=日期"
    assert said in found.refusals
    assert "check.until" in found.places
    with pytest.raises(Refused, match="早于开始") as caught:
        stage.launch(fills={"check.until": "2026-02-20"})
    assert "check.until" in caught.value.places


def test_a_month_without_a_year_that_falls_before_its_phase_is_asked_for(stage) -> None:
    text = stage.template(NEXT_YEAR)
    found = drafted(stage, stage.order(text))
    (said,) = found.refusals
    assert said.startswith("“整改报告”的期限 12月20日前 读作 2026-12-20，早于“整改”阶段开始（2027-01-01）")
    assert said.endswith("请用 --set mended.due=日期 写明")
    assert found.places == ("mended.due",)
    assert drafted(stage, stage.order(text, fills={"mended.due": "2027-12-20"})).refusals == ()


def test_days_from_the_issue_count_from_the_day_that_is_given_for_it(stage) -> None:
    text = stage.template("requirements:\n  - {key: plan, name: 实施方案, due: 印发之日起10个工作日内}\n")

    def due(**fills: str) -> str:
        (one,) = drafted(stage, stage.order(text, fills=fills)).plan.milestones
        return stage.local(one.due_at)

    assert due() == "2026-03-16 18:00"
    assert due(issued="2026-02-26") == "2026-03-11 18:00", "28 February was a working Saturday"
    with pytest.raises(Faulty, match="印发日期应写作"):
        due(issued="上周")


def test_what_is_filled_in_before_the_start_is_refused_even_where_the_past_is_kept(stage) -> None:
    order = stage.order(fills={"report.due": "2026-02-20"}, past="keep")
    found = drafted(stage, order)
    assert found.refusals == (
        "“自查报告”的期限（2026-02-20）早于行动开始（2026-03-02），请改 --set report.due=日期",
    )
    assert found.places == ("report.due",)


def test_what_is_filled_in_beyond_the_end_is_warned_of(stage) -> None:
    found = drafted(stage, stage.order(fills={"summary.due": "2026-12-30"}))
    assert found.refusals == ()
    said = [one for one in found.warnings if "summary.due" in one]
    assert [("阶段结束" in one, "行动结束" in one) for one in said] == [(True, False), (False, True)]


def test_a_phase_that_ended_before_a_late_start_by_the_words_of_the_plan_is_no_fault(stage) -> None:
    phases = "phases:\n  - {key: check, name: 自查自纠, until: 2026年2月20日}\n"
    found = drafted(stage, stage.order(stage.template(phases), start="2026-03-02"))
    assert found.refusals == ()


def test_refusals_for_past_dates_name_every_place(stage) -> None:
    found = drafted(stage, stage.order(start="2026-02-20"), "2026-03-04 08:30")
    assert "（--set report.due=日期、--set list.due=日期）" in found.refusals[0]
    assert found.places == ("report.due", "list.due")


def test_a_date_is_past_only_after_its_instant(stage) -> None:
    order = stage.order(start="2026-02-20")
    assert drafted(stage, order, "2026-03-02 18:00").plan.past(stage.at("2026-03-02 18:00")) == []
    assert drafted(stage, order, "2026-03-02 18:01").refusals != ()


def test_a_launch_without_units_is_refused(stage) -> None:
    with pytest.raises(Refused, match="没有单位参加"):
        stage.launch(selection=Selection(kinds=("village_clinic",)))
    assert stage.rows(Campaign) == []


def test_a_launch_into_an_empty_unit_list_says_to_import_units_first(empty_stage) -> None:
    with pytest.raises(Faulty, match="请先导入单位"):
        empty_stage.launch()


def test_an_unknown_owner_is_refused_by_its_code(stage) -> None:
    with pytest.raises(Faulty) as caught:
        stage.launch(owner="NOBODY")
    assert caught.value.faults[0].place == "NOBODY"


@pytest.mark.parametrize("field", ["codes", "under"])
def test_unknown_codes_of_a_selection_are_all_named(stage, field: str) -> None:
    with pytest.raises(Faulty) as caught:
        stage.launch(selection=Selection(**{field: ("R1", "NO1", "NO2")}))
    assert [fault.place for fault in caught.value.faults] == ["NO1", "NO2"]


@pytest.mark.parametrize(
    ("selection", "owner", "expected"),
    [
        (Selection(), None, {"R1", "R1-H1", "R1-H2", "R2", "R2-H1", "R2-C1"}),
        (Selection(), "R1", {"R1-H1", "R1-H2"}),
        (Selection(codes=("R1-H1", "R2-C1")), None, {"R1-H1", "R2-C1"}),
        (Selection(under=("R1", "R2-H1")), None, {"R1", "R1-H1", "R1-H2", "R2-H1"}),
        (Selection(kinds=("hospital", "clinic")), None, {"R1-H1", "R2-H1", "R2-C1"}),
        (Selection(under=("R1",), kinds=("hospital",)), None, {"R1-H1"}),
    ],
)
def test_the_participants_are_the_chosen_units_below_the_owner(stage, selection, owner, expected) -> None:
    order = stage.order(selection=selection, owner=owner)
    assert drafted(stage, order).participants == len(expected)
    key = stage.launch(selection=selection, owner=owner)
    assert set(stage.states(key)) == expected


def test_kinds_can_be_chosen_in_chinese_words_too(stage) -> None:
    key = stage.launch(selection=Selection(kinds=("医院", "诊所")))
    assert set(stage.states(key)) == {"R1-H1", "R2-H1", "R2-C1"}


def test_chosen_units_that_cannot_take_part_are_named_in_a_warning(stage) -> None:
    found = drafted(stage, stage.order(owner="R1", selection=Selection(codes=("R1-H1", "R2-H1", "R1-D1"))))
    assert found.participants == 1
    said = "；".join(found.warnings)
    assert "R2-H1" in said
    assert "R1-D1" in said
    assert "R1-H1" not in said


def test_a_scope_that_names_a_unit_which_does_not_exist_is_refused_at_the_launch(stage) -> None:
    """And not on the day, months later, on which the phase opens and nobody looks."""
    wrong = stage.requirements.replace(
        "阶段结束前3个工作日}", "阶段结束前3个工作日, scope: {under: [R9], codes: [X1]}}", 1
    )
    with pytest.raises(Refused) as caught:
        stage.launch(stage.template(stage.phases, wrong, stage.ladders))
    said = "“整改报告”的范围写了单位 {}，单位表中没有这个代码"
    assert caught.value.refusals == [said.format("X1"), said.format("R9")]
    assert stage.rows(Campaign) == []


def test_units_that_are_no_longer_active_do_not_take_part(stage) -> None:
    stage.put(core.unit, core.unit.c.code == "R2-C1", active=False)
    assert "R2-C1" not in stage.states(stage.launch())


def test_departments_take_part_only_where_a_row_names_them_and_the_owner_stands_in_for_missing_ones(
    stage,
) -> None:
    text = stage.template(LEDGER, stage.ladders)
    found = drafted(stage, stage.order(text))
    assert any("规财处" in said and "示例市卫生健康委员会" in said for said in found.warnings)
    assert not any("监督处" in said for said in found.warnings)
    assert found.participants == 6
    key = stage.launch(text)
    assert set(stage.states(key)) == {"R1", "R1-H1", "R1-H2", "R2", "R2-H1", "R2-C1", "R-D1", "R-D2", "R"}
    owing = {one.requirement: set() for one in stage.rows(Milestone)}
    codes = {value: code for code, value in stage.ids.items()}
    names = {one.id: one.requirement for one in stage.rows(Milestone)}
    for row in stage.rows(Obligation):
        owing[names[row.milestone_id]].add(codes[row.unit_id])
    assert owing == {
        "plan": {"R1", "R1-H1", "R1-H2", "R2", "R2-H1", "R2-C1"},
        "own": {"R-D2"},
        "ledger-1": {"R-D1", "R-D2"},
        "ledger-2": {"R"},
    }


def test_a_department_of_the_owner_goes_before_one_of_the_same_name_further_down(stage) -> None:
    stage.put(core.unit, core.unit.c.code == "R-D1", name="综合处")
    stage.put(core.unit, core.unit.c.code == "R-D2", name="办公室")
    text = stage.template(LEDGER.replace("监督处", "办公室"), stage.ladders)
    assert "R1-D1" not in stage.states(stage.launch(text))


def test_the_ledger_rows_become_items_tied_to_their_milestones(stage) -> None:
    stage.launch(stage.template(LEDGER, stage.ladders))
    items = stage.rows(LedgerItem)
    assert [(one.no, one.standing, one.departments) for one in items] == [
        (1, False, ["监督处", "办公室"]),
        (2, True, ["规财处"]),
    ]
    assert [one.milestone_id for one in items] == [
        stage.milestone("ledger-1").id,
        stage.milestone("ledger-2").id,
    ]


@pytest.mark.parametrize(
    ("broken", "name"),
    [(launch, "_runs"), (launch, "_ledger"), (opening, "open_all"), (opening, "fan_out")],
)
def test_a_launch_that_fails_in_the_middle_leaves_nothing(stage, monkeypatch, broken, name) -> None:
    def fail(*_args, **_more):
        raise RuntimeError("power cut")

    before = stage.everything()
    monkeypatch.setattr(broken, name, fail)
    with pytest.raises(RuntimeError, match="power cut"):
        stage.launch(stage.template(LEDGER, stage.ladders))
    assert stage.everything() == before


def test_a_refused_launch_leaves_nothing(stage) -> None:
    before = stage.everything()
    with pytest.raises(Refused):
        stage.launch(stage.template(BLANKS))
    assert stage.everything() == before


def test_a_running_campaign_keeps_its_text_and_its_hash(stage) -> None:
    text = stage.template()
    key = stage.launch(text)
    row = stage.one(Campaign, Campaign.id == key)
    import hashlib

    assert row.template_text == text
    assert row.template_sha256 == hashlib.sha256(text.encode()).hexdigest()
    with stage.store.read() as session:
        assert stage.campaign(session, key).template.phases[0].name == "自查自纠"


def test_two_versions_of_one_template_run_side_by_side_each_with_its_own_ladder(stage) -> None:
    first = stage.launch(stage.template())
    second = stage.launch(
        stage.template(stage.phases, stage.requirements, stage.ladders.replace("-7d", "-5d"))
    )
    with stage.store.read() as session:
        ladders = [
            stage.campaign(session, key).template.ladders["main"].rungs[0].at for key in (first, second)
        ]
    assert ladders == ["-7d", "-5d"]


def test_a_launch_is_journalled_with_what_it_was_asked_for(stage) -> None:
    fills = {"report.due": "2026-03-20"}
    key = stage.launch(fills=fills)
    (fact,) = stage.journal("campaign.launched")
    assert (fact.campaign_id, fact.actor) == (key, "test")
    assert fact.payload["fills"] == fills
    assert fact.payload["units"] == 6


def test_a_campaign_launched_ahead_of_its_day_waits_in_draft(stage) -> None:
    key = stage.launch(start="2026-03-09", now="2026-03-03 08:30")
    assert stage.one(Campaign, Campaign.id == key).state == "draft"
    assert set(stage.states(key).values()) == {"waiting"}
    assert stage.rows(Obligation) == []


def test_what_begins_today_is_open_when_the_launch_returns(stage) -> None:
    key = stage.launch()
    assert stage.one(Campaign, Campaign.id == key).state == "check"
    assert set(stage.states(key).values()) == {"check"}
    assert stage.counted(Obligation.milestone_id) == {
        stage.milestone("report").id: 6,
        stage.milestone("list").id: 6,
    }


@pytest.mark.parametrize("name", sorted(shipped()))
def test_the_shipped_templates_launch_in_a_year_without_a_published_calendar(stage, name: str) -> None:
    start = date(2027, 8, 2)
    text = shipped()[name]
    order = Order(text, start, {})
    with stage.store.read() as session:
        found = launch.draft(session, order, stage.at("2027-08-02 08:30"))
    if found.plan.blanks:
        assert len(found.refusals) >= len(found.plan.blanks)
        return
    dated = [one for one in (*found.plan.phases, *found.plan.milestones) if one.provisional]
    assert any("尚未公布" in said for said in found.warnings) == bool(dated)  # some plans name no date at all
    assert dated or name != "standard-four-phase"
    key = stage.launch(text, start="2027-08-02", past="keep")
    assert stage.rows(PhaseRow, PhaseRow.campaign_id == key) != []
    assert stage.rows(UnitRun, UnitRun.campaign_id == key) != []


def test_original_dates_are_those_of_the_launch(stage) -> None:
    stage.launch()
    for one in stage.rows(Milestone):
        assert one.original_due_at == one.due_at


def test_two_launches_at_once_are_two_campaigns(stage) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(4) as pool:
        keys = list(pool.map(lambda _: stage.launch(), range(4)))
    assert len(set(keys)) == 4
    counted = stage.counted(UnitRun.campaign_id)
    assert counted == dict.fromkeys(keys, 6)
    assert stage.counted(sa.func.count(Obligation.id)) == {48: 1}


def test_a_campaign_that_would_end_before_it_begins_is_refused_with_its_place(stage) -> None:
    text = stage.template(
        "ends: 2026年1月底\nrequirements:\n  - {key: monthly, name: 月报, every: 每月25日前}\n"
    )
    found = drafted(stage, stage.order(text, past="keep"))
    assert found.refusals == ("行动的结束（2026-01-31）早于开始（2026-03-02），请改 --set ends=日期",)
    assert found.places == ("ends",)
    later = drafted(stage, stage.order(text, fills={"ends": "2026-05-31"}))
    assert (later.refusals, len(later.plan.milestones)) == ((), 3)
