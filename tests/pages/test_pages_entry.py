"""In and out by pages: the way in keeps what was typed and where one wanted to go, and leads nowhere else."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from api import rights
from api.pages import gate
from page_site import BEGAN, COUNTY, ORIGIN, Site
from states.records import accounts, board, grants, health, sample_people
from states.records.asker import EVERYTHING
from states.records.core import account
from states.records.grants import Grant
from states.records.roles import Role

PASSWORD, OWN = "示例-Wrong-7788", "示例-Right-9911"

pytestmark = pytest.mark.xdist_group("pages")


def token(html: str) -> str:
    found = re.search(r'name="_once" value="([^"]+)"', html)
    assert found
    return found[1]


def hired(site: Site, *granted: Grant) -> tuple[str, str]:
    """Somebody new: login and first password."""
    with site.store.write() as session:
        row, password = accounts.create(session, "xin", "新示例", site.hands.at, "test")
        for one in granted:
            grants.give(session, EVERYTHING, row, one, BEGAN, "test")
    return "xin", password


def test_a_first_log_in_leads_by_way_of_a_password_and_a_role_to_what_was_asked_for(own: Site) -> None:
    login, password = hired(own, Grant(Role.liaison, under=COUNTY), Grant(Role.auditor))
    with own.browsing() as client:
        way = client.get("/campaigns?").headers["location"]
        assert way == "/login?to=/campaigns"
        form = {"login": login, "password": password, "_to": "/campaigns"}
        answer = client.post("/login", data=form)
        assert (answer.status_code, answer.headers["location"]) == (303, "/role?to=/campaigns")
        assert client.get("/campaigns").headers["location"] == "/password?to=/campaigns"
        assert client.get("/role?to=/campaigns").status_code == 200
        page = client.get("/password?to=/campaigns").text
        assert "先设自己的密码" in page
        wrong = {"before": password, "password": OWN, "_again": PASSWORD, "_to": "/campaigns"}
        answer = client.post("/password", data=wrong)
        assert (answer.status_code, "两次写的新密码不一样" in answer.text) == (422, True)
        assert OWN not in answer.text
        answer = client.post("/password", data={**wrong, "_again": OWN})
        assert (answer.status_code, answer.headers["location"]) == (303, "/campaigns")
        page = client.get("/campaigns").text
        assert "密码已修改" in page
        assert "联络员" in page
        assert "密码已修改" not in client.get("/campaigns").text, "told once"


def test_a_role_is_chosen_among_ones_own(own: Site) -> None:
    login, _ = hired(own, Grant(Role.liaison, under=COUNTY), Grant(Role.auditor))
    with own.browsing() as client:
        client.cookies.set("duban", own.person(Role.liaison, "zhang", under=COUNTY))
        with own.store.write() as session:
            theirs = grants.give(
                session, EVERYTHING, accounts.named(session, "zhang"), Grant(Role.auditor), BEGAN, "test"
            ).id
            others = grants.of(session, accounts.named(session, login).id)[0].id
        assert client.get("/campaigns/1?under=SL00102").status_code == 403
        refused = client.post("/role", data={"grant": others, "_to": "/campaigns/1"})
        assert (refused.status_code, "您没有编号为" in refused.text) == (404, True)
        chosen = client.post("/role", data={"grant": theirs, "_to": "/campaigns/1"})
        assert (chosen.status_code, chosen.headers["location"]) == (303, "/campaigns/1")
        assert client.get("/campaigns/1?under=SL00102").status_code == 200


def test_whoever_has_no_grant_is_told_so(own: Site) -> None:
    with own.browsing() as client:
        client.cookies.set("duban", own.person(Role.auditor, "zhao"))
        with own.store.write() as session:
            row = accounts.named(session, "zhao")
            grants.revoke(session, EVERYTHING, row, grants.of(session, row.id)[0].id, own.hands.at, "test")
        assert client.get("/").headers["location"] == "/role"
        assert "您还没有授权" in client.get("/role").text


def test_a_wrong_password_keeps_the_name_and_nothing_else(own: Site) -> None:
    with own.browsing() as client:
        answer = client.post("/login", data={"login": '"><img>', "password": PASSWORD, "_to": "/campaigns"})
    assert answer.status_code == 422
    assert "登录名或密码不对" in answer.text
    assert 'value="&#34;&gt;&lt;img&gt;"' in answer.text
    assert PASSWORD not in answer.text
    assert 'name="_to" value="/campaigns"' in answer.text


def test_an_empty_log_in_says_it_at_each_field_in_the_words_of_the_api(own: Site) -> None:
    with own.browsing() as client:
        answer = client.post("/login", data={"login": "", "password": ""})
        told = client.post("/api/v1/session", json={})
    assert answer.text.count("必须填写") == 4, "at the head and at the field"
    assert {one["says"] for one in told.json()["faults"]} == {"必须填写"}
    assert 'aria-invalid="true"' in answer.text


@pytest.mark.parametrize(
    "to",
    ["//evil.example.org", "/\\evil.example.org", "/\t/evil.example.org", "https://evil.example.org", "evil", "",
     "/x\r\nSet-Cookie:a=b", "/login?to=/", "/logout", "/" + "x" * 2_000, "/示例"],
)  # fmt: skip
def test_the_way_back_leads_only_to_pages_of_ours(to: str) -> None:
    assert gate.own(to) == "/"


@pytest.mark.parametrize("to", ["/", "/campaigns/1", "/campaigns/1/units?overdue=true&q=%E7%A4%BA"])
def test_the_way_back_leads_to_a_page_of_ours(to: str) -> None:
    assert gate.own(to) == to


@pytest.mark.parametrize("path", ["/login", "/logout", "/role", "/password", "/demo"])
def test_a_form_of_another_site_does_nothing(own: Site, path: str) -> None:
    with own.browsing("coordinator") as client:
        for headers in ({"Origin": "http://evil.example.org"}, {"Origin": "null"}):
            assert client.post(path, data={"login": "x", "password": "y"}, headers=headers).status_code == 403
        del client.headers["Origin"]
        assert client.post(path, data={}).status_code == 403
        assert client.get("/campaigns").status_code == 200


def test_log_out_ends_it_here_and_everywhere(own: Site) -> None:
    with own.browsing("coordinator") as client, own.browsing("coordinator") as elsewhere:
        answer = client.post("/logout")
        assert (answer.status_code, answer.headers["location"]) == (303, "/login")
        assert elsewhere.get("/").status_code == 303


def test_only_a_demonstration_lets_in_by_a_click_and_its_clock_ends_no_session(own: Site) -> None:
    with own.store.write() as session:
        session.execute(sa.update(account).values(login=account.c.login + "0"))  # these names are taken
        sample_people.build(session, BEGAN)
    with own.browsing() as client:
        assert client.post("/demo", data={"as": "coordinator"}).status_code == 404
        health.beat(own.store, board.DEMO_CLOCK, True, own.hands.at.isoformat(), own.hands.at)
        page = client.get("/login").text
        assert "演示时钟" in page
        assert '<svg class="timeline"' in page
        assert client.post("/demo", data={"as": "xin"}).status_code == 404
        answer = client.post("/demo", data={"as": "coordinator", "_to": "/campaigns/1"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/campaigns/1")
        assert client.get("/campaigns/1", headers={"Origin": ORIGIN}).status_code == 200
        assert "邮件" in client.get("/").text


def test_a_way_in_is_shut_to_who_is_in(site: Site) -> None:
    with site.browsing("coordinator") as client:
        assert client.get("/login?to=/campaigns").headers["location"] == "/campaigns"


def test_the_menu_says_where_one_is_also_below_a_place(site: Site) -> None:
    for role, path, here in (
        ("administrator", "/admin", '<a href="/admin" aria-current="page">管理</a>'),
        ("administrator", "/admin/outbox", '<a href="/admin" aria-current="true">管理</a>'),
        ("coordinator", "/campaigns/1/ledger", '<a href="/campaigns" aria-current="true">专项行动</a>'),
        ("coordinator", "/admin/contacts", '<a href="/admin/units" aria-current="true">联系人</a>'),
        ("coordinator", "/help/coordinator", '<a href="/help" aria-current="true">帮助</a>'),
    ):
        with site.browsing(role) as client:
            menu = re.findall(r'<nav class="menu".*?</nav>', client.get(path).text, re.DOTALL)[0]
            assert re.findall(r"<a [^>]*aria-current[^<]*</a>", menu) == [here], path


def test_everybody_sees_places_that_he_may_open(site: Site) -> None:
    for role in site.tokens:
        with site.browsing(role) as client:
            html = client.get("/").text
            menu = re.search(r'<nav class="menu".*?</nav>', html, re.DOTALL)
            assert menu
            for path in re.findall(r'href="([^"]+)"', menu[0]):
                assert client.get(path).status_code == 200, (role, path)
                assert ("GET", path) in rights.PAGES
