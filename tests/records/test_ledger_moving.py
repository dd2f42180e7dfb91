"""The life of an item in the record: moves, what is owed for it, who may do what, and who was quicker."""

from __future__ import annotations

from typing import Any

import pytest

from states.errors import Conflict, Faulty, NotAllowed, NotFound, Refused
from states.records import ledger_adding, ledger_mass, ledger_moving, mass_settling, moving
from states.records.access import Scope
from states.records.campaigns import running
from states.records.core import ledger_item
from states.records.dispatch import Timer
from states.records.ledger_adding import Found
from states.records.tables import Journal, LedgerItem, Milestone, Unit

TEXT = """
ladder: main
ladders: {main: {rungs: [{at: -1wd, name: 提醒, to: [liaison]}, {at: +1wd, name: 催办, to: [liaison]}]}}
ledger:
  columns: [问题]
  CHECKS
  types:
    - key: major
      name: 重大问题
      steps: [{key: measure, name: 制定措施, due: 启动后10日内}, {key: cure, name: 整改到位, due: 启动后60日内}]
  rows:
    - {no: 1, project: 甲, problem: 一, measures: [改, 查, 建], departments: [办公室, 监督处], due: 4月}
    - {no: 2, project: 乙, problem: 二, measures: [改], departments: [监督处], due: 4月底前并长期坚持}
    - {no: 3, project: 丙, problem: 三, measures: [改], departments: [监督处], type: major}
"""


@pytest.fixture
def launch(stage):
    def launched(checks: int = 1) -> Any:
        stage.launch(stage.template(TEXT.replace("CHECKS", f"checks: {checks}")))
        return stage

    return launched


def go(stage, no: int, name: str, when: str = "2026-03-10 10:00", **more: Any) -> LedgerItem:
    with stage.store.write() as session:
        return ledger_moving.move(session, running(session, 1), no, name, stage.at(when), "test", **more)


def under(stage, code: str) -> Scope:
    return Scope(2, code, True, stage.one(Unit, Unit.code == code).path, None)


def item(stage, no: int) -> LedgerItem:
    return stage.one(LedgerItem, LedgerItem.no == no)


def statuses(stage, no: int, period: str = "") -> set[str]:
    codes = ("R-D1", "R-D2") if no == 1 else ("R-D2",)
    return {stage.owed(f"ledger-{no}", code, period).status for code in codes}


def test_what_is_owed_goes_with_the_item_through_its_life(launch) -> None:
    stage = launch(checks=2)
    seen = []
    for move, more in (
        ("start", {}),
        ("claim", {}),
        ("check", {}),
        ("close", {}),
        ("reopen", {"reason": "回头看发现反弹"}),
        ("claim", {}),
        ("return", {"reason": "材料不全"}),
    ):
        made = go(stage, 1, move, **more)
        seen.append((move, made.state, statuses(stage, 1)))
    assert seen == [
        ("start", "rectifying", {"open"}),
        ("claim", "claimed", {"submitted"}),
        ("check", "checked", {"submitted"}),
        ("close", "closed", {"accepted"}),
        ("reopen", "rectifying", {"returned"}),
        ("claim", "claimed", {"submitted"}),
        ("return", "rectifying", {"returned"}),
    ]
    made = item(stage, 1)
    assert (made.version, made.reopened, made.closed_at) == (8, 1, None)
    moves = stage.rows(Journal, Journal.kind.like("ledger.%"))
    assert [one.kind.removeprefix("ledger.") for one in moves] == [move for move, *_ in seen]
    assert {one.payload["item"] for one in moves} == {made.id}
    assert stage.timers(Timer.obligation_id == stage.owed("ledger-1", "R-D1").id), (
        "what is returned is due anew"
    )


def test_a_refused_move_leaves_no_trace(launch) -> None:
    stage = launch(checks=2)
    go(stage, 1, "claim")
    before = stage.everything()
    with pytest.raises(Refused, match="现为“已申报销号”，不能销号"):
        go(stage, 1, "close")
    assert stage.everything() == before


def test_with_one_level_a_claim_is_closed_at_once(launch) -> None:
    stage = launch()
    go(stage, 1, "claim")
    assert go(stage, 1, "close").state == "closed"


