"""Keys and accounts by pages: a key and a first password are told once and kept nowhere; what an administrator reaches is his own."""

from __future__ import annotations

import re
from typing import Any

import pytest
import sqlalchemy as sa

from page_forms import hidden
from page_site import COUNTY, ELSEWHERE, HOSTILE, LATER, Site, unit_of
from states.records import access, core
from states.records.account_tables import Account
from states.records.roles import Role

pytestmark = pytest.mark.xdist_group("pages")

KEYS, ACCOUNTS = "/admin/keys", "/admin/accounts"


def secret(html: str) -> str:
    found = re.search(r'<p class="secret"><code>([^<]+)</code>', html)
    assert found
    return found[1]


def kept(site: Site) -> str:
    """Everything that is kept of answers, and the journal."""
    with site.store.read() as session:
        rows = [*session.execute(sa.select(core.idempotency)), *session.execute(sa.select(core.journal))]
    return repr(rows)


def account(site: Site, login: str) -> Account:
    with site.store.read() as session:
        return session.execute(sa.select(Account).where(core.account.c.login == login)).scalar_one()


def posted(client: Any, path: str, **sent: str) -> Any:
    return client.post(path, data={"_once": f"{path}-{len(sent)}", **sent})


def test_a_key_is_told_once_works_and_is_revoked(own: Site) -> None:
    with own.browsing("administrator") as client:
        form = {**hidden(client.get(KEYS).text, "new"), "name": "数据中台", "under": COUNTY, "days": "10"}
        made = client.post(KEYS, data=form)
        token = secret(made.text)
        assert (made.status_code, made.headers["cache-control"]) == (200, "no-store")
        assert made.cookies.get("duban-said") is None
        again = client.post(KEYS, data=form)
        assert (again.status_code, token in again.text, "已经办过" in again.text) == (409, False, True)
        page = client.get(KEYS).text
        assert token not in page
        assert page.count("数据中台") >= 1
        assert "快到期" in page
        assert token not in kept(own)
        headers = {"Authorization": f"Bearer {token}"}
        with own.browsing() as other:
            assert other.get("/api/v1/campaigns", headers=headers).status_code == 200
            assert other.get(f"/api/v1/campaigns/1/units/{ELSEWHERE}", headers=headers).status_code == 403
        prefix = token[: access.SHOWN]
        answer = posted(client, f"{KEYS}/{prefix}/revoke")
        assert (answer.status_code, answer.headers["location"]) == (303, KEYS)
        assert "已作废</span>" in client.get(KEYS).text
        assert posted(client, f"{KEYS}/none/revoke").status_code == 404
    with own.store.read() as session:
        assert access.find(session, token, LATER) is None
        facts = sa.select(core.journal.c.kind, core.journal.c.actor).where(core.journal.c.kind.like("key.%"))
        actor = "user:王administrator（administrator）"
        assert [tuple(one) for one in session.execute(facts)] == [
            ("key.created", actor),
            ("key.revoked", actor),
        ]


def test_everything_wrong_with_a_key_stands_at_its_field(own: Site) -> None:
    with own.browsing("administrator") as client:
        form = {
            **hidden(client.get(KEYS).text, "new"),
            "name": "示例",
            "under": "NONE",
            "campaign": "99",
            "grant": "999",
        }
        wrong = client.post(KEYS, data=form)
        assert wrong.status_code == 422
        for field in ("under", "campaign", "grant"):
            assert f'id="new-{field}-wrong"' in wrong.text, field
        assert 'value="NONE"' in wrong.text
        wrong = client.post(
            KEYS, data={**form, "name": HOSTILE[0] + "\n", "under": "", "campaign": "", "grant": ""}
        )
        assert (wrong.status_code, 'id="new-name-wrong"' in wrong.text) == (422, True)
        assert "<script>alert" not in wrong.text
        assert "还没有密钥" in client.get(KEYS).text


def hired(client: Any, site: Site) -> tuple[str, str]:
    """An account made by a page: its address, and the first password."""
    form = {
        **hidden(client.get(ACCOUNTS).text, "new"),
        "login": "xin",
        "name": "新示例",
        "grant.role": "liaison",
        "grant.under": COUNTY,
    }
    password = secret(client.post(ACCOUNTS, data=form).text)
    assert client.post(ACCOUNTS, data=form).status_code == 409, "told once"
    assert password not in kept(site)
    return f"{ACCOUNTS}/{account(site, 'xin').id}", password


def test_an_account_is_made_and_granted_roles_that_are_taken_back(own: Site) -> None:
    with own.browsing("administrator") as client:
        one, _password = hired(client, own)
        page = client.get(ACCOUNTS).text
        assert ("联络员·" in page, "还没有设自己的密码" in page) == (True, True)
        sent = {**hidden(client.get(one).text, "grant"), "role": "coordinator", "under": COUNTY}
        assert client.post(f"{one}/grants", data=sent).status_code == 303
        twice = client.post(f"{one}/grants", data={**sent, "_once": "2"})
        assert (twice.status_code, "已有同样的授权" in twice.text) == (409, True)
        wrong = client.post(f"{one}/grants", data={**sent, "_once": "3", "campaign": "99"})
        assert (wrong.status_code, 'id="grant-campaign-wrong"' in wrong.text) == (422, True)
        numbers = re.findall(rf'action="{one}/grants/(\d+)/revoke"', client.get(one).text)
        assert len(numbers) == 2
        assert posted(client, f"{one}/grants/{numbers[1]}/revoke").status_code == 303
        assert "协调员" not in client.get(one).text.partition("增加授权")[0].partition("<h2>授权")[2]


