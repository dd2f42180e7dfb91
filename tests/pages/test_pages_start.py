"""A campaign is started from the pages: nothing is kept on the way, what is asked and refused is as by the API, and a
second click starts nothing more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import anyio
import pytest
import sqlalchemy as sa

from api.pages import start_mails, start_units
from page_forms import encoded, fields, hidden
from page_site import COUNTY, HOSPITAL, HOSTILE, Site
from states.records import foreseeing_start
from states.records.core import campaign, mail
from states.records.reading_preview import AT_ONCE
from states.records.roles import Role
from states.records.told import MailForetold

pytestmark = pytest.mark.xdist_group("pages")

FOUR = "standard-four-phase"
BLANKS = """
key: with-blanks
version: 1
title: 示例填空行动
phases:
  - {key: check, name: 自查自纠, from: 20__年__月__日, until: __月__日前}
requirements:
  - {key: plan, name: 实施方案, phase: check, due: __月__日前}
  - {key: news, name: 月报, phase: check, every: 每月__日前}
"""
FILLS = {
    "set.check.from": "2026-04-01",
    "set.check.until": "2026-06-30",
    "set.plan.due": "4月20日前",
    "set.news.every": "每月25日前",
}
FROM_API = {"template": FOUR, "start": "2026-04-01", "dry_run": True}
Pairs = list[tuple[str, str]]


class Clerk:
    """Somebody who fills in the pages as a browser without scripts sends them."""

    def __init__(self, site: Site, client: Any) -> None:
        self.site, self.client, self.html = site, client, ""

    def open(self, path: str) -> Clerk:
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.text
        self.html = answer.text
        return self

    def go(self, path: str, form: str = "f", status: int = 200, **changed: str | list[str]) -> Clerk:
        """Post the form of the page one is on; `changed`: fields by name, `__` for a dot."""
        answer = self.post(path, self.filled(form, **changed))
        assert answer.status_code == status, answer.text
        self.html = answer.text
        return self

    def filled(self, form: str = "f", **changed: str | list[str]) -> Pairs:
        told = {name.replace("__", "."): value for name, value in changed.items()}
        pairs = [one for one in fields(self.html, form) if one[0] not in told]
        for name, value in told.items():
            pairs += [(name, one) for one in ([value] if isinstance(value, str) else value)]
        return pairs

    def post(self, path: str, pairs: Pairs) -> Any:
        return self.client.post(path, **encoded(pairs))

    def campaigns(self) -> int:
        with self.site.store.read() as session:
            return session.execute(sa.select(sa.func.count()).select_from(campaign)).scalar_one()


@pytest.fixture
def clerk(own: Site) -> Iterator[Clerk]:
    with own.browsing("coordinator") as client:
        yield Clerk(own, client)


def test_a_campaign_is_started_step_by_step_and_once(clerk: Clerk) -> None:
    before = clerk.campaigns()
    clerk.open("/start")
    assert f'href="/start/plan?template={FOUR}"' in clerk.html
    clerk.open(f"/start/plan?template={FOUR}")
    assert 'class="timeline"' in clerk.html
    clerk.go("/start/units", start="2026-04-01", title="春季示例行动")
    clerk.go("/start/check", units__under=[COUNTY], units__kinds=["hospital", "tcm_hospital"])
    units = {"under": [COUNTY], "kinds": ["hospital", "tcm_hospital"]}
    told = clerk.client.post("/api/v1/campaigns", json={**FROM_API, "units": units}).json()
    assert told["participants"] > 0
    assert f"<strong>{told['participants']}</strong>" in clerk.html
    assert clerk.campaigns() == before, "nothing is kept on the way"
    sent = clerk.filled("launch")
    answers = [clerk.post("/start", sent) for _ in range(2)]
    assert [one.status_code for one in answers] == [303, 303], answers[0].text
    assert answers[0].headers["location"] == answers[1].headers["location"]
    assert clerk.campaigns() == before + 1
    page = clerk.client.get(answers[0].headers["location"])
    assert (page.status_code, "春季示例行动" in page.text) == (200, True)
    clerk.html = clerk.post("/start/check", sent).text
    assert clerk.go("/start", "launch", 409, title="另一个名称").html.count("这张表已经提交过一次") == 1
    assert clerk.campaigns() == before + 1
    with clerk.site.store.read() as session:
        started = session.execute(sa.select(campaign.c.selection).order_by(campaign.c.id.desc())).scalars()
        kept = started.first()
    assert kept == {"codes": [], "under": [COUNTY], "kinds": ["hospital", "tcm_hospital"], "levels": []}


def test_every_step_shows_the_same_again_when_it_is_reloaded(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start_mails, "SECONDS", 0.0)
    monkeypatch.setattr(start_mails, "EXAMPLE", 0.0)
    clerk.open(f"/start/plan?template={FOUR}").go("/start/plan", start="2026-04-01", title="示例")
    for path, form in (("/start/plan", "f"), ("/start/units", "f"), ("/start/check", "f")):
        sent = clerk.filled(form)
        pages = [clerk.post(path, sent) for _ in range(2)]
        assert [one.status_code for one in pages] == [200, 200]
        assert pages[0].text == pages[1].text
        clerk.html = pages[0].text
    clerk.go("/start/mails", "on")
    assert dict(clerk.filled("launch"))["title"] == "示例", "and back and forth everything comes along"
    for path in ("/start/units", "/start/check", "/start/mails"):
        answer = clerk.client.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/start")
    assert clerk.client.get("/start/plan").headers["location"] == "/start"


def test_blanks_are_asked_for_by_name_and_nothing_starts_before_they_are_filled(clerk: Clerk) -> None:
    before = clerk.campaigns()
    clerk.open("/start").go("/start/plan", "own", text=BLANKS)
    assert [name for name, _ in clerk.filled() if name.startswith("set.")] == list(FILLS)
    assert "还不能启动" in clerk.html
    assert "自查自纠阶段的开始" in clerk.html
    assert not re.search("--(set|past)", clerk.html), "options of a command are no words for a page"
    clerk.go("/start/units", start="2026-03-20").go("/start/check")
    assert 'id="launch"' not in clerk.html
    assert "因此也不能推演邮件" in clerk.go("/start/mails", "on").html
    refused = clerk.post("/start", clerk.filled("on"))
    assert (refused.status_code, "还没有办成" in refused.text) == (409, True)
    assert clerk.campaigns() == before
    clerk.go("/start/plan", "on")
    filled = {name.replace(".", "__"): words for name, words in FILLS.items()}
    clerk.go("/start/plan", **filled)
    assert "还不能启动" not in clerk.html
    for words in FILLS.values():
        assert f'value="{words}"' in clerk.html
    clerk.go("/start/units").go("/start/check")
    assert clerk.post("/start", clerk.filled("launch")).status_code == 303
    with clerk.site.store.read() as session:
        fills = session.execute(sa.select(campaign.c.fills).order_by(campaign.c.id.desc())).scalars().first()
    assert fills == {name.removeprefix("set."): words for name, words in FILLS.items()}


def test_what_can_not_be_read_is_said_at_its_field_on_the_page_where_it_was_typed(clerk: Clerk) -> None:
    clerk.open("/start").go("/start/plan", "own", text=BLANKS)
    clerk.go("/start/check", status=422, **{"set.plan.due": "哪天都行", "set.check.from": "2026-04-01"})
    assert 'id="f-set.plan.due-wrong"' in clerk.html
    assert "哪天都行" in clerk.html
    assert 'value="2026-04-01"' in clerk.html
    clerk.go("/start/plan", status=422, owner="没有", **{"set.plan.due": "4月20日前"})
    assert 'id="f-owner-wrong"' in clerk.html
    clerk.go("/start/plan", owner="", start="明天", status=422)
    assert 'id="f-start-wrong"' in clerk.html
    clerk.go("/start/units", start="2026-03-20").go("/start/check", status=422, units__codes="甲, 乙\n丙")
    assert "甲：单位表中没有这个代码" in clerk.html
    assert "甲\n乙\n丙</textarea>" in clerk.html
    broken = clerk.open("/start").go("/start/plan", "own", 422, text="key: a\nversion: x\n")
    assert "第" in broken.html
    assert "version: x" in broken.html
    assert clerk.client.post("/start/check", data={}).status_code == 422


def test_one_more_date_can_be_changed_wherever_the_plan_has_one(clerk: Clerk) -> None:
    clerk.open(f"/start/plan?template={FOUR}")
    places = [value for name, value in options(clerk.html, "f-_place") if value]
    assert "ends" in places
    chosen = next(one for one in places if one.endswith(".due"))
    clerk.go("/start/plan", start="2026-04-01", _place=chosen, _date="2026-04-20")
    assert dict(clerk.filled())[f"set.{chosen}"] == "2026-04-20"
    assert dict(clerk.filled())["_date"] == ""
    clerk.go("/start/plan", status=422, _date="2026-04-21")
    assert "请先选择是哪一处的日期" in clerk.html
    assert [value for name, value in clerk.filled() if name == "_date"] == ["2026-04-21"]


def options(html: str, field: str) -> list[tuple[str, str]]:
    (found,) = re.findall(rf'<select id="{field}".*?</select>', html, re.DOTALL)
    return [(words, value) for value, words in re.findall(r'<option value="([^"]*)"[^>]*>([^<]*)', found)]


def test_dates_of_a_year_without_a_calendar_are_marked_and_told_before_the_start(clerk: Clerk) -> None:
    clerk.open(f"/start/plan?template={FOUR}").go("/start/plan", start="2026-10-08")
    assert ">暂定<" in clerk.html
    clerk.go("/start/units").go("/start/check")
    warned = clerk.html.partition('id="warnings"')[2].partition("</section>")[0]
    assert "2027年的放假安排尚未公布" in warned


def test_dates_that_are_over_are_confirmed_or_changed(clerk: Clerk) -> None:
    clerk.open(f"/start/plan?template={FOUR}").go("/start/plan", start="2026-01-12")
    assert "照旧下达" in clerk.html
    before = clerk.filled()
    assert any(name.startswith("set.") for name, _ in before), "a field for each date that is over"
    clerk.go("/start/units").go("/start/check")
    assert 'id="launch"' not in clerk.html
    clerk.go("/start/plan", "on").go("/start/units", past="keep").go("/start/check")
    assert clerk.post("/start", clerk.filled("launch")).status_code == 303


def test_the_tree_unfolds_and_keeps_what_was_chosen_out_of_sight(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    clerk.open(f"/start/plan?template={FOUR}").go("/start/units", start="2026-04-01")
    assert HOSPITAL not in clerk.html
    city = COUNTY[:-2]
    clerk.go("/start/units", _open=city)
    clerk.go("/start/units", _open=[city, COUNTY])
    assert f'name="units.under" value="{HOSPITAL}"' in clerk.html
    monkeypatch.setattr(start_units, "MOST_OPEN", 2)
    assert HOSPITAL not in clerk.post("/start/units", clerk.filled()).text, (
        "a page shows so many levels at most"
    )
    monkeypatch.undo()
    clerk.go("/start/units", units__under=HOSPITAL)
    assert "现选 1 个单位参加" in clerk.html
    clerk.go("/start/units", _shut=city)
    assert "另已选择" in clerk.html
    assert dict(clerk.filled())["units.under"] == HOSPITAL
    assert "现选 1 个单位参加" in clerk.html


@pytest.mark.parametrize("watched", [False, True])
def test_the_mails_by_day_are_those_that_follow(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch, watched: bool
) -> None:
    monkeypatch.setattr(start_mails, "SECONDS", 0.0 if watched else 600.0)  # however slow the machine is
    monkeypatch.setattr(start_mails, "TELLS", 0.0)
    clerk.open(f"/start/plan?template={FOUR}").go("/start/units", start="2026-03-18")
    clerk.go("/start/check", units__under=COUNTY)
    count = sa.select(sa.func.count()).select_from(mail)
    with clerk.site.store.read() as session:
        before = session.execute(count).scalar_one()
    clerk.go("/start/mails", "on", _days="14")
    if watched:
        assert "全部推演" in clerk.html
        clerk.go("/start/mails/all", "span")
        steps = [int(one) for one in re.findall(r"<b>(\d+) 封</b></li>", clerk.html)]
        assert len(steps) > 5, "how far it is, while it is worked out"
        assert steps == sorted(steps)
    with clerk.site.store.read() as session:
        assert session.execute(count).scalar_one() == before
    answer = clerk.post("/start", clerk.filled("launch"))
    assert answer.status_code == 303, answer.text
    until = date(2026, 3, 18) + timedelta(days=13)
    asked = f"/api/v1{answer.headers['location']}/preview?from=2026-03-18&to={until}"
    mails = clerk.client.get(asked).json()["mails"]
    assert mails
    days = sorted({one["at"][:10] for one in mails})
    for day in days:
        said = f"{int(day[:4])}年{int(day[5:7])}月{int(day[8:])}日"
        number = sum(one["at"].startswith(day) for one in mails)
        row = re.findall(rf'{said}[^<]*</th><td data-name="邮件" class="number">(\d+)<', clerk.html)
        assert row == [str(number)], day
    assert f"共 {len(mails)} 封邮件" in clerk.html


def test_where_not_all_can_be_worked_out_some_units_are_the_example_for_what_comes_later(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start_mails, "SECONDS", 0.0)
    monkeypatch.setattr(start_mails, "EXAMPLE", 600.0)
    clerk.open(f"/start/plan?template={FOUR}").go("/start/units", start="2026-03-18")
    clerk.go("/start/check", units__under=COUNTY).go("/start/mails", "on", _days="14")
    assert "此后没有全部推演" in clerk.html
    assert "推演到的日子里没有邮件" in clerk.html, "not: none at all"
    days = re.findall(r'<th scope="row">([^<]*)</th>', clerk.html.partition('id="later"')[2])
    assert days[0] == "2026年3月18日 星期三", "later than the moment at which time was up"
    assert len(days) > 5
    assert "以 7 个单位为例" in clerk.html, "each kind once: there are two 中医院"
    assert 'id="launch"' in clerk.html


def test_what_nobody_watches_any_more_or_what_breaks_holds_up_nobody(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start_mails, "SECONDS", 0.0)
    clerk.open(f"/start/plan?template={FOUR}").go("/start/units", start="2026-03-18")
    clerk.go("/start/check", units__under=COUNTY).go("/start/mails", "on", _days="14")
    asked = clerk.client.build_request("POST", "/start/mails/all", **encoded(clerk.filled("span")))
    anyio.run(left_at_once, clerk.client.app, asked)
    assert AT_ONCE.acquire(blocking=False), "the copy is gone with him who watched"
    AT_ONCE.release()

    def broken(*_args: Any, **_more: Any) -> Any:
        yield datetime(2026, 3, 18, 1, tzinfo=UTC), []
        raise RuntimeError("power cut")

    monkeypatch.setattr(start_mails.foreseeing_start.foretell, "steps", broken)
    clerk.go("/start/mails/all", "span")
    assert "推演中断了" in clerk.html
    assert "</html>" in clerk.html
    assert AT_ONCE.acquire(blocking=False)
    AT_ONCE.release()


async def left_at_once(app: Any, asked: Any) -> None:
    """A browser that goes away when it has seen the first piece."""
    seen = anyio.Event()
    coming = [{"type": "http.request", "body": asked.content, "more_body": False}]

    async def receive() -> Any:
        if coming:
            return coming.pop()
        await seen.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message.get("body"):
            assert AT_ONCE.acquire(blocking=False) is False, "a copy is being worked on"
            seen.set()

    headers = [(name.lower(), value) for name, value in asked.headers.raw]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
    }
    scope |= {"path": asked.url.path, "raw_path": asked.url.raw_path, "query_string": b"", "root_path": ""}
    await app(
        {**scope, "headers": headers, "client": ("testclient", 1), "server": ("testserver", 80)},
        receive,
        send,
    )


def test_another_preview_that_runs_is_said_and_holds_up_no_start(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(foreseeing_start, "WAITS", 0.01)
    clerk.open(f"/start/plan?template={FOUR}").go("/start/units", start="2026-03-18").go("/start/check")
    with AT_ONCE:
        clerk.go("/start/mails", "on", 503)
        assert "另一份预览还没有算完" in clerk.html
        clerk.go("/start/mails/all", "span", 503)
        assert "另一份预览还没有算完" in clerk.html
        assert clerk.post("/start", clerk.filled("launch")).status_code == 303


def test_a_hundred_thousand_mails_are_days_with_numbers_and_the_first_of_them() -> None:
    begins = datetime(2026, 3, 18, 9, tzinfo=UTC)
    mails = [told(begins + timedelta(days=number // 5_000), number % 5_000) for number in range(100_000)]
    days = start_mails.Days(ZoneInfo("Asia/Shanghai"))
    for begin in range(0, len(mails), 3_000):
        days.add(mails[begin : begin + 3_000])
    found = days.found
    assert [(one.mails, one.people, one.what) for one in found] == [(5_000, 5_000, [("催办", 5_000)])] * 20
    kept = [len(one.first) for one in found]
    assert kept[:2] == [20, 20]
    assert sum(kept) == 300


def told(at: datetime, number: int) -> MailForetold:
    unit = {"code": "SL", "name": "示例单位"}
    line = {"unit": unit, "name": "催办", "about": "", "obligation": None, "role": "liaison", "reason": ""}
    who = f"liaison.{number}@example.org"
    return {"at": at.isoformat(), "kind": "digest", "to": who, "name": "王示例", "lines": [line]}


@pytest.mark.parametrize("words", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_words_in_every_field_show_as_text(clerk: Clerk, words: str) -> None:
    plain = clerk.open(f"/start/plan?template={FOUR}").filled()
    titled = [(name, words if name == "title" else value) for name, value in plain]
    names = ["start", "owner", "past", "units.under", "units.kinds", "units.codes", "_open", "_days", "_once"]
    names += ["set.ends", f"set.{words}", "_place", "_date", words]
    wrong = [one for one in titled if one[0] not in names] + [(name[:2_000], words[:2_000]) for name in names]
    lost = [("template", words), *(one for one in plain if one[0] != "template")]
    for path in ("/start/plan", "/start/units", "/start/check", "/start"):
        for pairs in (titled, wrong, lost):
            if (path, pairs) == ("/start", titled):
                continue  # that starts it
            answer = clerk.post(path, pairs)
            assert answer.status_code in (200, 422), (path, answer.text)
            assert "<script>alert" not in answer.text
            assert "<img" not in answer.text
            if words == "{{7*7}}" and pairs is titled:
                assert words in answer.text
    own = clerk.open("/start").go("/start/plan", "own", 422, text=words)
    assert "<script>alert" not in own.html
    assert "<img" not in own.html


def test_without_its_token_nothing_starts(clerk: Clerk) -> None:
    clerk.open(f"/start/plan?template={FOUR}").go("/start/units", start="2026-04-01").go("/start/check")
    before = clerk.campaigns()
    token = hidden(clerk.html, "launch")["_once"]
    pairs = [one for one in clerk.filled("launch") if one[0] != "_once"]
    answer = clerk.post("/start", pairs)
    assert (answer.status_code, "这张表不完整" in answer.text) == (409, True)
    assert clerk.campaigns() == before
    assert clerk.post("/start", [*pairs, ("_once", token)]).status_code == 303


def test_a_coordinator_of_a_county_starts_within_it_alone(own: Site) -> None:
    token = own.person(Role.coordinator, "county", under=COUNTY)
    with own.browsing() as client:
        client.cookies.set("duban", token)
        clerk = Clerk(own, client)
        clerk.open(f"/start/plan?template={FOUR}")
        assert dict(clerk.filled())["owner"] == COUNTY
        assert clerk.post("/start/plan", clerk.filled(owner="SL")).status_code == 403
        clerk.go("/start/units", start="2026-04-01")
        assert HOSPITAL in clerk.html
        assert clerk.post("/start/units", clerk.filled(units__under="SL00102")).status_code == 403
        clerk.go("/start/check")
        assert clerk.post("/start", clerk.filled("launch")).status_code == 303
