"""The pages in a real Chromium: they renew themselves, fit a phone, print, and break none of their own rules."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
import uvicorn
from websockets.sync.client import connect as dial

from api.app import create_app
from flows.mailer.maildir import Maildir
from states import settings
from states.letters import Letter
from states.reading import shipped
from states.records import board, health, launch, sample, schema
from states.records.actors import Actors
from states.records.foretell import run_through
from states.records.outbox import MailHours
from states.records.session import Store, connect

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM = next((path for name in NAMES if (path := shutil.which(name))), None)
BEGAN = datetime(2026, 11, 22, 16, tzinfo=UTC)
LATER = BEGAN + timedelta(days=14)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: pages not tried in a browser"),
]


class Site:
    """The application on a free port, as a demonstration whose clock the test sets."""

    def __init__(self, home: Path) -> None:
        self.settings = settings.read({"DUBAN_HOME": str(home)}, home)
        self.store: Store = connect(self.settings.database_url)
        schema.upgrade(self.store)
        with self.store.write() as session:
            sample.build(session, 16, BEGAN)
            order = launch.Order(shipped()["standard-four-phase"], date(2026, 11, 23), {})
            key = launch.launch(session, order, BEGAN, "test")
        hours = MailHours(self.settings.zone, self.settings.mail_opens, self.settings.mail_closes)
        run_through(self.store, BEGAN, LATER, hours, Actors(self.store, key).act)
        self.show(LATER)
        config = uvicorn.Config(create_app(self.settings), port=0, log_level="warning")
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run)
        self.thread.start()
        while not self.server.started:
            time.sleep(0.02)
        self.url = f"http://127.0.0.1:{self.server.servers[0].sockets[0].getsockname()[1]}/"

    def show(self, now: datetime) -> None:
        health.beat(self.store, board.DEMO_CLOCK, True, now.isoformat(), now)

    def close(self) -> None:
        self.server.should_exit = True
        self.thread.join()
        self.store.close()


class Tab:
    """One page of a headless Chromium, spoken to by its own protocol."""

    def __init__(self, profile: Path) -> None:
        options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0"]
        self.process = subprocess.Popen(
            [str(CHROMIUM), *options, f"--user-data-dir={profile}", "about:blank"], stderr=subprocess.DEVNULL
        )
        port = self._port(profile / "DevToolsActivePort")
        (page,) = [
            one for one in json.load(urlopen(f"http://127.0.0.1:{port}/json")) if one["type"] == "page"
        ]
        self.line = dial(page["webSocketDebuggerUrl"], max_size=None)
        self.number = 0
        self.troubles: list[str] = []
        for domain in ("Page", "Runtime", "Log"):
            self.ask(f"{domain}.enable")

    def _port(self, file: Path) -> str:
        for _ in range(600):
            if file.exists() and (lines := file.read_text().split()):
                return lines[0]
            time.sleep(0.1)
        raise AssertionError("Chromium did not start")

    def ask(self, method: str, **params: Any) -> Any:
        """One command and its result; complaints of the page on the way are kept."""
        self.number += 1
        self.line.send(json.dumps({"id": self.number, "method": method, "params": params}))
        while True:
            said = json.loads(self.line.recv(timeout=60))
            if said.get("method") in ("Log.entryAdded", "Runtime.exceptionThrown"):
                self.troubles.append(json.dumps(said["params"], ensure_ascii=False))
            if said.get("id") == self.number:
                assert "error" not in said, said
                return said["result"]

    def open(self, url: str, width: int = 1280) -> None:
        self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=900,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        self.ask("Page.navigate", url=url)
        self.wait("document.readyState == 'complete' && document.querySelector('main') != null")

    def value(self, expression: str) -> Any:
        return self.ask("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def wait(self, expression: str) -> None:
        until = time.monotonic() + 30
        while not self.value(expression):
            assert time.monotonic() < until, expression
            time.sleep(0.1)

    def close(self) -> None:
        self.line.close()
        self.process.terminate()
        self.process.wait(20)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = Site(tmp_path_factory.mktemp("site"))
    yield made
    made.close()


@pytest.fixture
def tab(tmp_path: Path) -> Iterator[Tab]:
    made = Tab(tmp_path / "profile")
    yield made
    made.close()
    assert made.troubles == [], "the browser complained"


def test_an_open_page_follows_the_clock_by_itself(site: Site, tab: Tab) -> None:
    site.show(LATER)
    tab.open(site.url)
    tab.value("window.sameDocument = true")
    site.show(LATER + timedelta(days=1))
    tab.wait("document.querySelector('time').textContent.includes('12月8日')")
    assert tab.value("window.sameDocument") is True, "renewed in place, not loaded anew"


def test_a_page_that_loses_its_service_says_so(site: Site, tab: Tab) -> None:
    tab.open(site.url)
    assert tab.value("document.getElementById('stale').hidden") is True
    tab.ask("Network.enable")
    tab.ask(
        "Network.emulateNetworkConditions", offline=True, latency=0, downloadThroughput=0, uploadThroughput=0
    )
    tab.wait("document.getElementById('stale').hidden === false")
    tab.ask(
        "Network.emulateNetworkConditions",
        offline=False,
        latency=0,
        downloadThroughput=-1,
        uploadThroughput=-1,
    )
    tab.wait("document.getElementById('stale').hidden === true")
    tab.troubles = [one for one in tab.troubles if "ERR_INTERNET_DISCONNECTED" not in one]


@pytest.mark.parametrize("path", ["", "dev/mail", "?campaign=99"])
@pytest.mark.parametrize("width", [390, 1280])
def test_no_page_is_wider_than_its_screen(site: Site, tab: Tab, width: int, path: str) -> None:
    tab.open(site.url + path, width)
    assert tab.value("document.documentElement.scrollWidth") <= width
    if path.startswith("?"):
        tab.troubles = [one for one in tab.troubles if "404" not in one]


def test_a_phone_shows_today_on_the_timeline_first(site: Site, tab: Tab) -> None:
    site.show(BEGAN + timedelta(days=150))
    tab.open(site.url, 390)
    site.show(LATER)
    box = tab.value(
        "(b => [b.left, b.right])(document.querySelector('line.today').getBoundingClientRect().toJSON())"
    )
    assert 0 <= box[0] <= 390
    assert tab.value("document.querySelector('.scroll').scrollLeft") > 0


def test_the_page_prints_on_few_sheets(site: Site, tab: Tab) -> None:
    tab.open(site.url)
    printed = base64.b64decode(tab.ask("Page.printToPDF", printBackground=True)["data"])
    assert printed.startswith(b"%PDF")
    assert 1 <= printed.count(b"/Type /Page\n") <= 3


def test_a_link_in_a_mail_leads_the_page_on(site: Site, tab: Tab) -> None:
    post = Maildir(Path(site.settings.smtp_url.removeprefix("maildir:")), site.settings.mail_from)
    html = f'<html><head></head><body><a href="{site.url}" style="font-size:200px">查看</a></body></html>'
    letter = Letter("li@example.org", "李示例", "督办提醒", "查看", html, "<1@example.org>", LATER)
    assert post.send(letter).kind.value == "sent"
    (sent,) = (post.folder / "new").iterdir()
    tab.open(f"{site.url}dev/mail/{sent.name}")
    box = tab.value("document.querySelector('iframe').getBoundingClientRect().toJSON()")
    where = {"x": box["x"] + 150, "y": box["y"] + 150}
    until = time.monotonic() + 30
    while tab.value("location.pathname") != "/":  # a click before the mail is drawn in its frame goes nowhere
        assert time.monotonic() < until, "the link leads nowhere"
        for kind in ("mousePressed", "mouseReleased"):
            tab.ask("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **where)
        time.sleep(0.5)


def test_without_scripts_the_page_is_whole_and_refreshes_itself(site: Site, tab: Tab) -> None:
    tab.ask("Emulation.setScriptExecutionDisabled", value=True)
    tab.open(site.url)
    page = tab.ask("DOM.getDocument", depth=-1)
    text = json.dumps(page, ensure_ascii=False)
    assert '"http-equiv", "refresh"' in text
    assert "落后单位" in text
