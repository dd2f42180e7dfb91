"""Items that should not have been written down, or that the plan has no more: kept, owed and counted no longer."""

from __future__ import annotations

from typing import Any

import pytest

from query_plans import asking, plans
from states.errors import Refused
from states.records import (
    figures,
    ledger_adding,
    ledger_amending,
    ledger_items,
    ledger_mass,
    ledger_moving,
    ledger_rates,
    reading_ledger,
    renewed,
)
from states.records.access import EVERYTHING, Scope
from states.records.campaigns import running
from states.records.core import ledger_item
from states.records.dispatch import Timer
from states.records.ledger_adding import Found
from states.records.renewing import Version
from states.records.tables import LedgerItem, Unit

ROWS = """
    - {no: 1, project: 甲, problem: 一, measures: [改], departments: [办公室], due: 4月}
    - {no: 2, project: 乙, problem: 二, measures: [改], departments: [监督处], due: 4月底前并长期坚持}
"""
TEXT = f"""
ladder: main
ladders: {{main: {{rungs: [{{at: -1wd, name: 提醒, to: [liaison]}}, {{at: +1wd, name: 催办, to: [liaison]}}]}}}}
ledger:
  columns: [问题]
  rows: {ROWS}
"""
NOW = "2026-03-10 10:00"
WHY = "与第3项重复"


@pytest.fixture
def begun(stage: Any) -> Any:
    """Two rows of the plan, and three problems found in two hospitals."""
    stage.launch(stage.template(TEXT))
    found = [Found(code, "收费", f"问题{code}", ("退费",), due="4月") for code in ("R1-H1", "R1-H1", "R1-H2")]
    with stage.store.write() as session:
        ledger_adding.add(session, running(session, 1), found, stage.at("2026-03-09 10:00"), "test")
    return stage


def go(stage: Any, no: int, name: str, **more: Any) -> LedgerItem:
    with stage.store.write() as session:
        return ledger_moving.move(session, running(session, 1), no, name, stage.at(NOW), "test", **more)


def state(stage: Any, no: int) -> str:
    return str(stage.one(LedgerItem, LedgerItem.no == no).state)


def counted(stage: Any) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """Items, standing and closed: of the ledger's own figures, and of the campaign's."""
    with stage.store.read() as session:
        campaign = running(session, 1)
        whole = ledger_rates.count(session, campaign, stage.at(NOW))["whole"]
        tally = figures.tally(session, campaign, stage.at(NOW))
    return (
        (whole["items"], whole["standing"], whole["closed"]),
        (tally.ledger_total, tally.ledger_standing, tally.ledger_closed),
    )


def test_what_was_written_wrongly_is_withdrawn_kept_and_counted_no_more(begun: Any) -> None:
    assert counted(begun) == ((5, 1, 0), (5, 1, 0))
    go(begun, 3, "claim")
    made = go(begun, 4, "withdraw", reason=WHY)
    assert (made.state, made.withdrawn_at) == ("withdrawn", begun.at(NOW))
    assert counted(begun) == ((4, 1, 0), (4, 1, 0))
    owed = begun.owed("found-4", "R1-H1")
    assert owed.status == "waived"
    milestone = begun.milestone("found-4")
    assert [one for one in begun.timers(Timer.milestone_id == milestone.id) if one.done_at is None] == []
    begun.cycle("2026-04-29 10:00", "2026-05-06 10:00")
    told = [what for _rung, _unit, what in begun.lines(begun.address("liaison", "R1-H1"))]
    assert "台账第4项（收费）" not in told
    # It stays where people look, for the unit itself too, with who withdrew it and why.
    hospital = Scope(2, "R1-H1", True, begun.one(Unit, Unit.code == "R1-H1").path, None)
    with begun.store.read() as session:
        seen = reading_ledger.one(session, hospital, 1, 4)
    assert (seen["state"]["name"], seen["closed"]) == ("已撤销", False)
    assert (seen["history"][-1]["what"]["name"], seen["history"][-1]["reason"]) == ("撤销登记", WHY)
    assert seen["withdrawn"] == "2026-03-10T10:00:00+08:00"
    assert [one["open"] for one in seen["moves"]] == [False] * 9


def test_nothing_is_done_with_it_any_more(begun: Any) -> None:
    go(begun, 4, "withdraw", reason=WHY)
    for name in ("claim", "withdraw"):
        with pytest.raises(Refused, match="现为“已撤销”"):
            go(begun, 4, name, reason="x")
    with begun.store.write() as session:
        campaign = running(session, 1)
        item = ledger_moving.locked(session, campaign, 4, None, None)
        with pytest.raises(Refused, match="台账第4项已撤销，不再改动"):
            ledger_amending.amend(session, campaign, item, {"due": "5月"}, begun.at(NOW), "test")
        with pytest.raises(Refused, match="台账第4项已撤销，不再改动"):
            ledger_amending.hand_over(session, campaign, 4, "示例局", "", begun.at(NOW), "test")