def test_an_account_is_closed_opened_again_and_given_a_new_password(own: Site) -> None:
    with own.browsing("administrator") as client:
        one, password = hired(client, own)
        with own.browsing() as other:
            assert other.post("/login", data={"login": "xin", "password": password}).status_code == 303
        assert "全部结束" in client.get(one).text
        done = posted(client, f"{one}/sessions/end")
        assert (done.status_code, "现在没有登录" in client.get(one).text) == (303, True)
        assert posted(client, f"{one}/disable").status_code == 303
        with own.browsing() as other:
            assert other.post("/login", data={"login": "xin", "password": password}).status_code == 422
        assert posted(client, f"{one}/enable").status_code == 303
        fresh = secret(posted(client, f"{one}/reset").text)
        assert fresh != password
        assert fresh not in kept(own)
        assert posted(client, f"{one}/link", email="xin@example.org").status_code == 303
        assert account(own, "xin").email == "xin@example.org"
    with own.store.read() as session:
        facts = sa.select(core.journal.c.kind).where(core.journal.c.actor.like("user:王administrator%"))
        kinds = set(session.execute(facts).scalars())
    assert {
        "account.created",
        "account.disabled",
        "account.enabled",
        "account.reset",
        "account.linked",
    } <= kinds


def test_the_last_administrator_stays_and_what_is_wrong_stands_at_its_field(own: Site) -> None:
    mine = f"{ACCOUNTS}/{account(own, 'administrator').id}"
    with own.browsing("administrator") as client:
        refused = posted(client, f"{mine}/disable")
        assert (refused.status_code, "最后一个管理全部单位的管理员" in refused.text) == (409, True)
        form = {
            **hidden(client.get(ACCOUNTS).text, "new"),
            "login": "GROSS ß",
            "name": HOSTILE[1],
            "grant.under": "NONE",
            "grant.role": "liaison",
        }
        wrong = client.post(ACCOUNTS, data=form)
        assert wrong.status_code == 422
        assert "<img src=x" not in wrong.text
        wrong = client.post(ACCOUNTS, data={**form, "login": "gut", "name": "好示例"})
        assert (
            wrong.status_code,
            'id="new-grant.under-wrong"' in wrong.text,
            'value="好示例"' in wrong.text,
        ) == (
            422,
            True,
            True,
        )
        assert client.get(f"{ACCOUNTS}/9999").status_code == 404


def test_who_administers_a_part_reaches_the_accounts_of_that_part(own: Site) -> None:
    token = own.person(Role.administrator, "part", under=COUNTY)
    own.person(Role.liaison, "there", under=ELSEWHERE)
    away = f"{ACCOUNTS}/{account(own, 'there').id}"
    with own.browsing() as client:
        client.cookies.set("duban", token)
        page = client.get(ACCOUNTS).text
        assert ("part" in page, "there" in page) == (True, False)
        for path in (KEYS, away):
            assert client.get(path).status_code == 403, path
        for path in (
            f"{KEYS}/duban_xxxxxx/revoke",
            f"{away}/disable",
            f"{away}/reset",
            f"{away}/grants/1/revoke",
        ):
            assert posted(client, path).status_code == 403, path
        form = {
            **hidden(page, "new"),
            "login": "xin",
            "name": "新示例",
            "grant.role": "liaison",
            "grant.under": ELSEWHERE,
        }
        assert client.post(ACCOUNTS, data=form).status_code == 403
        assert client.post(KEYS, data={"_once": "k", "name": "示例"}).status_code == 403
        assert "初始密码" in client.post(ACCOUNTS, data={**form, "grant.under": COUNTY}).text


def test_where_a_key_or_a_role_reaches_is_said_by_name(own: Site) -> None:
    """Titles and names; who administers one campaign alone reads no title of another."""
    county = unit_of(own, COUNTY).name
    with own.browsing("administrator") as client:
        page = client.get(KEYS).text
        assert '<option value="1">示例行动</option>' in page
        client.post(KEYS, data={**hidden(page, "new"), "name": "数据中台", "under": COUNTY, "campaign": "1"})
        (reach,) = re.findall(r'data-name="范围">([^<]+)<', client.get(KEYS).text)
        assert reach == f"{county}，“示例行动”"
        one, _password = hired(client, own)
        sent = {**hidden(client.get(one).text, "grant"), "role": "coordinator", "campaign": "1"}
        assert client.post(f"{one}/grants", data=sent).status_code == 303
        for path in (one, ACCOUNTS):
            assert "协调员·全部单位·“示例行动”" in client.get(path).text
    grants = {"coordinator": 1, "administrator": 2}
    tokens = {role: own.person(role, f"{role}-x", campaign_id=number) for role, number in grants.items()}
    with own.browsing() as client:
        client.cookies.set("duban", tokens["coordinator"])
        for path in ("/", "/role"):
            assert "协调员·全部单位·“示例行动”" in client.get(path).text
        client.cookies.set("duban", tokens["administrator"])
        for path in (ACCOUNTS, f"{ACCOUNTS}/{account(own, 'administrator-x').id}"):
            page = client.get(path).text
            assert ("“第二个行动”" in page, "示例行动" in page) == (True, False)