def test_a_standing_item_is_reviewed_and_never_closed(launch) -> None:
    stage = launch()
    go(stage, 2, "claim")
    go(stage, 2, "check")
    with pytest.raises(Refused, match="只复查，不销号"):
        go(stage, 2, "close")
    assert go(stage, 2, "review", "2026-05-10 10:00").state == "checked"
    assert statuses(stage, 2) == {"accepted"}, "its interim date is met"
    made = go(stage, 2, "review", "2026-08-10 10:00")
    assert made.reviewed_at == stage.at("2026-08-10 10:00")
    assert made.since == stage.at("2026-03-10 10:00")


def test_a_partial_closure_keeps_what_is_done_and_asks_for_the_rest(launch) -> None:
    stage = launch()
    go(stage, 1, "claim")
    made = go(stage, 1, "partial", measures=(1, 3))
    assert (made.state, made.done, statuses(stage, 1)) == ("rectifying", [1, 3], {"returned"})
    assert stage.owed("ledger-1", "R-D1").due_at == stage.milestone("ledger-1").due_at, (
        "its own date is later"
    )
    with pytest.raises(Faulty, match="部分销号"):
        go(stage, 1, "claim", measures=(1,))


def test_a_claim_waits_for_the_earlier_dates_of_a_class(launch) -> None:
    stage = launch()
    with pytest.raises(Refused, match="前面的步骤还没有报送：制定措施"):
        go(stage, 3, "claim")
    with stage.store.write() as session:
        campaign = running(session, 1)
        key = stage.owed("ledger-3", "R-D2", "measure").id
        moving.act(session, campaign, key, "submit", stage.at("2026-03-09 10:00"), "test")
    assert item(stage, 3).state == "rectifying"
    go(stage, 3, "claim")
    assert statuses(stage, 3, "cure") == {"submitted"}
    go(stage, 3, "return", reason="没有改到位")
    assert statuses(stage, 3, "cure") == {"returned"}
    assert stage.owed("ledger-3", "R-D2", "measure").status == "submitted", "earlier dates stay done"


# -- the other way round ----------------------------------------------------------------------------------


def act(stage, no: int, code: str, name: str, **more: Any) -> str:
    stage.act(1, f"ledger-{no}", code, name, "2026-03-10 10:00", **more)
    return item(stage, no).state


def test_the_item_follows_what_its_departments_hand_in(launch) -> None:
    stage = launch()
    assert act(stage, 1, "R-D1", "submit") == "rectifying"
    assert act(stage, 1, "R-D2", "submit") == "claimed"
    assert act(stage, 1, "R-D1", "accept") == "claimed"
    assert act(stage, 1, "R-D2", "accept") == "closed"
    assert act(stage, 1, "R-D2", "return", reason="反弹") == "rectifying"
    assert item(stage, 1).reopened == 1
    followed = stage.journal("ledger.followed")
    assert [(one.before, one.after) for one in followed] == [
        ("open", "rectifying"),
        ("rectifying", "claimed"),
        ("claimed", "closed"),
        ("closed", "rectifying"),
    ]


def test_nothing_is_accepted_past_the_first_level_of_checking(launch) -> None:
    stage = launch(checks=2)
    act(stage, 2, "R-D2", "submit")
    with pytest.raises(Refused, match="台账第2项“已申报销号”，须先核查"):
        act(stage, 2, "R-D2", "accept")
    go(stage, 2, "check")
    assert act(stage, 2, "R-D2", "accept") == "checked"
    assert item(stage, 2).reviewed_at is not None


def test_the_item_follows_acts_on_many_and_exemptions(launch) -> None:
    stage = launch()
    with stage.store.write() as session:
        campaign = running(session, 1)
        milestone = session.get_one(Milestone, stage.milestone("ledger-1").id)
        mass_settling.settle_many(
            session, campaign, milestone, "submit", [], stage.at("2026-03-10 10:00"), "test"
        )
    assert item(stage, 1).state == "claimed"
    stage.move(1, "R-D2", "exempt", "2026-03-11 10:00", reason="撤并")
    assert (item(stage, 2).state, item(stage, 3).state) == ("checked", "closed")
    assert item(stage, 1).state == "claimed"


# -- who may do what --------------------------------------------------------------------------------------


