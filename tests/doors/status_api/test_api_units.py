"""Units of a campaign: filters, pages that lose nobody, moves with their reasons."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

from states.records.core import journal, run

EVERYBODY = {"A", "A-H1", "A-C1", "B", "B-H1", "B-H2", "S-D1"}


def codes(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [one["unit"]["code"] for one in answer.json()["items"]]


def walk(world: Any, path: str, **params: Any) -> list[dict[str, Any]]:
    """Every page, one after the other."""
    found: list[dict[str, Any]] = []
    cursor = "0"
    while cursor is not None:
        page = world.get(path, params={**params, "cursor": cursor}).json()
        found += page["items"]
        cursor = page["next"]
    return found


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def under_way(request: Any, world_of: Any, tmp_path_factory: Any) -> Iterator[Any]:
    """Three weeks on: two hospitals have handed in, one of them is suspended. To be looked at only."""
    with world_of(request, tmp_path_factory.mktemp("under-way")) as world:
        world.at("2026-11-23 10:00")
        world.hand_in("A-H1", "report", "list")
        world.hand_in("B-H1", "report")
        world.post("/campaigns/1/units/B-H1/moves", {"move": "suspend"})
        yield world


def test_a_line_of_the_list_says_where_a_unit_stands(world: Any) -> None:
    world.at("2026-11-23 10:00")
    world.hand_in("A-H1", "report")
    line = world.get("/campaigns/1/units", params={"q": "A-H1"}).json()["items"]
    assert line == [
        {
            "unit": {
                "code": "A-H1",
                "name": "示例东县人民医院",
                "kind": "hospital",
                "parent": "A",
                "level": "",
                "grade": "二级甲等",
                "ownership": "",
                "beds": 300,
            },
            "state": {
                "key": "self-check",
                "name": "自查自纠",
                "stage": None,
                "since": "2026-11-02T09:00:00+08:00",
            },
            "participating": True,
            "behind": False,
            "open": 1,
            "overdue": 0,
            "submitted": 1,
            "next_due": {
                "obligation": world.owes("A-H1", "list"),
                "name": "问题清单",
                "due": "2026-11-25T18:00:00+08:00",
                "provisional": False,
            },
            "outcome": None,
            "version": 1,
        }
    ]


@pytest.mark.parametrize(
    ("params", "wanted"),
    [
        ({}, EVERYBODY),
        ({"under": "A"}, {"A", "A-H1", "A-C1"}),
        ({"kind": "hospital"}, {"A-H1", "B-H1"}),
        ({"kind": "医院"}, {"A-H1", "B-H1"}),
        ({"kind": ["hospital", "clinic"]}, {"A-H1", "B-H1", "A-C1"}),
        ({"under": "B", "kind": "hospital"}, {"B-H1"}),
        ({"grade": "三级甲等"}, {"B-H1"}),
        ({"grade": ["三级甲等", "二级甲等"]}, {"A-H1", "B-H1"}),
        ({"beds_from": 300}, {"A-H1", "B-H1"}),
        ({"beds_from": 0, "beds_to": 300}, {"A-H1", "A-C1"}),
        ({"beds_to": 0}, {"A-C1"}),
        ({"grade": "二级甲等", "beds_from": 301}, set()),
        ({"q": "人民医院"}, {"A-H1", "B-H1"}),
        ({"q": "b-h"}, {"B-H1", "B-H2"}),
        ({"q": "没有"}, set()),
        ({"overdue": "true"}, {"A", "A-C1", "B", "B-H2"}),
        ({"overdue": "false"}, {"A-H1", "B-H1", "S-D1"}),
        ({"behind": "true"}, set()),
        ({"behind": "false"}, EVERYBODY),
        ({"state": "self-check"}, EVERYBODY),
        ({"state": "self-check.review"}, {"A-H1"}),
        ({"state": ["rectify", "self-check.review"]}, {"A-H1"}),
        ({"state": "self-check.suspended"}, {"B-H1"}),
    ],
)
def test_filters_choose_units(under_way: Any, params: dict[str, Any], wanted: set[str]) -> None:
    assert set(codes(under_way.get("/campaigns/1/units", params=params))) == wanted


def test_the_behind_filter_the_behind_figure_and_each_line_agree(world: Any) -> None:
    world.at("2026-11-26 10:00")
    world.hand_in("A-H1", "report", "list")
    world.post(f"/campaigns/1/obligations/{world.owes('A-H1', 'report')}/accept")
    world.post("/campaigns/1/units/B-H1/moves", {"move": "suspend"})
    world.post("/campaigns/1/units/B-H2/moves", {"move": "exempt", "reason": "示例"})
    world.post("/campaigns/1/units/A/moves", {"move": "override", "reason": "示例"})
    world.at("2026-11-30 10:00")
    world.post("/campaigns/1/units/A-H1/moves", {"move": "approve"})
    lines = walk(world, "/campaigns/1/units")
    behind = {one["unit"]["code"] for one in lines if one["behind"]}
    assert behind == {"A-C1", "B"}
    assert set(codes(world.get("/campaigns/1/units", params={"behind": "true"}))) == behind
    assert world.get("/campaigns/1/summary").json()["behind"] == len(behind)


@pytest.mark.parametrize("limit", [1, 2, 3, 500])
def test_a_walk_over_the_pages_sees_every_unit_once(world: Any, limit: int) -> None:
    found = [one["unit"]["code"] for one in walk(world, "/campaigns/1/units", limit=limit)]
    assert sorted(found) == sorted(EVERYBODY)


def test_a_walk_sees_every_unit_once_while_units_move_and_are_renamed(world: Any) -> None:
    found: list[str] = []
    cursor, turn = "0", 0
    while cursor is not None:
        page = world.get("/campaigns/1/units", params={"limit": 2, "cursor": cursor}).json()
        found += [one["unit"]["code"] for one in page["items"]]
        cursor, turn = page["next"], turn + 1
        with world.store.write() as session:
            session.execute(
                sa.text("UPDATE unit SET name = name || '改', sort_key = :k"), {"k": f"{9 - turn}"}
            )
            session.execute(sa.update(run).values(state="rectify", ord=2, version=run.c.version + 1))
    assert sorted(found) == sorted(EVERYBODY)


def test_the_next_page_is_in_the_body_and_in_the_link_header(world: Any) -> None:
    answer = world.get("/campaigns/1/units", params={"limit": 2, "q": "示例", "kind": "hospital"})
    assert answer.json()["next"] is None
    assert "link" not in answer.headers
    answer = world.get("/campaigns/1/units", params={"limit": 2, "q": "示例"})
    following = answer.json()["next"]
    link = f'</api/v1/campaigns/1/units?limit=2&q=%E7%A4%BA%E4%BE%8B&cursor={following}>; rel="next"'
    assert answer.headers["link"] == link
    again = world.client.get(link[1 : link.index(">")], headers=world.all)
    assert codes(again) == codes(
        world.get("/campaigns/1/units", params={"limit": 2, "q": "示例", "cursor": following})
    )


def test_one_unit_in_full_has_everything_it_owes(world: Any) -> None:
    world.at("2026-11-24 10:00")
    told = world.get("/campaigns/1/units/B-H1").json()
    status = world.get("/units/B-H1/status").json()["campaigns"][0]
    assert {key: told[key] for key in status} == status
    assert [one["milestone"]["requirement"] for one in told["obligations"]] == ["report", "list"]
    assert told["obligations"][0]["overdue"] is True


def test_every_move_is_listed_with_where_it_leads_or_why_not(world: Any) -> None:
    told = world.get("/campaigns/1/units/A-H1/moves").json()
    moves = {one["move"]: one for one in told["moves"]}
    assert told["version"] == 1
    assert moves["submit"] == {
        "move": "submit",
        "name": "提交",
        "to": {"key": "self-check", "name": "自查自纠", "stage": "review"},
        "open": False,
        "refusals": ["还有2项未报送：自查报告、问题清单"],
        "needs_reason": False,
    }
    assert moves["suspend"]["open"] is True
    assert moves["exempt"]["needs_reason"] is True
    assert moves["approve"]["to"] is None


def test_a_move_is_made_and_told(world: Any) -> None:
    world.at("2026-11-03 10:00")
    answer = world.post("/campaigns/1/units/A-H1/moves", {"move": "exempt", "reason": "已撤并", "version": 1})
    assert answer.status_code == 200
    assert answer.json() == {
        "unit": {"code": "A-H1", "name": "示例东县人民医院"},
        "move": {"key": "exempt", "name": "免办"},
        "before": {"key": "self-check", "name": "自查自纠", "stage": None},
        "state": {"key": "exempt", "name": "免办", "stage": None, "since": "2026-11-03T10:00:00+08:00"},
        "outcome": None,
        "version": 2,
    }
    with world.store.read() as session:
        row = session.execute(
            sa.select(journal.c.actor, journal.c.before, journal.c.after, journal.c.reason).where(
                journal.c.kind == "unit.moved", journal.c.unit_id == world.id_of("A-H1")
            )
        ).all()[-1]
    assert tuple(row) == ("key:all", "self-check", "exempt", "已撤并")
    statuses = {one["status"]["key"] for one in world.get("/campaigns/1/units/A-H1").json()["obligations"]}
    assert statuses == {"waived"}


def test_a_refused_move_gives_every_reason_and_changes_nothing(world: Any) -> None:
    answer = world.post("/campaigns/1/units/A-H1/moves", {"move": "submit"})
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told.pop("request_id") == answer.headers["x-request-id"]
    assert told == {
        "type": "urn:duban:refused",
        "title": "不能这样做",
        "status": 409,
        "detail": "还有2项未报送：自查报告、问题清单",
        "refusals": ["还有2项未报送：自查报告、问题清单"],
    }
    assert world.get("/campaigns/1/units/A-H1/moves").json()["version"] == 1


def test_a_move_with_an_old_version_is_refused_and_says_what_changed(world: Any) -> None:
    world.post("/campaigns/1/units/A-H1/moves", {"move": "suspend"})
    answer = world.post("/campaigns/1/units/A-H1/moves", {"move": "resume", "version": 1})
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:duban:conflict")
    assert "自查自纠（暂停）" in answer.json()["detail"]
    assert "版本 2" in answer.json()["detail"]


def test_of_two_movers_with_the_same_version_one_wins(world: Any) -> None:
    def move(name: str) -> Any:
        body = {"move": name, "version": 1, "reason": "示例"}
        return world.post("/campaigns/1/units/A-H1/moves", body)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(move, ["suspend", "exempt", "override", "suspend"]))
    assert sorted(one.status_code for one in answers) == [200, 409, 409, 409]
    assert world.get("/campaigns/1/units/A-H1/moves").json()["version"] == 2


def test_an_outcome_that_the_plan_does_not_have_is_refused(world: Any) -> None:
    body = {"move": "override", "reason": "示例", "outcome": "随便"}
    assert "阶段性办结" in world.post("/campaigns/1/units/A-H1/moves", body).json()["detail"]
    mass = {**body, "filter": {"codes": ["A-H1"]}, "dry_run": False}
    assert "阶段性办结" in world.post("/campaigns/1/moves", mass).json()["detail"]


def test_many_units_are_counted_first_and_moved_when_told_so(world: Any) -> None:
    world.hand_in("A-H1", "report", "list")
    body = {"move": "return", "reason": "示例", "filter": {"under": ["A"]}}
    counted = world.post("/campaigns/1/moves", body).json()
    assert counted == {
        "move": {"key": "return", "name": "退回"},
        "dry_run": True,
        "chosen": 3,
        "moved": 1,
        "refused": 2,
    }
    assert codes(world.get("/campaigns/1/units", params={"state": "self-check.review"})) == ["A-H1"]
    assert world.post("/campaigns/1/moves", {**body, "dry_run": False}).json() == {
        **counted,
        "dry_run": False,
    }
    assert codes(world.get("/campaigns/1/units", params={"state": "self-check.review"})) == []


def test_everybody_must_be_said(world: Any) -> None:
    body = {"move": "suspend", "filter": {}}
    assert world.post("/campaigns/1/moves", body).status_code == 422
    assert world.post("/campaigns/1/moves", {"move": "suspend"}).status_code == 422
    answer = world.post("/campaigns/1/moves", {**body, "filter": {"all": True}})
    assert answer.json()["moved"] == len(EVERYBODY)
    both = {**body, "filter": {"all": True, "under": ["A"]}}
    assert world.post("/campaigns/1/moves", both).status_code == 422


def test_the_filter_of_a_mass_move_chooses_as_the_list_does(world: Any) -> None:
    world.at("2026-11-23 10:00")
    world.hand_in("A-H1", "report")
    for chosen in (
        {"overdue": True},
        {"overdue": False},
        {"kind": ["hospital"]},
        {"q": "人民"},
        {"behind": False, "under": ["B"]},
        {"state": ["self-check"]},
    ):
        body = {"move": "suspend", "filter": chosen}
        listed = len(codes(world.get("/campaigns/1/units", params=chosen)))
        assert world.post("/campaigns/1/moves", body).json()["chosen"] == listed, chosen


STEPS = (
    {"move": "submit"},
    {"move": "exempt"},
    {"move": "suspend", "version": 1},
    {"move": "suspend"},
    {"move": "submit"},
    {"move": "resume", "reason": "示例", "version": 7},
    {"move": "resume", "reason": "示例"},
    {"move": "explode"},
    {"move": "return"},
    {"move": "override", "reason": " "},
    {"move": "override", "reason": "示例"},
    {"move": "close"},
    {"move": "override", "reason": "示例"},
    {"move": "reopen"},
    {"move": "reopen", "reason": "示例"},
    {"move": "suspend", "reason": None},
    {"move": "resume"},
    {"move": "exempt", "reason": "示例"},
    {"move": "resume"},
)


def test_the_short_way_and_the_long_way_of_a_move_leave_the_same(world: Any) -> None:
    """A move with an Idempotency-Key goes through the session, one without it through prepared statements."""
    world.at("2026-11-03 10:00")
    said = []
    for number, body in enumerate(STEPS):
        answers = [
            world.post("/campaigns/1/units/A-H1/moves", body),
            world.post("/campaigns/1/units/B-H1/moves", body, headers={"Idempotency-Key": f"step-{number}"}),
        ]
        short, long = ((one.status_code, {**one.json(), "unit": None, "request_id": None}) for one in answers)
        assert short == long, body
        said.append(short[0])
    assert said.count(200) >= 8
    assert {409, 422} <= set(said)
    journals, runs = zip(*(_left(world, code) for code in ("A-H1", "B-H1")), strict=True)
    assert journals[0] == journals[1]
    assert runs[0] == runs[1]


def _left(world: Any, code: str) -> tuple[Any, Any]:
    unit_id = world.id_of(code)
    columns = [one for one in journal.c if one.name not in ("id", "unit_id", "payload")]
    with world.store.read() as session:
        lines = session.execute(
            sa.select(*columns, sa.cast(journal.c.payload, sa.String))
            .where(journal.c.unit_id == unit_id, journal.c.kind == "unit.moved")
            .order_by(journal.c.id)
        )
        state = session.execute(
            sa.select(run.c.state, run.c.ord, run.c.since, run.c.version, run.c.outcome).where(
                run.c.unit_id == unit_id
            )
        )
        return [tuple(row) for row in lines], [tuple(row) for row in state]


def test_both_ways_let_a_unit_leave_a_phase_once_everything_is_settled(world: Any) -> None:
    world.at("2026-11-10 10:00")
    for code in ("A-H1", "B-H1"):
        key = world.owes(code, "report")
        world.post(f"/campaigns/1/obligations/{key}/submit")
        world.post(f"/campaigns/1/obligations/{world.owes(code, 'list')}/submit")
    refused = world.post("/campaigns/1/units/A-H1/moves", {"move": "approve"})
    assert refused.json()["refusals"] == ["还有1项未办结：自查报告"]
    for code, headers in (("A-H1", {}), ("B-H1", {"Idempotency-Key": "x"})):
        world.post(f"/campaigns/1/obligations/{world.owes(code, 'report')}/accept")
        answer = world.post(f"/campaigns/1/units/{code}/moves", {"move": "approve"}, headers=headers)
        assert answer.json()["state"]["key"] == "rectify", answer.text


def test_both_ways_refuse_what_lies_outside(world: Any) -> None:
    east, second = world.key("east", write=True, under="A"), world.key("second", write=True, campaigns=[2])
    for key, code in ((east, "B-H1"), (second, "A-H1"), (world.key("reader"), "A-H1")):
        for headers in ({}, {"Idempotency-Key": "x"}):
            answer = world.post(f"/campaigns/1/units/{code}/moves", {"move": "suspend"}, key, headers=headers)
            assert answer.status_code == 403
    assert world.post("/campaigns/9/units/A-H1/moves", {"move": "suspend"}).status_code == 404
    assert world.post("/campaigns/1/units/S/moves", {"move": "suspend"}).status_code == 404
