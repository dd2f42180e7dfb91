"""A lower level carries out a campaign from above: dates ahead, nobody asked twice, changes proposed and decided."""

from __future__ import annotations

from typing import Any

import pytest

from states.adopting import Terms
from states.errors import Conflict, Faulty, NotFound, Refused
from states.records import campaigning, levels, proposing, renewed
from states.records.campaigns import running
from states.records.dispatch import Notice
from states.records.levels import Adoption
from states.records.proposing import Following
from states.records.renewing import Version
from states.records.scopes import Selection
from states.records.tables import Campaign, Contact, LevelChange, Milestone, Obligation, UnitRun

DAY = "2026-03-03 08:30"
OWN = """
requirements:
  - {key: own, name: 县级专报, phase: check, due: 启动后5日内}
"""


def adopt(stage: Any, parent: int, now: str = DAY, owner: str = "R1", **more: Any) -> int:
    with stage.store.write() as session:
        return levels.adopt(session, parent, Adoption(owner, **more), stage.at(now), "test")


def draft(stage: Any, parent: int, now: str = DAY, owner: str = "R1", **more: Any) -> levels.Adopted:
    with stage.store.read() as session:
        return levels.draft(session, parent, Adoption(owner, **more), stage.at(now))


def newer(
    stage: Any, parent: int, *changes: tuple[str, str], now: str, version: int = 2, **more: Any
) -> None:
    with stage.store.read() as session:
        text = running(session, parent).row.template_text
    for before, after in ((f"version: {version - 1}", f"version: {version}"), *changes):
        assert before in text
        text = text.replace(before, after, 1)
    with stage.store.write() as session:
        renewed.renew(session, parent, Version(text, **more), stage.at(now), "test")


def changes(stage: Any, child: int) -> list[LevelChange]:
    return list(stage.rows(LevelChange, LevelChange.campaign_id == child))


@pytest.fixture
def parent(stage: Any) -> int:
    """The city's campaign from 2 March; the first county has somebody who coordinates."""
    with stage.store.write() as session:
        session.add(
            Contact(unit_id=stage.ids["R1"], role="coordinator", name="王示例", email="c.r1@example.org")
        )
    return int(stage.launch())


@pytest.fixture
def child(stage: Any, parent: int) -> int:
    return adopt(stage, parent)


LATER = ("due: 启动后10日内", "due: 启动后15日内")


def test_a_draft_writes_nothing(stage: Any, parent: int) -> None:
    before = stage.everything()
    found = draft(stage, parent)
    assert (found.refusals, found.draft.participants, found.handed_down) == ((), 2, 2)
    assert stage.everything() == before


def test_the_child_asks_its_own_units_three_working_days_ahead(stage: Any, parent: int, child: int) -> None:
    row = stage.one(Campaign, Campaign.id == child)
    assert (row.parent_id, row.title) == (parent, "示例专项行动（示例甲县卫生健康局）")
    assert set(stage.states(child)) == {"R1-H1", "R1-H2"}
    over = {one.requirement: one.due_at for one in stage.rows(Milestone, Milestone.campaign_id == parent)}
    below = {
        one.requirement: stage.local(one.due_at)
        for one in stage.rows(Milestone, Milestone.campaign_id == child)
    }
    assert stage.local(over["report"]) == "2026-03-12 18:00"
    assert below == {
        "report": "2026-03-09 18:00",
        "list": "2026-03-10 18:00",
        "mended": "2026-03-20 18:00",
        "summary": "2026-04-02 18:00",
    }


def test_who_is_asked_below_is_not_asked_above_and_the_owner_goes_on_owing(
    stage: Any, parent: int, child: int
) -> None:
    assert stage.states(parent) == {
        **dict.fromkeys(("R1", "R2", "R2-H1", "R2-C1"), "check"),
        **dict.fromkeys(("R1-H1", "R1-H2"), "exempt"),
    }
    assert stage.owed("report", "R1-H1", campaign=parent).status == "waived"
    assert stage.owed("report", "R1", campaign=parent).status == "open"
    assert stage.owed("report", "R1-H1", campaign=child).status == "open"
    moved = [one for one in stage.journal("unit.moved") if one.after == "exempt"]
    assert {one.reason for one in moved} == {
        f"由“示例专项行动（示例甲县卫生健康局）”（编号 {child}）承接，改由本级督办"
    }


