"""The state of a unit in all its campaigns: the call that other systems make most."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from states.records import launch
from states.records.campaigns import running
from states.records.launch import Order
from states.records.mass import mass_move


def test_the_status_of_a_unit_is_what_the_contract_says(world: Any) -> None:
    world.at("2026-11-24 10:00")
    world.hand_in("A-H1", "list")
    answer = world.get("/units/A-H1/status")
    assert answer.status_code == 200
    assert answer.json() == {
        "unit": {"code": "A-H1", "name": "示例东县人民医院", "kind": "hospital", "parent": "A"},
        "as_of": "2026-11-24T10:00:00+08:00",
        "campaigns": [
            {
                "campaign": {
                    "id": 1,
                    "template": "two-phase",
                    "title": "示例专项整治",
                    "state": {"key": "self-check", "name": "自查自纠"},
                },
                "state": {
                    "key": "self-check",
                    "name": "自查自纠",
                    "stage": None,
                    "since": "2026-11-02T09:00:00+08:00",
                },
                "behind": False,
                "open": 1,
                "overdue": 1,
                "escalation": {"rung": 3, "name": "督促", "at": "2026-11-24T09:00:00+08:00"},
                "next_due": None,
                "outcome": None,
                "version": 1,
            }
        ],
    }


def test_next_due_is_the_nearest_date_that_has_not_passed(world: Any) -> None:
    world.at("2026-11-23 08:00")
    told = world.get("/units/B-H1/status").json()["campaigns"][0]
    assert (told["open"], told["overdue"]) == (2, 1)
    assert told["next_due"] == {
        "obligation": world.owes("B-H1", "list"),
        "name": "问题清单",
        "due": "2026-11-25T18:00:00+08:00",
        "provisional": False,
    }


@pytest.mark.parametrize(
    ("at", "rung"),
    [("2026-11-20 18:01", None), ("2026-11-23 09:00", 2), ("2026-11-24 09:00", 3), ("2026-11-27 12:00", 3)],
)
def test_escalation_is_the_highest_rung_that_took_effect_and_a_proposed_one_has_not(
    world: Any, at: str, rung: int | None
) -> None:
    world.at(at)
    told = world.get("/units/B-H1/status").json()["campaigns"][0]["escalation"]
    assert (told and told["rung"]) == rung


def test_what_is_settled_escalates_no_more(world: Any) -> None:
    world.at("2026-11-24 10:00")
    world.hand_in("B-H1", "report")
    assert world.get("/units/B-H1/status").json()["campaigns"][0]["escalation"] is None


def test_what_is_returned_starts_its_ladder_anew(world: Any) -> None:
    world.at("2026-11-24 10:00")
    world.hand_in("B-H1", "report")
    key = world.owes("B-H1", "report")
    world.post(f"/campaigns/1/obligations/{key}/return", {"reason": "缺少签章"})
    told = world.get("/units/B-H1/status").json()["campaigns"][0]
    assert (told["open"], told["overdue"], told["escalation"]) == (2, 0, None)
    world.at("2026-11-30 10:00")
    told = world.get("/units/B-H1/status").json()["campaigns"][0]
    assert told["escalation"]["rung"] == 3
    assert told["escalation"]["at"] == "2026-11-27T09:00:00+08:00"


def test_a_suspended_unit_is_not_escalated_by_what_others_were_told_meanwhile(world: Any) -> None:
    world.at("2026-11-10 10:00")
    world.post("/campaigns/1/units/B-H1/moves", {"move": "suspend"})
    world.at("2026-11-24 10:00")
    told = world.get("/units/B-H1/status").json()["campaigns"][0]
    assert told["escalation"] is None
    assert told["state"]["stage"] == "suspended"
    assert world.get("/units/B-H2/status").json()["campaigns"][0]["escalation"]["rung"] == 3


def test_a_unit_is_behind_once_the_window_of_its_phase_is_over_and_the_campaign_has_moved_on(
    world: Any,
) -> None:
    world.at("2026-11-27 12:00")
    assert world.get("/units/B-H1/status").json()["campaigns"][0]["behind"] is False
    world.at("2026-11-28 09:00")
    told = world.get("/units/B-H1/status").json()["campaigns"][0]
    assert told["behind"] is True
    assert told["state"]["key"] == "self-check"
    assert told["campaign"]["state"] == {"key": "rectify", "name": "集中整治"}


def test_each_campaign_of_a_unit_is_told_in_the_order_of_the_numbers(world: Any) -> None:
    with world.store.write() as session:
        text = world.template.replace("示例专项整治", "另一个示例行动")
        launch.launch(session, Order(text, date(2026, 11, 2), {}, owner="S"), world.hands.at, "test")
    told = world.get("/units/A-H1/status").json()["campaigns"]
    assert [one["campaign"]["title"] for one in told] == ["示例专项整治", "另一个示例行动"]
    assert [one["open"] for one in told] == [2, 2]


def test_a_unit_without_campaigns_has_an_empty_list(world: Any) -> None:
    assert world.get("/units/S/status").json()["campaigns"] == []


def test_a_suspended_campaign_says_so_in_its_state(world: Any) -> None:
    world.post("/campaigns/1/campaign-moves", {"move": "suspend"})
    told = world.get("/units/A-H1/status").json()["campaigns"][0]["campaign"]["state"]
    assert told == {"key": "self-check.suspended", "name": "自查自纠（暂停）"}


def test_the_outcome_of_a_closed_unit_is_told(world: Any) -> None:
    with world.store.write() as session:
        campaign = running(session, 1)
        for _phase in range(2):
            mass_move(session, campaign, "override", [], world.hands.at, "test", reason="示例")
            session.flush()
    told = world.get("/units/A-H1/status").json()["campaigns"][0]
    assert (told["state"]["key"], told["outcome"]) == ("closed", "办结")


def test_the_tag_stays_while_nothing_changes_and_a_caller_who_has_it_is_told_so(world: Any) -> None:
    first = world.get("/units/A-H1/status")
    world.hands.at = world.hands.at.replace(minute=5)
    again = world.get("/units/A-H1/status", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    world.hand_in("A-H1", "list")
    later = world.get("/units/A-H1/status", headers={"If-None-Match": first.headers["etag"]})
    assert later.status_code == 200
    assert later.headers["etag"] != first.headers["etag"]


def test_a_database_that_was_restarted_is_found_again(world: Any) -> None:
    assert world.get("/units/A-H1/status").status_code == 200
    if not world.store.sqlite:
        with world.store.engine.connect() as connection:
            connection.execute(
                sa.text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )
    for code in ("A-H1", "B-H1", "B-H2"):
        assert world.get(f"/units/{code}/status").status_code == 200
    assert world.post("/campaigns/1/units/A-H1/moves", {"move": "suspend"}).status_code == 200
