"""The life of a ledger item: every move, every guard and its words, and the state that goes with what is owed."""

from __future__ import annotations

import pytest

from states import closing
from states.closing import Facts, Owed
from states.errors import Faulty, Refused
from states.moves import table_faults

WAYS = {
    "start": {"open": "rectifying"},
    "claim": {"open": "claimed", "rectifying": "claimed"},
    "check": {"claimed": "checked"},
    "close": {"checked": "closed"},
    "review": {},
    "partial": {"claimed": "rectifying", "checked": "rectifying"},
    "return": {"claimed": "rectifying", "checked": "rectifying"},
    "reopen": {"closed": "rectifying"},
    "withdraw": dict.fromkeys(("open", "rectifying", "claimed", "checked", "closed"), "withdrawn"),
}


@pytest.mark.parametrize("checks", [1, 2])
def test_the_tables_are_sound(checks: int) -> None:
    assert table_faults(closing.table(checks)) == []


@pytest.mark.parametrize("checks", [1, 2])
@pytest.mark.parametrize("state", closing.STATES)
def test_every_move_is_open_exactly_where_the_life_cycle_has_it(state: str, checks: int) -> None:
    expected = {move: ways[state] for move, ways in WAYS.items() if state in ways}
    if checks == 1 and state == "claimed":
        expected["close"] = "closed"
    found = {one.move: one.to for one in closing.choices(Facts(state, checks)) if one.open}
    assert found == expected
    for move, to in expected.items():
        measures = (1,) if move == "partial" else ()
        assert closing.decide(Facts(state, checks, measures=2), move, "有理由", measures).after == to


@pytest.mark.parametrize(
    ("facts", "move", "says"),
    [
        (Facts("claimed", checks=2), "close", "现为“已申报销号”，不能销号；只有“已核查”可以"),
        (Facts("checked", standing=True), "close", "只复查，不销号"),
        (Facts("checked"), "review", "只有长期坚持的事项才复查"),
        (Facts("rectifying", early=("制定措施",)), "claim", "前面的步骤还没有报送：制定措施"),
        (Facts("rectifying", others=("监督科",)), "claim", "监督科还没有报送；仍要申报须写明理由"),
        (Facts("claimed"), "return", "“退回”须写明理由"),
        (Facts("closed"), "reopen", "“回头看”须写明理由"),
        (Facts("open"), "withdraw", "“撤销登记”须写明理由"),
        (Facts("withdrawn"), "claim", "现为“已撤销”，不能申报销号"),
        (Facts("claimed", kept_from={"check": "由上级核查"}), "check", "由上级核查"),
    ],
)
def test_a_refusal_says_why(facts: Facts, move: str, says: str) -> None:
    with pytest.raises(Refused, match=says):
        closing.decide(facts, move)


def test_with_a_reason_a_claim_goes_without_the_others() -> None:
    assert closing.decide(Facts("rectifying", others=("监督科",)), "claim", "监督科已撤并").after == "claimed"


@pytest.mark.parametrize(
    ("measures", "says"),
    [((), "第几条"), ((3,), "没有第3条措施"), ((1, 2), "应办理销号"), ((2,), "应办理销号")],
)
def test_a_partial_closure_names_some_of_the_measures(measures: tuple[int, ...], says: str) -> None:
    with pytest.raises(Refused, match=says):
        closing.decide(Facts("claimed", measures=2, done=(1,)), "partial", None, measures)


def test_a_standing_item_is_reviewed_again_and_again() -> None:
    facts = Facts("checked", standing=True)
    assert closing.decide(facts, "review").after == "checked"


def test_an_unknown_move_is_refused_with_those_there_are() -> None:
    with pytest.raises(Faulty, match="没有“finish”这个动作；可用的有 start、claim"):
        closing.decide(Facts("open"), "finish")


@pytest.mark.parametrize(
    ("state", "owed", "standing", "after"),
    [
        ("open", (0, 0, 0), False, "open"),
        ("open", (2, 2, 0), False, "open"),
        ("open", (2, 1, 0), False, "rectifying"),
        ("open", (2, 0, 0), False, "claimed"),
        ("checked", (2, 0, 1), False, "checked"),
        ("closed", (2, 0, 1), False, "claimed"),
        ("claimed", (2, 0, 2), False, "closed"),
        ("claimed", (2, 0, 2), True, "checked"),
        ("closed", (2, 1, 1), False, "rectifying"),
        ("checked", (1, 1, 0), False, "rectifying"),
    ],
)
def test_the_state_goes_with_what_is_owed(
    state: str, owed: tuple[int, int, int], standing: bool, after: str
) -> None:
    assert closing.following(state, Owed(*owed), standing=standing) == after


def test_the_move_between_two_states_is_found_where_there_is_one() -> None:
    assert closing.leading("open", "claimed", 2, standing=False) == "claim"
    assert closing.leading("claimed", "rectifying", 2, standing=False) == "return"
    assert closing.leading("open", "closed", 2, standing=False) is None
    assert closing.leading("claimed", "closed", 1, standing=True) is None
