"""A liaison's story from start to end in a real Chromium: what is owed by date, nil in place, handed in, returned with a reason,
more time asked for and granted, the new date at home and in the calendar. Each page on the way is judged."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from icalendar import Calendar

from api.app import create_app
from in_china import CHINA
from page_browser import CHROMIUM, Tab, serving, shut_out
from page_site import HOSPITAL, Site
from states.records.roles import Role

WHAT = "自查报告"
DUE = re.compile(r"(\d+)年(\d+)月(\d+)日（.）(\d+):(\d+)")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("pages"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: pages not tried in a browser"),
]


class Person:
    """Somebody at a browser. Wherever he comes, nothing shuts anybody out."""

    def __init__(self, tab: Tab) -> None:
        self.tab, self.page = tab, tab.page

    def comes(self, path: str) -> None:
        self.tab.go(path)
        self.looks()

    def looks(self) -> None:
        self.page.wait_for_load_state()
        assert shut_out(self.page) == [], self.page.url
        assert [one for one in self.tab.troubles if "status of 409" not in one] == [], (
            "but for what was refused"
        )

    def hears(self, says: str) -> None:
        """He was led on to a page that says what was done."""
        self.page.get_by_role("status").get_by_text(says).wait_for()
        self.looks()

    def row(self, what: str) -> Any:
        """What he owes, at home."""
        return self.page.locator("#owed tbody tr", has=self.page.get_by_role("link", name=what, exact=True))

    def dues(self) -> list[datetime]:
        return [moment(text) for text in self.page.locator("#owed td.day").all_inner_texts()]


def moment(text: str) -> datetime:
    """The date that a page tells, the first in a text."""
    found = DUE.search(text)
    assert found is not None, text
    year, month, day, hour, minute = map(int, found.groups())
    return datetime(year, month, day, hour, minute, tzinfo=CHINA)


def test_a_liaison_from_what_is_owed_to_a_later_date(
    own: Site, tab_of: Callable[..., Tab], tmp_path: Path
) -> None:
    paper = tmp_path / "自查报告.txt"
    paper.write_text("示例", encoding="utf-8")
    with serving(create_app(own.settings, now=own.hands)) as address:
        liaison = Person(tab_of(address, own.person(Role.liaison, "hospital", under=HOSPITAL)))
        coordinator = Person(tab_of(address, own.tokens["coordinator"]))
        dates = subscribed(liaison)
        nil_in_place(liaison)
        owed = handed_in(liaison, paper)
        assert owed not in in_calendar(own, dates), "handed in, no date any more"
        returned(coordinator, owed)
        before = in_calendar(own, dates)
        unit, due = asked_for_time(liaison, owed)
        until = granted(coordinator, unit)
        assert (before[owed][1], until > due) == (due, True)
        sees_the_later_date(liaison, until)
        assert in_calendar(own, dates)[owed] == (before[owed][0], until), "the same entry, moved"


def sees_the_later_date(liaison: Person, until: datetime) -> None:
    liaison.comes("/")
    assert moment(liaison.row(WHAT).locator("td.day").inner_text()) == until
    assert liaison.dues() == sorted(liaison.dues())
    assert liaison.page.locator("#owed tbody tr").last.get_by_role("link").inner_text() == WHAT, (
        "now the last"
    )
    liaison.row(WHAT).get_by_role("link").click()
    liaison.page.get_by_text("原期限").wait_for()
    liaison.looks()


def subscribed(liaison: Person) -> str:
    """His dates as a calendar programme asks for them."""
    liaison.comes("/dates")
    liaison.page.get_by_role("button", name="生成地址").click()
    address = liaison.page.get_by_role("link", name=".ics")
    found = urlsplit(address.inner_text()).path
    liaison.looks()
    return found


def in_calendar(own: Site, dates: str) -> dict[str, tuple[str, datetime]]:
    """What such a programme is told, without a log-in: path → name of the entry and its date, an instant."""
    with own.browsing() as client:
        answer = client.get(dates)
    assert answer.headers["content-type"].startswith("text/calendar")
    assert "X-PUBLISHED-TTL:PT6H" in answer.text
    entries = Calendar.from_ical(answer.content).walk("VEVENT")
    return {urlsplit(one["url"]).path: (str(one["uid"]), one["dtend"].dt) for one in entries}


def nil_in_place(liaison: Person) -> None:
    """零报告 for something, with one click where it is listed."""
    liaison.comes("/")
    assert liaison.dues() == sorted(liaison.dues())
    assert len(liaison.dues()) > 1
    nil = liaison.page.locator("#owed tbody tr", has=liaison.page.get_by_role("button", name="零报告")).first
    what = nil.get_by_role("link").first.inner_text()
    count = liaison.row(what).count()
    nil.get_by_role("button", name="零报告").click()
    liaison.hears(f"已零报告：{what}")
    liaison.comes("/")
    assert liaison.row(what).count() == count - 1


def handed_in(liaison: Person, paper: Path) -> str:
    """With text and a file, where it is listed; the page of what was handed in."""
    row = liaison.row(WHAT)
    row.locator("summary", has_text="报送").click()
    row.locator("textarea[name=text]").fill("已按方案自查，发现问题三个")
    row.locator("input[type=file]").first.set_input_files(paper)
    row.get_by_role("button", name="报送").click()
    liaison.hears(f"已报送：{WHAT}")
    assert liaison.page.get_by_role("link", name=paper.name).is_visible()
    return urlsplit(liaison.page.url).path


def returned(coordinator: Person, owed: str) -> None:
    """Not without a reason: the form says so at its field, and keeps what it was about."""
    coordinator.comes(owed)
    coordinator.page.locator("summary", has_text="退回").click()
    coordinator.page.locator("#return button").click()
    assert "理由" in coordinator.page.get_by_role("alert").inner_text()
    coordinator.looks()
    coordinator.page.locator("#return textarea").fill("缺少整改照片")
    coordinator.page.locator("#return button").click()
    coordinator.hears("已退回")


def asked_for_time(liaison: Person, owed: str) -> tuple[str, datetime]:
    """He sees why, and asks; of which unit, and until when it was due."""
    liaison.comes(owed)
    assert liaison.page.get_by_text("缺少整改照片").first.is_visible()
    liaison.comes("/")
    row = liaison.row(WHAT)
    assert "退回" in row.locator("td[data-name=状态]").inner_text()
    unit, due = row.locator("td[data-name=单位]").inner_text(), moment(row.locator("td.day").inner_text())
    row.locator("summary", has_text="申请延期").click()
    row.locator("input[name=until]").fill("+3wd")
    row.locator("textarea[name=reason]").fill("照片须重拍")
    row.get_by_role("button", name="申请延期").click()
    liaison.hears("已申请延期")
    assert liaison.page.get_by_role("cell", name="照片须重拍").is_visible()
    return unit, due


def granted(coordinator: Person, unit: str) -> datetime:
    """Found among those that wait, tried, granted; the new date as it is said."""
    page = coordinator.page
    coordinator.comes("/campaigns/1/decisions/extensions")
    if unit not in page.locator("#one").inner_text():
        page.locator("#rest").get_by_role("link", name=unit).click()
    page.get_by_text("照片须重拍").wait_for()
    coordinator.looks()
    page.get_by_role("button", name="先看会怎样").click()
    page.get_by_text("如果准予").wait_for()
    coordinator.looks()
    page.get_by_role("button", name="准予", exact=True).click()
    coordinator.hears("准予延期至")
    return moment(page.get_by_role("status").first.inner_text())