def test_what_is_closed_takes_no_other_date_until_it_is_opened_again(begun: Any) -> None:
    go(begun, 3, "claim")
    go(begun, 3, "close")
    with begun.store.write() as session:
        campaign = running(session, 1)
        item = ledger_moving.locked(session, campaign, 3, None, None)
        for values in ({"due": "5月"}, {"departments": ["监督处"]}):
            with pytest.raises(Refused, match="已销号，不再改责任部门和期限"):
                ledger_amending.amend(session, campaign, item, values, begun.at(NOW), "test")
        ledger_amending.amend(session, campaign, item, {"problem": "重复收费12笔"}, begun.at(NOW), "test")
    assert state(begun, 3) == "closed"


def test_only_the_highest_level_withdraws_and_a_unit_never_its_own(begun: Any) -> None:
    hospital = Scope(2, "R1-H1", True, begun.one(Unit, Unit.code == "R1-H1").path, None)
    with pytest.raises(Refused, match="由上级核查"):
        go(begun, 4, "withdraw", reason=WHY, scope=hospital)
    county = Scope(2, "R1", True, begun.one(Unit, Unit.code == "R1").path, None)
    assert go(begun, 4, "withdraw", reason=WHY, scope=county).state == "withdrawn"


def test_a_file_that_should_not_have_been_imported_is_withdrawn_at_once(begun: Any) -> None:
    def many(**more: Any) -> Any:
        with begun.store.write() as session:
            mine = [ledger_item.c.no > 2]
            return ledger_mass.move_many(
                session, running(session, 1), "withdraw", mine, begun.at(NOW), "test", **more
            )

    assert many().why == {"“撤销登记”须写明理由": 3}
    assert many(reason="导入了别的行动的台账").moved == 3
    assert counted(begun)[0] == (2, 1, 0)
    assert {begun.owed(f"found-{no}", code).status for no, code in ((3, "R1-H1"), (5, "R1-H2"))} == {"waived"}
    assert len(begun.journal("ledger.withdraw")) == 3


def renew(stage: Any, version: int, rows: str) -> None:
    text = stage.template(TEXT.replace(ROWS, rows)).replace("version: 1", f"version: {version}")
    with stage.store.write() as session:
        renewed.renew(session, 1, Version(text), stage.at(f"2026-03-1{version} 10:00"), "test")


def test_a_row_that_the_plan_has_no_more_is_withdrawn_and_one_a_person_withdrew_does_not_come_back(
    begun: Any,
) -> None:
    first = f"    {ROWS.strip().splitlines()[0].strip()}\n"
    go(begun, 1, "withdraw", reason="省里已撤")
    renew(begun, 2, f"\n{first}")
    assert [state(begun, no) for no in (1, 2, 3)] == ["withdrawn", "withdrawn", "open"]
    assert counted(begun) == ((3, 0, 0), (3, 0, 0))
    assert [one.reason for one in begun.journal("ledger.withdraw")] == [
        "省里已撤",
        "方案中已没有这一项，或启动时略过",
    ]
    renew(begun, 3, f"\n{first}")
    assert state(begun, 1) == "withdrawn"
    office = Scope(2, "R-D1", True, begun.one(Unit, Unit.code == "R-D1").path, None)
    with begun.store.read() as session:
        mine = ledger_items.items(session, running(session, 1), office)
        assert [one.no for one in mine] == [1], "whoever answered for it still sees what became of it"
        shown = ledger_items.items(session, running(session, 1))
        assert [one.no for one in shown] == [1, 2, 3, 4, 5], "they stay in the list"


def test_a_row_not_yet_handed_out_comes_back_with_a_later_version(stage: Any) -> None:
    stage.launch(stage.template(TEXT), start="2026-03-20", now="2026-03-09 10:00")
    first, second = (f"    {line.strip()}\n" for line in ROWS.strip().split("\n"))
    renew(stage, 2, f"\n{first}")
    assert state(stage, 2) == "withdrawn"
    renew(stage, 3, f"\n{first}{second}")
    assert state(stage, 2) == "open"
    assert len(stage.journal("ledger.restored")) == 1


def test_the_history_of_an_item_is_found_by_its_index(begun: Any) -> None:
    if not begun.store.sqlite:
        pytest.skip("a planner with few rows prefers to scan")
    with begun.store.read() as session:
        with asking(begun.store.engine) as asked:
            told = reading_ledger.one(session, EVERYTHING, 1, 3)["history"]
        (plan,) = plans(session.connection(), [one for one in asked if "FROM journal" in one[0]])
    assert "ix_journal_item" in plan
    assert [one["what"]["key"] for one in told] == ["added"]
