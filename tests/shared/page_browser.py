"""A real Chromium that looks at pages, and the application served to it."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import uvicorn

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM = next((path for name in NAMES if (path := shutil.which(name))), None)
PHONE = 390
SHOTS = os.environ.get("DUBAN_TEST_SHOTS")  # a folder: pictures of every page, to be looked at
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--font-render-hinting=none"]


@cache
def axe() -> str:
    return (resources.files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")


def shut_out(page: Any) -> list[tuple[str, list[str]]]:
    """What of a page keeps people out: rules of axe, with the first places each."""
    page.evaluate(axe())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in found]


def picture(tab: Any, name: str, kind: str) -> None:
    """Kept only where somebody wants to look, and there is a name."""
    if SHOTS and name:
        named = name.strip("/").replace("/", "_").replace("{", "").replace("}", "") or "home"
        tab.page.screenshot(path=str(Path(SHOTS) / f"{named}.{kind}.png"), full_page=True)


def printed(tab: Any, name: str) -> None:
    if SHOTS:
        tab.page.set_viewport_size({"width": 794, "height": 1123})
        tab.page.emulate_media(media="print")
        picture(tab, name, "print")
        tab.page.emulate_media(media="screen")


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """The application on a free port; its address."""
    config = uvicorn.Config(app, port=0, log_level="warning", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)  # pages that follow what happens hold a connection open
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


class Tab:
    """A tab of somebody who is logged in. It goes nowhere but to the house; what its page complains of is kept."""

    def __init__(self, context: Any, address: str) -> None:
        self.page, self.address = context.new_page(), address
        self.troubles: list[str] = []
        self.outside: list[str] = []
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("request", self._asked)

    def go(self, path: str) -> Any:
        return self.page.goto(self.address + path)

    def _said(self, line: Any) -> None:
        if line.type in ("error", "warning"):
            self.troubles.append(line.text)

    def _asked(self, request: Any) -> None:
        if not request.url.startswith((self.address, "data:", "about:", "blob:")):
            self.outside.append(request.url)
