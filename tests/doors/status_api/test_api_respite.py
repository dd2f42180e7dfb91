"""Extensions, silences, hand-overs over HTTP: who may what, tried first, 409 with what changed."""

from __future__ import annotations

from typing import Any

from sqlmodel import select

from states.records.tables import Contact

WHY = "洪涝灾害，资料受损"
REQUESTS = "/campaigns/1/extensions"


def ask(world: Any, key: Any = None, code: str = "A-H1", until: str = "2026-12-04", **more: Any) -> Any:
    body = {"obligation": world.owes(code, "report"), "until": until, "reason": WHY, **more}
    return world.post(REQUESTS, body, key)


def test_a_units_own_key_asks_and_never_decides(world) -> None:
    own = world.key("own", write=True, under="A-H1")
    county = world.key("county", write=True, under="A")
    other = world.key("other", write=True, under="B")
    assert ask(world, other).status_code == 403
    made = ask(world, own, evidence="县防办〔2026〕3号")
    assert made.status_code == 201, made.text
    told = made.json()
    assert (told["unit"]["code"], told["due"], told["wanted"]) == (
        "A-H1",
        "2026-11-20T18:00:00+08:00",
        "2026-12-04T18:00:00+08:00",
    )
    assert (told["decide_by"], told["asked_by"]) == ("2026-11-05T18:00:00+08:00", "key:own")
    here = f"{REQUESTS}/1/decide"
    yes = {"grant": True, "dry_run": False}
    refused = world.post(here, yes, own)
    assert (refused.status_code, "延期的决定" in refused.json()["detail"]) == (403, True)
    assert world.post(here, yes, other).status_code == 403
    assert (
        world.post(here, {**yes, "whom": "all"}, county).status_code == 403
    )  # not theirs to give to everybody
    assert (
        world.post(here, {**yes, "whom": "under", "under": "A"}, county).status_code == 403
    )  # nor to themselves
    granted = world.post(here, {**yes, "reason": "属实", "version": 1}, county)
    assert granted.status_code == 200, granted.text
    assert granted.json()["extension"]["state"]["key"] == "granted"
    late = world.post(here, {"grant": False, "reason": "不属实", "dry_run": False, "version": 1})
    assert late.status_code == 409
    assert late.json()["detail"].endswith("决定：已准予，延至2026-12-04 18:00")
    assert "接口 county" in late.json()["detail"]
    assert [len(world.get(REQUESTS, key).json()["items"]) for key in (own, county, other)] == [1, 1, 0]
    shown = world.get(f"/obligations/{world.owes('A-H1', 'report')}", own).json()
    assert (shown["due"][:10], shown["original_due"][:10]) == ("2026-12-04", "2026-11-20")


def test_a_decision_is_tried_with_what_it_runs_into_and_which_mails_change(world) -> None:
    ask(world)
    tried = world.post(f"{REQUESTS}/1/decide", {"grant": True})
    assert tried.status_code == 200, tried.text
    told = tried.json()
    assert [one["kind"] for one in told["effects"]] == ["phase", "phase"]
    gone = {
        (one["at"], one["rung"]) for one in told["mails"]["gone"] if one["to"] == "liaison.a-h1@example.org"
    }
    new = {
        (one["at"], one["rung"]) for one in told["mails"]["new"] if one["to"] == "liaison.a-h1@example.org"
    }
    assert {("2026-11-19", "提醒"), ("2026-11-23", "催办")} <= gone
    assert {("2026-12-03", "提醒"), ("2026-12-07", "催办")} <= new
    assert world.get(REQUESTS).json()["items"][0]["state"]["key"] == "asked"
    again = {"Idempotency-Key": "once"}
    done = [
        world.post(f"{REQUESTS}/1/decide", {"grant": True, "dry_run": False}, headers=again) for _ in range(2)
    ]
    assert [one.status_code for one in done] == [200, 200]


def test_requests_come_page_by_page_what_waits_first_whatever_is_decided_in_between(world) -> None:
    for code in ("A", "A-H1", "A-C1", "B-H1", "B-H2"):
        assert ask(world, code=code).status_code == 201
    world.post(f"{REQUESTS}/2/decide", {"grant": False, "reason": "不属实", "dry_run": False})
    first = world.get(REQUESTS, params={"limit": 2})
    assert [one["id"] for one in first.json()["items"]] == [1, 3]
    assert 'rel="next"' in first.headers["link"]
    world.post(f"{REQUESTS}/3/decide", {"grant": False, "reason": "不属实", "dry_run": False})
    second = world.get(REQUESTS, params={"limit": 2, "cursor": first.json()["next"]}).json()
    assert [one["id"] for one in second["items"]] == [4, 5], "the one that a page ended with has been decided"
    last = world.get(REQUESTS, params={"limit": 2, "cursor": second["next"]}).json()
    assert ([one["id"] for one in last["items"]], last["next"]) == ([2, 3], None)


def test_after_expiry_it_is_refused_with_a_sentence(world) -> None:
    world.at("2026-11-20 18:30")
    late = ask(world)
    assert (late.status_code, late.json()["type"]) == (409, "urn:duban:refused")
    assert late.json()["refusals"] == ["期限（2026-11-20 18:00）已过，过期后不能再申请延期"]
    assert ask(world, until="哪天都行").status_code == 422


