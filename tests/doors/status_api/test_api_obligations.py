"""Obligations over HTTP: found, handed in, checked, sent back."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from states.records.core import journal, milestone


def act(world: Any, key: int, name: str, **body: Any) -> Any:
    return world.post(f"/campaigns/1/obligations/{key}/{name}", body)


def found(world: Any, **params: Any) -> list[tuple[str, str]]:
    """Walks all pages."""
    lines: list[tuple[str, str]] = []
    cursor = "0"
    while cursor is not None:
        answer = world.get("/campaigns/1/obligations", params={**params, "cursor": cursor})
        assert answer.status_code == 200, answer.text
        page = answer.json()
        lines += [(one["unit"]["code"], one["milestone"]["requirement"]) for one in page["items"]]
        cursor = page["next"]
    return lines


def _rung(number: int, name: str, at: str, after: bool, done: str | None) -> dict[str, Any]:
    outcome = "fired" if done else None
    told = {"rung": number, "name": name, "at": at, "after_due": after, "confirm": False}
    return {**told, "done_at": done, "outcome": outcome}


REPORT = {
    "campaign": 1,
    "unit": {"code": "A-H1", "name": "示例东县人民医院"},
    "milestone": {
        "id": 1,
        "requirement": "report",
        "period": "",
        "name": "自查报告",
        "kind": "deliverable",
        "phase": "self-check",
    },
    "status": {"key": "open", "name": "待办"},
    "due": "2026-11-20T18:00:00+08:00",
    "original_due": "2026-11-20T18:00:00+08:00",
    "words": "2026年11月20日",
    "filled": None,
    "provisional": False,
    "overdue": True,
    "late": False,
    "required": True,
    "review": True,
    "nil": False,
    "to": None,
    "copies": [],
    "keep_at_unit": False,
    "per": None,
    "tally": None,
    "submitted_at": None,
    "settled_at": None,
    "version": 1,
    "acts": [
        {"act": "submit", "name": "报送", "open": True, "refusals": [], "needs_reason": False},
        {
            "act": "nil",
            "name": "零报告",
            "open": False,
            "refusals": ["“自查报告”不接受零报告"],
            "needs_reason": False,
        },
        {
            "act": "accept",
            "name": "通过",
            "open": False,
            "refusals": ["“自查报告”还没有报送，不能通过"],
            "needs_reason": False,
        },
        {
            "act": "return",
            "name": "退回",
            "open": False,
            "refusals": ["“自查报告”待办，不能再退回"],
            "needs_reason": True,
        },
        {"act": "waive", "name": "免报", "open": True, "refusals": [], "needs_reason": True},
    ],
    "rungs": [
        _rung(1, "提醒", "2026-11-19T09:00:00+08:00", False, "2026-11-19T09:00:00+08:00"),
        _rung(2, "催办", "2026-11-23T09:00:00+08:00", True, "2026-11-23T09:00:00+08:00"),
        _rung(3, "督促", "2026-11-24T09:00:00+08:00", True, None),
        {**_rung(4, "约谈", "2026-11-27T09:00:00+08:00", True, None), "confirm": True},
    ],
    "evidence": {
        "files": None,
        "photos": None,
        "kinds": [],
        "text": False,
        "signer": False,
        "seal": False,
    },
    "submissions": [],
    "texts": [],
}


def test_an_obligation_in_full_says_what_is_owed_what_can_be_done_and_what_comes(world: Any) -> None:
    world.at("2026-11-23 10:00")
    key = world.owes("A-H1", "report")
    assert world.get(f"/obligations/{key}").json() == {"id": key, **REPORT}


def test_handing_in_with_a_text_keeps_the_text_and_the_unit_follows(world: Any) -> None:
    world.at("2026-11-16 10:00")
    key = world.owes("A-H1", "report")
    answer = act(world, key, "submit", text="已自查，发现三处问题。")
    assert answer.status_code == 200
    told = answer.json()
    assert told["status"] == {"key": "submitted", "name": "已报送待审核"}
    assert told["texts"] == [
        {"at": "2026-11-16T10:00:00+08:00", "by": "key:all", "text": "已自查，发现三处问题。"}
    ]
    act(world, world.owes("A-H1", "list"), "nil")
    state = world.get("/units/A-H1/status").json()["campaigns"][0]["state"]
    assert (state["key"], state["stage"]) == ("self-check", "review")


def test_each_act_is_journalled_under_the_name_of_its_key(world: Any) -> None:
    key = world.owes("A-H1", "report")
    act(world, key, "submit")
    act(world, key, "return", reason="缺少签章")
    with world.store.read() as session:
        rows = session.execute(
            sa.select(journal.c.kind, journal.c.actor, journal.c.reason)
            .where(journal.c.kind.like("obligation.%"))
            .order_by(journal.c.id)
        )
        assert [tuple(row) for row in rows] == [
            ("obligation.submit", "key:all", None),
            ("obligation.return", "key:all", "缺少签章"),
        ]


def test_refusals_of_an_act_are_those_that_were_listed(world: Any) -> None:
    key = world.owes("A-H1", "report")
    listed = {one["act"]: one["refusals"] for one in world.get(f"/obligations/{key}").json()["acts"]}
    for name in ("nil", "return"):
        answer = act(world, key, name, reason="示例")
        assert answer.status_code == 409
        assert answer.json()["refusals"] == listed[name]


def test_an_act_with_an_old_version_is_a_conflict(world: Any) -> None:
    key = world.owes("A-H1", "report")
    act(world, key, "submit", version=1)
    answer = act(world, key, "accept", version=1)
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:duban:conflict")
    assert "版本 2" in answer.json()["detail"]
    assert act(world, key, "accept", version=2).json()["status"]["key"] == "accepted"


def test_a_text_belongs_to_handing_in_alone(world: Any) -> None:
    key = world.owes("A-H1", "report")
    answer = act(world, key, "waive", reason="示例", text="多余")
    assert answer.status_code == 422
    assert world.get(f"/obligations/{key}").json()["version"] == 1


def test_an_act_that_does_not_exist_is_refused_with_those_that_do(world: Any) -> None:
    answer = act(world, world.owes("A-H1", "report"), "burn")
    assert answer.status_code == 422
    assert "submit" in answer.json()["faults"][0]["says"]


def test_an_obligation_of_another_campaign_is_not_found_in_this_one(world: Any) -> None:
    key = world.owes("A-H1", "report")
    assert world.post(f"/campaigns/2/obligations/{key}/submit").status_code == 404
    assert world.get("/obligations/99").status_code == 404
    assert world.get(f"/obligations/{2**63 - 1}").status_code == 404


PEOPLE = [(code, "report") for code in ("A", "A-H1", "A-C1", "B", "B-H1", "B-H2")]


@pytest.mark.parametrize(
    ("params", "wanted"),
    [
        ({"unit": "A-H1"}, [("A-H1", "report"), ("A-H1", "list")]),
        ({"unit": "S-D1"}, [("S-D1", "ledger-1"), ("S-D1", "ledger-2")]),
        ({"milestone": 1}, PEOPLE),
        ({"milestone": 3}, []),
        ({"status": "submitted"}, [("A-H1", "report")]),
        ({"status": ["submitted", "accepted"]}, [("A-H1", "report"), ("B-H1", "list")]),
        ({"overdue": "true"}, [one for one in PEOPLE if one[0] != "A-H1"]),
        ({"overdue": "true", "unit": "A"}, [("A", "report")]),
        ({"overdue": "true", "unit": "S-D1"}, []),
    ],
)
def test_filters_choose_obligations(world: Any, params: dict[str, Any], wanted: list[Any]) -> None:
    world.at("2026-11-23 10:00")
    world.hand_in("A-H1", "report")
    world.hand_in("B-H1", "list")
    for limit in (2, 500):
        assert sorted(found(world, limit=limit, **params)) == sorted(wanted)


def test_overdue_and_not_overdue_together_are_all(world: Any) -> None:
    world.at("2026-11-23 10:00")
    late, others = found(world, overdue="true"), found(world, overdue="false")
    assert len(late) == 6
    assert sorted(late + others) == sorted(found(world))


def test_a_milestone_of_nowhere_is_a_fault(world: Any) -> None:
    assert world.get("/campaigns/1/obligations", params={"milestone": 999}).status_code == 422
    assert world.get("/campaigns/1/obligations", params={"status": "lost"}).status_code == 422


def test_numbers_of_persons_are_given_on_their_own_or_with_what_is_handed_in(world: Any) -> None:
    with world.store.write() as session:
        session.execute(sa.update(milestone).where(milestone.c.requirement == "report").values(per="persons"))
    key = world.owes("A-H1", "report")
    refused = act(world, key, "submit")
    assert (refused.status_code, refused.json()["refusals"]) == (
        409,
        ["“自查报告”尚未报数（应办、已办各几人）；请先报数，或写明理由"],
    )
    told = act(world, key, "count", tally={"expected": 3, "done": 2, "as_of": "2026-11-01"}).json()
    assert (told["status"]["key"], told["per"], told["version"]) == ("open", "persons", 2)
    assert told["tally"] == {"expected": 3, "done": 2, "as_of": "2026-11-01", "by": "key:all"}
    assert act(world, key, "count", tally={"expected": 3, "done": 4}).status_code == 422
    assert act(world, key, "count").status_code == 422
    assert act(world, key, "submit", tally={"expected": 3, "done": 3}).json()["status"]["key"] == "submitted"
    assert world.get("/campaigns/1/summary").json()["counted"] == [
        {
            "requirement": "report",
            "period": "",
            "name": "自查报告",
            "per": "persons",
            "units": 6,
            "told": 1,
            "expected": 3,
            "done": 3,
        }
    ]