def test_only_units_that_take_part_below_are_handed_down(stage: Any, parent: int) -> None:
    adopt(stage, parent, selection=Selection(kinds=("hospital",)))
    assert [code for code, state in stage.states(parent).items() if state == "exempt"] == ["R1-H1"]


def test_the_coordinator_above_hears_of_it(stage: Any, parent: int, child: int) -> None:
    (told,) = stage.notices(Notice.kind == "level")
    assert (told.campaign_id, told.email, told.name) == (
        parent,
        stage.address("coordinator", "R"),
        "下级承接",
    )
    (noted,) = stage.journal("campaign.adopted")
    assert noted.payload == {"child": child, "units": 2}


@pytest.mark.parametrize("owner", ["R", "R2-H1"])
def test_only_a_lower_level_can_adopt_and_only_once(stage: Any, parent: int, owner: str) -> None:
    if owner == "R":
        with pytest.raises(Refused, match="不在示例市卫生健康委员会之下"):
            draft(stage, parent, owner=owner)
        return
    adopt(stage, parent, owner="R2")
    with pytest.raises(Refused, match="已经承接过"):
        draft(stage, parent, owner="R2")


def test_what_is_over_takes_nobody_on(stage: Any, parent: int) -> None:
    stage.put(Campaign.__table__, Campaign.__table__.c.id == parent, closed_at=stage.at(DAY))
    with pytest.raises(Refused, match="已经结束"):
        draft(stage, parent)


def test_what_can_not_be_brought_forward_is_named_and_decided(stage: Any, parent: int) -> None:
    late = "2026-03-10 08:30"
    found = draft(stage, parent, now=late)
    assert found.refusals == (
        "“自查报告”提前后的期限 2026-03-09 18:00 已过（上级为 2026-03-12 18:00）；请写 --lead report=1wd 等少提前一些，或 --past keep 照此下达（即逾期）",
    )
    assert found.places == ("report.due",)
    with pytest.raises(Refused) as refused:
        adopt(stage, parent, now=late)
    assert refused.value.places == ["report.due"]
    assert draft(stage, parent, now=late, past="skip").refusals == found.refusals  # it is not over above
    assert draft(stage, parent, now=late, past="keep").refusals == ()
    assert draft(stage, parent, now=late, terms=Terms(leads={"report": "1wd"})).refusals == ()
    assert draft(stage, parent, now=late, fills={"report.due": "2026-03-12"}).refusals == ()
    with pytest.raises(Faulty, match="不得晚于上级的期限"):
        draft(stage, parent, now=late, fills={"report.due": "2026-03-13"})


def test_a_date_of_its_own_that_cannot_be_meant_is_refused_with_its_place(stage: Any, parent: int) -> None:
    found = draft(stage, parent, fills={"list.due": "2026-02-13"}, past="keep")
    assert found.refusals == (
        "“问题清单”的期限（2026-02-13）早于行动开始（2026-03-02），请改 --set list.due=日期",
    )
    assert found.places == ("list.due",)
    own = Terms(additions=OWN.replace("启动后5日内", "2026年3月2日"))
    found = draft(stage, parent, terms=own)
    assert "“县级专报”的期限 2026-03-02 18:00 已过；请用 --set own.due=日期 改期" in found.refusals[0]
    assert found.places == ("own.due",)
    assert draft(stage, parent, terms=own, fills={"own.due": "2026-03-06"}).refusals == ()


def test_what_is_over_above_too_may_be_left_out(stage: Any, parent: int) -> None:
    stage.cycle("2026-03-16 00:00")
    now = "2026-03-17 08:30"
    assert draft(stage, parent, now=now).places == (), "no date of its own may be later than above"
    assert draft(stage, parent, now=now).refusals == (
        "上级期限已过：“自查报告”（2026-03-12 18:00）、“问题清单”（2026-03-13 18:00）；不再下达请写 --past skip，照旧下达（即逾期）请写 --past keep",
    )
    key = adopt(stage, parent, now=now, past="skip")
    left = {
        one.requirement for one in stage.rows(Milestone, Milestone.campaign_id == key) if one.withdrawn_at
    }
    assert left == {"report", "list"}
    assert stage.one(Campaign, Campaign.id == key).state == "mend"
    assert (
        stage.rows(
            Obligation,
            Obligation.campaign_id == key,
            Obligation.milestone_id == stage.milestone("report", campaign=key).id,
        )
        == []
    )
    assert stage.states(key)["R1-H1"] in ("check.review", "mend")