def test_a_whole_campaign_is_extended_by_who_runs_it(world) -> None:
    body = {"by": "5wd", "after": "2026-11-10", "reason": WHY}
    county = world.key("county", write=True, under="A")
    assert world.post("/campaigns/1/extend", body, county).status_code == 403
    tried = world.post("/campaigns/1/extend", body)
    assert tried.status_code == 200, tried.text
    assert (tried.json()["ends"][:10], tried.json()["mails"]["new_count"] > 0) == ("2027-01-08", True)
    version = world.get("/campaigns/1").json()["version"]
    done = world.post("/campaigns/1/extend", {**body, "dry_run": False, "version": version})
    assert done.status_code == 200, done.text
    assert done.json()["dates"] == tried.json()["dates"]
    twice = world.post("/campaigns/1/extend", {**body, "dry_run": False, "version": version})
    assert (twice.status_code, "刚刚有改动" in twice.json()["detail"]) == (409, True)
    world.at("2026-11-03 10:00")
    preview = world.get("/campaigns/1/preview", params={"from": "2026-11-03", "to": "2026-12-10"}).json()
    assert {line["about"] for mail in preview["mails"] for line in mail["lines"]} >= {"自查报告"}


def test_those_above_silence_a_unit_and_who_runs_it_the_campaign(world) -> None:
    own, county = (
        world.key(name, write=True, under=code) for name, code in (("own", "A-H1"), ("county", "A"))
    )
    here = "/campaigns/1/silences"
    body = {"until": "2026-11-25", "reason": WHY}
    assert world.post(here, {**body, "unit": "A-H1"}, own).status_code == 403
    assert world.post(here, body, county).status_code == 403
    made = world.post(here, {**body, "unit": "A-H1"}, county)
    assert made.status_code == 201, made.text
    world.at("2026-11-24 10:00")
    (shown,) = world.get(here, county).json()["items"]
    assert (shown["active"], shown["held"], shown["ends"]) == (True, 5, "2026-11-26T00:00:00+08:00")
    assert world.post(f"{here}/1/end", None, own).status_code == 403
    assert world.post(f"{here}/1/end", None, county).status_code == 200
    ended = world.post(f"{here}/1/end", None, county)
    assert (ended.status_code, "已于" in ended.json()["detail"]) == (409, True)


def test_who_is_silenced_from_above_sees_until_when_and_not_why(world) -> None:
    own, county, bureau = (
        world.key(name, write=True, under=code)
        for name, code in (("own", "A-H1"), ("county", "A"), ("all", "S"))
    )
    here, until = "/campaigns/1/silences", "2026-11-25"
    world.post(here, {"until": until, "reason": "王示例正在接受调查", "under": "A"}, bureau)
    world.post(here, {"until": until, "reason": WHY, "unit": "A-H1"}, county)
    world.post(here, {"until": until, "reason": "全市防汛"}, bureau)

    def whys(key: Any) -> list[str | None]:
        listed = world.get(here, key).json()["items"]
        assert {one["ends"][:10] for one in listed} == {"2026-11-26"}
        return [one["reason"] for one in listed]

    assert whys(own) == [None, WHY, None]
    assert whys(county) == [None, WHY, "王示例正在接受调查"]
    assert whys(bureau) == whys(world.all) == ["全市防汛", WHY, "王示例正在接受调查"]


def test_a_contact_is_handed_over_within_the_keys_units(world) -> None:
    county = world.key("county", write=True, under="A")
    narrow = world.key("narrow", write=True, campaigns=[1])
    body = {"before": "liaison.a-h1@example.org", "email": "new@example.org", "name": "李示例"}
    assert world.post("/contacts/hand-over", body, narrow).status_code == 403
    assert (
        world.post("/contacts/hand-over", {**body, "before": "liaison.b-h1@example.org"}, county).status_code
        == 404
    )
    tried = world.post("/contacts/hand-over", {**body, "dry_run": True}, county)
    assert tried.json()["posts"][0]["role"] == "liaison"
    done = world.post("/contacts/hand-over", body, county)
    assert done.status_code == 200, done.text
    with world.store.read() as session:
        held = session.exec(select(Contact.email).where(Contact.unit_id == world.id_of("A-H1"))).all()
    assert set(held) == {"new@example.org", "principal.a-h1@example.org"}


def test_a_units_own_key_hands_over_its_liaison_and_not_its_leaders(world) -> None:
    own, county = (
        world.key(name, write=True, under=code) for name, code in (("own", "A-H1"), ("county", "A"))
    )
    leader = {"before": "principal.a-h1@example.org", "email": "me@example.org", "name": "李示例"}
    for dry_run in (True, False):
        refused = world.post("/contacts/hand-over", {**leader, "dry_run": dry_run}, own)
        assert (refused.status_code, "主要负责人由上级单位交接" in refused.text) == (403, True)
    own_liaison = {**leader, "before": "liaison.a-h1@example.org"}
    assert world.post("/contacts/hand-over", own_liaison, own).status_code == 200
    assert world.post("/contacts/hand-over", leader, county).status_code == 200
