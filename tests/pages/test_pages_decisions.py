"""Deciding on pages: in a row, with the API's own refusals, nothing lost that was typed, nothing done that was not shown."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
import sqlalchemy as sa

from api.pages import deciding
from page_forms import hidden
from page_site import COUNTY, HOSTILE, Site
from states.records import core
from states.records.roles import Role

pytestmark = pytest.mark.xdist_group("pages")

AT = "/campaigns/1/decisions"
API = "/api/v1/campaigns/1"
ACTION = r'<form class="sheet" id="{form}" method="post" action="([^"]*)"'


class Page:
    """A page with one form of interest, as a browser would send it."""

    def __init__(self, client: Any, form: str, path: str) -> None:
        self.client, self.form = client, form
        self.take(client.get(path))

    def take(self, answer: Any) -> None:
        self.status, self.text = answer.status_code, answer.text
        found = re.search(ACTION.format(form=self.form), self.text)
        self.action = html.unescape(found[1]) if found else ""
        self.fields = hidden(self.text, self.form) if found else {}

    def send(self, act: str = "", **typed: str) -> Any:
        """By the button whose address ends in `act` (the form's own without); whatever comes is the page now."""
        path, mark, query = self.action.partition("?")
        if act:
            path = f"{path.rpartition('/')[0]}/{act}"
        answer = self.client.post(path + mark + query, data={**self.fields, **typed})
        self.take(self.client.get(answer.headers["location"]) if answer.status_code == 303 else answer)
        return answer

    @property
    def heading(self) -> str:
        found = re.search(r'<h2 id="one"[^>]*>([^<]*)</h2>', self.text)
        return html.unescape(found[1]) if found else ""

    @property
    def number(self) -> int:
        """Of the thing that is shown."""
        found = re.search(r"/(?:obligations|extensions|proposals)/(\d+)", self.action)
        return int(found[1]) if found else 0

    def tally(self, tab: str) -> int:
        (found,) = re.findall(rf'>{tab} <span class="tally">(\d+)</span>', self.text)
        return int(found)


def items(client: Any, path: str, **query: str) -> list[Any]:
    found: list[Any] = client.get(f"{API}/{path}", params=query).json()["items"]
    return found


# -- the review queue ------------------------------------------------------------------------------------


def test_a_reviewer_accepts_and_returns_in_a_row_and_stays_where_he_is(own: Site) -> None:
    with own.browsing("coordinator") as client:
        waiting = [one["id"] for one in items(client, "obligations", status="submitted")]
        assert len(waiting) > 3
        page = Page(client, "judge", AT)
        assert (page.number, page.tally("报送审核")) == (waiting[0], len(waiting))
        answer = page.send("accept")
        assert (answer.status_code, answer.headers["location"]) == (303, AT)
        assert "已通过" in page.text
        assert (page.number, page.tally("报送审核")) == (waiting[1], len(waiting) - 1)
        refused = page.send("return")
        assert (refused.status_code, page.number) == (409, waiting[1]), "no reason, not returned, still there"
        assert "“退回”须写明理由" in page.text
        assert page.send("return", reason="缺少会议记录").status_code == 303
        assert page.number == waiting[2]
        told = [client.get(f"/api/v1/obligations/{key}").json() for key in waiting[:3]]
        assert [one["status"]["key"] for one in told] == ["accepted", "returned", "submitted"]
        assert told[1]["submissions"] == [] or told[1]["submissions"][0]["judged"]["reason"] == "缺少会议记录"


def test_what_was_handed_in_stands_there_with_why_it_was_returned_before(own: Site) -> None:
    with own.browsing("coordinator") as client, own.browsing("liaison") as liaison:
        mine = items(liaison, "obligations", status="submitted")[0]
        only = f"{AT}?unit={mine['unit']['code']}&milestone={mine['milestone']['id']}"
        assert Page(client, "judge", only).send("return", reason="没有内容").status_code == 303
        handed_in(liaison, mine["id"], "第一稿")
        assert Page(client, "judge", only).send("return", reason="缺少会议记录").status_code == 303
        handed_in(liaison, mine["id"], "会议记录已补")
        page = Page(client, "judge", only)
        assert page.number == mine["id"]
        for words in ("会议记录已补", "第一稿", "缺少会议记录"):
            assert words in page.text
        link = re.findall(r'<a href="([^"]*)">会议记录.txt</a>', page.text)[0]
        assert client.get(html.unescape(link)).text == "会议记录已补"


def handed_in(client: Any, key: int, text: str) -> None:
    at = f"/campaigns/1/obligations/{key}"
    sent = {**hidden(client.get(at).text, "submit"), "text": text}
    parts: list[Any] = [(name, (None, value)) for name, value in sent.items()]
    parts.append(("file", ("会议记录.txt", text.encode())))
    assert client.post(f"{at}/submissions", files=parts).status_code == 303


def test_two_clicks_judge_one_thing(own: Site) -> None:
    with own.browsing("coordinator") as client:
        page = Page(client, "judge", AT)
        before, action, fields = page.tally("报送审核"), page.action, page.fields
        answers = [client.post(action, data=fields) for _ in range(2)]
        assert [one.headers.get("location") for one in answers] == [AT, AT]
        page.take(client.get(AT))
        assert page.tally("报送审核") == before - 1


def test_what_somebody_else_has_judged_meanwhile_is_said_and_the_words_stay(own: Site) -> None:
    with own.browsing("coordinator") as client:
        page = Page(client, "judge", AT)
        key = page.number
        assert client.post(f"{API}/obligations/{key}/accept", json={}).status_code == 200
        assert page.send("accept", reason="写好的话").status_code == 409
        assert page.number == key
        for words in ("刚刚被他人改动", "写好的话", "已办结"):
            assert words in page.text
        assert 'formaction="/campaigns/1/decisions/obligations' in page.text, "it may still be returned"
        assert page.send("return", reason="写好的话").status_code == 303


def test_the_queue_is_walked_by_cursor_and_filtered_like_the_api(
    own: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deciding, "A_PAGE", 3)
    with own.browsing("coordinator") as client:
        wanted = items(client, "obligations", status="submitted")
        seen, path = [], AT
        while path:
            page = Page(client, "judge", path)
            seen += [page.number, *_listed(page.text)]
            following = re.search(r'rel="next" href="([^"]*)"', page.text)
            path = html.unescape(following[1]) if following else ""
        assert seen == [one["id"] for one in wanted]
        skipped = re.search(r'href="([^"]*)" data-key="n"', Page(client, "judge", AT).text)
        assert skipped
        assert Page(client, "judge", html.unescape(skipped[1])).number == wanted[1]["id"]
        one = wanted[-1]
        only = Page(client, "judge", f"{AT}?milestone={one['milestone']['id']}&unit={one['unit']['code']}")
        assert only.number == one["id"]
        assert _listed(only.text) == []
        named = Page(client, "judge", f"{AT}?milestone={one['milestone']['id']}&unit={one['unit']['name']}")
        assert named.number == one["id"], "by its name as well as by its code"
        assert only.send("accept").headers["location"].startswith(f"{AT}?milestone="), "the filter stays"
        assert "这里没有了" in only.text
        for query, says in (
            ("unit=NOBODY", "单位表中没有代码"),
            ("milestone=99999", "没有编号为 99999 的节点"),
        ):
            answer = client.get(f"{AT}?{query}")
            assert (answer.status_code, says in answer.text) == (422, True)
            assert "<h1>报送审核</h1>" in answer.text, "the filter is there to be put right"


def _listed(text: str) -> list[int]:
    """What comes after the one that is shown: each is the first from the cursor before it on."""
    return [int(cursor) + 1 for cursor in re.findall(r'<th scope="row"><a href="[^"]*cursor=(\d+)"', text)]


def test_what_waits_is_counted_as_it_is_listed(own: Site) -> None:
    with own.browsing("coordinator") as client:
        page = Page(client, "judge", AT)
        summary = client.get(f"{API}/summary").json()
        assert page.tally("报送审核") == summary["submitted"] > 0
        assert page.tally("待确认的措施") == summary["proposals"] > 0
        assert page.tally("延期申请") == len(items(client, "extensions", state="asked")) == 2
    token = own.person(Role.coordinator, "county", under=COUNTY)
    with own.browsing() as client:
        client.cookies.set("duban", token)
        page = Page(client, "judge", AT)
        mine = items(client, "obligations", status="submitted")
        assert page.tally("报送审核") == len(mine) < summary["submitted"]
        assert page.tally("延期申请") == 0
        assert page.tally("待确认的措施") == len(items(client, "proposals", state="proposed")) == 0


def test_each_role_finds_what_is_its_own(site: Site) -> None:
    with site.browsing("leader") as client:
        page = client.get(AT).text
        assert "<h1>待确认的措施</h1>" in page
        assert "延期申请" not in page
        assert client.get(f"{AT}/extensions").status_code == 403
        one = items(client, "proposals", state="proposed")[-1]
        links = re.findall(rf'href="({AT}[^"]*)"', client.get("/").text)
        assert f"{AT}/proposals?cursor={one['id'] - 1}" in links, "what waits for a leader leads there"
        assert f"{one['about']}：{one['reason']}" not in client.get("/").text, "the reason names it already"
        board = client.get("/campaigns/1").text
        assert {f"{AT}/proposals", f"{AT}/proposals?cursor={one['id'] - 1}"} <= set(
            re.findall(rf'href="({AT}[^"]*)"', board)
        )
        assert Page(client, "decide", f"{AT}/proposals?cursor={one['id'] - 1}").number == one["id"]
        assert {client.get(html.unescape(link)).status_code for link in links} == {200}
    for role in ("liaison", "auditor", "administrator"):
        with site.browsing(role) as client:
            assert client.get(AT).status_code == 403
            assert f'href="{AT}' not in client.get("/campaigns/1").text, "nobody is led where he may not go"


# -- later dates -----------------------------------------------------------------------------------------


def test_a_later_date_is_tried_granted_and_refused_in_a_row(own: Site) -> None:
    with own.browsing("coordinator") as client:
        first, second = items(client, "extensions", state="asked")
        page = Page(client, "decide", f"{AT}/extensions")
        assert page.number == first["id"]
        assert "示例理由：人手不足" in page.text
        action = page.action
        tried = client.post(f"{action}/try", data={**page.fields, "grant": "true", "reason": "准备准予"})
        assert tried.status_code == 200, tried.text
        for words in ("如果准予", "还没有决定", "准备准予"):
            assert words in tried.text
        assert len(items(client, "extensions", state="asked")) == 2, "nothing stays of it"
        page.take(tried)
        assert page.send(grant="true", reason="准备准予").headers["location"] == f"{AT}/extensions"
        assert "准予延期至" in page.text
        assert page.number == second["id"]
        assert page.send(grant="false").status_code == 409
        assert "不准予延期须写明理由" in page.text
        assert page.send(grant="false", reason="时间足够").status_code == 303
        assert "现在没有等待决定的延期申请" in page.text
        states = {one["id"]: one["state"]["key"] for one in items(client, "extensions")}
        assert states == {first["id"]: "granted", second["id"]: "refused"}


def test_what_is_wrong_with_a_decision_stands_at_its_field_and_a_second_one_is_told_of_the_first(
    own: Site,
) -> None:
    with own.browsing("coordinator") as client:
        page = Page(client, "decide", f"{AT}/extensions")
        key, typed = page.number, {"grant": "true", "whom": "under", "under": "NOBODY", "reason": "写好的话"}
        assert page.send(**typed).status_code == 422
        assert 'id="decide-under-wrong"' in page.text
        assert page.send(grant="true", until="某一天").status_code == 422
        assert 'id="decide-until-wrong"' in page.text
        body = {"grant": False, "reason": "示例", "dry_run": False}
        assert client.post(f"{API}/extensions/{key}/decide", json=body).status_code == 200
        assert page.send(grant="true", reason="写好的话").status_code == 409
        assert page.number == key
        assert "写好的话" in page.text
        assert f"第 {key} 号延期申请已由" in page.text
        assert 'name="grant"' not in page.text, "there is nothing left to decide"


def test_requests_are_walked_by_cursor(site: Site) -> None:
    with site.browsing("coordinator") as client:
        first, second = items(client, "extensions", state="asked")
        page = Page(client, "decide", f"{AT}/extensions")
        (link,) = re.findall(r'<th scope="row"><a href="([^"]*)"', page.text)
        assert Page(client, "decide", html.unescape(link)).number == second["id"] != first["id"]
        (skip,) = re.findall(r'href="([^"]*)" data-key="n"', page.text)
        assert Page(client, "decide", html.unescape(skip)).number == second["id"]


# -- rungs with consequences -----------------------------------------------------------------------------


def letters(site: Site) -> tuple[int, int]:
    """How many were made, how many numbers given."""
    with site.store.read() as session:
        made = session.execute(sa.select(sa.func.count()).select_from(core.letter)).scalar_one()
        given = sa.select(sa.func.coalesce(sa.func.sum(core.letter_counter.c.last), 0))
        return made, int(session.execute(given).scalar_one())


def test_the_letter_that_is_shown_is_the_letter_that_goes_out(own: Site) -> None:
    with own.browsing("leader") as client:
        page = Page(client, "decide", f"{AT}/proposals")
        one = next(each for each in items(client, "proposals", state="proposed") if each["id"] == page.number)
        assert one["unit"]["name"] in page.heading
        shown = page.text.partition('<div class="paper">')[2].partition("</div>")[0]
        about = one["about"].partition("（")[0]
        for words in (one["letter"], "〔2026〕1号", one["unit"]["name"], about):
            assert words in html.unescape(shown)
        sample = client.get(f"{AT}/proposals/{page.number}/draft")
        assert sample.headers["content-disposition"].startswith("attachment")
        assert letters(own) == (0, 0), "looking takes no number"
        assert page.send("confirm", person="王示例").status_code == 422
        assert 'id="decide-reason-wrong"' in page.text
        assert 'value="王示例"' in page.text
        assert page.send("confirm", person="王示例", reason="三次催办没有回音").status_code == 303
        assert "已制发" in page.text
        assert page.number != one["id"]
        (letter,) = items(client, "letters")
        assert letter["signer"] == "王示例"
        assert client.get(f"{API}/letters/{letter['id']}/file").content == sample.content
        assert letters(own) == (1, 1)


def test_another_kind_of_letter_is_shown_before_it_is_confirmed(own: Site) -> None:
    words = {"letter": "urging", "person": "王示例", "reason": "先提醒"}
    with own.browsing("leader") as client:
        page = Page(client, "decide", f"{AT}/proposals")
        assert page.send("confirm", **words).status_code == 409
        assert "请看过再确认" in page.text
        assert letters(own) == (0, 0)
        assert page.fields["_shown"] == "urging"
        assert "提醒敦促函" in page.text.partition('<div class="paper">')[2].partition("</div>")[0]
        assert "先提醒" in page.text
        assert page.send("letter", **{**words, "letter": "talk"}).status_code == 200
        assert page.fields["_shown"] == "talk"
        assert page.send("letter", **{**words, "letter": "no such"}).status_code == 422
        assert 'id="decide-letter-wrong"' in page.text
        assert page.send("letter", **words).status_code == 200
        assert page.send("confirm", **words).status_code == 303
        assert [one["name"] for one in items(client, "letters")] == ["提醒敦促函"]


def test_a_rung_is_dismissed_with_a_reason_once_and_takes_no_number(own: Site) -> None:
    with own.browsing("leader") as client:
        page = Page(client, "decide", f"{AT}/proposals")
        key, stale = page.number, dict(page.fields)
        assert page.send("dismiss", person="王示例").status_code == 422
        assert page.send("dismiss", person="王示例", reason="单位已说明情况").status_code == 303
        assert "已驳回" in page.text
        assert letters(own) == (0, 0)
        sent = {**stale, "_once": "another", "person": "赵示例", "reason": "写好的话"}
        answer = client.post(f"{AT}/proposals/{key}/confirm", data=sent)
        assert answer.status_code == 409
        for words in ("已由王示例", "单位已说明情况", "写好的话"):
            assert words in answer.text
        assert "确认并发出</button>" not in answer.text


def test_a_rung_on_what_is_done_or_at_rest_says_so_instead_of_buttons(own: Site) -> None:
    with own.browsing("coordinator") as client:
        one, two = items(client, "proposals", state="proposed")
        with own.store.write() as session:
            done = sa.update(core.obligation).where(core.obligation.c.id == one["obligation"])
            session.execute(done.values(status="accepted"))
        page = Page(client, "decide", f"{AT}/proposals")
        assert page.number == one["id"]
        assert f"不能再确认针对它的{one['name']}" in page.text
        assert "确认并发出</button>" not in page.text
        assert (
            client.post(f"{API}/campaign-moves", json={"move": "suspend", "reason": "示例"}).status_code
            == 200
        )
        page = Page(client, "decide", f"{AT}/proposals?cursor={one['id']}")
        assert page.number == two["id"]
        assert "已暂停" in page.text
        assert "确认并发出</button>" not in page.text


def test_who_does_not_run_the_campaign_sees_why_he_decides_nothing(own: Site) -> None:
    with own.store.read() as session:
        places = sa.select(core.unit.c.code, core.proposal.c.id).join_from(
            core.proposal, core.unit, core.proposal.c.unit_id == core.unit.c.id
        )
        code, key = session.execute(places.where(core.proposal.c.state == "proposed")).tuples().first() or (
            "",
            0,
        )
    token = own.person(Role.coordinator, "below", under=code[: len(COUNTY)])
    with own.browsing() as client:
        client.cookies.set("duban", token)
        page = Page(client, "decide", f"{AT}/proposals")
        assert "或其上级确认或驳回" in page.text
        assert "确认并发出</button>" not in page.text
        assert page.send("confirm", person="王示例", reason="示例").status_code == 403
        assert client.get(f"{AT}/proposals/{key}/draft").status_code == 403, "nor has he the letter before"


def test_what_is_out_of_reach_is_neither_shown_nor_tried(own: Site) -> None:
    with own.browsing("coordinator") as client:
        owed = [one for one in items(client, "obligations", status="submitted") if not_in_county(one)]
        rungs = [one for one in items(client, "proposals", state="proposed") if not_in_county(one)]
        later = [one for one in items(client, "extensions", state="asked") if not_in_county(one)]
    token = own.person(Role.coordinator, "county", under=COUNTY)
    with own.browsing() as client:
        client.cookies.set("duban", token)
        for path, sent in (
            (f"obligations/{owed[0]['id']}/return", {"reason": "示例"}),
            (f"obligations/{owed[0]['id']}/accept", {"version": "x"}),
            (f"extensions/{later[0]['id']}/try", {"grant": "true"}),
            (f"extensions/{later[0]['id']}", {"grant": "false", "version": "x"}),
            (f"proposals/{rungs[0]['id']}/letter", {"person": "王示例"}),
            (f"proposals/{rungs[0]['id']}/dismiss", {"person": "王示例", "reason": "示例"}),
        ):
            answer = client.post(f"{AT}/{path}", data={"_once": "one", **sent})
            assert (answer.status_code, "示例东岭" in answer.text) == (403, False), path


def not_in_county(one: Any) -> bool:
    return not one["unit"]["code"].startswith(COUNTY)


# -- moves of many units ---------------------------------------------------------------------------------


def states(client: Any) -> list[tuple[str, str]]:
    found = client.get(f"{API}/units", params={"limit": 500}).json()["items"]
    return [(one["unit"]["code"], f"{one['state']['key']}.{one['state']['stage']}") for one in found]


def test_many_units_are_moved_only_as_it_was_shown_before(own: Site) -> None:
    with own.browsing("coordinator") as client:
        before = states(client)
        codes = [code for code, _state in before][:3]
        typed = {"move": "suspend", "codes": f"{codes[0]} {codes[1]}\n{codes[2]}", "reason": "示例"}
        page = Page(client, "many", f"{AT}/moves")
        act = f"{AT}/moves"
        assert client.post(act, data={**page.fields, **typed}).status_code == 409, "nobody has looked"
        assert page.send("try", **typed).status_code == 200
        assert "选中 3 个单位，其中 3 个会走这一步，0 个现在不能" in page.text
        assert states(client) == before, "nothing stays of it"
        seen = {**page.fields, **typed}
        other = client.post(act, data={**seen, "codes": codes[0]})
        assert (other.status_code, "请先按“先看会怎样”" in other.text) == (409, True)
        api = client.post(f"{API}/units/{codes[0]}/moves", json={"move": "suspend", "reason": "示例"})
        assert api.status_code == 200
        changed = client.post(act, data=seen)
        assert (changed.status_code, codes[1] in changed.text) == (409, True), "one fewer than was shown"
        page.take(changed)
        page.send("try", **typed)
        assert "其中 2 个会走这一步，1 个现在不能" in page.text
        said = client.get(f"{API}/units/{codes[0]}/moves").json()["moves"]
        (says,) = next(one["refusals"] for one in said if one["move"] == "suspend")
        assert [page.text.count(words) for words in (">会走<", ">现在不能<", says)] == [2, 1, 1]
        answer = client.post(act, data={**page.fields, **typed})
        assert (answer.status_code, answer.headers.get("location")) == (303, act)
        moved = [code for (code, state), was in zip(states(client), before, strict=True) if state != was[1]]
        assert moved == codes


def test_as_many_other_units_are_not_what_was_shown(own: Site) -> None:
    with own.browsing("coordinator") as client:
        first, second = [code for code, _state in states(client)][:2]
        move = {"move": "suspend", "reason": "示例"}
        assert client.post(f"{API}/units/{first}/moves", json=move).status_code == 200
        page = Page(client, "many", f"{AT}/moves")
        page.send("try", **move, codes=f"{first} {second}")
        assert "其中 1 个会走这一步，1 个现在不能" in page.text
        for code, back in ((first, {"move": "resume"}), (second, move)):
            assert client.post(f"{API}/units/{code}/moves", json=back).status_code == 200
        before = states(client)
        stale = client.post(f"{AT}/moves", data={**page.fields, **move, "codes": f"{first} {second}"})
        assert (stale.status_code, states(client)) == (409, before)


def test_a_move_of_everybody_is_said_and_what_is_wrong_stands_at_its_field(own: Site) -> None:
    with own.browsing("coordinator") as client:
        page = Page(client, "many", f"{AT}/moves")
        for typed in ({}, {"all": "true", "q": "示例"}):
            assert page.send("try", move="approve", **typed).status_code == 422
            assert 'id="many-filter-wrong"' in page.text
            assert "只勾“全部单位”" in page.text
        for field in ("under", "codes"):
            assert page.send("try", move="approve", **{field: "NOBODY"}).status_code == 422
            assert f'id="many-{field}-wrong"' in page.text
        assert page.send("try", move="exempt", all="true").status_code == 409
        assert "须写明理由" in page.text
        assert page.send("try", move="approve", all="true").status_code == 200
        api = {"move": "approve", "filter": {"all": True}}
        told = client.post(f"{API}/moves", json=api).json()
        assert f"选中 {told['chosen']} 个单位，其中 {told['moved']} 个" in page.text


# -- hostile words ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_words_in_every_field_show_as_text(own: Site, words: str) -> None:
    asked: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
        ("judge", AT, "return", ("reason", "version")),
        ("decide", f"{AT}/extensions", "", ("until", "whom", "under", "reason", "version")),
        ("decide", f"{AT}/proposals", "confirm", ("letter", "person", "reason")),
        ("many", f"{AT}/moves", "try", ("move", "codes", "q", "reason")),
    )
    with own.browsing("coordinator") as client:
        for form, path, act, names in asked:
            page = Page(client, form, path)
            answer = page.send(act, **dict.fromkeys(names, words))
            assert answer.status_code in (409, 422), answer.text
            assert "<script>alert" not in answer.text
            assert "<img" not in answer.text
            assert html.escape(words, quote=False).replace('"', "&#34;") in answer.text, "kept whole"