def test_additions_are_owed_from_the_day_the_lower_level_starts(stage: Any, parent: int) -> None:
    key = adopt(stage, parent, terms=Terms(additions=OWN))
    assert stage.local(stage.milestone("own", campaign=key).due_at) == "2026-03-08 18:00"
    assert stage.owed("own", "R1-H1", campaign=key).status == "open"


def test_nothing_that_changed_proposes_nothing(stage: Any, parent: int, child: int) -> None:
    stage.cycle("2026-03-05 09:00", "2026-03-16 00:00", "2026-03-16 09:00")
    assert stage.one(Campaign, Campaign.id == parent).state == "mend"
    assert changes(stage, child) == []
    assert stage.one(Campaign, Campaign.id == child).state == "mend"


def test_a_new_date_above_proposes_the_date_below_and_moves_nothing(
    stage: Any, parent: int, child: int
) -> None:
    newer(stage, parent, LATER, now="2026-03-04 08:30", recompute=("report",))
    stage.cycle("2026-03-04 09:00")
    (made,) = changes(stage, child)
    assert (made.state, made.reason) == ("proposed", "上级改期 1 项")
    assert made.items == [
        {
            "what": "date",
            "key": "report",
            "name": "自查报告",
            "before": "2026-03-09 18:00",
            "after": "2026-03-12 18:00",
        }
    ]
    assert stage.local(stage.milestone("report", campaign=child).due_at) == "2026-03-09 18:00"
    said = f"上级“示例专项行动”有变化，涉及 1 项；请决定是否随之调整（第 {made.id} 号）"
    assert ("上级变化", "示例甲县卫生健康局", said) in stage.lines("c.r1@example.org")
    stage.cycle("2026-03-04 10:00")
    assert len(changes(stage, child)) == 1


def test_accepted_it_becomes_the_next_version_below(stage: Any, parent: int, child: int) -> None:
    newer(stage, parent, LATER, now="2026-03-04 08:30", recompute=("report",))
    stage.cycle("2026-03-04 09:00")
    (made,) = changes(stage, child)
    with stage.store.write() as session:
        proposing.accept(session, child, made.id, stage.at("2026-03-04 10:00"), "key:county")
    assert stage.local(stage.milestone("report", campaign=child).due_at) == "2026-03-12 18:00"
    assert stage.one(Campaign, Campaign.id == child).template_version == 2
    (decided,) = changes(stage, child)
    assert (decided.state, decided.decided_by) == ("accepted", "key:county")
    (noted,) = stage.journal("level.accepted")
    assert (noted.campaign_id, noted.actor) == (child, "key:county")
    stage.cycle("2026-03-04 11:00")
    assert len(changes(stage, child)) == 1
    with stage.store.write() as session, pytest.raises(Conflict, match="已接受"):
        proposing.accept(session, child, made.id, stage.at("2026-03-04 12:00"), "test")


def test_declined_it_stays_and_the_level_above_hears_why(stage: Any, parent: int, child: int) -> None:
    newer(stage, parent, LATER, now="2026-03-04 08:30", recompute=("report",))
    stage.cycle("2026-03-04 09:00")
    (made,) = changes(stage, child)
    with stage.store.write() as session, pytest.raises(Refused, match="须写明理由"):
        proposing.decline(session, child, made.id, stage.at("2026-03-04 10:00"), "test", " ")
    with stage.store.write() as session:
        proposing.decline(session, child, made.id, stage.at("2026-03-04 10:00"), "test", "已按原期限布置")
    assert stage.local(stage.milestone("report", campaign=child).due_at) == "2026-03-09 18:00"
    stage.cycle("2026-03-04 11:00")
    assert [one.state for one in changes(stage, child)] == ["declined"]
    stage.cycle("2026-03-05 09:00")
    said = f"“示例专项行动（示例甲县卫生健康局）”（编号 {child}）没有随上级的变化调整：已按原期限布置"
    assert said in [what for _, _, what in stage.lines(stage.address("coordinator", "R"))]


