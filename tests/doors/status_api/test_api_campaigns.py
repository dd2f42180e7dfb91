"""Campaigns over HTTP: started, told, counted, moved, foretold."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa

from states.records.core import journal, mail, notice, timer


def start(world: Any, **more: Any) -> Any:
    return world.post("/campaigns", {"text": world.template, "start": "2026-11-02", **more})


def move(world: Any, name: str, **more: Any) -> Any:
    return world.post("/campaigns/1/campaign-moves", {"move": name, **more})


def test_the_list_holds_every_campaign_and_filters_by_state(world: Any) -> None:
    start(world, title="另一个示例行动")
    items = world.get("/campaigns").json()["items"]
    assert [one["title"] for one in items] == ["示例专项整治", "另一个示例行动"]
    assert items[0] == {
        "id": 1,
        "title": "示例专项整治",
        "parent": None,
        "template": "two-phase",
        "template_version": 3,
        "owner": {"code": "S", "name": "示例市卫生健康委员会"},
        "state": {
            "key": "self-check",
            "name": "自查自纠",
            "stage": None,
            "since": "2026-11-02T09:00:00+08:00",
        },
        "start": "2026-11-02",
        "launched_at": "2026-11-02T09:00:00+08:00",
        "ends_at": items[0]["ends_at"],
        "closed_at": None,
        "zone": "Asia/Shanghai",
        "version": items[0]["version"],
    }
    move(world, "suspend")
    chosen = world.get("/campaigns", params={"state": "self-check.suspended"}).json()["items"]
    assert [one["id"] for one in chosen] == [1]
    first = world.get("/campaigns", params={"limit": 1}).json()
    second = world.get("/campaigns", params={"limit": 1, "cursor": first["next"]}).json()
    assert ([one["id"] for one in second["items"]], second["next"]) == ([2], None)


def test_one_campaign_has_its_phases_and_milestones(world: Any) -> None:
    told = world.get("/campaigns/1").json()
    assert [(one["key"], one["opened_at"]) for one in told["phases"]] == [
        ("self-check", "2026-11-02T09:00:00+08:00"),
        ("rectify", None),
    ]
    dates = {one["requirement"]: one["due"] for one in told["milestones"]}
    assert dates["report"] == "2026-11-20T18:00:00+08:00"
    assert dates["ledger-2"] == "2026-12-31T18:00:00+08:00"


def test_the_summary_adds_up(world: Any) -> None:
    world.at("2026-11-23 10:00")
    world.hand_in("A-H1", "report")
    world.hand_in("B-H1", "report", "list")
    world.post(f"/campaigns/1/obligations/{world.owes('B-H1', 'report')}/accept")
    told = world.get("/campaigns/1/summary").json()
    assert sum(one["units"] for one in told["states"]) == told["units"] == 6
    assert (told["open"], told["submitted"], told["settled"]) == (11, 1, 2)
    assert told["overdue"] == 4
    assert told["reporting"] == {
        "due": 7,
        "on_time": 1,
        "late": 2,
        "nil": 0,
        "missing": 4,
        "late_nil": 0,
        "rate": 0.4286,
    }
    assert told["coverage"] == [
        {
            "name": "医院覆盖面",
            "target": 100,
            "reached": 0,
            "units": 2,
            "percent": 0.0,
            "met": False,
            "by": "closed",
            "period": "",
        }
    ]
    assert told["ledger"] == {"closed": 0, "items": 2, "standing": 1, "reviewed": 0, "rate": 0.0}


def test_a_campaign_is_started_from_a_shipped_template(world: Any) -> None:
    world.hands.at = world.hands.at.replace(month=9)
    body = {"template": "standard-four-phase", "start": "2026-09-01", "units": {"under": ["A"]}}
    answer = world.post("/campaigns", body)
    assert answer.status_code == 201, answer.text
    key = answer.json()["id"]
    listed = world.get(f"/campaigns/{key}/units").json()["items"]
    assert [one["unit"]["code"] for one in listed] == ["A", "A-H1", "A-C1"]
    with world.store.read() as session:
        actor = sa.select(journal.c.actor).where(
            journal.c.campaign_id == key, journal.c.kind == "campaign.launched"
        )
        assert session.execute(actor).scalar_one() == "key:all"


def test_a_dry_run_tells_what_would_start_and_starts_nothing(world: Any) -> None:
    told = start(world, dry_run=True, start="2026-12-01").json()
    assert told["participants"] == 6
    assert [one["key"] for one in told["phases"]] == ["self-check", "rectify"]
    assert told["blanks"] == []
    assert told["dry_run"] is True
    assert len(world.get("/campaigns").json()["items"]) == 1


def test_blanks_are_named_and_a_start_is_refused_until_they_are_filled(world: Any) -> None:
    text = world.template.replace("2026年12月25日", "__月__日前")
    told = start(world, text=text, dry_run=True).json()
    assert [one["place"] for one in told["blanks"]] == ["summary.due"]
    refused = start(world, text=text)
    assert refused.status_code == 409
    assert "summary.due" in refused.json()["refusals"][0]
    assert start(world, text=text, set={"summary.due": "2026-12-20"}).status_code == 201


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"start": "2026-11-02"}, "template"),
        ({"start": "2026-11-02", "template": "x", "text": "y"}, "template"),
        ({"start": "2026-11-02", "template": "nowhere"}, "template"),
        ({"template": "standard-four-phase"}, "body.start"),
        ({"start": "1026-11-02", "template": "standard-four-phase"}, "body.start"),
        ({"start": "soon", "template": "standard-four-phase"}, "body.start"),
        ({"start": "2026-11-02", "template": "standard-four-phase", "titel": "x"}, "body.titel"),
        ({"start": "2026-11-02", "template": "standard-four-phase", "set": {"x.due": "1日"}}, "x.due"),
        ({"start": "2026-11-02", "template": "standard-four-phase", "units": {"codes": ["Z"]}}, "Z"),
        ({"start": "2026-11-02", "template": "standard-four-phase", "owner": "Z"}, "Z"),
        ({"start": "2026-11-02", "text": "key: [", "title": "x"}, ""),
    ],
)
def test_a_faulty_start_says_where(world: Any, body: dict[str, Any], place: str) -> None:
    answer = world.post("/campaigns", body)
    assert answer.status_code == 422, answer.text
    assert place in [one["place"] for one in answer.json()["faults"]] or place == ""
    assert len(world.get("/campaigns").json()["items"]) == 1


def test_a_template_with_faults_lists_them_all_with_their_lines(world: Any) -> None:
    text = world.template.replace("review: true, announce", "revue: true, announce").replace(
        "percent: 100", "percent: 300"
    )
    faults = start(world, text=text).json()["faults"]
    assert [one["line"] for one in faults] == [6, 21]


# -- the campaign's own machine -----------------------------------------------------------------------


def test_every_move_of_the_campaign_is_listed(world: Any) -> None:
    told = world.get("/campaigns/1/campaign-moves").json()
    open_ones = [one["move"] for one in told["moves"] if one["open"]]
    assert open_ones == ["advance", "suspend", "cancel"]
    assert told["moves"][0]["to"] == {"key": "rectify", "name": "集中整治", "stage": None}


def test_advancing_by_hand_opens_the_next_phase_at_once(world: Any) -> None:
    world.at("2026-11-10 10:00")
    version = world.get("/campaigns/1").json()["version"]
    told = move(world, "advance", version=version, reason="提前完成").json()
    assert told["state"]["key"] == "rectify"
    assert told["version"] == version + 1
    owed = world.get("/campaigns/1/obligations", params={"unit": "A-H1"}).json()["items"]
    assert [one["milestone"]["requirement"] for one in owed] == ["report", "list", "summary"]
    with world.store.read() as session:
        reasons = sa.select(journal.c.reason).where(journal.c.actor == "key:all")
        assert "提前完成" in session.execute(reasons).scalars().all()


def test_a_campaign_move_with_an_old_version_is_a_conflict(world: Any) -> None:
    version = world.get("/campaigns/1").json()["version"]
    assert move(world, "suspend", version=version).status_code == 200
    answer = move(world, "resume", version=version)
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:duban:conflict")
    assert "暂停" in answer.json()["detail"]


def test_a_move_that_the_state_does_not_allow_is_refused(world: Any) -> None:
    answer = move(world, "close")
    assert answer.status_code == 409
    assert answer.json()["refusals"] == ["现为“自查自纠”，不能办结；只有“集中整治”可以"]
    assert move(world, "explode").status_code == 422


def test_nothing_is_sent_while_suspended_and_what_was_missed_is_not_sent_afterwards(world: Any) -> None:
    world.at("2026-11-10 10:00")
    move(world, "suspend", reason="示例")
    world.at("2026-11-25 10:00")
    assert _fired(world) == []
    move(world, "resume")
    world.at("2026-11-26 08:00")
    assert _fired(world) == []
    world.at("2026-11-27 10:00")
    assert ("report", 4) in _fired(world)
    assert ("report", 3) not in _fired(world)


def _fired(world: Any) -> list[tuple[str, int]]:
    milestones = {one["id"]: one["requirement"] for one in world.get("/campaigns/1").json()["milestones"]}
    with world.store.read() as session:
        rows = session.execute(
            sa.select(timer.c.milestone_id, timer.c.rung).where(timer.c.outcome == "fired", timer.c.rung > 0)
        )
        return [(milestones[key], rung) for key, rung in rows]


def test_a_suspended_campaign_refuses_moves_of_its_units(world: Any) -> None:
    move(world, "suspend")
    answer = world.post("/campaigns/1/units/A-H1/moves", {"move": "exempt", "reason": "示例"})
    assert answer.status_code == 409
    assert "专项行动已暂停" in answer.json()["detail"]


@pytest.mark.parametrize("reason", [{}, {"reason": "示例"}])  # without one it goes the short way
def test_in_a_cancelled_campaign_no_unit_moves_and_nothing_is_handed_in(
    world: Any, reason: dict[str, str]
) -> None:
    world.at("2026-11-10 10:00")
    key = world.get("/campaigns/1/obligations", params={"unit": "A-H1"}).json()["items"][0]["id"]
    move(world, "cancel", reason="示例")
    for path, body in (
        ("units/A-H1/moves", {"move": "suspend"}),
        ("units/A-H1/moves", {"move": "override", "reason": "示例"}),
        (f"obligations/{key}/submit", {}),
        (f"obligations/{key}/waive", {"reason": "示例"}),
    ):
        answer = world.post(f"/campaigns/1/{path}", body | reason)
        assert (answer.status_code, "专项行动已取消，不再办理" in answer.json()["detail"]) == (409, True), (
            path
        )
    many = {"move": "suspend", "filter": {"codes": ["A-H1"]}, "dry_run": False}
    assert world.post("/campaigns/1/moves", many | reason).json()["moved"] == 0
    offered = world.get("/campaigns/1/units/A-H1/moves").json()["moves"]
    assert not any(one["open"] for one in offered + world.get(f"/obligations/{key}").json()["acts"])


def test_a_cancelled_campaign_sends_nothing_more(world: Any) -> None:
    world.at("2026-11-27 08:00")
    with world.store.write() as session:
        session.execute(sa.update(notice).values(state="pending", mail_id=None))
    told = move(world, "cancel", reason="示例").json()
    assert told["state"]["key"] == "cancelled"
    assert told["closed_at"] == "2026-11-27T08:00:00+08:00"
    with world.store.read() as session:
        before = session.execute(sa.select(sa.func.count()).select_from(mail)).scalar_one()
    world.at("2026-12-10 10:00")
    with world.store.read() as session:
        rows = session.execute(sa.select(notice.c.kind).where(notice.c.state == "pending")).all()
        after = session.execute(sa.select(mail.c.kind).where(mail.c.id > before)).scalars().all()
    assert rows == []
    assert set(after) <= {"figures"}


def test_a_closed_campaign_can_be_reopened_with_a_reason(world: Any) -> None:
    world.at("2026-12-01 10:00")
    assert move(world, "close").json()["closed_at"] is not None
    assert move(world, "reopen").status_code == 409
    told = move(world, "reopen", reason="回头看").json()
    assert (told["state"]["key"], told["closed_at"]) == ("rectify", None)
    assert world.get("/units/A-H1/status").json()["campaigns"][0]["behind"] is True


# -- preview, proposals, ledger, templates --------------------------------------------------------------


def test_the_preview_is_what_is_then_sent(world: Any) -> None:
    world.at("2026-11-18 10:00")
    params = {"from": "2026-11-19", "to": "2026-11-24"}
    told = world.get("/campaigns/1/preview", params=params).json()
    foretold = [(datetime.fromisoformat(one["at"]), one["to"], len(one["lines"])) for one in told["mails"]]
    assert told["mails"][0]["lines"][0]["name"] == "提醒"
    with world.store.read() as session:
        first = session.execute(sa.select(sa.func.max(mail.c.id))).scalar() or 0
    world.at("2026-11-24 23:00")
    lines = sa.select(sa.func.count()).where(notice.c.mail_id == mail.c.id).scalar_subquery()
    with world.store.read() as session:
        rows = session.execute(sa.select(mail.c.sent_at, mail.c.email, lines).where(mail.c.id > first))
        sent = [tuple(row) for row in rows]
    assert len(sent) > 0
    assert sorted(sent) == sorted(foretold)


def test_a_preview_changes_nothing(world: Any) -> None:
    world.at("2026-11-18 10:00")
    before = world.get("/campaigns/1/units/A-H1").text
    world.get("/campaigns/1/preview", params={"from": "2026-11-18", "to": "2026-12-18"})
    assert world.get("/campaigns/1/units/A-H1").text == before
    done = sa.select(sa.func.count()).where(timer.c.rung > 1, timer.c.done_at.is_not(None))
    with world.store.read() as session:
        assert session.execute(done).scalar() == 0


def test_a_preview_begins_in_the_future_without_firing_everything_on_its_first_day(world: Any) -> None:
    world.at("2026-11-10 10:00")
    params = {"from": "2026-11-22", "to": "2026-11-23"}
    mails = world.get("/campaigns/1/preview", params=params).json()["mails"]
    assert {one["at"][:10] for one in mails} == {"2026-11-23"}
    names = {line["name"] for one in mails for line in one["lines"] if line["obligation"]}
    assert names == {"催办"}


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2026-11-20", "2026-11-19"),
        ("2026-11-20", "2027-03-20"),
        ("2198-12-01", "2198-12-02"),
        ("x", "2026-11-20"),
    ],
)
def test_a_preview_has_a_bounded_window(world: Any, first: str, last: str) -> None:
    assert world.get("/campaigns/1/preview", params={"from": first, "to": last}).status_code == 422


def test_a_preview_of_the_past_is_empty(world: Any) -> None:
    world.at("2026-11-18 10:00")
    params = {"from": "2026-11-01", "to": "2026-11-17"}
    assert world.get("/campaigns/1/preview", params=params).json()["mails"] == []


def test_proposals_wait_for_a_person(world: Any) -> None:
    world.at("2026-11-27 10:00")
    told = world.get("/campaigns/1/proposals", params={"state": "proposed"}).json()["items"]
    assert {one["unit"]["code"] for one in told} == {"A", "A-H1", "A-C1", "B", "B-H1", "B-H2"}
    first = next(one for one in told if one["unit"]["code"] == "A-H1")
    assert {key: first[key] for key in ("about", "rung", "name", "letter", "audience", "state", "at")} == {
        "about": "自查报告",
        "rung": 4,
        "name": "约谈",
        "letter": "约谈通知书",
        "audience": ["principal"],
        "state": "proposed",
        "at": "2026-11-27T09:00:00+08:00",
    }
    assert world.get("/campaigns/1/proposals", params={"state": "withdrawn"}).json()["items"] == []
    page = world.get("/campaigns/1/proposals", params={"limit": 4}).json()
    rest = world.get("/campaigns/1/proposals", params={"limit": 4, "cursor": page["next"]}).json()
    assert (len(page["items"]), len(rest["items"]), rest["next"]) == (4, 2, None)


def test_the_ledger_closes_an_item_when_those_who_answer_have_settled_it(world: Any) -> None:
    world.at("2026-11-05 10:00")
    key = world.owes("S-D1", "ledger-1")
    world.post(f"/campaigns/1/obligations/{key}/submit")
    before = world.get("/campaigns/1/ledger").json()["items"]
    world.post(f"/campaigns/1/obligations/{key}/accept")
    after = world.get("/campaigns/1/ledger").json()["items"]
    assert [(one["no"], one["answering"], one["settled"], one["closed"]) for one in before] == [
        (1, 1, 0, False),
        (2, 1, 0, False),
    ]
    assert [(one["no"], one["settled"], one["closed"]) for one in after] == [(1, 1, True), (2, 0, False)]
    assert after[0]["due"] == "2026-12-10T18:00:00+08:00"
    assert after[1]["standing"] is True
    assert world.get("/campaigns/1/summary").json()["ledger"]["closed"] == 1
    page = world.get("/campaigns/1/ledger", params={"limit": 1}).json()
    assert [one["no"] for one in page["items"]] == [1]
    assert world.get("/campaigns/1/ledger", params={"cursor": page["next"]}).json()["items"][0]["no"] == 2


def test_templates_are_listed_and_shown_with_their_diagram(world: Any) -> None:
    keys = [one["key"] for one in world.get("/templates").json()["items"]]
    assert {"standard-four-phase", "sichuan-2017-122"} <= set(keys)
    told = world.get("/templates/standard-four-phase").json()
    assert told["template"]["phases"][0]["name"] == "动员部署"
    assert told["diagram"].startswith("stateDiagram-v2")
    assert "standard-four-phase" in told["text"]
    assert world.get("/templates/nowhere").status_code == 404


def test_a_refused_start_names_the_places_to_set(world: Any) -> None:
    body = {"text": world.template, "start": "2026-11-02", "set": {"rectify.until": "2026-11-10"}}
    answer = world.post("/campaigns", body)
    assert (answer.status_code, answer.json()["places"]) == (409, ["rectify.until"])
    assert "早于开始" in answer.json()["refusals"][0]
    looked = world.post("/campaigns", {**body, "dry_run": True})
    assert (looked.status_code, looked.json()["places"]) == (200, ["rectify.until"])