def test_a_department_claims_only_what_is_all_its_own_and_checks_nothing(launch) -> None:
    stage = launch(checks=2)
    office, whole = under(stage, "R-D1"), under(stage, "R")
    with pytest.raises(Refused, match="这一项由办公室、监督处共同负责、没有牵头"):
        go(stage, 1, "claim", scope=office)
    with pytest.raises(NotAllowed, match="这一项台账不在授权范围内"):
        go(stage, 2, "claim", scope=office)
    supervision = under(stage, "R-D2")
    go(stage, 2, "claim", scope=supervision)
    with pytest.raises(Refused, match="由上级核查"):
        go(stage, 2, "check", scope=supervision)
    go(stage, 2, "check", scope=whole)
    with pytest.raises(Refused, match="由组织这次行动的单位办理"):
        go(stage, 2, "review", scope=supervision)
    assert go(stage, 2, "review", scope=whole).reviewed_at is not None


def test_the_lead_claims_for_all_once_the_others_have_handed_in(launch) -> None:
    stage = launch()
    stage.put(ledger_item, ledger_item.c.no == 1, lead="办公室")
    office = under(stage, "R-D1")
    with pytest.raises(Refused, match="由牵头的办公室申报"):
        go(stage, 1, "claim", scope=under(stage, "R-D2"))
    with pytest.raises(Refused, match="监督处还没有报送；仍要申报须写明理由"):
        go(stage, 1, "claim", scope=office)
    stage.act(1, "ledger-1", "R-D2", "submit", "2026-03-10 10:00")
    assert go(stage, 1, "claim", scope=office).state == "claimed"


def test_who_saw_an_older_version_is_told_what_happened(launch) -> None:
    stage = launch()
    go(stage, 1, "start", version=1)
    with pytest.raises(Conflict, match=r"现为“整改中”，版本 2；test：开始整改"):
        go(stage, 1, "claim", version=1)


def test_an_item_that_is_not_there_or_a_campaign_that_rests_is_said(launch) -> None:
    stage = launch()
    with pytest.raises(NotFound, match="台账中没有第9项"):
        go(stage, 9, "claim")
    with pytest.raises(Faulty, match="没有“finish”这个动作"):
        go(stage, 1, "finish")
    from states.records import campaigning

    with stage.store.write() as session:
        campaigning.move(session, 1, "suspend", stage.at("2026-03-10 10:00"), "test")
    with pytest.raises(Refused, match="专项行动已暂停，不能办理台账"):
        go(stage, 1, "claim")


# -- many at once -----------------------------------------------------------------------------------------


def test_many_go_through_their_life_at_once_each_level_doing_its_part(launch) -> None:
    stage = launch(checks=2)
    found = [
        Found(code, "收费", f"问题{n}", ("退费",), due="4月")
        for n, code in enumerate(("R1-H1", "R1-H2", "R2-H1"))
    ]
    with stage.store.write() as session:
        ledger_adding.add(session, running(session, 1), found, stage.at("2026-03-09 10:00"), "test")
    county = under(stage, "R1")

    def many(name: str, scope: Scope | None = None, **more: Any) -> tuple[int, dict[str, int]]:
        with stage.store.write() as session:
            campaign = running(session, 1)
            mine = [ledger_item.c.no > 3]
            made = ledger_mass.move_many(
                session, campaign, name, mine, stage.at("2026-05-08 10:00"), "test", scope=scope, **more
            )
        return made.moved, made.why

    assert many("claim", county) == (0, {"成批开始、申报由组织这次行动的单位办理；请逐项办理": 2})
    before = stage.everything()
    assert many("claim", dry_run=True) == (3, {})
    assert stage.everything() == before
    assert many("claim") == (3, {})
    assert {stage.owed(f"found-{no}", code).late for no, code in ((4, "R1-H1"), (6, "R2-H1"))} == {True}
    hospital = under(stage, "R1-H1")
    assert many("check", hospital) == (0, {"由上级核查：授权只管问题所在单位": 1})
    assert many("check", county) == (2, {}), "it sees its own two"
    assert many("close", county) == (0, {"由组织这次行动的单位办理：授权只管一部分单位": 2})
    assert many("withdraw", county, reason="重复")[1] == {"由组织这次行动的单位办理：授权只管一部分单位": 2}
    assert many("close") == (2, {"现为“已申报销号”，不能销号；只有“已核查”可以": 1})
    assert [item(stage, no).state for no in (4, 5, 6)] == ["closed", "closed", "claimed"]
    assert stage.owed("found-4", "R1-H1").status == "accepted"
    assert len(stage.journal("ledger.claim")) == 3
    assert len(stage.journal("obligation.submit")) == 3
    with pytest.raises(Refused, match="须逐项办理"):
        many("return", reason="x")