def test_a_later_change_takes_the_place_of_one_nobody_has_decided(
    stage: Any, parent: int, child: int
) -> None:
    newer(stage, parent, LATER, now="2026-03-04 08:30", recompute=("report",))
    stage.cycle("2026-03-04 09:00")
    newer(
        stage,
        parent,
        ("启动后15日内", "启动后20日内"),
        now="2026-03-04 10:30",
        version=3,
        recompute=("report",),
    )
    stage.cycle("2026-03-04 11:00")
    assert [one.state for one in changes(stage, child)] == ["superseded", "proposed"]
    newer(
        stage,
        parent,
        ("启动后20日内", "启动后10日内"),
        now="2026-03-04 12:30",
        version=4,
        recompute=("report",),
    )
    stage.cycle("2026-03-04 13:00")
    assert [one.state for one in changes(stage, child)] == ["superseded", "withdrawn"]


def test_a_phase_opened_earlier_above_is_proposed_too(stage: Any, parent: int, child: int) -> None:
    with stage.store.write() as session:
        campaigning.move(session, parent, "advance", stage.at("2026-03-09 10:00"), "test")
    stage.cycle("2026-03-09 10:01")
    (made,) = changes(stage, child)
    assert {one["key"] for one in made.items} == {"mended", "summary"}
    with stage.store.write() as session:
        proposing.accept(session, child, made.id, stage.at("2026-03-09 11:00"), "test")
    assert stage.one(Campaign, Campaign.id == child).state == "mend"


def test_a_date_of_its_own_that_would_be_later_than_above_asks_for_another(stage: Any, parent: int) -> None:
    key = adopt(stage, parent, fills={"report.due": "2026-03-11"})
    newer(
        stage,
        parent,
        ("due: 启动后10日内", "due: 启动后8日内"),
        now="2026-03-04 08:30",
        recompute=("report",),
    )
    stage.cycle("2026-03-04 09:00")
    (made,) = changes(stage, key)
    assert (made.text, made.faults) == (None, ["report.due：不得晚于上级的期限（2026年3月10日18:00前）"])
    with stage.store.write() as session, pytest.raises(Faulty, match="不得晚于上级"):
        proposing.accept(session, key, made.id, stage.at("2026-03-04 10:00"), "test")
    with stage.store.write() as session:
        dates = {"report.due": "2026-03-10"}
        proposing.accept(session, key, made.id, stage.at("2026-03-04 10:00"), "test", Following(dates=dates))
    assert stage.local(stage.milestone("report", campaign=key).due_at) == "2026-03-10 18:00"
    assert stage.one(Campaign, Campaign.id == key).adopted["dates"] == {"report.due": "2026-03-10"}


def test_what_would_be_over_below_is_not_taken_without_being_named(
    stage: Any, parent: int, child: int
) -> None:
    newer(
        stage,
        parent,
        ("due: 启动后11日内, review", "due: 启动后8日内, review"),
        now="2026-03-06 08:30",
        recompute=("list",),
    )
    stage.cycle("2026-03-06 09:00")
    (made,) = changes(stage, child)  # above 10 March, below 5 March
    with stage.store.write() as session, pytest.raises(Refused, match="--recompute list"):
        proposing.accept(session, child, made.id, stage.at("2026-03-06 10:00"), "test")
    with stage.store.write() as session:
        proposing.accept(
            session, child, made.id, stage.at("2026-03-06 10:00"), "test", Following(keep=("list",))
        )
    assert stage.milestone("list", campaign=child).held


def test_a_proposal_to_somebody_else_is_not_found(stage: Any, parent: int, child: int) -> None:
    with stage.store.write() as session, pytest.raises(NotFound, match="没有第 7 号"):
        proposing.decline(session, child, 7, stage.at(DAY), "test", "不")


def test_a_third_level_follows_the_second(stage: Any, parent: int) -> None:
    stage.put(Campaign.__table__, Campaign.__table__.c.id == parent, closed_at=None)
    middle = adopt(stage, parent)
    rows = {one.unit_id: one.state for one in stage.rows(UnitRun, UnitRun.campaign_id == middle)}
    assert set(rows.values()) == {"check"}
    with pytest.raises(Refused, match="不在示例甲县卫生健康局之下"):
        draft(stage, middle, owner="R2")


def test_what_was_taken_back_and_comes_again_is_proposed_again(stage: Any, parent: int, child: int) -> None:
    back = (LATER[1], LATER[0])
    for version, (change, hour) in enumerate(((LATER, "09"), (back, "10"), (LATER, "11")), 2):
        newer(stage, parent, change, now=f"2026-03-04 {hour}:00", version=version, recompute=("report",))
        stage.cycle(f"2026-03-04 {hour}:30")
    assert [one.state for one in changes(stage, child)] == ["withdrawn", "proposed"]
