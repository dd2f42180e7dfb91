"""The link in a mail hands in one thing for its reader, and nothing else; it ends in every way it should."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from page_forms import hidden
from page_site import LATER, ORIGIN, Site, owing
from states.passes import PATH
from states.records import columns, passing
from states.records.core import contact, journal

pytestmark = pytest.mark.xdist_group("pages")


@pytest.fixture
def nobody(own: Site) -> Any:
    """Somebody who is not logged in."""
    with own.browsing() as client:
        yield client


def hand_in(client: Any, address: str, form: str = "submit", **fields: str) -> Any:
    sent = {**hidden(client.get(address).text, form), **fields}
    parts = [(name, (None, value)) for name, value in sent.items()]
    parts += [("file", ("报告.txt", "示例".encode(), "text/plain"))]
    return client.post(address, files=parts)


def test_its_reader_hands_in_without_logging_in_and_the_record_says_who(own: Site, nobody: Any) -> None:
    page = nobody.get(own.passed).text
    assert "这个链接只能报送这一项" in page
    assert 'name="act" value="submit"' in page
    done = hand_in(nobody, own.passed, text="已整改", reason="无")
    assert (done.status_code, done.headers["location"]) == (303, own.passed)
    after = nobody.get(own.passed).text
    assert "第 1 次：报送" in after
    assert "报告.txt" in after
    with own.store.read() as session:
        newest = sa.select(journal).where(journal.c.kind == "obligation.submit").order_by(journal.c.id.desc())
        fact = session.execute(newest).first()
    assert fact.actor.startswith("link:")
    assert fact.unit_id == columns.unit_of(own.owed)


def test_a_look_changes_nothing_and_a_second_click_does_nothing_more(own: Site, nobody: Any) -> None:
    for _ in range(3):
        nobody.get(own.passed)
    assert own.owed in owing(own, ("open", "returned"))
    fields = hidden(nobody.get(own.passed).text, "submit")
    parts = [(name, (None, value)) for name, value in {**fields, "text": "已整改", "reason": "无"}.items()]
    assert [nobody.post(own.passed, files=parts).status_code for _ in range(2)] == [303, 303]
    assert "第 2 次" not in nobody.get(own.passed).text


def test_it_opens_nothing_else(own: Site, nobody: Any) -> None:
    for path in ("/", "/campaigns/1", f"/campaigns/1/obligations/{own.owed}", "/dates"):
        assert nobody.get(path).status_code == 303, path
    assert nobody.get("/api/v1/campaigns").status_code == 401
    other = owing(own, ("open", "returned"))[0]
    assert other != own.owed
    sent = {
        **hidden(nobody.get(own.passed).text, "submit"),
        "text": "已整改",
        "reason": "无",
        "obligation": str(other),
    }
    parts = [(name, (None, value)) for name, value in sent.items()]
    assert nobody.post(own.passed, files=parts).status_code == 422
    for act in ("accept", "waive", "return"):
        parts = [
            (name, (None, value)) for name, value in {**sent, "act": act}.items() if name != "obligation"
        ]
        assert nobody.post(own.passed, files=parts).status_code == 422, act
    assert other in owing(own, ("open", "returned"))


def test_it_ends_with_its_days_its_reader_and_when_it_is_stopped(own: Site, nobody: Any) -> None:
    key, _ = own.owed, own.passed
    signer = passing.signer(own.settings)
    own.hands.at = LATER + timedelta(days=30)
    assert (nobody.get(own.passed).status_code, hand_in_bare(nobody, own.passed)) == (410, 410)
    own.hands.at = LATER - timedelta(seconds=1)
    assert nobody.get(own.passed).status_code == 410
    own.hands.at = LATER + timedelta(hours=1)
    assert nobody.get(own.passed).status_code == 200
    stranger = PATH + signer.write(key, "nobody@example.test", LATER)
    assert "已不是该单位的联络员" in nobody.get(stranger).text
    with own.browsing("liaison") as liaison:
        address = f"/campaigns/1/obligations/{key}"
        fields = hidden(liaison.get(address).text, "passes")
        assert liaison.post(f"{address}/passes/stop", data=fields).status_code == 303
    assert "已作废" in nobody.get(own.passed).text
    assert hand_in_bare(nobody, own.passed) == 410
    with own.store.read() as session:
        mine = contact.c.unit_id == columns.unit_of(key), contact.c.role == "liaison"
        email = session.execute(sa.select(contact.c.email).where(*mine)).scalars().first()
    later = PATH + signer.write(key, email or "", own.hands.at + timedelta(minutes=1))
    own.hands.at += timedelta(minutes=2)
    assert nobody.get(later).status_code == 200
    with own.store.write() as session:
        session.execute(sa.delete(contact).where(*mine))
    assert nobody.get(later).status_code == 410


def hand_in_bare(client: Any, address: str) -> int:
    return int(client.post(address, files=[("act", (None, "submit"))]).status_code)


@pytest.mark.parametrize("text", ["x", "A" * 50, "%00", "示例"])
def test_what_was_never_a_link_says_so(own: Site, nobody: Any, text: str) -> None:
    assert nobody.get(PATH + text).status_code in (404, 422)


def test_another_unit_cannot_stop_it(own: Site) -> None:
    token = own.person("liaison", "elsewhere", under="SL00102")
    with own.browsing() as other:
        other.cookies.set("duban", token)
        path = f"/campaigns/1/obligations/{own.owed}/passes/stop"
        assert other.post(path, data={"_once": "x"}).status_code == 403


def test_a_calendar_shows_ones_dates_until_it_is_stopped(own: Site, nobody: Any) -> None:
    with own.browsing("liaison") as client:
        fields = hidden(client.get("/dates").text, "renew")
        shown = client.post("/dates", data=fields).text
        address = re.search(r'href="http://[^/"]+(/dates/[\w-]+\.ics)"', shown)
        assert address is not None
        read = nobody.get(address[1])
        assert read.headers["content-type"] == "text/calendar; charset=utf-8"
        assert f"UID:obligation-{own.owed}@duban" in read.text
        assert read.text.count("BEGIN:VEVENT") == len(set(re.findall(r"UID:(\S+)", read.text))) > 5
        again = client.post("/dates", data=fields).text
        assert nobody.get(address[1]).status_code == 404
        address = re.search(r'href="http://[^/"]+(/dates/[\w-]+\.ics)"', again)
        assert address is not None
        assert nobody.get(address[1]).status_code == 200
        assert nobody.post("/dates/stop", headers={"Origin": ORIGIN}).status_code == 401
        assert client.post("/dates/stop", data=hidden(client.get("/dates").text, "stop")).status_code == 303
    assert nobody.get(address[1]).status_code == 404
