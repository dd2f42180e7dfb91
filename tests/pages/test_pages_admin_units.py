"""Units and contacts by pages: found, put right in place, handed over by those who coordinate; nobody beyond his units."""

from __future__ import annotations

import re
from typing import Any

import pytest
import sqlalchemy as sa

from page_forms import hidden
from page_site import COUNTY, ELSEWHERE, HOSPITAL, HOSTILE, LATER, Site, unit_of
from states.records import core
from states.records.roles import Role

pytestmark = pytest.mark.xdist_group("pages")

ONE = f"/admin/units/{HOSPITAL}"


def liaison(site: Site) -> tuple[str, str]:
    """Name and address of whoever acts for the hospital."""
    where = core.contact.c.unit_id == unit_of(site, HOSPITAL).id, core.contact.c.role == "liaison"
    with site.store.read() as session:
        name, email = session.execute(
            sa.select(core.contact.c.name, core.contact.c.email).where(*where)
        ).one()
    return name, email


def bounce(site: Site, email: str) -> None:
    with site.store.write() as session:
        values = {"bounced_at": LATER, "bounce": "550 <i>没有这个人</i>"}
        session.execute(sa.update(core.contact).where(core.contact.c.email == email).values(**values))
        place = unit_of(site, HOSPITAL).id
        session.execute(
            sa.insert(core.vacancy).values(unit_id=place, role="liaison", reason="退信", since=LATER)
        )


def test_a_vacancy_and_an_address_that_sends_back_are_put_right_in_place(own: Site) -> None:
    name, email = liaison(own)
    bounce(own, email)
    with own.browsing("administrator") as client:
        html = client.get("/admin").text
        assert re.search(r'href="/admin/contacts#bounced"><span>退信的地址</span><strong>1<', html)
        html = client.get("/admin/contacts").text
        assert "550 &lt;i&gt;没有这个人" in html
        number = re.search(rf'<form class="sheet" id="(v\d+)" method="post" action="{ONE}/holders"', html)
        assert number
        form = hidden(html, number[1])
        wrong = client.post(f"{ONE}/holders", data={**form, "name": "新示例", "email": "kein"})
        assert (wrong.status_code, "不是邮箱地址" in wrong.text, 'value="新示例"' in wrong.text) == (
            422,
            True,
            True,
        )
        answer = client.post(f"{ONE}/holders", data={**form, "name": "新示例", "email": "xin@example.org"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/admin/contacts")
        html = client.get("/admin/contacts").text
        assert f'href="{ONE}"' not in html.partition('id="bounced"')[0], "it is no vacancy any more"
        assert "已登记：联络员 新示例（xin@example.org）" in html
        once = re.search(r'<form class="once".*?</form>', html, re.DOTALL)
        assert once
        fields = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', once[0]))
        assert client.post(f"{ONE}/holders", data=fields).headers["location"] == "/admin/contacts"
        html = client.get("/admin/contacts").text
        assert "没有退信的地址" in html
        page = client.get(ONE).text
        assert (name in page, "新示例" in page) == (True, True)


def test_on_the_page_of_a_unit_a_holder_is_changed_taken_out_and_added(own: Site) -> None:
    name, email = liaison(own)
    with own.browsing("administrator") as client:
        form = hidden(client.get(ONE).text, "h1")
        assert (form["role"], form["before"]) == ("liaison", email)
        client.post(f"{ONE}/holders", data={**form, "name": f"改{name}", "email": email})
        assert f"改{name}" in client.get(ONE).text
        stale = client.post(
            f"{ONE}/holders",
            data={**form, "_once": "2", "before": "gone@example.org", "name": "甲", "email": "j@example.org"},
        )
        assert (stale.status_code, "重新打开" in stale.text) == (409, True)
        client.post(f"{ONE}/holders", data={"_once": "3", "role": "liaison", "before": email})
        assert f"已移除联络员 {email}" in client.get(ONE).text
        assert email not in client.get(ONE).text
        new = {**hidden(client.get(ONE).text, "new"), "role": "liaison", "name": "", "email": email}
        wrong = client.post(f"{ONE}/holders", data=new)
        assert (wrong.status_code, "请写明姓名" in wrong.text, f'value="{email}"' in wrong.text) == (
            422,
            True,
            True,
        )
        for one in HOSTILE[:3]:
            answer = client.post(f"{ONE}/holders", data={**new, "name": one})
            assert (answer.status_code, "<script>alert" in answer.text) in (
                (303, False),
                (409, False),
                (422, False),
            )
        assert client.get(ONE).status_code == 200


def test_units_are_gone_through_as_a_tree_and_searched(site: Site) -> None:
    with site.browsing("administrator") as client:
        top = client.get("/admin/units").text
        (under,) = set(re.findall(r'href="(/admin/units\?under=[^"]+)"', top))
        assert f'href="/admin/units?under={COUNTY[:-2]}"' in client.get(under).text
        assert f'href="/admin/units/{COUNTY}"' in client.get(f"/admin/units?under={COUNTY[:-2]}").text
        assert f'href="{ONE}"' in client.get(f"/admin/units?under={COUNTY}").text
        assert f'href="{ONE}"' in client.get(f"/admin/units?q={HOSPITAL.lower()}").text
        assert "没有这样的单位" in client.get("/admin/units?q=%25").text
        assert client.get("/admin/units?only=nonsense").status_code == 422
        assert client.get("/admin/units/NONE").status_code == 404


def test_who_coordinates_a_county_hands_over_there_and_nowhere_else(own: Site) -> None:
    _name, email = liaison(own)
    token = own.person(Role.coordinator, "county", under=COUNTY)
    with own.browsing() as client:
        client.cookies.set("duban", token)
        assert '<a href="/admin/units">联系人</a>' in client.get("/").text
        page = client.get(ONE).text
        assert "改姓名" not in page
        assert 'href="/admin"' not in page, "nobody is led to where he may not go"
        form = {**hidden(page, "h1"), "name": "接示例", "email": "jie@example.org"}
        looked = client.post("/admin/contacts/hand-over/look", data=form).text
        assert "试算：1 个岗位" in looked
        assert "jie@example.org" not in client.get(ONE).text, "nothing was done"
        wrong = client.post("/admin/contacts/hand-over", data={**form, "email": "kein"})
        assert (wrong.status_code, 'value="接示例"' in wrong.text) == (422, True)
        answer = client.post("/admin/contacts/hand-over", data=form)
        assert (answer.status_code, answer.headers["location"]) == (303, ONE)
        assert "jie@example.org" in client.get(ONE).text
        assert email not in client.get(ONE).text
        assert client.get(f"/admin/units/{ELSEWHERE}").status_code == 403
        away = {**form, "units": ELSEWHERE, "_once": "another"}
        assert client.post("/admin/contacts/hand-over", data=away).status_code == 403
        assert client.post(f"{ONE}/holders", data=form).status_code == 403
        assert client.get("/admin/contacts").status_code == 200


@pytest.mark.parametrize("role", [Role.auditor, Role.leader, Role.liaison])
def test_others_neither_see_nor_change_contacts_here(site: Site, role: Any) -> None:
    with site.browsing(role) as client:
        for path in ("/admin/units", ONE, "/admin/contacts", "/admin"):
            assert client.get(path).status_code == 403, path
