"""A year of working days by pages: drawn by months, looked at with the dates that it moves, loaded once."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from page_forms import hidden
from page_site import COUNTY, Site
from states.records import core
from states.records.roles import Role

pytestmark = pytest.mark.xdist_group("pages")

CALENDAR = "/admin/calendar"
OFF = [date(2026, 4, day) for day in (13, 14, 15, 16, 17)]
YEAR = "日期,上班\n" + "".join(f"{day},0\n" for day in OFF)


def send(client: Any, content: str, year: str = "2026") -> Any:
    form = {**hidden(client.get(CALENDAR).text, "send"), "year": year}
    return client.post(CALENDAR, data=form, files={"file": ("安排.csv", content.encode())})


def test_a_year_is_looked_at_with_the_dates_it_moves_and_loaded_once(own: Site) -> None:
    def moved() -> int:
        with own.store.read() as session:
            redated = core.journal.c.kind == "milestone.redated"
            return int(session.execute(sa.select(sa.func.count()).where(redated)).scalar_one())

    with own.browsing("administrator") as client:
        looked = send(client, YEAR)
        assert looked.status_code == 200
        for said in ("以下只是看看", "只有 5 个工作日放假", "改期", "2026年4月13日 星期一"):
            assert said in looked.text, said
        assert moved() == 0
        assert "随产品" in client.get(CALENDAR).text
        form = hidden(looked.text, "take")
        stale = client.post(f"{CALENDAR}/apply", data={**form, "look": "another"})
        assert (stale.status_code, "请再看一遍" in stale.text) == (409, True)
        done = client.post(f"{CALENDAR}/apply", data=hidden(stale.text, "take"))
        assert (done.status_code, done.headers["location"]) == (303, f"{CALENDAR}/2026")
        assert moved() > 0
        page = client.get(f"{CALENDAR}/2026").text
        assert "已载入 2026 年" in page
        assert page.count("<b>休</b>") == 5
        assert "安排.csv" in client.get(CALENDAR).text
    with own.store.read() as session:
        loaded = sa.select(core.journal.c.actor).where(core.journal.c.kind == "calendar.loaded")
        assert session.execute(loaded).scalars().all() == ["user:王administrator（administrator）"]


def test_what_is_wrong_with_a_year_stands_at_its_field_with_its_line(own: Site) -> None:
    with own.browsing("administrator") as client:
        wrong = send(client, "日期,上班\n2027-01-01,0\n2026-02-30,0\n2026-03-02,vielleicht\n")
        assert wrong.status_code == 422
        for said in ("第2行 日期：2027-01-01 不在 2026 年", "第3行", "第4行 上班"):
            assert said in wrong.text, said
        assert 'value="2026"' in wrong.text, "the year stays"
        wrong = send(client, YEAR, "1999")
        assert (wrong.status_code, 'id="send-year-wrong"' in wrong.text) == (422, True)
        none = client.post(
            CALENDAR,
            data={**hidden(client.get(CALENDAR).text, "send"), "year": "2027"},
            files={"file": ("", b"")},
        )
        assert (none.status_code, "请选择一个文件" in none.text, 'value="2027"' in none.text) == (
            422,
            True,
            True,
        )


def test_a_year_is_drawn_by_months_whether_it_is_published_or_not(site: Site) -> None:
    with site.browsing("administrator") as client:
        page = client.get(f"{CALENDAR}/2026").text
        assert page.count('<table class="month">') == 12
        assert ("放假安排已公布" in page, "<b>班</b>" in page) == (True, True)
        later = client.get(f"{CALENDAR}/2031").text
        assert ("还没有公布" in later, "<b>班</b>" in later) == (True, False)
        for path in (f"{CALENDAR}/1999", f"{CALENDAR}/zz"):
            assert client.get(path).status_code in (404, 422)


def test_only_who_administers_everything_loads_a_year(own: Site) -> None:
    token = own.person(Role.administrator, "part", under=COUNTY)
    with own.browsing() as client:
        client.cookies.set("duban", token)
        files = {"file": ("安排.csv", YEAR.encode())}
        assert client.post(CALENDAR, data={"_once": "x", "year": "2026"}, files=files).status_code == 403
        assert client.post(f"{CALENDAR}/apply", data={"_once": "x"}).status_code == 403
        for path in (CALENDAR, f"{CALENDAR}/2026"):
            assert client.get(path).status_code == 403
