"""Administration by pages: what wants a look leads to where it is put right; mails that failed go out once more; rounds are shown."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from page_forms import hidden
from page_site import COUNTY, LATER, Site
from states import settings
from states.passes import PATH
from states.records import board, core, health
from states.records.roles import Role

pytestmark = pytest.mark.xdist_group("pages")

OUTBOX = "/admin/outbox"


def figure(html: str, name: str) -> tuple[str, str]:
    """Where a figure leads, and what it says."""
    found = re.search(rf'<a href="([^"]+)"><span>{name}</span><strong>([^<]+)</strong>', html)
    assert found, name
    return found[1], found[2]


def fail(site: Site, state: str = "failed", number: int = 2) -> list[int]:
    """Some mails that went out are made ones that did not."""
    with site.store.write() as session:
        keys = list(
            session.execute(
                sa.select(core.mail.c.id).where(core.mail.c.state == "sent").limit(number)
            ).scalars()
        )
        values = {"state": state, "sent_at": None, "error": "451 <b>稍后</b>", "tries": 11}
        session.execute(sa.update(core.mail).where(core.mail.c.id.in_(keys)).values(**values))
    return keys


def test_what_wants_a_look_leads_to_where_it_is_put_right(own: Site) -> None:
    with own.browsing("administrator") as client:
        html = client.get("/admin").text
        assert "<span>没有发出的邮件</span><strong>0</strong>" in html
        assert re.findall(r'<a href="[^"]+"><span>[^<]+</span><strong>0<', html) == [], (
            "nothing leads nowhere"
        )
        fail(own)
        health.beat(own.store, "round:deliver", False, "邮件服务器连不上", LATER)
        html = client.get("/admin").text
        path, value = figure(html, "没有发出的邮件")
        assert value == "2"
        assert client.get(path).text.count("没有发出</span>") == 2
        assert "轮次“发邮件” 出错：邮件服务器连不上" in html
        path, value = figure(html, "轮次的问题")
        assert (value, client.get(path).status_code) == ("1", 200)
        assert '<a href="/admin" aria-current="page">管理</a>' in html


def test_a_mail_that_failed_is_seen_with_its_reason_and_goes_out_once_more(own: Site) -> None:
    first, second = fail(own)
    with own.browsing("administrator") as client:
        page = client.get(f"{OUTBOX}/{first}").text
        assert "451 &lt;b&gt;稍后&lt;/b&gt;" in page
        assert PATH not in page, "no way in of anybody"
        form = hidden(page, "again")
        answer = client.post(f"{OUTBOX}/{first}/again", data=form)
        assert (answer.status_code, answer.headers["location"]) == (303, f"{OUTBOX}/{first}")
        assert "重新排队" in client.get(f"{OUTBOX}/{first}").text
        assert client.post(f"{OUTBOX}/{first}/again", data=form).status_code == 303, (
            "a second click does nothing more"
        )
        refused = client.post(f"{OUTBOX}/{first}/again", data={"_once": "another"})
        assert (refused.status_code, "不用再发" in refused.text) == (409, True)
        page = client.get(OUTBOX + "?state=trouble").text
        answer = client.post(f"{OUTBOX}/again", data=hidden(page, "again"))
        assert (answer.status_code, answer.headers["location"]) == (303, f"{OUTBOX}?state=waiting")
        assert client.get(f"{OUTBOX}?state=waiting").text.count("起再试") >= 2
        assert client.post(f"{OUTBOX}/again", data={"_once": "third"}).status_code == 409
        assert client.get(f"{OUTBOX}?state=nonsense").status_code == 422
        assert client.get(f"{OUTBOX}/999999").status_code == 404
    with own.store.read() as session:
        facts = (
            session.execute(sa.select(core.journal.c.actor).where(core.journal.c.kind == "mail.again"))
            .scalars()
            .all()
        )
        states = (
            session.execute(sa.select(core.mail.c.state).where(core.mail.c.id.in_([first, second])))
            .scalars()
            .all()
        )
    assert (facts, states) == (["user:王administrator（administrator）"] * 2, ["queued"] * 2)


def test_the_outbox_is_searched_and_paged(own: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    from api.pages import admin_outbox

    monkeypatch.setattr(admin_outbox, "A_PAGE", 3)
    seen: list[str] = []
    path = f"{OUTBOX}?state=sent"
    with own.browsing("administrator") as client:
        for _ in range(2):
            html = client.get(path).text
            seen += re.findall(rf'href="{OUTBOX}/(\d+)"', html)
            following = re.search(r'rel="next" href="([^"]+)"', html)
            assert following
            path = following[1].replace("&amp;", "&")
        assert len(set(seen)) == 6
        assert seen == sorted(seen, key=int, reverse=True)
        assert "回到第一页" in client.get(path).text
        assert "没有这样的邮件" in client.get(f"{OUTBOX}?q=%25").text


def test_each_figure_of_the_outbox_leads_to_its_mails(own: Site) -> None:
    fail(own, number=2)
    fail(own, "refused", 3)
    with own.browsing("administrator") as client:
        html = client.get(OUTBOX).text
        found = re.findall(r'<strong><a href="([^"]+)">(\d+)</a></strong>', html)
        assert [number for _to, number in found] == ["2", "3"]
        for to, number in found:
            assert len(set(re.findall(rf'href="{OUTBOX}/(\d+)"', client.get(to).text))) == int(number), to


def test_the_place_within_administration_stays_marked_on_the_pages_below_it(site: Site) -> None:
    marked = re.compile(r'<a href="([^"]+)" aria-current="\w+">')
    with site.browsing("administrator") as client:
        for path, place in (
            (f"/admin/units/{COUNTY}", "/admin/units"),
            ("/admin/templates/standard-four-phase", "/admin/templates"),
            ("/admin", "/admin"),
        ):
            around = client.get(path).text.split('<nav class="places"')[1].split("</nav>")[0]
            assert marked.findall(around) == [place], path


def test_rounds_are_shown_with_their_words_their_lateness_and_the_way_to_prefect(own: Site) -> None:
    counted = {("rung_late", "60"): 3.0, ("rung_late", "300"): 1.0, ("rung_late", "sum"): 200.0}
    health.beat(
        own.store,
        "round:remind",
        True,
        "完成 4 项",
        LATER - timedelta(minutes=45),
        {"seconds": 1.25},
        counted,
    )
    health.claim_tick(own.store, "remind", LATER - timedelta(hours=1), LATER - timedelta(minutes=50))
    with own.browsing("administrator") as client:
        html = client.get("/admin/rounds").text
    for said in (
        "完成 4 项",
        "1.25 秒",
        "已停 45 分钟",
        "晚 10 分钟",
        "75.0%",
        "平均 50 秒",
        "轮次“提醒” 已有 45 分钟没有运行",
    ):
        assert said in html, said
    assert "没有连接另外的 Prefect" in html
    found = settings.read(
        {"DUBAN_HOME": str(own.home), "PREFECT_API_URL": "http://u:p@prefect.example.org:4200/api"}
    )
    own.app.state.house.settings = found
    with own.browsing("administrator") as client:
        html = client.get("/admin/rounds").text
    assert '<a href="http://prefect.example.org:4200/">Prefect</a>' in html
    assert "u:p@" not in html


def test_what_runs_by_itself_is_called_by_its_name_where_people_look(own: Site) -> None:
    """And what a later version may add, by its own."""
    for name in ("round:remind", "backup", "prefect", board.DEMO_STEP, "another"):
        health.beat(own.store, name, True, "好", LATER)
    with own.browsing("administrator") as client:
        pages = client.get("/").text, client.get("/admin/rounds").text
    rows = [
        re.findall(r'<th scope="row">([^<]+)</th>', html.split(f'id="{table}"')[1])
        for html, table in zip(pages, ("beats", "others"), strict=True)
    ]
    assert set(rows[0]) >= {"提醒", "备份", "Prefect", "演示", "another"}
    assert set(rows[1]) >= {"备份", "Prefect", "演示", "another"}


def test_who_administers_a_part_sees_his_part_and_no_matter_of_the_service(own: Site) -> None:
    token = own.person(Role.administrator, "county-admin", under=COUNTY)
    with own.browsing() as client:
        client.cookies.set("duban", token)
        page = client.get("/admin")
        assert page.status_code == 200
        assert "没有发出的邮件" not in page.text
        for path in (OUTBOX, f"{OUTBOX}/1", "/admin/rounds"):
            answer = client.get(path)
            assert (answer.status_code, "只限其中一部分" in answer.text) == (403, True), path
        for path in (f"{OUTBOX}/again", f"{OUTBOX}/1/again"):
            assert client.post(path, data={"_once": "x"}).status_code == 403, path
